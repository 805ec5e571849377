package store

import (
	"encoding/json"

	"nightbell/audit"
	"nightbell/policy"
)

// schedules keeps layers as append-only versions and overrides as rows of their own, which are taken back, not deleted:
// what held at a past moment can be asked.
func (a *applying) schedules(old, b *policy.Book) error {
	was := make(map[string]policy.Schedule, len(old.Schedules))
	for _, s := range old.Schedules {
		was[s.ID] = s
	}
	return diff[policy.Schedule]{
		kind: "schedule", key: func(s policy.Schedule) string { return s.ID }, image: plainImage[policy.Schedule],
		put:  func(rank int, s policy.Schedule) error { return a.putSchedule(rank, s, was[s.ID]) },
		drop: func(s policy.Schedule) error { return a.remove("UPDATE schedules SET removed = ? WHERE id = ?", s.ID) },
		note: func(s policy.Schedule, ch change) error {
			return a.note(audit.ScheduleChanged, "schedule", s.ID, s.Clinic, ch)
		},
	}.run(old.Schedules, b.Schedules)
}

func (a *applying) putSchedule(rank int, s, was policy.Schedule) error {
	_, err := a.t.exec(`INSERT INTO schedules (id, rank, clinic) VALUES (?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET rank = excluded.rank, clinic = excluded.clinic, removed = NULL`, s.ID, rank, s.Clinic)
	if err != nil {
		return err
	}
	if err := a.appendVersion(s, was); err != nil {
		return err
	}
	return a.putOverrides(s)
}

// appendVersion appends the schedule's new body, unless only its overrides differ.
func (a *applying) appendVersion(s, was policy.Schedule) error {
	s.Overrides, was.Overrides = nil, nil
	body, err := json.Marshal(s)
	if err != nil {
		return err
	}
	before, err := json.Marshal(was)
	if err != nil || string(before) == string(body) {
		return err
	}
	_, err = a.t.exec(`INSERT INTO schedule_versions (schedule, version, made, author, body)
		SELECT ?, coalesce(max(version), 0) + 1, ?, ?, ? FROM schedule_versions WHERE schedule = ?`,
		s.ID, a.t.w.store.now().UnixMicro(), a.actor.ID, string(body), s.ID)
	return err
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
