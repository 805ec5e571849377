package audit

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// The activity review, 45 CFR 164.308(a)(1)(ii)(D): what a careful person who read a day of the log would ask about. It
// counts what is ordinary and speaks of what is not; an ordinary shift of a hundred calls gives nothing. It judges nobody:
// each finding is a question for the officer, who settles it with a reason.

// Rule names what a finding is about.
type Rule string

const (
	ReadUnlinked   Rule = "read_unlinked"   // somebody saw PHI of calls that were not hers, without a reason, repeatedly
	ReadSurname    Rule = "same_surname"    // of a caller with her own surname
	ReadOwn        Rule = "own_record"      // of a call from her own telephone
	ReadAfterHours Rule = "after_hours"     // while she was not on shift, without a reason
	BulkPlay       Rule = "bulk_play"       // more recordings in an hour than anybody listens to
	BulkExport     Rule = "bulk_export"     // more copies left the house in an hour than anybody needs
	ManySearches   Rule = "many_searches"   // more numbers searched in an hour than calls come in
	GlassUnseen    Rule = "glass_unseen"    // emergency access that nobody reviewed in time
	RefusedOften   Rule = "refused_often"   // many refusals: somebody is trying doors
	OutsidersRead  Rule = "machine_reading" // a token or the operator saw PHI: neither ever should
)

// Kin says what a reader has to do with what was read. cmd compares sealed names and numbers; no name comes in here.
type Kin byte

const (
	Stranger    Kin = iota
	SameSurname     // the caller's name ends as the reader's
	Herself         // the caller's number is the reader's own
)

// Eyes are what a review asks the house; a nil func knows nothing.
type Eyes struct {
	Kin   func(person, object string) Kin
	Owner func(device string) (person string)
}

// Thresholds of an hour, or of a day where so named. Zero fields are the built-in values.
type Thresholds struct {
	Unlinked int           // reads of others' calls in a day: 5
	Plays    int           // 30
	Exports  int           // 5
	Searches int           // 40
	Refusals int           // in a day: 20
	Glass    time.Duration // how long emergency access may wait for its review: 72 h
}

func (t Thresholds) filled() Thresholds {
	for _, f := range []struct {
		at    *int
		value int
	}{{&t.Unlinked, 5}, {&t.Plays, 30}, {&t.Exports, 5}, {&t.Searches, 40}, {&t.Refusals, 20}} {
		if *f.at == 0 {
			*f.at = f.value
		}
	}
	if t.Glass == 0 {
		t.Glass = 72 * time.Hour
	}
	return t
}

// Finding is one item of the morning list. It holds ids alone.
type Finding struct {
	ID      string    `json:"id"` // the same for the same question of the same day, however often one looks
	Rule    Rule      `json:"rule"`
	Actor   string    `json:"actor"`
	Clinic  string    `json:"clinic,omitempty"`
	Count   int       `json:"count"`
	First   time.Time `json:"first"`
	Last    time.Time `json:"last"`
	Objects []string  `json:"objects"` // the first few
	Seqs    []int64   `json:"seqs"`    // of the log, the first few
}

const shownObjects = 10

// Review reads a stretch of the log, oldest first, and then says what it found. Begin it some hours before what it should
// speak of, so that it knows who was on shift and whose calls they were. One goroutine uses it.
type Review struct {
	limits Thresholds
	eyes   Eyes
	from   time.Time // findings before it are for an earlier review

	hers    map[string]string    // call or recording -> the person who spoke
	callOf  map[string]string    // recording -> call
	shifts  map[string]time.Time // person -> until when she may be on shift; zero: she ended it
	seen    map[string]bool      // people who ever were ready: the others have no shifts
	open    map[string]*Finding
	hours   map[string][]time.Time // rule and actor -> within the last hour
	glasses map[string]*Finding
	found   []*Finding
}

// NewReview makes a review that speaks of what happened from an instant on.
func NewReview(from time.Time, t Thresholds, eyes Eyes) *Review {
	if eyes.Kin == nil {
		eyes.Kin = func(string, string) Kin { return Stranger }
	}
	if eyes.Owner == nil {
		eyes.Owner = func(device string) string { return device }
	}
	return &Review{
		limits: t.filled(), eyes: eyes, from: from, hers: map[string]string{}, callOf: map[string]string{},
		shifts: map[string]time.Time{}, seen: map[string]bool{}, open: map[string]*Finding{}, hours: map[string][]time.Time{},
		glasses: map[string]*Finding{},
	}
}

