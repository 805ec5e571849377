package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nyaruka/phonenumbers"
	"pgregory.net/rapid"

	"nightbell/phi"
)

// answered is harbor as an answering service runs it: a menu, a queue, a patch, a way out.
func answered() *Book {
	b := harbor()
	c := &b.Clinics[0]
	c.Closed.Steps = []StepRule{
		{Name: "welcome", Do: Ask, Menu: "main"},
		{Name: "wait", Do: Wait, Queue: "desk"},
		{Name: "sorry", Do: Say, Prompt: "busy"},
		{Name: "clinician", Do: Patching},
		{Name: "message", Do: Voicemail},
	}
	c.Features = Features{
		State: "US-NY", Emergency: "emergency", Bypass: []string{"pbx"}, Interpreter: "+12125550190", Priority: 2, MaxCalls: 9,
		Menus:     []Menu{{ID: "main", Prompt: "main", Keys: map[string]Key{"1": {Do: KeyNext}, "2": {Do: KeyFlow, Flow: "billing"}}}},
		Flows:     map[string]Flow{"billing": {[]StepRule{{Name: "bo", People: []string{"bo"}}}}},
		Patch:     &Patch{Rounds: 2, RingFor: 30 * time.Second, Ladder: []StepRule{{Name: "on call", People: []string{"dr-lee", "amy"}}}},
		Voicemail: &VoicemailRule{Most: time.Minute},
	}
	b.Queues = []Queue{{ID: "desk", Members: []QueueMember{{Person: "amy", Order: 1}, {Person: "dr-lee"}}, Schedule: "agents", Tier: 2, MaxWait: time.Minute}}
	b.Trunks = []Trunk{
		{ID: "carrier"}, {ID: "pbx"}, {ID: "late", Carrier: &Carrier{Host: "b.test", Rank: 2}},
		{ID: "early", Carrier: &Carrier{Host: "a.test", Rank: 1, Numbers: NumberRules{Allow: []string{"+1212"}}}},
	}
	return b
}

func TestPlanHasWhatACallNeeds(t *testing.T) {
	b := answered()
	if m := CheckFeatures(b.Clinics[0], b, nil); len(m) > 0 {
		t.Fatal(m)
	}
	b.Clinics[0].Features.Patch.Ladder[0].People = append(b.Clinics[0].Features.Patch.Ladder[0].People, "zoe")
	p := ask(b, "+12125550100")
	if len(p.Steps) != 5 || p.Steps[0].Menu != "main" || p.Steps[2].Prompt != "busy" || p.Steps[3].Do != Patching || p.Steps[4].Do != Voicemail {
		t.Fatalf("%+v", p.Steps)
	}
	q := p.Steps[1].Queue
	want := []QueueMember{{Person: "amy", Users: []string{"amy", "amy-desk"}, Order: 1}, {Person: "carol", Users: []string{"carol"}}}
	if d := cmp.Diff(want, q.Members); d != "" || q.MaxWait != time.Minute {
		t.Error(d)
	}
	says(t, p.Steps[1].Because, "dr-lee is passed over: unreachable")
	if p.Emergency != "emergency" || p.Bypass || p.Priority != 2 || p.MaxCalls != 9 || p.Voicemail == nil || len(p.Menus) != 1 ||
		people(p.Flows["billing"][0])[0] != "bo" {
		t.Errorf("%+v", p)
	}
	if got := p.Outbound; got.Shown != "+12125550100" || !slices.Equal(got.Trunks, []string{"early", "late"}) {
		t.Errorf("%+v", got)
	}
	if p.Patch == nil || len(p.Patch.Steps) != 1 || p.Patch.Steps[0].For != 30*time.Second || p.Patch.Rounds != 2 {
		t.Fatalf("%+v", p.Patch)
	}
	reach := p.Patch.Steps[0].People
	if len(reach) != 2 || reach[0].Person != "dr-lee" || reach[0].Phone.Reveal() != "+12125550142" || reach[1].Users[0] != "amy" {
		t.Errorf("%+v", reach)
	}
	says(t, p.Patch.Steps[0].Because, "zoe is passed over: unknown")
	kept, err := json.Marshal(p)
	if err != nil || strings.Contains(string(kept), "5550142") {
		t.Errorf("the plan shows a telephone: %v %s", err, kept)
	}
	if p := Index(b, nil).Decide(Inquiry{Trunk: "pbx", Number: "+12125550100", At: evening}); !p.Bypass {
		t.Error("the hospital's line hears the words")
	}
}

