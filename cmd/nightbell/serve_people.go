package main

import (
	"context"
	"errors"
	"time"

	"nightbell/access"
	"nightbell/audit"
	"nightbell/console"
)

// doorkeeper carries out what time does to people's matters: logins that are over are written down as ended, so that no clock
// brings them back; solo proposals take effect when their day is over; what nobody decided expires.
type doorkeeper struct {
	office  *office
	changed func()
	fault   func(error)
}

const (
	doorLook   = time.Minute
	loginsKept = 30 * 24 * time.Hour // ended ones; the audit log keeps their story
)

var byDoorkeeper = audit.Actor{Type: "system", ID: "access"}

// Run looks every minute until ctx ends.
func (d *doorkeeper) Run(ctx context.Context) error {
	tick := time.NewTicker(doorLook)
	defer tick.Stop()
	for {
		err := d.look(ctx)
		if ctx.Err() == nil {
			d.fault(err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (d *doorkeeper) look(ctx context.Context) error {
	_, err := d.office.Store.ForgetLogins(ctx, d.office.clock().Add(-loginsKept))
	return errors.Join(err, d.endLogins(ctx), d.settleProposals(ctx))
}

// endLogins ends what is over, but for the page of somebody on shift that only idles.
func (d *doorkeeper) endLogins(ctx context.Context) error {
	o := d.office
	open, err := o.Store.OpenLogins(ctx)
	if err != nil {
		return err
	}
	ready, err := o.Store.Readiness(ctx)
	if err != nil {
		return err
	}
	roster := access.NewRoster(ready)
	for _, l := range open {
		grants, err := o.Store.GrantsOf(ctx, l.Person)
		if err != nil {
			return err
		}
		ok, why := l.Live(o.clock(), access.LimitsFor(access.RolesAt(grants, o.clock())))
		if shift, _ := roster.Of(l.Person); ok || why == access.EndIdle && shift.Login == l.ID {
			continue
		}
		o.end(ctx, l.ID, why)
	}
	return nil
}

// settleProposals carries out what is ripe, and closes what is too old.
func (d *doorkeeper) settleProposals(ctx context.Context) error {
	o := d.office
	list, err := o.Store.Proposals(ctx, access.ProposalOpen, access.ProposalApproved)
	if err != nil || len(list) == 0 {
		return err
	}
	people, err := o.voters(ctx)
	if err != nil {
		return err
	}
	var all []error
	for _, p := range list {
		if old, over := p.Expire(o.clock()); over {
			all = append(all, o.Store.PutProposal(ctx, byDoorkeeper, old, p.State))
			continue
		}
		if !p.Ripe(people, o.clock()) {
			continue
		}
		_, err := o.carry(ctx, p, people, byDoorkeeper)
		if err == nil {
			d.changed()
		} else if !errors.Is(err, errElsewhere) && !errors.As(err, new(*console.Refusal)) {
			all = append(all, err)
		}
	}
	return errors.Join(all...)
}
