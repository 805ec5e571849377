//go:build stories

package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// vaulted is a production folder and what opens it.
type vaulted struct {
	*stand
	stdin string
	env   []string
}

// newVaulted sets a production folder up, with what the unsealer wants on standard input and in the environment.
func newVaulted(t *testing.T, v vaulted, setup ...string) *vaulted {
	t.Helper()
	v.stand = &stand{t: t, dir: filepath.Join(t.TempDir(), "data")}
	if said := v.says(append([]string{"setup", "--bind", standAddr}, setup...)...); said.code != 0 {
		t.Fatalf("setup: %d %s", said.code, said.err)
	}
	v.configure(`dir = "recordings"`, "dir = \"recordings\"\nreserve_mib = 1") // these folders are copied
	return &v
}

// says runs a command to its end. A server that comes up all the same is ended.
func (v *vaulted) says(args ...string) said {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, program(v.t), append(args, "--dir", v.dir)...)
	cmd.Stdin, cmd.Env = strings.NewReader(v.stdin), append(os.Environ(), v.env...)
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		v.t.Fatalf("nightbell %v: %v", args, err)
	}
	return said{out.String(), errs.String(), cmd.ProcessState.ExitCode()}
}

// opens serves, lets a command ask the server, and stops it in order.
func (v *vaulted) opens() {
	v.t.Helper()
	cmd := exec.Command(program(v.t), "serve", "--dir", v.dir)
	cmd.Stdin, cmd.Env = strings.NewReader(v.stdin), append(os.Environ(), v.env...)
	srv := start(v.t, cmd)
	srv.await("msg=console", 30*time.Second)
	bare := vaulted{stand: v.stand} // the key is the server's, not the asker's
	if said := bare.says("calls", "list"); said.code != exitDone {
		v.t.Errorf("asked while the server is open: %d %s", said.code, said.err)
	}
	if said := bare.says("recordings", "key", "x"); said.code != exitNotAllowed && said.code != exitWrong {
		v.t.Errorf("a data key in production: %d %s", said.code, said.out)
	}
	if strings.Contains(srv.output(), "DEVELOPMENT") {
		v.t.Error("a production folder is called development")
	}
	if code := srv.end(20 * time.Second); code != 0 {
		v.t.Errorf("stopped with %d:\n%s", code, srv.output())
	}
}

// refuses fails unless reading ends with the exit code and says the words; serving does too, or it starts sealed and says
// them.
func (v *vaulted) refuses(code int, words string) {
	v.t.Helper()
	if got := v.says("calls", "list"); got.code != code || !strings.Contains(got.err, words) {
		v.t.Errorf("calls list: exit %d, want %d with %q:\n%s", got.code, code, words, got.err)
	}
	if code == exitSealed {
		v.startsSealed(words)
		return
	}
	if got := v.says("serve"); got.code != code || !strings.Contains(got.err, words) {
		v.t.Errorf("serve: exit %d, want %d with %q:\n%s", got.code, code, words, got.err)
	}
}

// startsSealed fails unless the server answers callers without its key, shows nothing, and stops in order.
func (v *vaulted) startsSealed(words string) {
	v.t.Helper()
	cmd := exec.Command(program(v.t), "serve", "--dir", v.dir)
	cmd.Stdin, cmd.Env = strings.NewReader(v.stdin), append(os.Environ(), v.env...)
	srv := start(v.t, cmd)
	srv.await("SEALED", 30*time.Second)
	if !strings.Contains(srv.output(), words) {
		v.t.Errorf("a sealed start does not say %q:\n%s", words, srv.output())
	}
	bare := vaulted{stand: v.stand}
	if got := bare.says("calls", "list"); got.code != exitSealed {
		v.t.Errorf("asked while sealed: exit %d\n%s", got.code, got.out)
	}
	if code := srv.end(20 * time.Second); code != 0 {
		v.t.Errorf("stopped with %d:\n%s", code, srv.output())
	}
}