func TestQueueWithoutMembersIsEveryAgentAtADesk(t *testing.T) {
	b := answered()
	b.Queues[0] = Queue{ID: "desk"}
	b.People[2].Active = false
	q := ask(b, "+12125550100").Steps[1].Queue
	if len(q.Members) != 2 || q.Members[0].Person != "amy" || q.Members[1].Person != "bo" {
		t.Errorf("%+v", q.Members)
	}
}

// A step that names what is gone takes no time, so that the caller comes to the next one.
func TestStepsThatNameNothingArePassed(t *testing.T) {
	b := answered()
	f := &b.Clinics[0].Features
	b.Queues, f.Menus, f.Patch = nil, nil, nil
	b.Clinics[0].Closed.Steps[2].Do = "dance"
	p := ask(b, "+12125550100")
	for i, want := range []string{"there is no menu main", "there is no queue desk", "there is no kind dance", "there is no patch"} {
		if says(t, p.Steps[i].Because, want); p.Steps[i].Do != "" || len(p.Steps[i].Targets) != 0 {
			t.Errorf("%+v", p.Steps[i])
		}
	}
	if p.Steps[4].Do != Voicemail || p.LastResort == "" {
		t.Error("the end is lost")
	}
}

func TestConsentIsTheStrictestOfAllStatesConcerned(t *testing.T) {
	for _, c := range []struct {
		name, clinic, caller, agent string
		laws                        []ConsentLaw
		rule                        ConsentRule
		why                         string
	}{
		{name: "nobody asks", clinic: "US-NY", caller: "+12125550123", rule: OneParty, why: "no state concerned"},
		{name: "the clinic's", clinic: "US-FL", caller: "+12125550123", rule: AllParties, why: "the clinic is in US-FL"},
		{name: "the caller's", clinic: "US-NY", caller: "+14155550123", rule: AllParties, why: "the caller's number is in US-CA"},
		{name: "the agent's", clinic: "US-NY", caller: "+12125550123", agent: "US-WA", rule: AllParties, why: "carol is in US-WA"},
		{name: "withheld", clinic: "US-PA", rule: AllParties, why: "the clinic is in US-PA"},
		{name: "toll free", clinic: "US-NY", caller: "+18005550123", rule: OneParty},
		{name: "Canada", clinic: "US-NY", caller: "+14165550123", rule: Announced, why: "CA-ON"},
		{name: "bare", caller: "+12125550123", rule: OneParty},
		{name: "never", clinic: "US-NY", caller: "+12125550123", laws: []ConsentLaw{{State: "US-NY", Rule: NoRecording}}, rule: NoRecording},
		{name: "own table", clinic: "US-CA", laws: []ConsentLaw{{State: "US-NY", Rule: Announced}}, rule: OneParty},
		{name: "country", clinic: "US-CA", laws: []ConsentLaw{{State: "US", Rule: Announced}}, rule: Announced},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := answered()
			b.Clinics[0].Features.State, b.Clinics[0].Announce, b.People[2].State, b.Laws = c.clinic, "", c.agent, c.laws
			p := Index(b, nil).Decide(Inquiry{Trunk: "carrier", Number: "+12125550100", From: phi.NewPhone(c.caller), At: evening})
			if p.Consent.Rule != c.rule || !strings.Contains(p.Consent.Because, c.why) {
				t.Errorf("%+v", p.Consent)
			}
			announces := c.rule == Announced || c.rule == AllParties
			if (p.Announce == DefaultAnnounce) != announces || p.Record == (c.rule == NoRecording) {
				t.Errorf("announce %q, record %v", p.Announce, p.Record)
			}
		})
	}
}

