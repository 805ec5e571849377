package main

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"nightbell/book"
	"nightbell/console"
	"nightbell/policy"
	"nightbell/store"
)

// rulebook changes the rules thing by thing. Every change is: read the book, hold the thing's entity tag against what the
// caller saw, make a new book, weigh it, apply it under the version that was read; when another change came in between,
// begin again as long as the thing itself is still the same. Two editors of two clinics never conflict, two of one schedule
// do, and nothing is ever half stored.
type rulebook struct{ *office }

// thing is what an entity tag is of.
type thing string

const (
	aClinic   thing = "clinic"
	aPerson   thing = "person"
	aSchedule thing = "schedule"
	aQueue    thing = "queue"
	aTrunk    thing = "trunk"
	theLaws   thing = "laws"
	theLine   thing = "emergency line"
)

// draft is one change under way.
type draft struct {
	rulebook
	rev    console.Revision
	before *policy.Snapshot
	book   *policy.Book // as it will be
	now    time.Time

	schedules []string // whose people may be affected
	edits     []string // ids of those appended
	warnings  []string
	offer     *store.OfferMove
}

// maxTries bounds how often a change begins again: each time somebody else's change was stored.
const maxTries = 64

// change makes one change of one thing, or none.
func (r rulebook) change(ctx context.Context, rev console.Revision, of thing, amend func(*draft) error) (console.Saved, error) {
	if r.Ring == nil {
		return console.Saved{}, console.ErrSealed
	}
	for range maxTries {
		d, err := r.begin(ctx, rev)
		if err != nil {
			return console.Saved{}, err
		}
		if err := r.hold(ctx, d, of); err != nil {
			return console.Saved{}, err
		}
		if err := amend(d); err != nil {
			return console.Saved{}, err
		}
		saved, err := d.store(ctx, of)
		if !errors.Is(err, store.ErrConflict) {
			return saved, known(err)
		}
	}
	return console.Saved{}, console.ErrConflict
}

// begin reads the rules.
func (r rulebook) begin(ctx context.Context, rev console.Revision) (*draft, error) {
	s, err := r.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	return &draft{rulebook: r, rev: rev, before: s, book: s.Book, now: r.now().UTC().Truncate(time.Microsecond)}, nil
}

// snapshot is the book as it stands in the database, made ready; made anew only when its version or the zone data differs.
func (r rulebook) snapshot(ctx context.Context) (*policy.Snapshot, error) {
	version, err := r.Store.BookVersion(ctx)
	if err != nil {
		return nil, known(err)
	}
	zones := r.Zones()
	if s := r.read.Load(); s != nil && s.Book.Version == version && s.Zones == zones {
		return s, nil
	}
	b, err := r.Store.Book(ctx)
	if err != nil {
		return nil, known(err)
	}
	b.ZoneData = zones.Version
	s := policy.Index(b, zones)
	r.read.Store(s)
	return s, nil
}

// hold compares the thing with what the caller saw.
func (r rulebook) hold(ctx context.Context, d *draft, of thing) error {
	now, stands := r.tag(of, d.rev.ID, d.book)
	switch {
	case d.rev.Match == "" && stands:
		return &console.Stale{Tag: now, Changes: []console.Change{{Kind: "added", Of: string(of), ID: d.rev.ID}}}
	case d.rev.Match == "" || d.rev.Match == "*" && stands || stands && d.rev.Match == now:
		return nil
	case !stands:
		return console.ErrNotFound
	}
	return &console.Stale{Tag: now, Changes: r.since(ctx, of, d)}
}

// tag is a strong entity tag: a keyed hash of all that the thing consists of, its edits included. The key keeps a person's
// number from being guessed by its hash.
func (r rulebook) tag(of thing, id string, b *policy.Book) (string, bool) {
	one := alone(of, id, b)
	content, stands := contentOf(of, one)
	if !stands {
		return "", false
	}
	body, err := json.Marshal(content)
	if err != nil {
		return "", false
	}
	mac := hmac.New(sha256.New, []byte(r.Store.Instance()))
	mac.Write([]byte(of))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil)[:16]), true
}

