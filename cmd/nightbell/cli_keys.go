package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strconv"

	"nightbell/console"
)

type keysCmd struct {
	Status   keysStatusCmd   `cmd:"" help:"The key ring without its keys, the ways to ROOT and their custody."`
	Rotate   keysRotateCmd   `cmd:"" help:"Add a version of a key and make it current; of root: replace ROOT."`
	Rewrap   keysRewrapCmd   `cmd:"" help:"Bring over what lies under older versions."`
	Retire   keysRetireCmd   `cmd:"" help:"Destroy an old version that nothing uses."`
	Slots    keysSlotsCmd    `cmd:"" help:"The ways to ROOT."`
	Recovery keysRecoveryCmd `cmd:"" help:"The recovery key on paper."`
}

type keysStatusCmd struct{}

func (keysStatusCmd) Help() string {
	return `Custody is the weakest slot's: what a thief of the disk has to overcome.

Example:
  nightbell keys status`
}

func (keysStatusCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(api *client) error {
		var v console.KeyStatus
		if err := api.ask(ctx, "GET", "/api/v1/keys", nil, &v); err != nil {
			return err
		}
		return s.show(v, func(w io.Writer) { printKeys(w, v) })
	})
}

func printKeys(w io.Writer, v console.KeyStatus) {
	if v.Warning != "" {
		fmt.Fprintln(w, "! "+plain(v.Warning))
	}
	start := "a person opens it at each start"
	if v.Custody.Unattended {
		start = "opens unattended"
	}
	fmt.Fprintf(w, "custody: %s: %s; %s\n", plain(v.Custody.Grade), plain(v.Custody.Why), start)
	if v.Rooting {
		fmt.Fprintln(w, "a rotation of ROOT is under way: start the server once to end it")
	}
	row(w, "SLOT", "KIND", "LABEL", "CUSTODY", "MADE")
	for _, slot := range v.Slots {
		row(w, slot.ID, slot.Type, slot.Label, slot.Custody, slot.Made)
	}
	fmt.Fprintln(w)
	row(w, "KEY", "CLINIC", "VERSION", "MADE", "STATE", "STILL USED BY")
	for _, k := range v.Keys {
		uses := ""
		if k.Uses != nil {
			uses = strconv.FormatInt(*k.Uses, 10)
		}
		row(w, k.Purpose, k.Clinic, k.Version, k.Made, k.State, uses)
	}
	if len(v.Progress) == 0 {
		return
	}
	fmt.Fprintln(w)
	row(w, "BRINGING OVER", "CLINIC", "DONE", "LEFT", "TROUBLE")
	for _, p := range v.Progress {
		row(w, p.Purpose, p.Clinic, p.Done, p.Left, p.Trouble)
	}
}

type keysRotateCmd struct {
	Purpose string   `arg:"" help:"recordings, fields, details or index (of a clinic, --clinic); fields, details, index, auth, audit, backup or spool (the house's); root." enum:"recordings,fields,details,index,auth,audit,backup,spool,root"`
	Clinic  string   `help:"Clinic whose key it is." placeholder:"ID"`
	Drop    []string `help:"With root: slots that are not made anew." placeholder:"SLOT"`
}

func (keysRotateCmd) Help() string {
	return `What was sealed before stays readable and is brought over in the background; files never change. Of root: every wrapped
key is wrapped anew and every slot is made anew: passphrases are asked for, the recovery shares stay good.

Examples:
  nightbell keys rotate recordings --clinic harbor
  nightbell keys rotate audit
  nightbell keys rotate root`
}

func (c keysRotateCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(api *client) error {
		if c.Purpose == "root" {
			return c.root(ctx, s, api)
		}
		return s.keysAfter(ctx, api, "/api/v1/keys/rotate", console.KeyRotation{Purpose: c.Purpose, Clinic: c.Clinic})
	})
}

// root asks for the passphrase of every passphrase slot.
func (c keysRotateCmd) root(ctx context.Context, s *session, api *client) error {
	var v console.KeyStatus
	if err := api.ask(ctx, "GET", "/api/v1/keys", nil, &v); err != nil {
		return err
	}
	want := console.RootRotation{Passphrases: map[string]string{}, Drop: c.Drop}
	for _, slot := range v.Slots {
		if slot.Type != "passphrase" || contains(c.Drop, slot.ID) {
			continue
		}
		fmt.Fprintf(s.err, "slot %s: ", slot.ID)
		phrase, err := s.newPassphrase()
		if err != nil {
			return err
		}
		want.Passphrases[slot.ID] = string(phrase)
		clear(phrase)
	}
	return s.keysAfter(ctx, api, "/api/v1/keys/root", want)
}

func contains(all []string, one string) bool {
	for _, s := range all {
		if s == one {
			return true
		}
	}
	return false
}

// keysAfter asks for a change and shows the ring as it is after it.
func (s *session) keysAfter(ctx context.Context, api *client, path string, body any) error {
	var v console.KeyStatus
	if err := api.ask(ctx, "POST", path, body, &v); err != nil {
		return err
	}
	return s.show(v, func(w io.Writer) { printKeys(w, v) })
}

