package book

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"nightbell/policy"
)

// FeedLook is what a calendar feed is made for: one person's shifts everywhere, or one clinic's. One of the two is set.
type FeedLook struct {
	Person, Clinic string
	Now            time.Time
}

// A feed tells a year ahead and 15 days back.
const (
	feedAhead = 366 * 24 * time.Hour
	feedBack  = 15 * 24 * time.Hour
	feedRunUp = 35 * 24 * time.Hour // looked at before that, so that parts of one shift keep their numbers while it ages
)

// Entry is one shift as a feed tells it. UID, Sequence, Hash and Changed live on between two readings (Follow); a
// cancelled one has no summary any more, because the text of the past is not kept.
type Entry struct {
	UID        string
	Sequence   int
	Start, End time.Time
	Summary    string
	Hash       []byte // of everything shown
	Cancelled  bool
	Changed    time.Time
}

// FeedEntries lists the shifts that a feed tells now, by start. The UID is made of the shift's identity (schedule, tier,
// layer, period, day of its window), so it stays when a hand-off moves, and when the shift changes hands. People stand as
// ids: who subscribes sees no name that is not in the book's ids already, and no patient at all.
func FeedEntries(s *policy.Snapshot, look FeedLook) []Entry {
	from, to := look.Now.Add(-feedBack), look.Now.Add(feedAhead)
	var all []Entry
	for i := range s.Book.Schedules {
		schedule := &s.Book.Schedules[i]
		if look.Clinic != "" && schedule.Clinic != look.Clinic {
			continue
		}
		t := teller{snap: s, schedule: schedule, parts: map[string]int{}, from: from.Add(-feedRunUp), to: to}
		all = t.tell(all, look.Person)
	}
	all = slices.DeleteFunc(all, func(e Entry) bool { return !e.End.After(from) })
	slices.SortFunc(all, func(a, b Entry) int { return cmp.Or(a.Start.Compare(b.Start), strings.Compare(a.UID, b.UID)) })
	return all
}

// teller turns the stretches of one schedule into entries.
type teller struct {
	snap     *policy.Snapshot
	schedule *policy.Schedule
	parts    map[string]int // how many parts of a shift have been told: an override can cut one in two
	from, to time.Time
}

func (t *teller) tell(all []Entry, person string) []Entry {
	clinic := t.schedule.Clinic
	if c, ok := t.snap.Clinic(clinic); ok {
		clinic = c.Name
	}
	stretches, _ := t.snap.Expand(t.schedule.ID, t.from, t.to)
	last := map[string]int{} // shift and person -> entry that a neighbour may lengthen
	for _, st := range stretches {
		for _, p := range st.People {
			shift := identity(t.schedule.ID, st.Tier, p.Source)
			if person != "" && p.Person != person {
				continue
			}
			start, end := t.whole(st, p)
			if i, ok := last[shift+p.Person]; ok && all[i].End.Equal(start) {
				all[i].End = end
				all[i].Hash = all[i].hash()
				continue
			}
			e := Entry{UID: t.uid(shift), Start: start, End: end, Summary: t.summary(clinic, st.Tier, p.Person)}
			e.Hash = e.hash()
			last[shift+p.Person] = len(all)
			all = append(all, e)
		}
	}
	return all
}

// whole gives a shift's own bounds where the stretch was cut off by the range asked for, not by the rota: the same shift
// must not move with every reading.
func (t *teller) whole(st policy.Stretch, p policy.Standing) (start, end time.Time) {
	start, end = st.Start, st.End
	if start.Equal(t.from) && !p.Since.IsZero() && p.Since.Before(start) && p.Since.Year() >= 1 {
		start = p.Since
	}
	if end.Equal(t.to) && p.Until.After(end) && p.Until.Year() <= 9999 {
		end = p.Until
	}
	return start.UTC(), end.UTC()
}

// identity names a shift whatever the clock says; what an override makes of nothing has the override's id.
func identity(schedule string, tier int, src policy.Source) string {
	head := schedule + "/" + strconv.Itoa(tier) + "/"
	if src.Layer == "" {
		return head + "edit/" + src.Edit
	}
	return head + src.Layer + "/" + strconv.FormatInt(src.Period, 10) + "/" + src.Day()
}

func (t *teller) uid(shift string) string {
	n := t.parts[shift]
	t.parts[shift]++
	sum := sha256.Sum256([]byte(shift + "#" + strconv.Itoa(n)))
	return hex.EncodeToString(sum[:16]) + "@nightbell"
}

func (t *teller) summary(clinic string, tier int, person string) string {
	text := "On call: " + plain(clinic)
	if t.schedule.Line != "" {
		text += ", " + plain(t.schedule.Line)
	}
	return fmt.Sprintf("%s, tier %d (%s)", text, tier, person)
}

func (e Entry) hash() []byte {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %d %s", e.Start.Unix(), e.End.Unix(), e.Summary))
	return sum[:12]
}

// Follow carries a feed on from what it last said: an entry that differs gets the next SEQUENCE, one that is gone is told
// as cancelled once and for all (RFC 5545 §3.8.7.4, §3.8.1.11). Give said as it was kept and now as FeedEntries made it;
// keep what comes back.
func Follow(said, now []Entry, at time.Time) []Entry {
	before := make(map[string]Entry, len(said))
	for _, e := range said {
		before[e.UID] = e
	}
	all := make([]Entry, 0, len(now)+8)
	for _, e := range now {
		e.Changed = at
		if old, ok := before[e.UID]; ok {
			if e.Sequence = old.Sequence + 1; !old.Cancelled && bytes.Equal(old.Hash, e.Hash) {
				e.Sequence, e.Changed = old.Sequence, old.Changed
			}
			delete(before, e.UID)
		}
		all = append(all, e)
	}
	for _, old := range said {
		if _, gone := before[old.UID]; !gone || !old.End.After(at.Add(-feedBack)) {
			continue
		}
		if !old.Cancelled {
			old.Sequence, old.Cancelled, old.Changed, old.Summary = old.Sequence+1, true, at, ""
		}
		all = append(all, old)
	}
	slices.SortStableFunc(all, func(a, b Entry) int { return a.Start.Compare(b.Start) })
	return all
}
