package call

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// shelf is a Keeper in memory, and the Revival of what it holds: legs and voices of the stage are found again by name.
type shelf struct {
	mu     sync.Mutex
	calls  map[string][]byte
	things map[string]any
	broken string // what cannot be brought back
}

func newShelf() *shelf { return &shelf{calls: map[string][]byte{}, things: map[string]any{}} }

func (s *shelf) Keep(id string, state []byte) { s.mu.Lock(); s.calls[id] = state; s.mu.Unlock() }
func (s *shelf) Drop(id string)               { s.mu.Lock(); delete(s.calls, id); s.mu.Unlock() }

func (s *shelf) state(t *testing.T, id string) []byte {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calls[id] == nil {
		t.Fatal("the call was not written down")
	}
	return s.calls[id]
}

func (s *shelf) holds(id string) bool { s.mu.Lock(); defer s.mu.Unlock(); return s.calls[id] != nil }

// names of legs and voices are their addresses.
var shelved sync.Map

func (l *leg) Keep() ([]byte, error)   { return shelve(l) }
func (v *voice) Keep() ([]byte, error) { return shelve(v) }

func shelve(x any) ([]byte, error) {
	name := fmt.Sprintf("%T %p", x, x)
	shelved.Store(name, x)
	return []byte(name), nil
}

var errShelf = errors.New("cannot be brought back")

func (s *shelf) Leg(kept []byte) (Leg, func(func(LegEvent)), error) {
	x, _ := shelved.Load(string(kept))
	l, ok := x.(*leg)
	if !ok || s.broken == "leg" {
		return nil, nil, errShelf
	}
	return l, l.listen, nil
}

func (s *shelf) Voice(_ Sound, kept []byte) (Voice, error) {
	x, _ := shelved.Load(string(kept))
	v, ok := x.(*voice)
	if !ok || s.broken == "voice" {
		return nil, errShelf
	}
	return v, nil
}

// killed is a stage whose process is killed while a caller talks with amy, or waits for her.
func killed(t *testing.T, amy func(*leg)) (s *stage, kept *shelf, caller *leg) {
	s, kept = newStage(t), newShelf()
	s.board.ports.Keeper = kept
	s.step("", time.Hour, "amy")
	s.phone("amy", amy)
	caller = s.ring()
	time.Sleep(time.Minute)
	synctest.Wait()
	return s, kept, caller
}

// after is the stage of the next process.
func (s *stage) after(t *testing.T) *stage {
	next := newStage(t)
	next.plan, next.phones = s.plan, s.phones
	return next
}

func TestConversationIsTakenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, kept, caller := killed(t, answers(time.Second))
		next := s.after(t)
		next.board.ports.Keeper = kept
		if !next.board.TakeUp("c1", kept.state(t, "c1"), kept) {
			t.Fatal("not taken up")
		}
		synctest.Wait()
		if v := next.board.Live(); len(v) != 1 || v[0].State != Talking || v[0].Agent != "amy" {
			t.Fatalf("%+v", v)
		}
		if n := len(next.recs); n != 1 || next.recs[0].spec.Part != 2 {
			t.Errorf("%d recordings", n)
		}
		if !next.board.talking("amy") {
			t.Error("amy is offered another caller")
		}
		caller.says(LegEvent{Kind: FlowLost}) // as a dialog says that was taken up
		time.Sleep(10 * time.Minute)          // she is heard all the time: nobody hangs up
		caller.says(LegEvent{Kind: FlowBack})
		s.phones["amy"].now().says(LegEvent{Kind: Ended, Cause: Completed})
		r := <-next.done
		if r.Outcome != Completed || !r.Served || !next.happened(Revived) || r.Recording == "" {
			t.Errorf("%+v", r)
		}
		if !slices.Contains(caller.story(), "end completed") {
			t.Errorf("caller: %v", caller.story())
		}
		if kept.holds("c1") {
			t.Error("it is still written down")
		}
	})
}

func TestWhoWaitedIsTakenUpAndHearsAWord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, kept, _ := killed(t, ringsForEver)
		next := s.after(t)
		s.phone("amy", answers(time.Second))
		if !next.board.TakeUp("c1", kept.state(t, "c1"), kept) {
			t.Fatal("not taken up")
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if v := next.board.Live(); len(v) != 1 || v[0].State != Talking {
			t.Fatalf("%+v", v)
		}
		kinds := next.kinds()
		for _, k := range []EventKind{Revived, Apologised, Rang, Bridged} {
			if !slices.Contains(kinds, k) {
				t.Errorf("no %s in %v", k, kinds)
			}
		}
		if slices.Contains(kinds, Greeted) || slices.Contains(kinds, Announced) {
			t.Errorf("she was greeted again: %v", kinds)
		}
	})
}

func TestWhatCannotBeTakenUpIsLetGo(t *testing.T) {
	for _, broken := range []string{"leg", "voice"} {
		synctest.Test(t, func(t *testing.T) {
			s, kept, caller := killed(t, answers(time.Second))
			kept.broken = broken
			next := s.after(t)
			if next.board.TakeUp("c1", kept.state(t, "c1"), kept) || next.board.Running() != 0 {
				t.Fatal("taken up without its caller")
			}
			caller.says(LegEvent{Kind: FlowBack})
			synctest.Wait()
			if broken == "voice" && !slices.Contains(caller.story(), "end cut_off") {
				t.Errorf("a caller who comes back is not told BYE: %v", caller.story())
			}
			for _, bad := range []string{"", "null", "{}", "[", `{"parties":[{}]}`} {
				if next.board.TakeUp("c2", []byte(bad), kept) {
					t.Errorf("%q was taken up", bad)
				}
			}
		})
	}
}
