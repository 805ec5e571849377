package main

import (
	"context"
	"time"

	"nightbell/audit"
	"nightbell/console"
	"nightbell/keep"
)

// How the server keeps backups going.
const (
	backupLook  = time.Minute
	backupRetry = 15 * time.Minute // after one that failed
)

// nextBackup is when a backup is due: the first time of the day after the last one; at once where there was none.
func nextBackup(cfg BackupConfig, last time.Time) time.Time {
	at, err := timeOfDay(cfg.At)
	if err != nil || last.IsZero() {
		return last
	}
	next := last.UTC().Truncate(24 * time.Hour).Add(at)
	for !next.After(last) {
		next = next.Add(24 * time.Hour)
	}
	return next
}

// backupWatch makes a backup when one is due and says when the last one is too old.
type backupWatch struct {
	office *office
	alarms *alarms
	tried  time.Time
}

// Run looks once a minute until ctx ends. What a killed backup left in the data folder goes first.
func (w *backupWatch) Run(ctx context.Context) error {
	if err := keep.Sweep(w.office.Config.Dir); err != nil {
		w.alarms.raise("backup", "what a killed backup left in the data folder cannot be removed")
	}
	if w.office.Config.Backup.To == "" {
		<-ctx.Done()
		return nil
	}
	tick := time.NewTicker(backupLook)
	defer tick.Stop()
	for {
		w.look(ctx)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

func (w *backupWatch) look(ctx context.Context) {
	now := w.office.now()
	status, err := w.office.backups.Status(ctx)
	if err != nil {
		return // the database: it has alarms of its own
	}
	if status.Old {
		words := "there is no backup yet"
		if !status.Last.IsZero() {
			words = "the last backup is of " + status.Last.Format(time.RFC3339)
		}
		w.alarms.raise("backup_old", words)
	} else {
		w.alarms.clear("backup_old")
	}
	if e := status.Ended; e != nil && e.Kind == "backup" {
		switch {
		case !e.OK:
			w.alarms.raise("backup", "the last backup did not succeed: nightbell backup status")
		case len(e.Problems) > 0:
			w.alarms.raise("backup", "the last backup found recordings that are not as their rows say: nightbell backup status")
		default:
			w.alarms.clear("backup")
		}
	}
	if status.Running == nil && !status.Next.After(now) && now.Sub(w.tried) >= backupRetry {
		w.tried = now
		_, _ = w.office.backups.Begin(ctx, console.BackupWork{Kind: "backup"}, audit.Actor{Type: "system", ID: "nightbell"})
	}
}

// backupAge is the age of the last backup in seconds; -1 where there is none.
func (s *server) backupAge() float64 {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	last, err := s.office.backups.last(ctx)
	if err != nil || last.IsZero() {
		return -1
	}
	return s.office.now().Sub(last).Seconds()
}
