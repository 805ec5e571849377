package store

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strconv"

	"nightbell/audit"
	"nightbell/phi"
	"nightbell/policy"
)

// ApplyBook makes the rules exactly those of b, in one transaction with an audit event for each thing that changed,
// or changes nothing. It gives the new version; a book that changes nothing keeps the version and leaves no event.
//
// b.Version names the version that b was made from: when another one holds by now, the answer is ErrConflict. Empty: no
// question asked. Devices nil leaves enrolled devices as they are, those of removed people aside; else they become exactly
// these, and the secret of one that is missing is destroyed. That the book makes sense is for book and policy to say;
// here only references are checked.
func (s *Store) ApplyBook(ctx context.Context, actor audit.Actor, b policy.Book) (version string, err error) {
	return s.ApplyBookFor(ctx, actor, b, Because{})
}

// applying is one ApplyBook under way.
type applying struct {
	t      *tx
	k      Sealer
	actor  audit.Actor
	ctx    context.Context
	counts map[string]int // by kind of thing that changed
	why    Because
	book   int64 // number of the version that this makes, if anything changed

	appended []scheduleRef
}

func (a *applying) apply(b policy.Book) (string, error) {
	old, err := a.t.held(context.WithoutCancel(a.ctx), a.k)
	if err != nil {
		return "", err
	}
	if b.Version != "" && b.Version != old.Version {
		return "", fmt.Errorf("version %s holds, %s was edited: %w", old.Version, b.Version, ErrConflict)
	}
	was, err := versionNumber(old.Version)
	if err != nil {
		return "", err
	}
	a.book = was + 1
	if b.Devices == nil {
		b.Devices = keptDevices(old.Devices, b.People)
	}
	for _, step := range []func(old, new *policy.Book) error{
		a.clinics, a.trunks, a.people, a.devices, a.numbers, a.schedules, a.peopleEdits, a.catchAll, a.fallback,
		a.queues, a.laws, a.emergency,
	} {
		if err := step(old, &b); err != nil {
			return "", err
		}
	}
	if len(a.counts) == 0 && reordered(old, &b) {
		a.counts["order"] = 1
	}
	if len(a.counts) == 0 {
		return old.Version, nil
	}
	v := filing{actor: a.actor, number: a.book, counts: a.counts, why: a.why}
	d, err := differenceOf(old, &b)
	if err != nil {
		return "", err
	}
	if v.body, v.base, err = a.body(d, &b); err != nil {
		return "", err
	}
	if err := a.t.newVersion(v); err != nil {
		return "", err
	}
	a.t.book = d.after(old, &b, versionText(a.book))
	return versionText(a.book), nil
}

func keptDevices(old []policy.Device, people []policy.Person) []policy.Device {
	stays := make(map[string]bool, len(people))
	for _, p := range people {
		stays[p.ID] = true
	}
	var kept []policy.Device
	for _, d := range old {
		if stays[d.Person] {
			kept = append(kept, d)
		}
	}
	return kept
}

// filing is a version of the book as it goes into the history. A version in which devices alone differ has no body: an
// enrolment of hundreds would file hundreds of books.
type filing struct {
	actor  audit.Actor
	number int64
	counts map[string]int
	why    Because
	body   string
	base   int64 // the version that the body differs from; 0: it is whole
}

// newVersion files a version in the history and remembers that it took effect.
func (t *tx) newVersion(v filing) error {
	k, err := t.w.store.sealer()
	if err != nil {
		return err
	}
	cell, err := sealCell(k, historyCell(v.number), v.body)
	if err != nil {
		return err
	}
	if cell == nil {
		cell = []byte{}
	}
	summary, err := json.Marshal(v.counts)
	if err != nil {
		return err
	}
	_, err = t.exec(`INSERT INTO book_versions (version, made, author, summary, body_cell, reason, correlation, base)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, v.number, t.w.store.now().UnixMicro(), v.actor.ID, string(summary), cell,
		v.why.Reason, v.why.Correlation, v.base)
	if err != nil {
		return err
	}
	facts := map[string]string{"before": versionText(v.number - 1), "after": versionText(v.number)}
	for kind, n := range v.counts {
		facts[kind] = strconv.Itoa(n)
	}
	t.changed, t.book = true, nil
	return t.remember(audit.Event{
		Actor: v.actor, Action: audit.BookApplied, Object: "book:" + versionText(v.number), Facts: facts,
		Reason: v.why.Reason, Correlation: v.why.Correlation,
	}, phi.Text{})
}

func historyCell(n int64) Cell {
	return Cell{Table: "book_versions", Column: "body_cell", Row: strconv.FormatInt(n, 10)}
}

// change is the before and after of one thing; nil is "was not" or "is no more".
type change struct {
	Before any `json:"before"`
	After  any `json:"after"`
}

// note remembers a change with its sealed before and after.
func (a *applying) note(action audit.Action, kind, id, clinic string, c change) error {
	detail, err := detailOf(c)
	if err != nil {
		return err
	}
	verb := "changed"
	if c.Before == nil {
		verb = "added"
	} else if c.After == nil {
		verb = "removed"
	}
	a.counts[kind]++
	return a.t.remember(audit.Event{
		Actor: a.actor, Action: action, Object: kind + ":" + id, Clinic: clinic, Facts: map[string]string{"change": verb},
		Reason: a.why.Reason, Correlation: a.why.Correlation,
	}, phi.NewText(string(detail)))
}

// maxDetail leaves room in a leaf (audit.MaxLeaf) for sealing, base64 and the rest.
const maxDetail = 40 << 10

// detailOf is a change as JSON. One that is too long for a leaf is named by its hashes: both sides stand, sealed, in the
// history of the book.
func detailOf(c change) ([]byte, error) {
	detail, err := json.Marshal(c)
	if err != nil || len(detail) <= maxDetail {
		return detail, err
	}
	sides := map[string]string{}
	for name, side := range map[string]any{"before_sha256": c.Before, "after_sha256": c.After} {
		b, err := json.Marshal(side)
		if err != nil {
			return nil, err
		}
		sides[name] = fmt.Sprintf("%x", sha256.Sum256(b))
	}
	return json.Marshal(sides)
}

func (a *applying) catchAll(old, b *policy.Book) error {
	if old.CatchAll == b.CatchAll {
		return nil
	}
	_, err := a.t.exec("INSERT INTO meta (name, value) VALUES ('catch_all', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
		b.CatchAll)
	if err != nil {
		return err
	}
	return a.note(audit.CatchAllChanged, "clinic", b.CatchAll, b.CatchAll, change{old.CatchAll, b.CatchAll})
}
