//go:build stories

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// aWitness is a witness beside the house: a process of its own, with a folder of its own.
type aWitness struct {
	dir      string
	key, pin string
	proc     *process
}

const witnessAddr = "127.0.0.1:8446"

// witnessed starts a witness of the stand's log and writes it into the stand's configuration.
func (s *stand) witnessed() *aWitness {
	s.t.Helper()
	var mine struct {
		Keys      []string `json:"keys"`
		ClientPin string   `json:"client_pin"`
	}
	s.ask(&mine, "audit", "checkpoint")
	w := &aWitness{dir: s.t.TempDir()}
	out, err := exec.Command(program(s.t), "witness", "--dir", w.dir, "--name", "witness.example", "--show").Output()
	fail(s.t, err)
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		switch f[0] {
		case "key":
			w.key = f[1]
		case "pin":
			w.pin = f[1]
		}
	}
	w.proc = start(s.t, exec.Command(program(s.t), "witness", "--dir", w.dir, "--listen", witnessAddr, "--log", mine.Keys[0], "--client", mine.ClientPin))
	w.proc.await("msg=witness", 10*time.Second)
	s.configure(fmt.Sprintf("[[witness]]\nurl = %q\nkey = %q\npin = %q\n", "https://"+witnessAddr, w.key, w.pin))
	return w
}

// configure appends to the stand's configuration.
func (s *stand) configure(text string) {
	s.t.Helper()
	path := filepath.Join(s.dir, configName)
	fail(s.t, os.WriteFile(path, append(readFile(s.t, path), "\n"+text...), 0o600))
}

// agreed waits until the witness has signed so many entries.
func (s *stand) agreed(ctx context.Context, least int64) (size int64) {
	s.t.Helper()
	var v struct{ Witnesses []struct{ Size int64 } }
	until(ctx, s.t, "the witness did not sign", func() bool {
		s.ask(&v, "audit", "checkpoint")
		return len(v.Witnesses) == 1 && v.Witnesses[0].Size >= least
	})
	return v.Witnesses[0].Size
}

// Yesterday's database is put back, and what lay beside it is taken away: the witness alone knows better. There is an
// alarm; nobody is shown anything of a patient; callers are answered as ever. Two people accept it, and the log goes on as
// its next epoch, which says what was lost.
func TestStoryYesterdaysDatabaseIsNoticed(t *testing.T) {
	ctx := storyTime(t, 2*time.Minute)
	s := newStand(t, brisk)
	s.witnessed()
	s.serve()
	secret, carrier := s.secret("amy"), s.carrier(ctx)
	taken := s.answeringWith(ctx, "amy", secret)
	place := func() *talk { return s.call(ctx, carrier, "+12125550100") }
	c := place()
	next(ctx, t, taken)
	fail(t, c.dialog.Bye(ctx))
	call := s.lastCall(ctx)
	s.must("calls", "show", call.ID, "--reveal", "--reason", "call back")
	s.login("cora")
	s.login("ada")
	if code := s.srv.end(20 * time.Second); code != 0 {
		t.Fatalf("exit %d", code)
	}
	yesterday := readFile(t, databasePath(s.dir))

	s.serve()
	for range 3 {
		s.must("calls", "list")
	}
	if code := s.srv.end(20 * time.Second); code != 0 {
		t.Fatalf("exit %d", code)
	}
	fail(t, os.WriteFile(databasePath(s.dir), yesterday, 0o600))
	fail(t, os.RemoveAll(filepath.Join(s.dir, "witness")))
	s.serve()
	s.alarmed(ctx, "audit_differs", true)

	carrier = s.carrier(ctx)
	taken = s.answeringWith(ctx, "amy", secret)
	s.ready("amy", "amy")
	c = place()
	next(ctx, t, taken)
	fail(t, c.dialog.Bye(ctx))
	if out, errs, code := s.run("calls", "show", call.ID, "--reveal", "--reason", "call back"); code == 0 || !strings.Contains(errs, "witnessed") || strings.Contains(out, "5550155") {
		t.Fatalf("PHI was shown: exit %d\n%s%s", code, out, errs)
	}
	if out, _, code := s.run("audit", "verify"); code == 0 || !strings.Contains(out, "witnessed") {
		t.Errorf("verify: exit %d\n%s", code, out)
	}
	s.accept()
	s.alarmed(ctx, "audit_differs", false)
	s.must("calls", "show", call.ID, "--reveal", "--reason", "call back")
	s.must("audit", "verify")
	var v struct{ Epoch int }
	s.ask(&v, "audit", "checkpoint")
	if v.Epoch != 2 {
		t.Errorf("epoch %d", v.Epoch)
	}
	s.agreed(ctx, 1)
	s.srv.end(20 * time.Second)
	s.serve() // the next start finds nothing to complain about
	s.agreed(ctx, 1)
	s.alarmed(ctx, "audit_differs", false)
	s.must("audit", "verify")
}

