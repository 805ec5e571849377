package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"nightbell/audit"
	"nightbell/console"
	"nightbell/seal"
)

// keyring is the keys as they may be shown, and what is done to them.
type keyring struct{ *office }

func (k keyring) Status(ctx context.Context) (console.KeyStatus, error) {
	k.keys.Lock()
	defer k.keys.Unlock()
	custody := k.Slots.Custody(k.Config.Dir)
	v := console.KeyStatus{
		Sealed: k.Ring == nil, Mode: string(k.Config.Mode), Progress: k.rewrap.Progress(), Rooting: k.Slots.Rerooting(),
		Custody: console.Custody{Grade: string(custody.Grade), Why: custody.Why, Unattended: custody.Unattended},
	}
	for _, s := range k.Slots.Graded(k.Config.Dir) {
		v.Slots = append(v.Slots, slotOf(s))
	}
	if custody.Grade == seal.Weak {
		v.Warning = custody.Why
	}
	if k.Ring == nil {
		return v, nil
	}
	usage := keyUsage{ctx, k.office}
	for _, s := range k.Ring.Status() {
		v.Keys = append(v.Keys, console.KeyEntry{
			Purpose: string(s.Purpose), Clinic: s.Clinic, Version: s.Version, Made: s.Created, State: string(s.State), Uses: usage.uses(s),
		})
	}
	return v, nil
}

func slotOf(s seal.GradedSlot) console.KeySlot {
	return console.KeySlot{
		ID: s.ID, Type: string(s.Kind), Label: s.Place, Custody: string(s.Custody.Grade), Why: s.Custody.Why, Made: s.Created,
	}
}

// Rotate adds a version. The store audits every key that is put into the vault, in the same transaction; who asked is
// remembered before it.
func (k keyring) Rotate(ctx context.Context, want console.KeyRotation, by audit.Actor) (console.KeyStatus, error) {
	at := keyPlace{seal.Purpose(want.Purpose), want.Clinic}
	if err := k.change(ctx, by, audit.KeyCreated, at, func() error {
		_, err := k.Ring.Rotate(at.purpose, at.clinic)
		if err == nil && at.purpose == seal.Audit {
			err = k.changeSigner(ctx)
		}
		if err == nil && at.purpose == seal.Fields && at.clinic == "" {
			err = k.sealAuthority() // a file beside the database, which the rewrapping of cells does not see
		}
		return err
	}); err != nil {
		return console.KeyStatus{}, err
	}
	if err := k.rewrapIfServed(ctx); err != nil {
		return console.KeyStatus{}, known(err)
	}
	return k.Status(ctx)
}

// rewrapIfServed wakes the background; offline the operator says when: keys rewrap.
func (k keyring) rewrapIfServed(ctx context.Context) error {
	if !k.rewrap.isServed() {
		return nil
	}
	return k.rewrap.Go(ctx)
}

// change remembers who wants what, and does it, while nobody else changes keys.
func (k keyring) change(ctx context.Context, by audit.Actor, action audit.Action, at keyPlace, act func() error) error {
	if k.Ring == nil {
		return console.ErrSealed
	}
	k.keys.Lock()
	defer k.keys.Unlock()
	if err := k.Store.Audit(ctx, keyEvent(by, action, at, 0)); err != nil {
		return known(err)
	}
	return refusedKey(act())
}

// Retire destroys an old version that nothing is sealed under any more.
func (k keyring) Retire(ctx context.Context, want console.KeyRetirement, by audit.Actor) (console.KeyStatus, error) {
	if k.Ring == nil {
		return console.KeyStatus{}, console.ErrSealed
	}
	at := keyPlace{seal.Purpose(want.Purpose), want.Clinic}
	k.keys.Lock()
	err := k.Ring.Retire(at.purpose, at.clinic, want.Version, keyUsage{ctx, k.office})
	if err == nil {
		err = k.Store.Audit(ctx, keyEvent(by, audit.KeyRetired, at, want.Version))
	}
	k.keys.Unlock()
	if err != nil {
		return console.KeyStatus{}, refusedKey(err)
	}
	return k.Status(ctx)
}

// Rewrap goes on with what rotations left.
func (k keyring) Rewrap(ctx context.Context, by audit.Actor) (console.KeyStatus, error) {
	if k.Ring == nil {
		return console.KeyStatus{}, console.ErrSealed
	}
	if err := k.Store.Audit(ctx, keyEvent(by, audit.KeyRewrapped, keyPlace{"all", ""}, 0)); err != nil {
		return console.KeyStatus{}, known(err)
	}
	if err := k.rewrap.Go(ctx); err != nil {
		return console.KeyStatus{}, known(err)
	}
	return k.Status(ctx)
}

