package policy

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// The case files' forms of layers, rotations, windows, holidays and edits, and how each becomes the model's.

type caseLayer struct {
	ID       string       `json:"id"`
	Tier     int          `json:"tier"`
	Mode     LayerMode    `json:"mode"`
	As       string       `json:"as"`
	Windows  []caseWindow `json:"windows"`
	Holidays []string     `json:"holidays"`
	Rotation caseRotation `json:"rotation"`
}

type caseRotation struct {
	Anchor  string      `json:"anchor_local"`
	Every   string      `json:"every"`
	Members caseMembers `json:"members"`
	Advance Advance     `json:"advance"`
}

// caseMembers is a list of people: an id, null for nobody, or {person, from, to} for a dated member.
type caseMembers []caseMember

type caseMember struct {
	Person string    `json:"person"`
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
}

func (m *caseMember) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '{' {
		type plain caseMember
		return json.Unmarshal(b, (*plain)(m))
	}
	return json.Unmarshal(b, &m.Person)
}

func (list caseMembers) names() (names []string) {
	for _, m := range list {
		names = append(names, cmp.Or(m.Person, Nobody))
	}
	return names
}

func (list caseMembers) terms() (terms []Term) {
	for _, m := range list {
		if !m.From.IsZero() || !m.To.IsZero() {
			terms = append(terms, Term{m.Person, m.From, m.To})
		}
	}
	return terms
}

type caseWindow struct {
	Days  []int  `json:"days"`
	Start string `json:"start"`
	End   string `json:"end"`
}

type caseHoliday struct {
	Name     string   `json:"name"`
	Month    int      `json:"month"`
	Day      int      `json:"day"`
	Weekday  int      `json:"weekday"`
	Nth      int      `json:"nth"`
	Observed Observed `json:"observed"`
}

type caseEdit struct {
	At        time.Time   `json:"at"`
	Do        Do          `json:"do"`
	Person    string      `json:"person"`
	From      string      `json:"from"`
	To        string      `json:"to"`
	Cover     *string     `json:"cover"`
	Tier      int         `json:"tier"`
	Start     time.Time   `json:"start"`
	End       time.Time   `json:"end"`
	Effective time.Time   `json:"effective"`
	Layer     string      `json:"layer"`
	Members   caseMembers `json:"members"`
	Anchor    string      `json:"anchor_local"`
	Every     string      `json:"every"`
	Layers    []caseLayer `json:"layers"`
	A         *caseShift  `json:"a"`
	B         *caseShift  `json:"b"`
	Shifts    []caseDuty  `json:"shifts"`
	Filler    *string     `json:"filler"`
	Edit      *int        `json:"edit"`
	Reason    string      `json:"reason"`
	Note      string      `json:"note"`
}

type caseDuty struct {
	Person string    `json:"person"`
	Start  time.Time `json:"start"`
	End    time.Time `json:"end"`
}

// caseShift is a period's number, or {period, day}.
type caseShift struct {
	Period int64  `json:"period"`
	Day    string `json:"day"`
}

func (s *caseShift) UnmarshalJSON(b []byte) error {
	if k, err := strconv.ParseInt(string(b), 10, 64); err == nil {
		*s = caseShift{Period: k}
		return nil
	}
	type plain caseShift
	return json.Unmarshal(b, (*plain)(s))
}

func (s *caseShift) identity() Shift {
	if s == nil {
		return Shift{}
	}
	return Shift{Period: s.Period, Day: s.Day}
}

// ParseEvery reads a rotation's length: "1d", "2w", "12h", "3m".
func ParseEvery(s string) (int, Unit, error) {
	if len(s) < 2 {
		return 0, "", fmt.Errorf("not a length like 1d or 2w: %q", clip(s))
	}
	n, err := strconv.Atoi(s[:len(s)-1])
	unit := Unit(s[len(s)-1:])
	known := unit == Hour || unit == Day || unit == Week || unit == Month
	if err != nil || n < 1 || n > maxEvery || !known {
		return 0, "", fmt.Errorf("not a length like 1d or 2w: %q", clip(s))
	}
	return n, unit, nil
}

