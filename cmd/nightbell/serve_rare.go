package main

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"nightbell/audit"
	"nightbell/store"
)

// rare is the way into the audit log of what a peer can make happen a thousand times a second: one row a minute for each
// word, object and source. Who tells it never waits.
type rare struct {
	rows chan audit.Event
	now  func() time.Time

	mu   sync.Mutex
	told map[rarity]time.Time
}

// rarity is what two events must share to be one row.
type rarity struct {
	action         audit.Action
	object, source string
}

const (
	rareEvery = time.Minute
	rareKept  = 4096 // sources that are told apart; of more, none is written until a minute has passed
	rareRoom  = 1024 // rows that wait for the database
)

func newRare(now func() time.Time) *rare {
	return &rare{rows: make(chan audit.Event, rareRoom), now: now, told: map[rarity]time.Time{}}
}

// tell takes an event, unless its like was told within the minute. False: there was no room, and it is forgotten.
func (r *rare) tell(e audit.Event) bool {
	e.Time = r.now().UTC()
	switch r.due(rarity{e.Action, e.Object, e.Actor.IP}, e.Time) {
	case rowWritten:
		return true
	case rowLost:
		return false
	}
	select {
	case r.rows <- e:
		return true
	default:
		return false
	}
}

type rowFate byte

const (
	rowDue rowFate = iota
	rowWritten
	rowLost
)

func (r *rare) due(key rarity, now time.Time) rowFate {
	r.mu.Lock()
	defer r.mu.Unlock()
	if last, ok := r.told[key]; ok && now.Sub(last) < rareEvery && !now.Before(last) {
		return rowWritten
	}
	if len(r.told) >= rareKept {
		for k, at := range r.told {
			if now.Sub(at) >= rareEvery || now.Before(at) {
				delete(r.told, k)
			}
		}
		if len(r.told) >= rareKept {
			return rowLost
		}
	}
	r.told[key] = now
	return rowDue
}

// Run writes until ctx ends, and then what still waits, up to the first that the database does not take.
func (r *rare) Run(ctx context.Context, st *store.Store, log *slog.Logger) {
	for {
		select {
		case e := <-r.rows:
			_ = insist(ctx, st, e, log)
		case <-ctx.Done():
			for len(r.rows) > 0 {
				if insist(ctx, st, <-r.rows, log) != nil {
					return
				}
			}
			return
		}
	}
}

// insist writes an event, and waits for a database that is busy or full until ctx ends.
func insist(ctx context.Context, st *store.Store, e audit.Event, log *slog.Logger) error {
	for {
		err := st.Audit(context.WithoutCancel(ctx), e)
		if err == nil {
			return nil
		}
		log.Error("audit", "event", string(e.Action), "err", err)
		if ctx.Err() != nil || !errors.Is(err, store.ErrBusy) && !errors.Is(err, store.ErrFull) {
			return err
		}
		e.Late = true
		select {
		case <-time.After(rowRetry):
		case <-ctx.Done():
		}
	}
}
