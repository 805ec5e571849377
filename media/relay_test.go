package media

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestBothHearEachOther(t *testing.T) {
	for _, w := range []Wire{BestWire, PlainWire} {
		for _, suite := range []Suite{AES256GCM, AES128GCM, AES128CM80, AES256CM80, AES128CM32, Clear} {
			t.Run(fmt.Sprintf("wire%d/%s", w, suite), func(t *testing.T) {
				p := newPair(t, Config{Wire: w}, suite, AES128CM80)
				for i := range 5 {
					p.caller.say(fmt.Sprintf("my chest hurts %d", i))
					p.agent.hearsThis(fmt.Sprintf("my chest hurts %d", i))
					p.agent.say(fmt.Sprintf("help is coming %d", i))
					p.caller.hearsThis(fmt.Sprintf("help is coming %d", i))
				}
				if got := p.a.Suite(); got != suite {
					t.Errorf("suite %q", got)
				}
				if s := p.a.Stats(); s.Received != 5 || s.Sent != 5 || s.Lost != 0 {
					t.Errorf("caller's leg: %+v", s)
				}
			})
		}
	}
}

func TestOverIPv6(t *testing.T) {
	for _, w := range []Wire{BestWire, PlainWire} {
		call := runEngine(t, Config{Wire: w}).NewCall()
		six := Profile{Bind: netip.IPv6Loopback()}
		a, b := newLeg(t, call, six), newLeg(t, call, loopback)
		caller, agent := newPhoneAt(t, AES256GCM, "::1"), newPhone(t, AES128CM80)
		caller.call(a)
		agent.isCalled(b)
		call.Bridge(a, b)
		caller.say("over six")
		agent.hearsThis("over six")
		agent.say("over four")
		caller.hearsThis("over four")
	}
}

// The caller talks for 22 minutes and more: sequence numbers wrap on both sides, rollover counters agree.
func TestSixtyFiveThousandPackets(t *testing.T) {
	for _, suite := range []Suite{AES128CM80, AES256GCM} {
		p := newPair(t, Config{}, suite, suite)
		last := -1
		for i := range 65_537 + 200 {
			said := fmt.Sprint("word ", i)
			p.caller.say(said)
			got := p.agent.hearsThis(said)
			if last >= 0 && got.SequenceNumber != uint16(last+1) {
				t.Fatalf("packet %d: sequence %d after %d", i, got.SequenceNumber, last)
			}
			last = int(got.SequenceNumber)
		}
		if s := p.a.Stats(); s.Received != 65_737 || s.Lost != 0 || s.AuthFailed != 0 || s.Duplicate != 0 {
			t.Errorf("%s: %+v", suite, s)
		}
	}
}

func TestOwnNumbersStartLow(t *testing.T) {
	for range 20 {
		p := newPair(t, Config{}, AES128CM80, AES128CM80)
		p.caller.say("x")
		got := p.agent.hears()
		if got.SequenceNumber > 1<<15 {
			t.Errorf("first sequence number %d", got.SequenceNumber)
		}
		if got.SSRC == p.caller.ssrc {
			t.Error("the caller's SSRC went through")
		}
	}
}

// Whatever is not the peer's own packet, once, stays outside and is counted by what it was.
func TestStrangersAreNotHeard(t *testing.T) {
	p := newPair(t, Config{}, AES128CM80, AES128CM80)
	first := p.caller.packet("first")
	p.caller.send(first)
	p.agent.hearsThis("first")

	p.caller.send(first) // a second time
	p.agent.hearsNothing()

	bad := p.caller.packet("bad")
	bad[len(bad)-1] ^= 1
	p.caller.send(bad)
	p.agent.hearsNothing()

	p.caller.send(p.caller.clear(strings.Repeat("x", 160))) // not encrypted at all
	p.agent.hearsNothing()

	stranger := newPhone(t, AES128CM80)
	stranger.to = p.caller.to
	stranger.seq = 150
	stranger.say("let me in")
	stranger.send(first) // a packet that was overheard
	p.agent.hearsNothing()

	p.caller.send([]byte{0x80})
	p.caller.send([]byte("not RTP at all, not even nearly"))
	p.agent.hearsNothing()

	p.caller.say("still here")
	p.agent.hearsThis("still here")
	s := p.a.Stats()
	want := Stats{Duplicate: 1, AuthFailed: 1, Plaintext: 1, WrongSource: 1, Replayed: 1, Malformed: 2}
	got := Stats{Duplicate: s.Duplicate, AuthFailed: s.AuthFailed, Plaintext: s.Plaintext, WrongSource: s.WrongSource,
		Replayed: s.Replayed, Malformed: s.Malformed}
	if got != want {
		t.Errorf("counted %+v\nwant    %+v", got, want)
	}
	if s.Received != 2 {
		t.Errorf("received %d", s.Received)
	}
}

// An old packet, beyond the window, played again.
func TestOldPacketIsReplay(t *testing.T) {
	p := newPair(t, Config{}, AES256GCM, AES128CM80)
	old := p.caller.packet("old")
	p.caller.send(old)
	p.agent.hearsThis("old")
	for i := range 300 {
		p.caller.say(fmt.Sprint(i))
		p.agent.hears()
	}
	p.caller.send(old)
	p.agent.hearsNothing()
	if s := p.a.Stats(); s.Replayed != 1 {
		t.Errorf("%+v", s)
	}
}

