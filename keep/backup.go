package keep

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"nightbell/audit"
	"nightbell/seal"
	"nightbell/store"
)

// House is what a backup reads: an open data folder.
type House struct {
	Dir        string
	Config     string   // the configuration's file, wherever it lies
	Skip       []string // absolute paths that do not travel with it: the key file, a recordings' folder of another name
	Program    string
	Store      *store.Store
	Ring       *seal.Ring
	Root       *seal.Root
	Recordings *seal.Folder
	Rate       int64 // bytes a second that may be read; 0: no bound
}

// Progress is how far a long work has come. Its methods may be called from many goroutines.
type Progress struct {
	mu  sync.Mutex
	now Step
}

// Step is one look at a progress.
type Step struct {
	Phase string `json:"phase"`
	Files int64  `json:"files"`
	Bytes int64  `json:"bytes"`
	Of    int64  `json:"of"` // bytes in this phase; 0: not known
}

// Now looks.
func (p *Progress) Now() Step {
	if p == nil {
		return Step{}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now
}

func (p *Progress) begin(phase string, of int64) {
	if p != nil {
		p.mu.Lock()
		p.now = Step{Phase: phase, Of: of}
		p.mu.Unlock()
	}
}

func (p *Progress) add(files, bytes int64) {
	if p != nil {
		p.mu.Lock()
		p.now.Files += files
		p.now.Bytes += bytes
		p.mu.Unlock()
	}
}

// Made is what a backup has made.
type Made struct {
	Snapshot
	Troubles []Problem
}

// workPrefix begins the folder in the data folder that a backup works in. It holds a copy of the database, sealed cells
// and all, and goes with the backup; what a crash left goes at the next start.
const workPrefix = ".backup-"

// Sweep removes what a backup that was killed has left in a data folder.
func Sweep(dir string) error {
	left, err := filepath.Glob(filepath.Join(dir, workPrefix+"*"))
	if err != nil {
		return err
	}
	var all []error
	for _, path := range left {
		all = append(all, os.RemoveAll(path))
	}
	return errors.Join(all...)
}

// Back makes a snapshot: the database as of one moment, the files of the data folder, and every finished recording that
// the repository has not got yet. It takes one thread and makes it slow (nice, idle I/O), so that calls do not notice.
// One at a time works on a data folder.
func (r *Repository) Back(ctx context.Context, h House, p *Progress) (Made, error) {
	var made Made
	err := slowly(func() (err error) {
		made, err = r.back(ctx, h, p)
		return err
	})
	if err != nil {
		return Made{}, fmt.Errorf("backup to %s: %w", r.place, err)
	}
	return made, nil
}

func (r *Repository) back(ctx context.Context, h House, p *Progress) (_ Made, err error) {
	if r.id.Instance != h.Store.Instance() {
		return Made{}, ErrForeign
	}
	if err := Sweep(h.Dir); err != nil {
		return Made{}, err
	}
	work, err := os.MkdirTemp(h.Dir, workPrefix)
	if err != nil {
		return Made{}, err
	}
	b := &backing{repo: r, house: h, work: work, progress: p, pace: newPace(h.Rate)}
	defer func() { err = errors.Join(err, b.leave()) }()
	b.made = Made{Snapshot: Snapshot{
		Format: formatNow, Repository: r.id.ID, Instance: r.id.Instance, Made: r.now().UTC().Truncate(time.Second),
		Program: h.Program, Mode: h.Store.Mode(), Root: h.Root.ID(),
	}}
	b.made.ID = b.made.Made.Format("20060102T150405Z") + "-" + newID()[:8]
	for _, step := range []func(context.Context) error{b.look, b.copyDatabase, b.begin, b.files, b.recordings, b.finish} {
		if err := step(ctx); err != nil {
			return Made{}, err
		}
	}
	return b.made, nil
}

// backing is one backup under way.
type backing struct {
	repo     *Repository
	house    House
	work     string
	progress *Progress
	pace     *pace
	made     Made

	there  map[string]int64 // objects of the repository and their sizes
	before map[string]File  // files of the newest snapshot, by name
	sounds map[string]Sound // its recordings, by name
	copied *store.Copy
	keys   keyVault
	manual *manifestWriter
}

// look asks the repository what it has, so that nothing is sent twice. A newest snapshot that cannot be opened is as none:
// everything is read and compared again.
func (b *backing) look(ctx context.Context) error {
	b.progress.begin("look", 0)
	b.there, b.before, b.sounds = map[string]int64{}, map[string]File{}, map[string]Sound{}
	for _, prefix := range []string{"parts/", "recordings/"} {
		for o, err := range b.repo.place.List(ctx, prefix) {
			if err != nil {
				return err
			}
			b.there[o.Name] = o.Size
		}
	}
	newest, err := b.repo.Open(ctx, "", Keys{b.house.Root, b.house.Ring})
	if err != nil {
		return ctx.Err()
	}
	defer newest.Close()
	err = newest.walk(ctx, func(l line) error {
		switch {
		case l.File != nil:
			b.before[l.File.Name] = *l.File
		case l.Recording != nil:
			b.sounds[l.Recording.Name] = *l.Recording
		}
		return nil
	})
	if err != nil {
		clear(b.before)
		clear(b.sounds)
	}
	return ctx.Err()
}

// copyDatabase takes the database as of one moment. Everything else is copied after it: what the copy speaks of is there.
func (b *backing) copyDatabase(ctx context.Context) error {
	b.progress.begin("database", 0)
	if err := b.room(); err != nil {
		return err
	}
	path := filepath.Join(b.work, databaseName)
	if err := b.house.Store.Snapshot(ctx, path); err != nil {
		return err
	}
	var err error
	if b.copied, err = store.OpenCopy(path); err != nil {
		return err
	}
	return b.takeKeys()
}

// room: the copy must not take the last of the disk.
func (b *backing) room() error {
	info, err := os.Stat(filepath.Join(b.house.Dir, databaseName))
	if err != nil {
		return err
	}
	space, err := seal.SpaceAt(b.house.Dir)
	if err != nil {
		return err
	}
	if need := uint64(info.Size()) + space.Total/20; space.Free < need {
		return fmt.Errorf("no room for a copy of the database: %d MiB free, %d needed", space.Free>>20, need>>20)
	}
	return nil
}

// begin opens the manifest, now that the copy says what it holds.
func (b *backing) begin(ctx context.Context) error {
	head := manifestHead{Repository: b.repo.id.ID, Snapshot: b.made.ID}
	kept, err := b.copied.Checkpoint(ctx)
	if err == nil {
		head.Checkpoint = string(kept.Note)
		b.made.Head, err = headOf(kept)
	}
	if err == nil {
		b.made.Schema, err = b.copied.Schema(ctx)
	}
	if err == nil {
		head.Tables, err = b.copied.Tables(ctx)
	}
	if err != nil {
		return err
	}
	b.manual, err = b.repo.beginManifest(b.house.Ring, b.made.ID, filepath.Join(b.work, manifestObject))
	if err != nil {
		return err
	}
	return b.manual.write(line{Head: &head})
}

func headOf(k audit.Kept) (audit.Head, error) {
	c, err := audit.ReadCheckpoint(k.Note)
	return audit.HeadOf(c), err
}

// files sends the database's copy and every other file of the data folder.
func (b *backing) files(ctx context.Context) error {
	b.progress.begin("files", 0)
	if err := b.file(ctx, databaseName, filepath.Join(b.work, databaseName)); err != nil {
		return err
	}
	if err := b.file(ctx, configurationName, b.house.Config); err != nil {
		return err
	}
	return filepath.WalkDir(b.house.Dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		name, err := filepath.Rel(b.house.Dir, path)
		if err != nil {
			return err
		}
		switch {
		case name == ".":
			return nil
		case !b.travels(name, path) && d.IsDir():
			return fs.SkipDir
		case !b.travels(name, path) || d.IsDir():
			return nil
		}
		info, err := os.Stat(path) // through a link: certificates are often links
		if err != nil || !info.Mode().IsRegular() {
			return nil
		}
		return b.file(ctx, name, path)
	})
}

