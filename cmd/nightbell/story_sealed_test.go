//go:build stories

package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nightbell/media/mediatest"
	"nightbell/sip/siptest"
)

// Stories of a server that starts without its keys. The carrier that leads callers on is a real listener of its own, the
// keys are a file that is moved away.

const (
	sealedNumber   = "+12125550110"
	aloneNumber    = "+12125550111"
	fallbackNumber = "+12125550123"
	fallbackSecret = "Canary-fallback-secret"
)

// sealedStand is a stand whose clinic "talk" has a fallback and whose clinic "alone" has none.
type sealedStand struct {
	*stand
	exchange *siptest.Exchange
	rings    chan *siptest.Dialog
	key      string // where the key was moved to
}

func newSealedStand(t *testing.T) *sealedStand {
	t.Helper()
	s := &sealedStand{rings: make(chan *siptest.Dialog, 256)}
	dir := t.TempDir()
	s.stand = newStandAt(t, dir, func(string) string {
		return callBook("talk "+sealedNumber+" at_once amy:9", "alone "+aloneNumber+" at_once amy:9")
	})
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, "tls", "server.crt"), filepath.Join(dir, "tls", "server.key"))
	fail(t, err)
	s.exchange, err = siptest.ListenExchange(siptest.ExchangeOptions{
		Addr: standAddr + ":0", TLS: &tls.Config{Certificates: []tls.Certificate{pair}}, User: "nightbell", Secret: fallbackSecret,
	}, func(d *siptest.Dialog) { s.rings <- d })
	fail(t, err)
	t.Cleanup(s.exchange.Close)
	book := callBook("talk "+sealedNumber+" at_once amy:9", "alone "+aloneNumber+" at_once amy:9")
	book = strings.Replace(book, "id = \"talk\"\n", "id = \"talk\"\nfallback = \""+fallbackNumber+"\"\n", 1)
	book += fmt.Sprintf("[fallback_trunk]\nhost = %q\nport = %d\nuser = \"nightbell\"\ncertificate_roots = \"\"\"%s\"\"\"\n",
		standAddr, s.exchange.Addr().(*net.TCPAddr).Port, readFile(t, filepath.Join(dir, "ca.pem")))
	s.apply(book)
	secret := exec.Command(program(t), "trunks", "secret", "fallback_trunk", "--secret-stdin", "--dir", dir)
	secret.Stdin = strings.NewReader(fallbackSecret + "\n")
	if out, err := secret.CombinedOutput(); err != nil {
		t.Fatalf("trunks secret: %v %s", err, out)
	}
	s.serve() // an open start makes the bundle
	until(storyTime(t, 20*time.Second), t, "no bundle was made", func() bool {
		_, err := os.Stat(filepath.Join(dir, bundleName+".sig"))
		return err == nil
	})
	if code := s.srv.end(20 * time.Second); code != 0 {
		t.Fatalf("stopped with %d:\n%s", code, s.srv.output())
	}
	return s
}

// sealed starts the server without its key.
func (s *sealedStand) sealed() *process {
	s.t.Helper()
	if s.key == "" {
		s.key = filepath.Join(s.t.TempDir(), "unseal.key")
		fail(s.t, os.Rename(filepath.Join(s.dir, "keys", "unseal.key"), s.key))
	}
	s.srv = start(s.t, exec.Command(program(s.t), "serve", "--dir", s.dir))
	s.srv.await("SEALED", 30*time.Second)
	return s.srv
}

// party answers the next call of the exchange.
func (s *sealedStand) party(ctx context.Context) *talk {
	s.t.Helper()
	d := s.ring(ctx)
	sound := s.sound(mediatest.Options{})
	answer, err := sound.Answer(d.Invite().SDP)
	fail(s.t, err)
	fail(s.t, d.Ring(nil))
	fail(s.t, d.Answer(answer))
	return &talk{s.t, d, sound}
}

func (s *sealedStand) ring(ctx context.Context) *siptest.Dialog {
	s.t.Helper()
	select {
	case d := <-s.rings:
		return d
	case <-ctx.Done():
		s.t.Fatal("the fallback was not rung:\n" + s.srv.output())
		return nil
	}
}

func (s *sealedStand) unseal() {
	s.t.Helper()
	if out := s.must("unseal", "--key-file", s.key); !strings.Contains(out, "unsealed") {
		s.t.Errorf("unseal: %q", out)
	}
}

