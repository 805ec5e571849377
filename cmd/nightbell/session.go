package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"
)

// session is one run of one command: its terminal, its data folder, its way of printing.
type session struct {
	terminal
	dir        string
	configPath string
	json       bool
	operator   bool // act as the machine's operator, whoever is logged in
	lines      *bufio.Reader
}

// config is the configuration that this command works with.
func (s *session) config() (Config, error) {
	path, dir := s.configPath, s.dir
	if path == "" {
		return LoadConfig(filepath.Join(dir, configName), dir)
	}
	if dir == defaultDir {
		dir = ""
	}
	return LoadConfig(path, dir)
}

// defaultDir is the data folder of an installed server. With --config and without --dir, the configuration's own folder
// is the data folder.
const defaultDir = "/var/lib/nightbell"

// line reads the next line of standard input: telephone numbers and secrets do not go into argv, where ps shows them.
func (s *session) line() (string, error) {
	if s.lines == nil {
		s.lines = bufio.NewReader(io.LimitReader(s.in, 1<<16))
	}
	text, err := s.lines.ReadString('\n')
	text = strings.TrimSpace(text)
	if text == "" {
		if err == nil || err == io.EOF {
			return "", errUsage("standard input: no line")
		}
		return "", fmt.Errorf("standard input: %w", err)
	}
	return text, nil
}

// typed is an argument, or the next line of standard input where it is "-".
func (s *session) typed(arg string) (string, error) {
	if arg != "-" {
		return arg, nil
	}
	return s.line()
}

// show prints an answer: as JSON, or as text by the function.
func (s *session) show(v any, text func(io.Writer)) error {
	if s.json {
		enc := json.NewEncoder(s.out)
		enc.SetIndent("", "  ")
		return enc.Encode(v)
	}
	w := tabwriter.NewWriter(s.out, 0, 4, 2, ' ', 0)
	text(w)
	return w.Flush()
}

func row(w io.Writer, cells ...any) {
	texts := make([]string, len(cells))
	for i, c := range cells {
		texts[i] = cell(c)
	}
	fmt.Fprintln(w, strings.Join(texts, "\t"))
}

// cell prints a value of a table; control characters of whatever origin do not reach the terminal.
func cell(v any) string {
	switch v := v.(type) {
	case time.Time:
		if v.IsZero() {
			return "-"
		}
		return v.UTC().Format(time.RFC3339)
	case []string:
		if len(v) == 0 {
			return "-"
		}
		return plain(strings.Join(v, ","))
	case string:
		if v == "" {
			return "-"
		}
		return plain(v)
	}
	return fmt.Sprint(v)
}

func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, s)
}

// revealing are the flags of every command that can show what is hidden.
type revealing struct {
	Reveal bool   `help:"Show numbers and names in clear; audited, needs --reason."`
	Reason string `help:"Why; kept in the audit, so no patient's name or number in it." placeholder:"TEXT"`
}

func (r revealing) check() error {
	if r.Reveal && len(r.Reason) < 3 {
		return errUsage("--reveal needs --reason \"...\"")
	}
	if !r.Reveal && r.Reason != "" {
		return errUsage("--reason goes with --reveal")
	}
	return nil
}

// paged are the flags of every list.
type paged struct {
	Limit  int    `help:"At most so many." default:"50"`
	Cursor string `help:"Go on after an earlier list's cursor." placeholder:"CURSOR"`
}

// more tells a person how to go on.
func (s *session) more(next string) {
	if next != "" && !s.json {
		fmt.Fprintln(s.err, "more: --cursor", next)
	}
}

// with runs a command as a client of whoever holds the data folder.
func (s *session) with(ctx context.Context, ask func(*client) error) (err error) {
	api, err := s.connect(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, api.close()) }()
	return ask(api)
}

// change asks for a change that has nothing to answer.
func (s *session) change(ctx context.Context, method, path string, in any, told string) error {
	return s.with(ctx, func(api *client) error {
		if err := api.ask(ctx, method, path, in, nil); err != nil {
			return err
		}
		return s.show(map[string]bool{"ok": true}, func(w io.Writer) { fmt.Fprintln(w, told) })
	})
}

// table asks for a list and prints it.
func table[T any](ctx context.Context, s *session, path string, text func(io.Writer, []T)) error {
	return s.with(ctx, func(api *client) error {
		var v struct {
			Items []T `json:"items"`
		}
		if err := api.ask(ctx, "GET", path, nil, &v); err != nil {
			return err
		}
		return s.show(v, func(w io.Writer) { text(w, v.Items) })
	})
}