// ParseClock reads a local time of day, "08:00". "24:00" is midnight, the end of the day.
func ParseClock(s string) (WallClock, error) {
	if s == "24:00" {
		return 0, nil
	}
	t, err := time.Parse("15:04", s)
	if err != nil || len(s) != 5 {
		return 0, fmt.Errorf("not a time of day like 08:00: %q", clip(s))
	}
	return WallClock(t.Hour()*60 + t.Minute()), nil
}

// String writes a time of day as a book does.
func (w WallClock) String() string { return fmt.Sprintf("%02d:%02d", int(w)/60, int(w)%60) }

func (w caseWindow) hours() (Hours, error) {
	start, err := ParseClock(w.Start)
	if err != nil {
		return Hours{}, err
	}
	end, err := ParseClock(w.End)
	if err != nil {
		return Hours{}, err
	}
	for _, d := range w.Days {
		if d < 1 || d > 7 {
			return Hours{}, fmt.Errorf("not an ISO weekday: %d", d)
		}
	}
	return Hours{Days: w.Days, Start: start, End: end}, nil
}

func (r caseRotation) rotation() (Rotation, error) {
	n, unit, err := ParseEvery(r.Every)
	if err != nil {
		return Rotation{}, err
	}
	return Rotation{
		Anchor: r.Anchor, Every: n, Unit: unit, Members: r.Members.names(), Terms: r.Members.terms(), Advance: r.Advance,
	}, nil
}

func (l caseLayer) layer() (Layer, error) {
	made := Layer{ID: l.ID, Tier: l.Tier, Mode: l.Mode, As: l.As, Holidays: l.Holidays}
	for _, w := range l.Windows {
		h, err := w.hours()
		if err != nil {
			return made, fmt.Errorf("layer %s: %w", clip(l.ID), err)
		}
		made.Windows = append(made.Windows, h)
	}
	if l.As != "" {
		return made, nil
	}
	var err error
	if made.Rotation, err = l.Rotation.rotation(); err != nil {
		return made, fmt.Errorf("layer %s: %w", clip(l.ID), err)
	}
	return made, nil
}

func (c *caseFile) model() (Schedule, []Holiday, error) {
	var s Schedule
	var holidays []Holiday
	for _, l := range c.Layers {
		made, err := l.layer()
		if err != nil {
			return s, nil, err
		}
		s.Layers = append(s.Layers, made)
	}
	for i, e := range c.Edits {
		made, err := e.edit(i)
		if err != nil {
			return s, nil, fmt.Errorf("edit %d: %w", i, err)
		}
		s.Edits = append(s.Edits, made)
	}
	for _, h := range c.Holidays {
		holidays = append(holidays, Holiday{
			Name: h.Name, Month: time.Month(h.Month), Day: h.Day, Weekday: h.Weekday, Nth: h.Nth, Observed: h.Observed,
		})
	}
	return s, holidays, nil
}

func (e caseEdit) edit(index int) (Edit, error) {
	made := Edit{
		ID: strconv.Itoa(index), At: e.At, Do: e.Do, Person: e.Person, Tier: e.Tier, Start: e.Start, End: e.End,
		Effective: e.Effective, Layer: e.Layer, Members: e.Members.names(), Anchor: e.Anchor, Reason: e.Reason, Note: e.Note,
		A: e.A.identity(), B: e.B.identity(),
	}
	switch e.Do {
	case DoCover:
		made.From, made.Person = e.From, e.To
	case DoTakeOver:
		made.From = e.From
	case DoAbsence, DoDND:
		if e.Cover != nil {
			made.Cover = *e.Cover
		}
	case DoPlan:
		if e.Filler != nil {
			made.Filler = *e.Filler
		}
		for _, d := range e.Shifts {
			made.Shifts = append(made.Shifts, Duty(d))
		}
	case DoChange, DoUndo:
		if e.Edit == nil {
			return made, fmt.Errorf("%s without the edit meant", e.Do)
		}
		made.Of = strconv.Itoa(*e.Edit)
	case DoEvery:
		var err error
		if made.Every, made.Unit, err = ParseEvery(e.Every); err != nil {
			return made, err
		}
	case DoLayers:
		for _, l := range e.Layers {
			layer, err := l.layer()
			if err != nil {
				return made, err
			}
			made.Layers = append(made.Layers, layer)
		}
	}
	return made, nil
}