// A caller comes while the keys are sealed, hears what to do and talks with the fallback. The keys are opened while they
// talk; the talk goes on, the next caller meets the full house, and the log remembers it all.
func TestStorySealedServerAnswers(t *testing.T) {
	ctx := storyTime(t, 2*time.Minute)
	s := newSealedStand(t)
	s.sealed()
	for _, args := range [][]string{{"calls", "list"}, {"book", "show"}, {"audit", "list"}, {"devices", "list"}} {
		if out, _, code := s.run(args...); code != exitSealed {
			t.Errorf("%v while sealed: exit %d %s", args, code, out)
		}
	}
	p, err := siptest.NewPhone(ctx, siptest.Options{Addr: s.sipAddr(), RootCAs: s.pool(), User: "amy", Secret: "x", Domain: "nightbell"}, nil)
	fail(t, err)
	defer p.Close()
	if res, err := p.Once(ctx, "Contact: <sip:amy@192.0.2.1>\r\n"); err != nil || res.StatusCode != 503 {
		t.Errorf("REGISTER while sealed: %v, %v", res, err)
	}

	carrier := s.carrier(ctx)
	caller := s.call(ctx, carrier, sealedNumber)
	busy := s.ring(ctx)
	invite := busy.Invite()
	for header, want := range map[string]string{"To": fallbackNumber, "From": sealedNumber, "P-Asserted-Identity": sealedNumber} {
		if got := invite.Header(header); !strings.Contains(got, want) || strings.Contains(invite.Raw, "5550155") {
			t.Errorf("%s: %q, want %s and nothing of the caller", header, got, want)
		}
	}
	spoke(t, "the caller, first", caller.sound.Heard(time.Time{}), "starting")
	fail(t, busy.Reject(486)) // it is dialled again
	party := s.party(ctx)
	heardEach(ctx, t, "sealed", caller, party)

	if _, errs, code := s.run("unseal", "--key-file", filepath.Join(s.dir, "ca.pem")); code != exitNotAllowed {
		t.Errorf("unseal by a file that is no key: %d %s", code, errs)
	}
	s.unseal()
	heardEach(ctx, t, "after the unsealing", caller, party)
	next, began := s.call(ctx, carrier, sealedNumber), time.Now() // nobody is ready: the last resort of the full house
	fail(t, next.sound.AwaitSound(ctx, began, 5*time.Second))
	spoke(t, "the next caller", next.sound.Heard(time.Time{}), "last_resort")
	fail(t, next.dialog.Bye(ctx))
	fail(t, caller.dialog.Bye(ctx))
	if _, err := party.dialog.Wait(ctx, "BYE"); err != nil {
		t.Error("the fallback party stays on: ", err)
	}
	s.remembered(ctx, 2)
	if _, errs, code := s.run("unseal", "--key-file", s.key); code == 0 {
		t.Errorf("unsealed twice: %s", errs)
	}
}

// remembered checks that the log holds the calls that came while sealed, late, each once, and verifies.
func (s *sealedStand) remembered(ctx context.Context, calls int) {
	s.t.Helper()
	var list struct{ Items []callRow }
	until(ctx, s.t, "the calls were not filed", func() bool {
		s.ask(&list, "calls", "list")
		for _, c := range list.Items {
			if c.Ended.IsZero() {
				return false
			}
		}
		return len(list.Items) == calls
	})
	count, late := s.leaves()
	for _, c := range list.Items {
		for _, action := range []string{"call.arrived", "call.routed", "call.ended"} {
			if n := count[action+" call:"+c.ID]; n != 1 {
				s.t.Errorf("%s of %s stands %d times", action, c.ID, n)
			}
		}
	}
	if late == 0 {
		s.t.Error("nothing is marked late")
	}
	var words []string
	for what := range count {
		words = append(words, what)
	}
	for _, word := range []string{"server.served_sealed", "server.unsealed", "emergency.bundle_made"} {
		if !strings.Contains(strings.Join(words, "\n"), word) {
			s.t.Errorf("the log has no %s", word)
		}
	}
	s.must("audit", "verify")
}

// leaves counts what the log holds, by action and object, and what of it came late.
func (s *sealedStand) leaves() (count map[string]int, late int) {
	s.t.Helper()
	count = map[string]int{}
	for cursor := ""; ; {
		var page struct {
			Items []struct {
				Action, Object string
				Late           bool
			}
			Next string
		}
		args := []string{"audit", "list", "--limit", "200"}
		if cursor != "" {
			args = append(args, "--cursor", cursor)
		}
		s.ask(&page, args...)
		for _, e := range page.Items {
			count[e.Action+" "+e.Object]++
			if e.Late {
				late++
			}
		}
		if cursor = page.Next; cursor == "" {
			return count, late
		}
	}
}

// spoke fails unless what was heard holds the prompt: one of its stretches of three seconds as it is. On a busy machine a
// scripted caller itself loses a packet now and then, and what comes after sits elsewhere.
func spoke(t *testing.T, what string, heard []int16, prompt string) {
	t.Helper()
	words := soundOfWAV(t, filepath.Join("../../media/prompts", prompt+".wav"), 0)
	best := 0.0
	for at := 0; at+3*callRate <= len(words); at += callRate {
		part := words[at : at+3*callRate]
		best = max(best, mediatest.Correlate(part, heard, len(heard)+len(part)).Score)
	}
	if best < sameVoice {
		t.Errorf("%s: correlation %.3f with the words of %s, at best", what, best, prompt)
	}
}