// Reroot replaces ROOT. The old one stays in memory until the office closes: a backup that is being made may still be using
// it.
func (k keyring) Reroot(ctx context.Context, want console.RootRotation, by audit.Actor) (console.KeyStatus, error) {
	err := k.change(ctx, by, audit.KeyChanged, keyPlace{"root", ""}, func() error {
		next, err := k.Slots.Reroot(k.Root, func(s seal.Slot) (seal.Unsealer, error) { return k.again(s, want) })
		if err != nil {
			return err
		}
		k.swap.Lock()
		k.formerRoots = append(k.formerRoots, k.Root)
		k.Root = next
		k.swap.Unlock()
		return k.settleRoot()
	})
	if err != nil {
		return console.KeyStatus{}, err
	}
	return k.Status(ctx)
}

// settleRoot hangs what still hangs from the ROOT before from this one. A crash before its end leaves work for the next
// start, and both open everything until then.
func (o *office) settleRoot() error {
	if !o.Slots.Rerooting() {
		return nil
	}
	if _, err := o.Ring.Reroot(o.Root); err != nil {
		return err
	}
	return o.Slots.Settle(o.Root)
}

// again is the unsealer of a slot that is made anew; nil leaves it behind.
func (k keyring) again(s seal.Slot, want console.RootRotation) (seal.Unsealer, error) {
	if slices.Contains(want.Drop, s.ID) {
		return nil, nil
	}
	switch s.Kind {
	case seal.ByPassphrase:
		phrase, ok := want.Passphrases[s.ID]
		if !ok {
			return nil, &console.Refusal{Text: "slot " + s.ID + ": its passphrase has to be said again, or the slot dropped"}
		}
		return seal.Passphrase{Phrase: []byte(phrase)}, nil
	case seal.ByKeyFile:
		return seal.KeyFile{Path: s.Place, Data: k.Config.Dir, Mode: seal.Mode(k.Config.Mode)}, nil
	case seal.ByCredential:
		return seal.SystemdCredential(s.Place), nil
	case seal.ByTPM:
		return seal.TPM{Path: s.Place}, nil
	case seal.ByRecovery:
		public, _ := k.Slots.RecoveryPublic()
		return seal.RecoverySlot{Public: public}, nil
	}
	return nil, seal.ErrSlotsDamaged
}

// signer signs the log with the newest audit key; the ones before are named, so that the store can hand over from them.
func (o *office) signer() (*audit.Signer, error) {
	seed, err := o.Ring.Secret(seal.Audit)
	if err != nil {
		return nil, err
	}
	defer clear(seed)
	var older [][]byte
	for _, s := range slices.Backward(o.Ring.Status()) {
		if s.Purpose != seal.Audit || s.State != seal.Old {
			continue
		}
		one, err := o.Ring.SecretOf(seal.Audit, s.Version)
		if err != nil {
			return nil, err
		}
		defer clear(one)
		older = append(older, one)
	}
	return audit.NewSigner(audit.Origin(o.Store.Instance()), seed, older...)
}

// changeSigner lets the newest audit key sign from now on.
func (o *office) changeSigner(ctx context.Context) error {
	next, err := o.signer()
	if err != nil {
		return err
	}
	if err := o.Store.ChangeSigner(ctx, next); err != nil {
		return err
	}
	o.swap.Lock()
	defer o.swap.Unlock()
	o.Signer = next
	return nil
}

// signerNow is who signs the log at this moment; nil while sealed.
func (o *office) signerNow() *audit.Signer {
	o.swap.RLock()
	defer o.swap.RUnlock()
	return o.Signer
}

// rootNow is ROOT at this moment; nil while sealed. It stays good until the office closes.
func (o *office) rootNow() *seal.Root {
	o.swap.RLock()
	defer o.swap.RUnlock()
	return o.Root
}

// slots are the ways to ROOT.
type slots struct{ *office }

func (s slots) Add(ctx context.Context, b console.SlotBody, by audit.Actor) (console.KeySlot, error) {
	return s.put(ctx, by, b, func(u seal.Unsealer) (seal.Slot, error) { return s.Slots.Add(s.Root, u) })
}

func (s slots) Change(ctx context.Context, id string, b console.SlotBody, by audit.Actor) (console.KeySlot, error) {
	return s.put(ctx, by, b, func(u seal.Unsealer) (seal.Slot, error) { return s.Slots.Replace(s.Root, id, u) })
}