// The phone's network changes under it: what authenticates is followed, what does not moves nothing.
func TestLatchFollowsOnlyKeys(t *testing.T) {
	p := newPair(t, Config{}, AES128CM80, AES128CM80)
	p.caller.say("from here")
	p.agent.hearsThis("from here")

	moved := newPhone(t, AES128CM80)
	moved.key, moved.out, moved.in, moved.to = p.caller.key, p.caller.out, p.caller.in, p.caller.to
	moved.seq, moved.ts = p.caller.seq, p.caller.ts
	moved.say("from elsewhere")
	p.agent.hearsThis("from elsewhere")
	p.agent.say("I follow")
	moved.hearsThis("I follow")

	thief := newPhone(t, AES128CM80)
	thief.to = p.caller.to
	thief.say("to me please")
	p.agent.hearsNothing()
	p.agent.say("still there")
	moved.hearsThis("still there")
}

func TestAnotherSSRCContinuesTheStream(t *testing.T) {
	p := newPair(t, Config{}, AES128CM80, AES128CM80)
	p.caller.say("one")
	one := p.agent.hearsThis("one")
	p.caller.ssrc, p.caller.seq, p.caller.ts = 0x2222, 40_000, 1
	p.caller.say("two")
	two := p.agent.hearsThis("two")
	p.caller.say("three")
	three := p.agent.hearsThis("three")
	if two.SSRC != one.SSRC || two.SequenceNumber != one.SequenceNumber+1 || !two.Marker {
		t.Errorf("after the switch: %v then %v", one.Header, two.Header)
	}
	if gone := two.Timestamp - one.Timestamp; gone < 160 || gone > 8000 {
		t.Errorf("timestamp moved by %d", gone)
	}
	if three.Timestamp != two.Timestamp+160 || three.Marker {
		t.Errorf("then %v", three.Header)
	}
	if s := p.a.Stats(); s.SSRCChanges != 1 || s.Lost != 0 {
		t.Errorf("%+v", s)
	}
}

// Loss and order are the source's own: the agent's jitter buffer sees them.
func TestGapsAndOrderGoThrough(t *testing.T) {
	p := newPair(t, Config{}, AES128CM80, AES256GCM)
	one, two, _, four := p.caller.packet("1"), p.caller.packet("2"), p.caller.packet("3"), p.caller.packet("4")
	p.caller.send(one)
	base := p.agent.hearsThis("1").SequenceNumber
	p.caller.send(four)
	if got := p.agent.hearsThis("4").SequenceNumber; got != base+3 {
		t.Errorf("4 has number %d past the first", got-base)
	}
	p.caller.send(two)
	if got := p.agent.hearsThis("2").SequenceNumber; got != base+1 {
		t.Errorf("2 has number %d past the first", got-base)
	}
	if s := p.a.Stats(); s.Lost != 1 || s.Reordered != 1 {
		t.Errorf("%+v", s)
	}
}

// A header extension and CSRCs belong to their hop; padding is no sound.
func TestOnlyThePayloadGoesThrough(t *testing.T) {
	p := newPair(t, Config{}, AES128CM80, AES128CM80)
	raw := p.caller.clear("")
	raw[0] = 0x80 | 0x20 | 0x10 | 1
	raw = append(raw, 1, 2, 3, 4)                      // CSRC
	raw = append(raw, 0xbe, 0xde, 0, 1, 0x10, 9, 0, 0) // extension
	raw = append(raw, "hello"...)
	raw = append(raw, 0, 0, 3) // padding
	packet, err := p.caller.out.EncryptRTP(nil, raw, nil)
	if err != nil {
		t.Fatal(err)
	}
	p.caller.send(packet)
	got := p.agent.hearsThis("hello")
	if got.Extension || got.Padding || len(got.CSRC) != 0 {
		t.Errorf("%v", got.Header)
	}
}

func TestNothingPassesBeforeKeysOrBridge(t *testing.T) {
	e := runEngine(t, Config{})
	call := e.NewCall()
	a, b := newLeg(t, call, loopback), newLeg(t, call, loopback)
	caller, agent := newPhone(t, AES128CM80), newPhone(t, AES128CM80)
	call.Bridge(a, b)
	agent.call(b)
	caller.call(a)
	caller.to, agent.to = agent.to, caller.to // to the wrong legs
	caller.say("x")
	agent.say("x")
	caller.hearsNothing()
	agent.hearsNothing()
	caller.to, agent.to = agent.to, caller.to
	call.Split()
	caller.say("nobody there")
	agent.hearsNothing()
	call.Bridge(a, b)
	caller.say("now")
	agent.hearsThis("now")
}

// In clear nothing is authenticated: one wild number does not throw the stream off, two in a row are a new beginning.
func TestWildNumbersInClear(t *testing.T) {
	p := newPair(t, Config{}, Clear, AES128CM80)
	p.caller.say("one")
	one := p.agent.hearsThis("one")
	at := p.caller.seq
	p.caller.seq += 20_000
	p.caller.say("wild")
	p.agent.hearsNothing()
	p.caller.seq = at
	p.caller.say("two")
	if two := p.agent.hearsThis("two"); two.SequenceNumber != one.SequenceNumber+1 {
		t.Errorf("%v then %v", one.Header, two.Header)
	}
	p.caller.seq -= 25_000
	p.caller.say("anew, unheard")
	p.caller.say("anew")
	if three := p.agent.hearsThis("anew"); three.SequenceNumber != one.SequenceNumber+2 {
		t.Errorf("%v then %v", one.Header, three.Header)
	}
	stranger := newPhoneAt(t, Clear, "127.0.0.7")
	stranger.to = p.caller.to
	stranger.say("hello?")
	p.agent.hearsNothing()
	if s := p.a.Stats(); s.WrongSource != 1 || s.Late != 2 {
		t.Errorf("%+v", s)
	}
}
