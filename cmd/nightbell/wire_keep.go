package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"nightbell/call"
	"nightbell/media"
	"nightbell/seal"
	"nightbell/sip"
)

// keeper writes running calls down where they outlive the process but not the machine: sealed files on a memory
// filesystem. No call waits for it, and no disk is asked. It is call.Keeper and call.Revival.
type keeper struct {
	folder string // empty: nothing is kept
	office *office
	sip    func() *sip.Server
	log    *slog.Logger
	bell   chan struct{} // capacity 1

	mu      sync.Mutex
	pending map[string][]byte // call -> state; nil: it is over
}

const (
	keptPrefix  = "call-"
	marksPrefix = "marks-"
)

func newKeeper(o *office, sip func() *sip.Server, log *slog.Logger) *keeper {
	k := &keeper{office: o, sip: sip, log: log, bell: make(chan struct{}, 1), pending: map[string][]byte{}}
	folder, err := o.Config.survivalFolder()
	if err == nil {
		err = os.MkdirAll(folder, 0o700)
	}
	if err != nil {
		log.Warn("calls end with the process", "why", err)
		return k
	}
	k.folder = folder
	return k
}

// port is the keeper as calls see it; nil where nothing is kept.
func (k *keeper) port() call.Keeper {
	if k.folder == "" {
		return nil
	}
	return k
}

// survivalFolder is where running calls are written down: what the settings say, the service's own runtime directory, or
// shared memory. It must be a memory filesystem that belongs to us alone.
func (c *Config) survivalFolder() (string, error) {
	switch at := c.Survival.Folder; {
	case at == "off":
		return "", errors.New("switched off")
	case at != "":
		return at, inMemory(filepath.Dir(at))
	}
	sum := sha256.Sum256([]byte(c.Dir))
	name := "nightbell-" + strconv.Itoa(os.Getuid()) + "-" + hex.EncodeToString(sum[:8])
	if run := os.Getenv("RUNTIME_DIRECTORY"); run != "" && inMemory(run) == nil {
		return filepath.Join(run, name), nil
	}
	return filepath.Join("/dev/shm", name), inMemory("/dev/shm")
}

// Keep is call.Keeper.
func (k *keeper) Keep(id string, state []byte) { k.note(id, state) }

// Drop is call.Keeper.
func (k *keeper) Drop(id string) { k.note(id, nil) }

func (k *keeper) note(id string, state []byte) {
	if k.folder == "" {
		return
	}
	k.mu.Lock()
	k.pending[id] = state
	k.mu.Unlock()
	select {
	case k.bell <- struct{}{}:
	default:
	}
}

// Run writes until ctx ends.
func (k *keeper) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			k.write()
			return nil
		case <-k.bell:
			k.write()
		}
	}
}

func (k *keeper) write() {
	k.mu.Lock()
	all := k.pending
	k.pending = map[string][]byte{}
	k.mu.Unlock()
	for id, state := range all {
		var err error
		if state == nil {
			err = k.remove(id)
		} else {
			err = k.put(id, state)
		}
		if err != nil {
			k.log.Error("running call is not written down", "call", id, "err", err)
		}
	}
}

// close leaves nothing behind where no call is left: an orderly end has none.
func (k *keeper) close() error {
	if k.folder == "" || len(k.left()) > 0 {
		return nil
	}
	k.sweep("")
	_ = os.Remove(k.folder) // somebody else's file in it keeps it
	return nil
}

func keptCell(id string) seal.Cell {
	return seal.Cell{Table: "running_calls", Column: "state", Row: id}
}

func (k *keeper) put(id string, state []byte) error {
	if k.office.Ring == nil {
		return nil
	}
	sealed, err := k.office.Ring.SealCell(keptCell(id), state)
	if err != nil {
		return err
	}
	path := filepath.Join(k.folder, keptPrefix+id)
	if err := os.WriteFile(path+".new", sealed, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

func (k *keeper) remove(id string) error {
	err := os.Remove(filepath.Join(k.folder, keptPrefix+id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// left are the calls that a process before us wrote down.
func (k *keeper) left() []string {
	if k.folder == "" {
		return nil
	}
	names, err := filepath.Glob(filepath.Join(k.folder, keptPrefix+"*"))
	if err != nil {
		return nil
	}
	var ids []string
	for _, name := range names {
		if id := strings.TrimPrefix(filepath.Base(name), keptPrefix); !strings.HasSuffix(id, ".new") {
			ids = append(ids, id)
		}
	}
	return ids
}

// takeUp goes on with what was left, once. Whatever cannot be saved is forgotten here.
func (k *keeper) takeUp(board *call.Switchboard, running string) (saved, lost []string) {
	for _, id := range k.left() {
		err := k.revive(board, id)
		if err == nil {
			saved = append(saved, id)
			continue
		}
		lost = append(lost, id)
		k.log.Warn("a call cannot go on", "call", id, "err", err)
		if err := k.remove(id); err != nil {
			k.log.Error("running call", "call", id, "err", err)
		}
	}
	k.sweep(running)
	return saved, lost
}

func (k *keeper) revive(board *call.Switchboard, id string) error {
	sealed, err := os.ReadFile(filepath.Join(k.folder, keptPrefix+id))
	if err != nil {
		return err
	}
	state, err := k.office.Ring.OpenCell(keptCell(id), sealed)
	if err != nil {
		return err
	}
	if !board.TakeUp(id, state, k) {
		return errors.New("its caller's side cannot be brought back")
	}
	return nil
}

// takeUp goes on with the calls of a process that was killed. The rest is closed as cut off.
func (s *server) takeUp() {
	saved, lost := s.keeper.takeUp(s.board, s.media.Marks())
	s.recovery.spares(saved)
	if len(saved)+len(lost) == 0 {
		return
	}
	s.log.Warn("calls taken up after a crash", "go_on", len(saved), "cut_off", len(lost))
	select {
	case s.merged <- struct{}{}: // the recovery looks again
	default:
	}
}

// sweep removes the tables of marks of processes before us; running is ours.
func (k *keeper) sweep(running string) {
	names, _ := filepath.Glob(filepath.Join(k.folder, marksPrefix+"*"))
	for _, name := range names {
		if filepath.Base(name) != running {
			_ = os.Remove(name)
		}
	}
}

// Leg is call.Revival.
func (k *keeper) Leg(kept []byte) (call.Leg, func(func(call.LegEvent)), error) {
	l, err := k.sip().Resume(kept)
	if err != nil {
		return nil, nil, err
	}
	return leg{l}, func(post func(call.LegEvent)) { l.Listen(func(e sip.Event) { post(legEvent(e)) }) }, nil
}

// Voice is call.Revival.
func (k *keeper) Voice(s call.Sound, kept []byte) (call.Voice, error) {
	state, err := media.ParseKept(kept)
	if err != nil {
		return nil, errors.New("kept voice: not readable")
	}
	session, err := s.(sound).of.Resume(state, k.folder)
	if err != nil {
		return nil, err
	}
	return voice{session}, nil
}

// Keep is call.Keepable.
func (l leg) Keep() ([]byte, error) { return l.of.Keep() }

// Keep is call.Keepable.
func (v voice) Keep() ([]byte, error) {
	k, err := v.Session.Keep()
	if err != nil {
		return nil, err
	}
	return media.MarshalKept(k)
}
