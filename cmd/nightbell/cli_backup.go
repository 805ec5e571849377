package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"nightbell/console"
)

type backupCmd struct {
	Now    backupNowCmd    `cmd:"" help:"Make a snapshot now, and take away what must go."`
	Status backupStatusCmd `cmd:"" help:"When the last one was made, what runs, how it ended."`
	List   backupListCmd   `cmd:"" help:"The snapshots in the repository."`
	Verify backupVerifyCmd `cmd:"" help:"Read a snapshot whole and compare it with its manifest."`
	Prune  backupPruneCmd  `cmd:"" help:"Take away what the policy does not keep, and what was shredded."`
}

type backupNowCmd struct{}

func (backupNowCmd) Help() string {
	return `Copies the database as of this moment, the files of the data folder and every recording that the repository has not got
yet to [backup] to, sealed. The running server does it in the background, slowly; calls do not notice. Then what the policy
does not keep and what was shredded is taken away. Exit 1 when something could not be kept.

Example:
  nightbell backup now`
}

func (backupNowCmd) Run(ctx context.Context, s *session) error {
	return s.backupWork(ctx, console.BackupWork{Kind: "backup"})
}

type backupVerifyCmd struct {
	Snapshot string `arg:"" optional:"" help:"Snapshot; the newest if absent."`
	Quick    bool   `help:"Only whether every object is there with its size."`
}

func (backupVerifyCmd) Help() string {
	return `Proves the signature, the keys, the manifest and every object of a snapshot. Exit 1 when something does not hold.

Examples:
  nightbell backup verify
  nightbell backup verify 20261123T031000Z-ab12cd34 --quick`
}

func (c backupVerifyCmd) Run(ctx context.Context, s *session) error {
	return s.backupWork(ctx, console.BackupWork{Kind: "verify", Snapshot: c.Snapshot, Quick: c.Quick})
}

type backupPruneCmd struct{}

func (backupPruneCmd) Help() string {
	return `Done after each backup by itself. [backup] keep says how many days, weeks and months keep a snapshot; a shredded recording
leaves every snapshot at once.

Example:
  nightbell backup prune`
}

func (backupPruneCmd) Run(ctx context.Context, s *session) error {
	return s.backupWork(ctx, console.BackupWork{Kind: "prune"})
}

// backupLookAgain is how often a command asks how far the work is.
const backupLookAgain = 300 * time.Millisecond

// beginWork starts a piece of work, after the one that runs.
func (s *session) beginWork(ctx context.Context, api *client, w console.BackupWork) (v console.BackupStatus, err error) {
	told := false
	for {
		err := api.ask(ctx, "POST", "/api/v1/backup", w, &v)
		var p *console.Problem
		if !errors.As(err, &p) || p.Status != 409 {
			return v, unconfigured(err)
		}
		if !told {
			fmt.Fprintln(s.err, "nightbell: another piece of work runs: waiting for it")
			told = true
		}
		select {
		case <-time.After(backupLookAgain):
		case <-ctx.Done():
			return v, ctx.Err()
		}
	}
}

// backupWork starts a piece of work, waits for its end and shows it.
func (s *session) backupWork(ctx context.Context, w console.BackupWork) error {
	return s.with(ctx, func(api *client) error {
		ended, err := s.workBackup(ctx, api, w)
		if err != nil {
			return err
		}
		if err := s.show(ended, func(out io.Writer) { tellOutcome(out, ended) }); err != nil {
			return err
		}
		if !ended.OK || len(ended.Problems) > 0 {
			return errTold
		}
		return nil
	})
}

// workBackup starts a piece of work, waits for its end and gives it.
func (s *session) workBackup(ctx context.Context, api *client, w console.BackupWork) (*console.BackupOutcome, error) {
	v, err := s.beginWork(ctx, api, w)
	if err != nil {
		return nil, err
	}
	tick := time.NewTicker(backupLookAgain)
	defer tick.Stop()
	for v.Running != nil {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		v = console.BackupStatus{}
		if err := api.ask(ctx, "GET", "/api/v1/backup", nil, &v); err != nil {
			return nil, err
		}
		s.tellStep(v.Running)
	}
	if v.Ended == nil {
		return nil, errors.New("backup: its end was not seen: nightbell backup status")
	}
	return v.Ended, nil
}

