//go:build stories

package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"nightbell/configs"
	"nightbell/media/mediatest"
	"nightbell/sip/siptest"
)

// A stand is one data folder with the real program around it: bin/nightbell is run as an operator runs it, and the
// peers are real. Stories run in a network namespace of their own (scripts/in-namespace.sh), where 10.99.0.1 is ours.
type stand struct {
	t    *testing.T
	dir  string
	addr netip.Addr // SIP and media
	srv  *process

	scrape string // token that reads metrics
	ca     string // folder with a copy of the CA as it was before its key was sealed

	people  map[string]fixture   // what everybody got to come in with
	files   string               // folder of their logins
	entered map[string]time.Time // whose code each used last: no code works twice
}

const standAddr = "10.99.0.1"

// program is the binary under test, as make stories has built it.
func program(t *testing.T) string {
	path, err := filepath.Abs("../../bin/nightbell")
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		t.Fatal("make build first: ", err)
	}
	return path
}

// newStand sets a folder up and applies the book; edit changes the demo's text first (nil: as it is).
func newStand(t *testing.T, edit func(book string) string) *stand {
	t.Helper()
	return newStandAt(t, t.TempDir(), edit)
}

// newStandAt is newStand in a folder that is there.
func newStandAt(t *testing.T, dir string, edit func(book string) string) *stand {
	t.Helper()
	s := &stand{t: t, dir: dir, addr: netip.MustParseAddr(standAddr)}
	t.Cleanup(s.forgetRunning)
	s.must("setup", "--development", "--bind", standAddr, "--trunk", "carrier=carrier.demo.nightbell.test")
	s.keepAuthority()
	book := configs.Demo
	if edit != nil {
		book = edit(book)
	}
	s.apply(book)
	s.fix()
	return s
}

// forgetRunning removes what killed servers of this folder left in memory.
func (s *stand) forgetRunning() {
	cfg := Config{Dir: s.dir}
	if folder, err := cfg.survivalFolder(); err == nil {
		_ = os.RemoveAll(folder)
	}
}

// fix gives everybody in the book an account with two factors; nobody is logged in by it.
func (s *stand) fix() {
	s.t.Helper()
	var made struct{ Items []fixture }
	s.ask(&made, "bench", "fixture")
	s.people, s.files, s.entered = map[string]fixture{}, s.t.TempDir(), map[string]time.Time{}
	for _, f := range made.Items {
		s.people[f.Person] = f
	}
}

// login is the file of a person's login on this terminal. Who is not logged in yet logs in, with both factors.
func (s *stand) login(person string, flags ...string) string {
	s.t.Helper()
	path := filepath.Join(s.files, person+".login")
	if _, err := os.Stat(path); err == nil {
		return path
	}
	f, ok := s.people[person]
	if !ok {
		s.t.Fatalf("%s has no account", person)
	}
	at := time.Now()
	if last, ok := s.entered[person]; ok && at.Unix()/30 <= last.Unix()/30 {
		at = last.Add(30 * time.Second) // the house takes the next one too
	}
	s.entered[person] = at
	code, err := totpAt(f.TOTP, at)
	fail(s.t, err)
	out, errs, exit := s.runAs(path, f.Password+"\n"+code+"\n", append([]string{"login", person}, flags...)...)
	if exit != 0 {
		s.t.Fatalf("login %s: exit %d\n%s%s", person, exit, out, errs)
	}
	return path
}

// fresh is login with a second factor that was shown within the last four minutes: what needs it anew, needs it then.
func (s *stand) fresh(person string) string {
	s.t.Helper()
	path := filepath.Join(s.files, person+".login")
	if time.Since(s.entered[person]) > 4*time.Minute {
		_ = os.Remove(path)
	}
	return s.login(person)
}

// as is the running server's API for a person.
func (s *stand) as(person string) *client {
	s.t.Helper()
	login := strings.TrimSpace(string(readFile(s.t, s.fresh(person))))
	api := dialControl(filepath.Join(s.dir, "control.sock"))
	api.login = login
	return api
}

