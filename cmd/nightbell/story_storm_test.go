//go:build stories

package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"nightbell/media/mediatest"
	"nightbell/sip/siptest"
)

const (
	inClear = "a=ptime:20" // a line that says nothing of keys
	sdes    = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5"
)

// sipp runs one of testdata/sipp's scenarios; each call takes the next of the numbers.
func (s *stand) sipp(scenario string, numbers []string, args ...string) *process {
	s.t.Helper()
	list := filepath.Join(s.t.TempDir(), "numbers.csv")
	fail(s.t, os.WriteFile(list, []byte("SEQUENTIAL\n"+strings.Join(numbers, "\n")+"\n"), 0o600))
	file, err := filepath.Abs("testdata/sipp/" + scenario + ".xml")
	fail(s.t, err)
	cmd := exec.Command("sipp", append(args, "-sf", file, "-inf", list, "-nostdin", "-trace_err")...)
	cmd.Dir = s.t.TempDir()
	cmd.Env = append(os.Environ(), "TERM=dumb")
	return start(s.t, cmd)
}

// passes waits until every call of a sipp went as its scenario says.
func (s *stand) passes(ctx context.Context, what string, p *process) {
	s.t.Helper()
	if !finish(ctx, p.gone) {
		s.t.Fatalf("%s: sipp does not end", what)
	}
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		out := p.output()
		s.t.Errorf("%s: sipp exit %d\n%s", what, code, out[max(0, len(out)-4000):])
	}
}

func TestStoryTrunkInClearByException(t *testing.T) {
	ctx := storyTime(t, 60*time.Second)
	day := time.Now().Add(24 * time.Hour).UTC().Format("2006-01-02")
	trunk := func(id, addr, exception string) string {
		return fmt.Sprintf("[[trunks]]\nid = %[1]q\nname = %[1]q\naddresses = [%[2]q]\n", id, addr) + exception
	}
	except := func(scope string) string {
		return fmt.Sprintf("[[trunks.exceptions]]\nscope = [%s]\nuntil = %s\nreason = \"replacement ordered\"\n", scope, day)
	}
	s := newStand(t, func(string) string {
		return callBook("talk +12125550114 when_agent_answers amy:20") + trunk("old", "127.0.0.8", except(`"signalling", "media"`)) +
			trunk("half", "127.0.0.10", except(`"signalling"`)) + trunk("none", "127.0.0.11", "")
	})
	path := filepath.Join(s.dir, configName)
	text := strings.Replace(string(readFile(t, path)), "[console]", "[[listen]]\nnetwork = \"udp\"\nbind = \"10.99.0.1:5060\"\n\n[console]", 1)
	fail(t, os.WriteFile(path, []byte(text), 0o600))
	s.serve()
	s.busyPhone(ctx, "amy", s.secret("amy"))
	number := []string{"+12125550114"}
	run := func(scenario, from, profile, keyline string) *process {
		return s.sipp(scenario, number, standAddr+":5060", "-i", from, "-mi", standAddr, "-m", "5", "-r", "5", "-l", "1", "-d", "100",
			"-key", "profile", profile, "-key", "keyline", keyline)
	}
	s.passes(ctx, "signalling and media", run("call", "127.0.0.8", "RTP/AVP", inClear))
	s.passes(ctx, "signalling alone, RTP in clear", run("refused", "127.0.0.10", "RTP/AVP", inClear))
	s.passes(ctx, "signalling alone, keys in clear", run("refused", "127.0.0.10", "RTP/SAVP", sdes))

	before := s.metric("nightbell_sip_addresses_refused_total")
	conn, err := net.DialUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 11)}, &net.UDPAddr{IP: net.IPv4(10, 99, 0, 1), Port: 5060})
	fail(t, err)
	defer conn.Close()
	_, err = conn.Write([]byte("OPTIONS sip:nightbell SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.11;branch=z9hG4bKa\r\nMax-Forwards: 70\r\n" +
		"From: <sip:a@b>;tag=1\r\nTo: <sip:b@c>\r\nCall-ID: a\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"))
	fail(t, err)
	until(ctx, t, "a datagram without an exception was let in", func() bool {
		return s.metric("nightbell_sip_addresses_refused_total") > before
	})
	_ = conn.SetReadDeadline(time.Now())
	if n, _ := conn.Read(make([]byte, 2048)); n > 0 {
		t.Error("a trunk without an exception was answered by UDP")
	}
	s.quiet(ctx)
	s.remembers(ctx, "exception.used", "trunk:half/signalling", "trunk:old/media", "trunk:old/signalling") // one row for five calls
}

// remembers waits until the rows of an action are about exactly these objects, one row each.
func (s *stand) remembers(ctx context.Context, action string, objects ...string) {
	s.t.Helper()
	var got []string
	until(ctx, s.t, action+" is not remembered", func() bool {
		var page struct{ Items []struct{ Object string } }
		s.ask(&page, "audit", "list", "--action", action, "--limit", "200")
		got = nil
		for _, row := range page.Items {
			got = append(got, row.Object)
		}
		slices.Sort(got)
		return len(got) >= len(objects)
	})
	if !slices.Equal(got, objects) {
		s.t.Errorf("%s about %v, want %v", action, got, objects)
	}
}

