package media

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"
)

// logged is a wire that remembers every RTP header it was given.
type logged struct {
	nowhere
	t    *testing.T
	used map[[6]byte]bool // SSRC and sequence number
}

func (l *logged) write(batch []outgoing) int {
	for _, o := range batch {
		if o.packet[1] >= 192 && o.packet[1] <= 223 {
			continue
		}
		id := [6]byte(append(append([]byte{}, o.packet[8:12]...), o.packet[2:4]...))
		if l.used[id] {
			l.t.Errorf("SSRC %x used sequence number %x twice", id[:4], id[4:])
		}
		l.used[id] = true
	}
	return 0
}

// A number used twice under one GCM key gives the key's authentication away. Whatever happens to a leg (loss, order,
// new sources, prompts, keys, holds, bridges made and parted), no number goes out twice.
func TestNoNumberIsUsedTwice(t *testing.T) {
	for seed := range uint64(4) {
		r := rand.New(rand.NewPCG(seed, 7))
		x := newBench(t, AES256GCM)
		l := &logged{t: t, used: map[[6]byte]bool{}}
		x.loop.wire, x.b.rtp.sock = l, l
		x.b.terms.event = 101
		third := x.stream()
		x.terms(t, third, newMasterKey(AES256GCM), newMasterKey(AES256GCM))
		p := &phone{ssrc: 1, seq: uint16(r.Uint32())}
		var kept [][]byte
		for range 10_000 { // fewer than there are numbers
			x.clock += int64(time.Millisecond) * int64(r.IntN(25))
			x.loop.woke()
			switch n := r.IntN(200); {
			case n == 0:
				p.ssrc, p.seq = r.Uint32(), uint16(r.Uint32())
			case n == 1:
				p.seq += uint16(r.IntN(6000))
			case n == 2:
				x.b.play(newPrompt("some", make([]int16, 160*(1+r.IntN(5)))), 1, make(chan struct{}))
			case n == 3:
				x.b.press('5', 60*time.Millisecond)
			case n == 4:
				x.floor.arrange(nil)
				x.floor.arrange(bothWays(x.a, x.b))
			case n == 6:
				x.floor.arrange([]hearing{{x.b, []*stream{x.a, third}}, {x.a, []*stream{x.b}}})
			case n == 5:
				x.b.terms.hears = !x.b.terms.hears
			case n < 30: // a straggler
				if len(kept) > 0 {
					x.hears(kept[r.IntN(len(kept))])
				}
			case n < 40:
				kept = append(kept, p.clear("late")) // not now
			default:
				said := p.clear("said")
				kept = append(kept, said)
				x.hears(said)
			}
			kept = kept[max(0, len(kept)-100):]
		}
		if len(l.used) < 2000 {
			t.Errorf("only %d packets went out", len(l.used))
		}
	}
}

// hears gives the caller's leg a packet as if it had been authenticated; a repeated one reaches the sequence window.
func (x *bench) hears(packet []byte) {
	n := copy(x.buf[:], packet)
	x.a.hear(x.buf[:n], headerLength(x.buf[:n]))
	x.loop.settled()
}

// Calls come and go on two loops at once; nobody hears another call, and every port comes back.
func TestManyCallsAtOnce(t *testing.T) {
	e := runEngine(t, Config{Loops: 2, Ports: PortRange{20000, 20999}})
	t.Run("calls", func(t *testing.T) {
		for i := range 40 {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				call := e.NewCall()
				defer call.Close()
				oneCall(t, call, [2]*Session{newLeg(t, call, loopback), newLeg(t, call, loopback)}, i)
			})
		}
	})
	if got := e.Totals(); got.Sessions != 0 || got.PortsFree != 500 || got.Received != 40*20 || got.AuthFailed != 0 {
		t.Errorf("%+v", got)
	}
}

func oneCall(t *testing.T, call *Call, s [2]*Session, n int) {
	caller, agent := newPhone(t, AES128CM80), newPhone(t, AES256GCM)
	caller.call(s[0])
	agent.isCalled(s[1])
	call.Bridge(s[0], s[1])
	for i := range 10 {
		said := fmt.Sprint("call ", n, " word ", i)
		caller.say(said)
		agent.hearsThis(said)
		agent.say(said)
		caller.hearsThis(said)
	}
	if st := s[0].Stats(); st.MOS < 3 || st.FirstHeard.IsZero() || st.LastHeard.Before(st.FirstHeard) {
		t.Errorf("call %d: %+v", n, st)
	}
}

func FuzzPacket(f *testing.F) {
	x := newBench(f, AES128CM80)
	f.Add(x.ring[0])
	f.Add([]byte{0x80, 200, 0, 1, 0, 0, 0, 7})
	f.Add([]byte{0xbf, 0, 0, 1, 0, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0xff, 0xff})
	from := netip.MustParseAddrPort("127.0.0.9:4000")
	f.Fuzz(func(t *testing.T, packet []byte) {
		if len(packet) > maxPacket {
			return
		}
		n := copy(x.buf[:], packet)
		x.loop.deliver(x.a.rtp, x.buf[:n], from)
		if len(packet) >= 12 {
			if at := headerLength(packet); at >= 12 && binary.BigEndian.Uint16(packet) != 0 {
				x.a.hear(x.buf[:copy(x.buf[:], packet)], at)
			}
		}
		x.loop.settled()
	})
}
