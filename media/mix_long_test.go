package media

import (
	"testing"
	"time"
)

// A three-way call of half an hour: sequence numbers wrap on every leg, nothing piles up, nothing is lost.
func TestMixPastTheWrap(t *testing.T) {
	st := newCircle(t, PCMU, PCMA, PCMU)
	for i, p := range st.peers {
		p.say = hums(tones[i], 6000)
		p.seq = 65_000
	}
	st.hears([]int{1, 2}, []int{0, 2}, []int{0, 1})
	for range 66 {
		st.run(20 * time.Second)
		for _, p := range st.peers {
			p.unbroken(t)
			p.heard = p.heard[len(p.heard)-1:]
		}
	}
	st.run(2 * time.Second)
	for i, p := range st.peers {
		if in := p.input; in.waiting() > mostWaiting || in.slips != 0 || in.concealed != 0 {
			t.Errorf("%d: %d wait, %d slips, %d made up", i, in.waiting(), in.slips, in.concealed)
		}
		if sound := p.sound(25); power(sound, tones[(i+1)%3]) < 5000 || power(sound, tones[(i+2)%3]) < 5000 {
			t.Errorf("%d does not hear both after 22 minutes", i)
		}
	}
}

// In the middle of a mix a phone comes back with another SSRC, is on hold for half an hour, changes its codec, and hangs
// up: the others hear each other throughout, and the recording has what was said.
func TestMixOutlivesWhatPhonesDo(t *testing.T) {
	st := newCircle(t, PCMU, PCMU, PCMA)
	for i, p := range st.peers {
		p.say = hums(tones[i], 6000)
	}
	st.peers[0].tap = st.tap()
	tap := st.peers[0].tap
	st.hears([]int{1, 2}, []int{0, 2}, []int{0, 1})
	caller, agent, third := st.peers[0], st.peers[1], st.peers[2]
	check := func(what string, want ...float64) {
		t.Helper()
		st.run(300 * time.Millisecond)
		emptied(tap)
		from := len(caller.heard)
		st.run(500 * time.Millisecond)
		n := emptied(tap)
		st.run(500 * time.Millisecond)
		n += emptied(tap)
		sound := caller.sound(from)
		for _, hz := range want {
			if got := power(sound, hz); got < 5000 {
				t.Errorf("%s: %.0f Hz at %.0f", what, hz, got)
			}
		}
		if n < 98 || n > 102 {
			t.Errorf("%s: %d packets went to the recorder, want 100", what, n)
		}
		caller.unbroken(t)
	}
	check("before", tones[1], tones[2])

	third.ssrc, third.seq, third.ts = 0x9999, 40_000, 12345
	check("another SSRC", tones[1], tones[2])

	held := *third.terms
	held.direction, held.hears = SendOnly, false
	third.agree(&held)
	third.mute = true
	for range 30 {
		st.run(time.Minute)
		emptied(tap)
		caller.heard = caller.heard[len(caller.heard)-1:]
	}
	check("one on hold", tones[1])
	back := *third.terms
	back.direction, back.hears = SendRecv, true
	third.agree(&back)
	third.mute = false
	check("back", tones[1], tones[2])

	third.agree(clearTerms(G722))
	third.codec, third.mouth = G722, newEncoder(G722)
	check("another codec", tones[1], tones[2])
	caller.agree(clearTerms(PCMA))
	caller.codec, caller.mouth, caller.ear = PCMA, newEncoder(PCMA), newDecoder(PCMA, 8000)
	check("the recorded one, too", tones[1], tones[2])

	third.close()
	check("one is gone", tones[1])
	agent.unbroken(t)
}