// accept is what two people do.
func (s *stand) accept() {
	s.t.Helper()
	out, errs, code := s.runAs(s.login("ada"), "", "audit", "accept-rollback", "--reason", "the disk of Tuesday was put back")
	m := regexp.MustCompile(`proposed (\S+);`).FindStringSubmatch(out)
	if code != 0 || m == nil {
		s.t.Fatalf("propose: exit %d\n%s%s", code, out, errs)
	}
	carry := []string{"audit", "accept-rollback", "--proposal", m[1]}
	if _, _, code := s.runAs(s.login("ada"), "", carry...); code == 0 {
		s.t.Error("one person alone accepted a rollback")
	}
	if _, _, code := s.runAs(s.login("ada"), "", "proposals", "approve", m[1], "--reason", "looked into it"); code == 0 {
		s.t.Error("she approved her own proposal")
	}
	for _, step := range []struct {
		who  string
		args []string
	}{{"cora", []string{"proposals", "approve", m[1], "--reason", "looked into it"}}, {"ada", carry}} {
		if out, errs, code := s.runAs(s.login(step.who), "", step.args...); code != 0 {
			s.t.Fatalf("%s: %v: exit %d\n%s%s", step.who, step.args, code, out, errs)
		}
	}
}

// The database alone is put back: the note beside it, outside the database, is enough, without any witness.
func TestStoryNoteOutsideTheDatabaseNoticesARollback(t *testing.T) {
	ctx := storyTime(t, time.Minute)
	s := newStand(t, brisk)
	s.serve()
	s.srv.end(20 * time.Second)
	yesterday := readFile(t, databasePath(s.dir))
	s.serve()
	s.must("calls", "list")
	s.srv.end(20 * time.Second)
	fail(t, os.WriteFile(databasePath(s.dir), yesterday, 0o600))
	s.serve()
	s.alarmed(ctx, "audit_differs", true)
}

// rsyslog is the real receiver, with TLS and client certificates.
type rsyslog struct {
	t    *testing.T
	dir  string
	proc *process
}

const syslogAddr = "127.0.0.1:6514"

func (s *stand) rsyslog() *rsyslog {
	s.t.Helper()
	r := &rsyslog{t: s.t, dir: s.t.TempDir()}
	ca, err := openAuthority(s.ca, time.Now())
	fail(s.t, err)
	fail(s.t, ca.server(filepath.Join(r.dir, "server.crt"), filepath.Join(r.dir, "server.key"), []string{"127.0.0.1"}, time.Now()))
	conf := fmt.Sprintf(`global(workDirectory=%[1]q maxMessageSize="64k" defaultNetstreamDriver="gtls"
  defaultNetstreamDriverCAFile=%[2]q defaultNetstreamDriverCertFile=%[3]q defaultNetstreamDriverKeyFile=%[4]q)
module(load="imtcp" streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="x509/certvalid")
template(name="nb" type="string" string="%%hostname%% %%app-name%% %%msgid%% %%structured-data%% %%msg%%\n")
input(type="imtcp" address="127.0.0.1" port="6514" ruleset="nb")
ruleset(name="nb") { action(type="omfile" file=%[5]q template="nb" asyncWriting="off" flushOnTXEnd="on") }
`, r.dir, filepath.Join(s.dir, "ca.pem"), filepath.Join(r.dir, "server.crt"), filepath.Join(r.dir, "server.key"), r.file())
	fail(s.t, os.WriteFile(filepath.Join(r.dir, "rsyslog.conf"), []byte(conf), 0o600))
	s.configure(fmt.Sprintf("[syslog]\naddress = %q\nca = \"ca.pem\"\n", syslogAddr))
	return r
}