func TestBeepIsTheMostFrequentAskedFor(t *testing.T) {
	b := answered()
	b.Clinics[0].Features.Beep, b.Clinics[0].Features.Decline = time.Minute, "9"
	b.Laws = []ConsentLaw{{State: "US-NY", Rule: Announced, Beep: 15 * time.Second}}
	c := ask(b, "+12125550100").Consent
	if c.Beep != 15*time.Second || c.Decline != "9" {
		t.Errorf("%+v", c)
	}
	if c := c.Stricter(ConsentLaw{State: "US-CA", Rule: AllParties, Beep: 10 * time.Second}); c.Rule != AllParties || c.Beep != 10*time.Second {
		t.Errorf("%+v", c)
	}
	if b.Clinics[0].Announce = "own"; ask(b, "+12125550100").Announce != "own" {
		t.Error("a clinic's own announcement is replaced")
	}
}

// Our table of area codes says the same as the library's geography, which others keep.
func TestAreaCodesAreWhereOthersSeeThem(t *testing.T) {
	names := map[string]string{"US-CA": "California", "US-TX": "Texas", "US-FL": "Florida", "US-WA": "Washington State", "CA-ON": "Ontario"}
	places := 0
	for code, state := range states() {
		if len(code) != 3 || !IsState(state) {
			t.Errorf("%s %s", code, state)
		}
		n, err := phonenumbers.Parse("+1"+code+"5550100", "")
		if err != nil {
			t.Fatal(err)
		}
		region := phonenumbers.GetRegionCodeForNumber(n)
		country, part, _ := strings.Cut(state, "-")
		if islands := []string{"PR", "VI", "GU", "MP", "AS"}; slices.Contains(islands, part) {
			country = part
		}
		if region != country && region != "" {
			t.Errorf("%s is %s, others say %s", code, state, region)
		}
		where, _ := phonenumbers.GetGeocodingForNumber(n, "en")
		if name := names[state]; name != "" && where != name && !strings.Contains(where, ", ") {
			t.Errorf("%s is %s, others say %s", code, state, where)
		}
		places++
	}
	if places < 420 {
		t.Errorf("only %d codes", places)
	}
	for _, l := range BuiltInLaws() {
		if l.Note == "" || l.Rule.rank() < 1 {
			t.Errorf("%+v", l)
		}
	}
	if m := CheckLaws(BuiltInLaws()); len(m) > 0 {
		t.Error(m)
	}
}

