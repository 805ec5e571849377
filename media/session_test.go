package media

import (
	"context"
	"encoding/binary"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtcp"
)

// offsetClock is the real clock, which a story may move on.
type offsetClock struct{ gone atomic.Int64 }

func (c *offsetClock) now() time.Time       { return time.Now().Add(time.Duration(c.gone.Load())) }
func (c *offsetClock) pass(d time.Duration) { c.gone.Add(int64(d)) }

// stillClock moves only where the story says so: however slow the machine, no second passes by itself.
type stillClock struct {
	offsetClock
	began time.Time
}

func (c *stillClock) now() time.Time { return c.began.Add(time.Duration(c.gone.Load())) }

// events collects what a session tells.
func events(s *Session) <-chan Event {
	told := make(chan Event, 64)
	s.Listen(func(e Event) { told <- e })
	return told
}

func expect(t *testing.T, told <-chan Event, want Event) {
	t.Helper()
	select {
	case got := <-told:
		if got != want {
			t.Fatalf("told %+v, want %+v", got, want)
		}
	case <-time.After(patience):
		t.Fatalf("never told %+v", want)
	}
}

func TestHeldPhoneIsNotSpokenTo(t *testing.T) {
	p := newPair(t, Config{}, AES128CM80, AES128CM80)
	p.caller.say("hello")
	p.agent.hearsThis("hello")
	hold := func(direction string) {
		out, in := p.agent.out, p.agent.in
		answer, err := p.b.Answer(p.agent.sdp(direction))
		if err != nil {
			t.Fatal(err)
		}
		p.agent.take(answer)
		p.agent.out, p.agent.in = out, in
	}
	hold("a=sendonly")
	if p.b.Direction() != SendOnly {
		t.Error(p.b.Direction())
	}
	p.caller.say("are you there")
	p.agent.hearsNothing()
	p.agent.say("music")
	p.caller.hearsThis("music")
	hold("a=sendrecv")
	p.caller.say("back")
	p.agent.hearsThis("back")
	if s := p.b.Stats(); s.AuthFailed != 0 {
		t.Errorf("%+v", s)
	}
}

// The alarm runs where sound is expected: not before keys, not on hold; RTCP counts as life.
func TestSilenceIsTold(t *testing.T) {
	clock := &stillClock{began: time.Now()}
	clock.pass(time.Second) // nothing happens at zero
	p := newPair(t, Config{Clock: clock.now}, AES128CM80, AES128CM80)
	told := events(p.a)
	p.caller.say("hello")
	expect(t, told, Event{Kind: Heard})
	p.agent.hearsThis("hello")

	clock.pass(4 * time.Second)
	p.a.Stats()
	clock.pass(2 * time.Second)
	p.a.Stats()
	expect(t, told, Event{Kind: Silent})
	p.caller.say("sorry, a tunnel")
	expect(t, told, Event{Kind: Heard})
	p.agent.hears()

	p.caller.call(p.a, "a=sendonly")
	clock.pass(10 * time.Second)
	p.a.Stats()
	p.a.Stats()
	select {
	case e := <-told:
		t.Errorf("told %+v on hold", e)
	default:
	}
	p.caller.call(p.a, "a=sendrecv")
	clock.pass(4 * time.Second)
	p.a.Stats()
	p.caller.sendControl(&rtcp.ReceiverReport{SSRC: p.caller.ssrc})
	until(t, "the report is read", func() bool { return p.a.Stats().LastHeard.Equal(clock.now().UTC()) })
	clock.pass(3 * time.Second)
	p.a.Stats()
	clock.pass(3 * time.Second)
	p.a.Stats()
	expect(t, told, Event{Kind: Silent})
	if got := p.engine.Totals().Silences; got != 3 { // the agent never said a word
		t.Errorf("%d silences counted", got)
	}
}

func TestDigitsAreHeardAndPassedOn(t *testing.T) {
	p := newPair(t, Config{}, AES128CM80, AES256GCM)
	told := events(p.a)
	p.caller.say("press")
	expect(t, told, Event{Kind: Heard})
	base := p.agent.hearsThis("press")
	start := p.caller.ts
	for i, duration := range []uint16{160, 320, 480, 480, 480} {
		end := byte(0)
		if i >= 2 {
			end = 0x80
		}
		payload := binary.BigEndian.AppendUint16([]byte{5, end | 10}, duration)
		p.caller.payload, p.caller.ts = 101, start
		p.caller.say(string(payload))
		got := p.agent.hearsThis(string(payload))
		if got.PayloadType != 101 || got.Timestamp-base.Timestamp != 160 || got.SequenceNumber != base.SequenceNumber+uint16(i)+1 {
			t.Errorf("event %d: %v", i, got.Header)
		}
	}
	expect(t, told, Event{Kind: Digit, Digit: '5'})
	p.caller.payload, p.caller.ts = 0, start+480
	p.caller.say("and on")
	if got := p.agent.hearsThis("and on"); got.Timestamp-base.Timestamp != 640 {
		t.Errorf("after the key: %v", got.Header)
	}
	select {
	case e := <-told:
		t.Errorf("told %+v too", e)
	default:
	}
}

