package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"
)

// LeafVersion stands in every leaf. Fields are only ever added under it.
const LeafVersion = 1

// MaxLeaf bounds a leaf in bytes: a row that anybody may have to read.
const MaxLeaf = 64 << 10

// leaf is the JSON form: keys in ascending order, empty ones left out, so that Marshal is canonical as RFC 8785 has it.
type leaf struct {
	Action      string            `json:"action"`
	Actor       leafActor         `json:"actor"`
	Classes     []string          `json:"classes,omitempty"`
	Clinic      string            `json:"clinic,omitempty"`
	Correlation string            `json:"correlation,omitempty"`
	Detail      []byte            `json:"detail,omitempty"`
	Facts       map[string]string `json:"facts,omitempty"`
	Late        bool              `json:"late,omitempty"`
	Object      string            `json:"object,omitempty"`
	Outcome     string            `json:"outcome"`
	Purpose     string            `json:"purpose,omitempty"`
	Reason      string            `json:"reason,omitempty"`
	Seq         int64             `json:"seq"`
	Time        string            `json:"time"`
	V           int               `json:"v"`
}

type leafActor struct {
	Device string `json:"device,omitempty"`
	ID     string `json:"id,omitempty"`
	IP     string `json:"ip,omitempty"`
	Login  string `json:"login,omitempty"`
	Role   string `json:"role,omitempty"`
	Type   string `json:"type"`
}

const leafTime = "2006-01-02T15:04:05.000000Z"

// Leaf gives the canonical JSON of e as number seq of the log. The time is cut to microseconds, UTC. An action that is
// not in the closed list, an actor without a type, or a leaf over MaxLeaf is refused: nothing is written half.
func Leaf(e Event, seq int64) ([]byte, error) {
	if !Known(e.Action) {
		return nil, fmt.Errorf("audit leaf: action %q: not in the closed list", e.Action)
	}
	if e.Actor.Type == "" {
		return nil, fmt.Errorf("audit leaf: %s: actor without a type", e.Action)
	}
	if seq < 0 || e.Time.IsZero() {
		return nil, fmt.Errorf("audit leaf: %s: no seq or no time", e.Action)
	}
	b, err := encodeLeaf(leafOf(e, seq))
	if err != nil {
		return nil, fmt.Errorf("audit leaf: %s: %w", e.Action, err)
	}
	if len(b) > MaxLeaf {
		return nil, fmt.Errorf("audit leaf: %s: %d bytes, at most %d", e.Action, len(b), MaxLeaf)
	}
	return b, nil
}

func leafOf(e Event, seq int64) leaf {
	l := leaf{
		V: LeafVersion, Seq: seq, Time: e.Time.UTC().Format(leafTime),
		Actor: leafActor{
			Type: clean(e.Actor.Type), ID: clean(e.Actor.ID), Role: clean(e.Actor.Role),
			Login: clean(e.Actor.Login), Device: clean(e.Actor.Device), IP: clean(e.Actor.IP),
		},
		Action: string(e.Action), Object: clean(e.Object), Clinic: clean(e.Clinic), Outcome: clean(string(e.Outcome)),
		Reason: clean(e.Reason), Purpose: clean(e.Purpose), Correlation: clean(e.Correlation),
		Detail: e.Detail, Late: e.Late,
	}
	if l.Outcome == "" {
		l.Outcome = string(Done)
	}
	for _, c := range e.Classes {
		l.Classes = append(l.Classes, clean(c))
	}
	if len(e.Facts) > 0 {
		l.Facts = make(map[string]string, len(e.Facts))
		for k, v := range e.Facts {
			l.Facts[clean(k)] = clean(v)
		}
	}
	return l
}

func encodeLeaf(l leaf) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(l); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// clean keeps texts to what RFC 8785 and Go's encoder write alike: valid UTF-8 without control characters or U+2028/9.
func clean(s string) string {
	if plain(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// ParseLeaf reads a leaf back. It refuses one that is not canonical to the byte.
func ParseLeaf(b []byte) (Event, int64, error) {
	if len(b) > MaxLeaf {
		return Event{}, 0, fmt.Errorf("audit leaf: %d bytes, at most %d", len(b), MaxLeaf)
	}
	var l leaf
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&l); err != nil {
		return Event{}, 0, errLeafForm
	}
	at, err := time.Parse(leafTime, l.Time)
	if err != nil || l.V != LeafVersion {
		return Event{}, 0, errLeafForm
	}
	e := eventOf(l, at)
	again, err := Leaf(e, l.Seq)
	if err != nil || !bytes.Equal(again, b) {
		return Event{}, 0, errLeafForm
	}
	return e, l.Seq, nil
}

var errLeafForm = fmt.Errorf("audit leaf: not canonical")

func eventOf(l leaf, at time.Time) Event {
	return Event{
		Time: at,
		Actor: Actor{
			Type: l.Actor.Type, ID: l.Actor.ID, Role: l.Actor.Role,
			Login: l.Actor.Login, Device: l.Actor.Device, IP: l.Actor.IP,
		},
		Action: Action(l.Action), Object: l.Object, Clinic: l.Clinic, Outcome: Outcome(l.Outcome),
		Reason: l.Reason, Purpose: l.Purpose, Classes: l.Classes, Correlation: l.Correlation,
		Facts: l.Facts, Detail: l.Detail, Late: l.Late,
	}
}
