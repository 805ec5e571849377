package call

import (
	"cmp"
	"errors"
	"time"

	"nightbell/media"
)

const (
	pauseTime  = 5 * time.Minute // then a paused recording goes on by itself
	pauseMost  = 30 * time.Minute
	secretTime = 2 * time.Minute // then what the caller types is heard again
)

// capture is the conversation's recording: one for the caller's leg, across hold, transfer, re-queue and three-way.
type capture struct {
	rec        Recording // nil: none
	asked      bool      // the recorder was asked, or may not be any more: once a call, whatever it said
	aside      Recording // of a consult; nil: none
	recorded   RecordingView
	stopPause  func() // of the clock that ends a pause; nil: none runs
	stopSecret func() // of the one that ends a secret; nil: there is none
	stopBeep   func() // of the one that tells of the recording; nil: none runs
}

// Discarder is a Recording that can be destroyed while it runs: its key is shredded, unless the law holds it.
type Discarder interface {
	Discard(actor, reason string)
}

// startRecording begins to record, or says that the call is unrecorded; it never stops the call.
func (c *Call) startRecording(consent string) {
	c.asked = true
	spec := RecordingSpec{Call: c.arrival.ID, Clinic: c.plan.Clinic, Direction: c.record.Direction, Consent: consent, Part: c.part + 1, Sides: [2]string{"caller", "agent"}}
	rec, err := c.board.ports.Recorder.Start(spec, c.caller.voice, c.broke)
	if err != nil {
		c.recorded = RecordingView{State: "none", Why: c.unwilling(err, Conversation)}
		return
	}
	c.rec, c.consentWord = rec, consent
	c.part++
	c.record.Recording = cmp.Or(c.record.Recording, rec.ID()) // the first part's
	c.recorded = RecordingView{State: "running"}
	c.note(RecordingOn, "", with("recording", rec.ID(), "consent", consent))
}

// unwilling tells the story that nothing is recorded, and why.
func (c *Call) unwilling(err error, kind RecordingKind) string {
	why := Unwilling("recorder")
	_ = errors.As(err, &why)
	c.note(Unrecorded, "", with("reason", string(why), "kind", string(kind)))
	return string(why)
}

// recordAside records a voice that the caller's file never holds: a consult, a whisper, a message. Nil: unrecorded.
func (c *Call) recordAside(kind RecordingKind, v Voice, sides [2]string) Recording {
	spec := RecordingSpec{Call: c.arrival.ID, Clinic: c.plan.Clinic, Direction: c.record.Direction, Consent: "not_due", Part: 1, Sides: sides, Kind: kind}
	rec, err := c.board.ports.Recorder.Start(spec, v, c.unrecorded)
	if err != nil {
		c.unwilling(err, kind)
		return nil
	}
	c.note(RecordingOn, "", with("recording", rec.ID(), "kind", string(kind)))
	return rec
}

// recordConsult keeps what agent and third speak apart, where the clinic's patch rule wants it.
func (c *Call) recordConsult() {
	if c.plan.Patch != nil && c.plan.Patch.Record && c.aside == nil {
		c.aside = c.recordAside(Consulting, c.third.voice, [2]string{c.third.name(), c.agentName()})
	}
}

func (c *Call) stopAside() {
	if c.aside != nil {
		c.aside.Stop(media.Complete)
		c.aside = nil
	}
}

// broke and unrecorded are called by the recorder, from anywhere, when a recording broke.
func (c *Call) broke(reason string) {
	c.mail.post(happening{do: func(c *Call) {
		c.note(Unrecorded, "", with("reason", reason))
		if c.rec != nil {
			c.recorded = RecordingView{State: "none", Why: reason}
		}
	}})
}

func (c *Call) unrecorded(reason string) {
	c.mail.post(happening{do: func(c *Call) { c.note(Unrecorded, "", with("reason", reason)) }})
}

