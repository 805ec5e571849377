package sip

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A trace keeps the signalling of new dialogs for an engineer who looks for a fault: in memory alone, switched on by
// somebody for a limited time, and redacted as it is taken (redact.go), so that no number, name, key or credential is
// ever in it. Bounds: so many dialogs, so many messages each; what is older than traceKept after the end is forgotten.
const (
	traceDialogs  = 256
	traceMessages = 64
	traceKept     = time.Hour
	TraceMax      = time.Hour // of one trace
)

// Traced is one message of a traced dialog, redacted.
type Traced struct {
	At     time.Time
	Sent   bool // by us
	Dialog string
	Text   string
}

// tracing is the trace that runs, or ran last.
type tracing struct {
	on      atomic.Bool // messages have to be looked at; set and cleared under mu
	mu      sync.Mutex
	until   time.Time
	dialogs map[string][]Traced
	order   []string
	calls   map[string][]string // dialogs of a call, as Label said
}

// Trace keeps the redacted signalling of dialogs that begin before until; zero or past: it ends now. What was taken
// stays readable for an hour.
func (s *Server) Trace(until time.Time) {
	t := &s.wire.trace
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	t.forget(now)
	t.until = until
	if latest := now.Add(TraceMax); until.After(latest) {
		t.until = latest
	}
	t.on.Store(until.After(now) || len(t.dialogs) > 0)
}

// Traced gives what was taken of a call's dialogs, in the order it happened.
func (s *Server) Traced(call string) []Traced {
	t := &s.wire.trace
	t.mu.Lock()
	defer t.mu.Unlock()
	t.forget(time.Now())
	var out []Traced
	for _, id := range t.calls[call] {
		out = append(out, t.dialogs[id]...)
	}
	slices.SortStableFunc(out, func(a, b Traced) int { return a.At.Compare(b.At) })
	return out
}

// Label says which call the leg belongs to; without a trace it does nothing.
func (l *Leg) Label(call string) {
	l.mu.Lock()
	flow := l.flow
	l.mu.Unlock()
	if flow == nil || !flow.w.trace.on.Load() {
		return
	}
	t, dialog := &flow.w.trace, l.DialogID()
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, taken := t.dialogs[dialog]; !taken {
		return
	}
	if t.calls == nil {
		t.calls = map[string][]string{}
	}
	if len(t.calls) >= traceDialogs {
		maps.DeleteFunc(t.calls, func(_ string, dialogs []string) bool {
			return !slices.ContainsFunc(dialogs, func(id string) bool { return t.dialogs[id] != nil })
		})
	}
	t.calls[call] = append(t.calls[call], dialog)
}

// DialogID names the leg's dialog in a trace: a digest of its Call-ID, which peers may fill with what they like.
func (l *Leg) DialogID() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return dialogID(l.dlg.callID)
}

func dialogID(callID string) string {
	sum := sha256.Sum256([]byte(callID))
	return hex.EncodeToString(sum[:8])
}

func (t *tracing) forget(now time.Time) {
	if now.Before(t.until.Add(traceKept)) {
		return
	}
	t.dialogs, t.order, t.calls = nil, nil, nil
}

// take keeps a message where a trace runs: a new dialog while it does, the rest of a known one for as long as it is kept.
func (t *tracing) take(m Traced) {
	t.mu.Lock()
	defer t.mu.Unlock()
	known, ok := t.dialogs[m.Dialog]
	if !ok {
		if !m.At.Before(t.until) {
			return
		}
		if len(t.order) == traceDialogs {
			delete(t.dialogs, t.order[0])
			t.order = t.order[1:]
		}
		if t.dialogs == nil {
			t.dialogs = map[string][]Traced{}
		}
		t.order = append(t.order, m.Dialog)
	}
	if len(known) < traceMessages {
		t.dialogs[m.Dialog] = append(known, m)
	}
}

// wants reports whether a message of the dialog would be taken: a new one while the trace runs, a known one for as long as
// it is kept. When there is nothing left to take or to keep, no message is looked at any more.
func (t *tracing) wants(dialog string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.forget(now)
	_, known := t.dialogs[dialog]
	runs := now.Before(t.until)
	t.on.Store(runs || len(t.dialogs) > 0)
	return known || runs
}

// traceIn and traceOut cost one atomic read while nobody traces, and redact nothing that is not taken.
func (w *Wire) traceIn(d *draft) {
	if w.trace.on.Load() {
		w.traceMessage(d, false)
	}
}

func (w *Wire) traceOut(b []byte) {
	if w.trace.on.Load() {
		w.traceMessage(splitDraft(b), true)
	}
}

func (w *Wire) traceMessage(d *draft, sent bool) {
	callID, _ := d.first("Call-ID")
	m := Traced{At: time.Now(), Sent: sent, Dialog: dialogID(callID)}
	if w.trace.wants(m.Dialog, m.At) {
		m.Text = redacted(d)
		w.trace.take(m)
	}
}

// splitDraft takes a message of ours apart again: one field a line, by construction.
func splitDraft(b []byte) *draft {
	head, body, _ := bytes.Cut(b, []byte("\r\n\r\n"))
	lines := strings.Split(string(head), "\r\n")
	d := &draft{start: lines[0], body: body}
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ":")
		d.fields = append(d.fields, field{strings.TrimSpace(name), strings.TrimSpace(value)})
	}
	return d
}