func (s slots) put(ctx context.Context, by audit.Actor, b console.SlotBody, act func(seal.Unsealer) (seal.Slot, error)) (console.KeySlot, error) {
	if s.Root == nil {
		return console.KeySlot{}, console.ErrSealed
	}
	u, err := s.unsealer(b)
	if err != nil {
		return console.KeySlot{}, refusedKey(err)
	}
	s.keys.Lock()
	defer s.keys.Unlock()
	e := slotEvent(by, "add", string(u.Kind()))
	if u.Kind() == seal.ByRecovery {
		e.Action = audit.RecoveryKeyMade
	}
	if err := s.Store.Audit(ctx, e); err != nil {
		return console.KeySlot{}, known(err)
	}
	made, err := act(u)
	if err != nil {
		return console.KeySlot{}, refusedKey(err)
	}
	s.followEscrow()
	all := s.Slots.Graded(s.Config.Dir)
	i := slices.IndexFunc(all, func(g seal.GradedSlot) bool { return g.ID == made.ID })
	return slotOf(all[i]), nil
}

func slotEvent(by audit.Actor, what, kind string) audit.Event {
	return audit.Event{Actor: by, Action: audit.KeyChanged, Object: "key:root", Outcome: audit.Done, Facts: map[string]string{"change": what, "kind": kind}}
}

func (s slots) Remove(ctx context.Context, id string, by audit.Actor) error {
	if s.Root == nil {
		return console.ErrSealed
	}
	s.keys.Lock()
	defer s.keys.Unlock()
	if err := s.Store.Audit(ctx, slotEvent(by, "remove", id)); err != nil {
		return known(err)
	}
	err := s.Slots.Remove(id)
	s.followEscrow()
	return refusedKey(err)
}

func (s slots) Rescued(ctx context.Context, b console.RescueBody, by audit.Actor) error {
	return known(s.Store.Audit(ctx, audit.Event{
		Actor: by, Action: audit.RecoveryUsed, Object: "file:" + b.FileID, Outcome: audit.Done, Reason: b.Reason,
		Facts: map[string]string{"for": "recording", "set": b.Set},
	}))
}

// unsealer is what a new slot opens by.
func (o *office) unsealer(b console.SlotBody) (seal.Unsealer, error) {
	switch seal.Kind(b.Type) {
	case seal.ByPassphrase:
		return seal.Passphrase{Phrase: []byte(b.Passphrase)}, nil
	case seal.ByKeyFile:
		if !filepath.IsAbs(b.KeyFile) {
			return nil, console.Mistakes{{Field: "body.key_file", Text: "not an absolute path"}}
		}
		file := seal.KeyFile{Path: filepath.Clean(b.KeyFile), Data: o.Config.Dir, Mode: seal.Mode(o.Config.Mode)}
		return file, makeKeyFile(file)
	case seal.ByCredential:
		if b.Credential == "" {
			b.Credential = defaultCredential
		}
		return seal.SystemdCredential(b.Credential), nil
	case seal.ByTPM:
		return seal.TPM{Path: o.Config.Keys.TPM}, nil
	case seal.ByRecovery:
		public, err := seal.ParseRecoveryPublic(b.Public)
		if err != nil {
			return nil, console.Mistakes{{Field: "body.public", Text: "not a recovery key"}}
		}
		return seal.RecoverySlot{Public: public}, nil
	}
	return nil, console.Mistakes{{Field: "body.type", Text: "unknown"}}
}

// followEscrow takes the recovery key that recordings are sealed to from the slots.
func (o *office) followEscrow() {
	public, ok := o.Slots.RecoveryPublic()
	if !ok {
		o.escrow.Store(nil)
		return
	}
	to := public.Recipient()
	o.escrow.Store(&to)
}

// escrowed is the header of a recording whose data key the recovery shares open too, where there are any.
func (o *office) escrowed(h seal.Header) seal.Header {
	if to := o.escrow.Load(); to != nil {
		return to.For(h)
	}
	return h
}

// refusedKey turns what seal refuses into what a person reads.
func refusedKey(err error) error {
	var refusal *console.Refusal
	var mistakes console.Mistakes
	switch {
	case err == nil, errors.As(err, &refusal), errors.As(err, &mistakes):
		return err
	case errors.Is(err, seal.ErrShortPassphrase):
		return console.Mistakes{{Field: "body.passphrase", Text: "shorter than 12 characters"}}
	case errors.Is(err, seal.ErrNoSlot):
		return fmt.Errorf("%w: %w", console.ErrNotFound, err)
	case errors.Is(err, seal.ErrLastSlot), errors.Is(err, seal.ErrInUse), errors.Is(err, seal.ErrCurrent):
		return &console.Refusal{Text: err.Error()}
	case errors.Is(err, seal.ErrKeyMissing), errors.Is(err, seal.ErrBesideData), errors.Is(err, seal.ErrOpenToOthers),
		errors.Is(err, seal.ErrShortKey), errors.Is(err, seal.ErrWrongKey):
		return &console.Refusal{Text: err.Error()}
	}
	return known(err)
}
