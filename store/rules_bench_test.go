package store

import (
	"context"
	"fmt"
	"testing"
	"time"

	"nightbell/phi"
	"nightbell/policy"
)

// bigBook has n clinics, each with a schedule of four layers, a number and five people.
func bigBook(n int) policy.Book {
	b := policy.Book{CatchAll: "clinic0000"}
	for i := range n {
		id := fmt.Sprintf("clinic%04d", i)
		people := make([]string, 5)
		for k := range people {
			people[k] = fmt.Sprintf("p%04d-%d", i, k)
			b.People = append(b.People, policy.Person{ID: people[k], Name: phi.NewName("Dr Canary " + people[k]), Role: "clinician",
				Phone: phi.NewPhone(fmt.Sprintf("+1212555%02d%02d", i%100, k)), Active: true})
		}
		b.Clinics = append(b.Clinics, policy.Clinic{ID: id, Name: "Clinic " + id, Zone: "America/New_York", LastResort: "last_resort",
			Closed: policy.Flow{Steps: []policy.StepRule{{Name: "on call", Schedule: id, Mode: policy.Together, For: 20 * time.Second}}}})
		b.Numbers = append(b.Numbers, policy.Number{Number: fmt.Sprintf("+1646555%04d", i), Clinic: id, Answer: policy.AtOnce})
		b.Schedules = append(b.Schedules, policy.Schedule{ID: id, Clinic: id, Name: "On call", Layers: []policy.Layer{
			layerOf("day", 1, people, policy.Day), layerOf("night", 1, people, policy.Week),
			layerOf("backup", 2, people, policy.Week), layerOf("last", 3, people, policy.Month),
		}})
	}
	return b
}

func layerOf(id string, tier int, people []string, unit policy.Unit) policy.Layer {
	l := policy.Layer{ID: id, Tier: tier, Mode: policy.Replace, Rotation: policy.Rotation{
		Anchor: "2026-01-05T08:00:00", Every: 1, Unit: unit, Members: people}}
	if id == "day" {
		l.Windows = []policy.Hours{{Days: []int{1, 2, 3, 4, 5}, Start: 480, End: 1020}}
	}
	return l
}

// assign is an edit that puts somebody in for a time.
func assign(id, person string, at time.Time) policy.Edit {
	return policy.Edit{ID: id, At: at, Do: policy.DoAssign, Person: person, Tier: 1, Start: at, End: at.Add(time.Hour)}
}

// BenchmarkEditToEffect is an edit of one clinic among a thousand, until a snapshot that holds it can be asked.
func BenchmarkEditToEffect(b *testing.B) {
	s := fresh(b)
	apply(b, s, bigBook(1000))
	ctx := context.Background()
	book := bookOf(b, s)
	var applied, read, indexed time.Duration
	n := 0
	for b.Loop() {
		start := time.Now()
		n++
		i := n % len(book.Schedules)
		book.Schedules[i] = edited(book.Schedules[i], assign(fmt.Sprintf("e%d", n), "p0001-1", start))
		version, err := s.ApplyBook(ctx, amy, book)
		if err != nil {
			b.Fatal(err)
		}
		t1 := time.Now()
		next, err := s.Book(ctx)
		if err != nil || next.Version != version {
			b.Fatal(err)
		}
		t2 := time.Now()
		policy.Index(next, nil)
		book = *next
		applied, read, indexed = applied+t1.Sub(start), read+t2.Sub(t1), indexed+time.Since(t2)
	}
	each := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 / float64(b.N) }
	b.ReportMetric(each(applied), "apply_ms")
	b.ReportMetric(each(read), "read_ms")
	b.ReportMetric(each(indexed), "index_ms")
}

func edited(s policy.Schedule, e policy.Edit) policy.Schedule {
	s.Edits = append(s.Edits[:len(s.Edits):len(s.Edits)], e)
	return s
}
