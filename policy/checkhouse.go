package policy

import (
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"
)

// What is wrong with what belongs to the whole house: queues, laws, carriers, the way of 911.

// CheckQueue finds what is wrong with a queue itself; what its keys name is held against each clinic that uses it.
func CheckQueue(q Queue, b *Book) Mistakes {
	var m Mistakes
	w := newWary(&m, b, nil, time.Time{})
	w.id("id", q.ID)
	w.text("name", q.Name, maxName)
	if !slices.Contains([]Strategy{"", LongestIdle, RingAll, RoundRobin, Ordered, FewestCalls}, q.Strategy) {
		w.wrong("strategy", "unknown: %q", clip(string(q.Strategy)))
	}
	if len(q.Members) > maxMembers {
		w.wrong("members", "more than %d", maxMembers)
	}
	seen := map[string]bool{}
	for i, member := range q.Members {
		at := fmt.Sprintf("members[%d]", i)
		if w.person(at+".person", member.Person); seen[member.Person] {
			w.wrong(at+".person", "stands twice")
		}
		if seen[member.Person] = true; len(member.Users) > 0 {
			w.wrong(at+".users", "are found when a call comes")
		}
		w.span(at+".order", time.Duration(member.Order), 1000)
		w.words(at+".skills", member.Skills)
	}
	if q.Schedule != "" && !slices.ContainsFunc(b.Schedules, func(s Schedule) bool { return s.ID == q.Schedule }) {
		w.wrong("schedule", "unknown schedule %q", clip(q.Schedule))
	}
	if q.Tier < 0 || q.Tier > maxTiers {
		w.wrong("tier", "between 1 and %d", maxTiers)
	}
	if q.Empty != "" && q.Empty != GoOn && q.Empty != WaitOn {
		w.wrong("empty", "neither go_on nor wait: %q", clip(string(q.Empty)))
	}
	if q.Empty == WaitOn && q.MaxWait == 0 {
		w.wrong("max_wait", "is missing: while nobody is ready a caller would wait without end")
	}
	w.queueTimes(q)
	w.words("skills", q.Skills)
	for k := range q.Keys {
		w.key("keys."+k, k)
	}
	return m
}

func (w wary) queueTimes(q Queue) {
	w.span("relax", q.Relax, maxQueued)
	w.span("ring_for", q.RingFor, maxRinging)
	w.span("wrap_up", q.WrapUp, time.Hour)
	w.span("max_wait", q.MaxWait, maxQueued)
	w.span("first", q.First, time.Hour)
	w.span("every", q.Every, time.Hour)
	if q.Every > 0 && q.Every < 5*time.Second {
		w.wrong("every", "less than 5s: a caller would hear nothing else")
	}
	w.span("pause_after", time.Duration(q.PauseAfter), 100)
	w.span("max_callers", time.Duration(q.MaxCallers), 10000)
	w.span("priority", time.Duration(q.Priority), 1000)
	w.span("weight", time.Duration(q.Weight), 1000)
}

// words takes skills and the like.
func (w wary) words(field string, list []string) {
	if len(list) > 64 {
		w.wrong(field, "more than 64")
	}
	for i, s := range list {
		w.id(fmt.Sprintf("%s[%d]", field, i), s)
	}
}

// CheckLaws finds what is wrong with a table of what states ask before a call is recorded.
func CheckLaws(list []ConsentLaw) Mistakes {
	var m Mistakes
	w := newWary(&m, &Book{}, nil, time.Time{})
	if len(list) > maxLaws {
		w.wrong("laws", "more than %d", maxLaws)
	}
	seen := map[string]bool{}
	for i, l := range list {
		at := fmt.Sprintf("laws[%d]", i)
		if !stateForm.MatchString(l.State) || seen[l.State] {
			w.wrong(at+".state", "not a state like US-CA, or it stands twice")
		}
		seen[l.State] = true
		if l.Rule.rank() < 0 {
			w.wrong(at+".rule", "neither one_party, announced, all_parties nor never: %q", clip(string(l.Rule)))
		}
		if l.Beep != 0 && (l.Beep < minBeep || l.Beep > maxBeep) {
			w.wrong(at+".beep", "between %s and %s", minBeep, maxBeep)
		}
		w.text(at+".note", l.Note, maxReason)
	}
	return m
}

