package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"nightbell/console"
)

type oncallTimelineCmd struct {
	rangeFlags
	rotaScope
	Width int `help:"Columns to draw in." default:"96"`
}

func (oncallTimelineCmd) Help() string {
	return `Each column is the same time that really passes, so a day on which the clocks change is as long as it is: 23 or 25
hours. A half block is half a column; a dotted row is a time with nobody.

Examples:
  nightbell oncall timeline --schedule harbor
  nightbell oncall timeline --schedule harbor --from 2026-10-31 --to 2026-11-02 --width 60
` + timeHelp
}

func (c oncallTimelineCmd) Run(ctx context.Context, s *session) error {
	return s.shifts(ctx, c.rangeFlags, c.rotaScope, func(w io.Writer, clocks *clocks, shifts []console.Shift) {
		from, to, err := clocks.between(c.From, c.To, 7*24*time.Hour)
		if err != nil {
			return
		}
		for _, one := range clocks.schedules {
			own := slices.DeleteFunc(slices.Clone(shifts), func(sh console.Shift) bool { return sh.Schedule != one.ID })
			t := timeline{zone: clocks.zone(one.ID), name: one.Zone, from: from.Truncate(time.Hour), to: to, width: c.Width, now: clocks.now}
			fmt.Fprintf(w, "%s / %s", plain(one.Clinic), plain(one.ID))
			t.draw(w, own)
		}
	})
}

// timeline draws shifts: people as rows, elapsed time as columns.
type timeline struct {
	zone     *time.Location
	name     string // of the zone
	from, to time.Time
	now      time.Time
	width    int
	cell     time.Duration
}

// columnSizes are the times that a column may stand for.
var columnSizes = []time.Duration{
	5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 3 * time.Hour, 4 * time.Hour, 6 * time.Hour,
	8 * time.Hour, 12 * time.Hour, 24 * time.Hour, 48 * time.Hour, 96 * time.Hour, 168 * time.Hour, 720 * time.Hour,
}

func (t timeline) draw(w io.Writer, shifts []console.Shift) {
	t.width = min(max(t.width, 24), 400)
	t.cell = columnSizes[len(columnSizes)-1]
	for _, c := range columnSizes {
		if t.to.Sub(t.from) <= c*time.Duration(t.width) {
			t.cell = c
			break
		}
	}
	rows := rowsOf(shifts)
	label := len("tier 1")
	for _, r := range rows {
		label = max(label, len([]rune(who(r.person))))
	}
	margin := strings.Repeat(" ", label+2)
	fmt.Fprintf(w, ", %s, one column is %s\n", t.name, columnLasts(t.cell))
	fmt.Fprintln(w, margin+t.days())
	if t.cell <= 6*time.Hour {
		fmt.Fprintln(w, margin+t.ticks())
	}
	tier := 0
	for _, r := range rows {
		if r.tier != tier {
			tier = r.tier
			fmt.Fprintf(w, "tier %d\n", tier)
		}
		fmt.Fprintf(w, "%-*s  %s %s\n", label, plain(who(r.person)), t.bar(r), lasting(r.total()))
	}
	if !t.now.Before(t.from) && t.now.Before(t.to) {
		fmt.Fprintln(w, margin+strings.Repeat(" ", int(t.now.Sub(t.from)/t.cell))+"▲ now")
	}
	for _, line := range t.turns() {
		fmt.Fprintln(w, margin+line)
	}
}

func columnLasts(d time.Duration) string {
	if d < time.Hour {
		return fmt.Sprintf("%d min", d/time.Minute)
	}
	return lasting(d)
}

// line is one person's row in one tier; the person is empty for the gaps.
type line struct {
	tier   int
	person string
	shifts []console.Shift
}

func (l line) total() (sum time.Duration) {
	for _, sh := range l.shifts {
		sum += sh.End.Sub(sh.Start)
	}
	return sum
}

// rowsOf groups shifts by tier and person, people in the order in which they first stand, gaps last.
func rowsOf(shifts []console.Shift) (rows []line) {
	for _, sh := range shifts {
		i := slices.IndexFunc(rows, func(l line) bool { return l.tier == sh.Tier && l.person == sh.Person })
		if i < 0 {
			i = len(rows)
			rows = append(rows, line{tier: sh.Tier, person: sh.Person})
		}
		rows[i].shifts = append(rows[i].shifts, sh)
	}
	slices.SortStableFunc(rows, func(a, b line) int {
		switch {
		case a.tier != b.tier:
			return a.tier - b.tier
		case (a.person == "") != (b.person == "") && a.person == "":
			return 1
		case (a.person == "") != (b.person == ""):
			return -1
		}
		return 0
	})
	return rows
}

func (t timeline) columns() int { return int((t.to.Sub(t.from) + t.cell - 1) / t.cell) }

