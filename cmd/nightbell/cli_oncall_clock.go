package main

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"nightbell/console"
	"nightbell/policy"
)

// rotaScope says which schedules a command looks at.
type rotaScope struct {
	Clinic   string `help:"Only this clinic." placeholder:"ID"`
	Schedule string `help:"Only this schedule." placeholder:"ID"`
}

// clocks knows in which zone each schedule's clock hangs.
type clocks struct {
	zones     *policy.Zones
	schedules []console.ScheduleView
	now       time.Time
}

// clocks asks for the schedules in question and reads their times with the zone data of the house.
func (s *session) clocks(ctx context.Context, api *client, of rotaScope) (*clocks, error) {
	var v struct {
		Items []console.ScheduleView `json:"items"`
	}
	if err := api.ask(ctx, "GET", "/api/v1/schedules"+query("clinic", of.Clinic), nil, &v); err != nil {
		return nil, err
	}
	c := &clocks{zones: s.zoneData(), now: time.Now()}
	for _, one := range v.Items {
		if of.Schedule == "" || one.ID == of.Schedule {
			c.schedules = append(c.schedules, one)
		}
	}
	if of.Schedule != "" && len(c.schedules) == 0 {
		return nil, fmt.Errorf("no schedule %q: see nightbell oncall list", plain(of.Schedule))
	}
	return c, nil
}

// zoneData is what the server reads times with, as far as it can be had; else the copy inside the program.
func (s *session) zoneData() *policy.Zones {
	if cfg, err := s.config(); err == nil {
		if z, err := loadZones(cfg); err == nil {
			return z
		}
	}
	return policy.EmbeddedZones()
}

// zone finds a schedule's; UTC where it is unknown.
func (c *clocks) zone(schedule string) *time.Location {
	for _, s := range c.schedules {
		if s.ID == schedule {
			if z, err := c.zones.Zone(s.Zone); err == nil {
				return z
			}
		}
	}
	return time.UTC
}

// common is the one zone of all schedules in question; false where there are several.
func (c *clocks) common() (*time.Location, bool) {
	var names []string
	for _, s := range c.schedules {
		if !slices.Contains(names, s.Zone) {
			names = append(names, s.Zone)
		}
	}
	if len(names) != 1 {
		return time.UTC, false
	}
	return c.zone(c.schedules[0].ID), true
}

// instant reads a time of the command line in the zone that all schedules in question share; with several zones it needs
// an offset.
func (c *clocks) instant(text string, otherwise time.Time) (time.Time, error) {
	if text == "" {
		return otherwise, nil
	}
	zone, one := c.common()
	if !one && text != "now" {
		if _, err := time.Parse(time.RFC3339, text); err != nil {
			return time.Time{}, errUsage("schedules of several zones: name one by --schedule, or write the time with its offset")
		}
	}
	return readTime(text, zone, c.now)
}

// between reads the ends of a range.
func (c *clocks) between(from, to string, length time.Duration) (a, b time.Time, err error) {
	if a, err = c.instant(from, c.now.Truncate(time.Second)); err != nil {
		return a, b, err
	}
	zone, _ := c.common()
	if b, err = c.instant(to, laterOnTheWall(a, length, zone)); err == nil && !b.After(a) {
		err = errUsage("--to is not after --from")
	}
	return a, b, err
}

// laterOnTheWall goes on by whole days of the clock on the wall: a week is a week, whatever the clocks do in it.
func laterOnTheWall(t time.Time, length time.Duration, zone *time.Location) time.Time {
	wall, err := wallOf(t, zone)
	if err != nil {
		return t.Add(length)
	}
	return (wall + policy.Wall(length/time.Second)).Instant(zone)
}

// wallOf reads the clock on the wall at an instant.
func wallOf(t time.Time, zone *time.Location) (policy.Wall, error) {
	return policy.ParseWall(t.In(zone).Format("2006-01-02T15:04:05"))
}

