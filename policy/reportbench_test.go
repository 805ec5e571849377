package policy

import (
	"fmt"
	"testing"
	"time"
)

var benchNow = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// BenchmarkGaps scans 1,000 clinics of four layers for 90 days. Bar: 2 s. x_minutes: how many times longer a scan takes
// that asks at every minute, as a plain program would (measured on one clinic's first two days).
func BenchmarkGaps(b *testing.B) {
	s := manyClinics(b, 1000)
	for b.Loop() {
		if gaps := s.Gaps(benchNow, Horizon); len(gaps) != 0 {
			b.Fatal(gaps[0])
		}
	}
	scan := float64(b.Elapsed().Nanoseconds()) / float64(b.N)
	began := time.Now()
	var now OnCall
	for i := range 2 * 1440 {
		s.Resolve("s0", benchNow.Add(time.Duration(i)*time.Minute), &now)
	}
	b.ReportMetric(float64(time.Since(began).Nanoseconds())*45*1000/scan, "x_minutes")
	b.ReportMetric(scan/1e9/2, "of_bar")
}

// clinicOf50 is a clinic of 50 people: four layers they share, 20 overrides to come, 5 people away, in a book of 1,000 clinics.
func clinicOf50(b *testing.B) (before, after *Book) {
	b.Helper()
	book := manyClinics(b, 1000).Book
	var ids []string
	for i := range 50 {
		id := fmt.Sprintf("p%d", i)
		ids = append(ids, id)
		book.People = append(book.People, Person{ID: id, Active: true})
		book.Devices = append(book.Devices, Device{User: id, Person: id})
	}
	s := fourLayers(0, "America/New_York")
	s.ID, s.Clinic = "big", "c0"
	for i := range s.Layers {
		s.Layers[i].Rotation.Members = ids
	}
	for i := range 20 {
		at := benchNow.AddDate(0, 0, 4*i).Add(20 * time.Hour)
		s.Edits = append(s.Edits, Edit{ID: fmt.Sprint(i), At: benchNow, Do: DoAssign, Person: ids[i], Tier: 1, Start: at, End: at.Add(9 * time.Hour)})
	}
	for i := range 5 {
		at := benchNow.AddDate(0, 0, 10*i)
		book.Edits = append(book.Edits, Edit{
			ID: fmt.Sprintf("away%d", i), At: benchNow, Do: DoAbsence, Person: ids[i], Cover: ids[40+i], Start: at, End: at.AddDate(0, 0, 14),
		})
	}
	before = AmendSchedule(book, s)
	return before, AmendSchedule(book, s.With(Edit{
		ID: "new", At: benchNow, Do: DoMembers, Layer: "nights", Members: ids[:40], Effective: benchNow.AddDate(0, 0, 7),
	}))
}

// BenchmarkSaveReport checks, makes ready and reports one edit in a clinic of 50 people, in a book of 1,000 clinics. Bar:
// 200 ms for a save with its whole report; the book of before stands ready, as it does in a server.
func BenchmarkSaveReport(b *testing.B) {
	before, after := clinicOf50(b)
	was := Index(before, nil)
	old := before.Schedules[len(before.Schedules)-1]
	edits := after.Schedules[len(after.Schedules)-1].Edits
	for b.Loop() {
		if m := CheckEdit(old, edits[len(edits)-1], before, nil, benchNow); len(m) > 0 {
			b.Fatal(m)
		}
		if r := Report(was, Index(after, nil), "big", benchNow, Horizon); len(r.Affected) == 0 {
			b.Fatal("nobody is affected")
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/200e6, "of_bar")
}

// BenchmarkReplay runs a month's 10,000 calls against an edit.
func BenchmarkReplay(b *testing.B) {
	book := *manyClinics(b, 1000).Book
	for i := range book.Clinics {
		book.Clinics[i].Closed.Steps = []StepRule{{Schedule: fmt.Sprintf("s%d", i)}}
	}
	s := Index(&book, nil)
	calls := make([]PastCall, 10000)
	for i := range calls {
		calls[i] = PastCall{Number: book.Numbers[i%1000].Number, At: benchNow.Add(time.Duration(i) * 4 * time.Minute)}
	}
	for b.Loop() {
		ReplayCalls(s, s, calls)
	}
}

func BenchmarkFairnessYear(b *testing.B) {
	s := manyClinics(b, 1)
	for b.Loop() {
		s.FairnessByQuarter("s0", benchNow, benchNow.AddDate(1, 0, 0))
	}
}

// BenchmarkShiftsMoved compares 1,000 clinics under two zone data of which one zone of five differs.
func BenchmarkShiftsMoved(b *testing.B) {
	book := manyClinics(b, 1000).Book
	other := *EmbeddedZones()
	other.byName = map[string]*time.Location{}
	for _, name := range benchZones {
		other.byName[name], _ = EmbeddedZones().Zone(name)
	}
	other.byName["America/Denver"], _ = EmbeddedZones().Zone("America/Chicago")
	for b.Loop() {
		if len(ShiftsMoved(book, EmbeddedZones(), &other, benchNow, Horizon)) == 0 {
			b.Fatal("nothing moved")
		}
	}
}
