package console

import (
	"context"
	"strings"
	"time"
	"unicode"

	"github.com/danielgtaylor/huma/v2"

	"nightbell/phi"
	"nightbell/policy"
)

func showBook(c *Console, ctx context.Context, _ *struct{}) (*answer[BookView], error) {
	return say(c.ports.Books.Show(ctx, Redacted))
}

// Because is the body of every route that shows what is hidden by default.
type Because struct {
	Reason string `json:"reason" minLength:"3" maxLength:"200" doc:"why; kept in the audit, so no patient's name or number in it"`
}

// Resolve refuses a reason that holds a telephone number: the audit keeps reasons in clear.
func (b *Because) Resolve(_ huma.Context, at *huma.PathBuffer) []error {
	if holdsNumber(b.Reason) {
		return []error{&huma.ErrorDetail{Location: at.With("reason"), Message: "expected no telephone number"}}
	}
	return nil
}

func holdsNumber(text string) bool {
	digits := 0
	for _, r := range text {
		switch {
		case unicode.IsDigit(r):
			digits++
		case !strings.ContainsRune(" -.()/+", r):
			digits = 0
		}
		if digits >= phoneDigits {
			return true
		}
	}
	return false
}

// phoneDigits in a row, separators aside, are taken for a telephone number; a date has eight, written as 2026-11-23.
const phoneDigits = 9

func revealBook(c *Console, ctx context.Context, in *struct{ Body Because }) (*answer[BookView], error) {
	if err := c.remember(ctx, "book", "", notice{reason: in.Body.Reason}); err != nil {
		return nil, err
	}
	return say(c.ports.Books.Show(ctx, Clear))
}

// bookBody is a file as JSON; Name appears in mistakes.
type bookBody struct {
	Body struct {
		Name   string `json:"name" maxLength:"255" doc:"name of the file, repeated in mistakes"`
		TOML   string `json:"toml" maxLength:"4000000" doc:"the book; configs/demo.toml shows every field" text:"free"`
		Expect string `json:"expect,omitempty" maxLength:"64" doc:"version that the difference was made against; another one answers 409"`
	}
}

func (b *bookBody) file() BookFile {
	return BookFile{Name: b.Body.Name, TOML: []byte(b.Body.TOML), Expect: b.Body.Expect}
}

func checkBook(c *Console, ctx context.Context, in *bookBody) (*answer[Difference], error) {
	return say(c.ports.Books.Check(ctx, in.file()))
}

func applyBook(c *Console, ctx context.Context, in *bookBody) (*answer[Difference], error) {
	return say(c.ports.Books.Apply(ctx, in.file(), askingOf(ctx).who.Actor))
}

// RotaScope is the part of a query that says which schedules.
type RotaScope struct {
	Clinic   string `query:"clinic" maxLength:"64" doc:"clinic id; empty: all that may be seen"`
	Schedule string `query:"schedule" maxLength:"64" doc:"schedule id"`
}

// rota asks once for each clinic that the caller sees: asking for another one finds nothing.
func rota[T any](ctx context.Context, r RotaScope, q RotaQuery, ask func(context.Context, RotaQuery) ([]T, error)) ([]T, error) {
	return perClinic(ctx, r.Clinic, func(clinic string) ([]T, error) {
		q.Clinic, q.Schedule = clinic, r.Schedule
		return ask(ctx, q)
	})
}

type onCallAtIn struct {
	RotaScope
	At      time.Time `query:"at" doc:"instant; now if absent"`
	KnownAt time.Time `query:"known_at" doc:"as it was known then; absent: everything known now"`
}

func onCallAt(c *Console, ctx context.Context, in *onCallAtIn) (*answer[list[Standing]], error) {
	q := RotaQuery{From: in.At, KnownAt: in.KnownAt}
	if q.From.IsZero() {
		q.From = c.now()
	}
	items, err := rota(ctx, in.RotaScope, q, c.ports.Rota.At)
	return say(listed(items, ""), err)
}

type onCallShiftsIn struct {
	RotaScope
	From time.Time `query:"from" doc:"now if absent"`
	To   time.Time `query:"to" doc:"seven days after from if absent; at most 400 days after it"`

	KnownAt time.Time `query:"known_at" doc:"as it was known then; absent: everything known now"`
}

const longestLook = 400 * 24 * time.Hour

// span fills in what is absent and refuses a look that is too long, or at no time at all.
func (c *Console) span(from, to time.Time, usual time.Duration) (time.Time, time.Time, error) {
	if from.IsZero() {
		from = c.now()
	}
	if to.IsZero() {
		to = from.Add(usual)
	}
	if outOfTime(from) {
		return from, to, Mistakes{{Field: "query.from", Text: "year out of range"}}
	}
	if outOfTime(to) {
		return from, to, Mistakes{{Field: "query.to", Text: "year out of range"}}
	}
	if !to.After(from) {
		return from, to, Mistakes{{Field: "query.to", Text: "not after from"}}
	}
	if to.Sub(from) > longestLook {
		return from, to, Mistakes{{Field: "query.to", Text: "more than 400 days after from"}}
	}
	return from, to, nil
}

func onCallShifts(c *Console, ctx context.Context, in *onCallShiftsIn) (*answer[list[Shift]], error) {
	q := RotaQuery{KnownAt: in.KnownAt}
	var err error
	if q.From, q.To, err = c.span(in.From, in.To, 7*24*time.Hour); err != nil {
		return nil, err
	}
	items, err := rota(ctx, in.RotaScope, q, c.ports.Rota.Shifts)
	return say(listed(items, ""), err)
}

// outOfTime are years that no rota has.
func outOfTime(t time.Time) bool { return t.Year() < 1900 || t.Year() > 2200 }

// casesIn is a file in the form of cases/oncall.json, whatever its fields.
type casesIn struct{ RawBody []byte }

func verifyOnCall(c *Console, ctx context.Context, in *casesIn) (*answer[Verdict], error) {
	return say(c.ports.Rota.Verify(ctx, in.RawBody))
}

// planIn asks in the body: numbers do not go into URLs.
type planIn struct {
	Body struct {
		Number string    `json:"number" minLength:"1" maxLength:"32" doc:"dialled number, E.164 or an extension"`
		Trunk  string    `json:"trunk,omitempty" maxLength:"64" doc:"trunk id, needed for an extension"`
		From   string    `json:"from,omitempty" maxLength:"32" doc:"the caller's number; not kept"`
		At     time.Time `json:"at,omitzero" doc:"instant; now if absent"`
	}
}

func plan(c *Console, ctx context.Context, in *planIn) (*answer[policy.Plan], error) {
	q := policy.Inquiry{Trunk: in.Body.Trunk, Number: in.Body.Number, From: phi.NewPhone(in.Body.From), At: in.Body.At}
	if q.At.IsZero() {
		q.At = c.now()
	}
	p, err := c.ports.Rota.Plan(ctx, q)
	if err != nil {
		return nil, err
	}
	if !askingOf(ctx).sees(p.Clinic) {
		return nil, ErrNotFound
	}
	if err := c.remember(ctx, "clinic:"+p.Clinic, p.Clinic, notice{}); err != nil {
		return nil, err
	}
	return say(p, nil)
}
