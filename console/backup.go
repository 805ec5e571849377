package console

import (
	"context"
	"time"

	"nightbell/audit"
)

// Backups is the repository that this house's backups go to. Long work runs in the background, one piece at a time:
// Status says how far it is and how the last one ended. ErrNotFound where no backup is configured.
type Backups interface {
	Status(context.Context) (BackupStatus, error)
	// Begin starts a piece of work; ErrInUse while one runs. The port remembers how it ends.
	Begin(context.Context, BackupWork, audit.Actor) (BackupStatus, error)
	Snapshots(context.Context) ([]BackupSnapshot, error)
	// Drilled remembers a restore drill that was done beside this house.
	Drilled(context.Context, DrillReport, audit.Actor) error
}

// BackupWork is what the repository is asked for.
type BackupWork struct {
	Kind     string `json:"kind" enum:"backup,verify,prune"`
	Snapshot string `json:"snapshot,omitempty" maxLength:"64" doc:"of verify; the newest if absent"`
	Quick    bool   `json:"quick,omitempty" doc:"of verify: presence and sizes only"`
}

// BackupStatus is how backups stand.
type BackupStatus struct {
	To      string         `json:"to" doc:"where they go; no credential"`
	Keep    string         `json:"keep" doc:"how many days, weeks and months stay"`
	Last    time.Time      `json:"last,omitzero" doc:"when the last backup that succeeded was made"`
	Next    time.Time      `json:"next,omitzero" doc:"when the running server will make one"`
	Old     bool           `json:"old" doc:"the last one is older than it may be"`
	Running *BackupStep    `json:"running,omitempty"`
	Ended   *BackupOutcome `json:"ended,omitempty" doc:"the last piece of work of this process"`
}

// BackupStep is how far a piece of work is.
type BackupStep struct {
	Kind  string    `json:"kind"`
	Began time.Time `json:"began"`
	Phase string    `json:"phase"`
	Files int64     `json:"files"`
	Bytes int64     `json:"bytes"`
	Of    int64     `json:"of" doc:"bytes of this phase; 0: not known"`
}

// BackupOutcome is how a piece of work ended.
type BackupOutcome struct {
	Kind     string          `json:"kind"`
	OK       bool            `json:"ok"`
	Problem  string          `json:"problem,omitempty"`
	Problems []BackupProblem `json:"problems" doc:"objects or recordings that do not hold"`
	Snapshot *BackupSnapshot `json:"snapshot,omitempty"`
	Gone     int             `json:"gone" doc:"of verify: recordings that were shredded since, rightly not there"`
	Pruned   *BackupPruned   `json:"pruned,omitempty"`
	Seconds  float64         `json:"seconds"`
}

// BackupProblem is one thing that does not hold.
type BackupProblem struct {
	What string `json:"what"`
	Why  string `json:"why"`
}

// BackupSnapshot is one snapshot, as its note says.
type BackupSnapshot struct {
	ID         string    `json:"id"`
	Made       time.Time `json:"made"`
	Program    string    `json:"program"`
	Schema     int64     `json:"schema"`
	AuditSize  int64     `json:"audit_size"`
	Files      int       `json:"files"`
	Recordings int       `json:"recordings"`
	Bytes      int64     `json:"bytes"`
	Added      int64     `json:"added" doc:"bytes that were new in it"`
	Problems   int       `json:"problems" doc:"recordings that could not be kept as their rows say"`
}

// BackupPruned is what a prune took away.
type BackupPruned struct {
	Kept      int   `json:"kept"`
	Snapshots int   `json:"snapshots"`
	Shredded  int   `json:"shredded"`
	Objects   int   `json:"objects"`
	Bytes     int64 `json:"bytes"`
}

// DrillReport is what a restore drill has shown.
type DrillReport struct {
	Snapshot   string  `json:"snapshot" minLength:"1" maxLength:"64"`
	OK         bool    `json:"ok"`
	Tables     int     `json:"tables"`
	Rows       int64   `json:"rows"`
	Differ     int     `json:"differ" doc:"tables whose rows differ"`
	AuditSize  int64   `json:"audit_size"`
	AuditRoot  string  `json:"audit_root" maxLength:"64"`
	Recordings int     `json:"recordings" doc:"that were verified"`
	Bad        int     `json:"bad" doc:"recordings that do not hold"`
	Bytes      int64   `json:"bytes"`
	Seconds    float64 `json:"seconds"`
	CopyRatio  float64 `json:"copy_ratio" doc:"time of the restore by time of a plain copy"`
}
