package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"sync"
	"time"

	"nightbell/audit"
	"nightbell/console"
	"nightbell/seal"
	"nightbell/store"
)

// rewrapper brings over what key rotations left under older versions, a little at a time, so that calls notice nothing. The
// running server owns one goroutine of it (Run); what it has to do stands in the database alone, so a restart goes on where
// the last one stopped. Offline, a command that asks for it does the work itself (Finish).
type rewrapper struct {
	office *office
	wake   chan struct{} // capacity 1: something was rotated
	mu     sync.Mutex
	served bool // a goroutine runs Run
	done   map[keyPlace]console.KeyProgress
}

// keyPlace is one key with all its versions.
type keyPlace struct {
	purpose seal.Purpose
	clinic  string
}

const (
	rewrapBatch = 200
	rewrapPause = 20 * time.Millisecond // between batches: the writer is others' too
	rewrapAgain = time.Hour             // what could not be done is tried again
)

func newRewrapper(o *office) *rewrapper {
	return &rewrapper{office: o, wake: make(chan struct{}, 1), done: map[keyPlace]console.KeyProgress{}}
}

// Run goes on until ctx ends. Trouble does not end it: it stands in the progress, and the next hour tries again.
func (r *rewrapper) Run(ctx context.Context) error {
	r.serve(true)
	defer r.serve(false)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-r.wake:
		case <-timer.C:
		}
		_ = r.round(ctx, rewrapPause) // stands in the progress
		timer.Reset(rewrapAgain)
	}
}

func (r *rewrapper) serve(on bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.served = on
}

func (r *rewrapper) isServed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.served
}

// renewSpool begins the empty spool of a stopped server anew, under the current key; one with entries waits for the server.
func (o *office) renewSpool() error {
	spool, err := o.spool()
	if err != nil {
		return err
	}
	if spool.Empty() {
		err = spool.Truncate()
	}
	return errors.Join(err, spool.Close())
}

// Go wakes the goroutine, or does the work here where none runs.
func (r *rewrapper) Go(ctx context.Context) error {
	if !r.isServed() {
		return r.round(ctx, 0)
	}
	select {
	case r.wake <- struct{}{}:
	default: // it is awake already
	}
	return nil
}

// round brings everything over that lies under an older version.
func (r *rewrapper) round(ctx context.Context, pause time.Duration) error {
	var all []error
	for _, at := range r.behind() {
		all = append(all, r.key(ctx, at, pause))
	}
	return errors.Join(all...)
}

// behind are the keys that have older versions.
func (r *rewrapper) behind() []keyPlace {
	if r.office.Ring == nil {
		return nil
	}
	var all []keyPlace
	for _, s := range r.office.Ring.Status() {
		if at := (keyPlace{s.Purpose, s.Clinic}); s.State == seal.Old && !slices.Contains(all, at) {
			all = append(all, at)
		}
	}
	return all
}

func (r *rewrapper) key(ctx context.Context, at keyPlace, pause time.Duration) error {
	if at.purpose == seal.Spooling && !r.isServed() {
		err := r.office.renewSpool()
		r.note(at, 0, 0, err)
		return err
	}
	for {
		done, left, err := r.office.Store.RewrapStep(ctx, string(at.purpose), at.clinic, rewrapBatch)
		r.note(at, done, left, err)
		if err != nil || left == 0 || done == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

func (r *rewrapper) note(at keyPlace, done, left int, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.done[at]
	p.Purpose, p.Clinic, p.Left, p.Trouble = string(at.purpose), at.clinic, left, ""
	p.Done += done
	if err != nil && !errors.Is(err, context.Canceled) { // who stops is in no trouble
		p.Trouble = err.Error()
	}
	r.done[at] = p
}

// Progress is what is not over, and what this run has done.
func (r *rewrapper) Progress() []console.KeyProgress {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []console.KeyProgress
	for _, p := range r.done {
		if p.Left > 0 || p.Trouble != "" {
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(a, b console.KeyProgress) int {
		return cmp.Or(cmp.Compare(a.Purpose, b.Purpose), cmp.Compare(a.Clinic, b.Clinic))
	})
	return all
}

// keyUsage counts what still needs a version: the store's things, and those that the store does not know.
type keyUsage struct {
	ctx context.Context
	*office
}

// InUse is seal.Usage. Nothing is sealed under the auth key for longer than a request.
func (u keyUsage) InUse(p seal.Purpose, clinic string, version uint32) (int64, error) {
	switch p {
	case seal.Auth:
		return 0, nil
	case seal.Spooling:
		return u.spooled(version)
	}
	n, err := u.Store.KeyUsage(u.ctx, string(p), clinic, version)
	if err != nil {
		return 0, err
	}
	switch p {
	case seal.Recordings:
		beside, err := u.beside(clinic, version)
		return int64(n + beside), err
	case seal.Backup:
		return int64(n) + u.backedUp(version), nil
	}
	return int64(n), nil
}

// beside counts the rows that wait beside their recordings for the database. A torn one promised nothing.
func (u keyUsage) beside(clinic string, version uint32) (n int, err error) {
	rows, err := u.Folder.Asides()
	for _, text := range rows {
		var row store.Recording
		if json.Unmarshal(text, &row) == nil && row.Clinic == clinic && row.KeyVersion == version {
			n++
		}
	}
	return n, err
}

// backedUp is 1 while a snapshot of before the next version may still stand. It carries the wrapped key that it was made with,
// but after a new ROOT the house opens it by its ring alone.
func (u keyUsage) backedUp(version uint32) int64 {
	for _, s := range u.Ring.Status() {
		if s.Purpose == seal.Backup && s.Version == version+1 && u.backupsUntil(s.Created).After(u.now()) {
			return 1
		}
	}
	return 0
}

// spooled asks the journal's spool, the running server's or the file itself.
func (u keyUsage) spooled(version uint32) (int64, error) {
	if n, err := u.Store.KeyUsage(u.ctx, string(seal.Spooling), "", version); err == nil {
		return int64(n), nil
	}
	spool, err := u.spool()
	if err != nil {
		return 0, err
	}
	defer spool.Close()
	if spool.KeyVersion() == version {
		return 1, nil
	}
	return 0, nil
}

// uses is nil where nobody can say.
func (u keyUsage) uses(s seal.KeyStatus) *int64 {
	if s.State != seal.Old {
		return nil
	}
	n, err := u.InUse(s.Purpose, s.Clinic, s.Version)
	if err != nil {
		return nil
	}
	return &n
}

// keyEvent is the leaf of what is done to a key.
func keyEvent(by audit.Actor, action audit.Action, at keyPlace, version uint32) audit.Event {
	e := audit.Event{
		Actor: by, Action: action, Object: "key:" + string(at.purpose), Clinic: at.clinic, Outcome: audit.Done,
		Facts: map[string]string{"purpose": string(at.purpose)},
	}
	if version > 0 {
		e.Facts["version"] = strconv.FormatUint(uint64(version), 10)
	}
	return e
}
