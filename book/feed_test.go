package book

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"nightbell/policy"
)

// rounds is a clinic whose nights go round between two people, with a weekly backup.
func rounds(edits ...policy.Edit) *policy.Book {
	at := func(s string) policy.WallClock {
		c, err := policy.ParseClock(s)
		if err != nil {
			panic(err)
		}
		return c
	}
	return &policy.Book{
		Version: "1", CatchAll: "elm",
		Clinics: []policy.Clinic{{ID: "elm", Name: "Elm Street, Cardiology; main", Zone: "America/New_York", LastResort: "last_resort"}},
		People:  []policy.Person{{ID: "ana", Active: true}, {ID: "ben", Active: true}, {ID: "cleo", Active: true}},
		Schedules: []policy.Schedule{{
			ID: "nights", Clinic: "elm", Name: "Nights", Edits: edits,
			Layers: []policy.Layer{
				{ID: "night", Tier: 1, Mode: policy.Replace, Windows: []policy.Hours{{Days: []int{1, 2, 3, 4, 5, 6, 7}, Start: at("17:00"), End: at("08:00")}},
					Rotation: policy.Rotation{Anchor: "2026-11-02T17:00:00", Every: 1, Unit: policy.Day, Members: []string{"ana", "ben"}}},
				{ID: "backup", Tier: 2, Mode: policy.Replace,
					Rotation: policy.Rotation{Anchor: "2026-11-02T08:00:00", Every: 1, Unit: policy.Week, Members: []string{"cleo"}}},
			},
		}},
	}
}

// reachable gives everybody a device: the book's people are otherwise passed over.
func snap(b *policy.Book) *policy.Snapshot {
	for _, p := range b.People {
		b.Devices = append(b.Devices, policy.Device{User: p.ID, Person: p.ID})
	}
	return policy.Index(b, nil)
}

var monday = time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC)

func TestFeedTellsAYearAheadAndFifteenDaysBack(t *testing.T) {
	all := FeedEntries(snap(rounds()), FeedLook{Person: "ana", Now: monday})
	first, last := all[0], all[len(all)-1]
	if back := monday.Sub(first.Start); back < 14*24*time.Hour || back > 17*24*time.Hour {
		t.Errorf("first shift starts %s", first.Start)
	}
	if ahead := last.Start.Sub(monday); ahead < 363*24*time.Hour {
		t.Errorf("last shift starts %s", last.Start)
	}
	seen := map[string]bool{}
	for _, e := range all {
		if seen[e.UID] {
			t.Fatalf("UID twice: %v", e)
		}
		seen[e.UID] = true
		if d := e.End.Sub(e.Start); d != 15*time.Hour && d != 14*time.Hour && d != 16*time.Hour {
			t.Errorf("%s lasts %s", e.Start, d)
		}
	}
}

func TestFeedIsTheSameUntilTheRotaChanges(t *testing.T) {
	said := Follow(nil, FeedEntries(snap(rounds()), FeedLook{Clinic: "elm", Now: monday}), monday)
	for hours := range 40 { // as it ages, a shift that the range cuts does not move
		at := monday.Add(time.Duration(hours) * 11 * time.Hour)
		said = Follow(said, FeedEntries(snap(rounds()), FeedLook{Clinic: "elm", Now: at}), at)
		for _, e := range said {
			if e.Sequence != 0 || e.Cancelled {
				t.Fatalf("after %s: %+v", at.Sub(monday), e)
			}
		}
	}
}

