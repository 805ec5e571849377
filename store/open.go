package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"nightbell/audit"
)

// Options of a store. Path is required; zero values of the rest mean what stands beside them.
type Options struct {
	Path    string
	Busy    time.Duration    // how long a write waits for a lock or its turn before ErrBusy: 5 s
	Readers int              // connections that read: 4
	Clock   func() time.Time // time.Now
	Changed func()           // the book, grants or readiness changed; called after the commit, never blocks. nil: nobody asks
	Trouble func(Trouble)    // called from store's goroutines, never blocks. nil: nobody listens
}

func (o Options) filled() Options {
	if o.Busy == 0 {
		o.Busy = 5 * time.Second
	}
	if o.Readers == 0 {
		o.Readers = 4
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Changed == nil {
		o.Changed = func() {}
	}
	if o.Trouble == nil {
		o.Trouble = func(Trouble) {}
	}
	return o
}

// Store is an open database. Its methods may be called from many goroutines.
type Store struct {
	opt      Options
	instance string
	mode     string
	read     *sql.DB
	hot      hot
	touches  touches
	passes   rewraps
	archive  Archive // of old audit leaves
	journal  atomic.Pointer[Journal]

	newestEntry atomic.Int64 // number of the newest entry of any journal
	writer      *writer
	keys        atomic.Pointer[keys]
	shelf       shelf
	close       sync.Once
	closeErr    error
}

// keys are what Unseal brings.
type keys struct {
	sealer Sealer
	signer Signer
}

// Modes of an instance, for life: development is written only by demo and setup --development.
const (
	Production  = "production"
	Development = "development"
)

// Create makes the database of a new instance and gives its id. The file appears under its name whole or not at all;
// one that stands there already is ErrConflict.
func Create(opt Options, mode string) (instance string, err error) {
	if mode != Production && mode != Development {
		return "", fmt.Errorf("create database: mode %q: %w", mode, ErrInvalid)
	}
	if _, err := os.Lstat(opt.Path); !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("create database %s: file is there: %w", opt.Path, ErrConflict)
	}
	opt = opt.filled()
	fresh := opt.Path + ".new"
	if err := errors.Join(removeAll(fresh), emptyFile(fresh)); err != nil {
		return "", fmt.Errorf("create database: %w", err)
	}
	instance = newID()
	if err := birth(fresh, opt, map[string]string{"instance": instance, "mode": mode}); err != nil {
		return "", errors.Join(fmt.Errorf("create database: %w", err), removeAll(fresh))
	}
	if err := os.Rename(fresh, opt.Path); err != nil {
		return "", fmt.Errorf("create database: %w", err)
	}
	return instance, syncFolder(filepath.Dir(opt.Path))
}

func emptyFile(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

func removeAll(path string) error {
	for _, tail := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(path + tail); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// birth fills the new file. Its last connection closes with a checkpoint, so that one file is all there is.
func birth(path string, opt Options, meta map[string]string) error {
	db, err := openPool(path, 1, pragmas(opt.Busy))
	if err != nil {
		return err
	}
	err = migrate(context.Background(), db)
	for name, value := range meta {
		if err == nil {
			_, err = db.Exec("INSERT INTO meta (name, value) VALUES (?, ?)", name, value)
		}
	}
	return errors.Join(named(err), db.Close())
}

// Open opens the database of an instance, brings its schema up to date, and starts the writer. A file that is missing,
// empty, readable by others, truncated or damaged, or whose settings do not take, is refused. Until Unseal, only meta,
// the key vault and what holds no PHI can be used.
func Open(opt Options) (*Store, error) {
	opt = opt.filled()
	s, err := open(opt)
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", opt.Path, err)
	}
	return s, nil
}

func open(opt Options) (*Store, error) {
	if err := checkFile(opt.Path); err != nil {
		return nil, err
	}
	db, err := openPool(opt.Path, 1, pragmas(opt.Busy))
	if err != nil {
		return nil, err
	}
	if err := checkWhole(db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if err := migrate(context.Background(), db); err != nil {
		return nil, errors.Join(named(err), db.Close())
	}
	read, err := openPool(opt.Path, opt.Readers, append(pragmas(opt.Busy), readOnly))
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	s := &Store{opt: opt, read: read}
	if err := errors.Join(s.readMeta(), s.hot.prepare(read)); err != nil {
		return nil, errors.Join(err, read.Close(), db.Close())
	}
	if s.writer, err = startWriter(s, db); err != nil {
		return nil, errors.Join(err, read.Close(), db.Close())
	}
	return s, nil
}

func (s *Store) readMeta() error {
	for name, into := range map[string]*string{"instance": &s.instance, "mode": &s.mode} {
		if err := s.read.QueryRow("SELECT value FROM meta WHERE name = ?", name).Scan(into); err != nil {
			return fmt.Errorf("meta %s: %w", name, named(err))
		}
	}
	return nil
}

// Instance is the id that the database was born with; audit.Origin(Instance()) names its log.
func (s *Store) Instance() string { return s.instance }

// Mode is Production or Development.
func (s *Store) Mode() string { return s.mode }

// Unseal brings the keys: from now on cells open and audit leaves can be written. Keys that were stored before get
// their leaves now. A log whose end does not fit its last checkpoint is reported as trouble and in the log itself, which
// never verifies again; calls go on.
func (s *Store) Unseal(sealer Sealer, signer Signer) error {
	if sealer == nil || signer == nil {
		return fmt.Errorf("unseal store: %w", ErrInvalid)
	}
	s.keys.Store(&keys{sealer, signer})
	ctx := context.Background()
	from, err := s.checkLogEnd(ctx)
	if err := s.settle(ctx); err != nil {
		return fmt.Errorf("unseal store: %w", err)
	}
	if errors.Is(err, ErrDamaged) {
		s.opt.Trouble(Trouble{AuditDamaged, err.Error()})
		err = s.rememberDamage(ctx, from)
	}
	if err != nil {
		return fmt.Errorf("unseal store: %w", err)
	}
	if err := s.rememberKeys(ctx); err != nil {
		return err
	}
	return s.completeKeys(ctx, sealer)
}

func (s *Store) sealer() (Sealer, error) {
	if k := s.keys.Load(); k != nil {
		return k.sealer, nil
	}
	return nil, ErrSealed
}

// Close writes what waits, moves the log into the file and closes it. Journals are closed before.
func (s *Store) Close() error {
	s.close.Do(func() {
		s.flushTouches()
		s.writer.stop()
		s.closeErr = errors.Join(s.hot.close(), s.read.Close(), s.writer.close())
	})
	return s.closeErr
}

// newID is a random id: 128 bits and more, opaque, lower case.
func newID() string { return strings.ToLower(rand.Text()) }

func micros(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

func instant(v sql.NullInt64) time.Time {
	if !v.Valid {
		return time.Time{}
	}
	return time.UnixMicro(v.Int64).UTC()
}

// Now is the store's clock, cut to what is kept.
func (s *Store) now() time.Time { return s.opt.Clock().UTC().Truncate(time.Microsecond) }

// system is the actor of what nobody asked for.
var system = audit.Actor{Type: "system", ID: "nightbell"}
