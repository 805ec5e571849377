package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strconv"

	"nightbell/audit"
	"nightbell/call"
	"nightbell/phi"
)

// What the writer does with a journal's entries: a row for each event, a leaf for those that must be remembered.

// remembered says which kinds of event also become audit leaves. Recordings have their own, with their rows.
var remembered = map[call.EventKind]audit.Action{
	call.Arrived:     audit.CallArrived,
	call.Planned:     audit.CallRouted,
	call.LegAnswered: audit.CallAnswered,
	call.Unrecorded:  audit.RecordingMissing,
}

// file writes one entry; a second time it changes nothing.
func (t *tx) file(k Sealer, e entry) error {
	if e.Event != nil {
		return t.fileEvent(e)
	}
	return t.fileRecord(k, e)
}

func (t *tx) fileEvent(e entry) error {
	v := e.Event
	var data any
	if len(v.Data) > 0 {
		b, err := json.Marshal(v.Data)
		if err != nil {
			return err
		}
		data = string(b)
	}
	n, err := t.exec(`INSERT INTO call_events (call, n, at, kind, leg, data, late) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (call, n) DO NOTHING`, v.Call, e.N, v.At.UnixMicro(), string(v.Kind), v.Leg, data, e.Late)
	if err != nil || n == 0 {
		return err
	}
	if err := t.fileLive(v); err != nil {
		return err
	}
	action, ok := remembered[v.Kind]
	if !ok {
		return nil
	}
	clinic, err := t.clinicOf(v)
	if err != nil {
		return err
	}
	return t.remember(audit.Event{
		Time: v.At, Actor: actorOf(v), Action: action, Object: "call:" + v.Call, Clinic: clinic,
		Correlation: v.Call, Facts: maps.Clone(v.Data), Late: e.Late,
	}, phi.Text{})
}

// clinicOf is the clinic that the event names, or else the one that the call was routed to.
func (t *tx) clinicOf(v *call.Event) (clinic string, err error) {
	if clinic = v.Data["clinic"]; clinic != "" {
		return clinic, nil
	}
	err = t.scan("SELECT clinic FROM calls WHERE id = ?", []any{v.Call}, &clinic)
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	return clinic, err
}

// actorOf says whose doing an event is.
func actorOf(v *call.Event) audit.Actor {
	switch v.Leg {
	case "", "system":
		return system
	case "caller":
		return audit.Actor{Type: "trunk", ID: v.Data["trunk"]}
	}
	return audit.Actor{Type: "device", ID: v.Leg}
}

// fileLive keeps the row of a call under way, so that one cut off by a crash is in the list too.
func (t *tx) fileLive(v *call.Event) error {
	switch v.Kind {
	case call.Arrived:
		_, err := t.exec(`INSERT INTO calls (id, state, clinic, trunk, trunk_name, known_by, protection, plan, rules, arrived,
			outcome, by_whom, served, recording) VALUES (?, 'live', '', ?, '', ?, '', '', '', ?, '', '', 0, '')
			ON CONFLICT (id) DO NOTHING`, v.Call, v.Data["trunk"], v.Data["known_by"], v.At.UnixMicro())
		return err
	case call.Planned:
		_, err := t.exec("UPDATE calls SET clinic = ?, rules = ? WHERE id = ? AND state = 'live'",
			v.Data["clinic"], v.Data["version"], v.Call)
		return err
	}
	return nil
}

