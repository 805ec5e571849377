package seal

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// softTPM runs swtpm (Debian: swtpm), a TPM 2.0 in software, with its state in a folder, until the test ends or stop.
func softTPM(t *testing.T, state string) (chip TPM, stop func()) {
	t.Helper()
	socket := filepath.Join(elsewhere(t), "tpm")
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, "swtpm", "socket", "--tpm2", "--tpmstate", "dir="+state, "--server", "type=unixio,path="+socket,
		"--flags", "startup-clear,not-need-init")
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatalf("swtpm (scripts/peers.sh installs it): %v", err)
	}
	stop = func() {
		cancel()
		_ = cmd.Wait()
	}
	t.Cleanup(stop)
	deadline := time.Now().Add(10 * time.Second)
	for {
		if conn, err := net.Dial("unix", socket); err == nil { // the file is there before anybody listens
			conn.Close()
			return TPM{Path: socket}, stop
		}
		if time.Now().After(deadline) {
			t.Fatalf("swtpm does not listen: %s", said.String())
		}
		<-time.After(time.Millisecond)
	}
}

func TestTheMachineItselfOpensRoot(t *testing.T) {
	dir, slots, root := house(t)
	state := t.TempDir()
	chip, stop := softTPM(t, state)
	made, err := slots.Add(root, chip)
	if err != nil || made.Kind != ByTPM {
		t.Fatalf("%+v %v", made, err)
	}
	for range 5 { // handles are given back: a TPM has three
		again, err := reload(t, dir).Unseal(chip)
		if err != nil || *again.key != *root.key {
			t.Fatal(err)
		}
	}
	stop()
	if _, err := reload(t, dir).Unseal(chip); !errors.Is(err, ErrKeyMissing) {
		t.Errorf("a TPM that is gone: %v", err)
	}
	chip, _ = softTPM(t, state) // the machine starts again
	if _, err := reload(t, dir).Unseal(chip); err != nil {
		t.Errorf("after a restart: %v", err)
	}
	if c := TPM.custody(chip); c.Grade != Weak || !strings.Contains(c.Why, "software") {
		t.Errorf("custody of a software TPM: %s", c)
	}
}

// The disk was taken and put into another machine.
func TestAnotherMachinesTPMOpensNothing(t *testing.T) {
	dir, slots, root := house(t)
	ours, _ := softTPM(t, t.TempDir())
	if _, err := slots.Add(root, ours); err != nil {
		t.Fatal(err)
	}
	theirs, _ := softTPM(t, t.TempDir())
	if _, err := reload(t, dir).Unseal(theirs); !errors.Is(err, ErrOtherTPM) {
		t.Errorf("another TPM: %v", err)
	}
	damaged := reload(t, dir)
	for _, s := range damaged.file.Slots {
		if s.TPM != nil {
			s.TPM.Private[len(s.TPM.Private)/2] ^= 1
		}
	}
	if _, err := damaged.Unseal(ours); !errors.Is(err, ErrSlotsDamaged) {
		t.Errorf("a damaged blob: %v", err)
	}
}

func TestWhatIsNoTPMIsNotAsked(t *testing.T) {
	file := filepath.Join(t.TempDir(), "tpmrm0")
	if _, err := (TPM{Path: file}).open(); !errors.Is(err, ErrKeyMissing) {
		t.Errorf("nothing there: %v", err)
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if (TPM{Path: file}).Present() {
		t.Error("a file passes for a TPM")
	}
	if _, err := (TPM{Path: file}).open(); !errors.Is(err, ErrKeyMissing) {
		t.Errorf("a file: %v", err)
	}
}
