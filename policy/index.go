package policy

import (
	"fmt"
	"strings"
	"time"
)

// Snapshot is a book made ready to decide: every lookup indexed, every schedule compiled, the zone data chosen. It is
// immutable and safe for any number of callers; a new book, or new zone data, is a new Snapshot.
type Snapshot struct {
	Book     *Book
	Zones    *Zones
	numbers  map[dialled]*Number
	clinics  map[string]*office
	trunks   map[string]*Trunk
	people   map[string]*member
	rosters  map[string]*Roster
	queues   map[string]*Queue
	first    map[string]string // a clinic's first E.164 number
	desk     []QueueMember     // every agent and supervisor with a device; shared, never changed
	mistakes []error
}

// dialled is the key of a number: on its trunk, or on any.
type dialled struct{ number, trunk string }

// office is a clinic made ready.
type office struct {
	*Clinic
	zone  *time.Location
	hours windows
}

// member is a person and her devices.
type member struct {
	*Person
	users []string
}

// Index makes a book ready. It always succeeds, because a patient may be on the line: what is wrong with the book stands in
// Mistakes, and what cannot be read stands empty, so that a call reaches the next step and the last resort. Zones nil: the
// embedded copy.
func Index(b *Book, z *Zones) *Snapshot {
	if z == nil {
		z = EmbeddedZones()
	}
	s := &Snapshot{
		Book: b, Zones: z,
		numbers: make(map[dialled]*Number, len(b.Numbers)),
		clinics: make(map[string]*office, len(b.Clinics)),
		trunks:  make(map[string]*Trunk, len(b.Trunks)),
		people:  make(map[string]*member, len(b.People)),
		rosters: make(map[string]*Roster, len(b.Schedules)),
		queues:  make(map[string]*Queue, len(b.Queues)),
		first:   make(map[string]string, len(b.Clinics)),
	}
	for i := range b.Trunks {
		s.trunks[b.Trunks[i].ID] = &b.Trunks[i]
	}
	for i := range b.Numbers {
		n := &b.Numbers[i]
		s.numbers[dialled{n.Number, n.Trunk}] = n
		if s.first[n.Clinic] == "" && strings.HasPrefix(n.Number, "+") {
			s.first[n.Clinic] = n.Number
		}
	}
	for i := range b.Queues {
		s.queues[b.Queues[i].ID] = &b.Queues[i]
	}
	for i := range b.Clinics {
		s.clinic(&b.Clinics[i])
	}
	for i := range b.People {
		s.people[b.People[i].ID] = &member{Person: &b.People[i]}
	}
	for _, d := range b.Devices {
		if m := s.people[d.Person]; m != nil {
			m.users = append(m.users, d.User)
		}
	}
	s.desk = s.everybody()
	for i := range b.Schedules {
		s.schedule(&b.Schedules[i])
	}
	return s
}

// Mistakes lists what could not be made ready, each with the clinic or schedule it stands in.
func (s *Snapshot) Mistakes() []error { return s.mistakes }

func (s *Snapshot) clinic(c *Clinic) {
	zone, err := s.Zones.Zone(c.Zone)
	if err != nil {
		s.mistakes = append(s.mistakes, fmt.Errorf("clinic %s: %w", c.ID, err))
		zone = time.UTC
	}
	s.clinics[c.ID] = &office{Clinic: c, zone: zone, hours: newWindows(c.Hours)}
}

func (s *Snapshot) schedule(sch *Schedule) {
	rules := s.rules(sch, time.Time{})
	r, err := Compile(*sch, rules)
	if err != nil {
		s.mistakes = append(s.mistakes, fmt.Errorf("schedule %s: %w", sch.ID, err))
		return
	}
	s.rosters[sch.ID] = r
}

// rules collects what a schedule is read with: its own zone or its clinic's, and the clinic's holidays.
func (s *Snapshot) rules(sch *Schedule, knownAt time.Time) Rules {
	rules := Rules{ZoneName: sch.Zone, People: s.Book.Edits, KnownAt: knownAt}
	if c := s.clinics[sch.Clinic]; c != nil {
		rules.Holidays = c.Holidays
		if rules.ZoneName == "" {
			rules.ZoneName = c.Zone
		}
	}
	rules.Zone, _ = s.Zones.Zone(rules.ZoneName)
	return rules
}

// AsKnownAt compiles one schedule as it was known at a past moment.
func (s *Snapshot) AsKnownAt(schedule string, known time.Time) (*Roster, error) {
	for i := range s.Book.Schedules {
		if sch := &s.Book.Schedules[i]; sch.ID == schedule {
			return Compile(*sch, s.rules(sch, known))
		}
	}
	return nil, fmt.Errorf("unknown schedule %q", clip(schedule))
}

// Roster finds a compiled schedule; nil when there is none, or it has a mistake.
func (s *Snapshot) Roster(schedule string) *Roster { return s.rosters[schedule] }

// Clinic finds a clinic by id.
func (s *Snapshot) Clinic(id string) (*Clinic, bool) {
	if o := s.clinics[id]; o != nil {
		return o.Clinic, true
	}
	return nil, false
}

// Trunk finds a trunk by id.
func (s *Snapshot) Trunk(id string) (*Trunk, bool) {
	t := s.trunks[id]
	return t, t != nil
}

// Person finds a person by id.
func (s *Snapshot) Person(id string) (*Person, bool) {
	if m := s.people[id]; m != nil {
		return m.Person, true
	}
	return nil, false
}

// Users lists the AOR user parts of a person's devices.
func (s *Snapshot) Users(person string) []string {
	if m := s.people[person]; m != nil {
		return m.users
	}
	return nil
}

// Resolve asks a schedule, and passes over whom the book says cannot be rung (S10). False: there is no such schedule.
func (s *Snapshot) Resolve(schedule string, at time.Time, into *OnCall) bool {
	r := s.rosters[schedule]
	if r == nil {
		return false
	}
	r.Resolve(at, into)
	for i := range into.Tiers {
		tier := &into.Tiers[i]
		kept := tier.People[:0]
		for _, p := range tier.People {
			if why := s.reach(p.Person); why != "" {
				tier.Passed = append(tier.Passed, Passed{p.Person, why})
				if p.Source.Kind != DoDND || s.reach(p.Source.For) != "" {
					continue
				}
				p = p.disturbed()
			}
			kept = append(kept, p)
		}
		tier.People = kept
	}
	return true
}

// disturbed is the shift back in the hands of who asked not to be disturbed: her cover cannot be rung, and that must not
// make a gap.
func (p Standing) disturbed() Standing {
	p.Person, p.Source.Kind, p.Source.Edit, p.Source.For = p.Source.For, "", "", ""
	return p
}

// reach says why a person cannot be rung; empty: she can. A verified telephone is enough.
func (s *Snapshot) reach(person string) Why {
	m := s.people[person]
	switch {
	case m == nil:
		return Unknown
	case !m.Active:
		return Deactivated
	case len(m.users) == 0 && m.Phone.IsZero():
		return Unreachable
	}
	return ""
}
