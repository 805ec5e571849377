//go:build stories

package main

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nightbell/media/mediatest"
	"nightbell/sip/siptest"
)

// callWith places a call whose sound has options of its own.
func (s *stand) callWith(ctx context.Context, c *siptest.Carrier, number string, o mediatest.Options) *talk {
	s.t.Helper()
	sound := s.sound(o)
	offer, err := sound.Offer()
	fail(s.t, err)
	d, err := c.Call(ctx, number, "+12125550155", offer)
	fail(s.t, err)
	return (&talk{s.t, d, sound}).up(ctx)
}

func TestStoryCodecsAndSuites(t *testing.T) {
	ctx := storyTime(t, 90*time.Second)
	s := callStand(t, "talk +12125550114 at_once amy:20")
	_, amy := s.ringing(ctx, "amy", s.secret("amy"))
	carrier := s.carrier(ctx)
	u, a := []string{"PCMU"}, []string{"PCMA"}
	for _, c := range []struct {
		caller, agent mediatest.Options
		codecs        string // caller's, agent's
	}{
		{mediatest.Options{Codecs: a, Suites: []string{"AEAD_AES_256_GCM"}}, mediatest.Options{}, "PCMA PCMA"},
		{mediatest.Options{Codecs: a, Suites: []string{"AEAD_AES_128_GCM"}}, mediatest.Options{Codecs: u, Suites: []string{"AEAD_AES_256_GCM"}}, "PCMA PCMU"},
		{mediatest.Options{Codecs: u, Suites: []string{"AES_256_CM_HMAC_SHA1_80"}}, mediatest.Options{Codecs: a}, "PCMU PCMA"},
	} {
		caller := s.callWith(ctx, carrier, "+12125550114", c.caller)
		agent := s.pickUp(rang(ctx, t, amy), c.agent)
		if got := caller.sound.Codec() + " " + agent.sound.Codec(); got != c.codecs {
			t.Errorf("agreed on %s, want %s", got, c.codecs)
		}
		if caller.sound.Suite() != c.caller.Suites[0] {
			t.Errorf("agreed on %s, want %s", caller.sound.Suite(), c.caller.Suites[0])
		}
		heardEach(ctx, t, c.codecs+" "+caller.sound.Suite(), caller, agent)
		fail(t, caller.dialog.Bye(ctx))
		agent.word(ctx, "BYE")
	}
}

func TestStoryWidebandAgent(t *testing.T) {
	ctx := storyTime(t, 60*time.Second)
	s := callStand(t, "talk +12125550114 at_once amy:20")
	b := s.baresip(softphone{"amy", s.md5Secret("amy"), 44461, mediatest.Agent(), "g722/16000/1", "answermode=auto;regint=300"})
	s.registered(ctx, "amy")
	caller := s.call(ctx, s.carrier(ctx), "+12125550114")
	caller.sound.Speak(mediatest.Caller())
	s.bridged(ctx)
	since := time.Now()
	fail(t, caller.sound.AwaitSound(ctx, since, 5*time.Second))
	heard := caller.sound.Heard(since)
	fail(t, caller.dialog.Bye(ctx))
	similar(t, "a PCMU caller heard of a G.722 agent", heard[len(heard)-4*callRate:], mediatest.Agent(), mediatest.Caller())
	s.spoke(ctx, "amy", "G722")
	until(ctx, t, "baresip's recording is too short", func() bool { return len(b.heard()) > 8*callRate })
	sound := halved(b.heard())
	similar(t, "a G.722 agent heard", sound[len(sound)-4*callRate:], mediatest.Caller(), mediatest.Agent())
}

// halved is a 16 kHz sound at 8 kHz, for comparison.
func halved(sound []int16) []int16 {
	out := make([]int16, len(sound)/2)
	for i := range out {
		out[i] = int16((int(sound[2*i]) + int(sound[2*i+1])) / 2)
	}
	return out
}

// spoke insists that a leg of the last call used a codec.
func (s *stand) spoke(ctx context.Context, user, codec string) {
	s.t.Helper()
	var v struct {
		Legs []struct {
			User  string
			Sound struct{ Codec string }
		}
	}
	s.ask(&v, "calls", "show", s.lastCall(ctx).ID)
	for _, l := range v.Legs {
		if l.User == user && !strings.HasPrefix(l.Sound.Codec, codec) {
			s.t.Errorf("%q spoke %s, want %s", user, l.Sound.Codec, codec)
		}
	}
}

