package call

import (
	"slices"
	"time"

	"nightbell/policy"
)

// bareWait is how long a queue may be without anybody who could answer before its callers go on: a phone that registers
// anew was never away.
const bareWait = 10 * time.Second

// settling is one pass: what it has found out it does not ask twice.
type settling struct {
	hall    *hall
	now     time.Time
	free    map[string]*agent // who can be asked for somebody
	present map[presence]bool
	team    []Teammate
	teams   map[string]*crew // by clinic
	at      map[*row]int     // how far each row has been looked at
	soonest time.Time
}

type presence struct{ clinic, person string }

// settle gives free agents to waiting callers until no two are left that fit, and sets the clock for what time will change.
// The hall is locked.
func (h *hall) settle() {
	if h.shut {
		return
	}
	s := &settling{hall: h, now: h.now(), free: map[string]*agent{}, present: map[presence]bool{}, teams: map[string]*crew{}, at: map[*row]int{}}
	s.wake()
	s.gather()
	for len(s.free) > 0 {
		r := s.nextRow()
		if r == nil {
			break
		}
		t := r.waiting[s.at[r]]
		s.at[r]++
		if people := s.choose(t); len(people) > 0 {
			s.assign(t, people)
		}
	}
	s.miss()
	h.wind(s.soonest)
}

// wake ends rests whose time is over, and notes when the next one ends.
func (s *settling) wake() {
	for _, a := range s.hall.agents {
		for _, r := range []*Rest{&a.pause, &a.wrap} {
			if r.State == "" {
				continue
			}
			if r.holds(s.now) {
				s.soon(r.Until)
				continue
			}
			if r.State == AgentWrapUp {
				a.idle = r.Until
			}
			*r = Rest{}
			s.hall.reshelve(a)
		}
		if a.calm.After(s.now) {
			s.soon(a.calm)
		}
	}
}

func (s *settling) soon(at time.Time) {
	if !at.IsZero() && at.After(s.now) && (s.soonest.IsZero() || at.Before(s.soonest)) {
		s.soonest = at
	}
}

// gather finds who is free among those whom waiting callers may be offered to.
func (s *settling) gather() {
	looked := map[*crew]bool{}
	for _, r := range s.hall.rows {
		for _, t := range r.waiting {
			s.moments(t)
			if len(t.asked) > 0 {
				continue
			}
			c := s.crewOf(t)
			if looked[c] {
				continue
			}
			looked[c] = true
			for i := range c.members {
				if m := &c.members[i]; s.free[m.Person] == nil {
					if a := s.hall.agentOf(m.Person, m.Users); s.isFree(a) {
						s.free[m.Person] = a
					}
				}
			}
		}
	}
}

// moments are when time alone changes something for a caller.
func (s *settling) moments(t *ticket) {
	s.soon(t.after)
	if t.queue.Relax > 0 {
		s.soon(t.joined.Add(t.queue.Relax))
	}
	if !t.bare.IsZero() {
		s.soon(t.bare.Add(bareWait))
	}
}

func (s *settling) isFree(a *agent) bool {
	return a.holder == nil && !a.pause.holds(s.now) && !a.wrap.holds(s.now) && !a.calm.After(s.now) && !s.hall.talks(a)
}

// crewOf is who may be asked: the queue's members, or whoever is ready for the clinic.
func (s *settling) crewOf(t *ticket) *crew {
	if t.crew != nil {
		return t.crew
	}
	if c := s.teams[t.clinic]; c != nil {
		return c
	}
	if s.team == nil {
		s.team = s.hall.team()
	}
	var members []policy.QueueMember
	for _, mate := range s.team {
		if mate.Ready && (mate.Clinics == nil || slices.Contains(mate.Clinics, t.clinic)) {
			members = append(members, policy.QueueMember{Person: mate.Person, Users: mate.Users})
		}
	}
	s.teams[t.clinic] = newCrew(members)
	return s.teams[t.clinic]
}

