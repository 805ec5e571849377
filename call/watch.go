package call

import "time"

// How long a conversation outlives trouble. A lost connection leaves media running: the dialog re-attaches when the
// same device comes back (RFC 5626); silence with a lost connection means nobody is there.
const (
	revivedTime = 2 * time.Minute  // after a restart of ours phones take their time to see it
	returnTime  = 30 * time.Second // a phone whose connection is lost may come back
	silentTime  = 10 * time.Second // flow lost and no media: at once after this
	abandonTime = 60 * time.Second // no media from somebody outside whose connection stands: gone without BYE
)

// watch notices parties that are gone without saying so.
type watch struct {
	call  *Call
	clock *time.Timer
	since map[*party]time.Time // since when a party is in doubt
}

func newWatch(c *Call) *watch {
	w := &watch{call: c, since: map[*party]time.Time{}}
	w.look()
	return w
}

// patience is how long a party in this state is waited for; zero: it is not in doubt.
func (w *watch) patience(p *party) time.Duration {
	outside := p.user == ""
	switch {
	case p.lost && p.silent:
		return silentTime
	case p.lost && p.revived && p.place == placeCaller:
		return 0 // it was we who went away: as long as she is heard she is there
	case p.lost && p.revived:
		return revivedTime
	case p.lost:
		return returnTime
	case p.silent && outside && !p.holding:
		return abandonTime
	}
	return 0
}

// look sets the clock for the first party whose time runs out.
func (w *watch) look() {
	now, soonest := w.call.now(), time.Duration(0)
	for _, p := range w.call.present() {
		d := w.patience(p)
		if d == 0 {
			delete(w.since, p)
			continue
		}
		if w.since[p].IsZero() {
			w.since[p] = now
		}
		if left := max(w.since[p].Add(d).Sub(now), 1); soonest == 0 || left < soonest {
			soonest = left
		}
	}
	w.stop()
	w.clock = nil
	if soonest > 0 {
		w.clock = time.NewTimer(soonest)
	}
}

func (w *watch) timer() <-chan time.Time {
	if w.clock == nil {
		return nil
	}
	return w.clock.C
}

// verdict is asked when the clock rings: whose patience ran out, and what that means. The caller's end is the call's;
// everybody else leaves the conversation, which goes on as it can.
func (w *watch) verdict() error {
	c := w.call
	now := c.now()
	for _, p := range c.present() {
		d := w.patience(p)
		if d == 0 || now.Sub(w.since[p]) < d {
			continue
		}
		if p == c.caller {
			c.outcome(NoMedia, "caller")
			c.leave(errCallerGone)
			return errCallerGone
		}
		p.dismiss(Unreachable, now)
		c.note(FlowGone, p.name(), with("cause", string(Unreachable)))
	}
	return nil
}

func (w *watch) stop() {
	if w.clock != nil {
		w.clock.Stop()
	}
}
