package call

import (
	"cmp"
	"context"
	"slices"
	"time"

	"nightbell/media"
	"nightbell/policy"
)

// What the story tells of a queue.
const (
	Queued    EventKind = "queued"      // joined one
	LeftQueue EventKind = "left_queue"  // and why: answered, key, max_wait, nobody, full, gone
	Bidden    EventKind = "offered"     // the caller is offered to an agent
	BidOver   EventKind = "offer_ended" // she did not take it
	Informed  EventKind = "told"        // position, estimate or message
	AllBusy   EventKind = "all_busy"    // the clinic has as many calls as it may
	FaxHeard  EventKind = "fax"         // the caller is a fax machine
	Promised  EventKind = "call_back"   // she will be called back and keeps her place
)

// Why a caller leaves a queue.
const (
	leftAnswered = "answered"
	leftByKey    = "key"
	leftMaxWait  = "max_wait"
	leftNobody   = "nobody"
	leftFull     = "full"
	leftGone     = "gone"
	leftCallBack = "call_back"
)

// waitStep waits in a step's queue.
func (c *Call) waitStep(ctx context.Context, step *policy.Step) (*party, error) {
	if step.Queue == nil {
		c.pass(1)
		return nil, nil
	}
	return c.wait(ctx, step.Queue)
}

// wait keeps the caller in a queue until an agent has answered her. Neither party nor error: she has gone on, by a key, or
// because the queue gave her up.
func (c *Call) wait(ctx context.Context, q *policy.Queue) (*party, error) {
	w := &waiting{call: c, ctx: ctx, queue: q, ticket: c.ticket(q)}
	if !c.board.hall.join(w.ticket, c.queueID(q)) {
		c.note(LeftQueue, "caller", with("queue", c.queueID(q), "why", leftFull))
		c.pass(1)
		return nil, nil
	}
	c.queue, c.priority = w.ticket.row.id, w.ticket.priority
	c.note(Queued, "caller", with("queue", c.queue))
	c.listenFor(c.caller, media.DetectDigits|media.DetectFax)
	w.begin()
	defer w.end()
	for {
		if agent, err, over := w.look(); over {
			return agent, err
		}
		h, err := next[time.Time](ctx, c, nil)
		if err != nil {
			w.why = leftGone
			return nil, err
		}
		w.befell(h)
	}
}

// queueID is by what a queue is known; one without a name of its own is the clinic's.
func (c *Call) queueID(q *policy.Queue) string { return cmp.Or(q.ID, c.plan.Clinic) }

// ticket makes the caller's place: her clinic's and her own priority are added to the queue's, who had an agent before has
// her old place, and whom we lost goes first.
func (c *Call) ticket(q *policy.Queue) *ticket {
	t := &ticket{queue: q, clinic: c.plan.Clinic, call: c, priority: q.Priority + c.plan.Priority, arrived: c.now(), first: c.arrivedFirst}
	if c.repeats {
		t.priority += cmp.Or(c.plan.RepeatLift, 1)
	}
	if c.arrivedFirst || len(c.former) > 0 {
		t.arrived = c.record.Arrived
	}
	return t
}

// waiting is a caller's wait: whom she is offered to, and what she hears meanwhile.
type waiting struct {
	call   *Call
	ctx    context.Context
	queue  *policy.Queue
	ticket *ticket
	bids   []*bid
	why    string // she leaves
	late   bool   // MaxWait is over
	speech speech
	stops  []func()
}

func (w *waiting) begin() {
	c := w.call
	c.show(Waiting)
	if w.queue.MaxWait > 0 {
		w.stops = append(w.stops, c.after(w.queue.MaxWait, func(*Call) { w.late = true }))
	}
	w.speech = speech{wait: w}
	w.speech.begin()
}

// look decides what is next: an agent has answered, a key was pressed, nobody is to be waited for.
func (w *waiting) look() (agent *party, err error, over bool) {
	c := w.call
	if agent := w.answered(); agent != nil {
		w.why = leftAnswered
		return agent, nil, true
	}
	if key, pressed := w.key(); pressed {
		return w.pressed(key)
	}
	if word := w.givenUp(); word != "" {
		w.why = word
		c.pass(1)
		return nil, nil, true
	}
	w.bid()
	return nil, nil, false
}

// givenUp says why the queue does not keep her: empty, it does.
func (w *waiting) givenUp() string {
	if len(w.bids) > 0 { // a phone rings for her: not now
		return ""
	}
	if w.late {
		return leftMaxWait
	}
	if w.call.board.hall.forsaken(w.ticket) {
		return leftNobody
	}
	return ""
}

// key gives what a waiting caller's key means.
func (w *waiting) key() (policy.Key, bool) {
	for {
		typed := w.call.caller.keys.take()
		if typed == 0 {
			return policy.Key{}, false
		}
		if key, means := w.queue.Keys[string(rune(typed))]; means {
			return key, true
		}
		if string(rune(typed)) == w.call.plan.Consent.Decline {
			w.call.decline()
		}
	}
}

// pressed does what a key says. What only tells or chooses leaves her where she is.
func (w *waiting) pressed(key policy.Key) (*party, error, bool) {
	c := w.call
	switch key.Do {
	case policy.KeySay, policy.KeyLanguage, policy.KeyDecline:
		at := c.way
		_, err := c.act(w.ctx, key)
		c.way.step, c.way.detour = at.step, at.detour
		w.speech.resume()
		return nil, err, err != nil
	case policy.KeyInterpreter:
		c.way.helps = true
		return nil, nil, false
	case policy.KeyCallBack:
		return w.callBack()
	}
	w.why = leftByKey
	w.withdraw(NoAnswer)
	c.board.hall.leave(w.ticket, wentOn)
	agent, err := c.act(w.ctx, key)
	return agent, err, true
}

// end leaves the queue, if she has not left it.
func (w *waiting) end() {
	c := w.call
	for _, stop := range w.stops {
		stop()
	}
	w.speech.end()
	cause := NoAnswer
	if w.why == leftGone {
		cause = CallerGone
	}
	w.withdraw(cause)
	if w.why != leftCallBack {
		c.board.hall.leave(w.ticket, w.count)
	}
	c.note(LeftQueue, "caller", with("queue", c.queue, "why", w.why, "ms", millis(c.now().Sub(w.ticket.joined))))
	c.queue, c.position, c.priority = "", 0, 0
	c.caller.voice.Quiet()
}

// soonAnswered is what a queue's promise is measured by.
const soonAnswered = 20 * time.Second

// count puts the end of the wait into the queue's counters.
func (w *waiting) count(r *row) {
	switch w.why {
	case leftAnswered:
		r.Answered++
		if w.call.now().Sub(w.ticket.joined) <= soonAnswered {
			r.Soon++
		}
	case leftGone:
		r.Abandoned++
	default:
		wentOn(r)
	}
}

func wentOn(r *row) { r.WentOn++ }

// befell looks at who did it.
func (w *waiting) befell(h happening) {
	if h.leg == nil || h.leg.Kind != Answered {
		return
	}
	for _, b := range w.bids {
		if slices.Contains(b.round.ringing, h.from) && b.winner == nil {
			b.winner = b.round.settle(h.from, h.leg)
		}
	}
}
