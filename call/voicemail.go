package call

import (
	"cmp"
	"context"
	"errors"
	"time"

	"nightbell/media"
	"nightbell/policy"
)

// Meter is a Recording that knows how much was said into it.
type Meter interface {
	// Spoken is how long the recorded party has spoken so far, and for how long she has been quiet by now.
	Spoken() (said, quiet time.Duration)
	// Settled closes when the recording has ended and everything is counted.
	Settled() <-chan struct{}
}

// voicebox is the taking of a voice message.
type voicebox struct {
	capture Recording // runs, or waits for the key that keeps it; nil: none
	tried   bool      // a caller who said nothing is not asked twice
	since   time.Time
	kept    bool
}

// errLeft ends a call whose caller has left a message.
var errLeft = errors.New("a message was left")

const (
	leastSpoken  = 2 * time.Second // less is no message: somebody breathed, and hung up
	mostSpoken   = 3 * time.Minute
	mostQuiet    = 8 * time.Second
	keepWait     = 5 * time.Second
	mostTakes    = 3
	meterSettles = 2 * time.Second
)

// voicemail takes a message: sealed from the first word on, in a recording of its own, kept when the caller hangs up in the
// middle of it. errLeft: there is one. Nil: nothing was said and she is still there.
func (c *Call) voicemail(ctx context.Context) error {
	if c.box.tried {
		return nil
	}
	c.box.tried = true
	c.show(TakingMessage)
	if err := c.answerCaller(ctx); err != nil {
		return err
	}
	rule := cmpRule(c.plan.Voicemail)
	defer c.endCapture(rule)
	_, greeting := c.prompt(rule.Greeting, "voicemail")
	if _, err := c.askKey(ctx, c.caller, time.Millisecond, greeting); err != nil {
		return err
	}
	for range mostTakes {
		key, err := c.takeMessage(ctx, rule)
		if err != nil {
			return err
		}
		if key != '2' {
			break
		}
	}
	return c.thank(ctx, rule)
}

func cmpRule(r *policy.VoicemailRule) policy.VoicemailRule {
	rule := policy.VoicemailRule{}
	if r != nil {
		rule = *r
	}
	rule.Most, rule.Silence = cmp.Or(rule.Most, mostSpoken), cmp.Or(rule.Silence, mostQuiet)
	rule.Urgency = cmp.Or(rule.Urgency, policy.Urgent)
	return rule
}

// takeMessage records one take and asks what becomes of it: zero or 1 keeps it, 2 begins again.
func (c *Call) takeMessage(ctx context.Context, rule policy.VoicemailRule) (byte, error) {
	if err := c.beginCapture(ctx); err != nil || c.box.capture == nil {
		return 0, err
	}
	c.caller.keys.forget()
	if err := c.listen(ctx, rule); err != nil {
		return 0, err
	}
	c.box.capture.Pause("system", "asked")
	_, words := c.prompt("voicemail_keep")
	key, err := c.askKey(ctx, c.caller, keepWait, words)
	if err == nil && key == '2' {
		c.discard()
	}
	return key, err
}

// beginCapture ends the conversation's recording, beeps and records. What was not begun is not announced by a beep.
func (c *Call) beginCapture(ctx context.Context) error {
	if c.rec != nil {
		c.rec.Stop(media.Complete)
		c.rec = nil
	}
	if _, beep := c.prompt("voicemail_beep"); beep != nil {
		if err := c.until(ctx, c.caller.voice.Play(beep, 1)); err != nil {
			return err
		}
	}
	c.box.capture = c.recordAside(VoiceMessage, c.caller.voice, [2]string{"caller", "greeting"})
	c.box.since = c.now()
	if c.box.capture != nil {
		c.note(Capturing, "caller", with("recording", c.box.capture.ID()))
	}
	return nil
}

// listen waits until she has finished: # or any key, silence, or the longest a message may be.
func (c *Call) listen(ctx context.Context, rule policy.VoicemailRule) error {
	limit := time.NewTimer(rule.Most)
	defer limit.Stop()
	for {
		tick := time.NewTimer(time.Second)
		key, err := keyDuring(ctx, c, c.caller, tick.C)
		tick.Stop()
		if err != nil || key != 0 || c.now().Sub(c.box.since) >= rule.Most {
			return err
		}
		if m, can := c.box.capture.(Meter); can {
			if _, quiet := m.Spoken(); quiet >= rule.Silence {
				return nil
			}
		}
	}
}

// discard destroys a take that she wants to say again.
func (c *Call) discard() {
	if d, can := c.box.capture.(Discarder); can {
		d.Discard("caller", "said_again")
	} else {
		c.box.capture.Stop(media.Aborted)
	}
	c.box.capture = nil
}

// thank says that it is kept, or goes on with a caller who said nothing.
func (c *Call) thank(ctx context.Context, rule policy.VoicemailRule) error {
	if !c.endCapture(rule) {
		return nil
	}
	c.outcome(MessageLeft, "caller")
	if _, words := c.prompt("voicemail_thanks"); words != nil {
		if err := c.until(ctx, c.caller.voice.Play(words, 1)); err != nil {
			return err
		}
	}
	c.caller.dismiss(Completed, c.now())
	return errLeft
}

// endCapture ends the recording and judges what is in it, also after the caller has hung up. It reports whether there is a
// message.
func (c *Call) endCapture(rule policy.VoicemailRule) bool {
	rec := c.box.capture
	if rec == nil {
		return c.box.kept
	}
	c.box.capture = nil
	rec.Stop(media.Complete)
	said := c.spoken(rec)
	data := with("recording", rec.ID(), "spoken_ms", millis(said))
	if c.box.kept = said >= leastSpoken; !c.box.kept {
		c.note(MessageVoid, "caller", data)
		if c.caller.ended {
			c.outcome(CallerGone, "caller")
		}
		return false
	}
	c.record.Message = &Message{Recording: rec.ID(), Urgency: rule.Urgency, Withheld: c.arrival.Inquiry.From.IsZero(),
		Spoken: said, Heard: !c.caller.ended}
	c.note(MessageKept, "caller", data)
	if c.caller.ended {
		c.outcome(MessageLeft, "caller")
	}
	return true
}

// spoken waits a moment for the last second of sound to be counted. Without a meter, time is what there is.
func (c *Call) spoken(rec Recording) time.Duration {
	m, can := rec.(Meter)
	if !can {
		return c.now().Sub(c.box.since)
	}
	patience := time.NewTimer(meterSettles)
	defer patience.Stop()
	select {
	case <-m.Settled():
	case <-patience.C:
	}
	said, _ := m.Spoken()
	return said
}