// fileRecord files a call that is over, or, while Ended is zero, what is known of one that runs: a call that a crash cuts
// off has its trunk, its caller and its plan all the same.
func (t *tx) fileRecord(k Sealer, e entry) error {
	r := e.Record
	row, err := callRow(k, r)
	if err != nil {
		return err
	}
	n, err := t.exec(`INSERT INTO calls (id, state, clinic, trunk, trunk_name, known_by, protection, from_cell, from_index,
		index_version, dialled_cell, plan, rules, arrived, answered, ended, outcome, by_whom, served, recording)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET
		state = excluded.state, clinic = excluded.clinic, trunk = excluded.trunk, trunk_name = excluded.trunk_name,
		known_by = excluded.known_by, protection = excluded.protection, from_cell = excluded.from_cell,
		from_index = excluded.from_index, index_version = excluded.index_version, dialled_cell = excluded.dialled_cell, plan = excluded.plan, rules = excluded.rules,
		arrived = excluded.arrived, answered = excluded.answered, ended = excluded.ended, outcome = excluded.outcome,
		by_whom = excluded.by_whom, served = excluded.served, recording = excluded.recording
		WHERE calls.state <> 'ended'`, row...)
	if err != nil || n == 0 {
		return err
	}
	if err := t.fileKind(r); err != nil || r.Ended.IsZero() {
		return err
	}
	if err := t.fileUnserved(r); err != nil {
		return err
	}
	if err := t.fileMessage(r); err != nil {
		return err
	}
	for i, leg := range r.Legs {
		if err := t.fileLeg(r.ID, i, leg); err != nil {
			return err
		}
	}
	return t.remember(endEvent(e), phi.Text{})
}

func callRow(k Sealer, r *call.Record) ([]any, error) {
	clinic := r.Plan.Clinic
	from, err := sealCell(k, callCell("from_cell", r.ID, clinic), r.From.Reveal())
	if err != nil {
		return nil, err
	}
	dialled, err := sealCell(k, callCell("dialled_cell", r.ID, clinic), r.Dialled)
	if err != nil {
		return nil, err
	}
	var index any
	var version uint32
	if from != nil {
		x, under, err := blind(k, clinic, r.From.Reveal())
		if err != nil {
			return nil, fmt.Errorf("index of call %s: %w", r.ID, err)
		}
		index, version = x[:], under
	}
	plan, err := json.Marshal(r.Plan)
	if err != nil {
		return nil, err
	}
	state := "ended"
	if r.Ended.IsZero() {
		state = "live"
	}
	return []any{
		r.ID, state, clinic, r.Trunk.ID, r.Trunk.Name, r.Trunk.KnownBy, r.Trunk.Protection, from, index, version, dialled,
		string(plan), r.Plan.Version, r.Arrived.UnixMicro(), micros(r.Answered), micros(r.Ended), string(r.Outcome), r.By,
		r.Served, r.Recording,
	}, nil
}

func callCell(column, id, clinic string) Cell {
	return Cell{Table: "calls", Column: column, Row: id, Clinic: clinic}
}

func (t *tx) fileLeg(id string, n int, l call.LegRecord) error {
	var sound any
	if l.Sound != nil {
		if b, err := json.Marshal(l.Sound); err == nil { // a figure that is no number (NaN) must not cost us the call
			sound = string(b)
		}
	}
	_, err := t.exec(`INSERT INTO legs (call, n, user, person, invited, answered, ended, cause, code, sound)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (call, n) DO NOTHING`, id, n, l.User, l.Person,
		micros(l.Invited), micros(l.Answered), micros(l.Ended), string(l.Cause), l.Code, sound)
	return err
}

// endEvent is the leaf of a call's end: refused when it was turned away before anybody could answer.
func endEvent(e entry) audit.Event {
	r := e.Record
	ev := audit.Event{
		Time: r.Ended, Actor: system, Action: audit.CallEnded, Object: "call:" + r.ID, Clinic: r.Plan.Clinic,
		Correlation: r.ID, Late: e.Late, Facts: map[string]string{
			"outcome": string(r.Outcome), "by": r.By, "served": strconv.FormatBool(r.Served), "rules": r.Plan.Version,
		},
	}
	if r.Recording != "" {
		ev.Facts["recording"] = r.Recording
	}
	switch r.Outcome {
	case call.Draining, call.Overload, call.NotAcceptable:
		ev.Action, ev.Outcome = audit.CallRefused, audit.Refused
	case call.Fault, call.NoMedia:
		ev.Outcome = audit.Broke
	}
	return ev
}
