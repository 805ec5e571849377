//go:build stories

package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"nightbell/media/mediatest"
)

// backsUp adds where backups go to the folder's configuration.
func (s *stand) backsUp(lines ...string) {
	s.t.Helper()
	path := filepath.Join(s.dir, configName)
	text := string(readFile(s.t, path)) + "\n[backup]\n" + strings.Join(lines, "\n") + "\n"
	fail(s.t, os.WriteFile(path, []byte(text), 0o600))
}

var (
	sharePageGroup = regexp.MustCompile(`\d+  ([0-9A-Z]{4}-[0-9A-Z]{4})`)
	typeBack       = regexp.MustCompile(`type share (\d+)`)
)

// onPaper makes a recovery key and gives its shares as they stand on the pages, a share a line.
func (s *stand) onPaper() (shares []string) {
	s.t.Helper()
	cmd := exec.Command(program(s.t), "keys", "recovery", "make", "--dir", s.dir)
	in, err := cmd.StdinPipe()
	fail(s.t, err)
	p := start(s.t, cmd)
	for typed := range 2 {
		asks := func() [][]string { return typeBack.FindAllStringSubmatch(p.output(), -1) }
		until(storyTime(s.t, 20*time.Second), s.t, "no share was asked back", func() bool { return len(asks()) > typed })
		shares = nil
		for _, page := range strings.Split(p.output(), "NIGHTBELL RECOVERY KEY")[1:] {
			var groups []string
			for _, g := range sharePageGroup.FindAllStringSubmatch(page, -1) {
				groups = append(groups, g[1])
			}
			shares = append(shares, strings.Join(groups, " "))
		}
		var n int
		fmt.Sscan(asks()[typed][1], &n)
		_, err := io.WriteString(in, shares[n-1]+"\n")
		fail(s.t, err)
	}
	<-p.gone
	if p.cmd.ProcessState.ExitCode() != 0 || len(shares) != 5 {
		s.t.Fatalf("recovery key: %d shares\n%s", len(shares), p.output())
	}
	return shares
}

// lines is what is typed at a restore.
func typed(shares ...string) string { return strings.Join(shares, "\n") + "\n" }

// The machine is gone. What is left is the backup, three of five pages, and a new machine.
func TestStoryALostMachineIsAnsweredFor(t *testing.T) {
	ctx := storyTime(t, 3*time.Minute)
	s := newStand(t, onlyAmy)
	away := t.TempDir()
	s.backsUp(`to = "` + away + `/nightbell"`)
	shares := s.onPaper()
	s.serve()
	secret := s.secret("amy")
	agents, carrier := s.answeringWith(ctx, "amy", secret), s.carrier(ctx)

	caller := s.call(ctx, carrier, demoNumber)
	agent := next(ctx, t, agents)
	caller.sound.Speak(mediatest.Caller())
	agent.sound.Speak(mediatest.Agent())
	s.bridged(ctx)
	s.must("backup", "now") // beside the call
	heardEach(ctx, t, "during a backup", caller, agent)
	fail(t, caller.dialog.Bye(ctx))
	first := s.lastCall(ctx)
	s.closed(ctx, first.Recording)
	s.must("backup", "now")
	s.must("backup", "verify")
	old := s.login("amy")

	s.srv.kill()
	fail(t, os.RemoveAll(s.dir))
	s.dir = filepath.Join(t.TempDir(), "nightbell")
	began := time.Now()
	out, errs, code := s.runAs("", typed(shares[4], shares[0], shares[2]), "restore", away+"/nightbell")
	if code != 0 {
		t.Fatalf("restore: %d\n%s%s", code, out, errs)
	}
	s.serve()
	t.Logf("restored and serving after %.1f s", time.Since(began).Seconds())
	if _, _, code := s.runAs(old, "", "me"); code != exitNotAllowed {
		t.Errorf("a login of before the restore: exit %d", code)
	}
	fail(t, os.Remove(old))
	s.must("audit", "verify")
	s.must("recordings", "verify", first.Recording)
	if list := s.must("audit", "list", "--limit", "100"); !strings.Contains(list, "audit.epoch_began") || !strings.Contains(list, "backup.restored") {
		t.Error("the log does not tell of the restore:", list)
	}
	s.ready("amy", "amy")
	agents = s.answeringWith(ctx, "amy", secret)
	caller = s.call(ctx, s.carrier(ctx), demoNumber)
	agent = next(ctx, t, agents)
	caller.sound.Speak(mediatest.Caller())
	agent.sound.Speak(mediatest.Agent())
	s.bridged(ctx)
	heardEach(ctx, t, "on the new machine", caller, agent)
	fail(t, caller.dialog.Bye(ctx))
	if again := s.lastCall(ctx); again.ID == first.ID || !again.Served {
		t.Errorf("the call on the new machine: %+v", again)
	}
	s.must("backup", "now") // into the same repository: it is the same house
}