func TestPressedDigit(t *testing.T) {
	p := newPair(t, Config{}, AES128CM80, AES128CM80)
	p.a.SendDigit('7', 60*time.Millisecond)
	p.a.SendDigit('#', 60*time.Millisecond)
	var codes []byte
	var stamps []uint32
	for len(codes) < 10 {
		got := p.caller.hears()
		if got.PayloadType != 101 {
			t.Fatalf("%v", got.Header)
		}
		if n := len(stamps); (n == 0 || stamps[n-1] != got.Timestamp) != got.Marker {
			t.Errorf("marker %v at %d", got.Marker, n)
		}
		codes, stamps = append(codes, got.Payload[0]), append(stamps, got.Timestamp)
	}
	if string(codes) != "\x07\x07\x07\x07\x07\x0b\x0b\x0b\x0b\x0b" || stamps[4] != stamps[0] || stamps[5] == stamps[0] {
		t.Errorf("codes %v at %v", codes, stamps)
	}
	p.agent.say("then speech")
	p.caller.hearsThis("then speech")
}

// A phone without telephone-event hears the tone instead.
func TestDigitAsTone(t *testing.T) {
	call := runEngine(t, Config{}).NewCall()
	a, b := newLeg(t, call, loopback), newLeg(t, call, loopback)
	caller, agent := newPhone(t, AES128CM80), newPhone(t, AES128CM80)
	caller.call(a)
	answer, err := b.Answer(edit(agent.sdp(), "telephone-event", "telefon-event"))
	if err != nil {
		t.Fatal(err)
	}
	agent.take(answer)
	call.Bridge(a, b)
	caller.payload = 101
	caller.say("\x03\x0a\x00\xa0")
	for range 5 {
		if got := agent.hears(); got.PayloadType != 0 || len(got.Payload) != 160 {
			t.Fatalf("%v, %d octets", got.Header, len(got.Payload))
		}
	}
	agent.hearsNothing()
}

func TestPromptReplacesTheBridge(t *testing.T) {
	p := newPair(t, Config{}, AES128CM80, AES128CM80)
	p.agent.say("before")
	before := p.caller.hearsThis("before")
	ended := p.a.Play(newPrompt("three frames", make([]int16, 480)), 1)
	last := before
	for i := range 3 {
		got := p.caller.hears()
		if len(got.Payload) != 160 || got.SequenceNumber != last.SequenceNumber+1 || got.Marker != (i == 0) || got.SSRC != before.SSRC {
			t.Errorf("frame %d: %v", i, got.Header)
		}
		if i > 0 && got.Timestamp != last.Timestamp+160 {
			t.Errorf("frame %d: timestamp moved by %d", i, got.Timestamp-last.Timestamp)
		}
		last = got
	}
	<-ended
	p.agent.say("after")
	after := p.caller.hearsThis("after")
	if after.SequenceNumber != last.SequenceNumber+1 || !after.Marker || after.Timestamp-last.Timestamp < 160 {
		t.Errorf("%v then %v", last.Header, after.Header)
	}
	p.agent.say("and so on")
	if got := p.caller.hearsThis("and so on"); got.Timestamp != after.Timestamp+160 {
		t.Errorf("%v then %v", after.Header, got.Header)
	}
}

// While music plays the agent is not heard by the caller, but the caller is by the agent.
func TestMusicStopsWhenToldTo(t *testing.T) {
	p := newPair(t, Config{}, AES128CM80, AES128CM80)
	music := newPrompt("music", make([]int16, 160))
	ended := p.a.Play(music, 0)
	p.caller.hears()
	p.agent.say("unheard")
	p.caller.say("heard")
	p.agent.hearsThis("heard")
	again := p.a.Play(music, 0)
	<-ended
	for range 3 {
		if got := p.caller.hears(); string(got.Payload) == "unheard" {
			t.Error("the agent was heard through the music")
		}
	}
	p.a.Quiet()
	<-again
	closed := p.a.Play(music, 0)
	p.a.Close()
	<-closed
	<-p.a.Play(music, 0)
	<-p.b.Play(nil, 1)
}

