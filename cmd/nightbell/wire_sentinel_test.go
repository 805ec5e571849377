package main

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"nightbell/audit"
	"nightbell/call"
	"nightbell/console"
	"nightbell/phi"
	"nightbell/policy"
)

// lineStage is a carrier that does with the sentinel's call whatever the story says.
type lineStage struct {
	*sentinel
	mu     sync.Mutex
	does   func(p call.Placing, q policy.Inquiry)
	placed []string
	taken  []string
	facts  []string
}

// closingBook is a clinic that is open from eight to five, and its public number.
func closingBook() *policy.Book {
	return &policy.Book{
		Clinics: []policy.Clinic{{ID: "harbor", Name: "Harbor", Zone: "UTC", Hours: []policy.Hours{{Days: []int{1, 2, 3, 4, 5, 6, 7}, Start: 8 * 60, End: 17 * 60}},
			Features: policy.Features{Closing: "+12125550190"}}, {ID: "bay", Name: "Bay", Zone: "UTC"}},
		Numbers: []policy.Number{{Number: "+12125550114", Clinic: "harbor"}, {Number: "+12125550115", Clinic: "bay"}},
		Trunks:  []policy.Trunk{{ID: "carrier", Country: "US", Carrier: &policy.Carrier{Host: "carrier.example"}}},
	}
}

// sent are the numbers that were dialled so far.
func (st *lineStage) sent() []string {
	st.mu.Lock()
	defer st.mu.Unlock()
	return slices.Clone(st.placed)
}

func linesOnStage(t *testing.T) (*lineStage, *alarms) {
	t.Helper()
	snapshot := policy.Index(closingBook(), policy.EmbeddedZones())
	var a alarms
	st := &lineStage{}
	st.sentinel = &sentinel{
		rules: func() *policy.Snapshot { return snapshot }, now: time.Now, alarms: &a, log: slog.New(slog.DiscardHandler),
		place: func(p call.Placing) error {
			st.mu.Lock()
			defer st.mu.Unlock()
			st.placed = append(st.placed, p.NearDial.To.Reveal()+" as "+p.NearDial.Route.Shown)
			q := policy.Inquiry{Trunk: "carrier", Number: "+12125550114", From: phi.NewPhone(p.NearDial.Route.Shown), At: time.Now()}
			time.AfterFunc(3*time.Second, func() { st.does(p, q) })
			return nil
		},
		hangUp: func(id string) {
			st.mu.Lock()
			defer st.mu.Unlock()
			st.taken = append(st.taken, id)
		},
		remember: func(_ context.Context, clinic string, v console.Forwarding, by audit.Actor) error {
			st.mu.Lock()
			defer st.mu.Unlock()
			st.facts = append(st.facts, clinic+" "+v.Result+" "+by.Type)
			return nil
		},
	}
	return st, &a
}

func TestTheSentinelKnowsWhetherTheLinesComeToUs(t *testing.T) {
	ends := func(c call.Cause) func(call.Placing, policy.Inquiry) {
		return func(p call.Placing, _ policy.Inquiry) { p.Ended(call.Record{Outcome: c}) }
	}
	for want, does := range map[string]func(*lineStage) func(call.Placing, policy.Inquiry){
		lineForwarded: func(st *lineStage) func(call.Placing, policy.Inquiry) {
			return func(_ call.Placing, q policy.Inquiry) {
				for _, other := range []policy.Inquiry{
					{Trunk: "carrier", Number: q.Number, From: phi.NewPhone("+12125550199"), At: q.At}, // a patient
					{Trunk: "carrier", Number: "+12125550115", From: q.From, At: q.At},                 // another clinic
					{Trunk: "carrier", Number: q.Number, At: q.At},                                     // withheld
				} {
					if st.met(other) {
						t.Error("a caller was taken for the sentinel's own call")
					}
				}
				if !st.met(q) {
					t.Error("its own call was not recognised")
				}
			}
		},
		lineElsewhere: func(*lineStage) func(call.Placing, policy.Inquiry) { return ends(call.NoAnswer) },
		lineAnswered:  func(*lineStage) func(call.Placing, policy.Inquiry) { return ends(call.Completed) },
		lineBusy:      func(*lineStage) func(call.Placing, policy.Inquiry) { return ends(call.Busy) },
		lineUnchecked: func(*lineStage) func(call.Placing, policy.Inquiry) { return ends(call.Unreachable) },
	} {
		synctest.Test(t, func(t *testing.T) {
			st, a := linesOnStage(t)
			st.does = does(st)
			v, err := st.Check(t.Context(), "harbor", audit.Actor{Type: "person", ID: "sue"})
			if err != nil || v.Result != want || !slices.Equal(st.placed, []string{"+12125550190 as +12125550114"}) || !slices.Equal(st.facts, []string{"harbor " + want + " person"}) {
				t.Errorf("%s: %+v %v, placed %v, remembered %v", want, v, err, st.placed, st.facts)
			}
			stands := strings.Join(a.list(), " ")
			switch want {
			case lineForwarded:
				if stands != "" || len(st.taken) != 1 {
					t.Errorf("%s: alarms %q, taken back %v", want, stands, st.taken)
				}
			case lineUnchecked:
				if !strings.HasPrefix(stands, "lines_unchecked: harbor") {
					t.Errorf("%s: alarms %q", want, stands)
				}
			default:
				if !strings.HasPrefix(stands, "lines_not_forwarded: harbor") || a.views()[0].Class != patient {
					t.Errorf("%s: alarms %q", want, stands)
				}
			}
			if st.met(policy.Inquiry{Trunk: "carrier", Number: "+12125550114", From: phi.NewPhone("+12125550114")}) {
				t.Error("it waits after the check")
			}
		})
	}
}

// Once an evening, some minutes after closing, by itself; a clinic without a number is left alone.
func TestTheSentinelGoesOutOnceAnEvening(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st, a := linesOnStage(t)
		st.does = func(_ call.Placing, q policy.Inquiry) { st.met(q) }
		a.raise(notForwarded+"harbor", "yesterday")
		ctx, cancel := context.WithCancel(t.Context())
		over := make(chan error)
		time.Sleep(time.Until(time.Date(2000, 1, 3, 12, 0, 0, 0, time.UTC)))
		go func() { over <- st.Run(ctx) }()
		time.Sleep(5 * time.Hour)
		if len(st.sent()) != 0 {
			t.Errorf("before closing: %v", st.sent())
		}
		time.Sleep(10 * time.Minute)
		if len(st.sent()) != 1 || len(a.list()) != 0 {
			t.Errorf("after closing: %v, %v", st.sent(), a.list())
		}
		time.Sleep(48 * time.Hour)
		if len(st.sent()) != 3 {
			t.Errorf("after two more evenings: %v", st.sent())
		}
		cancel()
		<-over
	})
}

func TestTheSentinelRefusesWhatItCannotCheck(t *testing.T) {
	st, _ := linesOnStage(t)
	for _, clinic := range []string{"bay", "nowhere"} {
		if _, err := st.Check(t.Context(), clinic, audit.Actor{}); err == nil {
			t.Errorf("%s was checked", clinic)
		}
	}
	if _, ok := st.expect("harbor", "+12125550114"); !ok {
		t.Fatal("nothing runs")
	}
	if _, err := st.Check(t.Context(), "harbor", audit.Actor{}); err != console.ErrConflict {
		t.Errorf("two at once: %v", err)
	}
}
