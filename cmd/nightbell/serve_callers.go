package main

import (
	"context"
	"sync/atomic"
	"time"

	"nightbell/store"
)

// callerWatch looks whether anybody sees to callers who were not served, and to what they left.
type callerWatch struct {
	office *office
	alarms *alarms
	fault  func(error)

	open, voices atomic.Int64
	oldest       atomic.Int64 // µs; 0: there is none
}

const (
	callersLook = 15 * time.Second
	callersLate = 15 * time.Minute // nobody has seen to a caller for so long
	voicesLate  = 5 * time.Minute  // nor to a message: it is urgent until somebody has heard it
)

// Run looks until ctx ends.
func (w *callerWatch) Run(ctx context.Context) error {
	tick := time.NewTicker(callersLook)
	defer tick.Stop()
	for {
		if err := w.look(ctx, time.Now()); ctx.Err() == nil {
			w.fault(err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (w *callerWatch) look(ctx context.Context, now time.Time) error {
	count, err := w.office.Store.OpenUnserved(ctx)
	if err != nil {
		return err
	}
	oldest, err := w.office.Store.OldestUnserved(ctx)
	if err != nil {
		return err
	}
	open := 0
	for _, n := range count {
		open += n
	}
	w.open.Store(int64(open))
	w.oldest.Store(0)
	if !oldest.IsZero() {
		w.oldest.Store(oldest.UnixMicro())
	}
	if open > 0 && now.Sub(oldest) >= callersLate {
		w.alarms.raise("unserved", counted(open, "caller was", "callers were")+" not served, and nobody has seen to the first for "+now.Sub(oldest).Truncate(time.Minute).String())
	} else {
		w.alarms.clear("unserved")
	}
	return w.lookAtVoices(ctx, now)
}

func (w *callerWatch) lookAtVoices(ctx context.Context, now time.Time) error {
	page, err := w.office.Store.VoiceMessages(ctx, store.VoiceQuery{Open: true, Limit: 1000})
	if err != nil {
		return err
	}
	w.voices.Store(int64(len(page.Rows)))
	if n := len(page.Rows); n > 0 && now.Sub(page.Rows[n-1].Made) >= voicesLate {
		w.alarms.raise("voice_messages", counted(n, "voice message waits", "voice messages wait")+" for somebody to take them on")
		return nil
	}
	w.alarms.clear("voice_messages")
	return nil
}
