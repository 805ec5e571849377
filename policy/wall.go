package policy

import (
	"fmt"
	"math"
	"time"
)

// Wall is a local wall-clock time in seconds: what 1970-01-01T00:00:00 plus Wall seconds would read without any zone.
// It is a type of its own so that it is never mixed up with an instant.
type Wall int64

const (
	minute Wall = 60
	hour   Wall = 3600
	day    Wall = 86400
	week   Wall = 7 * day
)

// wallLayout is how a wall time is written in a book.
const wallLayout = "2006-01-02T15:04:05"

// ParseWall reads "2006-01-02T15:04:05", or without seconds, or a date alone. Years run from 1 to 9999.
func ParseWall(s string) (Wall, error) {
	for _, layout := range [...]string{wallLayout, "2006-01-02T15:04", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil && t.Nanosecond() == 0 && t.Year() >= 1 {
			return Wall(t.Unix()), nil
		}
	}
	return 0, fmt.Errorf("not a local time like 2006-01-02T15:04:05: %q", clip(s))
}

// String writes a wall time as a book does.
func (w Wall) String() string { return time.Unix(int64(w), 0).UTC().Format(wallLayout) }

// date gives the days since 1970-01-01.
func (w Wall) date() int64 { return floorDiv(int64(w), int64(day)) }

// isoWeekday gives 1 for Monday to 7 for Sunday of a day counted from 1970-01-01, a Thursday.
func isoWeekday(date int64) int { return int(mod(date+3, 7)) + 1 }

// ymd splits a day counted from 1970-01-01.
func ymd(date int64) (year int, month time.Month, dom int) {
	return time.Unix(date*int64(day), 0).UTC().Date()
}

// dateOf counts the days to a date; months and days beyond their range carry over.
func dateOf(year int, month time.Month, dom int) int64 {
	return Wall(time.Date(year, month, dom, 0, 0, 0, 0, time.UTC).Unix()).date()
}

// dateText writes a day counted from 1970-01-01.
func dateText(date int64) string {
	return time.Unix(date*int64(day), 0).UTC().Format(time.DateOnly)
}

// Instants before everything and after everything, in Unix seconds.
const (
	dawn int64 = math.MinInt64 / 4
	dusk int64 = math.MaxInt64 / 4
)

// farWest is more than any zone has ever been away from UTC (Metlakatla: +15:13:42, Manila: -15:56).
const farWest = 16 * int64(hour)

// clock reads one zone. It remembers the stretch of constant offset it saw last, so that the dozen of questions that one
// Resolve asks about neighbouring instants cost one look into the zone. It is a value on the caller's stack, never shared.
type clock struct {
	zone       *time.Location
	start, end int64 // of the stretch
	offset     int64
}

// newClock makes one that has not looked yet.
func newClock(zone *time.Location) clock { return clock{zone: zone} }

// look finds the stretch of constant offset around an instant.
func (c *clock) look(t int64) {
	if c.start <= t && t < c.end {
		return
	}
	at := time.Unix(t, 0).In(c.zone)
	_, offset := at.Zone()
	from, to := at.ZoneBounds()
	c.offset, c.start, c.end = int64(offset), dawn, dusk
	if !from.IsZero() {
		c.start = from.Unix()
	}
	if !to.IsZero() {
		c.end = to.Unix()
	}
	if c.end <= t {
		// Beyond the table of transitions ZoneBounds ends its stretches with a year of 365 days, so that on the last
		// day of a leap year the end lies in the past. That day ends with the year (UTC).
		c.end = (floorDiv(t, int64(day)) + 1) * int64(day)
	}
}

// wall reads the clock on the wall at an instant.
func (c *clock) wall(t int64) Wall {
	c.look(t)
	return Wall(t + c.offset)
}

// resolve is S2: the first instant at which the wall clock reads w or later. A gap gives the transition, an overlap its
// first occurrence, a skipped day the first instant of the next one. Monotone: w1 <= w2 gives resolve(w1) <= resolve(w2).
func (c *clock) resolve(w Wall) int64 {
	t := int64(w) - farWest // no wall on earth reads w yet
	c.look(t)
	for {
		if found := max(c.start, int64(w)-c.offset); found < c.end {
			return found
		}
		c.look(c.end)
	}
}

// Instant is S2 for the outside: the first instant at which the wall clock in zone reads w or later.
func (w Wall) Instant(zone *time.Location) time.Time {
	c := newClock(zone)
	return time.Unix(c.resolve(w), 0).UTC()
}

// Occurrences gives the instants at which the wall clock reads exactly w: none in a gap, two in an overlap (S13: the
// writer is asked which one, the first by default).
func (w Wall) Occurrences(zone *time.Location) []time.Time {
	c := newClock(zone)
	var found []time.Time
	for t := int64(w) - farWest; t <= int64(w)+farWest; t = c.end {
		c.look(t)
		if at := int64(w) - c.offset; at >= c.start && at < c.end && at >= t {
			found = append(found, time.Unix(at, 0).UTC())
		}
	}
	return found
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

func mod(a, b int64) int64 { return a - floorDiv(a, b)*b }

// clip keeps a text that came from outside short and printable inside a message.
func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "..."
	}
	return s
}
