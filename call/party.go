package call

import (
	"errors"
	"time"

	"nightbell/media"
)

// party is one side of the call: its leg, its voice, and what is remembered of both.
type party struct {
	user, person string // empty for the caller
	leg          Leg
	voice        Voice
	local        []byte // our SDP that awaits being sent or answered
	confirmed    bool   // the dialog is up
	ended        bool   // nothing may be sent on the leg any more
	lost         bool   // its connection is gone
	revived      bool   // it was taken up from a process that was killed
	silent       bool   // no media for media's limit
	holding      bool   // the party holds the other
	place        place
	mode, wants  observing // of an observer: how she takes part, and will
	aside        Recording // of a whisper; nil: none
	since        time.Time // in its place
	takenBack    time.Time // when a transfer of hers failed and the caller was hers again; zero: never
	tuned        bool      // its pastime was set
	plays        string    // the prompt it has for a pastime; empty: none
	record       LegRecord
	keys         keypad          // what she typed; see keys.go
	detects      media.Detection // what her sound is searched for
}

func (p *party) take(v Voice, hear func(media.Event)) {
	p.voice = v
	v.Listen(hear)
}

// dismiss ends the leg for cause, whatever its state; the voice stays until the leg reports its end or the call ends.
func (p *party) dismiss(cause Cause, now time.Time) {
	if p.ended || p.leg == nil {
		return
	}
	p.ended = true
	if p.record.Cause == "" {
		p.record.Cause, p.record.Ended = cause, now
	}
	p.leg.End(cause)
}

// gone marks a leg that ended by itself.
func (p *party) gone(e LegEvent, now time.Time) {
	p.ended = true
	if p.record.Cause == "" {
		p.record.Cause, p.record.Code, p.record.Ended = e.Cause, e.Code, now
	}
}

// refusal carries the Warning of RFC 3261 §20.43 where media says why.
func refusal(cause Cause, err error) Refusal {
	var r *media.Refusal
	if errors.As(err, &r) {
		return Refusal{Cause: cause, WarnCode: r.WarnCode, Warning: r.Text}
	}
	return Refusal{Cause: cause}
}

// hear and post make the funcs that bring a party's events into the mailbox.
func (c *Call) hear(p *party) func(media.Event) {
	return func(e media.Event) { c.mail.post(happening{from: p, sound: &e}) }
}

func (c *Call) post(p *party) func(LegEvent) {
	return func(e LegEvent) { c.mail.post(happening{from: p, leg: &e}) }
}

// name is how a party is called in the story.
func (p *party) name() string {
	switch {
	case p.user != "":
		return p.user
	case p.place == placeCaller:
		return "caller"
	case p.person != "":
		return p.person
	}
	return "outside"
}