// timeHelp stands in the help of every command that takes a time.
const timeHelp = `
Times: 2026-11-23T17:00 is local to the schedule's zone, 2026-11-23T17:00-05:00 and ...Z are exact. Also: now, 17:00,
today 17:00, tomorrow 08:00, fri 17:00 (the next one), +8h (from now). Add "second" where a local time comes twice.`

var weekdayNames = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

// readTime reads a time as people write it.
func readTime(text string, zone *time.Location, now time.Time) (time.Time, error) {
	text = strings.TrimSpace(text)
	if text == "now" {
		return now.Truncate(time.Second), nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t.UTC(), nil
	}
	if after, ok := strings.CutPrefix(text, "+"); ok {
		d, err := time.ParseDuration(after)
		if err != nil || d <= 0 {
			return time.Time{}, errUsage("not a length such as +8h or +90m")
		}
		return now.Add(d).Truncate(time.Second), nil
	}
	first, second := strings.CutSuffix(text, " second")
	wall, err := readWall(first, zone, now)
	if err != nil {
		return time.Time{}, err
	}
	found := wall.Occurrences(zone)
	if second && len(found) == 2 {
		return found[1], nil
	}
	return wall.Instant(zone), nil
}

// readWall reads a local time: a date and time, or a word and a time of day.
func readWall(text string, zone *time.Location, now time.Time) (policy.Wall, error) {
	if wall, err := policy.ParseWall(strings.Replace(text, " ", "T", 1)); err == nil {
		return wall, nil
	}
	word, clock, ok := strings.Cut(text, " ")
	if !ok {
		word, clock = "today", text
	}
	at, err := policy.ParseClock(clock)
	if err != nil {
		return 0, errUsage("not a time: 2026-11-23T17:00, 2026-11-23T17:00:00Z, 17:00, tomorrow 08:00, fri 17:00, +8h or now")
	}
	today, err := policy.ParseWall(now.In(zone).Format(time.DateOnly))
	if err != nil {
		return 0, errUsage("the clock of this machine is out of range")
	}
	ahead := slices.Index(weekdayNames, strings.ToLower(word))
	switch {
	case word == "today":
		ahead = 0
	case word == "tomorrow":
		ahead = 1
	case ahead < 0:
		return 0, errUsage("not a day: today, tomorrow, or mon to sun")
	default:
		ahead = (ahead - (int(now.In(zone).Weekday())+6)%7 + 7) % 7
	}
	wall := today + policy.Wall(ahead)*86400 + policy.Wall(at)*60
	if ok && ahead == 0 && word != "today" && !wall.Instant(zone).After(now) {
		wall += 7 * 86400
	}
	return wall, nil
}

// clock writes an instant as the clinic reads it: "Sun 2026-11-01 01:30 EDT".
func clockIn(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return "-"
	}
	layout := "Mon 2006-01-02 15:04 MST"
	if t.Second() != 0 {
		layout = "Mon 2006-01-02 15:04:05 MST"
	}
	return t.In(zone).Format(layout)
}

// lasting writes an elapsed time: "12 h", "12 h 30".
func lasting(d time.Duration) string {
	h, m := int(d/time.Hour), int(d%time.Hour/time.Minute)
	if m == 0 {
		return fmt.Sprintf("%d h", h)
	}
	return fmt.Sprintf("%d h %02d", h, m)
}

// turnedBetween says what the clocks did within a time: "" where they did nothing.
func turnedBetween(start, end time.Time, zone *time.Location) string {
	_, before := start.In(zone).Zone()
	_, after := end.In(zone).Zone()
	switch cmp.Compare(after, before) {
	case 1:
		return "clocks go forward " + lasting(time.Duration(after-before)*time.Second)
	case -1:
		return "clocks go back " + lasting(time.Duration(before-after)*time.Second)
	}
	return ""
}

// at is an instant as the API takes it in a query.
func at(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// pathOf joins a path whose parts may hold anything.
func pathOf(parts ...string) string {
	var b strings.Builder
	b.WriteString("/api/v1")
	for _, p := range parts {
		b.WriteString("/" + url.PathEscape(p))
	}
	return b.String()
}