// elsewhereThan is a place on a memory filesystem: not the data's.
func elsewhereThan(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "nightbell-story-")
	fail(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func (v *vaulted) configure(old, now string) {
	v.t.Helper()
	path := filepath.Join(v.dir, configName)
	text := string(readFile(v.t, path))
	if !strings.Contains(text, old) {
		v.t.Fatalf("no %s in %s", old, text)
	}
	fail(v.t, os.WriteFile(path, []byte(strings.Replace(text, old, now, 1)), 0o600))
}

// Each unsealer opens its folder, and only the right secret does. What is refused says why; callers are answered, nobody else.
func TestStoryUnsealersOpenAndRefuse(t *testing.T) {
	t.Run("passphrase", func(t *testing.T) {
		v := newVaulted(t, vaulted{stdin: "five invented words in rows\n"}, "--unseal", "passphrase")
		v.opens()
		v.stdin = "five invented words in row\n"
		v.refuses(exitSealed, "wrong passphrase")
		v.stdin = ""
		v.refuses(exitSealed, "no line")
		short := vaulted{stand: &stand{t: t, dir: filepath.Join(t.TempDir(), "short")}, stdin: "too short\n"}
		if got := short.says("setup", "--unseal", "passphrase"); got.code == 0 || !strings.Contains(got.err, "12 characters") {
			t.Errorf("a short passphrase: %d %s", got.code, got.err)
		}
	})
	t.Run("key file", func(t *testing.T) {
		key := filepath.Join(elsewhereThan(t), "nightbell.key")
		v := newVaulted(t, vaulted{}, "--unseal", "key-file", "--key-file", key)
		v.opens()
		fail(t, os.Rename(key, key+".away"))
		v.refuses(exitSealed, "key missing")
		fail(t, os.WriteFile(key, []byte(strings.Repeat("00", 32)), 0o600))
		v.refuses(exitSealed, "another installation")
		fail(t, os.Rename(key+".away", key))
		fail(t, os.Chmod(key, 0o644))
		v.refuses(exitSealed, "open to others")
		beside := filepath.Join(v.dir, "nightbell.key")
		fail(t, os.WriteFile(beside, readFile(t, key), 0o600))
		v.configure(key, beside)
		v.refuses(exitSealed, "data's filesystem")
		other := vaulted{stand: &stand{t: t, dir: filepath.Join(t.TempDir(), "beside")}}
		if got := other.says("setup", "--unseal", "key-file", "--key-file", filepath.Join(other.dir, "key")); got.code == 0 || !strings.Contains(got.err, "data's filesystem") {
			t.Errorf("setup with the key beside the data: %d %s", got.code, got.err)
		}
	})
	t.Run("systemd credential", func(t *testing.T) {
		creds := elsewhereThan(t)
		v := newVaulted(t, vaulted{env: []string{"CREDENTIALS_DIRECTORY=" + creds}}, "--unseal", "systemd-credential",
			"--credential-file", filepath.Join(creds, "nightbell-unseal"))
		v.opens()
		v.env = []string{"CREDENTIALS_DIRECTORY="}
		v.refuses(exitSealed, "key missing")
	})
}

// A database that was cut short, and slots that were, are refused in words; a folder without its key is nothing.
func TestStoryDamagedOrCopiedFolderIsRefused(t *testing.T) {
	key := filepath.Join(elsewhereThan(t), "nightbell.key")
	v := newVaulted(t, vaulted{}, "--unseal", "key-file", "--key-file", key)
	v.opens()
	db := readFile(t, databasePath(v.dir))
	for _, keep := range []int{len(db) / 2, len(db) - 1000, 4096, 50, 0} {
		cut := vaulted{stand: v.copied()}
		fail(t, os.Truncate(databasePath(cut.dir), int64(keep)))
		cut.refuses(exitWrong, "database")
	}
	slots := vaulted{stand: v.copied()}
	fail(t, os.Truncate(filepath.Join(slots.dir, "keys", "root.json"), 40))
	slots.refuses(exitWrong, "slots file damaged")

	stolen := vaulted{stand: v.copied()}
	stolen.configure(key, filepath.Join(elsewhereThan(t), "guess.key"))
	stolen.refuses(exitSealed, "key missing")
	for _, args := range [][]string{{"calls", "list"}, {"recordings", "list"}, {"audit", "list"}, {"book", "show", "--reveal", "--reason", "theft"}} {
		if got := stolen.says(args...); got.code != exitSealed {
			t.Errorf("%v in a copied folder: %d %s", args, got.code, got.out)
		}
	}
	v.opens() // the folder itself is as it was
}