func (r *rsyslog) file() string { return filepath.Join(r.dir, "audit.log") }

func (r *rsyslog) start() {
	r.t.Helper()
	path, err := exec.LookPath("rsyslogd")
	if err != nil {
		path = "/usr/sbin/rsyslogd"
	}
	r.proc = start(r.t, exec.Command(path, "-n", "-f", filepath.Join(r.dir, "rsyslog.conf"), "-i", filepath.Join(r.dir, "pid")))
}

var syslogSeq = regexp.MustCompile(`(?m)^\S+ nightbell \S+ \[nightbell@32473 seq="(\d+)" .*\] \S*\{"action"`)

// seqs are the leaves that it has written, in their order of coming.
func (r *rsyslog) seqs() (list []int64) {
	b, err := os.ReadFile(r.file())
	if err != nil {
		return nil
	}
	for _, m := range syslogSeq.FindAllSubmatch(b, -1) {
		n, _ := strconv.ParseInt(string(m[1]), 10, 64)
		list = append(list, n)
	}
	return list
}

// holds reports whether every leaf before size is there.
func (r *rsyslog) holds(size int64) bool {
	list := r.seqs()
	slices.Sort(list)
	list = slices.Compact(list)
	return int64(len(list)) >= size && list[size-1] == size-1
}

// Every leaf reaches a real rsyslog over TLS with client certificates. It stalls, it is killed, the house is stopped and
// killed meanwhile: calls and commands notice nothing, and when it is back no leaf is missing.
func TestStorySyslogReachesRsyslogWhateverHappens(t *testing.T) {
	ctx := storyTime(t, 2*time.Minute)
	s := newStand(t, brisk)
	r := s.rsyslog()
	r.start()
	s.serve()
	size := func() int64 {
		var v struct{ Size int64 }
		s.ask(&v, "audit", "checkpoint")
		return v.Size
	}
	until(ctx, t, "leaves did not arrive", func() bool { return r.holds(size()) })
	if !strings.Contains(string(readFile(t, r.file())), "audit.checkpoint [nightbell@32473 size=") {
		t.Error("no checkpoint arrived")
	}

	fail(t, r.proc.cmd.Process.Signal(syscall.SIGSTOP)) // stalled: the connection stands, nobody reads
	secret, carrier := s.secret("amy"), s.carrier(ctx)
	taken := s.answeringWith(ctx, "amy", secret)
	began := time.Now()
	c := s.call(ctx, carrier, "+12125550100")
	next(ctx, t, taken)
	if d := time.Since(began); d > 5*time.Second {
		t.Errorf("with a stalled receiver a call is answered after %v", d)
	}
	fail(t, c.dialog.Bye(ctx))
	s.lastCall(ctx)
	r.proc.kill()
	s.alarmed(ctx, "syslog", true)
	s.srv.kill()
	s.serve()
	s.must("calls", "list")
	r.start()
	until(ctx, t, "what waited did not arrive", func() bool { return r.holds(size()) })
	s.alarmed(ctx, "syslog", false)
	if code := s.srv.end(20 * time.Second); code != 0 {
		t.Errorf("exit %d", code)
	}
	s.serve() // what the end of the server itself wrote goes out with the next start
	until(ctx, t, "the last leaves did not arrive", func() bool { return r.holds(size()) })
}
