package book

import (
	"slices"
	"strings"

	"nightbell/policy"
)

// CallLog is another vendor's call log read.
type CallLog struct {
	Calls   []policy.PastCall
	Refused Mistakes // lines that could not be read; the others count
	Unknown []string // names of the log that are nobody in the book, once each; at most 50
}

// MaxCallLog bounds a call log; a month of a busy service is a few MiB.
const MaxCallLog = 16 << 20

// ReadCallLog reads a call log as a table with the columns called number, time and, if the log knows it, who was reached
// and on which trunk. Callers' numbers are not read, whatever the table holds. A line that cannot be read is listed and
// left out; a table without the columns is refused as a whole.
func ReadCallLog(text []byte, with RotaReading, names Names) (CallLog, error) {
	r := newImporter(with)
	t := r.table(text, MaxCallLog, columns{
		{"number", []string{"number", "called", "called number", "dialled", "dialed", "did", "dnis"}, true},
		{"at", []string{"at", "time", "start", "start time", "date", "timestamp", "call time"}, true},
		{"reached", []string{"reached", "answered by", "answered_by", "on call", "person", "delivered to"}, false},
		{"trunk", []string{"trunk"}, false},
	})
	if len(r.mistakes) > 0 {
		return CallLog{}, sorted(r.mistakes)
	}
	var log CallLog
	for t.next() {
		call := policy.PastCall{Trunk: t.cell("trunk")}
		var ok bool
		if call.At, ok = r.moment(t, "at"); !ok {
			continue
		}
		e164, whole := policy.NormaliseNumber(t.cell("number"), "US")
		if e164 == "" || !whole && call.Trunk == "" || len(e164) > maxID || strings.ContainsFunc(e164, invisible) {
			r.wrongAt(t.line, "number", "is not an E.164 number; an extension needs its trunk")
			continue
		}
		call.Number = e164
		call.Reached = log.reached(t.cell("reached"), names)
		log.Calls = append(log.Calls, call)
	}
	if len(log.Calls) == 0 && len(r.mistakes) == 0 {
		r.wrong("log", "holds no call")
		return CallLog{}, r.mistakes
	}
	log.Refused = sorted(r.mistakes)
	return log, nil
}

// reached reads who was reached: names or ids, with semicolon, slash or bar between them.
func (l *CallLog) reached(cell string, names Names) (ids []string) {
	for _, who := range strings.FieldsFunc(cell, func(c rune) bool { return strings.ContainsRune(";/|", c) }) {
		who = strings.TrimSpace(who)
		if who == "" {
			continue
		}
		if id, ok := names.Find(who); ok {
			ids = append(ids, id)
		} else if len(l.Unknown) < 50 && !slices.Contains(l.Unknown, plain(who)) {
			l.Unknown = append(l.Unknown, plain(who))
		}
	}
	return ids
}
