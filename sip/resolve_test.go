package sip

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

var carrierAt = map[string][]netip.Addr{
	"a.carrier.example": {netip.MustParseAddr("192.0.2.1")}, "b.carrier.example": {netip.MustParseAddr("192.0.2.2"), netip.MustParseAddr("2001:db8::2")},
	"carrier.example": {netip.MustParseAddr("192.0.2.9")},
}

func TestHopsOfACarrier(t *testing.T) {
	srv := map[string][]SRV{
		"_sips._tcp.carrier.example": {{"b.carrier.example.", 5071, 20, 0}, {"a.carrier.example.", 5061, 10, 0}},
		"_sips._tcp.closed.example":  {{".", 0, 0, 0}},
	}
	for want, c := range map[string]Carrier{
		"192.0.2.1:5061 192.0.2.2:5071 [2001:db8::2]:5071 ": {Host: "carrier.example"},
		"192.0.2.9:5099 ":     {Host: "carrier.example", Port: 5099}, // a port leaves SRV out
		"192.0.2.9:5060 ":     {Host: "carrier.example", Network: TCP},
		"198.51.100.1:5061 ":  {Host: "198.51.100.1"},
		"[2001:db8::1]:5061 ": {Host: "[2001:db8::1]"},
		"":                    {Host: "closed.example"},
	} {
		got := ""
		hops, err := newFinder(&names{srv: srv, ip: carrierAt}).hops(t.Context(), &c)
		for _, h := range hops {
			got += h.addr.String() + " "
		}
		if got != want || (err != nil) != (want == "") {
			t.Errorf("%s %s %d: %q %v, want %q", c.Host, c.Network, c.Port, got, err, want)
		}
	}
}

// Among equals the weight decides how often a server comes first (RFC 2782).
func TestWeights(t *testing.T) {
	records := []SRV{{"light", 1, 1, 10}, {"heavy", 1, 1, 90}, {"never", 1, 1, 0}, {"later", 1, 2, 1000}}
	first := map[string]int{}
	for range 10000 {
		order := inOrder(records)
		first[order[0].Target]++
		if len(order) != 4 || order[3].Target != "later" {
			t.Fatalf("order %v", order)
		}
	}
	if n := first["heavy"]; n < 8500 || n > 9400 {
		t.Errorf("heavy came first %d times of 10000", n)
	}
	if n := first["never"]; n > 300 {
		t.Errorf("weight 0 came first %d times of 10000", n)
	}
}

// Answers live as long as they say; trouble with the name service keeps what was known; nothing is remembered shortly.
func TestWhatIsKnownOfNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &names{ip: map[string][]netip.Addr{}, life: 5 * time.Minute}
		r := newFinder(n)
		c := Carrier{Host: "carrier.example", Port: 5061}
		look := func() ([]hop, error) { return r.hops(context.Background(), &c) }
		if _, err := look(); err == nil || troubleOf(err) != NoName {
			t.Errorf("no such name: %v", err)
		}
		n.ip = carrierAt
		if _, err := look(); err == nil || n.asked.Load() != 1 {
			t.Errorf("asked %d times within the negative lifetime: %v", n.asked.Load(), err)
		}
		time.Sleep(lifetimeAbsent)
		for range 10 {
			hops, err := look()
			ok(t, err)
			if len(hops) != 1 {
				t.Errorf("hops %v", hops)
			}
		}
		if n.asked.Load() != 2 {
			t.Errorf("asked %d times, want 2", n.asked.Load())
		}
		time.Sleep(5 * time.Minute)
		n.is(errors.New("no name server answers"))
		if hops, err := look(); err != nil || len(hops) != 1 {
			t.Errorf("a name server that is down: %v %v", hops, err)
		}
		n.is(nil)
		n.ip = map[string][]netip.Addr{"carrier.example": {netip.MustParseAddr("192.0.2.77")}}
		time.Sleep(lifetimeAbsent)
		hops, err := look()
		ok(t, err)
		if !slices.ContainsFunc(hops, func(h hop) bool { return h.addr.Addr() == netip.MustParseAddr("192.0.2.77") }) {
			t.Errorf("the move was not seen: %v", hops)
		}
	})
}
