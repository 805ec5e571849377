package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"nightbell/audit"
	"nightbell/console"
	"nightbell/keep"
	"nightbell/policy"
	"nightbell/seal"
	"nightbell/store"
)

// office is a data folder that was opened: what the server and the commands share. It holds DIR/lock as long as it is
// open, so that there is never a second writer of the audit tree.
type office struct {
	Config Config
	Store  *store.Store
	Slots  *seal.Slots
	Root   *seal.Root // nil while sealed
	Ring   *seal.Ring // nil while sealed
	Signer *audit.Signer
	Folder *seal.Folder

	notes        *keep.Notes // checkpoints outside the database
	notesTrouble error       // why the log was not compared with them
	trust        trust
	witnessed    audit.Head // that this log does not have

	Sealed           error // why it is sealed; nil when it is open
	AuthorityTrouble error // why the private CA's key is not sealed
	PromptTrouble    error // which prompts cannot be read; others are played in their place
	lock             *os.File
	keys             sync.Mutex   // one who changes keys or slots
	swap             sync.RWMutex // Root and Signer while they are replaced: rootNow, signerNow
	formerRoots      []*seal.Root
	escrow           atomic.Pointer[seal.Recipient] // recordings are sealed to it too; nil: there is no recovery key
	rewrap           *rewrapper
	backups          *backups
	lobby            *lobby // people on their way in
	shelf            *shelf // what callers hear
	now              func() time.Time
	zones            atomic.Pointer[zoneState]
	read             atomic.Pointer[policy.Snapshot] // the book as it was last read, ready to be asked: rulebook.snapshot
}

// openOffice takes the lock, opens the database and, where an unsealer answers, the keys. A folder that stays sealed is
// opened all the same: calls are answered from it, and everything that needs a key says console.ErrSealed.
func openOffice(ctx context.Context, cfg Config, ask asking) (*office, error) {
	return openOfficeWith(ctx, cfg, ask, store.Options{})
}

// openOfficeWith is openOffice for the server, which listens to the store.
func openOfficeWith(ctx context.Context, cfg Config, ask asking, opt store.Options) (_ *office, err error) {
	o := &office{Config: cfg, now: time.Now}
	o.rewrap = newRewrapper(o)
	o.backups = &backups{office: o}
	o.lobby = newLobby(cfg)
	defer func() {
		if err != nil {
			err = errors.Join(err, o.Close())
		}
	}()
	if o.lock, err = takeLock(filepath.Join(cfg.Dir, "lock")); err != nil {
		return nil, err
	}
	opt.Path = databasePath(cfg.Dir)
	if o.Store, err = store.Open(opt); err != nil {
		return nil, err
	}
	o.shelf = newShelf(o.Store)
	if o.Store.Mode() != string(cfg.Mode) {
		return nil, fmt.Errorf("mode: configuration says %s, database %s", cfg.Mode, o.Store.Mode())
	}
	o.takeZones()
	if o.Folder, err = seal.OpenFolder(cfg.path(cfg.Recordings.Dir)); err != nil {
		return nil, fmt.Errorf("recordings: %w", err)
	}
	if o.Slots, err = seal.LoadSlots(seal.SlotsPath(cfg.Dir)); err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	o.followEscrow()
	if o.Sealed = o.unseal(ask); o.Sealed == nil {
		o.notesTrouble = o.openNotes(ctx)
	}
	return o, ctx.Err()
}

func databasePath(dir string) string { return filepath.Join(dir, "nightbell.db") }

// unseal opens the folder by the unsealer that the configuration names.
func (o *office) unseal(ask asking) error {
	u, err := o.Config.unsealer(ask)
	if err != nil {
		return err
	}
	return o.open(u)
}

// open opens ROOT, the ring and the store's cells.
func (o *office) open(u seal.Unsealer) (err error) {
	if o.Root, err = o.Slots.Unseal(u); err != nil {
		return err
	}
	if o.Ring, err = seal.OpenRing(o.Root, vault{o.Store}); err != nil {
		return err
	}
	if err := o.settleRoot(); err != nil {
		return err
	}
	if err := o.Ring.EnsureHouse(); err != nil {
		return err
	}
	if o.Signer, err = o.signer(); err != nil {
		return err
	}
	if err := o.Store.Unseal(cells{o.Ring}, o.Signer); err != nil {
		return err
	}
	o.AuthorityTrouble = o.sealAuthority() // no reason to stay sealed: callers come first
	o.PromptTrouble = o.shelf.read(context.Background())
	return nil
}

