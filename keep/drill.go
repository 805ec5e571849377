package keep

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"nightbell/store"
)

// Drilling is a rehearsal of the day when the machine is gone.
type Drilling struct {
	Restoring // Into: a folder that is not there; it is removed again. Settle is not called
	// Inspect opens what was brought back as the server would, and walks its log and a sample of its recordings.
	Inspect func(ctx context.Context, dir string, r Restored) (Inspected, error)
}

// Inspected is what the restored house says of itself.
type Inspected struct {
	AuditSize  int64  `json:"audit_size"`
	AuditRoot  string `json:"audit_root"`
	Recordings int    `json:"recordings_verified"`
	Bad        []Problem
}

// Drilled is what a drill has shown. It was a success where Differ and Inspected.Bad are empty.
type Drilled struct {
	Snapshot
	Inspected
	Tables  int
	Rows    int64
	Differ  []string // tables whose rows are not those of the day
	Restore Speed
	Copy    Speed // of the same files, plainly, in the same run
}

// Speed is how long so many bytes took.
type Speed struct {
	Bytes int64         `json:"bytes"`
	Took  time.Duration `json:"took"`
}

// MBs is the speed in MB (10^6 bytes) a second.
func (s Speed) MBs() float64 {
	if s.Took <= 0 {
		return 0
	}
	return float64(s.Bytes) / 1e6 / s.Took.Seconds()
}

// Drill restores a snapshot elsewhere, compares every table with what the snapshot held when it was made, looks into the
// house that came back, and copies the same files plainly to say what the sealing costs. Nothing of it stays.
func (r *Repository) Drill(ctx context.Context, want Drilling) (_ Drilled, err error) {
	plain := want.Into + ".plain"
	for _, path := range []string{want.Into, plain} {
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			return Drilled{}, errors.Join(fmt.Errorf("drill: %s: %w", path, ErrOccupied), err)
		}
	}
	defer func() { err = errors.Join(err, os.RemoveAll(want.Into), os.RemoveAll(plain)) }()
	want.Restoring.Settle = nil
	var head manifestHead
	back, err := r.Restore(ctx, want.Restoring)
	if err != nil {
		return Drilled{}, fmt.Errorf("drill: %w", err)
	}
	defer back.Root.Close()
	d := Drilled{Snapshot: back.Snapshot, Restore: Speed{back.Bytes, back.Took}}
	if head, err = r.head(ctx, back); err != nil {
		return d, fmt.Errorf("drill: %w", err)
	}
	if d.Copy, err = copyPlainly(ctx, want.Into, plain); err != nil {
		return d, fmt.Errorf("drill: %w", err)
	}
	if err := d.compare(ctx, filepath.Join(want.Into, databaseName), head.Tables); err != nil {
		return d, fmt.Errorf("drill: %w", err)
	}
	if d.Inspected, err = want.Inspect(ctx, want.Into, back); err != nil {
		return d, fmt.Errorf("drill: %w", err)
	}
	return d, nil
}

func (r *Repository) head(ctx context.Context, back Restored) (head manifestHead, err error) {
	o, err := r.Open(ctx, back.ID, Keys{Root: back.Root})
	if err != nil {
		return head, err
	}
	defer o.Close()
	err = o.walk(ctx, func(l line) error {
		if l.Head != nil {
			head = *l.Head
		}
		return nil
	})
	return head, err
}

// compare holds every table of the restored database against what the snapshot noted down when it was made.
func (d *Drilled) compare(ctx context.Context, path string, then []store.Table) error {
	c, err := store.OpenCopy(path)
	if err != nil {
		return err
	}
	defer c.Close()
	now, err := c.Tables(ctx)
	if err != nil {
		return err
	}
	want := map[string]store.Table{}
	for _, t := range then {
		want[t.Name] = t
	}
	for _, t := range now {
		d.Rows += t.Rows
		if want[t.Name] != t {
			d.Differ = append(d.Differ, t.Name)
		}
		delete(want, t.Name)
	}
	for name := range want {
		d.Differ = append(d.Differ, name)
	}
	d.Tables = len(now)
	return nil
}

// copyPlainly is the baseline: every file read and written once, and all of it brought to the disk.
func copyPlainly(ctx context.Context, from, to string) (Speed, error) {
	began, s := time.Now(), Speed{}
	err := filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if e.IsDir() {
			return os.MkdirAll(filepath.Join(to, name), 0o700)
		}
		n, err := copyFile(path, filepath.Join(to, name))
		s.Bytes += n
		return err
	})
	if err == nil {
		err = syncTree(to)
	}
	s.Took = time.Since(began)
	return s, err
}

func copyFile(from, to string) (int64, error) {
	in, err := os.Open(from)
	if err != nil {
		return 0, err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(out, in)
	return n, errors.Join(err, out.Close())
}
