package main

import (
	"context"
	"time"

	"nightbell/audit"
	"nightbell/media"
)

// discard is why a recording is destroyed as soon as its file is closed: the caller declined it, or said her message again.
type discard struct{ actor, reason string }

// Discard is call.Discarder. It returns at once; what the law holds is kept.
func (rec *recording) Discard(actor, reason string) {
	rec.mu.Lock()
	rec.unwanted = &discard{actor, reason}
	rec.ceased = reason
	rec.mu.Unlock()
	rec.now().Stop(media.Aborted)
}

// destroy shreds the parts of a recording that nobody wants. What cannot be destroyed now is said loudly: a person has to.
func (rec *recording) destroy(parts []string) {
	rec.mu.Lock()
	unwanted := rec.unwanted
	rec.mu.Unlock()
	if unwanted == nil {
		return
	}
	by := audit.Actor{Type: "system", ID: "recorder"}
	for _, id := range parts {
		if err := rec.shred(by, id, unwanted.reason); err != nil {
			rec.of.log.Error("recording is not destroyed", "recording", id, "reason", unwanted.reason, "err", err)
			rec.trouble("kept")
		}
	}
}

func (rec *recording) shred(by audit.Actor, id, reason string) error {
	ctx, stop := context.WithTimeout(context.WithoutCancel(rec.of.ctx), shredTime)
	defer stop()
	row, err := rec.of.office.Store.Recording(ctx, id)
	if err != nil {
		return err
	}
	return destruction{rec.of.office}.shred(ctx, by, row, reason)
}

const shredTime = 30 * time.Second
