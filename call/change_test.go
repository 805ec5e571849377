package call

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"nightbell/policy"
)

func TestWatchTellsTheLatestAndNeverWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.plan.Greeting, s.plan.Announce = "", ""
		s.step(policy.Together, time.Minute, "amy")
		s.phone("amy", answers(time.Second))
		ctx, cancel := context.WithCancel(context.Background())
		news := s.board.Watch(ctx)
		caller := s.ring()
		time.Sleep(5 * time.Second) // nobody reads meanwhile
		first, latest := <-news, Change{}
		synctest.Wait()
		for len(pending(s)) > 0 {
			latest = <-news
		}
		if first.Kind == "" {
			t.Error("nothing was told")
		}
		if latest.Kind == CallChanged && latest.Call.State != Talking {
			t.Errorf("the latest is %s", latest.Call.State)
		}
		bye(caller)
		<-s.done
		for {
			ch := <-news
			if ch.Kind == CallChanged && ch.Call.State == Over {
				break
			}
		}
		cancel()
		for range news {
		}
		time.Sleep(time.Minute)
	})
}

func TestTooMuchNewsIsSaidInOneWord(t *testing.T) {
	w := &watcher{news: map[string]Change{}, bell: make(chan struct{}, 1)}
	for i := range mostNews + 10 {
		w.post(Change{Kind: CallChanged, ID: fmt.Sprint(i)})
	}
	if ch, ok := w.take(); !ok || ch.Kind != AllChanged {
		t.Errorf("first comes %+v", ch)
	}
	for range 9 {
		if ch, ok := w.take(); !ok || ch.Kind != CallChanged {
			t.Errorf("then %+v", ch)
		}
	}
	if _, ok := w.take(); ok {
		t.Error("more than was kept")
	}
}

// pending is what the only watcher has not seen.
func pending(s *stage) []string {
	s.board.watching.Lock()
	defer s.board.watching.Unlock()
	for w := range s.board.watchers {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.order
	}
	return nil
}
