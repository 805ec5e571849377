package media

import (
	"bytes"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"testing"
	"time"
)

func addrPort(a netip.AddrPort, port uint16) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr(), port)
}

// A port goes to the back of the queue and rests: never under 2 s, and past 30 s while half the pool is free.
func TestPortsRest(t *testing.T) {
	var now int64
	p, err := newPortPool(PortRange{10000, 10399}, func() int64 { return now }) // 200 pairs
	if err != nil {
		t.Fatal(err)
	}
	given := map[uint16]int64{}
	for range 600 { // 3 calls a second, each 2 s long
		now += int64(time.Second) / 3
		port, err := p.take()
		if err != nil {
			t.Fatal(err)
		}
		if port%2 != 0 {
			t.Fatalf("odd port %d", port)
		}
		if at, used := given[port]; used && now-at < int64(30*time.Second) {
			t.Fatalf("port %d after %v", port, time.Duration(now-at))
		}
		given[port] = now
		p.give(port)
	}
}

func TestPortsNeverComeBackAtOnce(t *testing.T) {
	var now int64
	p, err := newPortPool(PortRange{10000, 10003}, func() int64 { return now })
	if err != nil {
		t.Fatal(err)
	}
	one, _ := p.take()
	two, _ := p.take()
	if _, err := p.take(); !errors.Is(err, errNoPort) {
		t.Errorf("a third of two: %v", err)
	}
	p.give(two)
	now += int64(time.Second)
	p.give(one)
	now += int64(time.Second) - 1
	if _, err := p.take(); !errors.Is(err, errNoPort) {
		t.Errorf("after less than 2 s: %v", err)
	}
	now++
	if got, err := p.take(); err != nil || got != two {
		t.Errorf("%d, %v: want the one that rested longest, %d", got, err, two)
	}
	if _, err := p.take(); !errors.Is(err, errNoPort) {
		t.Errorf("the other has not rested: %v", err)
	}
	if p.left() != 1 {
		t.Errorf("%d left", p.left())
	}
}

func TestPortRangesThatCannotBe(t *testing.T) {
	for _, r := range []PortRange{{20000, 20000}, {20001, 20002}, {500, 900}, {30000, 20000}} {
		if _, err := Open(Config{Ports: r}); err == nil {
			t.Errorf("%v was taken", r)
		}
	}
}

// A stranger sits on a port of ours, or on the one above: the next is taken.
func TestTakenPortIsPassedOver(t *testing.T) {
	for _, w := range []Wire{BestWire, PlainWire} {
		conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		taken := uint16(conn.LocalAddr().(*net.UDPAddr).Port) &^ 1
		call := runEngine(t, Config{Wire: w, Ports: PortRange{taken, taken + 9}}).NewCall()
		for range 4 {
			if s := newLeg(t, call, loopback); s.port == taken {
				t.Errorf("took %d", taken)
			}
		}
		if _, err := call.NewSession(loopback); err == nil {
			t.Error("a fifth port of four")
		}
		_ = conn.Close()
	}
}

func TestOverlapIsWarnedOf(t *testing.T) {
	var said bytes.Buffer
	warnOfOverlap(PortRange{30000, 60000}, slog.New(slog.NewTextHandler(&said, nil)))
	if !bytes.Contains(said.Bytes(), []byte("ephemeral")) {
		t.Errorf("said %q", said.String())
	}
	said.Reset()
	warnOfOverlap(PortRange{1024, 1100}, slog.New(slog.NewTextHandler(&said, nil)))
	if said.Len() != 0 {
		t.Errorf("said %q", said.String())
	}
}

func TestWheel(t *testing.T) {
	w := newWheel(0)
	var fired []int64
	a := &timer{}
	a.fire = func(now int64) {
		fired = append(fired, now/int64(tick))
		w.in(a, now, 20*time.Millisecond)
	}
	b := &timer{fire: func(int64) { t.Error("a stopped timer fired") }}
	w.in(a, 0, 20*time.Millisecond)
	w.in(b, 0, 50*time.Millisecond)
	if got := w.wait(0, time.Second); got != 20*time.Millisecond {
		t.Errorf("waits %v", got)
	}
	w.stop(b)
	for now := int64(0); now <= 10*int64(tick); now += int64(tick) {
		w.advance(now)
	}
	if len(fired) != 5 || fired[0] != 2 || fired[4] != 10 {
		t.Errorf("fired at %v", fired)
	}
	w.advance(int64(time.Hour)) // the machine slept
	if len(fired) != 6 {
		t.Errorf("fired %d times", len(fired))
	}
	w.stop(a)
	w.in(a, int64(time.Hour), time.Hour) // longer than the wheel: cut
	if got := w.wait(int64(time.Hour), time.Minute); got > wheelSlots*tick || got < 10*time.Second {
		t.Errorf("waits %v", got)
	}
	w.stop(a)
	w.advance(2 * int64(time.Hour))
	if got := w.wait(2*int64(time.Hour), time.Minute); got != time.Minute {
		t.Errorf("an empty wheel waits %v", got)
	}
}
