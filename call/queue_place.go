package call

import (
	"slices"
	"time"
)

// position is a caller's place among those who wait in her queue, from 1; zero: she waits no more.
func (h *hall) position(t *ticket) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Index(t.row.waiting, t) + 1
}

// estimate is how long she will wait, in whole minutes: those before her and she herself, each as long as callers of this
// queue took lately, shared among the agents who are there. False: nothing is known yet.
func (h *hall) estimate(t *ticket) (minutes int, known bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := t.row
	at := slices.Index(r.waiting, t) + 1
	if r.handling == 0 || at == 0 {
		return 0, false
	}
	s := &settling{hall: h, now: h.now(), present: map[presence]bool{}, teams: map[string]*crew{}}
	c, there := s.crewOf(t), 0
	for i := range c.members {
		if s.there(t, &c.members[i]) {
			there++
		}
	}
	if there == 0 {
		return 0, false
	}
	wait := time.Duration(at) * r.handling / time.Duration(there)
	return int((wait + time.Minute - 1) / time.Minute), true
}

// QueueView is a queue as the console shows it. No PHI.
type QueueView struct {
	ID      string    `json:"id"`
	Name    string    `json:"name,omitempty"`
	Waiting int       `json:"waiting"`
	Oldest  time.Time `json:"oldest,omitzero"` // since when the one who has waited longest does
	RowCounts
}

// Queues lists the queues that somebody has waited in since the start, by id.
func (b *Switchboard) Queues() []QueueView {
	h := b.hall
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []QueueView
	for _, r := range h.rows {
		v := QueueView{ID: r.id, Name: r.name, Waiting: len(r.waiting), RowCounts: r.RowCounts}
		for _, t := range r.waiting {
			if v.Oldest.IsZero() || t.arrived.Before(v.Oldest) {
				v.Oldest = t.arrived
			}
		}
		all = append(all, v)
	}
	slices.SortFunc(all, func(a, b QueueView) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	return all
}
