package main

import (
	"context"
	"slices"

	"nightbell/audit"
	"nightbell/console"
	"nightbell/phi"
	"nightbell/store"
)

// ledger is who was not served.
type ledger struct{ *office }

func (l ledger) List(ctx context.Context, q console.CallerQuery) (console.CallerPage, error) {
	page, err := l.Store.UnservedCallers(ctx, store.UnservedQuery{
		Clinics: only(q.Clinic), Within: store.Within(q.Within), State: store.UnservedState(q.State), Limit: q.Limit, Cursor: q.Cursor,
	})
	if err != nil {
		return console.CallerPage{}, known(err)
	}
	more, err := l.Store.UnservedMore(ctx, page.Rows)
	if err != nil {
		return console.CallerPage{}, known(err)
	}
	out := console.CallerPage{Next: page.Next}
	for _, r := range page.Rows {
		out.Items = append(out.Items, callerOf(r, more[r.Call]))
	}
	return out, nil
}

func callerOf(r store.Unserved, more store.UnservedMore) console.Unserved {
	v := console.Unserved{
		Call: r.Call, Clinic: r.Clinic, Caller: more.Pseudonym, Arrived: r.Arrived, Why: r.Why, State: string(r.State), Owner: r.Owner,
		Settled: r.Settled, SettledBy: r.SettledBy, Answer: r.Answer,
	}
	if !more.Ended.IsZero() {
		v.Waited = more.Ended.Sub(r.Arrived).Seconds()
	}
	if r.State == store.UnservedOpen {
		v.Proposed = more.Answer
	}
	return v
}

func (l ledger) Find(ctx context.Context, id string) (console.Unserved, error) {
	r, err := l.Store.UnservedCaller(ctx, id)
	return callerOf(r, store.UnservedMore{}), known(err)
}

func (l ledger) Own(ctx context.Context, id string, by audit.Actor) error {
	return known(l.Store.OwnUnserved(ctx, by, id, by.ID))
}

func (l ledger) Settle(ctx context.Context, s console.Settlement, by audit.Actor) error {
	return known(l.Store.SettleUnserved(ctx, by, store.Unserved{
		Call: s.Call, State: store.UnservedState(s.State), Answer: s.Answer, Reason: phi.NewText(s.Reason),
	}))
}

// voices are the messages that callers left.
type voices struct{ *office }

func (v voices) List(ctx context.Context, q console.VoiceQuery) (console.VoicePage, error) {
	page, err := v.Store.VoiceMessages(ctx, store.VoiceQuery{
		Clinics: only(q.Clinic), Within: store.Within(q.Within), Open: q.Open, Limit: q.Limit, Cursor: q.Cursor,
	})
	if err != nil {
		return console.VoicePage{}, known(err)
	}
	out := console.VoicePage{Next: page.Next}
	for _, r := range page.Rows {
		out.Items = append(out.Items, voiceOf(r))
	}
	return out, nil
}

func voiceOf(r store.VoiceMessage) console.VoiceMessage {
	return console.VoiceMessage{ID: r.ID, Call: r.Call, Clinic: r.Clinic, Recording: r.Recording, Urgency: string(r.Urgency),
		Made: r.Made, Taken: r.Taken, TakenBy: r.TakenBy}
}

func (v voices) Find(ctx context.Context, id string) (console.VoiceMessage, error) {
	r, err := v.Store.VoiceMessage(ctx, id)
	return voiceOf(r), known(err)
}

func (v voices) Take(ctx context.Context, id string, by audit.Actor) error {
	return known(v.Store.TakeVoiceMessage(ctx, by, id))
}

// standingAlarms are the alarms of the running server.
type standingAlarms struct {
	*office
	running running
}

func (s standingAlarms) List(context.Context) ([]console.Alarm, error) {
	return s.running.Standing().views(), nil
}

// Acknowledge is remembered before it counts: nobody's telephone falls silent without a name.
func (s standingAlarms) Acknowledge(ctx context.Context, name string, by audit.Actor) error {
	all := s.running.Standing().views()
	at := slices.IndexFunc(all, func(a console.Alarm) bool { return a.Name == name })
	if at < 0 {
		return console.ErrNotFound
	}
	if !all[at].Acknowledged.IsZero() {
		return console.ErrConflict
	}
	if err := s.office.alarmTaken(ctx, all[at], by, "page"); err != nil {
		return err
	}
	s.running.Standing().acknowledge(name, by.ID)
	return nil
}

// alarmTaken remembers who sees to an alarm.
func (o *office) alarmTaken(ctx context.Context, a console.Alarm, by audit.Actor, way string) error {
	return known(o.Store.Audit(ctx, audit.Event{Actor: by, Action: audit.AlarmTaken, Object: "alarm:" + a.Of, Outcome: audit.Done,
		Facts: map[string]string{"class": string(a.Class), "since": a.Since.UTC().Format("2006-01-02T15:04:05Z"), "by": way}}))
}

func (s standingAlarms) Stale(context.Context) ([]console.StaleAlarm, error) {
	return s.running.Standing().stale(), nil
}
