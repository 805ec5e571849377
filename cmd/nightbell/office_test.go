package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nightbell/console"
	"nightbell/seal"
	"nightbell/store"
)

// elsewhere is a folder on a memory filesystem: another one than the data's.
func elsewhere(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "nightbell-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// The key file of a production folder lies on another filesystem; moved beside the data it opens nothing.
func TestKeyFileOnAnotherFilesystemOpens(t *testing.T) {
	dir, key := filepath.Join(t.TempDir(), "data"), filepath.Join(elsewhere(t), "nightbell.key")
	if got := says([]string{"setup", "--dir", dir, "--unseal", "key-file", "--key-file", key}, ""); got.code != exitDone {
		t.Fatal(got.err)
	}
	if got := says([]string{"calls", "list", "--dir", dir}, ""); got.code != exitDone {
		t.Errorf("with its key: %d %s", got.code, got.err)
	}
	if got := says([]string{"recordings", "key", "x", "--dir", dir}, ""); got.code == exitDone {
		t.Error("a data key was given away")
	}
	beside := filepath.Join(dir, "nightbell.key")
	b, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(beside, b, 0o600); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, configName)
	text, _ := os.ReadFile(config)
	if err := os.WriteFile(config, []byte(strings.Replace(string(text), key, beside, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	got := says([]string{"calls", "list", "--dir", dir}, "")
	if got.code != exitSealed || !strings.Contains(got.err, "data's filesystem") {
		t.Errorf("beside the data: %d %s", got.code, got.err)
	}
}

func TestSystemdCredentialOpens(t *testing.T) {
	dir, creds := filepath.Join(t.TempDir(), "data"), elsewhere(t)
	file := filepath.Join(creds, "nightbell-unseal")
	got := says([]string{"setup", "--dir", dir, "--unseal", "systemd-credential", "--credential-file", file}, "")
	if got.code != exitDone || !strings.Contains(got.out, "systemd-creds encrypt") {
		t.Fatal(got.out, got.err)
	}
	if got := says([]string{"calls", "list", "--dir", dir}, ""); got.code != exitSealed {
		t.Errorf("without systemd: %d %s", got.code, got.err)
	}
	t.Setenv("CREDENTIALS_DIRECTORY", creds)
	if got := says([]string{"calls", "list", "--dir", dir}, ""); got.code != exitDone {
		t.Errorf("with it: %d %s", got.code, got.err)
	}
}

// A database that was cut short, or a folder of another mode, is refused and left as it is.
func TestDamagedFolderIsRefused(t *testing.T) {
	dir := developed(t)
	path := databasePath(dir)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, whole[:len(whole)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	if got := says([]string{"calls", "list", "--dir", dir}, ""); got.code != exitWrong || got.err == "" {
		t.Errorf("cut: %d %s", got.code, got.err)
	}
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, configName)
	text, _ := os.ReadFile(config)
	if err := os.WriteFile(config, []byte(strings.Replace(string(text), "development", "production", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := says([]string{"calls", "list", "--dir", dir}, ""); got.code != exitWrong || !strings.Contains(got.err, "mode") {
		t.Errorf("other mode: %d %s", got.code, got.err)
	}
}

// Two who apply at once: the second is told, and nothing of its file took effect.
func TestSecondOfTwoEditorsIsTold(t *testing.T) {
	dir := developed(t)
	cfg, err := LoadConfig(filepath.Join(dir, configName), "")
	if err != nil {
		t.Fatal(err)
	}
	o, err := openOffice(t.Context(), cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	text, err := os.ReadFile("../../configs/demo.toml")
	if err != nil {
		t.Fatal(err)
	}
	b := books{o}
	first, err := b.Check(t.Context(), console.BookFile{Name: "a.toml", TOML: text})
	if err != nil {
		t.Fatal(err)
	}
	named := func(name string) console.BookFile {
		return console.BookFile{Name: name, TOML: []byte(strings.Replace(string(text), "Harbor Family Practice", name, 1)), Expect: first.From}
	}
	by := console.Identity{}.Actor
	by.Type, by.ID = "operator", "test"
	if d, err := b.Apply(t.Context(), named("First Practice"), by); err != nil || !d.Applied {
		t.Fatal(d, err)
	}
	if _, err := b.Apply(t.Context(), named("Second Practice"), by); !errors.Is(err, console.ErrConflict) {
		t.Errorf("second: %v", err)
	}
	view, err := b.Show(t.Context(), console.Redacted)
	if err != nil || !strings.Contains(view.TOML, "First Practice") {
		t.Errorf("%v\n%s", err, view.TOML)
	}
}

func TestErrorsOfTheRoomsBecomeTheConsoles(t *testing.T) {
	for from, want := range map[error]error{
		store.ErrNotFound: console.ErrNotFound, store.ErrConflict: console.ErrConflict, store.ErrSealed: console.ErrSealed,
		store.ErrBusy: console.ErrAuditDown, store.ErrFull: console.ErrAuditDown, seal.ErrInUse: console.ErrInUse, seal.ErrNoKey: console.ErrNotFound,
	} {
		if got := known(fmt.Errorf("somewhere: %w", from)); !errors.Is(got, want) || !errors.Is(got, from) {
			t.Errorf("%v became %v", from, got)
		}
	}
}

func TestFreeUserTakesWhatTheBookNamesFirst(t *testing.T) {
	have := []store.Device{{User: "desk-7", Person: "amy"}, {User: "amy", Person: "bo", HasSecret: true}}
	if got := freeUser("amy", have); got != "desk-7" {
		t.Errorf("named by the book: %s", got)
	}
	have[0].HasSecret = true
	if got := freeUser("amy", have); got != "amy-2" {
		t.Errorf("own name taken: %s", got)
	}
}

// The handler's answer streams, and a client that goes away early frees it.
func TestDirectAnswerStreams(t *testing.T) {
	left := make(chan error, 1)
	d := &direct{handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Path", r.URL.Path)
		w.WriteHeader(http.StatusAccepted)
		for {
			if _, err := w.Write(make([]byte, 4096)); err != nil {
				left <- err
				return
			}
		}
	})}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://nightbell/x", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := d.RoundTrip(req)
	if err != nil || resp.StatusCode != http.StatusAccepted || resp.Header.Get("X-Path") != "/x" {
		t.Fatalf("%v %v", resp, err)
	}
	if _, err := io.ReadFull(resp.Body, make([]byte, 10000)); err != nil {
		t.Error(err)
	}
	_ = resp.Body.Close()
	if err := <-left; !errors.Is(err, io.ErrClosedPipe) {
		t.Error(err)
	}
	d.wait()
}
