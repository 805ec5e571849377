package policy

import (
	"fmt"
	"slices"
	"time"
)

// What a plan says beside whom to ring: queues, menus, the patch to the clinician, consent, languages, the way out.

// features copies into the plan what the clinic has besides its flows.
func (s *Snapshot) features(o *office, q Inquiry, p *Plan) {
	f := &o.Features
	p.Emergency, p.Languages, p.Interpreter, p.Fax = f.Emergency, f.Languages, f.Interpreter, f.Fax
	p.Priority, p.RepeatLift, p.Voicemail = f.Priority, f.RepeatLift, f.Voicemail
	if slices.Contains(f.Bypass, q.Trunk) && q.Trunk != "" {
		p.Bypass = true
		p.because("calls on trunk %s skip the words", q.Trunk)
	}
	for name, flow := range f.Flows {
		if p.Flows == nil {
			p.Flows = make(map[string][]Step, len(f.Flows))
		}
		p.Flows[name] = s.steps(o, flow, q.At)
	}
	for _, m := range f.Menus {
		if p.Menus == nil {
			p.Menus = make(map[string]Menu, len(f.Menus))
		}
		p.Menus[m.ID] = m
	}
	p.Patch = s.PatchPlan(o.ID, q.At)
	if f.outward() {
		var why []string
		p.Outbound, why = s.Route(o.ID, "")
		p.Because = append(p.Because, why...)
	}
	if p.Record {
		s.weighConsent(o, q, p)
	}
}

// outward says that calls of the clinic may go out.
func (f *Features) outward() bool { return f.Patch != nil || f.Interpreter != "" || f.Fax != "" }

// weighConsent says what has to be said before this call is recorded. A clinic that announces does so whatever the law asks.
func (s *Snapshot) weighConsent(o *office, q Inquiry, p *Plan) {
	p.Consent = s.consent(o, q.From, p.answering())
	if p.Consent.Because != "" {
		p.because("recording: %s", p.Consent.Because)
	}
	switch {
	case p.Consent.Rule == NoRecording:
		p.Record, p.Announce = false, ""
	case p.Consent.Rule != OneParty && p.Announce == "":
		p.Announce = DefaultAnnounce
		p.because("the clinic names no announcement: the built-in one is played")
	}
}

// answering lists everybody who may answer, each once.
func (p *Plan) answering() (people []string) {
	seen := map[string]bool{}
	add := func(person string) {
		if !seen[person] {
			seen[person] = true
			people = append(people, person)
		}
	}
	flows := [][]Step{p.Steps}
	for _, steps := range p.Flows {
		flows = append(flows, steps)
	}
	for _, steps := range flows {
		for i := range steps {
			for _, t := range steps[i].Targets {
				add(t.Person)
			}
			if q := steps[i].Queue; q != nil {
				for _, m := range q.Members {
					add(m.Person)
				}
			}
		}
	}
	slices.Sort(people)
	return people
}

// other is a step that does something else than ring. One that names what does not exist does nothing and takes no time: the
// caller comes to the next step, and in the end to the last resort.
func (s *Snapshot) other(o *office, rule *StepRule, at time.Time) Step {
	step := Step{Name: rule.Name, Do: rule.Do, For: max(rule.For, 0), Targets: []Target{}}
	missing := ""
	switch rule.Do {
	case Wait:
		if q := s.queues[rule.Queue]; q != nil {
			step.Queue = s.queue(q, at, &step)
		} else {
			missing = "queue " + rule.Queue
		}
	case Ask:
		step.Menu = rule.Menu
		if !slices.ContainsFunc(o.Features.Menus, func(m Menu) bool { return m.ID == rule.Menu }) {
			missing = "menu " + rule.Menu
		}
	case Say:
		if step.Prompt = rule.Prompt; rule.Prompt == "" {
			missing = "prompt"
		}
	case Patching:
		if o.Features.Patch == nil {
			missing = "patch"
		}
	case Voicemail:
		if o.Features.Voicemail == nil {
			step.because("the clinic has no rule for voice messages: the built-in one holds")
		}
	default:
		missing = "kind " + clip(string(rule.Do))
	}
	if missing != "" {
		return Step{Name: rule.Name, Mode: Together, For: DefaultRing, Targets: []Target{},
			Because: []string{fmt.Sprintf("there is no %s: the next step follows at once", clip(missing))}}
	}
	return step
}

