package call

import (
	"errors"

	"nightbell/media"
)

// reel is the conversation's recording: one for the caller's leg, across hold, transfer, re-queue and three-way.
type reel struct {
	rec      Recording // nil: none
	asked    bool      // the recorder was asked: once a call, whatever it said
	aside    Recording // of a consult or a whisper; nil: none
	recorded RecordingView
}

// Discarder is a Recording that can be destroyed while it runs: its key is shredded, unless the law holds it.
type Discarder interface {
	Discard(actor, reason string)
}

// startRecording begins to record, or says that the call is unrecorded; it never stops the call.
func (c *Call) startRecording(consent string) {
	c.asked = true
	spec := RecordingSpec{Call: c.arrival.ID, Clinic: c.plan.Clinic, Consent: consent, Part: 1, Sides: [2]string{"caller", "agent"}}
	rec, err := c.board.ports.Recorder.Start(spec, c.caller.voice, c.unrecorded)
	if err != nil {
		why := Unwilling("recorder")
		_ = errors.As(err, &why)
		c.note(Unrecorded, "", with("reason", string(why)))
		c.recorded = RecordingView{State: "none", Why: string(why)}
		return
	}
	c.rec = rec
	c.record.Recording = rec.ID()
	c.recorded = RecordingView{State: "running"}
	c.note(RecordingOn, "", with("recording", rec.ID(), "consent", consent))
}

// recordAside records a voice that the caller's file never holds: a consult, a whisper, a message. Nil: unrecorded.
func (c *Call) recordAside(kind RecordingKind, v Voice, sides [2]string) Recording {
	spec := RecordingSpec{Call: c.arrival.ID, Clinic: c.plan.Clinic, Consent: "not_due", Part: 1, Sides: sides, Kind: kind}
	rec, err := c.board.ports.Recorder.Start(spec, v, c.unrecorded)
	if err != nil {
		why := Unwilling("recorder")
		_ = errors.As(err, &why)
		c.note(Unrecorded, "", with("reason", string(why), "kind", string(kind)))
		return nil
	}
	c.note(RecordingOn, "", with("recording", rec.ID(), "kind", string(kind)))
	return rec
}

// recordConsult keeps what agent and third speak apart, where the clinic's patch rule wants it.
func (c *Call) recordConsult() {
	if c.plan.Patch == nil || !c.plan.Patch.Record || c.aside != nil {
		return
	}
	c.aside = c.recordAside(Consulting, c.third.voice, [2]string{c.third.name(), c.agent.name()})
}

func (c *Call) stopAside() {
	if c.aside != nil {
		c.aside.Stop(media.Complete)
		c.aside = nil
	}
}

// unrecorded is called by the recorder, from anywhere, when a recording broke.
func (c *Call) unrecorded(reason string) {
	c.mail.post(happening{do: func(c *Call) { c.note(Unrecorded, "", with("reason", reason)) }})
}

func (c *Call) mark(kind, actor string) {
	if c.rec != nil {
		c.rec.Mark(kind, actor, "")
	}
}

func (c *Call) endRecording() {
	c.stopAside()
	if c.rec != nil {
		c.rec.Stop(media.Complete)
	}
}
