package store

import (
	"context"
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
	k, err := s.sealer()
	if err != nil {
		return "", fmt.Errorf("apply book: %w", err)
	}
	for _, c := range b.Clinics { // before the transaction: new keys are written by the same writer
		if err := k.EnsureClinic(c.ID); err != nil {
			return "", fmt.Errorf("apply book: keys of clinic %s: %w", c.ID, err)
		}
	}
	err = s.write(ctx, func(t *tx) error {
		a := applying{t: t, k: k, actor: actor, ctx: ctx, counts: map[string]int{}}
		version, err = a.apply(b)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("apply book: %w", err)
	}
	return version, nil
}

// applying is one ApplyBook under way.
type applying struct {
	t      *tx
	k      Sealer
	actor  audit.Actor
	ctx    context.Context
	counts map[string]int // by kind of thing that changed
}

func (a *applying) apply(b policy.Book) (string, error) {
	old, err := loadBook(context.WithoutCancel(a.ctx), a.t.w.conn, a.k)
	if err != nil {
		return "", err
	}
	if b.Version != "" && b.Version != old.Version {
		return "", fmt.Errorf("version %s holds, %s was edited: %w", old.Version, b.Version, ErrConflict)
	}
	if b.Devices == nil {
		b.Devices = keptDevices(old.Devices, b.People)
	}
	for _, step := range []func(old, new *policy.Book) error{
		a.clinics, a.trunks, a.people, a.devices, a.numbers, a.schedules, a.catchAll,
	} {
		if err := step(old, &b); err != nil {
			return "", err
		}
	}
	if len(a.counts) == 0 {
		return old.Version, nil
	}
	return a.t.newVersion(a.actor, old.Version, a.counts)
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

// newVersion files the book as it now stands in the history and remembers that it took effect.
func (t *tx) newVersion(actor audit.Actor, was string, counts map[string]int) (string, error) {
	n, err := versionNumber(was)
	if err != nil {
		return "", err
	}
	n++
	cell, err := t.history(n, counts)
	if err != nil {
		return "", err
	}
	summary, err := json.Marshal(counts)
	if err != nil {
		return "", err
	}
	_, err = t.exec("INSERT INTO book_versions (version, made, author, summary, body_cell) VALUES (?, ?, ?, ?, ?)",
		n, t.w.store.now().UnixMicro(), actor.ID, string(summary), cell)
	if err != nil {
		return "", err
	}
	facts := map[string]string{"before": was, "after": versionText(n)}
	for kind, n := range counts {
		facts[kind] = strconv.Itoa(n)
	}
	t.changed = true
	return versionText(n), t.remember(audit.Event{
		Actor: actor, Action: audit.BookApplied, Object: "book:" + versionText(n), Facts: facts,
	}, phi.Text{})
}

// history seals the book as it stands in the transaction. A version in which devices alone differ has no body: an
// enrolment of hundreds would file hundreds of books.
func (t *tx) history(n int64, counts map[string]int) ([]byte, error) {
	if len(counts) == 1 && counts["device"] > 0 {
		return []byte{}, nil
	}
	k, err := t.w.store.sealer()
	if err != nil {
		return nil, err
	}
	b, err := loadBook(context.Background(), t.w.conn, k)
	if err != nil {
		return nil, err
	}
	b.Version = versionText(n)
	body, err := historyBody(b)
	if err != nil {
		return nil, err
	}
	return sealCell(k, historyCell(n), body)
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
	detail, err := json.Marshal(c)
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
	}, phi.NewText(string(detail)))
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
