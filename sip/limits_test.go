package sip

import (
	"net/netip"
	"testing"
	"time"
)

func TestDoorCountsAnIPv6HouseholdAsOne(t *testing.T) {
	d := newDoor(Limits{PerAddress: 2}.withDefaults())
	now := time.Unix(1, 0)
	for i, c := range []struct {
		addr string
		good bool
	}{
		{"2001:db8::1", true}, {"2001:db8::2", true}, {"2001:db8::3", false}, {"2001:db8:0:1::1", true},
		{"192.0.2.1", true}, {"::ffff:192.0.2.1", true}, {"192.0.2.1", false}, {"192.0.2.2", true},
	} {
		if err := d.enter(netip.MustParseAddr(c.addr), now); (err == nil) != c.good {
			t.Errorf("%d: %s: %v", i, c.addr, err)
		}
	}
}

func TestDoorSlowsOpeningsAndForgetsQuietAddresses(t *testing.T) {
	d := newDoor(Limits{OpensPerSecond: 5}.withDefaults())
	now, a := time.Unix(1, 0), netip.MustParseAddr("192.0.2.1")
	open := 0
	for range 100 {
		if d.enter(a, now) == nil {
			open++
			d.leave(a)
		}
	}
	if open != 10 {
		t.Errorf("%d openings at once, want 10", open)
	}
	if now = now.Add(time.Second); d.enter(a, now) != nil {
		t.Error("still shut a second later")
	}
	d.leave(a)
	_ = d.enter(netip.MustParseAddr("192.0.2.2"), now.Add(time.Minute))
	if len(d.by) != 1 {
		t.Errorf("%d addresses remembered, want the live one", len(d.by))
	}
}
