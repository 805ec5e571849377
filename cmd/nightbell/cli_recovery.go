package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"nightbell/audit"
	"nightbell/console"
	"nightbell/seal"
)

type keysRecoveryCmd struct {
	Make keysRecoveryMakeCmd `cmd:"" help:"Make a recovery key and print its shares; the machine keeps the public half alone."`
	Use  keysRecoveryUseCmd  `cmd:"" help:"Open a stopped house by its shares and make a new slot: on a new machine, or when a passphrase is lost."`
}

type keysRecoveryMakeCmd struct {
	Shares    int    `help:"So many pages." default:"5"`
	Threshold int    `help:"So many of them open ROOT." default:"3"`
	PNG       string `name:"png" help:"Folder for the QR codes as pictures; on a memory filesystem, removed after printing." placeholder:"DIR"`
}

func (keysRecoveryMakeCmd) Help() string {
	return `Prints each share on a page of its own: pipe it to a printer, not to a file. Then two of them are typed back, so that
what is on paper is known to be right; only then ROOT is sealed to the key. Give the pages to people who do not meet by
accident. With three of them anybody opens a copy of the data folder; with two nobody does.

Example:
  nightbell keys recovery make | lp`
}

func (c keysRecoveryMakeCmd) Run(ctx context.Context, s *session) error {
	key := seal.NewRecoveryKey()
	defer key.Wipe()
	shares, err := key.Split(c.Threshold, c.Shares, time.Now())
	if err != nil {
		return errUsage(err.Error())
	}
	public, err := key.Public()
	if err != nil {
		return err
	}
	if err := c.print(s, shares); err != nil {
		return err
	}
	if err := s.confirm(shares); err != nil {
		return fmt.Errorf("recovery key not kept: %w", err)
	}
	body := console.SlotBody{Type: string(seal.ByRecovery), Public: public.Bytes()}
	return s.with(ctx, func(api *client) error {
		var v console.KeySlot
		if err := api.ask(ctx, "POST", "/api/v1/keys/slots", body, &v); err != nil {
			return err
		}
		_, err := fmt.Fprintf(s.err, "kept: slot %s, set %s. Older recovery slots stay until keys slots remove.\n", v.ID, public.Set())
		return err
	})
}

func (c keysRecoveryMakeCmd) print(s *session, shares []seal.Share) error {
	for i, share := range shares {
		page, err := sharePage(share)
		if err != nil {
			return err
		}
		if i > 0 {
			page = "\f" + page
		}
		if _, err := io.WriteString(s.out, page); err != nil {
			return err
		}
		if c.PNG == "" {
			continue
		}
		picture, err := sharePicture(share)
		if err != nil {
			return err
		}
		if err := s.putOutside(filepath.Join(c.PNG, fmt.Sprintf("share-%d.png", share.Number)), picture); err != nil {
			return err
		}
	}
	return nil
}

// putOutside writes a new file, 0600, outside the data folder.
func (s *session) putOutside(path string, b []byte) error {
	cfg, err := s.config()
	if err != nil {
		return err
	}
	if err := outside(cfg, path); err != nil {
		return err
	}
	_, err = writeNew(path, strings.NewReader(string(b)))
	return err
}

// confirm has two of the shares typed back, chosen by chance.
func (s *session) confirm(shares []seal.Share) error {
	first, second, err := two(len(shares))
	if err != nil {
		return err
	}
	for _, i := range []int{first, second} {
		fmt.Fprintf(s.err, "type share %d from its page, one group or more a line\n", i+1)
		typed, err := s.typeShare()
		if err != nil {
			return err
		}
		if typed != shares[i] {
			return fmt.Errorf("that is not share %d of set %s", i+1, shares[i].Set)
		}
	}
	return nil
}

// two different numbers below n.
func two(n int) (a, b int, err error) {
	one, err := rand.Int(rand.Reader, big.NewInt(int64(n)))
	if err != nil {
		return 0, 0, err
	}
	other, err := rand.Int(rand.Reader, big.NewInt(int64(n-1)))
	if err != nil {
		return 0, 0, err
	}
	a = int(one.Int64())
	return a, (a + 1 + int(other.Int64())) % n, nil
}

