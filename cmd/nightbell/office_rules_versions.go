package main

import (
	"context"

	"nightbell/console"
	"nightbell/policy"
	"nightbell/store"
)

// versions is a schedule's past.
type versions struct{ rulebook }

func (v versions) List(ctx context.Context, schedule string) ([]console.VersionView, error) {
	rows, err := v.Store.Versions(ctx, schedule)
	if err != nil {
		return nil, known(err)
	}
	for i := range min(len(rows), wholeVersions) { // with their edits: what changed is mostly one of them
		if rows[i], err = v.Store.VersionOf(ctx, schedule, rows[i].Version); err != nil {
			return nil, known(err)
		}
	}
	out := make([]console.VersionView, len(rows))
	for i, row := range rows {
		out[i] = versionView(row)
		before := &policy.Book{}
		if i+1 < len(rows) {
			before.Schedules = []policy.Schedule{rows[i+1].Body}
		}
		if i+1 == wholeVersions && i+1 < len(rows) {
			row.Body.Edits = nil
		}
		out[i].Changes = difference(before, &policy.Book{Schedules: []policy.Schedule{row.Body}})
	}
	return out, nil
}

// wholeVersions is how many versions of a list are compared edit by edit; of those before, the layers alone.
const wholeVersions = 100

func versionView(row store.ScheduleVersion) console.VersionView {
	return console.VersionView{Version: int(row.Version), At: row.At, Author: row.Author, Reason: row.Reason}
}

// Find shows a version whole, and what stands against it.
func (v versions) Find(ctx context.Context, schedule string, n int) (console.VersionView, error) {
	row, err := v.Store.VersionOf(ctx, schedule, int64(n))
	if err != nil {
		return console.VersionView{}, known(err)
	}
	snap, err := v.snapshot(ctx)
	if err != nil {
		return console.VersionView{}, err
	}
	view := versionView(row)
	then := &policy.Book{Clinics: snap.Book.Clinics, Schedules: []policy.Schedule{row.Body}}
	body := v.scheduleView(row.Body, policy.Index(then, snap.Zones))
	view.Body = &body
	view.Changes = difference(&policy.Book{Schedules: then.Schedules}, alone(aSchedule, schedule, snap.Book))
	return view, nil
}

// Restore lets the layers of a past version hold again from an instant on: the past, and what was done since, stay.
func (v versions) Restore(ctx context.Context, rev console.Revision, want console.Restoration) (console.Saved, error) {
	row, err := v.Store.VersionOf(ctx, rev.ID, int64(want.Version))
	if err != nil {
		return console.Saved{}, known(err)
	}
	return v.change(ctx, rev, aSchedule, func(d *draft) error {
		s, ok := scheduleIn(d.book, rev.ID)
		if !ok {
			return console.ErrNotFound
		}
		r := reading{zone: d.zone(s)}
		e := policy.Edit{Do: policy.DoLayers, Layers: layersNow(row.Body), Reason: rev.Reason}
		e.Effective = r.moment("body.effective", want.Effective, "")
		if err := r.err(); err != nil {
			return err
		}
		d.warnings = append(d.warnings, r.warnings...)
		d.complete(&e)
		return d.append(rev.ID, "body", e)
	})
}

// previews says what would be, and stores nothing.
type previews struct{ rulebook }

func (p previews) Preview(ctx context.Context, schedule string, want console.Proposal) (console.Preview, error) {
	d, after, report, err := p.propose(ctx, schedule, &want)
	if err != nil {
		return console.Preview{}, err
	}
	r := reading{}
	if s, ok := scheduleIn(after.Book, schedule); ok {
		r.zone = d.zone(s)
	}
	q := console.RotaQuery{Schedule: schedule, From: r.moment("body.from", want.From, ""), To: r.moment("body.to", want.To, "")}
	if err := r.look(&q, d); err != nil {
		return console.Preview{}, err
	}
	if want.Replay {
		calls, err := p.Store.CallsForReplay(ctx, d.now.Add(-replayTime), d.now)
		if err != nil {
			return console.Preview{}, known(err)
		}
		replay := policy.ReplayCalls(d.before, after, ofClinic(clinicOf(schedule, after), d.before, calls))
		replay.Differences = full(replay.Differences)
		report.Replay = &replay
	}
	return console.Preview{
		Report: report, Warnings: append(d.warnings, r.warnings...), Shifts: shiftsIn(after, q), Before: shiftsIn(d.before, q),
		Because: after.Explain(schedule, q.From),
	}, nil
}

// propose makes the draft of a proposal and weighs it.
func (r rulebook) propose(ctx context.Context, schedule string, want *console.Proposal) (*draft, *policy.Snapshot, policy.SaveReport, error) {
	d, err := r.begin(ctx, console.Revision{ID: schedule, Match: "*"})
	if err != nil {
		return nil, nil, policy.SaveReport{}, err
	}
	if want.Schedule != nil {
		err = d.putSchedule(schedule, *want.Schedule)
	}
	if err == nil {
		err = d.edit(schedule, "body.edits", want.Edits)
	}
	if err != nil {
		return nil, nil, policy.SaveReport{}, err
	}
	after, report, err := d.weigh()
	return d, after, report, err
}

const (
	previewTime = 14 * 24 * hour
	previewMost = 400 * 24 * hour
	replayTime  = 30 * 24 * hour
)

func clinicOf(schedule string, s *policy.Snapshot) string {
	sch, _ := scheduleIn(s.Book, schedule)
	return sch.Clinic
}

// look fills in what time is shown.
func (r *reading) look(q *console.RotaQuery, d *draft) error {
	if q.From.IsZero() {
		q.From = d.now
	}
	if q.To.IsZero() {
		q.To = q.From.Add(previewTime)
	}
	if !q.To.After(q.From) || q.To.Sub(q.From) > previewMost {
		r.wrong("body.to", "must be after from, by at most 400 days")
	}
	if year := q.From.Year(); year < 1900 || year > 2200 {
		r.wrong("body.from", "year out of range")
	}
	return r.err()
}