func TestWhatMayBeDialled(t *testing.T) {
	for _, c := range []struct {
		rules  NumberRules
		number string
		want   error
	}{
		{NumberRules{}, "+12125550123", nil},
		{NumberRules{}, "+14165550123", nil},
		{NumberRules{}, "+442071838750", OutOfArea},
		{NumberRules{Allow: []string{"+44"}}, "+442071838750", nil},
		{NumberRules{Allow: []string{"+1212"}}, "+13125550123", OutOfArea},
		{NumberRules{Deny: []string{"+1212555"}}, "+12125550123", DeniedLine},
		{NumberRules{Allow: []string{"+1212555"}, Deny: []string{"+1212"}}, "+12125550123", DeniedLine},
		{NumberRules{}, "+19005550123", PremiumLine},
		{NumberRules{}, "+12129765555", PremiumLine},
		{NumberRules{}, "+18765550123", PremiumLine}, // Jamaica, of the one-ring trick
		{NumberRules{Allow: []string{"+1", "+1876"}}, "+18765550123", nil},
		{NumberRules{}, "911", ByItself},
		{NumberRules{}, "9-911", ByItself},
		{NumberRules{}, "988", ByItself},
		{NumberRules{}, "411", NotANumber},
		{NumberRules{}, "12125550123", NotANumber},
		{NumberRules{}, "204", NotANumber},
		{NumberRules{}, "", NotANumber},
		{NumberRules{}, "+1212555012345", NotANumber},
		{NumberRules{}, "+1212555O123", NotANumber},
	} {
		if got := MayDial(c.rules, c.number); !errors.Is(got, c.want) && got != c.want {
			t.Errorf("%+v %s: %v, want %v", c.rules, c.number, got, c.want)
		}
	}
	if got := DialRules(Trunk{Country: "GB", Carrier: &Carrier{}}).Allow; !slices.Equal(got, []string{"+1", "+44"}) {
		t.Error(got)
	}
	for format, want := range map[string]string{"": "9+12125550123", "e164": "9+12125550123", "plain": "912125550123", "national": "92125550123"} {
		if got := (NumberRules{Format: format, Prefix: "9"}).WrittenFor("+12125550123"); got != want {
			t.Errorf("%q: %s", format, got)
		}
	}
}

func TestEmergencyNumbersAreKnownHoweverTheyAreDialled(t *testing.T) {
	for raw, want := range map[string]EmergencyKind{
		"911": Emergency911, "9911": Emergency911, "9-911": Emergency911, " 9 911 ": Emergency911, "933": Test933, "988": Crisis988,
		"9110": "", "1911": "", "411": "", "": "", "+12125550911": "", "9119": "", "99911": "", "nine": "",
	} {
		if got := EmergencyNumber(raw); got != want {
			t.Errorf("%q: %q", raw, got)
		}
	}
}

func FuzzMayDial(f *testing.F) {
	f.Add("+12125550123", "+1", "")
	f.Add("911", "+", "+1900")
	f.Add("+19005550123", "+1900", "")
	f.Fuzz(func(t *testing.T, number, allow, deny string) {
		r := NumberRules{Allow: []string{allow}, Deny: []string{deny}}
		err := MayDial(r, number)
		if err == nil && (!isE164(number) || !strings.HasPrefix(number, allow) || strings.HasPrefix(number, deny)) {
			t.Errorf("%q is dialled with %q and not %q", number, allow, deny)
		}
		if err == nil && EmergencyNumber(number) != "" {
			t.Errorf("%q goes out like any other", number)
		}
		_ = StateOf(number)
	})
}

// passive walks a plan as a caller who presses nothing and whom nobody answers; false: she never comes to its end.
func passive(p Plan) bool {
	flow, i := p.Steps, 0
	for range 2000 {
		if i >= len(flow) {
			return true
		}
		step := flow[i]
		i++
		for asked := step.Menu; step.Do == Ask && asked != ""; {
			k := p.Menus[asked].Default
			asked = ""
			switch {
			case k == nil:
			case k.Do == KeyMenu:
				asked = k.Menu
			case k.Do == KeyFlow:
				flow, i = p.Flows[k.Flow], 0
			case k.Do == KeyGoTo:
				if at := slices.IndexFunc(flow, func(s Step) bool { return s.Name == k.Step }); at >= 0 {
					i = at
				}
			case k.Do == KeyVoicemail || k.Do == KeyHangUp || k.Do == KeyCallBack:
				return true
			}
			if i++; i > 100000 {
				return false
			}
			i--
			if len(p.Menus) > 0 && asked == step.Menu { // round the menus
				return false
			}
		}
		if step.Do == Voicemail {
			return true
		}
	}
	return false
}

