package media

import (
	"fmt"
	"strings"
	"testing"
)

// keysIn are the a=crypto lines of a description.
func keysIn(body []byte) string {
	return strings.Join(cryptoOf.FindAllString(string(body), -1), "\n")
}

// A re-INVITE with the same key changes nothing below: after the first wrap the rollover counters are 1, and a context
// made anew would begin at 0 and hear nothing more.
func TestSameKeyKeepsTheRolloverCounter(t *testing.T) {
	for _, suite := range []Suite{AES128CM80, AES256GCM} {
		p := newPair(t, Config{}, suite, suite)
		p.caller.seq = 65_000
		for i := range 1000 { // over the wrap
			p.caller.say(fmt.Sprint(i))
			p.agent.hearsThis(fmt.Sprint(i))
		}
		before := p.caller.packet("before the re-INVITE")
		p.caller.send(before)
		p.agent.hears()
		out, in := p.caller.out, p.caller.in
		for _, direction := range []string{"a=sendonly", "a=sendrecv"} {
			answer, err := p.a.Answer(p.caller.sdp(direction))
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(answer), strings.TrimPrefix((cryptoLine{1, p.a.ownKey(suite)}).attribute(), "crypto:1 ")) {
				t.Error("our key changed")
			}
		}
		p.caller.out, p.caller.in = out, in
		p.caller.say("after")
		p.agent.hearsThis("after")
		p.caller.send(before) // the replay window stands too
		p.agent.hearsNothing()
		p.agent.say("and back")
		p.caller.hearsThis("and back")
	}
}

// A new key: packets under the old one are still taken for a moment, ours goes on as it was.
func TestNewKeyWhileTheOldIsOnItsWay(t *testing.T) {
	for _, suite := range []Suite{AES128CM80, AES256GCM} {
		var clock offsetClock
		p := newPair(t, Config{Clock: clock.now}, suite, suite)
		p.caller.say("old")
		p.agent.hearsThis("old")
		late, later := p.caller.packet("on its way"), p.caller.packet("too late")
		in := p.caller.in
		p.caller.rekey()
		if _, err := p.a.Answer(p.caller.sdp()); err != nil {
			t.Fatal(err)
		}
		p.caller.send(late)
		p.agent.hearsThis("on its way")
		p.caller.say("new")
		p.agent.hearsThis("new")
		clock.pass(oldKeysFor)
		p.caller.send(later)
		p.agent.hearsNothing()
		p.caller.in = in
		p.agent.say("same key of ours")
		p.caller.hearsThis("same key of ours")
		if s := p.a.Stats(); s.AuthFailed != 1 {
			t.Errorf("%s: %+v", suite, s)
		}
	}
}

// A, B, A: the first key's context is found again, replay window and all.
func TestAnOldKeyIsNotNewAgain(t *testing.T) {
	p := newPair(t, Config{}, AES256GCM, AES128CM80)
	first, context := p.caller.key, p.caller.out
	overheard := p.caller.packet("once")
	p.caller.send(overheard)
	p.agent.hearsThis("once")
	p.caller.rekey()
	p.caller.call(p.a)
	p.caller.say("under the second key")
	p.agent.hearsThis("under the second key")
	p.caller.key, p.caller.out = first, context
	p.caller.call(p.a)
	p.caller.send(overheard)
	p.agent.hearsNothing()
	p.caller.say("under the first again")
	p.agent.hearsThis("under the first again")
}

// The peer moves to another suite: both keys change, and our numbers begin anew under ours.
func TestAnotherSuite(t *testing.T) {
	p := newPair(t, Config{}, AES128CM80, AES128CM80)
	p.agent.say("one")
	one := p.caller.hearsThis("one")
	p.caller.suite = AES256GCM
	p.caller.rekey()
	p.caller.call(p.a)
	p.agent.say("two")
	two := p.caller.hearsThis("two")
	if two.SSRC == one.SSRC || two.SequenceNumber > 1<<15 {
		t.Errorf("%v then %v", one.Header, two.Header)
	}
	p.caller.say("three")
	p.agent.hearsThis("three")
}

// A refused re-INVITE leaves the call on its old keys.
func TestRefusedOfferChangesNothing(t *testing.T) {
	p := newPair(t, Config{}, AES128CM80, AES128CM80)
	if _, err := p.a.Answer(edit(p.caller.sdp(), "RTP/SAVP", "RTP/AVP")); err == nil {
		t.Fatal("a downgrade was taken")
	}
	p.caller.say("still safe")
	p.agent.hearsThis("still safe")
	p.agent.say("so it is")
	p.caller.hearsThis("so it is")
}

// Our own re-INVITE repeats our keys, tags and port.
func TestOurSecondOfferIsTheFirst(t *testing.T) {
	p := newPair(t, Config{}, AES128CM80, AES256GCM)
	p.agent.say("x")
	p.caller.hearsThis("x")
	one, err := p.b.Offer(nil)
	if err != nil {
		t.Fatal(err)
	}
	two, err := p.b.Offer(p.a)
	if err != nil {
		t.Fatal(err)
	}
	if string(one) != string(two) || keysIn(one) == "" {
		t.Errorf("first\n%s\nsecond\n%s", one, two)
	}
	out, in := p.agent.out, p.agent.in
	p.agent.isCalled(p.b)
	p.agent.out, p.agent.in = out, in
	p.agent.say("y")
	p.caller.hearsThis("y")
	p.caller.say("z")
	p.agent.hearsThis("z")
}

func TestTooManyKeys(t *testing.T) {
	s := legOnly(t, loopback)
	p := newPhone(t, AES128CM80)
	for range mostKeysHeard {
		p.rekey()
		p.call(s)
	}
	p.rekey()
	if _, err := s.Answer(p.sdp()); err == nil {
		t.Error("the 257th key was taken")
	}
}
