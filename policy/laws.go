package policy

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nyaruka/phonenumbers"

	"nightbell/phi"
)

//go:embed areacodes.txt
var areaCodes string

// states finds an area code's place.
var states = sync.OnceValue(func() map[string]string {
	all := map[string]string{}
	for line := range strings.Lines(areaCodes) {
		state, codes, _ := strings.Cut(strings.TrimSpace(line), " ")
		if state == "#" {
			continue
		}
		for code := range strings.FieldsSeq(codes) {
			all[code] = state
		}
	}
	return all
})

// StateOf says where a number is at home: ISO 3166-2 for the plan of North America ("US-CA"), the country elsewhere; empty
// where nobody can say. A caller may have moved and kept her number: the strictest of all states concerned counts.
func StateOf(e164 string) string {
	if national, ok := strings.CutPrefix(e164, "+1"); ok {
		if len(national) != 10 {
			return ""
		}
		return states()[national[:3]]
	}
	n, err := phonenumbers.Parse(e164, "")
	if err != nil {
		return ""
	}
	return phonenumbers.GetRegionCodeForNumber(n)
}

// BuiltInLaws are what an empty table of the book means: the states that ask for the consent of all parties to a recorded
// telephone call, or whose courts have been read so, as far as we know them. They are data to begin with and no advice: the
// operator edits them. Who is in no line asks for one party's consent (18 U.S.C. §2511(2)(d)).
func BuiltInLaws() []ConsentLaw {
	return []ConsentLaw{
		{State: "US-CA", Rule: AllParties, Note: "Cal. Penal Code §632, §632.7"},
		{State: "US-CT", Rule: AllParties, Note: "Conn. Gen. Stat. §52-570d (civil)"},
		{State: "US-DE", Rule: AllParties, Note: "Del. Code tit. 11 §1335(a)(4); tit. 11 §2402 reads otherwise"},
		{State: "US-FL", Rule: AllParties, Note: "Fla. Stat. §934.03"},
		{State: "US-IL", Rule: AllParties, Note: "720 ILCS 5/14-2"},
		{State: "US-MD", Rule: AllParties, Note: "Md. Code, Cts. & Jud. Proc. §10-402"},
		{State: "US-MA", Rule: AllParties, Note: "Mass. Gen. Laws ch. 272 §99"},
		{State: "US-MI", Rule: AllParties, Note: "Mich. Comp. Laws §750.539c; courts have exempted a party to the call"},
		{State: "US-MT", Rule: AllParties, Note: "Mont. Code §45-8-213"},
		{State: "US-NV", Rule: AllParties, Note: "Nev. Rev. Stat. §200.620 (wire)"},
		{State: "US-NH", Rule: AllParties, Note: "N.H. Rev. Stat. §570-A:2"},
		{State: "US-OR", Rule: Announced, Note: "Or. Rev. Stat. §165.540: all parties in person, one by telephone"},
		{State: "US-PA", Rule: AllParties, Note: "18 Pa. Cons. Stat. §5704(4)"},
		{State: "US-VT", Rule: Announced, Note: "no statute; case law asks for care"},
		{State: "US-WA", Rule: AllParties, Note: "Wash. Rev. Code §9.73.030: announcing it is enough, and is recorded too"},
		{State: "CA", Rule: Announced, Note: "PIPEDA, Principle 3 of Schedule 1"},
	}
}

// rank orders rules from lenient to strict.
func (r ConsentRule) rank() int {
	return slices.Index([]ConsentRule{OneParty, Announced, AllParties, NoRecording}, r)
}

// law finds what a state asks: its own line, else its country's; false where the table has neither.
func (b *Book) law(state string) (ConsentLaw, bool) {
	table := b.Laws
	if len(table) == 0 {
		table = builtInLaws()
	}
	country, _, _ := strings.Cut(state, "-")
	for _, name := range []string{state, country} {
		for _, l := range table {
			if l.State == name && name != "" {
				return l, true
			}
		}
	}
	return ConsentLaw{State: state, Rule: OneParty}, false
}

var builtInLaws = sync.OnceValue(BuiltInLaws)

// consent is the strictest of what the states of the clinic, the caller and those who may answer ask.
func (s *Snapshot) consent(o *office, from phi.Phone, answering []string) Consent {
	f := o.Features
	c := Consent{Rule: OneParty, Beep: f.Beep, Decline: f.Decline}
	weigh := func(state, whose string) {
		l, known := s.Book.law(state)
		if state == "" || slices.Contains(c.States, state) {
			return
		}
		if l.Beep > 0 && (c.Beep == 0 || l.Beep < c.Beep) {
			c.Beep = l.Beep
		}
		if !known || l.Rule.rank() <= c.Rule.rank() {
			c.States = append(c.States, state)
			return
		}
		c.States = append([]string{state}, c.States...)
		c.Rule, c.Because = l.Rule, whose+" is in "+state+": "+l.Rule.words()
		if l.Note != "" {
			c.Because += " (" + l.Note + ")"
		}
	}
	weigh(f.State, "the clinic")
	weigh(StateOf(from.Reveal()), "the caller's number")
	for _, person := range answering {
		if m := s.people[person]; m != nil {
			weigh(m.State, person)
		}
	}
	if c.Because == "" && len(c.States) > 0 {
		c.Because = "no state concerned asks for more than one party's consent"
	}
	return c
}

func (r ConsentRule) words() string {
	switch r {
	case Announced:
		return "the recording has to be announced"
	case AllParties:
		return "everybody has to be told of the recording"
	case NoRecording:
		return "nothing is recorded"
	}
	return "nothing has to be said"
}

// Stricter is the stricter of two consents: what a call has to do once somebody joins whose state was not weighed.
func (c Consent) Stricter(law ConsentLaw) Consent {
	if law.Beep > 0 && (c.Beep == 0 || law.Beep < c.Beep) {
		c.Beep = law.Beep
	}
	if law.Rule.rank() > c.Rule.rank() {
		c.Rule, c.Because = law.Rule, law.State+": "+law.Rule.words()
	}
	return c
}

// Law is what the book's table, or the built-in one, asks of a state.
func (s *Snapshot) Law(state string) ConsentLaw {
	l, _ := s.Book.law(state)
	return l
}

// DefaultAnnounce is played where a law asks for an announcement and the clinic has none.
const DefaultAnnounce = "announcement"

// sayable keeps a beep from becoming a nuisance or a pretence.
const (
	minBeep = 5 * time.Second
	maxBeep = 5 * time.Minute
)
