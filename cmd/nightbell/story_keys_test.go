//go:build stories

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// serving starts the server of a folder and waits until it says the words.
func (v *vaulted) serving(words string) *process {
	v.t.Helper()
	cmd := exec.Command(program(v.t), "serve", "--dir", v.dir)
	cmd.Stdin, cmd.Env = strings.NewReader(v.stdin), append(os.Environ(), v.env...)
	srv := start(v.t, cmd)
	srv.await(words, 30*time.Second)
	return srv
}

// A server that runs: its keys are rotated under it, its recovery key is printed and typed back, ROOT is replaced. Then the
// key file is lost: the server starts sealed and three pages open it while it runs.
func TestStoryKeysChangeUnderARunningServer(t *testing.T) {
	key := filepath.Join(elsewhereThan(t), "nightbell.key")
	v := newVaulted(t, vaulted{}, "--unseal", "key-file", "--key-file", key)
	srv := v.serving("msg=console")
	for _, args := range [][]string{{"book", "apply", "../../configs/demo.toml", "--yes"}, {"keys", "rotate", "fields"}, {"keys", "rotate", "audit"},
		{"keys", "rotate", "spool"}, {"keys", "rotate", "recordings", "--clinic", "harbor"}} {
		if got := v.says(args...); got.code != exitDone {
			t.Fatalf("%v: %d %s", args, got.code, got.err)
		}
	}
	v.retires("fields", "1")
	v.retires("spool", "1")
	if got := v.says("keys", "retire", "fields", "2"); got.code != exitWrong || !strings.Contains(got.err, "current key") {
		t.Errorf("the current one: %d %s", got.code, got.err)
	}
	p := &paper{}
	if code := p.make(t, v.dir); code != exitDone {
		t.Fatalf("recovery key: %d\n%s", code, p.asked.String())
	}
	if got := v.says("keys", "rotate", "root"); got.code != exitDone {
		t.Fatalf("a new ROOT: %d %s", got.code, got.err)
	}
	if got := v.says("audit", "verify"); got.code != exitDone {
		t.Errorf("audit: %d %s", got.code, got.err)
	}
	if code := srv.end(20 * time.Second); code != 0 {
		t.Errorf("stopped with %d:\n%s", code, srv.output())
	}

	fail(t, os.Remove(key))
	srv = v.serving("SEALED")
	two := vaulted{stand: v.stand, stdin: p.typed(2, 4)}
	if got := two.says("unseal", "--recovery"); got.code == exitDone {
		t.Error("two pages opened it")
	}
	three := vaulted{stand: v.stand, stdin: p.typed(2, 4, 1)}
	if got := three.says("unseal", "--recovery"); got.code != exitDone {
		t.Fatalf("three pages: %d %s\n%s", got.code, got.err, srv.output())
	}
	if got := v.says("book", "show"); got.code != exitDone || !strings.Contains(got.out, "Harbor") {
		t.Errorf("unsealed: %d %s", got.code, got.err)
	}
	if code := srv.end(20 * time.Second); code != 0 {
		t.Errorf("stopped with %d:\n%s", code, srv.output())
	}
}

// retires asks until the background has brought everything over.
func (v *vaulted) retires(purpose, version string) {
	v.t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		got := v.says("keys", "retire", purpose, version)
		if got.code == exitDone {
			return
		}
		if time.Now().After(deadline) {
			v.t.Fatalf("retire %s %s: %d %s\n%s", purpose, version, got.code, got.err, v.says("keys", "status").out)
		}
	}
}
