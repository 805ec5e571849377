package policy

import (
	"fmt"
	"time"
)

// Built-in prompts and times that stand where a book names none: a caller never meets silence.
const (
	DefaultLastResort = "last_resort"
	DefaultRing       = 20 * time.Second
)

// Decide reads a book once for one question: previews and tests. The call path keeps a Snapshot.
func Decide(b *Book, q Inquiry) Plan { return Index(b, nil).Decide(q) }

// Decide says what a call should do. It never fails: an unknown number of a known trunk goes to the catch-all clinic, and a
// plan that reaches nobody still has its last resort.
func (s *Snapshot) Decide(q Inquiry) Plan {
	p := Plan{At: q.At, Version: s.Book.Version, ZoneData: s.Zones.Name(), LastResort: DefaultLastResort, Answer: AtOnce}
	office, number := s.whose(q, &p)
	if number != nil {
		p.Number = number.Number
		if number.Answer != "" {
			p.Answer = number.Answer
		}
	}
	if office == nil {
		p.because("no clinic takes this call: straight to the last resort")
		return p
	}
	p.Clinic, p.ClinicName, p.Record = office.ID, office.Name, office.Record
	p.Greeting, p.Announce = office.Greeting, office.Announce
	if office.LastResort != "" {
		p.LastResort = office.LastResort
	}
	p.MaxCalls, p.Card, p.Music = office.Features.MaxCalls, office.Features.Card, office.Features.Music
	if office.Suspended {
		p.because("%s is suspended: straight to the last resort", office.Name)
		return p
	}
	flow := office.Closed
	if p.Open = s.open(office, q.At, &p); p.Open {
		flow = office.Open
	}
	p.Steps = s.steps(office, flow, q.At)
	s.features(office, q, &p)
	p.because("zone data %s", p.ZoneData)
	return p
}

func (p *Plan) because(format string, args ...any) {
	p.Because = append(p.Because, fmt.Sprintf(format, args...))
}

// whose finds the clinic: the number as it came, on this very trunk or on any, then as the trunk's country reads it, else
// the catch-all. An unknown number is not repeated in the reasons: it may be a patient's own.
func (s *Snapshot) whose(q Inquiry, p *Plan) (*office, *Number) {
	n := s.find(q.Number, q.Trunk)
	if n == nil {
		country := ""
		if t := s.trunks[q.Trunk]; t != nil {
			country = t.Country
		}
		if e164, ok := NormaliseNumber(q.Number, country); ok {
			n = s.find(e164, q.Trunk)
		}
	}
	if n == nil {
		office := s.clinics[s.Book.CatchAll]
		if office != nil {
			p.because("the number dialled is in nobody's list: %s takes it as the catch-all", office.Name)
		}
		return office, nil
	}
	office := s.clinics[n.Clinic]
	if n.Trunk == "" {
		p.because("%s is %s's number", n.Number, office.Name)
	} else {
		p.because("%s on trunk %s is %s's number", n.Number, n.Trunk, office.Name)
	}
	return office, n
}

// find looks a number up on a trunk, then on any; a number whose clinic is missing is nobody's.
func (s *Snapshot) find(number, trunk string) *Number {
	for _, key := range [...]dialled{{number, trunk}, {number, ""}} {
		if n := s.numbers[key]; n != nil && s.clinics[n.Clinic] != nil {
			return n
		}
	}
	return nil
}

// open says whether the clinic's hours hold, and since when they do or do not.
func (s *Snapshot) open(o *office, at time.Time, p *Plan) bool {
	if len(o.hours) == 0 {
		p.because("%s has no opening hours: the closed flow answers", o.Name)
		return false
	}
	c := newClock(o.zone)
	span, holds := o.hours.active(at.Unix(), &c, nil)
	if holds {
		p.because("open until %s", clockText(span.end, o.zone, o.Zone))
		return true
	}
	p.because("closed since %s, until %s", clockText(span.start, o.zone, o.Zone), clockText(span.end, o.zone, o.Zone))
	return false
}

// steps resolves a flow.
func (s *Snapshot) steps(o *office, flow Flow, at time.Time) []Step {
	steps := make([]Step, 0, len(flow.Steps))
	for i := range flow.Steps {
		rule := &flow.Steps[i]
		if rule.Do == "" || rule.Do == Ring {
			steps = append(steps, s.step(rule, at))
		} else {
			steps = append(steps, s.other(o, rule, at))
		}
	}
	return steps
}

// step asks the schedule and the list of people, in that order. A step that reaches nobody has no targets and takes no time.
func (s *Snapshot) step(rule *StepRule, at time.Time) Step {
	step := Step{Name: rule.Name, Mode: rule.Mode, For: rule.For, Targets: []Target{}}
	if step.Mode == "" {
		step.Mode = Together
	}
	if step.For <= 0 {
		step.For = DefaultRing
	}
	s.among(rule, at, &step)
	if len(step.Targets) == 0 {
		step.Because = append(step.Because, "nobody to ring: the next step follows at once")
	}
	return step
}

// finder takes the people that a rule means, one by one.
type finder interface {
	because(format string, args ...any)
	// take adds a person, or says why she is passed over; true: somebody was there to be taken.
	take(s *Snapshot, person, why string) bool
}

// among asks the schedule and the list of people, in that order.
func (s *Snapshot) among(rule *StepRule, at time.Time, into finder) {
	if rule.Schedule != "" {
		s.ask(rule, at, into)
	}
	for _, person := range rule.People {
		into.take(s, person, "named by the step")
	}
}

// ask gives the people of a schedule's tier. A tier without anybody falls to the next in the same instant.
func (s *Snapshot) ask(rule *StepRule, at time.Time, into finder) {
	var now OnCall
	if !s.Resolve(rule.Schedule, at, &now) {
		into.because("schedule %s cannot be read", rule.Schedule)
		return
	}
	r := s.rosters[rule.Schedule]
	for i := max(rule.Tier, 1) - 1; i < len(now.Tiers); i++ {
		tier := &now.Tiers[i]
		for _, passed := range tier.Passed {
			into.because("%s is passed over: %s", passed.Person, passed.Why)
		}
		found := false
		for _, p := range tier.People {
			found = into.take(s, p.Person, r.reason(p)) || found
		}
		if found {
			return
		}
		into.because("nobody on call in tier %d of schedule %s", tier.Number, rule.Schedule)
	}
}

func (step *Step) because(format string, args ...any) {
	step.Because = append(step.Because, fmt.Sprintf(format, args...))
}

// take adds a person once, at all her devices.
func (step *Step) take(s *Snapshot, person, why string) bool {
	for _, t := range step.Targets {
		if t.Person == person {
			return false
		}
	}
	if not := s.reach(person); not != "" {
		step.because("%s is passed over: %s", person, not)
		return false
	}
	users := s.people[person].users
	if len(users) == 0 {
		step.because("%s is passed over: no device, and her telephone is not rung by this step", person)
		return false
	}
	step.Targets = append(step.Targets, Target{Person: person, Users: users})
	step.because("%s: %s", person, why)
	return true
}
