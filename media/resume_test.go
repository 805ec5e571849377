package media

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"testing"
)

// keptPair is a bridged pair whose process is about to be killed.
type keptPair struct {
	folder        string
	engine        *Engine
	call          *Call
	a, b          *Session
	caller, agent *phone
}

// talking makes two phones talk by way of an engine with marks; the caller was called by us where reversed.
func talking(t *testing.T, suite Suite, ports PortRange) *keptPair {
	t.Helper()
	k := &keptPair{folder: t.TempDir()}
	k.engine = runEngine(t, Config{Ports: ports, Loops: 1, Marks: k.folder})
	k.call = k.engine.NewCall()
	k.a, k.b = newLeg(t, k.call, at(suite)), newLeg(t, k.call, at(suite))
	k.caller, k.agent = newPhone(t, suite), newPhone(t, suite)
	k.agent.ssrc = 0x2000
	k.caller.call(k.a)
	k.agent.isCalled(k.b)
	k.call.Bridge(k.a, k.b)
	for range 50 {
		k.caller.say("to agent")
		k.agent.hearsThis("to agent")
		k.agent.say("to caller")
		k.caller.hearsThis("to caller")
	}
	return k
}

// afterKill goes on in another engine from what was written down.
func (k *keptPair) afterKill(t *testing.T, ports PortRange, words ...[]byte) (*Call, []*Session) {
	t.Helper()
	next := runEngine(t, Config{Ports: ports, Loops: 1, Marks: k.folder})
	c := next.NewCall()
	t.Cleanup(c.Close)
	var all []*Session
	for _, w := range words {
		kept, err := ParseKept(w)
		if err != nil {
			t.Fatal(err)
		}
		s, err := c.Resume(kept, k.folder)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	return c, all
}

func (k *keptPair) written(t *testing.T, s *Session) []byte {
	t.Helper()
	kept, err := s.Keep()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := MarshalKept(kept)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// Two talk; the process is killed after it was written down who they are, and after more packets went by; the next one
// goes on: same ports, same keys, no index twice.
func TestTalkGoesOnInAnotherProcess(t *testing.T) {
	for _, suite := range []Suite{AES256GCM, AES128CM80} {
		t.Run(string(suite), func(t *testing.T) {
			ports := PortRange{First: 21000, Last: 21015}
			k := talking(t, suite, ports)
			one, two := k.written(t, k.a), k.written(t, k.b)
			last := uint16(0)
			for i := range 200 { // the words above do not know of these; the marks do
				k.caller.say("more")
				last = k.agent.hearsThis("more").SequenceNumber
				k.agent.say(fmt.Sprint(i))
				k.caller.hears()
			}
			port := k.a.port
			if err := k.engine.Close(); err != nil {
				t.Fatal(err)
			}
			c, all := k.afterKill(t, ports, one, two)
			if all[0].port != port {
				t.Fatalf("port %d, was %d", all[0].port, port)
			}
			c.Bridge(all[0], all[1])
			k.caller.say("still there?")
			p := k.agent.hearsThis("still there?")
			if step := p.SequenceNumber - last; step == 0 || step > 1<<14 {
				t.Errorf("number %d after %d", p.SequenceNumber, last)
			}
			k.agent.say("yes")
			k.caller.hearsThis("yes")
		})
	}
}

// The rollover counter of what the peer sends is told by the mark, also where it rolls over while nobody listens.
func TestRolloverIsToldByTheMark(t *testing.T) {
	for _, behind := range []uint16{5, 65530} {
		ports := PortRange{First: 21020, Last: 21035}
		k := talking(t, AES128CM80, ports)
		for _, seq := range []uint16{20100, 40100, 60100, 14564, 34564, 54564, behind} { // past one rollover or two, in leaps
			k.caller.seq = seq
			k.caller.say("leap")
			k.agent.hearsThis("leap")
		}
		one, two := k.written(t, k.a), k.written(t, k.b)
		if err := k.engine.Close(); err != nil {
			t.Fatal(err)
		}
		c, all := k.afterKill(t, ports, one, two)
		c.Bridge(all[0], all[1])
		for range 20 {
			k.caller.packet("lost while nobody listened")
		}
		k.caller.say("after")
		k.agent.hearsThis("after")
	}
}

func TestWhatCannotBeKept(t *testing.T) {
	ports := PortRange{First: 21040, Last: 21055}
	k := talking(t, AES256GCM, ports)
	raw := k.written(t, k.a)
	kept, _ := ParseKept(raw)
	t.Run("not agreed", func(t *testing.T) {
		if _, err := newLeg(t, k.call, at(AES256GCM)).Keep(); !errors.Is(err, ErrNotKept) {
			t.Error(err)
		}
	})
	t.Run("key changed since", func(t *testing.T) {
		bent := kept
		bent.SSRC++
		if _, err := k.call.Resume(bent, k.folder); !errors.Is(err, ErrNotKept) {
			t.Error(err)
		}
	})
	t.Run("no table", func(t *testing.T) {
		for _, name := range []string{"", "marks-gone", "../marks-x", "/etc/passwd"} {
			bent := kept
			bent.Marks = name
			if _, err := k.call.Resume(bent, k.folder); err == nil {
				t.Errorf("%q was taken", name)
			}
		}
	})
	t.Run("port taken", func(t *testing.T) {
		if _, err := k.call.Resume(kept, k.folder); err == nil {
			t.Error("a port that is in use was given again")
		}
	})
	t.Run("does not print", func(t *testing.T) {
		for key := range kept.Keys {
			secret := kept.Keys[key]
			for _, form := range []string{"%v", "%+v", "%#v", "%s"} {
				if text := fmt.Sprintf(form, kept); bytes.Contains([]byte(text), secret) || text != "[kept session]" {
					t.Errorf("%s printed %q", form, text)
				}
			}
		}
	})
	if !json.Valid(raw) {
		t.Error("not JSON")
	}
}

func TestAPortIsTakenByItsNumber(t *testing.T) {
	p, err := newPortPool(PortRange{First: 20000, Last: 20009}, func() int64 { return 0 })
	if err != nil {
		t.Fatal(err)
	}
	if !p.takeThis(20004) || p.takeThis(20004) || p.takeThis(20005) || p.takeThis(30000) {
		t.Fatal("20004 is free once, and nothing else is a port of ours")
	}
	seen := map[uint16]bool{}
	for range 4 {
		port, err := p.take()
		if err != nil || port == 20004 || seen[port] {
			t.Fatal(port, err)
		}
		seen[port] = true
	}
	p.give(20004)
	if p.left() != 1 {
		t.Fatal(p.left())
	}
}

func at(suite Suite) Profile {
	return Profile{Bind: netip.MustParseAddr("127.0.0.1"), Suites: []Suite{suite}}
}
