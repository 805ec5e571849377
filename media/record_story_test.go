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

// TestBothVoicesAreHeardAndRecorded: the caller talks to the agent through the server, by different suites; each
// hears the other, the recording has the caller in channel 1 and the agent in channel 2, and nothing is mixed up.
func TestBothVoicesAreHeardAndRecorded(t *testing.T) {
	sdp, session := must[[]byte](t), must[*media.Session](t)
	engine := running(t)
	caller := scripted(t, mediatest.Options{Suites: []string{"AES_CM_128_HMAC_SHA1_80"}})
	agent := scripted(t, mediatest.Options{Suites: []string{"AEAD_AES_256_GCM"}})
	call := engine.NewCall()
	defer call.Close()
	profile := media.Profile{Bind: netip.MustParseAddr("127.0.0.1")}
	in, out := session(call.NewSession(profile)), session(call.NewSession(profile))
	digits := make(chan byte, 8)
	in.Listen(func(e media.Event) {
		if e.Kind == media.Digit {
			digits <- e.Digit
		}
	})

	if err := caller.Accept(sdp(in.Answer(sdp(caller.Offer())))); err != nil {
		t.Fatal(err)
	}
	if err := out.Accept(sdp(agent.Answer(sdp(out.Offer(in))))); err != nil {
		t.Fatal(err)
	}
	call.Bridge(in, out)
	tap, began := in.Record(nil), time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	fromCaller, fromAgent := caller.Speak(mediatest.Caller()), agent.Speak(mediatest.Agent())
	if err := agent.AwaitSound(ctx, fromCaller, 4*time.Second); err != nil {
		t.Fatal(err)
	}
	if err := caller.AwaitSound(ctx, fromAgent, 4*time.Second); err != nil {
		t.Fatal(err)
	}
	heardByAgent, heardByCaller := agent.Heard(fromCaller), caller.Heard(fromAgent)
	kept := new(tape)
	tap.Open(kept)
	tap.Stop(media.Complete)
	<-tap.Done()
	if err := tap.Err(); err != nil || kept.finished != 1 || kept.status != media.Complete {
		t.Fatalf("finished %d times with status %d: %v", kept.finished, kept.status, err)
	}

	sounds := map[string][3][]int16{
		"agent hears":  {mediatest.Caller(), mediatest.Agent(), heardByAgent},
		"caller hears": {mediatest.Agent(), mediatest.Caller(), heardByCaller},
		"channel 1":    {mediatest.Caller(), mediatest.Agent(), kept.sides[0][int(fromCaller.Sub(began).Seconds()*8000):]},
		"channel 2":    {mediatest.Agent(), mediatest.Caller(), kept.sides[1][int(fromAgent.Sub(began).Seconds()*8000):]},
	}
	for name, s := range sounds {
		right, wrong := mediatest.Correlate(s[0], s[2], 8000), mediatest.Correlate(s[1], s[2], 8000)
		if right.Score < 0.9 || wrong.Score > 0.3 {
			t.Errorf("%s: right voice %+v, wrong voice %+v", name, right, wrong)
		}
	}
	if err := caller.SendDigits(ctx, "42#"); err != nil {
		t.Fatal(err)
	}
	if err := agent.Await(ctx, func(p *mediatest.Peer) bool { return p.Digits() == "42#" }); err != nil {
		t.Errorf("agent heard keys %q", agent.Digits())
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
