package call

import (
	"context"
	"crypto/rand"
	"time"

	"nightbell/media"
	"nightbell/phi"
	"nightbell/policy"
)

// A caller who does not want to hold may have her place kept and hang up. When her turn comes an agent is rung, hears that
// it is a call-back, and then the caller is dialled under the clinic's number.

// callBack is the promise of one: what is needed to keep it when its call is over.
type callBack struct {
	number phi.Phone
	call   string // that she hung up
	plan   policy.Plan
	tries  int
}

const (
	backTries   = 3
	backSpacing = 5 * time.Minute
	mostDialled = 15 // digits of an E.164 number
)

// callBack asks for the number where it is withheld, promises, and lets the caller go: her place stays.
func (w *waiting) callBack() (*party, error, bool) {
	c := w.call
	number, err := c.numberToCall(w.ctx)
	if err != nil {
		return nil, err, true
	}
	if number.IsZero() || c.plan.Outbound.Trunks == nil {
		w.speech.resume()
		return nil, nil, false
	}
	w.why = leftCallBack
	w.withdraw(NoAnswer)
	c.board.hall.keepPlace(w.ticket, &callBack{number: number, call: c.arrival.ID, plan: c.plan})
	return nil, c.promise(w.ctx), true
}

// askCallBack is the same outside a queue: the clinic's own row keeps her place.
func (c *Call) askCallBack(ctx context.Context) error {
	number, err := c.numberToCall(ctx)
	if err != nil {
		return err
	}
	if number.IsZero() || c.plan.Outbound.Trunks == nil {
		c.pass(1)
		return nil
	}
	t := c.ticket(&policy.Queue{ID: c.plan.Clinic, Empty: policy.WaitOn})
	t.call, t.back = nil, &callBack{number: number, call: c.arrival.ID, plan: c.plan}
	c.board.hall.join(t, t.queue.ID)
	return c.promise(ctx)
}

// numberToCall is the caller's own, or what she types. Zero: there is none.
func (c *Call) numberToCall(ctx context.Context) (phi.Phone, error) {
	if from := c.arrival.Inquiry.From; !from.IsZero() {
		return from, nil
	}
	_, ask := c.prompt("call_back_number")
	typed, err := c.askDigits(ctx, c.caller, mostDialled, []*media.Prompt{ask}...)
	if err != nil || len(typed) < 7 {
		return phi.Phone{}, err
	}
	return phi.NewPhone(typed), nil
}

// promise says that she will be called, and ends the call.
func (c *Call) promise(ctx context.Context) error {
	c.note(Promised, "caller", nil)
	if _, err := c.say(ctx, Stated, "call_back_promised"); err != nil {
		return err
	}
	c.outcome(ToBeCalled, "caller")
	c.leave(errCallerGone)
	return errCallerGone
}

// keepPlace turns a waiting caller's ticket into that of one who has hung up.
func (h *hall) keepPlace(t *ticket, b *callBack) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, person := range t.asked {
		h.unhold(person, t)
	}
	t.asked, t.call, t.back, t.bare = nil, nil, b, time.Time{}
	h.tellRow(t.row)
	h.settle()
}

// ringBack rings the agent who was chosen. The hall is locked; placing a call is done outside.
func (h *hall) ringBack(t *ticket) {
	person, users := t.asked[0], h.agents[t.asked[0]].users
	h.work.Go(func() {
		b := t.back
		p := Placing{
			ID: rand.Text(), Why: CallBack, Clinic: t.clinic, Near: h.board.ports.Phones.Contacts(t.clinic, users), Of: b.call,
			Far:     &Dialling{To: b.number, Route: b.plan.Outbound, Display: b.plan.ClinicName},
			Whisper: []string{"call_back"}, Accept: ByAnswer,
			Ended: func(r Record) { h.calledBack(t, person, r) },
		}
		if len(p.Near) == 0 || h.board.Place(p) != nil {
			h.refused(t, person, Unreachable)
		}
	})
}

// calledBack is what became of a try: she was served, or another follows; after the last one somebody must see to her.
func (h *hall) calledBack(t *ticket, person string, r Record) {
	if r.Served {
		h.leave(t, func(row *row) { row.Answered++ })
		return
	}
	if r.By == "near" { // the agent did not come to the phone
		h.refused(t, person, r.Outcome)
		return
	}
	h.mu.Lock()
	t.back.tries++
	t.after = h.now().Add(backSpacing)
	over := t.back.tries >= backTries
	h.mu.Unlock()
	h.refused(t, person, Completed)
	if over {
		h.leave(t, wentOn)
	}
}
