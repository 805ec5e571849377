package main

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nightbell/seal"
)

// softTPM runs swtpm, a TPM 2.0 in software, until the test ends, and gives its socket.
func softTPM(t *testing.T) string {
	t.Helper()
	socket := filepath.Join(elsewhere(t), "tpm")
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, "swtpm", "socket", "--tpm2", "--tpmstate", "dir="+t.TempDir(), "--server", "type=unixio,path="+socket,
		"--flags", "startup-clear,not-need-init")
	if err := cmd.Start(); err != nil {
		t.Fatalf("swtpm (scripts/peers.sh installs it): %v", err)
	}
	t.Cleanup(func() { cancel(); _ = cmd.Wait() })
	deadline := time.Now().Add(10 * time.Second)
	for {
		if conn, err := net.Dial("unix", socket); err == nil { // the file is there before anybody listens
			conn.Close()
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("swtpm does not listen")
		}
		<-time.After(time.Millisecond)
	}
	return socket
}

// The first run takes the best unattended way there is and says how good it is.
func TestSetupTakesTheTPM(t *testing.T) {
	dir, chip := filepath.Join(t.TempDir(), "data"), softTPM(t)
	got := says([]string{"setup", "--tpm", chip, "--dir", dir}, "")
	if got.code != exitDone || !strings.Contains(got.out, "custody of the keys: weak: a software TPM") || !strings.Contains(got.out, "unattended") {
		t.Fatal(got.out, got.err)
	}
	if got := says([]string{"audit", "verify", "--dir", dir}, ""); got.code != exitDone {
		t.Errorf("opened by the TPM: %d %s", got.code, got.err)
	}
	reconfigure(t, dir, chip, softTPM(t))
	if got := says([]string{"audit", "verify", "--dir", dir}, ""); got.code != exitSealed || !strings.Contains(got.err, "another TPM") {
		t.Errorf("another machine's: %d %s", got.code, got.err)
	}
	reconfigure(t, dir, "tpm = ", "# tpm = ")
	if (seal.TPM{}).Present() {
		return // the machine that runs the test has one, and it is not this house's
	}
	if got := says([]string{"audit", "verify", "--dir", dir}, ""); got.code != exitSealed || !strings.Contains(got.err, "no TPM") {
		t.Errorf("without one: %d %s", got.code, got.err)
	}
}

func TestSetupTakesWhatItIsToldBeforeWhatItFinds(t *testing.T) {
	chip := softTPM(t)
	dir, key := filepath.Join(t.TempDir(), "data"), filepath.Join(elsewhere(t), "nightbell.key")
	if got := says([]string{"setup", "--tpm", chip, "--key-file", key, "--dir", dir}, ""); got.code != exitDone || !strings.Contains(got.out, "custody of the keys: fair") {
		t.Errorf("a key file that was named: %d %s%s", got.code, got.out, got.err)
	}
	t.Setenv("CREDENTIALS_DIRECTORY", elsewhere(t))
	if err := os.WriteFile(filepath.Join(os.Getenv("CREDENTIALS_DIRECTORY"), defaultCredential), []byte(strings.Repeat("0f", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	none := filepath.Join(t.TempDir(), "tpm")
	dir = filepath.Join(t.TempDir(), "data")
	if got := says([]string{"setup", "--tpm", none, "--dir", dir}, ""); got.code != exitDone || !strings.Contains(got.out, "systemd credential") {
		t.Errorf("a credential that was passed: %d %s%s", got.code, got.out, got.err)
	}
	if got := says([]string{"audit", "verify", "--dir", dir}, ""); got.code != exitDone {
		t.Errorf("opened by it: %d %s", got.code, got.err)
	}
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	if got := says([]string{"setup", "--tpm", none, "--dir", filepath.Join(t.TempDir(), "data")}, ""); got.code != exitUsage || !strings.Contains(got.err, "--key-file") {
		t.Errorf("with nothing: %d %s", got.code, got.err)
	}
}
