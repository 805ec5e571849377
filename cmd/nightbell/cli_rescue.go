package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"nightbell/console"
	"nightbell/seal"
)

type recordingsRescueCmd struct {
	File   string `arg:"" help:"A sealed recording, or calls.sealed of a clinic's export." type:"existingfile"`
	Out    string `help:"File to write, or - for standard output." required:"" placeholder:"FILE"`
	Reason string `help:"Why; kept in the audit." default:"rescue by the recovery shares"`
}

func (recordingsRescueCmd) Help() string {
	return `Opens a recording by the shares alone: no database, no server, no key of the house. The shares come from the terminal or
from standard input, a share a line where they were scanned. Where a server runs on the data folder, its log hears of it
first, and nothing is written when it does not.

Examples:
  nightbell recordings rescue 3f/3f0a....nbr --out /media/usb/call.wav
  nightbell recordings rescue calls.sealed --out calls.json`
}

func (c recordingsRescueCmd) Run(ctx context.Context, s *session) error {
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	key, set, err := s.recoveryKey()
	if err != nil {
		return err
	}
	defer key.Wipe()
	keeper, err := key.Keeper()
	if err != nil {
		return err
	}
	head := make([]byte, seal.HeaderSize)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("rescue: %w", err)
	}
	if seal.IsEnvelope(head[:n]) {
		return c.envelope(s, keeper)
	}
	data, err := keeper.Rescue(head[:n])
	if err != nil {
		return fmt.Errorf("rescue: %w", err)
	}
	defer data.Wipe()
	h, err := seal.ParseHeader(head[:n])
	if err != nil {
		return err
	}
	if err := c.note(ctx, s, console.RescueBody{FileID: h.FileID.String(), Set: set.String(), Reason: c.Reason}); err != nil {
		return err
	}
	return c.sound(s, f, data)
}

// note tells the log of a running house.
func (c recordingsRescueCmd) note(ctx context.Context, s *session, b console.RescueBody) error {
	socket := filepath.Join(s.dir, console.ControlName)
	if !console.ControlAnswers(socket) {
		fmt.Fprintln(s.err, "no house runs here: this stands in no log")
		return nil
	}
	api := dialControl(socket)
	defer api.close()
	return api.ask(ctx, "POST", "/api/v1/keys/rescued", b, nil)
}

func (c recordingsRescueCmd) sound(s *session, f *os.File, key seal.DataKey) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	r, err := seal.OpenReader(f, info.Size(), key)
	if err != nil {
		return fmt.Errorf("rescue: %w", err)
	}
	return c.put(s, r.WAV())
}

// envelope is a clinic's list.
func (c recordingsRescueCmd) envelope(s *session, keeper seal.EscrowKeeper) error {
	b, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	text, err := keeper.Disclose(callsLabel, b)
	if err != nil {
		return fmt.Errorf("rescue: %w", err)
	}
	return c.put(s, strings.NewReader(string(text)))
}

func (c recordingsRescueCmd) put(s *session, from io.Reader) error {
	if c.Out == "-" {
		_, err := io.Copy(s.out, from)
		return err
	}
	n, err := writeNew(c.Out, from)
	if err != nil {
		return err
	}
	return s.show(map[string]any{"file": c.Out, "bytes": n}, func(w io.Writer) {
		fmt.Fprintf(w, "%s: %d bytes, in clear: guard it\n", c.Out, n)
	})
}
