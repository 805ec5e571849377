package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"nightbell/console"
)

// alarmHistory is what outlives a restart: who acknowledged what stands, and how often each alarm was raised and acted on. No
// alarm's words are in it.
type alarmHistory struct {
	Stood map[string]stoodAlarm `json:"stood"`          // at the last look
	Days  map[string]alarmDays  `json:"days,omitempty"` // by row of the table

	opened time.Time
	dirty  bool
}

// stoodAlarm is one that stood when the program last looked.
type stoodAlarm struct {
	Since   time.Time `json:"since"`
	Taken   time.Time `json:"taken,omitzero"`
	TakenBy string    `json:"taken_by,omitempty"`
}

// alarmDays are the days on which an alarm was raised.
type alarmDays struct {
	Raised map[string]int `json:"raised"`
	Acted  time.Time      `json:"acted,omitzero"`
}

const (
	alarmGrace = 10 * time.Minute    // what is raised so soon after a start is what stood before it
	alarmStale = 30 * 24 * time.Hour // so long without anybody who acts
)

// again is the beginning of an alarm: of one that stood before a restart, its old one.
func (h *alarmHistory) again(name string, at time.Time) alarm {
	if s, stood := h.Stood[name]; stood && at.Sub(h.opened) < alarmGrace {
		return alarm{since: s.Since, taken: s.Taken, takenBy: s.TakenBy}
	}
	return alarm{since: at}
}

func (h *alarmHistory) of(row string) alarmDays {
	if h.Days == nil {
		h.Days = map[string]alarmDays{}
	}
	d := h.Days[row]
	if d.Raised == nil {
		d.Raised = map[string]int{}
	}
	return d
}

func (h *alarmHistory) raised(row string, at time.Time) {
	d := h.of(row)
	d.Raised[at.UTC().Format(time.DateOnly)]++
	for day := range d.Raised {
		if t, err := time.Parse(time.DateOnly, day); err != nil || at.Sub(t) > 2*alarmStale {
			delete(d.Raised, day)
		}
	}
	h.Days[row], h.dirty = d, true
}

func (h *alarmHistory) acted(row string, at time.Time) {
	d := h.of(row)
	d.Acted = at.UTC()
	h.Days[row], h.dirty = d, true
}

// stale are rows that were raised for 30 days and on which nobody has acted for as long.
func (h *alarmHistory) stale(now time.Time) []console.StaleAlarm {
	var all []console.StaleAlarm
	for _, row := range alarmTable {
		d := h.Days[row.name]
		s := console.StaleAlarm{Name: row.name, Class: row.class}
		for day, n := range d.Raised {
			t, _ := time.Parse(time.DateOnly, day)
			if s.Since.IsZero() || t.Before(s.Since) {
				s.Since = t
			}
			if now.Sub(t) <= alarmStale {
				s.Raised += n
			}
		}
		if s.Raised > 0 && now.Sub(s.Since) >= alarmStale && now.Sub(d.Acted) >= alarmStale {
			all = append(all, s)
		}
	}
	return all
}

// early reports whether what stood before the start may still be raised again.
func (a *alarms) early(now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return now.Sub(a.history.opened) < alarmGrace
}

// open reads what an earlier run kept. A file that cannot be read is no reason not to begin.
func (a *alarms) open(path string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.history.opened = time.Now()
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = json.Unmarshal(b, &a.history)
	}
	if err != nil {
		return fmt.Errorf("alarms: %w", err)
	}
	for name, s := range a.history.Stood { // raised again before this was read
		if one, stands := a.now[name]; stands {
			one.since, one.taken, one.takenBy = s.Since, s.Taken, s.TakenBy
			a.now[name] = one
		}
	}
	return nil
}

// keep writes down what stands, where that has changed.
func (a *alarms) keep(path string) error {
	a.mu.Lock()
	stood := map[string]stoodAlarm{}
	for name, one := range a.now {
		stood[name] = stoodAlarm{one.since.UTC(), one.taken.UTC(), one.takenBy}
	}
	if early := time.Since(a.history.opened) < alarmGrace; early { // what is not raised again yet may be
		for name, s := range a.history.Stood {
			if _, stands := stood[name]; !stands {
				stood[name] = s
			}
		}
	}
	a.history.Stood = stood
	b, err := json.Marshal(a.history)
	a.mu.Unlock()
	if err != nil {
		return fmt.Errorf("alarms: %w", err)
	}
	if err := os.WriteFile(path+".new", b, 0o600); err != nil {
		return fmt.Errorf("alarms: %w", err)
	}
	return os.Rename(path+".new", path)
}
