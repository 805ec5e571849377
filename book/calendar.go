package book

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Feed is a calendar to be written: its name and its entries in order.
type Feed struct {
	Name    string
	Entries []Entry
}

// icalTime is a UTC time (RFC 5545 §3.3.5, form 2): a calendar program cannot misread it, whatever zone data it has.
const icalTime = "20060102T150405Z"

// Calendar writes a feed as iCalendar. Shifts do not make a person look busy (TRANSP:TRANSPARENT), programs are asked to
// come again each hour, and the same entries give the same bytes.
func Calendar(f Feed) []byte {
	c := calendar{out: make([]byte, 0, 256+320*len(f.Entries))}
	c.line("BEGIN:VCALENDAR")
	c.line("VERSION:2.0")
	c.line("PRODID:-//Nightbell//On call//EN")
	c.line("CALSCALE:GREGORIAN")
	c.line("METHOD:PUBLISH")
	c.text("NAME:", f.Name)
	c.text("X-WR-CALNAME:", f.Name)
	c.line("REFRESH-INTERVAL;VALUE=DURATION:PT1H")
	c.line("X-PUBLISHED-TTL:PT1H")
	for i := range f.Entries {
		c.entry(&f.Entries[i])
	}
	c.line("END:VCALENDAR")
	return c.out
}

type calendar struct{ out []byte }

func (c *calendar) entry(e *Entry) {
	c.line("BEGIN:VEVENT")
	c.text("UID:", e.UID)
	c.time("DTSTAMP:", e.Changed)
	c.time("LAST-MODIFIED:", e.Changed)
	c.time("DTSTART:", e.Start)
	c.time("DTEND:", e.End)
	c.line("SEQUENCE:" + strconv.Itoa(e.Sequence))
	if e.Cancelled {
		c.line("STATUS:CANCELLED")
		c.line("SUMMARY:On call: cancelled")
	} else {
		c.line("STATUS:CONFIRMED")
		c.text("SUMMARY:", e.Summary)
	}
	c.line("TRANSP:TRANSPARENT")
	c.line("CLASS:PRIVATE")
	c.line("END:VEVENT")
}

func (c *calendar) time(name string, t time.Time) { c.line(name + t.UTC().Format(icalTime)) }

// escapes of a text value (RFC 5545 §3.3.11).
var escapes = strings.NewReplacer(`\`, `\\`, `;`, `\;`, `,`, `\,`, "\r\n", `\n`, "\n", `\n`, "\r", "")

func (c *calendar) text(name, value string) { c.line(name + escapes.Replace(value)) }

// line folds at 75 octets, never inside a character (RFC 5545 §3.1).
func (c *calendar) line(s string) {
	const width = 75
	room := width
	for len(s) > room {
		cut := room
		for cut > 1 && !utf8.RuneStart(s[cut]) {
			cut--
		}
		c.out = append(append(c.out, s[:cut]...), "\r\n "...)
		s, room = s[cut:], width-1
	}
	c.out = append(append(c.out, s...), "\r\n"...)
}
