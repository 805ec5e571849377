package console

import (
	"cmp"
	"context"
	"slices"
)

// gravity is the order in which alarms are read.
var gravity = []AlarmClass{AlarmPatient, AlarmTonight, AlarmMorning}

func listAlarms(c *Console, ctx context.Context, in *struct {
	Class AlarmClass `query:"class" enum:"patient,tonight,morning"`
}) (*answer[list[Alarm]], error) {
	items, err := c.ports.Alarms.List(ctx)
	items = slices.DeleteFunc(slices.Clone(items), func(a Alarm) bool { return in.Class != "" && a.Class != in.Class })
	slices.SortStableFunc(items, func(a, b Alarm) int {
		return cmp.Or(cmp.Compare(slices.Index(gravity, a.Class), slices.Index(gravity, b.Class)), a.Since.Compare(b.Since), cmp.Compare(a.Name, b.Name))
	})
	return say(listed(items, ""), err)
}

func staleAlarms(c *Console, ctx context.Context, _ *struct{}) (*answer[list[StaleAlarm]], error) {
	items, err := c.ports.Alarms.Stale(ctx)
	return say(listed(items, ""), err)
}

// checkForwarding sends the sentinel out now.
func checkForwarding(c *Console, ctx context.Context, in *Named) (*answer[Forwarding], error) {
	if !askingOf(ctx).sees(in.ID) {
		return nil, ErrNotFound
	}
	return say(c.ports.Checks.Check(ctx, in.ID, askingOf(ctx).who.Actor))
}

// acknowledgeAlarm is somebody's word that she sees to it: it stands until it is over, and telephones nobody any more.
func acknowledgeAlarm(c *Console, ctx context.Context, in *struct {
	Name string `path:"id" maxLength:"200" pattern:"^[A-Za-z0-9 ._:~-]{1,200}$" patternDescription:"an alarm's name" doc:"name of the alarm"`
}) (*done, error) {
	return nil, c.ports.Alarms.Acknowledge(ctx, in.Name, askingOf(ctx).who.Actor)
}