// See takes the next leaf.
func (r *Review) See(seq int64, e Event) {
	switch e.Action {
	case CallAnswered:
		if e.Actor.Type == "device" {
			r.hers[e.Object] = r.eyes.Owner(e.Actor.ID)
		}
	case RecordingOpened:
		r.callOf[e.Object] = "call:" + e.Correlation
	case AgentReady, AgentLimited:
		person := strings.TrimPrefix(e.Object, "person:")
		until, err := time.Parse(time.RFC3339, e.Facts["until"])
		if err != nil {
			until = e.Time.Add(12 * time.Hour)
		}
		r.shifts[person], r.seen[person] = until, true
	case AgentNotReady:
		delete(r.shifts, strings.TrimPrefix(e.Object, "person:"))
	case BreakGlassOpened:
		r.glasses[e.Object] = begun(GlassUnseen, seq, e)
	case BreakGlassReviewed:
		delete(r.glasses, e.Object)
	}
	if e.Time.Before(r.from) {
		return
	}
	if e.Outcome == Refused {
		r.many(RefusedOften, seq, e, r.limits.Refusals)
		return
	}
	r.read(seq, e)
}

// read looks at one reading of PHI.
func (r *Review) read(seq int64, e Event) {
	if len(e.Classes) == 0 || slices.Equal(e.Classes, []string{"name"}) {
		return
	}
	if e.Actor.Type != "person" {
		if e.Actor.Type == "token" || e.Actor.Type == "operator" {
			r.add(OutsidersRead, seq, e)
		}
		return
	}
	switch e.Action {
	case RecordingPlayed:
		r.hourly(BulkPlay, seq, e, r.limits.Plays)
	case RecordingExported, RecordingKeyGiven:
		r.hourly(BulkExport, seq, e, r.limits.Exports)
	case Searched:
		r.hourly(ManySearches, seq, e, r.limits.Searches)
		return
	}
	switch r.eyes.Kin(e.Actor.ID, e.Object) {
	case SameSurname:
		r.add(ReadSurname, seq, e)
		return
	case Herself:
		r.add(ReadOwn, seq, e)
		return
	}
	if e.Reason != "" {
		return // what has a reason is the supervisor's work; bulk and kin above ask all the same
	}
	if until, on := r.shifts[e.Actor.ID]; r.seen[e.Actor.ID] && (!on || e.Time.After(until)) {
		r.add(ReadAfterHours, seq, e)
		return
	}
	if !r.isHers(e) {
		r.many(ReadUnlinked, seq, e, r.limits.Unlinked)
	}
}

// isHers reports whether the reader was on the call that she read.
func (r *Review) isHers(e Event) bool {
	call := e.Object
	if of, ok := r.callOf[call]; ok {
		call = of
	}
	return r.hers[call] == e.Actor.ID
}

func begun(rule Rule, seq int64, e Event) *Finding {
	f := &Finding{Rule: rule, Actor: e.Actor.Type + ":" + e.Actor.ID, Clinic: e.Clinic, First: e.Time}
	f.ID = fmt.Sprintf("%s.%s.%s", rule, e.Time.UTC().Format("20060102"), idWord(f.Actor))
	f.put(seq, e)
	return f
}

// idWord is an actor as part of an id.
func idWord(s string) string {
	return strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.' {
			return c
		}
		return '-'
	}, s)
}

func (f *Finding) put(seq int64, e Event) {
	f.Count++
	f.Last = e.Time
	if len(f.Seqs) < shownObjects {
		f.Seqs = append(f.Seqs, seq)
	}
	if len(f.Objects) < shownObjects && e.Object != "" && !slices.Contains(f.Objects, e.Object) {
		f.Objects = append(f.Objects, e.Object)
	}
}

// add makes a finding of an event, or puts it to that of the same rule, day and actor.
func (r *Review) add(rule Rule, seq int64, e Event) {
	f := begun(rule, seq, e)
	if old := r.open[f.ID]; old != nil {
		old.put(seq, e)
		return
	}
	r.open[f.ID] = f
	r.found = append(r.found, f)
}

// many is add from the nth of a day on; what came before it belongs to it too.
func (r *Review) many(rule Rule, seq int64, e Event, n int) {
	key := "wait." + begun(rule, seq, e).ID
	f := r.open[key]
	if f == nil {
		f = begun(rule, seq, e)
		r.open[key] = f
	} else {
		f.put(seq, e)
	}
	if f.Count == n {
		r.found = append(r.found, f)
	}
}

// hourly is add when more than n fall within an hour.
func (r *Review) hourly(rule Rule, seq int64, e Event, n int) {
	key := string(rule) + e.Actor.ID
	list := append(r.hours[key], e.Time)
	for len(list) > 0 && e.Time.Sub(list[0]) > time.Hour {
		list = list[1:]
	}
	r.hours[key] = list
	if len(list) > n {
		r.add(rule, seq, e)
	}
}

// Findings says what was found, as of an instant, oldest first.
func (r *Review) Findings(now time.Time) []Finding {
	var out []Finding
	for _, f := range r.found {
		out = append(out, *f)
	}
	for _, f := range r.glasses {
		if now.Sub(f.First) > r.limits.Glass {
			g := *f
			g.ID = string(GlassUnseen) + "." + idWord(f.Objects[0])
			out = append(out, g)
		}
	}
	slices.SortFunc(out, func(a, b Finding) int {
		if c := a.First.Compare(b.First); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return out
}
