package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"nightbell/console"
)

// unsealCmd opens the keys of a server that was started without them.
type unsealCmd struct {
	Passphrase bool   `help:"By the passphrase, asked for on the terminal or read from standard input." xor:"by"`
	KeyFile    string `help:"By a key file on this machine." placeholder:"FILE" xor:"by"`
	Credential string `help:"By a systemd credential of the server's unit." placeholder:"NAME" xor:"by"`
	Recovery   bool   `help:"By the recovery pages, typed or scanned." xor:"by"`
}

func (unsealCmd) Help() string {
	return `A server whose unsealer did not answer starts sealed: callers hear what to do in an emergency and are connected to their
clinic's fixed fallback; nothing is recorded or shown. This command gives the running server its key. Calls that are up
go on; new ones go to the full house. Without a flag the configured unsealer is tried again.

Examples:
  nightbell unseal
  nightbell unseal --passphrase < passphrase.txt
  nightbell unseal --key-file /media/key/nightbell.key
  nightbell unseal --recovery`
}

func (c unsealCmd) Run(ctx context.Context, s *session) error {
	cfg, err := s.config()
	if err != nil {
		return err
	}
	socket := filepath.Join(cfg.Dir, console.ControlName)
	if !console.ControlAnswers(socket) {
		return fmt.Errorf("unseal: %w: start it first; nightbell serve asks for the key itself", console.ErrNotRunning)
	}
	with, err := c.opening(cfg, s)
	if err != nil {
		return err
	}
	api := dialControl(socket)
	defer api.close()
	if err := api.ask(ctx, "POST", "/api/v1/unseal", with, nil); err != nil {
		return err
	}
	return s.show(map[string]string{"state": "open"}, func(w io.Writer) { fmt.Fprintln(w, "unsealed: new calls go to the full house") })
}

// opening is what the flags say, else the configured unsealer.
func (c unsealCmd) opening(cfg Config, s *session) (console.Opening, error) {
	o := console.Opening{Kind: string(cfg.Keys.Unseal)}
	switch {
	case c.Recovery:
		shares, err := s.shares()
		if err != nil {
			return o, err
		}
		o.Kind = console.OpenByShares
		for i := range shares {
			o.Shares = append(o.Shares, shares[i].Text())
			shares[i].Wipe()
		}
	case c.Passphrase:
		o.Kind = console.OpenByPassphrase
	case c.KeyFile != "":
		path, err := filepath.Abs(c.KeyFile)
		if err != nil {
			return o, err
		}
		o.Kind, o.KeyFile = console.OpenByKeyFile, path
	case c.Credential != "":
		o.Kind, o.Credential = console.OpenByCredential, c.Credential
	}
	if o.Kind == console.OpenByPassphrase {
		phrase, err := s.unsealing()()
		if err != nil {
			return o, err
		}
		o.Passphrase = string(phrase)
	}
	return o, nil
}