// queue is a queue with its members found: those it names, those of its schedule's tier, or where it names none, everybody
// who has a desk. Whether they are ready is asked when a caller waits.
func (s *Snapshot) queue(q *Queue, at time.Time, step *Step) *Queue {
	found := *q
	if len(q.Members) == 0 && q.Schedule == "" {
		found.Members = s.desk
		step.because("queue %s: whoever is ready for the clinic, of %d agents", q.ID, len(s.desk))
		return &found
	}
	found.Members = make([]QueueMember, 0, len(q.Members))
	for _, m := range q.Members {
		if why := s.atDesk(m.Person); why != "" {
			step.because("%s is passed over: %s", m.Person, why)
			continue
		}
		m.Users = s.people[m.Person].users
		found.Members = append(found.Members, m)
		step.because("%s: member of queue %s", m.Person, q.ID)
	}
	if q.Schedule != "" {
		var on Step
		s.ask(&StepRule{Schedule: q.Schedule, Tier: q.Tier}, at, &on)
		step.Because = append(step.Because, on.Because...)
		for _, t := range on.Targets {
			if !slices.ContainsFunc(found.Members, func(m QueueMember) bool { return m.Person == t.Person }) {
				found.Members = append(found.Members, QueueMember{Person: t.Person, Users: t.Users})
			}
		}
	}
	if len(found.Members) == 0 {
		step.because("queue %s has nobody who could answer", q.ID)
	}
	return &found
}

// atDesk says why a person cannot be offered callers; empty: she can.
func (s *Snapshot) atDesk(person string) Why {
	if why := s.reach(person); why != "" {
		return why
	}
	if len(s.people[person].users) == 0 {
		return Unreachable
	}
	return ""
}

// everybody are the agents and supervisors who have a device.
func (s *Snapshot) everybody() []QueueMember {
	all := []QueueMember{}
	for i := range s.Book.People {
		p := &s.Book.People[i]
		if (p.Role == "agent" || p.Role == "supervisor") && s.atDesk(p.ID) == "" {
			all = append(all, QueueMember{Person: p.ID, Users: s.people[p.ID].users})
		}
	}
	return all
}

// PatchPlan finds the people of a clinic's patch at an instant; nil: the clinic has none. It is asked anew when an agent
// patches: who is on call may have changed since the call came.
func (s *Snapshot) PatchPlan(clinic string, at time.Time) *PatchPlan {
	o := s.clinics[clinic]
	if o == nil || o.Features.Patch == nil {
		return nil
	}
	plan := &PatchPlan{Patch: *o.Features.Patch, Steps: []PatchStep{}}
	for i := range plan.Ladder {
		rule := &plan.Ladder[i]
		step := PatchStep{Name: rule.Name, Mode: rule.Mode, For: rule.For, People: []Reachable{}, Because: []string{}}
		if step.Mode == "" {
			step.Mode = Together
		}
		if step.For <= 0 {
			step.For = max(plan.RingFor, 0)
		}
		if step.For == 0 {
			step.For = DefaultRing
		}
		s.among(rule, at, &step)
		if len(step.People) == 0 {
			step.because("nobody to dial: the next round follows at once")
		}
		plan.Steps = append(plan.Steps, step)
	}
	return plan
}

func (step *PatchStep) because(format string, args ...any) {
	step.Because = append(step.Because, fmt.Sprintf(format, args...))
}

// take adds a person once, with her devices and her telephone.
func (step *PatchStep) take(s *Snapshot, person, why string) bool {
	if slices.ContainsFunc(step.People, func(r Reachable) bool { return r.Person == person }) {
		return false
	}
	if not := s.reach(person); not != "" {
		step.because("%s is passed over: %s", person, not)
		return false
	}
	m := s.people[person]
	step.People = append(step.People, Reachable{Person: person, Users: m.users, Phone: m.Phone})
	step.because("%s: %s", person, why)
	return true
}
