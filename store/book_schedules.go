package store

import (
	"bytes"
	"encoding/json"

	"nightbell/audit"
	"nightbell/policy"
)

// schedules keeps each as append-only versions; overrides are rows of their own, which are taken back, not deleted, and
// edits count between versions: what held at a past moment can be asked.
func (a *applying) schedules(old, b *policy.Book) error {
	was := make(map[string]policy.Schedule, len(old.Schedules))
	for _, s := range old.Schedules {
		was[s.ID] = s
	}
	edits := map[string]editChange{}
	return diff[policy.Schedule]{
		kind: "schedule", key: func(s policy.Schedule) string { return s.ID }, image: plainImage[policy.Schedule],
		put: func(rank int, s policy.Schedule) (err error) {
			edits[s.ID], err = a.putSchedule(rank, s, was[s.ID])
			return err
		},
		drop: func(s policy.Schedule) error { return a.remove("UPDATE schedules SET removed = ? WHERE id = ?", s.ID) },
		note: func(s policy.Schedule, ch change) error {
			if ch.Before != nil && ch.After != nil {
				ch = scheduleChange(was[s.ID], s, edits[s.ID])
			}
			return a.note(audit.ScheduleChanged, "schedule", s.ID, s.Clinic, ch)
		},
	}.run(old.Schedules, b.Schedules)
}

func (a *applying) putSchedule(rank int, s, was policy.Schedule) (c editChange, err error) {
	_, err = a.t.exec(`INSERT INTO schedules (id, rank, clinic) VALUES (?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET rank = excluded.rank, clinic = excluded.clinic, removed = NULL`, s.ID, rank, s.Clinic)
	if err != nil {
		return c, err
	}
	same, err := sameJSON(s, was)
	if err != nil || same { // it only moved in the list
		return c, err
	}
	version, err := a.appendVersion(s)
	if err != nil {
		return c, err
	}
	a.appended = append(a.appended, scheduleRef{s.ID, version})
	if c, err = a.t.putEdits(s.ID, version, s.Edits); err != nil {
		return c, err
	}
	return c, a.putOverrides(s)
}

// appendVersion appends the schedule's new body, which its edits are not part of.
func (a *applying) appendVersion(s policy.Schedule) (version int64, err error) {
	s.Edits = nil
	body, err := json.Marshal(s)
	if err != nil {
		return 0, err
	}
	err = a.t.scan("SELECT coalesce(max(version), 0) + 1 FROM schedule_versions WHERE schedule = ?", []any{s.ID}, &version)
	if err != nil {
		return 0, err
	}
	_, err = a.t.exec(`INSERT INTO schedule_versions (schedule, version, made, author, body, reason, correlation, book, edits_in)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'rows')`, s.ID, version, a.t.w.store.now().UnixMicro(), a.actor.ID, string(body),
		a.why.Reason, a.why.Correlation, a.book)
	return version, err
}

func (a *applying) putOverrides(s policy.Schedule) error {
	_, err := a.t.exec("UPDATE overrides SET removed = ? WHERE schedule = ? AND removed IS NULL",
		a.t.w.store.now().UnixMicro(), s.ID)
	if err != nil {
		return err
	}
	for rank, o := range s.Overrides {
		body, err := json.Marshal(o)
		if err != nil {
			return err
		}
		_, err = a.t.exec(`INSERT INTO overrides (schedule, id, rank, person, starts, ends, body) VALUES (?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (schedule, id) DO UPDATE SET rank = excluded.rank, person = excluded.person,
			starts = excluded.starts, ends = excluded.ends, body = excluded.body, removed = NULL`,
			s.ID, o.ID, rank, o.Person, o.Start.UnixMicro(), o.End.UnixMicro(), string(body))
		if err != nil {
			return err
		}
	}
	return nil
}

// scheduleImage is what a leaf keeps of one side of a change: the schedule where it differs beside its edits, and the
// edits that are gone or new.
type scheduleImage struct {
	Schedule *policy.Schedule  `json:"schedule,omitempty"`
	Edits    []json.RawMessage `json:"edits,omitempty"`
}

func scheduleChange(was, now policy.Schedule, edits editChange) change {
	was.Edits, now.Edits = nil, nil
	before, after := scheduleImage{Edits: edits.Gone}, scheduleImage{Edits: edits.Added}
	if same, err := sameJSON(was, now); err != nil || !same {
		before.Schedule, after.Schedule = &was, &now
	}
	return change{before, after}
}

func sameJSON(a, b any) (bool, error) {
	x, err := json.Marshal(a)
	if err != nil {
		return false, err
	}
	y, err := json.Marshal(b)
	return bytes.Equal(x, y), err
}
