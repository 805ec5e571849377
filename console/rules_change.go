package console

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode"

	"nightbell/policy"
)

// Condition is what the caller believes to stand (RFC 9110 §13.1).
type Condition struct {
	IfMatch     string `header:"If-Match" maxLength:"130" doc:"the entity tag that was read, or *; needed to change what stands"`
	IfNoneMatch string `header:"If-None-Match" maxLength:"8" doc:"*: to make what does not stand yet"`
}

// match gives the tag without its quotes. A change without a condition is refused: two editors would not see each other.
func (c Condition) match() (string, error) {
	switch {
	case c.IfMatch != "" && c.IfNoneMatch != "":
		return "", Mistakes{{Field: "header.If-None-Match", Text: "not together with If-Match"}}
	case c.IfNoneMatch == "*":
		return "", nil
	case c.IfNoneMatch != "":
		return "", Mistakes{{Field: "header.If-None-Match", Text: "only * is understood"}}
	case c.IfMatch == "":
		return "", problem(http.StatusPreconditionRequired, "about:blank", "say If-Match with the entity tag that was read")
	case c.IfMatch == "*":
		return "*", nil
	}
	tag := strings.TrimSuffix(strings.TrimPrefix(c.IfMatch, `"`), `"`)
	if len(tag) != len(c.IfMatch)-2 || strings.HasPrefix(c.IfMatch, "W/") {
		return "", Mistakes{{Field: "header.If-Match", Text: "not a strong entity tag"}}
	}
	return tag, nil
}

// Motive is why a change is made; it stands in the audit.
type Motive struct {
	Reason      string `json:"reason,omitempty" maxLength:"200" doc:"why; kept in the audit, so no patient's name or number in it"`
	Acknowledge string `json:"acknowledge_gap,omitempty" maxLength:"200" doc:"why the gap that this change opens is right"`
}

// revision is a change as the ports take it.
func (c Condition) revision(ctx context.Context, id string, m Motive) (Revision, error) {
	match, err := c.match()
	if err != nil {
		return Revision{}, err
	}
	return plainRevision(ctx, id, m).checked(match)
}

func plainRevision(ctx context.Context, id string, m Motive) Revision {
	a := askingOf(ctx)
	return Revision{ID: id, By: a.who.Actor, Request: a.request, Reason: m.Reason, Acknowledge: m.Acknowledge}
}

func (r Revision) checked(match string) (Revision, error) {
	r.Match = match
	if err := plainText("body.reason", r.Reason); err != nil {
		return r, err
	}
	return r, plainText("body.acknowledge_gap", r.Acknowledge)
}

// plainText refuses what the audit and the agents' screens must not show: telephone numbers and control characters.
func plainText(field, text string) error {
	if strings.ContainsFunc(text, unicode.IsControl) {
		return Mistakes{{Field: field, Text: "holds a control character"}}
	}
	if holdsNumber(text) {
		return Mistakes{{Field: field, Text: "expected no telephone number"}}
	}
	return nil
}

// tagged is an answer with its entity tag.
type tagged[T any] struct {
	ETag string `header:"ETag"`
	Body T
}

func tag[T any](v T, etag string, err error) (*tagged[T], error) {
	if err != nil {
		return nil, err
	}
	return &tagged[T]{`"` + etag + `"`, v}, nil
}

// saved is the answer to a change.
func saved(ctx context.Context) func(Saved, error) (*tagged[Saved], error) {
	return func(s Saved, err error) (*tagged[Saved], error) {
		s.Edits, s.Changes, s.Warnings = noNil(s.Edits), noNil(s.Changes), noNil(s.Warnings)
		hide(ctx, s.Report)
		return tag(s, s.Tag, err)
	}
}

// hide takes out of a report what lies in clinics that the caller does not see: that a person stands elsewhere too is hers to
// know, where is not.
func hide(ctx context.Context, r *policy.SaveReport) {
	if r == nil {
		return
	}
	for i, d := range r.DoubleBookings {
		if !askingOf(ctx).sees(d.Clinic) {
			r.DoubleBookings[i].There, r.DoubleBookings[i].Clinic = "", ""
		}
	}
}

// ofRules are the refusals that say more than a word.
func ofRules(err error) *Problem {
	var stale *Stale
	if errors.As(err, &stale) {
		p := problem(http.StatusPreconditionFailed, "stale", staleText(stale.Changes))
		p.Tag, p.Changes = stale.Tag, stale.Changes
		return p
	}
	var gaps *Gaps
	if errors.As(err, &gaps) {
		p := problem(http.StatusConflict, "gap", fmt.Sprintf("opens %d gaps: say why in acknowledge_gap", len(gaps.Open)))
		p.Gaps = gaps.Open
		return p
	}
	var refusal *Refusal
	if errors.As(err, &refusal) {
		return problem(http.StatusConflict, "refused", refusal.Text)
	}
	return nil
}

// staleText is the difference in one sentence; a person's name or number that differs is only said to.
func staleText(changes []Change) string {
	if len(changes) == 0 {
		return "somebody else was first: read it again"
	}
	var lines []string
	for i, c := range changes {
		if i == 8 {
			lines = append(lines, fmt.Sprintf("and %d more", len(changes)-i))
			break
		}
		line := strings.TrimSpace(c.Kind + " " + c.Field)
		if c.From != "" || c.To != "" {
			line += fmt.Sprintf(": %q to %q", c.From, c.To)
		}
		lines = append(lines, line)
	}
	return "somebody else was first: " + strings.Join(lines, "; ")
}

// own is the one clinic to which an answer is narrowed; empty: all of them, for those who see all. Whoever sees several has
// to say which.
func own(ctx context.Context, asked string) (string, error) {
	list := askingOf(ctx).clinics()
	switch {
	case list == nil:
		return asked, nil
	case asked != "":
		return asked, may(ctx, asked, nil)
	case len(list) == 1:
		return list[0], nil
	case len(list) == 0:
		return "", ErrNotFound
	}
	return "", Mistakes{{Field: "clinic", Text: "is missing: say which of yours"}}
}

// perClinic asks once for all there is, or once for each clinic that the caller sees: a port never hears of a list that the
// caller may not have.
func perClinic[T any](ctx context.Context, asked string, ask func(clinic string) ([]T, error)) ([]T, error) {
	list := askingOf(ctx).clinics()
	if list == nil {
		return ask(asked)
	}
	if asked != "" {
		list = []string{asked}
	}
	var out []T
	for _, clinic := range list {
		if err := may(ctx, clinic, nil); err != nil {
			return nil, err
		}
		items, err := ask(clinic)
		if err != nil {
			return nil, err
		}
		out = append(out, items...)
	}
	return out, nil
}

// may says whether a thing of this clinic exists for the caller.
func may(ctx context.Context, clinic string, err error) error {
	if err == nil && !askingOf(ctx).sees(clinic) {
		return ErrNotFound
	}
	return err
}