func contentOf(of thing, one *policy.Book) (any, bool) {
	switch {
	case of == aClinic && len(one.Clinics) == 1:
		return one.Clinics[0], true
	case of == aSchedule && len(one.Schedules) == 1:
		return one.Schedules[0], true
	case of == aQueue && len(one.Queues) == 1:
		return one.Queues[0], true
	case of == aTrunk && len(one.Trunks) == 1:
		return one.Trunks[0], true
	case of == theLaws:
		return one.Laws, true
	case of == theLine:
		return one.Emergency, true
	case of == aPerson && len(one.People) == 1:
		p := one.People[0]
		return []any{p.ID, p.Name.Reveal(), p.Role, p.Phone.Reveal(), p.Active, p.State, one.Edits}, true
	}
	return nil, false
}

// alone is the book with nothing but one thing in it.
func alone(of thing, id string, b *policy.Book) *policy.Book {
	var one policy.Book
	switch of {
	case aClinic:
		one.Clinics = only1(b.Clinics, func(c policy.Clinic) bool { return c.ID == id })
	case aSchedule:
		one.Schedules = only1(b.Schedules, func(s policy.Schedule) bool { return s.ID == id })
	case aPerson:
		one.People = only1(b.People, func(p policy.Person) bool { return p.ID == id })
		one.Edits = editsOf(id, b)
	case aQueue:
		one.Queues = only1(b.Queues, func(q policy.Queue) bool { return q.ID == id })
	case aTrunk:
		one.Trunks = only1(b.Trunks, func(t policy.Trunk) bool { return t.ID == id })
	case theLaws:
		one.Laws = b.Laws
	case theLine:
		one.Emergency = b.Emergency
	}
	return &one
}

func only1[T any](list []T, is func(T) bool) []T {
	if i := slices.IndexFunc(list, is); i >= 0 {
		return list[i : i+1]
	}
	return nil
}

// editsOf are the edits of a person that act on every schedule, with those that change or undo them.
func editsOf(person string, b *policy.Book) []policy.Edit {
	var own []policy.Edit
	ids := map[string]bool{}
	for _, e := range b.Edits {
		if e.Person == person || ids[e.Of] && e.Of != "" {
			ids[e.ID] = true
			own = append(own, e)
		}
	}
	return own
}

// lookBack is how many versions of the book are searched for the one that a stale editor saw.
const lookBack = 50

// since says what became of the thing after the caller saw it; empty where that is too long ago to be found.
func (r rulebook) since(ctx context.Context, of thing, d *draft) []console.Change {
	versions, err := r.Store.BookHistory(ctx, lookBack)
	if err != nil {
		return nil
	}
	for _, v := range versions {
		b, err := r.Store.BookAt(ctx, v.Version)
		if err != nil {
			continue
		}
		if tag, ok := r.tag(of, d.rev.ID, b); ok && tag == d.rev.Match {
			return difference(alone(of, d.rev.ID, b), alone(of, d.rev.ID, d.book))
		}
	}
	return nil
}

func difference(a, b *policy.Book) []console.Change {
	changes := []console.Change{}
	for _, c := range book.Diff(a, b) {
		changes = append(changes, console.Change(c))
	}
	return changes
}

// store weighs the draft and applies it.
func (d *draft) store(ctx context.Context, of thing) (console.Saved, error) {
	after, report, err := d.weigh()
	if err != nil {
		return console.Saved{}, err
	}
	if len(report.NewGaps) > 0 && d.rev.Acknowledge == "" {
		return console.Saved{}, &console.Gaps{Open: report.NewGaps}
	}
	why := store.Because{Reason: d.rev.Reason, Correlation: d.rev.Request, Offer: d.offer}
	for _, g := range report.NewGaps {
		why.Gaps = append(why.Gaps, store.GapAck{
			Schedule: g.Schedule, Severity: g.Severity, Start: g.Start, End: g.End, Reason: d.rev.Acknowledge,
		})
	}
	next := *d.book
	next.Version = d.before.Book.Version
	version, err := d.Store.ApplyBookFor(ctx, d.rev.By, next, why)
	if err != nil {
		return console.Saved{}, err
	}
	saved := console.Saved{
		ID: d.rev.ID, Version: version, Edits: d.edits, Warnings: d.warnings,
		Changes: difference(alone(of, d.rev.ID, d.before.Book), alone(of, d.rev.ID, after.Book)),
	}
	if len(d.schedules) > 0 {
		saved.Report = &report
	}
	saved.Tag, _ = d.tag(of, d.rev.ID, after.Book)
	return saved, nil
}

