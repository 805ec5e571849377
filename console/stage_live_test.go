package console

import (
	"context"
	"time"

	"nightbell/audit"
	"nightbell/call"
)

// floor is what happens on the stage's floor: one call that amy has, one that waits, one of another clinic.
type floor struct {
	calls   []call.View
	orders  []call.Command
	placed  []Placing
	unfit   call.UnfitWord
	changes chan call.Change
	alarms  []Alarm
	agents  []Agent
}

func newFloor() floor {
	return floor{
		changes: make(chan call.Change, 100),
		calls: []call.View{
			{ID: "c1", Direction: "in", Clinic: "harbor", Trunk: "carrier", State: call.Talking, Since: callTime, Arrived: callTime, Agent: "amy-desk",
				Parties: []call.PartyView{{Place: "caller", State: "up"}, {Place: "agent", User: "amy-desk", Person: "amy", State: "up"}}},
			{ID: "c2", Direction: "in", Clinic: "harbor", Trunk: "carrier", State: call.Waiting, Since: callTime, Arrived: callTime, Queue: "main", Position: 1},
			{ID: "c3", Direction: "in", Clinic: "bay", Trunk: "carrier", State: call.Waiting, Since: callTime, Arrived: callTime, Queue: "main", Position: 2},
		},
		agents: []Agent{
			{Person: "amy", Role: "agent", Active: true, State: "talking", Call: "c1", Clinics: []string{"harbor"}},
			{Person: "bo", Role: "agent", Active: true, State: "ready", Clinics: []string{"bay"}},
			{Person: "c1", Role: "agent", Active: true, State: "ready", Clinics: []string{"harbor"}},
		},
		alarms: []Alarm{
			{Name: "disk", Of: "disk", Class: AlarmTonight, Words: "8 % free", Action: "free room", Since: callTime},
			{Name: "nobody_eligible", Of: "nobody_eligible", Class: AlarmPatient, Words: "nobody for harbor", Action: "call somebody in", Since: callTime},
		},
	}
}

// move changes a call, as its own goroutine would, and tells whoever watches.
func (s *stage) move(v call.View) {
	s.mu.Lock()
	for n, old := range s.floor.calls {
		if old.ID == v.ID {
			s.floor.calls[n] = v
		}
	}
	s.mu.Unlock()
	s.floor.changes <- call.Change{Kind: call.CallChanged, ID: v.ID, Call: &v}
}

type stageLines struct{ *stage }

func (l stageLines) Calls(context.Context) ([]call.View, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.state == Stopped {
		return nil, ErrNotRunning
	}
	return append([]call.View(nil), l.floor.calls...), nil
}

func (l stageLines) Watch(ctx context.Context) (<-chan call.Change, error) {
	out := make(chan call.Change)
	go func() {
		defer close(out)
		for {
			select {
			case ch := <-l.floor.changes:
				select {
				case out <- ch:
				case <-ctx.Done():
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	return out, nil
}

func (l stageLines) Order(_ context.Context, _ string, cmd call.Command) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.floor.unfit != "" {
		return &call.Unfit{Word: l.floor.unfit}
	}
	l.floor.orders = append(l.floor.orders, cmd)
	return nil
}

func (l stageLines) Place(_ context.Context, p Placing, _ audit.Actor) (string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.floor.unfit != "" {
		return "", &call.Unfit{Word: l.floor.unfit}
	}
	l.floor.placed = append(l.floor.placed, p)
	return "c9", nil
}

type stageDesks struct{ *stage }

func (d stageDesks) Break(_ context.Context, _ Break, by audit.Actor) error      { return d.change(by) }
func (d stageDesks) EndBreak(_ context.Context, _ string, by audit.Actor) error  { return d.change(by) }
func (d stageDesks) EndWrapUp(_ context.Context, _ string, by audit.Actor) error { return d.change(by) }

type stageCallers struct{ *stage }

var harborCaller = Unserved{Call: "c1", Clinic: "harbor", Arrived: callTime, Waited: 40, Why: "caller_gone", State: "open"}

func (stageCallers) List(context.Context, CallerQuery) (CallerPage, error) {
	return CallerPage{Items: []Unserved{harborCaller, {Call: "c3", Clinic: "bay", State: "open"}}}, nil
}
func (stageCallers) Find(_ context.Context, id string) (Unserved, error) {
	if id != "c1" {
		return Unserved{}, ErrNotFound
	}
	return harborCaller, nil
}
func (c stageCallers) Own(_ context.Context, _ string, by audit.Actor) error { return c.change(by) }
func (c stageCallers) Settle(_ context.Context, _ Settlement, by audit.Actor) error {
	return c.change(by)
}

type stageVoices struct{ *stage }

func (stageVoices) List(context.Context, VoiceQuery) (VoicePage, error) {
	return VoicePage{Items: []VoiceMessage{{ID: "c1", Clinic: "harbor"}, {ID: "v2", Clinic: "bay"}}}, nil
}
func (stageVoices) Find(_ context.Context, id string) (VoiceMessage, error) {
	if id != "c1" {
		return VoiceMessage{}, ErrNotFound
	}
	return VoiceMessage{ID: "c1", Clinic: "harbor", Made: time.Time{}}, nil
}
func (v stageVoices) Take(_ context.Context, _ string, by audit.Actor) error { return v.change(by) }

type stageAlarms struct{ *stage }

func (a stageAlarms) List(context.Context) ([]Alarm, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]Alarm(nil), a.floor.alarms...), nil
}
func (a stageAlarms) Acknowledge(_ context.Context, name string, by audit.Actor) error {
	if name != "c1" && name != "disk" {
		return ErrNotFound
	}
	return a.change(by)
}
func (stageAlarms) Stale(context.Context) ([]StaleAlarm, error) { return nil, nil }

type stageChecks struct{ *stage }

func (c stageChecks) Check(_ context.Context, clinic string, by audit.Actor) (Forwarding, error) {
	return Forwarding{Clinic: clinic, Result: "forwarded"}, c.change(by)
}

// The examples of these routes; a stream is read by somebody who has left already.
func init() {
	for id, body := range map[string]string{
		"order-call":    `{"do":"hang_up"}`,
		"place-call":    `{"number":"+12125550199","clinic":"harbor"}`,
		"send-on-break": `{"reason":"meal","minutes":30}`,
		"take-break":    `{"reason":"training"}`,
		"called-back":   `{}`,
		"served-later":  `{"answer":"c9"}`,
		"write-off":     `{"reason":"rang the wrong clinic"}`,
	} {
		example[id] = body
	}
}