// Whatever menus, keys and flows are drawn: what CheckFeatures lets through brings a passive caller to the end, and what it
// says leads round does lead her round.
func TestACheckedFlowNeverHoldsAPassiveCaller(t *testing.T) {
	rounds, whole := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		b := answered()
		c := &b.Clinics[0]
		names := []string{"one", "two", "three"}
		flow := func(label string) (f Flow) {
			for i := range rapid.IntRange(1, 3).Draw(t, label) {
				s := StepRule{Name: names[i], Do: Say, Prompt: "words"}
				if rapid.IntRange(0, 2).Draw(t, label+" asks") > 0 {
					s = StepRule{Name: names[i], Do: Ask, Menu: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "menu")}
				}
				f.Steps = append(f.Steps, s)
			}
			return f
		}
		key := func(label string) *Key {
			k := Key{Do: rapid.SampledFrom([]KeyAction{KeyNext, KeyMenu, KeyFlow, KeyGoTo, KeyVoicemail, KeyDecline}).Draw(t, label)}
			switch k.Do {
			case KeyMenu:
				k.Menu = "b" // "a" leads to "b" alone: the walk above knows no other way round
			case KeyFlow:
				k.Flow = rapid.SampledFrom([]string{"x", "y"}).Draw(t, "flow")
			case KeyGoTo:
				k.Step = rapid.SampledFrom(names).Draw(t, "step")
			}
			return &k
		}
		c.Closed, c.Open = flow("closed"), Flow{}
		c.Features.Flows = map[string]Flow{"x": flow("x"), "y": flow("y")}
		last := &Key{Do: rapid.SampledFrom([]KeyAction{KeyNext, KeyFlow, KeyGoTo}).Draw(t, "b"), Flow: "y", Step: rapid.SampledFrom(names).Draw(t, "b step")}
		c.Features.Menus = []Menu{
			{ID: "a", Prompt: "w", Keys: map[string]Key{"1": {Do: KeyNext}}, Default: key("a")},
			{ID: "b", Prompt: "w", Keys: map[string]Key{"1": {Do: KeyNext}}, Default: last},
		}
		m := CheckFeatures(*c, b, nil)
		p := ask(b, "+12125550100")
		round := slices.ContainsFunc(m, func(one Mistake) bool { return one.Field == "closed" && strings.Contains(one.Text, "leads round") })
		switch ends := passive(p); {
		case len(m) == 0 && !ends:
			t.Fatalf("let through, and never ends: %+v %+v", p.Steps, p.Menus)
		case round && ends && !slices.ContainsFunc(m, func(one Mistake) bool { return strings.HasSuffix(one.Field, ".step") }):
			t.Fatalf("refused, and ends: %v", m)
		case round:
			rounds++
		case len(m) == 0:
			whole++
		}
	})
	if rounds == 0 || whole == 0 {
		t.Errorf("%d led round, %d were whole: the draw says nothing", rounds, whole)
	}
}