type keysRewrapCmd struct{}

func (keysRewrapCmd) Help() string {
	return `A running server does this by itself; the command wakes it. Without one the work is done here before it returns.

Example:
  nightbell keys rewrap`
}

func (keysRewrapCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(api *client) error { return s.keysAfter(ctx, api, "/api/v1/keys/rewrap", nil) })
}

type keysRetireCmd struct {
	Purpose string `arg:"" help:"As in keys status." enum:"recordings,fields,details,index,auth,audit,backup,spool"`
	Version uint32 `arg:"" help:"An old version."`
	Clinic  string `help:"Clinic whose key it is." placeholder:"ID"`
}

func (keysRetireCmd) Help() string {
	return `Refused while anything is still sealed under it, and always for the current one. There is no way back.

Example:
  nightbell keys retire recordings 1 --clinic harbor`
}

func (c keysRetireCmd) Run(ctx context.Context, s *session) error {
	if err := s.sure(fmt.Sprintf("destroy version %d of %s for good?", c.Version, c.Purpose)); err != nil {
		return err
	}
	return s.with(ctx, func(api *client) error {
		return s.keysAfter(ctx, api, "/api/v1/keys/retire", console.KeyRetirement{Purpose: c.Purpose, Clinic: c.Clinic, Version: c.Version})
	})
}

type keysSlotsCmd struct {
	Add    keysSlotsAddCmd    `cmd:"" help:"Let one more unsealer open ROOT."`
	Change keysSlotsChangeCmd `cmd:"" help:"Put another unsealer in a slot's place: a new passphrase for the old one."`
	Remove keysSlotsRemoveCmd `cmd:"" help:"Take a slot away; the last one stays."`
}

// slotFlags say what a slot opens by.
type slotFlags struct {
	Kind       string `arg:"" help:"passphrase, key-file, systemd-credential or tpm." enum:"passphrase,key-file,systemd-credential,tpm"`
	KeyFile    string `help:"Key file on another filesystem than the data; made where it is missing." placeholder:"FILE"`
	Credential string `help:"Name of the credential that systemd passes." default:"nightbell-unseal"`
}

func (f slotFlags) body(s *session) (console.SlotBody, error) {
	b := console.SlotBody{Type: f.Kind}
	switch f.Kind {
	case "passphrase":
		phrase, err := s.newPassphrase()
		if err != nil {
			return b, err
		}
		b.Passphrase = string(phrase)
	case "key-file":
		if f.KeyFile == "" {
			return b, errUsage("--key-file FILE on another filesystem than the data")
		}
		path, err := filepath.Abs(f.KeyFile)
		if err != nil {
			return b, err
		}
		b.KeyFile = path
	case "systemd-credential":
		b.Credential = f.Credential
	}
	return b, nil
}

type keysSlotsAddCmd struct{ slotFlags }

func (keysSlotsAddCmd) Help() string {
	return `A passphrase is asked for, or read from standard input. Which slot opens at start stands in nightbell.toml, [keys].

Examples:
  nightbell keys slots add passphrase
  nightbell keys slots add tpm
  nightbell keys slots add key-file --key-file /mnt/keys/nightbell.key`
}

func (c keysSlotsAddCmd) Run(ctx context.Context, s *session) error {
	return s.slot(ctx, "POST", "/api/v1/keys/slots", c.slotFlags)
}

// slot asks for a slot to be made.
func (s *session) slot(ctx context.Context, method, path string, f slotFlags) error {
	return s.with(ctx, func(api *client) error {
		body, err := f.body(s)
		if err != nil {
			return err
		}
		var v console.KeySlot
		if err := api.ask(ctx, method, path, body, &v); err != nil {
			return err
		}
		return s.show(v, func(w io.Writer) {
			fmt.Fprintf(w, "slot %s, %s; custody %s: %s\n", v.ID, v.Type, v.Custody, plain(v.Why))
		})
	})
}

type keysSlotsChangeCmd struct {
	Slot string `arg:"" help:"Slot id, from keys status."`
	slotFlags
}

func (keysSlotsChangeCmd) Help() string {
	return `The old one opens this file no more. A copy of it that somebody kept still opens by the old one: keys rotate root
ends that too.

Example:
  nightbell keys slots change 4f0c... passphrase`
}

func (c keysSlotsChangeCmd) Run(ctx context.Context, s *session) error {
	return s.slot(ctx, "PUT", "/api/v1/keys/slots/"+url.PathEscape(c.Slot), c.slotFlags)
}

type keysSlotsRemoveCmd struct {
	Slot string `arg:"" help:"Slot id, from keys status."`
}

func (keysSlotsRemoveCmd) Help() string { return "Example:\n  nightbell keys slots remove 4f0c..." }

func (c keysSlotsRemoveCmd) Run(ctx context.Context, s *session) error {
	if err := s.sure("take this way to the keys away?"); err != nil {
		return err
	}
	return s.change(ctx, "DELETE", "/api/v1/keys/slots/"+url.PathEscape(c.Slot), nil, "removed "+c.Slot)
}