// unconfigured says what a 404 means here.
func unconfigured(err error) error {
	var p *console.Problem
	if errors.As(err, &p) && p.Status == 404 {
		return errors.New("no backup is configured: [backup] to in nightbell.toml")
	}
	return err
}

// tellStep shows a person how far it is, on one line.
func (s *session) tellStep(step *console.BackupStep) {
	if step == nil || s.json || !s.person() {
		return
	}
	of := ""
	if step.Of > 0 {
		of = fmt.Sprintf(" of %d", step.Of>>20)
	}
	fmt.Fprintf(s.err, "\r%s: %d files, %d%s MiB  ", step.Phase, step.Files, step.Bytes>>20, of)
}

func tellOutcome(w io.Writer, e *console.BackupOutcome) {
	if e.Problem != "" {
		fmt.Fprintln(w, "WRONG:", plain(e.Problem))
	}
	for _, p := range e.Problems {
		fmt.Fprintf(w, "WRONG: %s: %s\n", plain(p.What), plain(p.Why))
	}
	if e.Snapshot != nil {
		fmt.Fprintf(w, "snapshot %s: %d files, %d recordings, %.1f MiB (%.1f new), audit log of %d\n", e.Snapshot.ID, e.Snapshot.Files,
			e.Snapshot.Recordings, mib(e.Snapshot.Bytes), mib(e.Snapshot.Added), e.Snapshot.AuditSize)
	}
	if e.Gone > 0 {
		fmt.Fprintln(w, "shredded since, rightly not there:", e.Gone)
	}
	if p := e.Pruned; p != nil {
		fmt.Fprintf(w, "kept %d snapshots; removed %d snapshots, %d shredded recordings, %d objects nothing names\n", p.Kept, p.Snapshots, p.Shredded, p.Objects)
	}
	if e.OK && e.Kind == "verify" {
		fmt.Fprintln(w, "it holds")
	}
}

func mib(n int64) float64 { return float64(n) / (1 << 20) }

type backupStatusCmd struct{}

func (backupStatusCmd) Help() string { return "Example:\n  nightbell backup status" }

func (backupStatusCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(api *client) error {
		var v console.BackupStatus
		if err := api.ask(ctx, "GET", "/api/v1/backup", nil, &v); err != nil {
			return unconfigured(err)
		}
		return s.show(v, func(w io.Writer) {
			row(w, "to", v.To)
			row(w, "keep", v.Keep)
			row(w, "last", v.Last)
			row(w, "next", v.Next)
			if v.Running != nil {
				row(w, "runs", v.Running.Kind+", "+v.Running.Phase)
			}
			if v.Ended != nil {
				tellOutcome(w, v.Ended)
			}
		})
	})
}

type backupListCmd struct{}

func (backupListCmd) Help() string { return "Example:\n  nightbell backup list" }

func (backupListCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(api *client) error {
		var v struct {
			Items []console.BackupSnapshot `json:"items"`
		}
		if err := api.ask(ctx, "GET", "/api/v1/backup/snapshots", nil, &v); err != nil {
			return unconfigured(err)
		}
		return s.show(v, func(w io.Writer) {
			row(w, "SNAPSHOT", "MADE", "PROGRAM", "FILES", "RECORDINGS", "MIB", "NEW", "AUDIT")
			for _, p := range v.Items {
				row(w, p.ID, p.Made, p.Program, p.Files, p.Recordings, fmt.Sprintf("%.1f", mib(p.Bytes)), fmt.Sprintf("%.1f", mib(p.Added)), p.AuditSize)
			}
		})
	})
}