func TestMistakesOfAClinicsCalls(t *testing.T) {
	prompts := func(name string) (time.Duration, bool) { return time.Second, name != "missing" }
	for field, change := range map[string]func(b *Book, f *Features){
		"menus[0].prompt":        func(_ *Book, f *Features) { f.Menus[0].Prompt = "missing" },
		"menus[0].keys":          func(_ *Book, f *Features) { f.Menus[0].Keys = nil },
		"menus[0].keys.22":       func(_ *Book, f *Features) { f.Menus[0].Keys["22"] = Key{Do: KeyNext} },
		"menus[0].keys.3.do":     func(_ *Book, f *Features) { f.Menus[0].Keys["3"] = Key{Do: "explode"} },
		"menus[0].keys.3.flow":   func(_ *Book, f *Features) { f.Menus[0].Keys["3"] = Key{Do: KeyFlow, Flow: "none"} },
		"menus[0].keys.3.lang":   func(_ *Book, f *Features) { f.Menus[0].Keys["3"] = Key{Do: KeyLanguage, Lang: "es"} },
		"menus[0].default":       func(_ *Book, f *Features) { f.Menus[0].Default = &Key{Do: KeySay, Prompt: "x"} },
		"menus[1].id":            func(_ *Book, f *Features) { f.Menus = append(f.Menus, f.Menus[0]) },
		"closed[3].do":           func(_ *Book, f *Features) { f.Patch = nil },
		"closed[1].queue":        func(b *Book, _ *Features) { b.Queues = nil },
		"closed[1].queue.3.step": func(b *Book, _ *Features) { b.Queues[0].Keys = map[string]Key{"3": {Do: KeyGoTo, Step: "moon"}} },
		"closed[4].do": func(b *Book, _ *Features) {
			b.Clinics[0].Closed.Steps = append(b.Clinics[0].Closed.Steps, StepRule{Do: Say, Prompt: "x"})
		},
		"closed":                     func(_ *Book, f *Features) { f.Menus[0].Default = &Key{Do: KeyGoTo, Step: "welcome"} },
		"patch.ladder":               func(_ *Book, f *Features) { f.Patch.Ladder = nil },
		"patch.ladder[0].do":         func(_ *Book, f *Features) { f.Patch.Ladder[0].Do = Wait },
		"patch.rounds":               func(_ *Book, f *Features) { f.Patch.Rounds = 99 },
		"voicemail.most":             func(_ *Book, f *Features) { f.Voicemail.Most = time.Hour },
		"voicemail.urgency":          func(_ *Book, f *Features) { f.Voicemail.Urgency = "quick" },
		"flows.billing[0].people[0]": func(_ *Book, f *Features) { f.Flows["billing"].Steps[0].People[0] = "zoe" },
		"state":                      func(_ *Book, f *Features) { f.State = "New York" },
		"caller_id":                  func(_ *Book, f *Features) { f.CallerID = "+12125550177" },
		"closing":                    func(_ *Book, f *Features) { f.Closing = "5550100" },
		"max_calls":                  func(_ *Book, f *Features) { f.MaxCalls = -1 },
		"beep":                       func(_ *Book, f *Features) { f.Beep = time.Second },
		"decline":                    func(_ *Book, f *Features) { f.Decline = "d" },
		"card":                       func(_ *Book, f *Features) { f.Card = "bell\a" },
	} {
		b := answered()
		change(b, &b.Clinics[0].Features)
		if got := fields(CheckFeatures(b.Clinics[0], b, prompts)); !slices.Contains(got, field) && !(field == "closed[4].do" && len(got) > 0) {
			t.Errorf("%s: %v", field, got)
		}
	}
}

func TestMistakesOfTheHouse(t *testing.T) {
	b := answered()
	b.Trunks[2].Carrier.OptionsEvery = time.Second
	got := fields(CheckCarrier(Trunk{Carrier: &Carrier{Host: "a b", Port: 70000, Register: true, OptionsEvery: time.Second, Numbers: NumberRules{
		Allow: []string{"1"}, Deny: []string{"+x"}, Format: "loud", Prefix: "abc",
	}}}))
	slices.Sort(got)
	if d := cmp.Diff([]string{"host", "numbers.allow[0]", "numbers.deny[0]", "numbers.format", "numbers.prefix", "options_every", "port", "register"}, got); d != "" {
		t.Error(d)
	}
	if m := CheckCarrier(Trunk{Carrier: &Carrier{Host: "192.0.2.7", OptionsEvery: -1}}); len(m) > 0 {
		t.Error(m)
	}
	here := Location{Country: "US", State: "NY", City: "New York", Street: "Elm", House: "7"}
	for want, e := range map[string]EmergencyLine{
		"trunk":                {Trunk: "carrier", CallBack: "+12125550100", Locations: map[string]Location{"": here}},
		"call_back":            {Trunk: "late", Locations: map[string]Location{"": here}},
		"locations":            {Trunk: "late", CallBack: "+12125550100"},
		"locations.zoe":        {Locations: map[string]Location{"zoe": here}},
		"locations.amy.street": {Locations: map[string]Location{"amy": {Country: "US", State: "NY", City: "New York", House: "7"}}},
	} {
		if got := fields(CheckEmergency(e, b)); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: %v", want, got)
		}
	}
	if m := CheckEmergency(EmergencyLine{}, b); len(m) > 0 {
		t.Error(m)
	}
	wants(t, HouseWarnings(b), "emergency.trunk", "911 cannot be dialled")
	b.Queues = append(b.Queues, Queue{ID: "empty", Members: []QueueMember{{Person: "dr-lee"}}})
	wants(t, HouseWarnings(b), "queues[1].members", "none of them has a device")
}

