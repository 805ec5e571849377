package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Verdict is what Verify found, in the form `oncall verify --json` prints.
type Verdict struct {
	Total int           `json:"total"`
	Wrong int           `json:"wrong"`
	Cases []CaseVerdict `json:"cases"`
}

// CaseVerdict is one case: what came out beside what was expected.
type CaseVerdict struct {
	ID     string          `json:"id"`
	OK     bool            `json:"ok"`
	Got    json.RawMessage `json:"got"`
	Expect json.RawMessage `json:"expect"`
}

// maxCases bounds the memory a file can ask for.
const maxCases = 1 << 20

// Verify runs a file of cases (kinds rotation, window, schedule) with the embedded zone data.
func Verify(cases []byte) (Verdict, error) { return VerifyIn(cases, EmbeddedZones()) }

// VerifyIn runs a file of cases with the given zone data. A file that cannot be read, or a case of an unknown kind, is an
// error that names the case. A wrong answer is counted, and so is a case that is refused: what it got is the refusal.
func VerifyIn(cases []byte, z *Zones) (Verdict, error) {
	var file struct {
		Cases []json.RawMessage `json:"cases"`
	}
	dec := json.NewDecoder(bytes.NewReader(cases))
	if err := dec.Decode(&file); err != nil {
		return Verdict{}, fmt.Errorf("cases: %w", err)
	}
	if dec.More() {
		return Verdict{}, errors.New("cases: text after the end")
	}
	if len(file.Cases) > maxCases {
		return Verdict{}, fmt.Errorf("cases: more than %d", maxCases)
	}
	v := Verdict{Cases: []CaseVerdict{}}
	for i, raw := range file.Cases {
		one, err := verifyOne(raw, z)
		if err != nil {
			return Verdict{}, fmt.Errorf("case %d (%s): %w", i, clip(one.ID), err)
		}
		v.Total++
		if !one.OK {
			v.Wrong++
		}
		v.Cases = append(v.Cases, one)
	}
	return v, nil
}

// refusal is what a case gets whose rules cannot be read.
type refusal struct {
	Error string `json:"error"`
}

func verifyOne(raw json.RawMessage, z *Zones) (CaseVerdict, error) {
	var c caseFile
	if err := json.Unmarshal(raw, &c); err != nil {
		return CaseVerdict{ID: c.ID}, err
	}
	v := CaseVerdict{ID: c.ID}
	zone, _ := z.Zone(c.Zone) // nil: refused by name where it is used
	var got, expect any
	var err error
	switch c.Kind {
	case "rotation":
		got, expect, err = c.rotation(zone)
	case "window":
		got, expect, err = c.window(zone)
	case "schedule":
		got, expect, err = c.schedule(zone)
	default:
		return v, fmt.Errorf("unknown kind %q", clip(c.Kind))
	}
	if err != nil {
		got, expect = refusal{err.Error()}, c.Expect
	}
	if v.Got, err = json.Marshal(got); err != nil {
		return v, err
	}
	if v.Expect, err = json.Marshal(expect); err != nil {
		return v, err
	}
	v.OK = bytes.Equal(v.Got, v.Expect)
	return v, nil
}

// caseFile is one case of any kind, in the form of the case files.
type caseFile struct {
	ID   string    `json:"id"`
	Kind string    `json:"kind"`
	Zone string    `json:"zone"`
	T    time.Time `json:"T"`

	Anchor  string          `json:"anchor_local"`
	Every   string          `json:"every"`
	Users   caseMembers     `json:"users"`
	Expect  json.RawMessage `json:"expect"`
	Start   json.RawMessage `json:"shift_start"`
	End     json.RawMessage `json:"shift_end"`
	Advance Advance         `json:"advance"`

	Days        []int        `json:"start_days"`
	WindowStart string       `json:"start"`
	WindowEnd   string       `json:"end"`
	Active      bool         `json:"expect_active"`
	Window      *[2]caseTime `json:"window"`

	KnownAt  time.Time     `json:"known_at"`
	Layers   []caseLayer   `json:"layers"`
	Holidays []caseHoliday `json:"holidays"`
	Edits    []caseEdit    `json:"edits"`
}

// caseTime compares instants however they are written.
type caseTime time.Time

func (t caseTime) MarshalJSON() ([]byte, error) { return time.Time(t).UTC().MarshalJSON() }

func (t *caseTime) UnmarshalJSON(b []byte) error {
	var at time.Time
	err := at.UnmarshalJSON(b)
	*t = caseTime(at)
	return err
}