// ready makes a person ready on a phone.
func (s *stand) ready(person, user string) {
	s.t.Helper()
	path := filepath.Join(s.files, person+".login")
	if _, err := os.Stat(path); err != nil {
		s.login(person, "--ready", user)
		return
	}
	if out, errs, exit := s.runAs(path, "", "ready", "on", user); exit != 0 {
		s.t.Fatalf("%s ready on %s: exit %d\n%s%s", person, user, exit, out, errs)
	}
}

// desk is who runs a command: a person where it shows who somebody is, else the operator.
func (s *stand) desk(args []string) (login string) {
	person := ""
	switch {
	case args[0] == "book" && slices.Contains(args, "--reveal"):
		person = "ada"
	case slices.Contains(args, "--reveal"), args[0] == "recordings" && (args[1] == "export" || args[1] == "key"):
		person = "sue"
	}
	if _, ok := s.people[person]; ok {
		return s.fresh(person)
	}
	return filepath.Join(s.dir, "nobody.login")
}

// keepAuthority copies the private CA for stories in which certificates are issued.
func (s *stand) keepAuthority() {
	s.t.Helper()
	s.ca = s.t.TempDir()
	cert, key := caPaths(s.dir)
	copyCert, copyKey := caPaths(s.ca)
	if _, err := os.Stat(key); err != nil {
		return // this folder was opened before
	}
	fail(s.t, os.MkdirAll(filepath.Dir(copyKey), 0o700))
	fail(s.t, os.WriteFile(copyCert, readFile(s.t, cert), 0o600))
	fail(s.t, os.WriteFile(copyKey, readFile(s.t, key), 0o600))
}

// brisk leaves greeting and announcement out, so that a story is about what it is about.
func brisk(book string) string {
	book = strings.Replace(book, `greeting = "greeting"`, `greeting = ""`, 1)
	return strings.Replace(book, `announce = "announcement"`, `announce = ""`, 1)
}

// onlyAmy lets every step ring Amy alone, whatever day it is.
func onlyAmy(book string) string {
	return strings.ReplaceAll(brisk(book), `members = ["amy", "bo", "carol"]`, `members = ["amy"]`)
}

func (s *stand) apply(book string) {
	s.t.Helper()
	path := filepath.Join(s.t.TempDir(), "book.toml")
	if err := os.WriteFile(path, []byte(book), 0o600); err != nil {
		s.t.Fatal(err)
	}
	s.must("book", "apply", "--yes", path)
}

// run runs one command to its end.
func (s *stand) run(args ...string) (out, errs string, code int) {
	s.t.Helper()
	return s.runAs(s.desk(args), "", args...)
}

// runAs is run with the login of a file, and with lines on standard input.
func (s *stand) runAs(login, in string, args ...string) (out, errs string, code int) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program(s.t), append(args, "--dir", s.dir)...)
	cmd.Env, cmd.Stdin = append(os.Environ(), "NIGHTBELL_LOGIN="+login), strings.NewReader(in)
	var o, e bytes.Buffer
	cmd.Stdout, cmd.Stderr = &o, &e
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		s.t.Fatalf("nightbell %v: %v", args, err)
	}
	return o.String(), e.String(), cmd.ProcessState.ExitCode()
}

// must is run where only success will do.
func (s *stand) must(args ...string) string {
	s.t.Helper()
	out, errs, code := s.run(args...)
	if code != 0 {
		s.t.Fatalf("nightbell %v: exit %d\n%s%s", args, code, out, errs)
	}
	return out
}

// ask is must with --json.
func (s *stand) ask(into any, args ...string) {
	s.t.Helper()
	if err := json.Unmarshal([]byte(s.must(append(args, "--json")...)), into); err != nil {
		s.t.Fatalf("nightbell %v: %v", args, err)
	}
}