// busyPhone takes every call at once and says nothing.
func (s *stand) busyPhone(ctx context.Context, user, secret string) {
	s.t.Helper()
	sound := s.sound(mediatest.Options{})
	sound.Mute()
	s.phone(ctx, user, secret, func(d *siptest.Dialog) {
		if answer, err := sound.Answer(d.Invite().SDP); err == nil {
			_ = d.Answer(answer)
		}
	})
}

// shim lets a peer without TLS be a trunk: what it says by TCP goes on by TLS, with the trunk's certificate.
func (s *stand) shim() string {
	s.t.Helper()
	cert, key := trunkPaths(s.dir, "carrier")
	pair, err := tls.LoadX509KeyPair(cert, key)
	fail(s.t, err)
	config := &tls.Config{RootCAs: s.pool(), Certificates: []tls.Certificate{pair}}
	ear, err := net.Listen("tcp", standAddr+":0")
	fail(s.t, err)
	var work sync.WaitGroup
	s.t.Cleanup(func() { ear.Close(); work.Wait() })
	work.Go(func() {
		for {
			in, err := ear.Accept()
			if err != nil {
				return
			}
			out, err := tls.Dial("tcp", s.sipAddr(), config)
			if err != nil {
				in.Close()
				continue
			}
			work.Go(func() { _, _ = io.Copy(out, in); out.Close() })
			work.Go(func() { _, _ = io.Copy(in, out); in.Close() })
		}
	})
	return ear.Addr().String()
}

// TestStoryStorm lets sipp call twenty offices as quickly as they answer, while one call goes on and strangers shout.
func TestStoryStorm(t *testing.T) {
	calls, ctx := 2000, storyTime(t, 3*time.Minute)
	if soak() {
		calls, ctx = 100_000, storyTime(t, 40*time.Minute)
	}
	offices, numbers := []string{"talk +12125550114 at_once zoe:20"}, []string{}
	for i := range 20 {
		number := fmt.Sprintf("+121255501%02d", 20+i)
		numbers = append(numbers, number)
		offices = append(offices, fmt.Sprintf("office%d %s when_agent_answers agent%d:30", i, number, i))
	}
	s := newStand(t, func(string) string { return callBook(offices...) })
	s.serve()
	for i := range 20 {
		user := fmt.Sprint("agent", i)
		s.busyPhone(ctx, user, s.secret(user))
	}
	through := s.shim()
	storm := func(m int) *process {
		return s.sipp("call", numbers, through, "-t", "t1", "-i", standAddr, "-mi", standAddr, "-m", strconv.Itoa(m), "-r", "100", "-l", "200",
			"-d", "20", "-key", "profile", "RTP/SAVP", "-key", "keyline", sdes)
	}
	s.passes(ctx, "warm-up", storm(100))
	s.quiet(ctx)
	names := []string{"go_goroutines", "process_open_fds"}
	before := map[string]float64{}
	for _, name := range names {
		before[name] = s.metric(name)
	}
	zoe := s.answering(ctx, "zoe")
	caller := s.call(ctx, s.carrier(ctx), "+12125550114")
	agent := next(ctx, t, zoe)
	running := storm(calls)
	shout := s.shouting(ctx)
	heardEach(ctx, t, "in the storm", caller, agent)
	shout()
	s.passes(ctx, "storm", running)
	heardEach(ctx, t, "after the storm", caller, agent)
	fail(t, caller.dialog.Bye(ctx))
	s.quiet(ctx)
	for _, name := range names { // the two connections of the call are left
		until(ctx, t, fmt.Sprintf("%s grew from %.0f", name, before[name]), func() bool { return s.metric(name) <= before[name]+8 })
	}
	if n := s.metric("nightbell_calls_total"); n < float64(calls+101) {
		t.Errorf("%.0f calls were taken", n)
	}
}

// shouting floods the server with up to 1,000 REGISTERs and 1,000 INVITEs a second of strangers until it is told to stop; faster than
// that this machine could not speak for the call as well.
func (s *stand) shouting(ctx context.Context) (stop func()) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(ctx)
	var work sync.WaitGroup
	const invite = "INVITE sip:+12125550114@nightbell SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.66;branch=z9hG4bK%d\r\nMax-Forwards: 70\r\n" +
		"From: <sip:a@b>;tag=1\r\nTo: <sip:b@c>\r\nCall-ID: %[1]d\r\nCSeq: 1 INVITE\r\nContact: <sip:a@127.0.0.66>\r\nContent-Length: 0\r\n\r\n"
	for range 5 {
		guesser := s.trunkPhone(ctx, "zoe", "127.0.0.66", "guess")
		work.Go(func() {
			tick := time.NewTicker(5 * time.Millisecond)
			defer tick.Stop()
			for ctx.Err() == nil && guesser.Register(ctx) != nil {
				select {
				case <-guesser.Done():
					return
				case <-tick.C:
				}
			}
		})
		caller := s.trunk(ctx, "", siptest.Options{From: "127.0.0.66"})
		work.Go(func() {
			tick := time.NewTicker(5 * time.Millisecond)
			defer tick.Stop()
			for i := 0; ctx.Err() == nil && caller.Send(fmt.Sprintf(invite, i)) == nil; i++ {
				<-tick.C
			}
		})
	}
	return func() { cancel(); work.Wait() }
}