// A bundle that was altered is refused like one that is missing: the built-in words, for every certificate of our CA. Every
// other way to spoil it is TestAnAlteredEmergencyBundleIsRefused.
func TestStorySealedWithoutItsBundle(t *testing.T) {
	s := newSealedStand(t)
	path := filepath.Join(s.dir, bundleName)
	whole := readFile(t, path)
	for name, spoil := range map[string]func(){
		"altered": func() {
			fail(t, os.WriteFile(path, bytes.Replace(whole, []byte(fallbackNumber), []byte("+12125550666"), 1), 0o600))
		},
		"missing": func() { fail(t, os.Remove(path)) },
	} {
		spoil()
		srv := s.sealed()
		if !strings.Contains(srv.output(), "emergency bundle refused") {
			t.Errorf("%s: %s", name, srv.output())
		}
		ctx := storyTime(t, time.Minute)
		caller, began := s.call(ctx, s.carrier(ctx), sealedNumber), time.Now()
		if name == "missing" {
			caller.word(ctx, "BYE") // to the end; the other one hears who speaks
		} else {
			fail(t, caller.sound.AwaitSound(ctx, began, 5*time.Second))
			fail(t, caller.dialog.Bye(ctx))
		}
		spoke(t, name, caller.sound.Heard(time.Time{}), "starting_alone")
		if len(s.rings) != 0 {
			t.Errorf("%s: somebody was rung", name)
		}
		if code := srv.end(20 * time.Second); code != 0 {
			t.Errorf("%s: stopped with %d", name, code)
		}
		fail(t, os.WriteFile(path, whole, 0o600))
	}
}

// kill -9 while sealed: what happened before it is in the log once the keys are open, and no caller after it is lost.
func TestStoryKilledWhileSealed(t *testing.T) {
	ctx := storyTime(t, 3*time.Minute)
	s := newSealedStand(t)
	s.sealed()
	first := s.call(ctx, s.carrier(ctx), sealedNumber)
	heardEach(ctx, t, "before", first, s.party(ctx))
	s.srv.kill()

	s.sealed()
	caller := s.call(ctx, s.carrier(ctx), sealedNumber)
	heardEach(ctx, t, "after", caller, s.party(ctx))
	spool := readFile(t, filepath.Join(s.dir, "emergency.spool"))
	if bytes.Contains(spool, []byte("5550155")) || !bytes.Contains(spool, []byte("NBe1")) {
		t.Error("the spool is empty, or holds the caller's number in clear")
	}
	s.unseal()
	fail(t, caller.dialog.Bye(ctx))
	s.remembered(ctx, 2)
	var list struct{ Items []callRow }
	s.ask(&list, "calls", "list")
	outcomes := map[string]int{}
	for _, c := range list.Items {
		outcomes[c.Outcome]++
	}
	if outcomes["cut_off"] != 1 || outcomes["completed"] != 1 {
		t.Errorf("outcomes %v", outcomes)
	}
	until(ctx, t, "the spool was not emptied", func() bool {
		return !bytes.Contains(readFile(t, filepath.Join(s.dir, "emergency.spool")), []byte("NBe1"))
	})
}

// R2: callers come all the time, before, while and after the keys are opened. Each is answered, none is refused.
func TestStoryNoCallerIsLostWhileSealed(t *testing.T) {
	ctx := storyTime(t, 4*time.Minute)
	s := newSealedStand(t)
	s.sealed()
	carrier := s.carrier(ctx)
	const callers = 24
	var all []*talk
	unsealed := make(chan error, 1)
	for n := range callers {
		number := sealedNumber
		if n%4 == 3 {
			number = aloneNumber
		}
		if n == callers/2 {
			go func() {
				out, err := exec.Command(program(t), "unseal", "--dir", s.dir, "--key-file", s.key).CombinedOutput()
				if err != nil {
					err = fmt.Errorf("%w: %s", err, out)
				}
				unsealed <- err
			}()
		}
		all = append(all, s.call(ctx, carrier, number)) // 200, or the story fails
	}
	fail(t, <-unsealed)
	for _, c := range all {
		_ = c.dialog.Bye(ctx)
	}
	s.remembered(ctx, callers)
}

// The bundle lies in clear: it must hold no patient, no caller, no agent and nothing that was sealed.
func TestStoryTheBundleHoldsNoPHI(t *testing.T) {
	s := newSealedStand(t)
	text := readFile(t, filepath.Join(s.dir, bundleName))
	for _, phi := range []string{"Invented amy", "5550155", "\"amy\"", "people", "devices"} {
		if bytes.Contains(text, []byte(phi)) {
			t.Errorf("the bundle holds %q", phi)
		}
	}
	for _, needed := range []string{fallbackNumber, fallbackSecret, "carrier.demo.nightbell.test", "PRIVATE KEY"} {
		if !bytes.Contains(text, []byte(needed)) {
			t.Errorf("the bundle lacks %q", needed)
		}
	}
	var top map[string]json.RawMessage
	fail(t, json.Unmarshal(text, &top))
	for key := range top {
		if !strings.Contains(" format instance made certificate key roots rules secrets spool ", " "+key+" ") {
			t.Errorf("the bundle holds %q", key)
		}
	}
	if info, err := os.Stat(filepath.Join(s.dir, bundleName)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}
