package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"nightbell/console"
	"nightbell/keep"
	"nightbell/seal"
)

type restoreCmd struct {
	From  restoreFromCmd  `cmd:"" default:"withargs" help:"Bring a backup back into an empty folder."`
	Drill restoreDrillCmd `cmd:"" help:"Rehearse it: restore elsewhere, compare, report the time, leave nothing."`
}

// repositoryFlags say where a backup lies when no configuration does.
type repositoryFlags struct {
	Endpoint    string `help:"Of an object store: https://HOST[:PORT]." placeholder:"URL"`
	Region      string `help:"Of an object store." placeholder:"NAME"`
	CA          string `help:"Authority of the endpoint's certificate; the system's if absent." name:"ca" placeholder:"FILE"`
	Credentials string `help:"File with the object store's access_key and secret_key, its owner's alone." placeholder:"FILE"`
	Snapshot    string `help:"Snapshot; the newest if absent." placeholder:"ID"`
	By          string `help:"What opens the backup: recovery shares, a passphrase, a key file." enum:"shares,passphrase,key-file" default:"shares"`
	OldKeyFile  string `help:"With --by key-file: the key file of the machine that is gone." placeholder:"FILE"`
}

func (f repositoryFlags) open(ctx context.Context, from string) (*keep.Repository, io.Closer, error) {
	b := BackupConfig{To: from, Endpoint: f.Endpoint, Region: f.Region, CA: f.CA, Credentials: f.Credentials}
	if _, remote := keep.ParseBucket(from); remote && (b.Endpoint == "" || b.Credentials == "") {
		return nil, nil, errUsage("an object store needs --endpoint and --credentials")
	}
	place, err := b.open(func(p string) string { return p }, placeThere)
	if err != nil {
		return nil, nil, err
	}
	r, err := keep.OpenRepository(ctx, place, time.Now)
	if err != nil {
		return nil, nil, errors.Join(err, place.Close())
	}
	return r, place, nil
}

// unseal opens ROOT from a backup's slots: what is asked is asked once the backup has been found.
func (f repositoryFlags) unseal(s *session, data string) func(*seal.Slots) (*seal.Root, error) {
	return func(slots *seal.Slots) (*seal.Root, error) {
		switch f.By {
		case "passphrase":
			phrase, err := s.unsealing()()
			if err != nil {
				return nil, err
			}
			defer clear(phrase)
			return slots.Unseal(seal.Passphrase{Phrase: phrase})
		case "key-file":
			return slots.Unseal(seal.KeyFile{Path: f.OldKeyFile, Data: data, Mode: seal.Development}) // where it lies now says nothing of the old machine
		}
		key, _, err := s.recoveryKey()
		if err != nil {
			return nil, err
		}
		defer key.Wipe()
		return slots.Unseal(seal.RecoverySlot{Key: &key})
	}
}

func (f repositoryFlags) check() error {
	if (f.By == "key-file") != (f.OldKeyFile != "") {
		return errUsage("--by key-file and --old-key-file belong together")
	}
	return nil
}

type restoreFromCmd struct {
	From string `arg:"" help:"Where the backup lies: a folder, or s3://BUCKET/PREFIX."`
	repositoryFlags
	Unseal          Unseal `help:"What will open the keys on this machine." enum:"auto,tpm,systemd-credential,key-file,passphrase" default:"auto"`
	KeyFile         string `help:"Key file to make, on another filesystem than the data." placeholder:"FILE"`
	CredentialFile  string `help:"Where to put the secret for systemd-creds encrypt; remove it afterwards." placeholder:"FILE"`
	TPM             string `help:"The TPM's device." name:"tpm" placeholder:"PATH"`
	WithoutDamaged  bool   `help:"Leave recordings out that are missing or damaged in the backup, and name them."`
	WithoutOldSlots bool   `help:"Take every other way to the keys away but the recovery shares." default:"true" negatable:""`
}

func (restoreFromCmd) Help() string {
	return `DIR must be absent or empty. Everything is fetched and proven beside it first: DIR is whole in the end, or as it was.
The recovery shares are typed on the terminal, or read from standard input one a line; then the new passphrase, where one
was asked for. The audit log goes on in its next epoch. Everybody is logged out. What was changed after the snapshot was
made is not in it: the command says which moment it has brought back.

Examples:
  nightbell restore /mnt/backup/nightbell --dir /var/lib/nightbell
  nightbell restore s3://backups/nightbell --endpoint https://s3.example:9000 --credentials s3.json --dir /var/lib/nightbell
  nightbell restore /mnt/backup/nightbell --by passphrase --unseal passphrase --dir /var/lib/nightbell`
}

func (c restoreFromCmd) Run(ctx context.Context, s *session) error {
	if err := c.check(); err != nil {
		return err
	}
	dir, err := filepath.Abs(s.dir)
	if err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	repo, place, err := c.open(ctx, c.From)
	if err != nil {
		return err
	}
	defer place.Close()
	settling := &settling{session: s, restore: c, dir: dir}
	want := keep.Restoring{Snapshot: c.Snapshot, Into: dir, Unseal: c.unseal(s, filepath.Dir(dir)), Settle: settling.run, Progress: &keep.Progress{}}
	if c.WithoutDamaged {
		want.Damage = keep.WithoutThose
	}
	stop := s.watch(want.Progress)
	back, err := repo.Restore(ctx, want)
	stop()
	if err != nil {
		return err
	}
	back.Root.Close()
	v := map[string]any{"dir": dir, "snapshot": back.ID, "made": back.Made, "seconds": back.Took.Seconds(), "bytes": back.Bytes,
		"recordings": back.Recordings, "left_out": back.Left, "shredded_again": len(back.Shredded), "epoch": settling.epoch}
	return s.show(v, func(w io.Writer) { settling.tell(w, back) })
}

