package main

import (
	"context"
	"time"

	"nightbell/audit"
	"nightbell/console"
	"nightbell/phi"
)

// engine is what an engineer looks at.
type engine struct{ running running }

func (e engine) Trace(_ context.Context, d time.Duration, _ audit.Actor) error {
	return e.running.Trace(d)
}

func (e engine) Traced(_ context.Context, call string) ([]console.TracedMessage, error) {
	return e.running.Traced(call)
}

// Trace is of a server that does not run: there is no signalling.
func (stopped) Trace(time.Duration) error { return console.ErrNotRunning }

// Traced likewise.
func (stopped) Traced(string) ([]console.TracedMessage, error) { return nil, console.ErrNotRunning }

// Trace keeps the redacted signalling of calls that begin within d.
func (s *server) Trace(d time.Duration) error {
	s.sip.Trace(time.Now().Add(d))
	return nil
}

// Traced is what was kept of a call.
func (s *server) Traced(call string) ([]console.TracedMessage, error) {
	kept := s.sip.Traced(call)
	if len(kept) == 0 {
		return nil, console.ErrNotFound
	}
	out := make([]console.TracedMessage, len(kept))
	for i, m := range kept {
		out[i] = console.TracedMessage{At: m.At.UTC(), Sent: m.Sent, Dialog: m.Dialog, Text: m.Text}
	}
	return out, nil
}

// pseudonyms finds callers.
type pseudonyms struct{ *office }

func (p pseudonyms) Resolve(ctx context.Context, name string, clinics []string) (string, phi.Phone, error) {
	alias, err := p.Store.Resolve(ctx, name, clinics)
	return alias.Clinic, alias.Number, known(err)
}