// shiftCase is the answer of a rotation; bounds that a case does not state are left out of both sides.
type shiftCase struct {
	Person string    `json:"person"`
	Start  *caseTime `json:"shift_start,omitempty"`
	End    *caseTime `json:"shift_end,omitempty"`
}

func (c *caseFile) rotation(zone *time.Location) (got, expect any, err error) {
	rota, err := caseRotation{Anchor: c.Anchor, Every: c.Every, Members: c.Users, Advance: c.Advance}.rotation()
	if err != nil {
		return nil, nil, err
	}
	s := Schedule{Layers: []Layer{{ID: "layer", Tier: 1, Rotation: rota}}}
	r, err := Compile(s, Rules{Zone: zone, ZoneName: c.Zone})
	if err != nil {
		return nil, nil, err
	}
	var want shiftCase
	if err := json.Unmarshal(c.Expect, &want.Person); err != nil {
		return nil, nil, fmt.Errorf("expect: %w", err)
	}
	if want.Person == "" {
		want.Person = Nobody
	}
	if err := errors.Join(optional(c.Start, &want.Start), optional(c.End, &want.End)); err != nil {
		return nil, nil, err
	}
	var now OnCall
	r.Resolve(c.T, &now)
	have := shiftCase{Person: Nobody}
	q := newClock(zone)
	period := r.versions[0].layers[0].rota.at(c.T.Unix(), &q)
	if len(now.Tiers[0].People) > 0 {
		have.Person = now.Tiers[0].People[0].Person
	}
	if want.Start != nil {
		have.Start = new(caseTime(time.Unix(period.start, 0)))
	}
	if want.End != nil {
		have.End = new(caseTime(time.Unix(period.end, 0)))
	}
	return have, want, nil
}

func optional(raw json.RawMessage, into **caseTime) error {
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	*into = new(caseTime)
	return json.Unmarshal(raw, *into)
}

// windowCase is the answer of a window.
type windowCase struct {
	Active bool         `json:"active"`
	Window *[2]caseTime `json:"window"`
}

func (c *caseFile) window(zone *time.Location) (got, expect any, err error) {
	if zone == nil {
		return nil, nil, UnknownZone{c.Zone}
	}
	h, err := caseWindow{c.Days, c.WindowStart, c.WindowEnd}.hours()
	if err != nil {
		return nil, nil, err
	}
	q := newClock(zone)
	span, holds := newWindows([]Hours{h}).active(c.T.Unix(), &q, nil)
	have := windowCase{Active: holds}
	if holds {
		have.Window = &[2]caseTime{caseTime(time.Unix(span.start, 0)), caseTime(time.Unix(span.end, 0))}
	}
	want := windowCase{Active: c.Active, Window: c.Window}
	if want.Window == nil && want.Active {
		have.Window = nil // the case does not say
	}
	return have, want, nil
}

// tiersCase is the answer of a schedule. Tiers without anybody at the end are left out of both sides.
type tiersCase struct {
	Tiers [][]string `json:"tiers"`
}

func (c *caseFile) schedule(zone *time.Location) (got, expect any, err error) {
	s, holidays, err := c.model()
	if err != nil {
		return nil, nil, err
	}
	r, err := Compile(s, Rules{Zone: zone, ZoneName: c.Zone, Holidays: holidays, KnownAt: c.KnownAt})
	if err != nil {
		return nil, nil, err
	}
	var want, have tiersCase
	if err := json.Unmarshal(c.Expect, &want); err != nil {
		return nil, nil, fmt.Errorf("expect: %w", err)
	}
	var now OnCall
	r.Resolve(c.T, &now)
	for _, t := range now.Tiers {
		people := []string{}
		for _, p := range t.People {
			people = append(people, p.Person)
		}
		have.Tiers = append(have.Tiers, people)
	}
	have.Tiers, want.Tiers = level(have.Tiers, len(want.Tiers)), level(want.Tiers, 0)
	have.Tiers = level(have.Tiers, len(want.Tiers))
	return have, want, nil
}

// level cuts empty tiers off the end down to a length, and lets an absent list be an empty one.
func level(tiers [][]string, least int) [][]string {
	for i := range tiers {
		if tiers[i] == nil {
			tiers[i] = []string{}
		}
	}
	for len(tiers) > least && len(tiers[len(tiers)-1]) == 0 {
		tiers = tiers[:len(tiers)-1]
	}
	return slices.Clip(tiers)
}