func TestShiftThatChangesHandsKeepsItsUID(t *testing.T) {
	look := FeedLook{Clinic: "elm", Now: monday}
	before := Follow(nil, FeedEntries(snap(rounds()), look), monday)
	give := policy.Edit{ID: "g1", At: monday, Do: policy.DoGive, Layer: "night", Person: "cleo", A: policy.Shift{Period: 30, Day: "2026-12-02"}}
	after := Follow(before, FeedEntries(snap(rounds(give)), look), monday.Add(time.Hour))
	changed := 0
	for i, e := range after {
		if e.Sequence == 0 {
			continue
		}
		changed++
		if e.UID != before[i].UID || !strings.HasSuffix(e.Summary, "(cleo)") || e.Cancelled {
			t.Errorf("%+v", e)
		}
	}
	if changed != 1 || len(after) != len(before) {
		t.Errorf("%d entries changed, %d for %d", changed, len(after), len(before))
	}

	// For the one who gave it away it is cancelled, once; undone it is hers again under the same UID.
	look = FeedLook{Person: "ana", Now: monday}
	said := Follow(nil, FeedEntries(snap(rounds()), look), monday)
	said = Follow(said, FeedEntries(snap(rounds(give)), look), monday.Add(time.Hour))
	said = Follow(said, FeedEntries(snap(rounds(give)), look), monday.Add(2*time.Hour))
	gone := 0
	for _, e := range said {
		if e.Cancelled {
			gone++
			if e.Sequence != 1 {
				t.Errorf("cancelled twice: %+v", e)
			}
		}
	}
	if gone != 1 {
		t.Errorf("%d cancelled", gone)
	}
	for _, e := range Follow(said, FeedEntries(snap(rounds()), look), monday.Add(3*time.Hour)) {
		if e.Cancelled || e.Sequence != 0 && e.Sequence != 2 {
			t.Errorf("%+v", e)
		}
	}
}

func TestShiftCutInTwoHasTwoParts(t *testing.T) {
	cut := policy.Edit{ID: "c1", At: monday, Do: policy.DoAssign, Person: "cleo", Tier: 1,
		Start: time.Date(2026, 12, 3, 0, 0, 0, 0, time.UTC), End: time.Date(2026, 12, 3, 2, 0, 0, 0, time.UTC)}
	look := FeedLook{Clinic: "elm", Now: monday}
	plain, parts := FeedEntries(snap(rounds()), look), FeedEntries(snap(rounds(cut)), look)
	if len(parts) != len(plain)+2 {
		t.Errorf("%d entries, %d without the cut", len(parts), len(plain))
	}
	said := Follow(Follow(nil, parts, monday), plain, monday.Add(time.Hour))
	if len(said) != len(parts) {
		t.Errorf("%d entries after the cut was undone", len(said))
	}
}

func TestCalendarIsWellFormedAndKeepsItsLines(t *testing.T) {
	entries := Follow(nil, FeedEntries(snap(rounds()), FeedLook{Clinic: "elm", Now: monday}), monday)
	entries[3].Cancelled, entries[3].Sequence = true, 2
	text := Calendar(Feed{Name: "Élm " + strings.Repeat("ü", 80), Entries: entries})
	for n, line := range bytes.Split(text, []byte("\r\n")) {
		if len(line) > 75 || bytes.ContainsAny(line, "\r\n") || !bytes.Equal(bytes.ToValidUTF8(line, nil), line) {
			t.Errorf("line %d: %q", n+1, line)
		}
	}
	for _, want := range []string{"BEGIN:VCALENDAR\r\n", "TRANSP:TRANSPARENT", "STATUS:CANCELLED", "SEQUENCE:2", `Elm Street\, Cardiology\; main`, "END:VCALENDAR\r\n"} {
		if !bytes.Contains(unfolded(text), []byte(want)) {
			t.Errorf("no %q", want)
		}
	}
	if n := bytes.Count(text, []byte("TRANSP:TRANSPARENT")); n != len(entries) {
		t.Errorf("%d of %d transparent", n, len(entries))
	}
	// What goes out comes in again as the same times.
	read, err := ReadICal(text, RotaReading{File: "own.ics"})
	if err != nil {
		t.Fatal(err)
	}
	if len(read.Turns) != len(entries)-1 {
		t.Fatalf("%d turns of %d entries, one cancelled", len(read.Turns), len(entries))
	}
	if !read.Turns[0].Start.Equal(entries[0].Start) || !read.Turns[0].End.Equal(entries[0].End) {
		t.Errorf("%v, want %v", read.Turns[0], entries[0])
	}
}

func unfolded(text []byte) []byte { return bytes.ReplaceAll(text, []byte("\r\n "), nil) }

func BenchmarkFeedOfAYear(b *testing.B) {
	s := snap(rounds())
	said := Follow(nil, FeedEntries(s, FeedLook{Clinic: "elm", Now: monday}), monday)
	for b.Loop() {
		said = Follow(said, FeedEntries(s, FeedLook{Clinic: "elm", Now: monday}), monday)
		_ = Calendar(Feed{Name: "Elm", Entries: said})
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N)/20, "share-of-the-20ms-bar")
	if testing.Verbose() {
		fmt.Println(len(said), "entries")
	}
}
