package media

import "slices"

// Arrange says who hears whom in this call from now on, all at once: a session that is not named hears nobody. One
// source is passed on as it comes (its packets untouched where the codecs are equal, keys of RFC 4733 with them); of
// two and more a mix is made, in which nobody hears herself and keys are not passed on, though still told as events.
// Sessions of other calls are left out. A prompt played to a listener is heard in place of all of them.
func (c *Call) Arrange(all []Hearing) {
	hear := make([]hearing, 0, len(all))
	for _, h := range all {
		if h.Listener == nil || h.Listener.call != c {
			continue // another call's session lives on another loop
		}
		var from []*stream
		for _, s := range h.Sources {
			if s != nil && s.call == c && s != h.Listener && !slices.Contains(from, s.stream) {
				from = append(from, s.stream)
			}
		}
		hear = append(hear, hearing{h.Listener.stream, from})
	}
	c.loop.post(func() { c.floor.arrange(hear) })
}

// Bridge has two sessions of this call hear each other and nobody else anybody, until the next Arrange, Bridge or Split.
func (c *Call) Bridge(a, b *Session) {
	c.Arrange([]Hearing{{a, []*Session{b}}, {b, []*Session{a}}})
}

// Split has nobody hear anybody.
func (c *Call) Split() { c.Arrange(nil) }

// hearing is a Hearing on the loop.
type hearing struct {
	listener *stream
	sources  []*stream
}

// floor is who hears whom in one call. It belongs to the loop.
type floor struct {
	loop  *loop
	asked []hearing
	mixer *mixer
}

func newFloor(l *loop) *floor { return &floor{loop: l, mixer: newMixer(l)} }

// arrange replaces what was asked before.
func (f *floor) arrange(asked []hearing) {
	for _, h := range f.asked {
		for _, s := range h.sources {
			s.audience = nil
		}
		if !slices.ContainsFunc(asked, func(o hearing) bool { return o.listener == h.listener }) {
			h.listener.hearNobody()
		}
	}
	f.asked = asked
	f.settle()
}

// settle finds the way for each listener. It runs anew when somebody has come to other terms or is gone: of a mix that
// is left with one source nothing but that source's own packets remain.
func (f *floor) settle() {
	for _, h := range f.asked {
		for _, s := range h.sources {
			s.audience = s.audience[:0]
		}
	}
	var mixed []hearing
	for i := range f.asked {
		h := &f.asked[i]
		h.sources = slices.DeleteFunc(h.sources, func(s *stream) bool { return s.closed })
		d := h.listener
		if d.closed {
			continue
		}
		if len(h.sources) == 0 {
			d.hearNobody()
			continue
		}
		var only *stream
		if len(h.sources) == 1 {
			only = h.sources[0]
			only.audience = append(only.audience, d)
		}
		direct := only != nil && only.reaches(d)
		if d.partner != only || d.mixed == direct {
			d.out.epoch = 0 // whoever is heard next begins where the last one ended
		}
		d.partner, d.mixed = only, !direct
		d.retune()
		if !direct {
			mixed = append(mixed, *h)
		}
	}
	f.mixer.set(mixed)
}

// reaches reports whether d can be given the packets of s one by one.
func (s *stream) reaches(*stream) bool { return true }

// hearNobody leaves a listener alone.
func (s *stream) hearNobody() {
	if s.partner != nil {
		s.partner.audience = slices.DeleteFunc(s.partner.audience, func(d *stream) bool { return d == s })
	}
	s.partner, s.mixed = nil, false
	s.out.epoch = 0
}

// forget takes a stream that has closed out of every hearing.
func (f *floor) forget(s *stream) {
	gone := func(h hearing) bool { return h.listener == s }
	if i := slices.IndexFunc(f.asked, gone); i >= 0 {
		s.hearNobody()
		f.asked = slices.DeleteFunc(slices.Clone(f.asked), gone)
	}
	f.settle()
}
