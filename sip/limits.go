package sip

import (
	"cmp"
	"net/netip"
	"sync"
	"time"
)

func (l Limits) withDefaults() Limits {
	return Limits{
		Message:           cmp.Or(l.Message, 64<<10),
		Headers:           cmp.Or(l.Headers, 128),
		Line:              cmp.Or(l.Line, 8<<10),
		Connections:       cmp.Or(l.Connections, 8192),
		PerAddress:        cmp.Or(l.PerAddress, 2048),
		OpensPerSecond:    cmp.Or(l.OpensPerSecond, 200),
		MessagesPerSecond: cmp.Or(l.MessagesPerSecond, 2000),
		Transactions:      cmp.Or(l.Transactions, 4096),
		Handshake:         cmp.Or(l.Handshake, 5*time.Second),
		Nameless:          cmp.Or(l.Nameless, 5*time.Second),
		Arrival:           cmp.Or(l.Arrival, 10*time.Second),
		Idle:              cmp.Or(l.Idle, 2*time.Hour),
		Write:             cmp.Or(l.Write, 5*time.Second),
		Outbound:          cmp.Or(l.Outbound, 1<<20),
		Drain:             cmp.Or(l.Drain, time.Minute),
	}
}

// bucket is a token bucket: so many a second, twice that at once.
type bucket struct {
	tokens float64
	at     time.Time
}

// take reports how long to wait until one more is due; zero: now.
func (b *bucket) take(perSecond int, now time.Time) time.Duration {
	rate := float64(perSecond)
	if b.at.IsZero() {
		b.tokens = 2 * rate
	} else {
		b.tokens = min(2*rate, b.tokens+now.Sub(b.at).Seconds()*rate)
	}
	b.at = now
	if b.tokens >= 1 {
		b.tokens--
		return 0
	}
	return time.Duration((1 - b.tokens) / rate * float64(time.Second))
}

// door counts flows and openings by address. An IPv6 peer is its /64: one subscriber owns all of it.
type door struct {
	limits Limits

	mu    sync.Mutex
	total int
	by    map[netip.Addr]*guest
	swept time.Time
}

type guest struct {
	flows int
	opens bucket
}

func newDoor(l Limits) *door { return &door{limits: l, by: map[netip.Addr]*guest{}} }

func household(a netip.Addr) netip.Addr {
	a = a.Unmap().WithZone("")
	if a.Is4() {
		return a
	}
	p, err := a.Prefix(64)
	if err != nil {
		return a
	}
	return p.Addr()
}

// enter says why a connection may not come in; nil: it is counted and must leave.
func (d *door) enter(a netip.Addr, now time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sweep(now)
	a = household(a)
	v := d.by[a]
	if v == nil {
		v = &guest{}
		d.by[a] = v
	}
	switch {
	case d.total >= d.limits.Connections:
		return errCrowded
	case v.flows >= d.limits.PerAddress:
		return errManyFlows
	case v.opens.take(d.limits.OpensPerSecond, now) > 0:
		return errManyOpens
	}
	d.total++
	v.flows++
	return nil
}

func (d *door) leave(a netip.Addr) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.total--
	if v := d.by[household(a)]; v != nil {
		v.flows--
	}
}

// sweep forgets addresses that have nothing open and a full bucket again.
func (d *door) sweep(now time.Time) {
	if now.Sub(d.swept) < 10*time.Second {
		return
	}
	d.swept = now
	for a, v := range d.by {
		if v.flows == 0 && now.Sub(v.opens.at) > 10*time.Second {
			delete(d.by, a)
		}
	}
}
