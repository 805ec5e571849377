package call

import (
	"context"
	"errors"
	"time"

	"nightbell/phi"
)

// A fax machine that rings a clinic must not hold an agent: as soon as it is heard before anybody talks, it is joined with
// the clinic's fax number, or let go. Nothing else is ever taken for a machine: callers by relay and TTY make odd sounds.

// errFax leaves whatever the caller was doing: she is a machine.
var errFax = errors.New("a fax machine calls")

const faxRings = 45 * time.Second

// faxHeard is told by media, once.
func (c *Call) faxHeard(p *party) {
	if p == c.caller && c.agent == nil && !c.joined && c.machine == noMachine {
		c.machine = faxCalls
		c.note(FaxHeard, "caller", nil)
	}
}

// machine says whether the caller is one. While a fax calls, no phase waits for anything.
type machine byte

const (
	noMachine machine = iota
	faxCalls
	faxServed
)

// passFax joins the machine with the clinic's, or ends the call in order.
func (c *Call) passFax(ctx context.Context) error {
	c.machine = faxServed
	c.outcome(FaxCall, "caller")
	if c.plan.Fax == "" || c.board.ports.Trunks == nil {
		return nil
	}
	d := Dialling{To: phi.NewPhone(c.plan.Fax), Route: c.plan.Outbound, Display: c.plan.ClinicName, Call: c.arrival.ID}
	p := c.dial(ctx, d, "")
	if p == nil {
		return nil
	}
	defer p.dismiss(Completed, c.now())
	timer := time.NewTimer(faxRings)
	defer timer.Stop()
	for !p.ended {
		h, err := next(ctx, c, timer.C)
		if err != nil {
			return err
		}
		if h.leg == nil || h.from != p || h.leg.Kind != Answered || p.confirmed {
			continue
		}
		if p.voice.Accept(h.leg.SDP) != nil {
			return nil
		}
		p.confirmed, p.record.Answered = true, c.now()
		timer.Stop()
		c.caller.voice.Quiet()
		c.sound.Arrange([]Hearing{{c.caller.voice, []Voice{p.voice}}, {p.voice, []Voice{c.caller.voice}}})
		c.note(Bridged, p.name(), nil)
	}
	return nil
}
