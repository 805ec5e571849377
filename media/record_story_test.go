package media_test

import (
	"context"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/zaf/g711"

	"nightbell/media"
	"nightbell/media/mediatest"
)

// tape keeps a recording's two channels as linear sound, with zeros where nothing was written.
type tape struct {
	mu       sync.Mutex
	sides    [2][]int16
	status   media.RecordingStatus
	samples  uint64
	finished int
}

func (p *tape) Audio(first uint64, interleaved []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for ch := range p.sides {
		for uint64(len(p.sides[ch])) < first {
			p.sides[ch] = append(p.sides[ch], 0)
		}
		for i := ch; i < len(interleaved); i += 2 {
			p.sides[ch] = append(p.sides[ch], g711.DecodeUlawFrame(interleaved[i]))
		}
	}
	return nil
}

func (p *tape) Mark([]byte) error { return nil }

func (p *tape) Finish(status media.RecordingStatus, samples uint64) error {
	p.status, p.samples = status, samples
	p.finished++
	return nil
}

func running(t *testing.T) *media.Engine {
	t.Helper()
	e, err := media.Open(media.Config{Ports: media.PortRange{First: 21000, Last: 21400}, Loops: 1})
	if err != nil {
		t.Fatal(err)
	}
	over := make(chan error, 1)
	go func() { over <- e.Run(context.Background()) }()
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
		if err := <-over; err != nil {
			t.Error(err)
		}
	})
	return e
}

func scripted(t *testing.T, o mediatest.Options) *mediatest.Peer {
	t.Helper()
	p, err := mediatest.Listen(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func must[T any](t *testing.T) func(T, error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// conversation is a caller and an agent joined by the server, each with a suite of its own.
type conversation struct {
	caller, agent *mediatest.Peer
	in, out       *media.Session
	call          *media.Call
}

func talking(t *testing.T) conversation {
	t.Helper()
	sdp, session := must[[]byte](t), must[*media.Session](t)
	c := conversation{
		caller: scripted(t, mediatest.Options{Suites: []string{"AES_CM_128_HMAC_SHA1_80"}}),
		agent:  scripted(t, mediatest.Options{Suites: []string{"AEAD_AES_256_GCM"}}),
		call:   running(t).NewCall(),
	}
	t.Cleanup(c.call.Close)
	profile := media.Profile{Bind: netip.MustParseAddr("127.0.0.1")}
	c.in, c.out = session(c.call.NewSession(profile)), session(c.call.NewSession(profile))
	if err := c.caller.Accept(sdp(c.in.Answer(sdp(c.caller.Offer())))); err != nil {
		t.Fatal(err)
	}
	if err := c.out.Accept(sdp(c.agent.Answer(sdp(c.out.Offer(c.in))))); err != nil {
		t.Fatal(err)
	}
	c.call.Bridge(c.in, c.out)
	return c
}

// TestBothVoicesAreHeardAndRecorded: each hears the other, the recording has the caller in channel 1 and the agent in
// channel 2, and nothing is mixed up.
func TestBothVoicesAreHeardAndRecorded(t *testing.T) {
	c := talking(t)
	tap, began := c.in.Record(nil), time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	fromCaller, fromAgent := c.caller.Speak(mediatest.Caller()), c.agent.Speak(mediatest.Agent())
	if err := c.agent.AwaitSound(ctx, fromCaller, 4*time.Second); err != nil {
		t.Fatal(err)
	}
	if err := c.caller.AwaitSound(ctx, fromAgent, 4*time.Second); err != nil {
		t.Fatal(err)
	}
	heardByAgent, heardByCaller := c.agent.Heard(fromCaller), c.caller.Heard(fromAgent)
	kept := new(tape)
	tap.Open(kept)
	tap.Stop(media.Complete)
	<-tap.Done()
	if err := tap.Err(); err != nil || kept.finished != 1 || kept.status != media.Complete {
		t.Fatalf("finished %d times with status %d: %v", kept.finished, kept.status, err)
	}
	from := func(at time.Time) int { return int(at.Sub(began).Seconds() * 8000) }
	for name, s := range map[string][3][]int16{ // the right voice, the wrong one, what was heard
		"agent hears":  {mediatest.Caller(), mediatest.Agent(), heardByAgent},
		"caller hears": {mediatest.Agent(), mediatest.Caller(), heardByCaller},
		"channel 1":    {mediatest.Caller(), mediatest.Agent(), kept.sides[0][from(fromCaller):]},
		"channel 2":    {mediatest.Agent(), mediatest.Caller(), kept.sides[1][from(fromAgent):]},
	} {
		right, wrong := mediatest.Correlate(s[0], s[2], 8000), mediatest.Correlate(s[1], s[2], 8000)
		if right.Score < 0.9 || wrong.Score > 0.3 {
			t.Errorf("%s: right voice %+v, wrong voice %+v", name, right, wrong)
		}
		t.Logf("%s: right voice %.3f, %d samples late; wrong voice %.3f", name, right.Score, right.Lag, wrong.Score)
	}
}

// TestCallersKeysReachTheAgentAndTheCall: pressed keys are relayed and reported once each.
func TestCallersKeysReachTheAgentAndTheCall(t *testing.T) {
	c := talking(t)
	digits := make(chan byte, 8)
	c.in.Listen(func(e media.Event) {
		if e.Kind == media.Digit {
			digits <- e.Digit
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := c.caller.SendDigits(ctx, "42#"); err != nil {
		t.Fatal(err)
	}
	if err := c.agent.Await(ctx, func(p *mediatest.Peer) bool { return p.Digits() == "42#" }); err != nil {
		t.Errorf("agent heard keys %q", c.agent.Digits())
	}
	for _, want := range []byte("42#") {
		select {
		case got := <-digits:
			if got != want {
				t.Errorf("key %c, want %c", got, want)
			}
		case <-ctx.Done():
			t.Fatal("no key came")
		}
	}
}