// bar draws a row with half a column's accuracy: what stands for most of a half is drawn.
func (t timeline) bar(l line) string {
	half := t.cell / 2
	full := make([]bool, 2*t.columns())
	for i := range full {
		a := t.from.Add(time.Duration(i) * half)
		b := a.Add(half)
		var stands time.Duration
		for _, sh := range l.shifts {
			if within := earlier(sh.End, b).Sub(later(sh.Start, a)); within > 0 {
				stands += within
			}
		}
		full[i] = stands*2 >= half && stands > 0
	}
	var b strings.Builder
	for i := 0; i < len(full); i += 2 {
		switch {
		case l.person == "" && (full[i] || full[i+1]):
			b.WriteRune('░')
		case full[i] && full[i+1]:
			b.WriteRune('█')
		case full[i]:
			b.WriteRune('▌')
		case full[i+1]:
			b.WriteRune('▐')
		default:
			b.WriteRune('·')
		}
	}
	return b.String()
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// days names each day above the column in which it begins; on a crowded axis only those that have room.
func (t timeline) days() string {
	axis := newAxis(t.columns())
	crowded := int(24*time.Hour/t.cell) < len("│Mon 02")
	for at := t.from; at.Before(t.to); at = nextDay(at, t.zone) {
		label := "│" + at.In(t.zone).Format("02 Jan")
		for _, layout := range []string{"02", "Mon 02", "Mon 02 Jan"} {
			if room := int(nextDay(at, t.zone).Sub(at) / t.cell); !crowded && (layout == "02" || room > len(layout)+1) {
				label = "│" + at.In(t.zone).Format(layout)
			}
		}
		axis.put(int(at.Sub(t.from)/t.cell), label)
	}
	return axis.String()
}

// ticks names hours of the clock on the wall; where the clocks change, an hour is missing or stands twice.
func (t timeline) ticks() string {
	every := []int{1, 3, 6, 12}
	axis := newAxis(t.columns())
	for _, n := range every {
		if time.Duration(n)*time.Hour < 4*t.cell {
			continue
		}
		for c := range t.columns() {
			at := t.from.Add(time.Duration(c) * t.cell)
			for local := at.In(t.zone).Truncate(time.Minute); local.Before(at.Add(t.cell)); local = local.Add(15 * time.Minute) {
				if clock := local.In(t.zone); clock.Minute() == 0 && clock.Hour()%n == 0 && !local.Before(at) {
					axis.put(c, clock.Format("15"))
					break
				}
			}
		}
		break
	}
	return axis.String()
}

// turns says when the clocks change within the range, and what that does to the day.
func (t timeline) turns() (lines []string) {
	for at := t.from.Add(-time.Second).In(t.zone); ; {
		_, next := at.ZoneBounds()
		if next.IsZero() || !next.Before(t.to) {
			return lines
		}
		before, after := next.Add(-time.Second).In(t.zone), next.In(t.zone)
		if turned := turnedBetween(next.Add(-time.Second), next, t.zone); turned != "" {
			_, was := before.Zone()
			inside := next.Add(-time.Second) // of the day that the change makes longer; a shorter one may begin with it
			if _, is := after.Zone(); is > was {
				inside = next
			}
			day := dayBegins(inside, t.zone)
			lines = append(lines, fmt.Sprintf("%s: %s %s -> %s %s, this day lasts %s", turned,
				next.In(time.FixedZone("", was)).Format("Mon 2006-01-02 15:04"), before.Format("MST"),
				after.Format("15:04"), after.Format("MST"), lasting(nextDay(day, t.zone).Sub(day))))
		}
		at = next.In(t.zone)
	}
}

// dayBegins is the first instant of the local day.
func dayBegins(t time.Time, zone *time.Location) time.Time {
	wall, err := wallOf(t, zone)
	if err != nil {
		return t
	}
	return (wall - wall%86400).Instant(zone)
}

// nextDay is the first instant of the next local day that there is.
func nextDay(t time.Time, zone *time.Location) time.Time {
	wall, err := wallOf(t, zone)
	if err != nil {
		return t.Add(24 * time.Hour)
	}
	for next := wall - wall%86400 + 86400; ; next += 86400 {
		if at := next.Instant(zone); at.After(t) {
			return at
		}
	}
}

// axis is a line of text onto which labels are put where they fit.
type axis []rune

func newAxis(columns int) axis { return []rune(strings.Repeat(" ", columns+12)) }

func (a axis) put(column int, text string) {
	label := []rune(text)
	if column+len(label) > len(a) || column > 0 && label[0] != '│' && a[column-1] != ' ' {
		return
	}
	for _, taken := range a[column : column+len(label)] {
		if taken != ' ' {
			return
		}
	}
	copy(a[column:], label)
}

func (a axis) String() string { return strings.TrimRight(string(a), " ") }