// secret enrols a phone for a person, who makes herself ready on it.
func (s *stand) secret(person string, flags ...string) string {
	s.t.Helper()
	var v struct {
		Items []struct{ User, Secret string }
	}
	s.ask(&v, append([]string{"devices", "enrol", person}, flags...)...)
	s.ready(person, v.Items[0].User)
	return v.Items[0].Secret
}

// process is a program that runs beside the test; its output is kept and can be waited for.
type process struct {
	t    *testing.T
	cmd  *exec.Cmd
	mu   sync.Mutex
	text strings.Builder
	news chan struct{}
	gone chan struct{}
	err  error
}

func start(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{t: t, cmd: cmd, news: make(chan struct{}, 1), gone: make(chan struct{})}
	r, w := io.Pipe()
	cmd.Stdout, cmd.Stderr = w, w
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = cmd.Wait()
		w.Close()
		close(p.gone)
	}()
	go p.read(r)
	t.Cleanup(p.kill)
	return p
}

func (p *process) read(r io.Reader) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		p.mu.Lock()
		p.text.WriteString(lines.Text() + "\n")
		p.mu.Unlock()
		select {
		case p.news <- struct{}{}:
		default:
		}
	}
}

func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// await waits until the output holds words.
func (p *process) await(words string, d time.Duration) {
	p.t.Helper()
	deadline := time.After(d)
	for !strings.Contains(p.output(), words) {
		select {
		case <-p.news:
		case <-p.gone:
			p.t.Fatalf("%s ended before it said %q:\n%s", p.cmd.Path, words, p.output())
		case <-deadline:
			p.t.Fatalf("%s did not say %q:\n%s", p.cmd.Path, words, p.output())
		}
	}
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.gone
}

// end sends SIGTERM and gives the exit code.
func (p *process) end(d time.Duration) int {
	p.t.Helper()
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.gone:
	case <-time.After(d):
		p.t.Fatalf("%s did not end on SIGTERM:\n%s", p.cmd.Path, p.output())
	}
	return p.cmd.ProcessState.ExitCode()
}

// serve starts the server and waits until it takes calls.
func (s *stand) serve() *process {
	s.t.Helper()
	s.srv = start(s.t, exec.Command(program(s.t), "serve", "--dir", s.dir))
	s.srv.await(`msg=console`, 30*time.Second)
	return s.srv
}

// settings adds to the settings of the process; for the next serve.
func (s *stand) settings(more string) {
	s.t.Helper()
	f, err := os.OpenFile(filepath.Join(s.dir, "nightbell.toml"), os.O_APPEND|os.O_WRONLY, 0)
	fail(s.t, err)
	_, err = f.WriteString("\n" + more)
	fail(s.t, errors.Join(err, f.Close()))
}

func (s *stand) sipAddr() string { return standAddr + ":5061" }

func (s *stand) pool() *x509.CertPool {
	pem, err := os.ReadFile(filepath.Join(s.dir, "ca.pem"))
	if err != nil {
		s.t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	return pool
}

// carrier connects with the trunk's client certificate.
func (s *stand) carrier(ctx context.Context) *siptest.Carrier {
	s.t.Helper()
	cert, key := trunkPaths(s.dir, "carrier")
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		s.t.Fatal(err)
	}
	c, err := siptest.Dial(ctx, siptest.Options{Addr: s.sipAddr(), RootCAs: s.pool(), Cert: &pair})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(c.Close)
	return c
}

// talk is a caller in a call: dialog and sound.
type talk struct {
	t      *testing.T
	dialog *siptest.Dialog
	sound  *mediatest.Peer
}