// typeShare reads one share: groups as they stand on the page, as many a line as one likes, or the whole of a QR code. A
// group with a typing error is asked for again on a terminal; a file that has one is wrong.
func (s *session) typeShare() (seal.Share, error) {
	var groups []string
	for len(groups) < seal.ShareGroups {
		fmt.Fprintf(s.err, "group %d of %d: ", len(groups)+1, seal.ShareGroups)
		text, err := s.line()
		if err != nil {
			return seal.Share{}, err
		}
		if strings.Contains(text, ":") {
			return seal.ParseShare(text)
		}
		for _, g := range strings.Fields(text) {
			err := seal.CheckGroup(len(groups)+1, g)
			if err == nil {
				groups = append(groups, g)
				continue
			}
			if !s.person() {
				return seal.Share{}, err
			}
			fmt.Fprintln(s.err, err)
			break
		}
	}
	return seal.ParseShare(strings.Join(groups, " "))
}

// shares reads as many shares as their set wants. On a terminal one that does not belong is asked for again.
func (s *session) shares() ([]seal.Share, error) {
	var all []seal.Share
	for len(all) == 0 || len(all) < int(all[0].Threshold) {
		fmt.Fprintf(s.err, "page %d of those you have, any of the set\n", len(all)+1)
		next, err := s.typeShare()
		if err == nil {
			all, err = seal.AddShare(all, next)
		}
		if err != nil && (!s.person() || errors.As(err, new(errUsage))) {
			return nil, err
		}
		if err != nil {
			fmt.Fprintln(s.err, err)
		}
	}
	return all, nil
}

// recoveryKey is put together from the shares.
func (s *session) recoveryKey() (seal.RecoveryKey, seal.SetID, error) {
	all, err := s.shares()
	if err != nil {
		return seal.RecoveryKey{}, seal.SetID{}, err
	}
	key, err := seal.CombineShares(all...)
	for i := range all {
		all[i].Wipe()
	}
	return key, all[0].Set, err
}

type keysRecoveryUseCmd struct{ slotFlags }

func (keysRecoveryUseCmd) Help() string {
	return `Takes the shares from the terminal or from standard input, a share a line where they were scanned, and the new
passphrase after them. The server must not run; a sealed one is opened by nightbell unseal --recovery.

Examples:
  nightbell keys recovery use passphrase
  nightbell keys recovery use tpm`
}

func (c keysRecoveryUseCmd) Run(ctx context.Context, s *session) (err error) {
	cfg, err := s.config()
	if err != nil {
		return err
	}
	key, set, err := s.recoveryKey()
	if err != nil {
		return err
	}
	defer key.Wipe()
	body, err := c.body(s)
	if err != nil {
		return err
	}
	o, err := openOffice(ctx, cfg, func() ([]byte, error) { return nil, errShares })
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.Close()) }()
	if o.Ring == nil {
		if err := o.open(seal.RecoverySlot{Key: &key}); err != nil {
			return err
		}
	}
	return c.slot(ctx, s, o, body, set)
}

// errShares keeps the configured unsealer from asking: the shares open it.
var errShares = errors.New("opened by the recovery shares")

func (c keysRecoveryUseCmd) slot(ctx context.Context, s *session, o *office, body console.SlotBody, set seal.SetID) error {
	by := audit.Actor{Type: "operator", ID: "uid:" + strconv.Itoa(os.Geteuid())}
	if err := o.Store.Audit(ctx, audit.Event{
		Actor: by, Action: audit.RecoveryUsed, Object: "key:root", Outcome: audit.Done, Facts: map[string]string{"for": "slot", "set": set.String()},
	}); err != nil {
		return known(err)
	}
	v, err := slots{o}.Add(ctx, body, by)
	if err != nil {
		return err
	}
	return s.show(v, func(w io.Writer) {
		fmt.Fprintf(w, "slot %s, %s; custody %s: %s\n", v.ID, v.Type, v.Custody, plain(v.Why))
		fmt.Fprintf(w, "next: [keys] unseal = %q in %s, then keys slots remove for the ways that are lost\n", v.Type, configName)
	})
}