func TestStoryOtherSharesRestoreNothing(t *testing.T) {
	s, other := newStand(t, brisk), newStand(t, brisk)
	away := t.TempDir()
	s.backsUp(`to = "` + away + `/nightbell"`)
	ours, theirs := s.onPaper(), other.onPaper()
	s.must("backup", "now")
	s.dir = filepath.Join(t.TempDir(), "nightbell")
	for what, in := range map[string]string{
		"two shares":          typed(ours[0], ours[1]),
		"shares of two":       typed(ours[0], ours[1], theirs[2]),
		"another house's":     typed(theirs[0], theirs[1], theirs[2]),
		"a typing error":      typed(ours[0], ours[1], strings.Replace(ours[2], ours[2][:4], "0000", 1)),
		"the same one thrice": typed(ours[0], ours[0], ours[0]),
	} {
		out, errs, code := s.runAs("", in, "restore", away+"/nightbell")
		if code == 0 || strings.Contains(out+errs, "panic") {
			t.Errorf("%s: exit %d\n%s%s", what, code, out, errs)
		}
		if left, _ := filepath.Glob(s.dir + "*"); len(left) > 0 {
			t.Errorf("%s left %v", what, left)
		}
	}
}

// gateway is a real object store on this machine.
type gateway struct {
	t    *testing.T
	dir  string
	cert []string
	proc *process
}

const gatewayAddr = "127.0.0.1:7443"

func (g *gateway) start() {
	g.t.Helper()
	bin, err := filepath.Abs("../../bin/versitygw")
	fail(g.t, err)
	cmd := exec.Command(bin, append(append([]string{"--port", gatewayAddr}, g.cert...), "posix", g.dir)...)
	cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY_ID=story", "ROOT_SECRET_ACCESS_KEY=invented-secret-of-the-story")
	g.proc = start(g.t, cmd)
	g.proc.await("7443", 20*time.Second)
}

// ballast is a file that a backup takes seconds for.
func (s *stand) ballast() {
	s.t.Helper()
	b := make([]byte, 24<<20)
	_, _ = rand.Read(b)
	fail(s.t, os.WriteFile(filepath.Join(s.dir, "ballast"), b, 0o600))
}

func TestStoryBackupToAnObjectStore(t *testing.T) {
	ctx := storyTime(t, 3*time.Minute)
	s := newStand(t, brisk)
	g := &gateway{t: t, dir: t.TempDir(), cert: []string{
		"--cert", filepath.Join(s.dir, "tls", "server.crt"), "--key", filepath.Join(s.dir, "tls", "server.key")}}
	fail(t, os.Mkdir(filepath.Join(g.dir, "backups"), 0o700))
	g.start()
	secret := filepath.Join(t.TempDir(), "s3.json")
	fail(t, os.WriteFile(secret, []byte(`{"access_key":"story","secret_key":"invented-secret-of-the-story"}`), 0o644))
	s.backsUp(`to = "s3://backups/harbor"`, `endpoint = "https://`+gatewayAddr+`"`, `ca = "ca.pem"`, `credentials = "`+secret+`"`, "rate_mib = 6")
	if _, errs, code := s.run("backup", "now"); code == 0 {
		t.Errorf("credentials that everybody can read: exit %d\n%s", code, errs)
	}
	fail(t, os.Chmod(secret, 0o600))
	shares := s.onPaper()
	s.ballast()
	s.serve()

	work := start(t, exec.Command(program(t), "backup", "now", "--dir", s.dir))
	s.sends(ctx)
	g.proc.kill() // in the middle
	g.start()
	<-work.gone
	if work.cmd.ProcessState.ExitCode() != 0 {
		t.Errorf("a store that was away for a moment ended the backup:\n%s", work.output())
	}
	if list := s.must("audit", "list", "--action", "backup.failed"); strings.Count(list, "backup.failed") != 1 { // the credentials'
		t.Errorf("a store that was away for a moment ended a backup:\n%s", list)
	}
	s.must("backup", "verify")
	g.proc.kill()
	if out, _, code := s.run("backup", "now"); code != exitWrong || strings.Contains(out, "invented-secret") {
		t.Errorf("a store that is away: exit %d\n%s", code, out)
	}
	if list := s.must("audit", "list", "--action", "backup.failed"); !strings.Contains(list, "backup.failed") {
		t.Error("nothing remembers that a backup failed")
	}
	g.start()
	before := len(filesIn(t, g.dir))
	s.must("backup", "now")
	if grown := len(filesIn(t, g.dir)) - before; grown > 10 {
		t.Errorf("%d objects were sent again", grown)
	}
	for name, b := range filesIn(t, g.dir) {
		if bytes.Contains(b, []byte("SQLite format 3")) || bytes.Contains(b, []byte("PRIVATE KEY")) || bytes.Contains(b, []byte("+1212555")) {
			t.Errorf("%s is in clear", name)
		}
	}
	ca := filepath.Join(t.TempDir(), "ca.pem")
	fail(t, os.WriteFile(ca, readFile(t, filepath.Join(s.dir, "ca.pem")), 0o600))
	s.srv.end(20 * time.Second)
	s.dir = filepath.Join(t.TempDir(), "nightbell")
	out, errs, code := s.runAs("", typed(shares[1], shares[3], shares[4]), "restore", "s3://backups/harbor", "--endpoint", "https://"+gatewayAddr,
		"--ca", ca, "--credentials", secret)
	if code != 0 {
		t.Fatalf("restore: %d\n%s%s", code, out, errs)
	}
	s.must("audit", "verify")
}