// call dials and waits for the 200.
func (s *stand) call(ctx context.Context, c *siptest.Carrier, number string, head ...string) *talk {
	s.t.Helper()
	sound := s.sound(mediatest.Options{})
	offer, err := sound.Offer()
	if err != nil {
		s.t.Fatal(err)
	}
	dialog, err := c.Call(ctx, number, "+12125550155", offer, head...)
	if err != nil {
		s.t.Fatal(err)
	}
	answer, err := dialog.Wait(ctx, "200", "closed", "403", "404", "480", "486", "488", "500", "503")
	if err != nil || answer.Word != "200" {
		s.t.Fatalf("call to %s: %q, %v\n%s", number, answer.Word, err, s.srv.output())
	}
	if err := sound.Accept(answer.SDP); err != nil {
		s.t.Fatal(err)
	}
	return &talk{s.t, dialog, sound}
}

func (s *stand) sound(o mediatest.Options) *mediatest.Peer {
	s.t.Helper()
	o.Addr = s.addr
	p, err := mediatest.Listen(o)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = p.Close() })
	return p
}

// phone is a scripted softphone that does with each call what ring says.
func (s *stand) phone(ctx context.Context, user, secret string, ring func(*siptest.Dialog)) *siptest.Phone {
	s.t.Helper()
	opt := siptest.Options{Addr: s.sipAddr(), RootCAs: s.pool(), User: user, Secret: secret, Domain: "nightbell"}
	p, err := siptest.NewPhone(ctx, opt, ring)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(p.Close)
	if err := p.Register(ctx); err != nil {
		s.t.Fatal(err)
	}
	return p
}

// answering is a phone that takes each call with sound; calls arrive on the channel.
func (s *stand) answering(ctx context.Context, user string) <-chan *talk {
	s.t.Helper()
	return s.answeringWith(ctx, user, s.secret(user))
}

// answeringWith is answering for a phone that was enrolled before.
func (s *stand) answeringWith(ctx context.Context, user, secret string) <-chan *talk {
	s.t.Helper()
	taken := make(chan *talk, 16)
	s.answeringInto(ctx, user, secret, taken)
	return taken
}

// answeringInto is answeringWith for a phone that has connected before: its calls go where they went.
func (s *stand) answeringInto(ctx context.Context, user, secret string, taken chan<- *talk) *siptest.Phone {
	s.t.Helper()
	return s.phone(ctx, user, secret, func(d *siptest.Dialog) {
		sound, err := mediatest.Listen(mediatest.Options{Addr: s.addr})
		if err != nil {
			return
		}
		s.t.Cleanup(func() { _ = sound.Close() })
		answer, err := sound.Answer(d.Invite().SDP)
		if err == nil && d.Answer(answer) == nil {
			taken <- &talk{s.t, d, sound}
		}
	})
}

// next waits for the phone's next call.
func next(ctx context.Context, t *testing.T, calls <-chan *talk) *talk {
	t.Helper()
	select {
	case c := <-calls:
		return c
	case <-ctx.Done():
		t.Fatal("the phone was not called")
		return nil
	}
}

// until asks again every 50 ms until so holds, or fails with the words.
func until(ctx context.Context, t *testing.T, words string, so func() bool) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal(words)
		}
	}
}