// watch tells a person how far a work is until it is stopped.
func (s *session) watch(p *keep.Progress) (stop func()) {
	if s.json || !s.person() {
		return func() {}
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(backupLookAgain)
		defer tick.Stop()
		for {
			select {
			case <-done:
				fmt.Fprintln(s.err)
				return
			case <-tick.C:
			}
			if now := p.Now(); now.Phase != "" {
				s.tellStep(&console.BackupStep{Phase: now.Phase, Files: now.Files, Bytes: now.Bytes, Of: now.Of})
			}
		}
	}()
	return func() { close(done); <-ended }
}

type restoreDrillCmd struct {
	From string `arg:"" optional:"" help:"Where the backup lies; [backup] to of the configuration if absent."`
	repositoryFlags
	To     string `required:"" help:"Folder to work in: what comes back lies there until the drill ends." placeholder:"FOLDER"`
	Sample int    `help:"How many recordings are verified; 0: every one." default:"50"`
}

func (restoreDrillCmd) Help() string {
	return `Restores into FOLDER/nightbell-drill, compares every table with what the snapshot held when it was made, verifies the audit
log and a sample of the recordings, copies the same files plainly to compare the time, and removes everything. The result is
remembered in the audit log of DIR, where that is a data folder. Exit 1 when something differs.

Examples:
  nightbell restore drill --to /var/tmp
  nightbell restore drill /mnt/backup/nightbell --to /var/tmp --by passphrase --sample 0`
}

func (c restoreDrillCmd) Run(ctx context.Context, s *session) error {
	if err := c.check(); err != nil {
		return err
	}
	repo, place, err := c.repository(ctx, s)
	if err != nil {
		return err
	}
	defer place.Close()
	to, err := filepath.Abs(c.To)
	if err != nil {
		return fmt.Errorf("drill: %w", err)
	}
	want := keep.Drilling{Inspect: inspecting{c.Sample}.run, Restoring: keep.Restoring{
		Snapshot: c.Snapshot, Into: filepath.Join(to, "nightbell-drill"), Unseal: c.unseal(s, to), Progress: &keep.Progress{},
	}}
	stop := s.watch(want.Progress)
	d, err := repo.Drill(ctx, want)
	stop()
	if err != nil {
		return err
	}
	report := drillReport(d)
	told := s.show(report, func(w io.Writer) { tellDrill(w, d, report) })
	if err := errors.Join(told, s.noteDrill(ctx, report)); err != nil || report.OK {
		return err
	}
	return errTold
}

// repository is the one that was named, or the configured one.
func (c restoreDrillCmd) repository(ctx context.Context, s *session) (*keep.Repository, io.Closer, error) {
	if c.From != "" {
		return c.open(ctx, c.From)
	}
	cfg, err := s.config()
	if err != nil {
		return nil, nil, err
	}
	if cfg.Backup.To == "" {
		return nil, nil, errUsage("no backup is configured: say where it lies")
	}
	place, err := cfg.Backup.open(cfg.path, placeThere)
	if err != nil {
		return nil, nil, err
	}
	r, err := keep.OpenRepository(ctx, place, time.Now)
	if err != nil {
		return nil, nil, errors.Join(err, place.Close())
	}
	return r, place, nil
}

// noteDrill tells the house, where there is one here.
func (s *session) noteDrill(ctx context.Context, report console.DrillReport) error {
	if _, err := os.Stat(filepath.Join(s.dir, configName)); s.configPath == "" && errors.Is(err, os.ErrNotExist) {
		fmt.Fprintln(s.err, "nightbell: no data folder at", s.dir, "to remember the drill in")
		return nil
	}
	return s.with(ctx, func(api *client) error { return api.ask(ctx, "POST", "/api/v1/backup/drills", report, nil) })
}

func drillReport(d keep.Drilled) console.DrillReport {
	r := console.DrillReport{
		Snapshot: d.ID, OK: len(d.Differ) == 0 && len(d.Bad) == 0, Tables: d.Tables, Rows: d.Rows, Differ: len(d.Differ),
		AuditSize: d.AuditSize, AuditRoot: d.AuditRoot, Recordings: d.Inspected.Recordings, Bad: len(d.Bad),
		Bytes: d.Restore.Bytes, Seconds: d.Restore.Took.Seconds(),
	}
	if d.Copy.Took > 0 {
		r.CopyRatio = d.Restore.Took.Seconds() / d.Copy.Took.Seconds()
	}
	return r
}

func tellDrill(w io.Writer, d keep.Drilled, r console.DrillReport) {
	fmt.Fprintf(w, "snapshot %s of %s\n", d.ID, d.Made.Format(time.RFC3339))
	for _, name := range d.Differ {
		fmt.Fprintln(w, "WRONG: table differs:", name)
	}
	for _, p := range d.Bad {
		fmt.Fprintf(w, "WRONG: %s: %s\n", plain(p.Recording), plain(p.Why))
	}
	fmt.Fprintf(w, "%d tables, %d rows: as on the day\n", d.Tables-len(d.Differ), d.Rows)
	fmt.Fprintf(w, "audit log of %d, root %s; %d recordings verified\n", r.AuditSize, r.AuditRoot, r.Recordings)
	fmt.Fprintf(w, "restored %.1f MB in %.1f s, %.1f MB/s; a plain copy %.1f s, %.1f MB/s; ratio %.2f\n", float64(d.Restore.Bytes)/1e6,
		d.Restore.Took.Seconds(), d.Restore.MBs(), d.Copy.Took.Seconds(), d.Copy.MBs(), r.CopyRatio)
}
