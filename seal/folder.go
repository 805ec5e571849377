package seal

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Folder is where recordings lie: files of mode 0600 under random names, in 256 shards. It syncs them in groups: writing
// marks the folder dirty, and Run brings everything that is dirty to the disk once a second with one syncfs. Writers
// never wait for that.
type Folder struct {
	dir      *os.File // for syncfs and statfs; also keeps the filesystem from being unmounted
	path     string
	dirty    atomic.Bool
	synced   atomic.Int64 // unix nanoseconds of the last sync that succeeded
	sync     func() error
	settling settling
	shards   sync.Mutex // whoever finds a shard there finds it on the disk
}

// syncInterval bounds what a power cut can take.
const syncInterval = time.Second

// OpenFolder opens the folder of recordings, making it where it is missing (its parent must stand).
func OpenFolder(path string) (*Folder, error) {
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return nil, fmt.Errorf("recordings folder: %w", err)
	}
	dir, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("recordings folder: %w", err)
	}
	if err := syncPath(filepath.Dir(path)); err != nil {
		return nil, errors.Join(fmt.Errorf("recordings folder: %w", err), dir.Close())
	}
	f := &Folder{dir: dir, path: path}
	f.sync = func() error { return syncFilesystem(dir) }
	f.settling.together = func() error { return f.sync() }
	return f, nil
}

// File is a recording that is being written. Write goes straight to the file: one record, one call.
type File struct {
	*os.File
	folder *Folder
	name   string
}

// NewName draws the name of a file that does not exist yet: the recording's row, which is committed before the file is
// made, already holds it.
func NewName() string {
	var id [16]byte
	_, _ = rand.Read(id[:])
	base := hex.EncodeToString(id[:])
	return filepath.Join(base[:2], base+".nbr")
}

// Create makes a new file under a name of NewName. Nobody else can have had it: the name is taken exclusively.
func (f *Folder) Create(name string) (*File, error) {
	path, err := f.locate(name)
	if err != nil {
		return nil, err
	}
	if err := f.makeShard(filepath.Dir(path)); err != nil {
		return nil, fmt.Errorf("create recording: %w", err)
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("create recording: %w", err)
	}
	return &File{File: file, folder: f, name: name}, nil
}

func (f *Folder) makeShard(dir string) error {
	f.shards.Lock()
	defer f.shards.Unlock()
	if err := os.Mkdir(dir, 0o700); errors.Is(err, os.ErrExist) {
		return nil
	} else if err != nil {
		return err
	}
	return syncPath(f.path)
}

// Name is the file's name within the folder: what the recording's row keeps.
func (f *File) Name() string { return f.name }

// Write appends and leaves the sync to the folder.
func (f *File) Write(b []byte) (int, error) {
	n, err := f.File.Write(b)
	if n > 0 {
		f.folder.dirty.Store(true)
	}
	return n, err
}

// Settle brings the file and its name to the disk: once after the header, before the row says live, and once after
// FINAL, before the row is final. Many files that settle at once share one sync of the filesystem.
func (f *File) Settle() error { return f.folder.settling.settle(f) }

func (f *File) settleAlone() error {
	if err := f.Sync(); err != nil {
		return err
	}
	return syncPath(filepath.Dir(f.File.Name()))
}

// Open opens a recording for reading. name is one that Create gave.
func (f *Folder) Open(name string) (*os.File, error) { return f.openAs(name, os.O_RDONLY) }

// OpenForRecovery opens a recording that nobody writes any more for Recover.
func (f *Folder) OpenForRecovery(name string) (*os.File, error) { return f.openAs(name, os.O_RDWR) }

func (f *Folder) openAs(name string, flag int) (*os.File, error) {
	path, err := f.locate(name)
	if err != nil {
		return nil, err
	}
	return os.OpenFile(path, flag, 0)
}

// Remove unlinks a recording; one that is gone already is no error. Shredding is destroying the key; this frees the room.
func (f *Folder) Remove(name string) error {
	path, err := f.locate(name)
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove recording: %w", err)
	}
	return syncPath(filepath.Dir(path))
}

// ZeroEscrow overwrites the escrow slot of a file, the second half of a shred.
func (f *Folder) ZeroEscrow(name string) error {
	file, err := f.openAs(name, os.O_RDWR)
	if err != nil {
		return err
	}
	var blank [headerSize - transcribed]byte
	_, err = file.WriteAt(blank[:], transcribed)
	return errors.Join(err, file.Sync(), file.Close())
}

// Path is the place of a recording on the disk.
func (f *Folder) Path(name string) (string, error) { return f.locate(name) }

// locate refuses names that Create cannot have made: a row must not lead out of the folder.
func (f *Folder) locate(name string) (string, error) {
	shard, base, ok := strings.Cut(name, "/")
	id, isRecording := strings.CutSuffix(base, ".nbr")
	raw, err := hex.DecodeString(id)
	if !ok || !isRecording || err != nil || len(raw) != 16 || id[:2] != shard || id != strings.ToLower(id) {
		return "", errors.New("recordings folder: not a recording's name")
	}
	return filepath.Join(f.path, name), nil
}

// Run syncs what is dirty once a second until ctx ends, and once more then. trouble hears each failure; it must not
// block. The folder stays dirty until a sync succeeds.
func (f *Folder) Run(ctx context.Context, trouble func(error)) {
	tick := time.NewTicker(syncInterval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			f.flush(trouble)
			return
		}
		f.flush(trouble)
	}
}

func (f *Folder) flush(trouble func(error)) {
	if !f.dirty.Swap(false) {
		return
	}
	if err := f.sync(); err != nil {
		f.dirty.Store(true)
		trouble(fmt.Errorf("sync recordings: %w", err))
		return
	}
	f.synced.Store(time.Now().UnixNano())
}

// Synced is when the last group reached the disk; zero when none has yet.
func (f *Folder) Synced() time.Time {
	if n := f.synced.Load(); n != 0 {
		return time.Unix(0, n)
	}
	return time.Time{}
}

// Close releases the folder. Run must have returned.
func (f *Folder) Close() error { return f.dir.Close() }

func syncPath(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