// weigh makes the new book ready, refuses one that cannot be read, and says what it would do.
func (d *draft) weigh() (*policy.Snapshot, policy.SaveReport, error) {
	after := policy.Index(d.book, d.before.Zones)
	if broken := newMistakes(d.before, after); len(broken) > 0 {
		return nil, policy.SaveReport{}, broken
	}
	var all policy.SaveReport
	for _, id := range d.schedules {
		merge(&all, policy.Report(d.before, after, id, d.now, policy.Horizon))
	}
	return after, tidyReport(all), nil
}

// newMistakes are those that the change makes; what was wrong before stays for others to mend.
func newMistakes(before, after *policy.Snapshot) console.Mistakes {
	old := map[string]bool{}
	for _, err := range before.Mistakes() {
		old[err.Error()] = true
	}
	var all console.Mistakes
	for _, err := range after.Mistakes() {
		if !old[err.Error()] {
			all = append(all, console.Mistake{Field: "body", Text: err.Error()})
		}
	}
	return all
}

// merge adds up what several schedules report.
func merge(all *policy.SaveReport, one policy.SaveReport) {
	for _, p := range one.Affected {
		i := slices.IndexFunc(all.Affected, func(q policy.PersonChange) bool { return q.Person == p.Person })
		if i < 0 {
			all.Affected = append(all.Affected, p)
			continue
		}
		q := &all.Affected[i]
		q.Before, q.After, q.Gained, q.Lost = q.Before+p.Before, q.After+p.After, q.Gained+p.Gained, q.Lost+p.Lost
	}
	all.Gaps = append(all.Gaps, one.Gaps...)
	all.NewGaps = append(all.NewGaps, one.NewGaps...)
	all.DoubleBookings = append(all.DoubleBookings, one.DoubleBookings...)
	all.Starved = append(all.Starved, one.Starved...)
	all.Unreachable = appendNew(all.Unreachable, one.Unreachable)
	all.Useless = appendNew(all.Useless, one.Useless)
	all.IdleLayers = append(all.IdleLayers, one.IdleLayers...)
	all.Mistakes = append(all.Mistakes, one.Mistakes...)
}

func appendNew(list, more []string) []string {
	for _, s := range more {
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}

// tidyReport makes empty lists of none: a JSON null is no list.
func tidyReport(r policy.SaveReport) policy.SaveReport {
	r.Affected, r.Gaps, r.NewGaps = full(r.Affected), full(r.Gaps), full(r.NewGaps)
	r.DoubleBookings, r.Starved, r.Unreachable = full(r.DoubleBookings), full(r.Starved), full(r.Unreachable)
	r.Useless, r.IdleLayers, r.Mistakes = full(r.Useless), full(r.IdleLayers), full(r.Mistakes)
	return r
}

func full[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// mistaken turns policy's mistakes into the API's: each with the path of the field in the body.
func mistaken(at string, all policy.Mistakes) error {
	if len(all) == 0 {
		return nil
	}
	out := make(console.Mistakes, len(all))
	for i, m := range all {
		out[i] = console.Mistake{Field: strings.TrimSuffix(at+"."+m.Field, "."), Text: m.Text}
	}
	return out
}

// newEditID names an edit: when, so that a person can tell them apart, and enough chance.
func newEditID(do policy.Do, at time.Time) string {
	return fmt.Sprintf("%s-%s-%s", cmp.Or(do, "edit"), at.Format("060102"), newSecret()[:8])
}
