package main

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"nightbell/audit"
	"nightbell/console"
	"nightbell/keep"
	"nightbell/store"
)

// backups does long work with the repository, one piece at a time, in the background. It ends with the office.
type backups struct {
	office  *office
	mu      sync.Mutex
	running *backupJob
	ended   *console.BackupOutcome
	closed  bool
	work    sync.WaitGroup
}

// backupJob is a piece of work under way.
type backupJob struct {
	console.BackupWork
	by       audit.Actor
	began    time.Time
	progress keep.Progress
	stop     context.CancelFunc
}

// backupObject is what backup events are about; the newest of them is found by it.
const backupObject = "backup"

// close breaks off what runs and waits for it.
func (b *backups) close() {
	b.mu.Lock()
	b.closed = true
	if b.running != nil {
		b.running.stop()
	}
	b.mu.Unlock()
	b.work.Wait()
}

// Status is how backups stand.
func (b *backups) Status(ctx context.Context) (console.BackupStatus, error) {
	cfg := b.office.Config.Backup
	if cfg.To == "" {
		return console.BackupStatus{}, console.ErrNotFound
	}
	last, err := b.last(ctx)
	if err != nil {
		return console.BackupStatus{}, known(err)
	}
	v := console.BackupStatus{To: cfg.To, Keep: cfg.Keep, Last: last, Old: b.office.now().Sub(last) > cfg.MaxAge.Duration}
	v.Next = nextBackup(cfg, last)
	b.mu.Lock()
	defer b.mu.Unlock()
	v.Ended = b.ended
	if j := b.running; j != nil {
		step := j.progress.Now()
		v.Running = &console.BackupStep{Kind: j.Kind, Began: j.began, Phase: step.Phase, Files: step.Files, Bytes: step.Bytes, Of: step.Of}
	}
	return v, nil
}

// last is when the last backup that succeeded was made: the audit log remembers it over restarts.
func (b *backups) last(ctx context.Context) (time.Time, error) {
	page, err := b.office.Store.AuditList(ctx, store.AuditQuery{Object: backupObject, Actions: []audit.Action{audit.BackupMade}, Limit: 1})
	if err != nil || len(page.Rows) == 0 {
		return time.Time{}, err
	}
	return page.Rows[0].Event.Time, nil
}

// Begin starts a piece of work.
func (b *backups) Begin(ctx context.Context, w console.BackupWork, by audit.Actor) (console.BackupStatus, error) {
	o := b.office
	if o.Config.Backup.To == "" {
		return console.BackupStatus{}, console.ErrNotFound
	}
	if o.Ring == nil {
		return console.BackupStatus{}, console.ErrSealed
	}
	b.mu.Lock()
	if b.running != nil || b.closed {
		b.mu.Unlock()
		return console.BackupStatus{}, console.ErrInUse
	}
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	j := &backupJob{BackupWork: w, by: by, began: o.now().UTC(), stop: stop}
	b.running = j
	b.work.Go(func() { defer stop(); b.run(work, j) })
	b.mu.Unlock()
	return b.Status(ctx)
}

func (b *backups) run(ctx context.Context, j *backupJob) {
	out := &console.BackupOutcome{Kind: j.Kind, Problems: []console.BackupProblem{}}
	err := b.do(ctx, j, out)
	out.OK = err == nil && (j.Kind == "backup" || len(out.Problems) == 0)
	if err != nil {
		out.Problem = err.Error()
	}
	out.Seconds = b.office.now().Sub(j.began).Seconds()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.running, b.ended = nil, out
}

