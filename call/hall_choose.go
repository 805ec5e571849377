package call

import (
	"cmp"
	"slices"
	"strings"

	"nightbell/policy"
)

// choose finds whom a caller is offered to now: nobody where nobody fits.
func (s *settling) choose(t *ticket) []*agent {
	c := s.crewOf(t)
	var fit []*agent
	for person, a := range s.free {
		if m := c.by[person]; m != nil && s.may(t, m) {
			fit = append(fit, a)
		}
	}
	if len(fit) == 0 {
		return nil
	}
	slices.SortFunc(fit, s.order(t, c))
	if t.queue.Strategy != policy.RingAll || t.call == nil {
		return fit[:1]
	}
	least := c.by[fit[0].person].Order
	return slices.DeleteFunc(fit, func(a *agent) bool { return c.by[a.person].Order != least })
}

// may reports whether a member may answer this caller: her skills, unless the caller has waited too long for them, and
// whether she is there and ready for the clinic.
func (s *settling) may(t *ticket, m *policy.QueueMember) bool {
	relaxed := t.queue.Relax > 0 && s.now.Sub(t.joined) >= t.queue.Relax
	return (relaxed || s.skilled(t, m)) && s.there(t, m)
}

func (s *settling) skilled(t *ticket, m *policy.QueueMember) bool {
	if len(t.queue.Skills) == 0 {
		return true
	}
	has := m.Skills
	if ports := s.hall.board.ports.Agents; ports != nil {
		has = append(slices.Clip(has), ports.Skills(m.Person)...)
	}
	return !slices.ContainsFunc(t.queue.Skills, func(skill string) bool { return !slices.Contains(has, skill) })
}

func (s *settling) there(t *ticket, m *policy.QueueMember) bool {
	key := presence{t.clinic, m.Person}
	here, known := s.present[key]
	if !known {
		here = len(s.hall.board.ports.Phones.Contacts(t.clinic, m.Users)) > 0
		s.present[key] = here
	}
	return here
}

// somebody reports whether anybody is there who could answer this caller, busy or not.
func (s *settling) somebody(t *ticket) bool {
	c := s.crewOf(t)
	for i := range c.members {
		m := &c.members[i]
		if a := s.hall.agents[m.Person]; a != nil && a.pause.holds(s.now) {
			continue
		}
		if (t.queue.Relax > 0 || s.skilled(t, m)) && s.there(t, m) {
			return true
		}
	}
	return false
}

// order sorts those who fit by the queue's strategy. Whoever has a lower order is asked first, whatever the strategy; the
// name decides between equals.
func (s *settling) order(t *ticket, c *crew) func(a, b *agent) int {
	by := func(a, b *agent) int { return a.idle.Compare(b.idle) }
	switch t.queue.Strategy {
	case policy.RoundRobin:
		by = func(a, b *agent) int { return cmp.Compare(a.turn, b.turn) }
	case policy.Ordered:
		by = func(a, b *agent) int { return cmp.Compare(s.rank(c, a), s.rank(c, b)) }
	case policy.FewestCalls:
		by = func(a, b *agent) int {
			a.today(s.now)
			b.today(s.now)
			return cmp.Or(cmp.Compare(a.calls, b.calls), a.idle.Compare(b.idle))
		}
	}
	return func(a, b *agent) int {
		return cmp.Or(cmp.Compare(c.by[a.person].Order, c.by[b.person].Order), by(a, b), strings.Compare(a.person, b.person))
	}
}

// rank is a member's place in the list.
func (s *settling) rank(c *crew, a *agent) int {
	return slices.IndexFunc(c.members, func(m policy.QueueMember) bool { return m.Person == a.person })
}
