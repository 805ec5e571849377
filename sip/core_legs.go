package sip

import "time"

// This file is the book of legs: by dialog, by connection, and how many a trunk has.

func (c *core) find(key dialogKey) *Leg {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.legs[key]
}

// enlist makes a leg findable. False: this very INVITE is here already by another way (RFC 3261 §8.2.2.2).
func (c *core) enlist(l *Leg) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !l.uac {
		key := mergedKey{l.dlg.callID, l.dlg.remoteTag, l.invSeq}
		if c.merged[key] != nil {
			return false
		}
		c.merged[key] = l
	}
	c.legs[l.dlg.key()] = l
	c.home(l, l.flow)
	c.totals.Legs++
	return true
}

func (c *core) home(l *Leg, f *Flow) {
	if c.onFlow[f] == nil {
		c.onFlow[f] = make(map[*Leg]struct{})
	}
	c.onFlow[f][l] = struct{}{}
}

// rehome moves a leg from one connection to another; nil is nowhere. The leg is locked.
func (c *core) rehome(l *Leg, from, to *Flow) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if from != nil {
		delete(c.onFlow[from], l)
		if len(c.onFlow[from]) == 0 {
			delete(c.onFlow, from)
		}
	}
	delete(c.adrift, l)
	if to != nil {
		c.home(l, to)
		return
	}
	c.adrift[l] = struct{}{}
}

// released gives back what a leg that ended counts against.
func (c *core) released(l *Leg) {
	l.over.Store(true)
	c.mu.Lock()
	c.totals.Legs--
	delete(c.adrift, l)
	if !l.uac {
		delete(c.merged, mergedKey{l.dlg.callID, l.dlg.remoteTag, l.invSeq})
	}
	if w := c.load[l.limit]; w != nil && (l.limit != "" || !l.uac) {
		w.calls--
	}
	c.mu.Unlock()
	if l.flow != nil {
		c.left(l.flow)
	}
}

// forget takes a leg out of the book.
func (c *core) forget(l *Leg) {
	if l.flow != nil {
		c.rehome(l, l.flow, nil)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.adrift, l)
	delete(c.legs, l.dlg.key())
}

// belongs reports that a connection may speak for a leg: its own, or one of the same trunk or the same phone's user.
func (c *core) belongs(l *Leg, f *Flow, v *visitor) bool {
	l.mu.Lock()
	flow := l.flow
	l.mu.Unlock()
	switch {
	case flow == f:
		return true
	case l.carrier != "":
		who, ok := c.who(f, v)
		return ok && who.trunk.ID == l.carrier
	case l.uac:
		return c.registrar.boundOn(f, []string{l.device.user}) && v.proved(l.device.user)
	}
	if user := l.facts.Device; user != "" {
		return c.registrar.boundOn(f, []string{user}) && v.proved(user)
	}
	who, ok := c.who(f, v)
	return ok && who.trunk.ID == l.facts.TrunkID
}

// knows compares the peer's tag; while our INVITE is not answered every fork may speak (§12.1.2).
func (l *Leg) knows(tag string) bool {
	return tag == l.dlg.remoteTag || l.uac && (l.state == isCalling || l.state == isProceeding)
}

// landed re-attaches what a device left behind when its connection went.
func (c *core) landed(d device, f *Flow) {
	for _, l := range c.waiting(func(l *Leg) bool {
		return l.uac && l.device == d || l.facts.Device == d.user && d.user != ""
	}) {
		_ = l.verb(happening{event: flowBack, flow: f})
	}
}

// trunkSeen re-attaches a trunk's legs to the connection that the same host speaks on now.
func (c *core) trunkSeen(id string, f *Flow) {
	addr := f.Remote().Addr()
	for _, l := range c.waiting(func(l *Leg) bool { return !l.uac && l.facts.TrunkID == id && l.remote == addr }) {
		_ = l.verb(happening{event: flowBack, flow: f})
	}
}

func (c *core) waiting(want func(*Leg) bool) []*Leg {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []*Leg
	for l := range c.adrift {
		if want(l) { // what it asks for is fixed when a leg is made
			out = append(out, l)
		}
	}
	return out
}

// load is what a trunk has going on.
type load struct {
	calls  int
	second int64
	rate   int // new calls within second
}

// take counts a new call against the trunk's limits.
func (c *core) take(t Trunk) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	w := c.load[t.ID]
	if w == nil {
		w = &load{}
		c.load[t.ID] = w
	}
	if now := time.Now().Unix(); now != w.second {
		w.second, w.rate = now, 0
	}
	if t.MaxCalls > 0 && w.calls >= t.MaxCalls || t.MaxRate > 0 && w.rate >= t.MaxRate {
		return false
	}
	w.calls++
	w.rate++
	return true
}

func (c *core) giveBack(trunk string) {
	c.mu.Lock()
	c.load[trunk].calls--
	c.mu.Unlock()
}