// do does the work and remembers how it ended. What cannot be remembered has not succeeded.
func (b *backups) do(ctx context.Context, j *backupJob, out *console.BackupOutcome) (err error) {
	repo, place, err := b.office.repository(ctx)
	if err != nil {
		return b.remember(j, audit.BackupFailed, nil, err)
	}
	defer func() { err = errors.Join(err, place.Close()) }()
	switch j.Kind {
	case "verify":
		return b.verify(ctx, repo, j, out)
	case "prune":
		return b.prune(ctx, repo, j, out)
	}
	made, err := repo.Back(ctx, b.house(), &j.progress)
	if err != nil {
		return b.remember(j, audit.BackupFailed, nil, err)
	}
	row := snapshotRow(made.Snapshot)
	out.Snapshot, out.Problems = &row, problems(made.Troubles)
	err = b.remember(j, audit.BackupMade, map[string]string{
		"snapshot": made.ID, "bytes": itoa(made.Bytes), "added": itoa(made.Added), "recordings": strconv.Itoa(made.Recordings),
		"problems": strconv.Itoa(made.Problems), "size": itoa(made.Head.Size), "manifest": made.Manifest,
	}, nil)
	if err != nil {
		return err
	}
	return b.prune(ctx, repo, j, out)
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// house is what a backup reads.
func (b *backups) house() keep.House {
	o := b.office
	h := keep.House{
		Dir: o.Config.Dir, Config: o.Config.Path, Program: programVersion(), Store: o.Store, Ring: o.Ring, Root: o.rootNow(),
		Recordings: o.Folder, Rate: o.Config.Backup.Rate << 20, Skip: []string{o.Config.path(o.Config.Recordings.Dir)},
	}
	if o.Config.Keys.KeyFile != "" {
		h.Skip = append(h.Skip, o.Config.path(o.Config.Keys.KeyFile))
	}
	if to := o.Config.Backup.To; filepath.IsAbs(to) {
		h.Skip = append(h.Skip, filepath.Clean(to))
	}
	return h
}

func (b *backups) keys() keep.Keys { return keep.Keys{Root: b.office.rootNow(), Ring: b.office.Ring} }

func (b *backups) verify(ctx context.Context, repo *keep.Repository, j *backupJob, out *console.BackupOutcome) error {
	how := keep.Verifying{Progress: &j.progress}
	if j.Quick {
		how.Depth = keep.Quick
	}
	v, err := repo.Verify(ctx, j.Snapshot, b.keys(), how)
	if err == nil {
		row := snapshotRow(v.Snapshot)
		out.Snapshot, out.Gone, out.Problems = &row, v.Gone, problems(v.Bad)
	}
	return b.remember(j, audit.BackupVerified, map[string]string{
		"snapshot": v.ID, "bad": strconv.Itoa(len(v.Bad)), "gone": strconv.Itoa(v.Gone), "quick": strconv.FormatBool(j.Quick),
	}, err)
}

func (b *backups) prune(ctx context.Context, repo *keep.Repository, j *backupJob, out *console.BackupOutcome) error {
	policy, err := keep.ParsePolicy(b.office.Config.Backup.Keep)
	if err != nil {
		return err
	}
	done, err := repo.Prune(ctx, b.keys(), policy)
	out.Pruned = &console.BackupPruned{Kept: done.Kept, Snapshots: done.Snapshots, Shredded: done.Shredded, Objects: done.Objects, Bytes: done.Bytes}
	return b.remember(j, audit.BackupPruned, map[string]string{
		"kept": strconv.Itoa(done.Kept), "snapshots": strconv.Itoa(done.Snapshots), "shredded": strconv.Itoa(done.Shredded),
		"objects": strconv.Itoa(done.Objects),
	}, err)
}

// remember writes how a piece of work ended, and gives back its error with what went wrong in writing.
func (b *backups) remember(j *backupJob, action audit.Action, facts map[string]string, err error) error {
	e := audit.Event{Actor: j.by, Action: action, Object: backupObject, Outcome: audit.Done, Facts: facts}
	if err != nil {
		e.Outcome, e.Reason = audit.Broke, shortened(err.Error())
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return errors.Join(err, b.office.Store.Audit(ctx, e))
}

// shortened: an audit reason is a line, not a page.
func shortened(text string) string {
	const most = 300
	if text = plain(text); len(text) > most {
		return text[:most] + "..."
	}
	return text
}

// Snapshots lists what the repository has, newest first.
func (b *backups) Snapshots(ctx context.Context) ([]console.BackupSnapshot, error) {
	cfg := b.office.Config
	if cfg.Backup.To == "" {
		return nil, console.ErrNotFound
	}
	place, err := cfg.Backup.open(cfg.path, placeThere)
	if err != nil {
		return nil, unreachable(err)
	}
	return snapshotsAt(ctx, place, b.office.now)
}

func snapshotsAt(ctx context.Context, place backupPlace, now func() time.Time) ([]console.BackupSnapshot, error) {
	defer func(c io.Closer) { _ = c.Close() }(place)
	repo, err := keep.OpenRepository(ctx, place, now)
	if err != nil {
		return nil, unreachable(err)
	}
	list, err := repo.List(ctx)
	if len(list) == 0 && err != nil {
		return nil, unreachable(err)
	}
	out := make([]console.BackupSnapshot, len(list))
	for i, s := range list {
		out[len(list)-1-i] = snapshotRow(s)
	}
	return out, nil
}

// unreachable says in words what is wrong with the repository: nothing in it is of a call.
func unreachable(err error) error {
	return console.Mistakes{{Field: "backup.to", Text: shortened(err.Error())}}
}

// Drilled remembers a drill.
func (b *backups) Drilled(ctx context.Context, d console.DrillReport, by audit.Actor) error {
	e := audit.Event{Actor: by, Action: audit.RestoreDrilled, Object: backupObject, Outcome: audit.Done, Facts: map[string]string{
		"snapshot": d.Snapshot, "tables": strconv.Itoa(d.Tables), "rows": itoa(d.Rows), "differ": strconv.Itoa(d.Differ),
		"size": itoa(d.AuditSize), "root": d.AuditRoot, "recordings": strconv.Itoa(d.Recordings), "bad": strconv.Itoa(d.Bad),
		"bytes": itoa(d.Bytes), "seconds": strconv.FormatFloat(d.Seconds, 'f', 1, 64),
	}}
	if !d.OK {
		e.Outcome = audit.Broke
	}
	return known(b.office.Store.Audit(ctx, e))
}

func snapshotRow(s keep.Snapshot) console.BackupSnapshot {
	return console.BackupSnapshot{
		ID: s.ID, Made: s.Made, Program: s.Program, Schema: s.Schema, AuditSize: s.Head.Size, Files: s.Files,
		Recordings: s.Recordings, Bytes: s.Bytes, Added: s.Added, Problems: s.Problems,
	}
}

func problems(list []keep.Problem) []console.BackupProblem {
	out := make([]console.BackupProblem, len(list))
	for i, p := range list {
		out[i] = console.BackupProblem{What: p.Recording, Why: p.Why}
	}
	return out
}

// backup asks the log, not the repository: doctor must answer where that is away.
func (h health) backup(ctx context.Context) console.Finding {
	v, err := h.backups.Status(ctx)
	switch {
	case errors.Is(err, console.ErrNotFound):
		return found("backup", console.Warn, "none configured: a lost disk is a lost house")
	case err != nil:
		return found("backup", console.Wrong, "%v", err)
	case v.Last.IsZero():
		return found("backup", console.Warn, "none yet: nightbell backup now")
	case v.Old:
		return found("backup", console.Wrong, "the last one is of %s", v.Last.UTC().Format(time.RFC3339))
	}
	return found("backup", console.Fine, "the last one is of %s", v.Last.UTC().Format(time.RFC3339))
}
