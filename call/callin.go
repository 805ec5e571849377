package call

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"nightbell/media"
	"nightbell/phi"
)

// A clinician calls in from her own telephone: "Dr Lee, call the patient back." Her number says who she may be, her PIN who
// she is; then she is joined to the caller who asked for her last. Both see the clinic's number.

const (
	Identified   EventKind = "identified"   // a clinician who called in, by number and PIN
	Unidentified EventKind = "unidentified" // three wrong PINs, or a telephone that is nobody's
	CalledIn     EventKind = "called_in"    // the caller who asked for her is dialled; Data: of which call
)

const (
	wantedFor  = 24 * time.Hour // so long a caller is remembered who asked for a clinician
	mostWanted = 4096           // clinicians
)

// wanted remembers, for each clinician, the caller for whom she was asked last. In memory: after a restart nobody is.
type wanted struct {
	mu sync.Mutex
	of map[string]asking
}

// asking is one caller who asked for a clinician.
type asking struct {
	call, clinic string
	from         phi.Phone
	at           time.Time
}

// ask remembers that a clinician was asked for a caller who can be called back.
func (w *wanted) ask(person string, v asking) {
	if person == "" || v.from.IsZero() {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.of == nil || len(w.of) >= mostWanted {
		w.of = map[string]asking{}
	}
	w.of[person] = v
}

// who gives the caller of the last day.
func (w *wanted) who(person string, now time.Time) (asking, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	v, ok := w.of[person]
	return v, ok && now.Sub(v.at) < wantedFor
}

// callIn serves a clinician who called in. A party: the patient answered, and is whom she talks with. Nil: she could not be
// served, and goes on.
func (c *Call) callIn(ctx context.Context) (*party, error) {
	person, err := c.identify(ctx)
	if err != nil {
		return nil, err
	}
	if person == "" {
		c.pass(1)
		return nil, nil
	}
	d, of, ok := c.pending(person)
	if !ok {
		_, err := c.tellCaller(ctx, Stated, "clinician_nobody")
		return nil, err
	}
	c.record.Of = of
	c.note(CalledIn, "caller", with("person", person, "of", of))
	return c.dialFor(ctx, d)
}

// identify asks a clinician for her PIN. Whose telephone it is, is not said; a telephone that is nobody's is asked all the
// same. Empty: it is nobody.
func (c *Call) identify(ctx context.Context) (person string, err error) {
	var who []string
	if known := c.board.ports.Known; known != nil && !c.arrival.Inquiry.From.IsZero() {
		who = known(c.arrival.Inquiry.From)
	}
	words := []string{"desk_pin"}
	for range pinTries {
		typed, err := c.askDigits(ctx, c.caller, mostPIN, c.prompts(words...)...)
		if err != nil {
			return "", err
		}
		for _, p := range who {
			if ok, err := c.isPIN(ctx, p, typed); err != nil {
				return "", err
			} else if ok {
				c.note(Identified, "caller", with("person", p))
				return p, nil
			}
		}
		c.note(PINWrong, "caller", nil)
		words = []string{"desk_wrong", "desk_pin"}
	}
	c.note(Unidentified, "caller", nil)
	_, err = c.tellCaller(ctx, Stated, "call_not_yours")
	return "", err
}

// prompts are those of the names that there are.
func (c *Call) prompts(names ...string) (all []*media.Prompt) {
	for _, n := range names {
		if _, p := c.prompt(n); p != nil {
			all = append(all, p)
		}
	}
	return all
}

// isPIN checks off the call's goroutine, and serves the call meanwhile. What cannot be checked is wrong.
func (c *Call) isPIN(ctx context.Context, person, typed string) (bool, error) {
	pins := c.board.ports.PINs
	if pins == nil || typed == "" {
		return false, nil
	}
	checking, stop := context.WithTimeout(ctx, pinCheck)
	defer stop()
	right, done := false, make(chan struct{})
	c.board.wg.Go(func() {
		defer close(done)
		ok, err := pins.CheckPIN(checking, person, typed)
		right = ok && err == nil
	})
	if err := c.until(ctx, done); err != nil {
		return false, err
	}
	return right, nil
}

// pending is whom a clinician should call back, and for which call.
func (c *Call) pending(person string) (Dialling, string, bool) {
	if ask := c.board.ports.Pending; ask != nil {
		if d, ok := ask(person); ok {
			return d, d.Call, true
		}
	}
	v, ok := c.board.wanted.who(person, c.now())
	if !ok || c.board.ports.Outward == nil {
		return Dialling{}, "", false
	}
	plan, ok := c.board.ports.Outward(v.clinic, v.from)
	return Dialling{To: v.from, Route: plan.Outbound, Display: plan.ClinicName}, v.call, ok
}

// dialFor dials an outside party for the caller, who hears it ring. Nil: she could not be had, and the caller was told.
func (c *Call) dialFor(ctx context.Context, d Dialling) (*party, error) {
	c.show(Hunting)
	c.entertain()
	defer c.caller.voice.Quiet()
	far, cause := c.dial(ctx, d, ""), Unreachable
	if far != nil {
		far.place = placeRung
		var err error
		if cause, err = c.rungOut(ctx, far); err != nil {
			return nil, err
		}
		if cause == "" {
			return far, nil
		}
	}
	_, err := c.tellCaller(ctx, Stated, farWord(cause))
	return nil, err
}

// rungOut waits for the one who is dialled. Empty: she has answered.
func (c *Call) rungOut(ctx context.Context, far *party) (Cause, error) {
	timer := time.NewTimer(farRings)
	defer timer.Stop()
	for {
		h, err := next(ctx, c, timer.C)
		switch {
		case errors.Is(err, errTime):
			far.dismiss(NoAnswer, c.now())
			return NoAnswer, nil
		case err != nil:
			return "", err
		case h.from == far && h.leg != nil && h.leg.Kind == Answered && c.agreed(far, h.leg):
			return "", nil
		case far.ended:
			return cmp.Or(far.record.Cause, Unreachable), nil
		}
	}
}

// farWord is the prompt that says why an outside party is not to be had.
func farWord(cause Cause) string {
	switch cause {
	case Busy, Declined:
		return "far_busy"
	case NoAnswer:
		return "far_no_answer"
	}
	return "far_unreachable"
}
