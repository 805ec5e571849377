package call

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"nightbell/media"
	"nightbell/phi"
	"nightbell/policy"
)

// Ports is what a call needs from the rest of the house; cmd fills it.
type Ports struct {
	Decide   func(policy.Inquiry) policy.Plan
	Sound    func() Sound
	Prompt   func(name string) *media.Prompt // nil: no such prompt; "" is always nil
	Phones   Phones
	Recorder Recorder
	Journal  Journal
	Trunks   Trunks                                                 // outward; nil: there are none
	PINs     PINs                                                   // nil: nobody has one
	Numbers  Numbers                                                // nil: nothing but users and E.164 is understood
	Agents   Agents                                                 // nil: Contacts alone says who is there
	Patch    func(clinic string) *policy.PatchPlan                  // whom a patch asks, found anew; nil: as the plan of the call found them
	Shelf    Shelf                                                  // where breaks and wrap-ups outlive a restart; nil: nowhere
	Keeper   Keeper                                                 // nil: calls end with the process
	Known    func(from phi.Phone) []string                          // whose verified telephone it is; nil: nobody's
	Pending  func(person string) (Dialling, bool)                   // whom a clinician should call back, beyond what the switchboard remembers
	Outward  func(clinic string, far phi.Phone) (policy.Plan, bool) // the plan of a call that the house places for a clinic; nil: none is
	Now      func() time.Time
	Fault    func(call string, panicked any) // a defect of ours; must not print what it is given
}

// Switchboard owns every running call: it starts their goroutines, knows who is talking, and waits for them at the end.
type Switchboard struct {
	ports Ports
	ctx   context.Context
	stop  context.CancelCauseFunc
	wg    sync.WaitGroup

	mu    sync.Mutex
	calls map[string]*Call
	busy  map[string]*Call // user -> the call she talks in
	slots map[string]*Call // where callers are parked
	shut  bool
	total atomic.Int64
	hall  *hall // who waits, and who is free
	watches
	wanted wanted
}

// NewSwitchboard makes one; Close ends it.
func NewSwitchboard(ports Ports) *Switchboard {
	ctx, stop := context.WithCancelCause(context.Background())
	b := &Switchboard{ports: ports, ctx: ctx, stop: stop, calls: map[string]*Call{}, busy: map[string]*Call{}, slots: map[string]*Call{}}
	b.hall = newHall(b)
	return b
}

// Take begins a call. It returns at once; a drained board refuses.
func (b *Switchboard) Take(a Arrival) {
	c := &Call{arrival: a, board: b, sound: b.ports.Sound(), mail: mailbox{bell: make(chan struct{}, 1)}, over: make(chan struct{})}
	c.caller = &party{leg: a.Leg, place: placeCaller}
	c.record = Record{ID: a.ID, Trunk: a.Trunk, From: a.Inquiry.From, Dialled: a.Inquiry.Number, Arrived: b.ports.Now()}
	c.caller.record = LegRecord{Invited: c.record.Arrived}
	if !b.admit(c) {
		_ = a.Leg.Refuse(Refusal{Cause: Draining})
		c.sound.Close()
		return
	}
	a.Listen(c.post(c.caller))
	go func() {
		defer b.forget(c)
		c.handle(b.ctx)
	}()
}

func (b *Switchboard) admit(c *Call) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.shut {
		return false
	}
	b.wg.Add(1)
	b.calls[c.arrival.ID] = c
	b.total.Add(1)
	return true
}

func (b *Switchboard) forget(c *Call) {
	b.mu.Lock()
	delete(b.calls, c.arrival.ID)
	b.mu.Unlock()
	close(c.over)
	b.wg.Done()
}

// engage says that user talks in call c now. False: she took another call in the same moment.
func (b *Switchboard) engage(user string, c *Call) bool {
	b.mu.Lock()
	other := b.busy[user]
	free := other == nil || other == c
	if free {
		b.busy[user] = c
	}
	b.mu.Unlock()
	if free {
		b.hall.took(user, "", c)
	}
	return free
}

// release says that user is free again; calls that hunt may ring her.
func (b *Switchboard) release(user string, c *Call) {
	b.mu.Lock()
	talked := b.busy[user] == c
	if talked {
		delete(b.busy, user)
	}
	b.mu.Unlock()
	if talked {
		b.hall.left(user, c)
		b.Nudge()
	}
}

func (b *Switchboard) talking(user string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.busy[user] != nil
}

// Nudge lets every call that hunts look again whom it can reach: a phone registered, an agent came free or resumed.
func (b *Switchboard) Nudge() {
	b.hall.look()
	b.wakeHunters()
}

// wakeHunters lets calls whose steps ring somebody look again.
func (b *Switchboard) wakeHunters() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.calls {
		if c.view().State == Hunting {
			c.mail.post(happening{do: func(*Call) {}})
		}
	}
}

// Withdraw takes back what was offered to users who may be offered calls of that clinic no more: their ringing phones fall
// silent, and the calls go on to the next target at once. A call that one of them has answered is left alone. Contacts
// must not name them any more. The func is asked on the calls' goroutines and does not block.
func (b *Switchboard) Withdraw(gone func(clinic, user string) bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.calls {
		c.mail.post(happening{do: func(c *Call) { c.withdraw(gone) }})
	}
}

// Live lists the running calls, in no order.
func (b *Switchboard) Live() []View {
	b.mu.Lock()
	defer b.mu.Unlock()
	views := make([]View, 0, len(b.calls))
	for _, c := range b.calls {
		views = append(views, c.view())
	}
	return views
}

// Running is how many calls run now.
func (b *Switchboard) Running() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.calls)
}

// Total is how many calls were taken since the start.
func (b *Switchboard) Total() int64 { return b.total.Load() }

// HangUp ends a running call by hand. False: there is no such call.
func (b *Switchboard) HangUp(id string) bool {
	b.mu.Lock()
	c := b.calls[id]
	b.mu.Unlock()
	if c == nil {
		return false
	}
	c.mail.post(happening{do: func(c *Call) {
		c.outcome(Completed, "operator")
		c.leave(errCallerGone)
	}})
	return true
}

// Drain takes no more calls and waits until the running ones are over or ctx ends; then it ends them.
func (b *Switchboard) Drain(ctx context.Context) {
	b.mu.Lock()
	b.shut = true
	b.mu.Unlock()
	over := make(chan struct{})
	go func() { b.wg.Wait(); close(over) }()
	select {
	case <-over:
	case <-ctx.Done():
		b.stop(errDrained)
		<-over
	}
	b.hall.close()
}