// CheckCarrier finds what is wrong with a trunk's outbound side. Roots are for whoever reads certificates.
func CheckCarrier(t Trunk) Mistakes {
	var m Mistakes
	c := t.Carrier
	if c == nil {
		return nil
	}
	w := newWary(&m, &Book{}, nil, time.Time{})
	for field, name := range map[string]string{"host": c.Host, "domain": c.Domain} {
		if _, err := netip.ParseAddr(name); err != nil && !hostForm.MatchString(name) && (name != "" || field == "host") {
			w.wrong(field, "is neither a DNS name nor an address")
		}
	}
	if c.Port < 0 || c.Port > 65535 {
		w.wrong("port", "is not a port")
	}
	w.text("user", c.User, maxID)
	if c.Register && c.User == "" && !c.Certificate {
		w.wrong("register", "needs a user or a certificate")
	}
	if c.OptionsEvery > 0 && c.OptionsEvery < 5*time.Second || c.OptionsEvery > time.Hour {
		w.wrong("options_every", "between 5s and 1h, or negative for never")
	}
	w.span("rank", time.Duration(c.Rank), 1000)
	for i, p := range c.Numbers.Allow {
		if !prefixForm.MatchString(p) {
			w.wrong(fmt.Sprintf("numbers.allow[%d]", i), "not the beginning of a number like +1212")
		}
	}
	for i, p := range c.Numbers.Deny {
		if !prefixForm.MatchString(p) {
			w.wrong(fmt.Sprintf("numbers.deny[%d]", i), "not the beginning of a number like +1900")
		}
	}
	if !slices.Contains([]string{"", "e164", "plain", "national"}, c.Numbers.Format) {
		w.wrong("numbers.format", "neither e164, plain nor national: %q", clip(c.Numbers.Format))
	}
	if !dialForm.MatchString(c.Numbers.Prefix) {
		w.wrong("numbers.prefix", "holds more than digits, +, * and #")
	}
	return m
}

var hostForm = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$`)

// CheckEmergency finds what is wrong with how 911 leaves the house.
func CheckEmergency(e EmergencyLine, b *Book) Mistakes {
	var m Mistakes
	w := newWary(&m, b, nil, time.Time{})
	if i := slices.IndexFunc(b.Trunks, func(t Trunk) bool { return t.ID == e.Trunk }); e.Trunk != "" && (i < 0 || b.Trunks[i].Carrier == nil) {
		w.wrong("trunk", "no trunk %q that dials outward", clip(e.Trunk))
	}
	if e.CallBack != "" && !isE164(e.CallBack) {
		w.wrong("call_back", "not a telephone number in the form +12125550100")
	}
	if e.Trunk != "" && e.CallBack == "" {
		w.wrong("call_back", "is missing: whoever answers 911 has to be able to ring back")
	}
	if _, house := e.Locations[""]; e.Trunk != "" && !house {
		w.wrong("locations", "the house's own is missing: it stands for every device that names none")
	}
	for _, device := range slices.Sorted(maps.Keys(e.Locations)) {
		at := "locations." + device
		if device != "" && !slices.ContainsFunc(b.Devices, func(d Device) bool { return d.User == device }) {
			w.wrong(at, "unknown device %q", clip(device))
		}
		w.location(at, e.Locations[device])
	}
	return m
}

// location takes a dispatchable location: enough to find the caller by.
func (w wary) location(at string, l Location) {
	for field, value := range map[string]string{
		"country": l.Country, "state": l.State, "city": l.City, "street": l.Street, "house": l.House, "room": l.Room,
		"floor": l.Floor, "postal": l.Postal,
	} {
		w.text(at+"."+field, value, maxName)
		optional := field == "room" || field == "floor" || field == "postal"
		if strings.TrimSpace(value) == "" && !optional {
			w.wrong(at+"."+field, "is missing")
		}
	}
	if l.Country != "" && (len(l.Country) != 2 || strings.ToUpper(l.Country) != l.Country) {
		w.wrong(at+".country", "not a country of two capitals")
	}
}