// A prompt begun before there are keys waits for them.
func TestPromptWaitsForKeys(t *testing.T) {
	s := legOnly(t, loopback)
	p := newPhone(t, AES128CM80)
	ended := s.Play(newPrompt("one frame", make([]int16, 160)), 1)
	p.call(s)
	p.hears()
	<-ended
}

func TestUnequalCodecsAreTranscoded(t *testing.T) {
	call := runEngine(t, Config{}).NewCall()
	a, b := newLeg(t, call, loopback), newLeg(t, call, loopback)
	caller, agent := newPhone(t, AES128CM80), newPhone(t, AES128CM80)
	caller.call(a)
	answer, err := b.Answer(edit(edit(agent.sdp(), "SAVP 0 101", "SAVP 8 101"), "0 PCMU", "8 PCMA"))
	if err != nil {
		t.Fatal(err)
	}
	agent.take(answer)
	call.Bridge(a, b)
	caller.say(strings.Repeat("\xff", 160)) // silence in µ-law
	got := agent.hears()
	if got.PayloadType != 8 || len(got.Payload) != 160 || got.Payload[0] != 0xd5 {
		t.Errorf("%v % x", got.Header, got.Payload[:4])
	}
	agent.payload = 8
	agent.say(strings.Repeat("\xd5", 160))
	if got := caller.hears(); got.PayloadType != 0 || got.Payload[0] < 0xfe {
		t.Errorf("%v % x", got.Header, got.Payload[:4])
	}
}

// What one leg hears and is told reaches its recorder.
func TestTapHearsBothSides(t *testing.T) {
	p := newPair(t, Config{}, AES128CM80, AES128CM80)
	sink := &countingSink{}
	tap := p.a.Record(sink)
	for range 5 {
		p.caller.say(strings.Repeat("\x10", 160))
		p.agent.hears()
		p.agent.say(strings.Repeat("\x20", 160))
		p.caller.hears()
	}
	tap.Stop(Complete)
	<-tap.Done()
	if tap.Err() != nil || sink.heard == 0 || sink.told == 0 || sink.status != Complete {
		t.Errorf("%v: %+v", tap.Err(), sink)
	}
}

// countingSink counts the samples of either side by their value.
type countingSink struct {
	heard, told int
	status      RecordingStatus
}

func (c *countingSink) Audio(_ uint64, interleaved []byte) error {
	for i := 0; i+1 < len(interleaved); i += 2 {
		if interleaved[i] == 0x10 {
			c.heard++
		}
		if interleaved[i+1] == 0x20 {
			c.told++
		}
	}
	return nil
}
func (c *countingSink) Mark([]byte) error { return nil }
func (c *countingSink) Finish(s RecordingStatus, _ uint64) error {
	c.status = s
	return nil
}

func TestClosedThingsSaySo(t *testing.T) {
	e, err := Open(Config{Ports: PortRange{20000, 20099}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error)
	go func() { ran <- e.Run(ctx) }()
	call := e.NewCall()
	s, other := newLeg(t, call, loopback), newLeg(t, call, loopback)
	p := newPhone(t, AES128CM80)
	p.call(s)
	call.Bridge(s, other)
	s.Close()
	s.Close()
	if _, err := s.Answer(p.sdp()); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	if _, err := s.Offer(nil); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	if err := s.Accept(nil); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	if got := e.Totals(); got.Sessions != 1 || got.PortsFree != 49 {
		t.Errorf("%+v", got)
	}
	cancel()
	if err := <-ran; err != nil {
		t.Fatal(err)
	}
	if got := e.Totals(); got.Sessions != 0 || got.PortsFree != 50 {
		t.Errorf("%+v", got)
	}
	if other.Stats().Codec != NoCodec {
		t.Error("the last state is gone")
	}
	if _, err := call.NewSession(loopback); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	if err := e.Run(ctx); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	call.Close()
	<-s.Play(newPrompt("x", make([]int16, 160)), 1)
	if _, err := call.NewSession(loopback); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}

func TestMOSFallsWithLossAndDelay(t *testing.T) {
	best := mos(20*time.Millisecond, 0)
	if best < 4.3 || best > 4.5 {
		t.Errorf("best %v", best)
	}
	if lossy := mos(20*time.Millisecond, 0.05); lossy < 3 || lossy > 4.1 {
		t.Errorf("5 %% lost: %v", lossy)
	}
	if slow := mos(400*time.Millisecond, 0); slow > 3.6 || slow < 2.5 {
		t.Errorf("400 ms: %v", slow)
	}
	if worst := mos(5*time.Second, 1); worst != 1 {
		t.Errorf("worst %v", worst)
	}
}
