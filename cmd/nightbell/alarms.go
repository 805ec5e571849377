package main

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"nightbell/console"
)

// alarms are what stands until it is over; the newest words for each. Who acknowledges one sees to it: it stands all the
// same, and telephones nobody any more.
type alarms struct {
	mu       sync.Mutex
	now      map[string]alarm
	watchers map[chan string]struct{}
	history  alarmHistory
	changed  chan struct{} // capacity 1: the telephone looks; nil: nobody does
}

type alarm struct {
	words     string
	since     time.Time
	raised    time.Time // the last time
	taken     time.Time // acknowledged
	takenBy   string
	telephone string // how far the telephone is
}

func (a *alarms) raise(name, words string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.now == nil {
		a.now = map[string]alarm{}
	}
	at := time.Now()
	one, stood := a.now[name]
	if !stood {
		one = a.history.again(name, at)
		a.history.raised(classOf(name).name, at)
	}
	changed := !stood || one.words != words
	one.words, one.raised = words, at
	a.now[name] = one
	if changed {
		a.tell(name)
	}
}

// settled clears an alarm that was not raised again since all was well.
func (a *alarms) settled(name string, well time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.now[name].raised.Before(well) {
		a.drop(name)
	}
}

func (a *alarms) clear(name string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.drop(name)
}

// clearAll clears every alarm whose name begins so, but for those that stand on.
func (a *alarms) clearAll(prefix string, but ...string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for name := range a.now {
		if strings.HasPrefix(name, prefix) && !slices.Contains(but, name) {
			a.drop(name)
		}
	}
}

func (a *alarms) drop(name string) {
	if _, stood := a.now[name]; !stood {
		return
	}
	delete(a.now, name)
	a.tell(name)
}

// acknowledge says who sees to it. False: it does not stand, or somebody does already.
func (a *alarms) acknowledge(name, by string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	one, stands := a.now[name]
	if !stands || !one.taken.IsZero() {
		return false
	}
	one.taken, one.takenBy = time.Now(), by
	a.now[name] = one
	row := classOf(name)
	a.history.acted(row.name, one.taken)
	if row.once() {
		a.drop(name)
	}
	a.tell(name)
	return true
}

// expire ends alarms of what happened a day ago and did not happen again.
func (a *alarms) expire(now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for name, one := range a.now {
		if classOf(name).once() && now.Sub(one.raised) >= alarmDay {
			a.drop(name)
		}
	}
}

// telephoned says how far the telephone is with an alarm.
func (a *alarms) telephoned(name, word string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	one, stands := a.now[name]
	if !stands || one.telephone == word {
		return
	}
	one.telephone = word
	a.now[name] = one
	a.tell(name)
}

func (a *alarms) list() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := make([]string, 0, len(a.now))
	for name, alarm := range a.now {
		all = append(all, name+": "+alarm.words)
	}
	slices.Sort(all)
	return all
}

// views are those that stand, as people see them.
func (a *alarms) views() []console.Alarm {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := make([]console.Alarm, 0, len(a.now))
	for name, one := range a.now {
		of := classOf(name)
		all = append(all, console.Alarm{Name: name, Of: of.name, Class: of.class, Words: one.words, Action: of.action, Since: one.since.UTC(),
			Raised: one.raised.UTC(), Acknowledged: one.taken.UTC(), AcknowledgedBy: one.takenBy, Telephone: one.telephone})
		if one.taken.IsZero() {
			all[len(all)-1].Acknowledged = time.Time{}
		}
	}
	slices.SortFunc(all, func(a, b console.Alarm) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// stale are those that nobody acted on.
func (a *alarms) stale() []console.StaleAlarm {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.history.stale(time.Now())
}

// watch tells the names of alarms that are raised, acknowledged or over until ctx ends. A slow reader misses some; the
// snapshot has them.
func (a *alarms) watch(ctx context.Context) <-chan string {
	news := make(chan string, 256)
	a.mu.Lock()
	if a.watchers == nil {
		a.watchers = map[chan string]struct{}{}
	}
	a.watchers[news] = struct{}{}
	a.mu.Unlock()
	context.AfterFunc(ctx, func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		delete(a.watchers, news)
		close(news)
	})
	return news
}

func (a *alarms) tell(name string) {
	for news := range a.watchers {
		select {
		case news <- name:
		default:
		}
	}
	select {
	case a.changed <- struct{}{}:
	default:
	}
}