// Close gives everything back, the lock last.
func (o *office) Close() error {
	o.backups.close()
	var all []error
	if o.Store != nil {
		all = append(all, o.Store.Close())
	}
	if o.Folder != nil {
		all = append(all, o.Folder.Close())
	}
	if o.Ring != nil {
		o.Ring.Close()
	}
	for _, root := range append(o.formerRoots, o.Root) {
		if root != nil {
			root.Close()
		}
	}
	if o.lock != nil {
		all = append(all, o.lock.Close())
	}
	return errors.Join(all...)
}

// takeLock takes the folder for this process, or says that another one has it.
func takeLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return nil, errors.Join(errors.New("data folder: in use by another nightbell"), f.Close())
	}
	return f, nil
}

// loadZones reads the configured zone data, or the copy inside the program where none is configured. An error ends no
// start: whoever calls at night is worth more than a newer table.
func loadZones(cfg Config) (*policy.Zones, error) {
	if cfg.ZoneData.Path == "" {
		return policy.EmbeddedZones(), nil
	}
	path := cfg.path(cfg.ZoneData.Path)
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("zone data: %w", err)
	}
	if info.IsDir() {
		return policy.LoadZones(os.DirFS(path))
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("zone data: %w", err)
	}
	return policy.ZipZones(b)
}

// vault keeps the ring's keys in the store: two rooms that do not know each other say the same.
type vault struct{ *store.Store }

func (v vault) Keys() ([]seal.WrappedKey, error) {
	rows, err := v.Store.Keys()
	if err != nil {
		return nil, err
	}
	keys := make([]seal.WrappedKey, len(rows))
	for i, r := range rows {
		keys[i] = seal.WrappedKey{
			Purpose: seal.Purpose(r.Purpose), Clinic: r.Clinic, Version: r.Version, Created: r.Created, Retired: r.Retired, Sealed: r.Sealed,
		}
	}
	return keys, nil
}

func (v vault) Put(k seal.WrappedKey) error {
	return v.Store.Put(store.WrappedKey{
		Purpose: string(k.Purpose), Clinic: k.Clinic, Version: k.Version, Created: k.Created, Retired: k.Retired, Sealed: k.Sealed,
	})
}

// cells seals the store's cells with the ring.
type cells struct{ *seal.Ring }

func (c cells) SealCell(at store.Cell, plaintext []byte) ([]byte, error) {
	return c.Ring.SealCell(seal.Cell(at), plaintext)
}

// OpenCell gives nothing for a cell of a clinic whose keys were destroyed: what it held is gone, its row remains.
func (c cells) OpenCell(at store.Cell, sealed []byte) ([]byte, error) {
	plain, err := c.Ring.OpenCell(seal.Cell(at), sealed)
	if errors.Is(err, seal.ErrDestroyed) {
		return nil, nil
	}
	return plain, err
}

// Indexes finds nobody in a clinic whose keys were destroyed.
func (c cells) Indexes(clinic, e164 string) ([][16]byte, error) {
	all, err := c.Ring.Indexes(clinic, e164)
	if errors.Is(err, seal.ErrDestroyed) {
		return nil, nil
	}
	return all, err
}

// known turns the errors of store and seal into what the console can say.
func known(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, store.ErrNotFound), errors.Is(err, seal.ErrNoKey):
		return fmt.Errorf("%w: %w", console.ErrNotFound, err)
	case errors.Is(err, store.ErrConflict):
		return fmt.Errorf("%w: %w", console.ErrConflict, err)
	case errors.Is(err, store.ErrSealed), errors.Is(err, seal.ErrClosed):
		return fmt.Errorf("%w: %w", console.ErrSealed, err)
	case errors.Is(err, store.ErrBusy), errors.Is(err, store.ErrFull):
		return fmt.Errorf("%w: %w", console.ErrAuditDown, err)
	case errors.Is(err, seal.ErrInUse), errors.Is(err, seal.ErrCurrent):
		return fmt.Errorf("%w: %w", console.ErrInUse, err)
	case errors.Is(err, store.ErrInvalid):
		return console.Mistakes{{Text: "refers to something that is not there"}}
	}
	return err
}

func ports[T any](v T, err error) (T, error) { return v, known(err) }
