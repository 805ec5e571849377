package book

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"nightbell/policy"
)

// ReadRotaCSV reads a rota out of a table with the columns person, start and end, and if it likes tier. The first line
// names them; comma, semicolon and tab separate. Times are RFC 3339, or local to the schedule's zone.
func ReadRotaCSV(text []byte, with RotaReading) (Rota, error) {
	r := newImporter(with)
	t := r.table(text, MaxRota, columns{
		{"person", []string{"person", "name", "who", "user", "on call"}, true},
		{"start", []string{"start", "from", "begin", "start time", "start_time"}, true},
		{"end", []string{"end", "to", "until", "end time", "end_time"}, true},
		{"tier", []string{"tier", "level"}, false},
	})
	for t.next() {
		turn := Turn{Who: t.cell("person"), Line: t.line}
		var ok, okEnd bool
		turn.Start, ok = r.moment(t, "start")
		turn.End, okEnd = r.moment(t, "end")
		if text := t.cell("tier"); text != "" {
			if turn.Tier, _ = strconv.Atoi(text); turn.Tier < 1 || turn.Tier > maxTier {
				r.wrongAt(t.line, "tier", "must be 1 to %d", maxTier)
				continue
			}
		}
		if ok && okEnd {
			r.turn(turn)
		}
	}
	return r.rota()
}

// layouts of local times that tables hold. A day and a month as numbers with slashes are not among them: 03/04 is two days.
var layouts = []string{"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02"}

func (r *importer) moment(t *csvTable, field string) (time.Time, bool) {
	text := t.cell(field)
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 -0700"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC(), true
		}
	}
	for _, layout := range layouts {
		if at, err := time.Parse(layout, text); err == nil {
			if !sane(at) {
				r.wrongAt(t.line, field, "is out of range: years run from 1970 to 9998")
				return time.Time{}, false
			}
			return r.wall(t.line, field, policy.Wall(at.Unix()), r.Zone), true
		}
	}
	r.wrongAt(t.line, field, "is not a time like 2026-11-23 17:00 or 2026-11-23T17:00:00-05:00")
	return time.Time{}, false
}

// columns of a table: what each is called here, and in the files of others.
type columns []struct {
	name   string
	called []string
	needed bool
}

// csvTable goes through the lines of a table.
type csvTable struct {
	r     *importer
	rows  *csv.Reader
	where map[string]int
	row   []string
	line  int
	count int
}

func (r *importer) table(text []byte, most int, want columns) *csvTable {
	t := &csvTable{r: r, where: map[string]int{}}
	if r.tooLarge(len(text), most) {
		return t
	}
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(text) {
		r.wrong("rota", "is not UTF-8")
		return t
	}
	t.rows = csv.NewReader(bytes.NewReader(text))
	t.rows.Comma, t.rows.FieldsPerRecord, t.rows.TrimLeadingSpace, t.rows.ReuseRecord = separator(text), -1, true, true
	if !t.read() {
		if len(r.mistakes) == 0 {
			r.wrong("rota", "is empty")
		}
		return t
	}
	for i, head := range t.row[:min(len(t.row), maxColumn)] {
		for _, c := range want {
			for _, name := range c.called {
				if _, twice := t.where[c.name]; !twice && strings.EqualFold(strings.TrimSpace(head), name) {
					t.where[c.name] = i
				}
			}
		}
	}
	for _, c := range want {
		if _, ok := t.where[c.name]; !ok && c.needed {
			r.wrongAt(1, c.name, "is missing: no column is called %s", strings.Join(c.called, ", "))
			t.rows = nil
		}
	}
	return t
}

// separator is what the first line uses most.
func separator(text []byte) rune {
	first, _, _ := bytes.Cut(text, []byte("\n"))
	best, most := ',', 0
	for _, c := range []rune{',', ';', '\t'} {
		if n := bytes.Count(first, []byte(string(c))); n > most {
			best, most = c, n
		}
	}
	return best
}

// next goes to the next line that holds anything; false at the end, or when there are too many mistakes to go on.
func (t *csvTable) next() bool {
	for t.rows != nil && len(t.r.mistakes) < maxMistakes && t.read() {
		if strings.TrimSpace(strings.Join(t.row, "")) == "" {
			continue
		}
		if t.count++; t.count > maxLines {
			t.r.wrong("rota", "has more than %d lines", maxLines)
			return false
		}
		return true
	}
	return false
}

// maxLines bounds a table.
const maxLines = 100_000

func (t *csvTable) read() bool {
	row, err := t.rows.Read()
	var bad *csv.ParseError
	switch {
	case err == io.EOF:
		return false
	case errors.As(err, &bad):
		t.r.wrongAt(bad.Line, "rota", "is not a table: a quote is not closed or stands inside a cell")
		return false
	case err != nil:
		t.r.wrong("rota", "cannot be read")
		return false
	}
	t.row = row
	t.line, _ = t.rows.FieldPos(0)
	return true
}

func (t *csvTable) cell(name string) string {
	i, ok := t.where[name]
	if !ok || i >= len(t.row) {
		return ""
	}
	return strings.TrimSpace(t.row[i])
}