// nextRow is the row whose head is looked at next: the head that is due first, and among heads of its priority the queues
// take turns by weight, unless she is to be served before everybody.
func (s *settling) nextRow() *row {
	var best *row
	for _, r := range s.hall.rows {
		if s.skip(r); s.at[r] >= len(r.waiting) {
			continue
		}
		if best == nil || before(s.head(r), s.head(best)) {
			best = r
		}
	}
	if best == nil || s.head(best).first {
		return best
	}
	turn := best
	for _, r := range s.hall.rows {
		if s.at[r] < len(r.waiting) && s.head(r).priority == s.head(best).priority && s.sooner(r, turn) {
			turn = r
		}
	}
	return turn
}

// before is the order of two heads; the name decides between equals, so that a night can be told again.
func before(a, b *ticket) bool {
	if c := a.due().Compare(b.due()); c != 0 {
		return c < 0
	}
	return a.row.id < b.row.id
}

// sooner reports whether it is a queue's turn rather than another's: by what it has saved up, then by whose head is due.
func (s *settling) sooner(r, other *row) bool {
	if mine, its := r.credit+r.weight, other.credit+other.weight; mine != its {
		return mine > its
	}
	return before(s.head(r), s.head(other))
}

// skip passes over callers for whom somebody is asked already.
func (s *settling) skip(r *row) {
	for s.at[r] < len(r.waiting) {
		if t := r.waiting[s.at[r]]; len(t.asked) == 0 && !t.after.After(s.now) {
			return
		}
		s.at[r]++
	}
}

func (s *settling) head(r *row) *ticket { return r.waiting[s.at[r]] }

// assign asks people for a caller, and pays for the turn.
func (s *settling) assign(t *ticket, people []*agent) {
	h := s.hall
	for _, a := range people {
		h.turns++
		a.holder, a.held, a.turn = t, s.now, h.turns
		t.asked = append(t.asked, a.person)
		delete(s.free, a.person)
		h.tellAgent(a.person)
	}
	s.pay(t)
	if t.call != nil {
		t.call.mail.post(happening{do: func(*Call) {}})
		return
	}
	h.ringBack(t)
}

// pay moves the turn on: every queue of this priority that waits saves its weight, and the one that was served pays for all.
func (s *settling) pay(t *ticket) {
	total := 0
	for _, r := range s.hall.rows {
		if r == t.row || s.at[r] < len(r.waiting) && s.head(r).priority == t.priority {
			r.credit += r.weight
			total += r.weight
		}
	}
	t.row.credit -= total
}

// miss notes for whom nobody is there who could answer, and tells those who wait no longer for that.
func (s *settling) miss() {
	type question struct {
		crew   *crew
		clinic string
		skills string
	}
	known := map[question]bool{}
	for _, r := range s.hall.rows {
		for _, t := range r.waiting {
			if t.queue.Empty == policy.WaitOn || t.call == nil {
				continue
			}
			q := question{s.crewOf(t), t.clinic, join(t.queue.Skills)}
			somebody, asked := known[q]
			if !asked {
				somebody = s.somebody(t)
				known[q] = somebody
			}
			s.bare(t, somebody)
		}
	}
}

func (s *settling) bare(t *ticket, somebody bool) {
	switch {
	case somebody:
		t.bare = time.Time{}
	case t.bare.IsZero() && t.fresh:
		t.bare = s.now.Add(-bareWait)
	case t.bare.IsZero():
		t.bare = s.now
		s.soon(s.now.Add(bareWait))
	}
	t.fresh = false
	if t.forsaken(s.now) {
		t.call.mail.post(happening{do: func(*Call) {}})
	}
}

// forsaken reports that nobody is there to wait for: at once where there was nobody when she came.
func (t *ticket) forsaken(now time.Time) bool {
	return !t.bare.IsZero() && now.Sub(t.bare) >= bareWait
}

func join(words []string) (all string) {
	for _, w := range words {
		all += w + " "
	}
	return all
}

// wind sets the clock.
func (h *hall) wind(at time.Time) {
	if h.clock != nil {
		h.clock.Stop()
		h.clock = nil
	}
	if !at.IsZero() {
		h.clock = time.AfterFunc(at.Sub(h.now()), h.look)
	}
}