func TestWarningsOfAClinicsCalls(t *testing.T) {
	b := answered()
	b.Clinics[0].Features.Patch.WithoutPIN = true
	long := func(string) (time.Duration, bool) { return 3 * time.Second, true }
	m := CallWarnings(b.Clinics[0], b, long)
	wants(t, m, "greeting", "take 9s together, more than 8s")
	wants(t, m, "patch.without_pin", "no PHI")
	wants(t, m, "bypass", "consent in writing")
	b.Clinics[0].Features.Menus = append(b.Clinics[0].Features.Menus, Menu{ID: "lonely"})
	b.Trunks, b.Devices, b.Queues[0] = b.Trunks[:2], nil, Queue{ID: "desk"}
	m = CallWarnings(b.Clinics[0], b, nil)
	wants(t, m, "menus[1]", "no key leads to it")
	wants(t, m, "patch", "no trunk dials outward")
	wants(t, m, "closed[1].queue", "never answered")
}

// Checks and Decide read what somebody wrote: no book makes them fall over.
func FuzzCheckFeatures(f *testing.F) {
	whole, err := json.Marshal(answered().Clinics[0])
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add([]byte(`{"Closed":{"Steps":[{"do":"menu","menu":"m"}]},"Features":{"menus":[{"id":"m","default":{"do":"menu","menu":"m"}}]}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var c Clinic
		if json.Unmarshal(text, &c) != nil {
			return
		}
		b := answered()
		c.ID, c.Zone = "harbor", "America/New_York"
		b.Clinics[0] = c
		m := CheckFeatures(c, b, nil)
		_ = CallWarnings(c, b, func(string) (time.Duration, bool) { return time.Second, true })
		p := ask(b, "+12125550100")
		if p.LastResort == "" {
			t.Error("a plan without an end")
		}
		if len(m) == 0 && len(p.Steps) < 200 && !passive(p) {
			t.Errorf("a passive caller never leaves: %s", text)
		}
	})
}

// Decide gives every call its own lists where it changes them, and shares what nobody may change.
func TestPlansOfOneSnapshotAreTheSame(t *testing.T) {
	s := Index(answered(), nil)
	q := Inquiry{Trunk: "carrier", Number: "+12125550100", At: evening}
	first := s.Decide(q)
	for i := range first.Steps {
		first.Steps[i].Because = append(first.Steps[i].Because, "changed")
	}
	first.Steps[1].Queue.Members = nil
	second, third := s.Decide(q), s.Decide(q)
	if !reflect.DeepEqual(second, third) || len(second.Steps[1].Queue.Members) != 2 {
		t.Error("a call has changed the rules of the next")
	}
}

func BenchmarkDecideQueue(b *testing.B) {
	book := answered()
	for i := range 200 {
		id := fmt.Sprintf("agent-%d", i)
		book.People = append(book.People, Person{ID: id, Role: "agent", Active: true})
		book.Devices = append(book.Devices, Device{User: id, Person: id})
	}
	book.Queues[0] = Queue{ID: "desk"}
	s := Index(book, nil)
	q := Inquiry{Trunk: "carrier", Number: "+12125550100", From: phi.NewPhone("+14155550123"), At: evening}
	b.ReportAllocs()
	for b.Loop() {
		s.Decide(q)
	}
}
