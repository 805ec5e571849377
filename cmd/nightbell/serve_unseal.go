package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"nightbell/audit"
	"nightbell/console"
	"nightbell/seal"
)

// Unseal turns the sealed server into the open one. Calls that are up go on where they are; new ones go to the full house
// from the moment everything stands.
func (s *server) Unseal(ctx context.Context, with console.Opening) error {
	s.unsealing.Lock()
	defer s.unsealing.Unlock()
	d := s.sealed.Load()
	if d == nil || s.draining.Load() {
		return errNotSealed
	}
	u, err := s.office.Config.opening(with)
	if err != nil {
		return err
	}
	if err := s.office.reopen(ctx, u); err != nil {
		s.log.Warn("unseal", "kind", u.Kind(), "err", err)
		return wrongKey(err)
	}
	if err := s.openHouse(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("unseal: %w", err)
	}
	s.becomeOpen(d, string(u.Kind()))
	return nil
}

// becomeOpen hands over: from here on the desk gets no new call.
func (s *server) becomeOpen(d *sealedDesk, kind string) {
	s.register(s.figures)
	s.parts.run(s.houseParts())
	s.sealed.Store(nil)
	s.takeUp()
	s.alarms.clear("sealed")
	s.alarms.clear("emergency_bundle")
	for _, r := range s.sip.ReloadTLS() {
		if r.Err != nil {
			s.log.Error("certificate reload", "listener", r.Listen, "err", r.Err)
		}
	}
	s.rulesReplaced()
	s.remember(audit.Unsealed, map[string]string{"unsealer": kind})
	s.rememberSealed(d, time.Now())
	s.remember(audit.ServerStarted, nil)
	s.log.Info("unsealed", "unsealer", kind, "calls_at_the_sealed_desk", d.board.Running())
	notify("READY=1\nSTATUS=")
}

// opening is the unsealer that somebody names; the configured one where only its kind is given.
func (c *Config) opening(o console.Opening) (seal.Unsealer, error) {
	switch o.Kind {
	case console.OpenByPassphrase:
		return seal.Passphrase{Phrase: []byte(o.Passphrase)}, nil
	case console.OpenByKeyFile:
		path := o.KeyFile
		if path == "" {
			path = c.Keys.KeyFile
		}
		return seal.KeyFile{Path: c.path(path), Data: c.Dir, Mode: seal.Mode(c.Mode)}, nil
	case console.OpenByCredential:
		name := o.Credential
		if name == "" {
			name = c.Keys.Credential
		}
		return seal.SystemdCredential(name), nil
	case console.OpenByTPM:
		return seal.TPM{Path: c.Keys.TPM}, nil
	case console.OpenByShares:
		return byShares(o.Shares)
	}
	return nil, console.Mistakes{{Field: "body.kind", Text: "none of passphrase, key-file, systemd-credential, tpm, recovery"}}
}

// byShares puts the recovery key together from what stands on the papers.
func byShares(texts []string) (seal.Unsealer, error) {
	var shares []seal.Share
	for i, text := range texts {
		share, err := seal.ParseShare(text)
		if err != nil {
			return nil, console.Mistakes{{Field: fmt.Sprintf("body.shares[%d]", i), Text: err.Error()}}
		}
		shares = append(shares, share)
	}
	key, err := seal.CombineShares(shares...)
	if err != nil {
		return nil, console.Mistakes{{Field: "body.shares", Text: err.Error()}}
	}
	return seal.RecoverySlot{Key: &key}, nil
}

// wrongKey separates a key that does not fit from a house that does not open.
func wrongKey(err error) error {
	for _, wrong := range []error{seal.ErrWrongPassphrase, seal.ErrWrongKey, seal.ErrKeyMissing, seal.ErrNoSlot, seal.ErrOpenToOthers,
		seal.ErrBesideData, seal.ErrShortKey, seal.ErrOtherRecoveryKey} {
		if errors.Is(err, wrong) {
			return fmt.Errorf("%w: %w", console.ErrWrongKey, wrong)
		}
	}
	return err
}

// reopen opens a folder that was sealed at its start. After an opening that broke off later the key is asked for again,
// and what is open stays open.
func (o *office) reopen(ctx context.Context, u seal.Unsealer) error {
	if o.Signer != nil {
		root, err := o.Slots.Unseal(u)
		if err == nil {
			root.Close()
		}
		return err
	}
	if err := o.open(u); err != nil {
		return err
	}
	o.Sealed = nil
	o.notesTrouble = o.openNotes(ctx)
	return nil
}
