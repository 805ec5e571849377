package main

import (
	"context"
	"log/slog"
	"time"

	"nightbell/audit"
	"nightbell/sip"
	"nightbell/store"
)

// bindings is the way of registrations into the audit log: in order, none forgotten while the database is away. The
// registrar never waits for it.
type bindings chan sip.BindingEvent

// newBindings makes room for a morning on which every phone of a large house registers while the database is locked.
func newBindings() bindings { return make(bindings, 16384) }

// tell takes an event, or says that there is no room left.
func (b bindings) tell(e sip.BindingEvent) bool {
	select {
	case b <- e:
		return true
	default:
		return false
	}
}

// Run remembers until ctx ends, and then what is still there, up to the first that the database does not take: a stop does
// not wait for it.
func (b bindings) Run(ctx context.Context, st *store.Store, log *slog.Logger) {
	for {
		select {
		case e := <-b:
			_ = rememberBinding(ctx, st, e, log)
		case <-ctx.Done():
			for len(b) > 0 {
				if err := rememberBinding(ctx, st, <-b, log); err != nil {
					log.Error("audit of bindings: not remembered", "bindings", len(b)+1)
					return
				}
			}
			return
		}
	}
}

var bindingActions = map[sip.BindingKind]audit.Action{
	sip.BindingMade: audit.DeviceRegistered, sip.BindingMoved: audit.DeviceRegistered,
	sip.BindingGone: audit.DeviceUnregistered,
}

func bindingEvent(action audit.Action, e sip.BindingEvent) audit.Event {
	return audit.Event{Action: action, Object: "device:" + e.User, Outcome: audit.Done, Reason: e.Reason,
		Actor: audit.Actor{Type: "device", ID: e.User, IP: e.Remote.Addr().String()}}
}

// rememberBinding waits for a database that is busy or full until ctx ends.
func rememberBinding(ctx context.Context, st *store.Store, e sip.BindingEvent, log *slog.Logger) error {
	action, ok := bindingActions[e.Kind]
	if !ok {
		return nil
	}
	event := bindingEvent(action, e)
	event.Time = time.Now().UTC()
	if err := insist(ctx, st, event, log); err != nil {
		return err
	}
	if e.Kind == sip.BindingMade {
		_ = st.SawDevice(context.WithoutCancel(ctx), e.User, event.Time)
	}
	return nil
}