func (c *Call) mark(kind, actor string) {
	if c.rec != nil {
		c.rec.Mark(kind, actor, "")
	}
}

// pauseRecording keeps what is said out of the recording for a while; it goes on by itself.
func (c *Call) pauseRecording(cmd Command) error {
	switch {
	case c.rec == nil || c.recorded.State == "none" || c.recorded.State == "declined":
		return unfit(NoRecording)
	case !word(cmd.Reason):
		return unfit(BadWord)
	case c.recorded.State == "paused":
		return unfit(Already)
	}
	d := cmd.For
	if d <= 0 || d > pauseMost {
		d = pauseTime
	}
	c.rec.Pause(who(cmd), cmd.Reason)
	c.recorded = RecordingView{State: "paused", Why: cmd.Reason}
	c.note(RecPaused, "", with("by", who(cmd), "reason", cmd.Reason))
	c.stopPause = c.after(d, func(c *Call) { c.goOnRecording("system", "time") })
	return nil
}

func (c *Call) resumeRecording(cmd Command) error {
	switch c.recorded.State {
	case "declined":
		return unfit(NotAllowed)
	case "paused":
		c.goOnRecording(who(cmd), cmd.Reason)
		return nil
	case "running":
		return unfit(Already)
	}
	return unfit(NoRecording)
}

func (c *Call) goOnRecording(by, reason string) {
	if c.rec == nil || c.recorded.State != "paused" {
		return
	}
	c.stopPause()
	c.rec.Resume(by, reason)
	c.recorded = RecordingView{State: "running"}
	c.note(RecResumed, "", with("by", by, "reason", reason))
}

// decline is the caller's no: what was recorded of her is destroyed unless the law holds it, nothing more is recorded, and
// the call goes on.
func (c *Call) decline() { c.declineBy("caller") }

func (c *Call) declineBy(actor string) {
	if c.recorded.State == "declined" {
		return
	}
	c.asked = true
	c.stopAside()
	if c.rec != nil {
		if d, can := c.rec.(Discarder); can {
			d.Discard(actor, "declined")
		} else {
			c.rec.Stop(media.Complete)
		}
		c.rec = nil
	}
	c.recorded = RecordingView{State: "declined"}
	c.note(RecDeclined, "", with("by", actor))
}

// beginSecret lets what the caller says or types be heard and kept by nobody, for a while.
func (c *Call) beginSecret(cmd Command) error {
	ear, can := c.caller.voice.(Ear)
	switch {
	case !can:
		return unfit(NotAllowed)
	case c.stopSecret != nil:
		return unfit(Already)
	}
	d := cmd.For
	if d <= 0 || d > pauseMost {
		d = secretTime
	}
	ear.Conceal(media.Concealed)
	c.note(SecretOn, "", with("by", who(cmd)))
	c.stopSecret = c.after(d, func(c *Call) { _ = c.endSecret() })
	return nil
}

func (c *Call) endSecret() error {
	if c.stopSecret == nil {
		return unfit(Already)
	}
	c.stopSecret()
	c.stopSecret = nil
	if ear, can := c.caller.voice.(Ear); can {
		ear.Conceal(media.Audible)
	}
	c.note(SecretOff, "", nil)
	return nil
}

func (c *Call) endRecording() {
	c.stopAside()
	for _, o := range c.observers {
		if o.aside != nil {
			o.aside.Stop(media.Complete)
		}
	}
	if c.rec != nil {
		c.rec.Stop(media.Complete)
	}
}

// who is who ordered it, for the story.
func who(cmd Command) string {
	if cmd.By == "" {
		return "operator"
	}
	return cmd.By
}

// word reports whether it is a closed word: nothing else of a person's typing gets into the story.
func word(s string) bool {
	if s == "" || len(s) > 40 {
		return false
	}
	for _, r := range s {
		if (r < 'a' || r > 'z') && r != '_' {
			return false
		}
	}
	return true
}