// configurationName is the configuration's name in a data folder; it is kept under it wherever it lies.
const configurationName = "nightbell.toml"

// stays are the names in a data folder that a backup leaves, beside those that begin with a dot: what is copied another
// way, what belongs to the running process, and what is in clear.
var stays = map[string]bool{
	databaseName: true, databaseName + "-wal": true, databaseName + "-shm": true, configurationName: true,
	"recordings": true, "keys/root.json": true, "lock": true, "control.sock": true, "reserve": true,
	"journal.spool": true, "export": true,
}

func (b *backing) travels(name, path string) bool {
	if stays[filepath.ToSlash(name)] || strings.HasPrefix(filepath.Base(name), ".") {
		return false
	}
	return !slices.Contains(b.house.Skip, path)
}

// finish puts what opens the snapshot, its manifest, and last its note.
func (b *backing) finish(ctx context.Context) error {
	b.progress.begin("finish", 0)
	if err := b.takeKeys(); err != nil {
		return err
	}
	slots, err := os.ReadFile(seal.SlotsPath(b.house.Dir))
	if err != nil {
		return err
	}
	keys, err := json.Marshal(b.keys)
	if err != nil {
		return err
	}
	sum, source, err := b.manual.close()
	if err != nil {
		return err
	}
	s := &b.made.Snapshot
	s.Manifest, s.Slots, s.Keys, s.Problems = sum, hexSum(slots), hexSum(keys), len(b.made.Troubles)
	for name, what := range map[string]Source{
		slotsObject: bytesSource(slots), keysObject: bytesSource(keys), manifestObject: source,
	} {
		if err := b.put(ctx, s.object(name), what); err != nil {
			return err
		}
	}
	note, err := b.sign()
	if err != nil {
		return err
	}
	return b.put(ctx, s.object(noteObject), bytesSource(note))
}

// leave gives back what the work took, however it ended.
func (b *backing) leave() error {
	var all []error
	if b.copied != nil {
		all = append(all, b.copied.Close())
	}
	if b.manual != nil {
		_ = b.manual.file.Close() // closed already where all went well
	}
	return errors.Join(append(all, os.RemoveAll(b.work))...)
}

func (b *backing) sign() ([]byte, error) {
	text, err := json.Marshal(b.made.Snapshot)
	if err != nil {
		return nil, err
	}
	signer, err := signerOf(b.house.Ring, b.made.Instance)
	if err != nil {
		return nil, err
	}
	return signer.SignText(string(text) + "\n")
}
