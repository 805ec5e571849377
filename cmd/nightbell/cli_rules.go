package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"nightbell/book"
	"nightbell/console"
	"nightbell/policy"
)

type bookCmd struct {
	Show  bookShowCmd  `cmd:"" help:"The rules as they stand, as a file that apply takes."`
	Check bookCheckCmd `cmd:"" help:"What a file would change; changes nothing."`
	Apply bookApplyCmd `cmd:"" help:"Show what a file changes, ask, and apply it, all or nothing."`
}

type bookShowCmd struct{ revealing }

func (bookShowCmd) Help() string {
	return `Names and numbers of people stand as [phi:name] and [phi:phone] unless they are revealed.

Examples:
  nightbell book show
  nightbell book show --reveal --reason "moving to a new machine" > book.toml`
}

func (c bookShowCmd) Run(ctx context.Context, s *session) error {
	if err := c.check(); err != nil {
		return err
	}
	return s.with(ctx, func(api *client) error {
		var v console.BookView
		var err error
		if c.Reveal {
			err = api.ask(ctx, "POST", "/api/v1/book/reveal", map[string]string{"reason": c.Reason}, &v)
		} else {
			err = api.ask(ctx, "GET", "/api/v1/book", nil, &v)
		}
		if err != nil {
			return err
		}
		return s.show(v, func(w io.Writer) { fmt.Fprint(w, v.TOML) })
	})
}

// bookRequest is the body of check and apply.
type bookRequest struct {
	Name   string `json:"name"`
	TOML   string `json:"toml"`
	Expect string `json:"expect,omitempty"`
}

func readBook(s *session, file string) (bookRequest, error) {
	var b []byte
	var err error
	if file == "-" {
		b, err = io.ReadAll(io.LimitReader(s.in, 4<<20))
	} else {
		b, err = os.ReadFile(file)
	}
	if err != nil {
		return bookRequest{}, fmt.Errorf("book: %w", err)
	}
	return bookRequest{Name: filepath.Base(file), TOML: string(b)}, nil
}

type bookCheckCmd struct {
	File string `arg:"" help:"Book file, or - for standard input."`
}

func (bookCheckCmd) Help() string {
	return `Every mistake is named with file, line and field. Exit 1 when there is one.

Examples:
  nightbell book check clinics.toml
  nightbell book check clinics.toml --json`
}

func (c bookCheckCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(api *client) error {
		req, err := readBook(s, c.File)
		if err != nil {
			return err
		}
		var d console.Difference
		if err := api.ask(ctx, "POST", "/api/v1/book/check", req, &d); err != nil {
			return s.mistakes(err)
		}
		return s.show(d, func(w io.Writer) { printDifference(w, d) })
	})
}

type bookApplyCmd struct {
	File string `arg:"" help:"Book file, or - for standard input (then --yes)."`
	Yes  bool   `help:"Do not ask."`
}

func (bookApplyCmd) Help() string {
	return `The file is the whole truth: what it does not name is removed. The difference is shown first, and if somebody
else changes the book in between nothing is applied.

Examples:
  nightbell book apply clinics.toml
  nightbell book apply clinics.toml --yes --json`
}

func (c bookApplyCmd) Run(ctx context.Context, s *session) error {
	if !c.Yes && (c.File == "-" || s.json) {
		return errUsage("--yes is needed with --json or standard input")
	}
	return s.with(ctx, func(api *client) error {
		req, err := readBook(s, c.File)
		if err != nil {
			return err
		}
		var d console.Difference
		if err := api.ask(ctx, "POST", "/api/v1/book/check", req, &d); err != nil {
			return s.mistakes(err)
		}
		if len(d.Changes) == 0 {
			return s.show(d, func(w io.Writer) { printDifference(w, d) })
		}
		if !s.json {
			printDifference(s.out, d)
		}
		if !c.Yes && !s.agreed("apply?") {
			return fmt.Errorf("book: not applied")
		}
		req.Expect = d.From
		if err := api.ask(ctx, "POST", "/api/v1/book/apply", req, &d); err != nil {
			return s.mistakes(err)
		}
		return s.show(d, func(w io.Writer) { fmt.Fprintln(w, "applied: version", d.To) })
	})
}

// mistakes prints every mistake on a line of its own, as compilers do.
func (s *session) mistakes(err error) error {
	p, ok := err.(*console.Problem)
	if !ok || len(p.Errors) == 0 {
		return err
	}
	if s.json {
		_ = s.show(p, nil)
		return errTold
	}
	for _, m := range p.Errors {
		place := m.File
		if m.Line > 0 {
			place += fmt.Sprintf(":%d", m.Line)
		}
		if m.Column > 0 {
			place += fmt.Sprintf(":%d", m.Column)
		}
		fmt.Fprintln(s.err, plain(strings.TrimPrefix(strings.Join([]string{place, m.Field, m.Text}, ": "), ": ")))
	}
	return errTold
}

func printDifference(w io.Writer, d console.Difference) {
	if len(d.Changes) == 0 {
		fmt.Fprintln(w, "nothing changes")
	}
	for _, c := range d.Changes {
		fmt.Fprintln(w, plain(book.Change(c).String()))
	}
	for _, text := range d.Warnings {
		fmt.Fprintln(w, "! "+plain(text))
	}
}

// agreed asks a person.
func (s *session) agreed(question string) bool {
	fmt.Fprintf(s.err, "%s [y/N] ", question)
	text, err := s.line()
	return err == nil && (strings.EqualFold(text, "y") || strings.EqualFold(text, "yes"))
}

// instant checks a time on the command line.
func instant(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return "", errUsage("not an RFC 3339 time such as 2026-12-25T03:00:00Z")
	}
	return t.UTC().Format(time.RFC3339Nano), nil
}

type planCmd struct {
	Number string `arg:"" help:"Dialled number, or - to read it from standard input."`
	At     string `help:"Instant, RFC 3339; now if absent." placeholder:"TIME"`
	From   string `help:"Caller's number, or - for the next line of standard input." placeholder:"NUMBER"`
	Trunk  string `help:"Trunk, needed for an extension." placeholder:"ID"`
}

func (planCmd) Help() string {
	return `Nothing rings. The caller's number is used and not kept; give it by - so that it does not stand in ps.

Examples:
  nightbell plan +12125550100
  nightbell plan +12125550100 --at 2026-12-25T03:00:00Z --json
  printf '+12125550100\n+12125550123\n' | nightbell plan - --from -`
}

func (c planCmd) Run(ctx context.Context, s *session) error {
	at, err := instant(c.At)
	if err != nil {
		return err
	}
	number, err := s.typed(c.Number)
	if err != nil {
		return err
	}
	from, err := s.typed(c.From)
	if err != nil {
		return err
	}
	body := map[string]string{"number": number}
	for key, value := range map[string]string{"at": at, "from": from, "trunk": c.Trunk} {
		if value != "" {
			body[key] = value
		}
	}
	return s.with(ctx, func(api *client) error {
		var p policy.Plan
		if err := api.ask(ctx, "POST", "/api/v1/plan", body, &p); err != nil {
			return err
		}
		return s.show(p, func(w io.Writer) { printPlan(w, p) })
	})
}

func printPlan(w io.Writer, p policy.Plan) {
	fmt.Fprintf(w, "clinic %s (%s), answered %s, recorded: %t\n", p.Clinic, plain(p.ClinicName), p.Answer, p.Record)
	for _, line := range p.Words() {
		fmt.Fprintln(w, plain(line))
	}
}