func TestStoryBaresipCalls(t *testing.T) {
	ctx := storyTime(t, 60*time.Second)
	until := time.Now().Add(24 * time.Hour).UTC().Format("2006-01-02")
	s := newStand(t, func(string) string {
		return callBook("talk +12125550114 at_once amy:20") + fmt.Sprintf("[[trunks]]\nid = \"pbx\"\nname = \"A PBX\"\ndigest = \"pbx\"\n"+
			"addresses = [\"10.99.0.1\"]\n[[trunks.exceptions]]\nscope = [\"md5\"]\nuntil = %s\nreason = \"PBX that knows MD5 only\"\n", until)
	})
	var made struct{ Secret string }
	s.ask(&made, "trunks", "secret", "pbx")
	s.serve()
	taken := s.answering(ctx, "amy")
	b := s.baresip(softphone{"pbx", made.Secret, 44462, mediatest.Caller(), "g722/16000/1", "regint=0"})
	b.command(ctx, 44462, "dial", "sip:+12125550114@"+s.sipAddr()+";transport=tls")
	agent := next(ctx, t, taken)
	agent.sound.Speak(mediatest.Agent())
	since := time.Now()
	fail(t, agent.sound.AwaitSound(ctx, since, 5*time.Second))
	heard := agent.sound.Heard(since)
	b.command(ctx, 44462, "hangup", "")
	agent.word(ctx, "BYE")
	similar(t, "the agent heard of a G.722 caller", heard[len(heard)-4*callRate:], mediatest.Caller(), mediatest.Agent())
	s.spoke(ctx, "", "G722")
	sound := halved(b.heard())
	similar(t, "a G.722 caller heard", sound[len(sound)-4*callRate:], mediatest.Agent(), mediatest.Caller())
	if row := s.lastCall(ctx); row.Outcome != "completed" || row.By != "caller" {
		t.Errorf("filed as %+v", row)
	}
}

func TestStoryIPv6(t *testing.T) {
	ctx := storyTime(t, 60*time.Second)
	s := newStand(t, func(string) string { return callBook("talk +12125550114 at_once amy:20") })
	path := filepath.Join(s.dir, configName)
	text := strings.Replace(string(readFile(t, path)), "[console]", "[[listen]]\nnetwork = \"tls\"\nbind = \"[::1]:5061\"\n\n[console]", 1)
	text = strings.Replace(text, "[recordings]", "[[media.address]]\nbind = \"::1\"\n\n[recordings]", 1)
	fail(t, os.WriteFile(path, []byte(text), 0o600))
	s.serve()
	v4, six := *s, *s
	six.addr = netip.MustParseAddr("::1")
	secret := s.secret("amy")
	for name, c := range map[string]struct{ carrier, phone *stand }{
		"both by IPv6": {&six, &six}, "IPv6 calls IPv4": {&six, &v4}, "IPv4 calls IPv6": {&v4, &six},
	} {
		calls := make(chan *siptest.Dialog, 1)
		opt := siptest.Options{Addr: c.phone.sipAt(), RootCAs: s.pool(), User: "amy", Secret: secret, Domain: "nightbell"}
		p, err := siptest.NewPhone(ctx, opt, func(d *siptest.Dialog) { calls <- d })
		fail(t, err)
		fail(t, p.Register(ctx))
		caller := c.carrier.callWith(ctx, s.trunk(ctx, "carrier", siptest.Options{Addr: c.carrier.sipAt(), Domain: "nightbell"}), "+12125550114", mediatest.Options{})
		agent := c.phone.pickUp(rang(ctx, t, calls), mediatest.Options{})
		heardEach(ctx, t, name, caller, agent)
		fail(t, caller.dialog.Bye(ctx))
		agent.word(ctx, "BYE")
		p.Close()
		until(ctx, t, "the phone is bound on", func() bool { return s.metric("nightbell_bindings") == 0 })
	}
}

// sipAt is the listener of the stand's family.
func (s *stand) sipAt() string { return netip.AddrPortFrom(s.addr, sipPort).String() }