// storyTime bounds one story.
func storyTime(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

// callRow is what calls list --json says of a call.
type callRow struct {
	ID, Outcome, By, Recording string
	Ended                      time.Time
	Served                     bool
}

// lastCall waits until the newest call is over and filed.
func (s *stand) lastCall(ctx context.Context) callRow {
	s.t.Helper()
	var v struct{ Items []callRow }
	until(ctx, s.t, "the call was not filed", func() bool {
		s.ask(&v, "calls", "list")
		return len(v.Items) > 0 && !v.Items[0].Ended.IsZero()
	})
	return v.Items[0]
}

// export gives a recording as a WAV file outside the data folder, once it is closed.
func (s *stand) export(ctx context.Context, id string) string {
	s.t.Helper()
	s.closed(ctx, id)
	path := filepath.Join(s.t.TempDir(), "recording.wav")
	s.must("recordings", "export", id, "--out", path, "--reason", "story")
	return path
}

// closed waits until a recording has its end.
func (s *stand) closed(ctx context.Context, id string) {
	s.t.Helper()
	until(ctx, s.t, "the recording was not closed", func() bool {
		var v struct{ Items []struct{ ID, State string } }
		s.ask(&v, "recordings", "list")
		for _, r := range v.Items {
			if r.ID == id && r.State != "opening" && r.State != "live" {
				return true
			}
		}
		return false
	})
}

// similar fails unless sound holds voice and not other, over its best three seconds: on a busy machine a scripted phone
// itself falls silent for a moment, and what it says afterwards comes later. Real phones begin to say their loop whenever
// they like, so that any place in it will do; the demo holds to the second.
func similar(t *testing.T, what string, sound, voice, other []int16) {
	t.Helper()
	const window, step = 3 * callRate, callRate / 2
	if len(sound) < window {
		t.Errorf("%s: only %.1f s", what, float64(len(sound))/callRate)
		return
	}
	twice := func(x []int16) []int16 { return append(slices.Clone(x), x...) }
	voices := [2][]int16{twice(voice), twice(other)}
	best, wrong := -1.0, 1.0
	for at := 0; at+window <= len(sound); at += step {
		part := sound[at : at+window]
		if score := mediatest.Correlate(voices[0], part, len(voices[0])).Score; score > best {
			best, wrong = score, mediatest.Correlate(voices[1], part, len(voices[1])).Score
		}
	}
	if best < sameVoice || wrong > otherVoice {
		t.Errorf("%s: correlation %.3f with the voice that spoke, %.3f with the other, at best", what, best, wrong)
	}
}

func fail(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// bridged waits until the newest call's two sides hear each other, and gives its id.
func (s *stand) bridged(ctx context.Context) string {
	s.t.Helper()
	var id string
	until(ctx, s.t, "the call was not bridged", func() bool {
		var list struct{ Items []callRow }
		s.ask(&list, "calls", "list")
		if len(list.Items) == 0 {
			return false
		}
		id = list.Items[0].ID
		return s.happened(id, "bridged") > 0
	})
	return id
}

// happened counts the events of a kind in a call's story.
func (s *stand) happened(id, kind string) int {
	s.t.Helper()
	var v struct{ Events []struct{ Kind string } }
	s.ask(&v, "calls", "show", id)
	n := 0
	for _, e := range v.Events {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	fail(t, err)
	return b
}

// wavOf is 8 kHz mono PCM16.
func wavOf(sound []int16) []byte {
	n := len(sound) * 2
	b := []byte("RIFF....WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data....")
	binary.LittleEndian.PutUint32(b[4:], uint32(36+n))
	binary.LittleEndian.PutUint32(b[40:], uint32(n))
	for _, v := range sound {
		b = binary.LittleEndian.AppendUint16(b, uint16(v))
	}
	return b
}

// soundOfWAV reads one channel of a PCM16 file, whatever lies between its head and its sound.
func soundOfWAV(t *testing.T, path string, channel int) []int16 {
	t.Helper()
	b := readFile(t, path)
	at := bytes.Index(b, []byte("fmt "))
	data := bytes.Index(b, []byte("data"))
	if at < 0 || data < 0 {
		t.Fatalf("%s is no WAV", path)
	}
	channels := int(binary.LittleEndian.Uint16(b[at+10:]))
	b = b[data+8:]
	var sound []int16
	for i := channel * 2; i+1 < len(b); i += channels * 2 {
		sound = append(sound, int16(binary.LittleEndian.Uint16(b[i:])))
	}
	return sound
}

// troubles are the alarms that stand, but for the disk's: how full this machine is says nothing of ours.
func (s *stand) troubles() []string {
	s.t.Helper()
	return slices.DeleteFunc(s.alarms(), func(a string) bool { return strings.HasPrefix(a, "disk:") })
}