// sends waits until the backup that runs is sending files.
func (s *stand) sends(ctx context.Context) {
	s.t.Helper()
	until(ctx, s.t, "the backup sends nothing", func() bool {
		var v struct {
			Running *struct{ Phase string }
		}
		s.ask(&v, "backup", "status")
		return v.Running != nil && v.Running.Phase == "files"
	})
}

func filesIn(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	fail(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		all[path], err = os.ReadFile(path)
		return err
	}))
	return all
}

// A backup and a restore that are killed leave a repository without half a snapshot, and a folder that is whole or not there.
func TestStoryKilledBackupsAndRestores(t *testing.T) {
	ctx := storyTime(t, 3*time.Minute)
	s := newStand(t, brisk)
	away := filepath.Join(t.TempDir(), "nightbell")
	s.backsUp(`to = "`+away+`"`, "rate_mib = 6")
	shares := s.onPaper()
	s.ballast()
	s.serve()
	work := start(t, exec.Command(program(t), "backup", "now", "--dir", s.dir))
	s.sends(ctx)
	s.srv.kill()
	<-work.gone
	if notes, _ := filepath.Glob(filepath.Join(away, "snapshots", "*", "*.note")); len(notes) > 0 {
		t.Errorf("half a snapshot: %v", notes)
	}
	left := func() []string {
		list, _ := filepath.Glob(filepath.Join(s.dir, ".backup-*"))
		return list
	}
	if len(left()) != 1 {
		t.Errorf("the backup was not killed in the middle: %v", left())
	}
	s.serve()
	until(ctx, t, "what the killed backup left stays", func() bool { return len(left()) == 0 })
	s.srv.end(20 * time.Second)
	s.must("backup", "now")
	s.must("backup", "verify")

	s.dir = filepath.Join(t.TempDir(), "nightbell")
	for round := 0; ; round++ {
		cmd := exec.Command(program(t), "restore", away, "--dir", s.dir)
		cmd.Stdin = strings.NewReader(typed(shares[:3]...))
		p := start(t, cmd)
		kill := time.AfterFunc(time.Duration(round)*25*time.Millisecond, func() { _ = p.cmd.Process.Signal(syscall.SIGKILL) })
		<-p.gone
		kill.Stop()
		if _, err := os.Stat(s.dir); errors.Is(err, os.ErrNotExist) {
			if round == 200 {
				t.Fatalf("never restored:\n%s", p.output())
			}
			continue
		}
		t.Logf("whole in round %d", round)
		break
	}
	s.must("audit", "verify")
	out, errs, code := s.runAs("", typed(shares[:3]...), "restore", "drill", away, "--to", t.TempDir())
	if code != 0 || !strings.Contains(out, "as on the day") {
		t.Errorf("drill: %d\n%s%s", code, out, errs)
	}
	if list := s.must("audit", "list", "--action", "restore.drilled"); !strings.Contains(list, "restore.drilled") {
		t.Error("nothing remembers the drill")
	}
}
