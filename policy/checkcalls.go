package policy

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Bounds of what a clinic, a queue or a carrier may say.
const (
	maxSteps   = 32
	maxMenus   = 64
	maxQueues  = 200
	maxLaws    = 200
	maxRinging = 10 * time.Minute
	maxQueued  = 12 * time.Hour
	maxWords   = 8 * time.Second // of everything that is said before the queue
)

// Lengths says how long a prompt of a clinic plays; false: there is none of that name. A nil Lengths asks nothing.
type Lengths func(prompt string) (time.Duration, bool)

var (
	stateForm  = regexp.MustCompile(`^[A-Z]{2}(-[A-Z0-9]{1,3})?$`)
	tagForm    = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)
	prefixForm = regexp.MustCompile(`^\+[0-9]{1,15}$`)
	dialForm   = regexp.MustCompile(`^[0-9+*#]{0,16}$`)
	promptForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)
)

// PromptName reports a name that a prompt may have: it stands in file names and URLs.
func PromptName(s string) bool { return promptForm.MatchString(s) }

// IsState reports a state like US-CA, or a country (ISO 3166-2).
func IsState(s string) bool { return stateForm.MatchString(s) }

// LanguageTag reports a tag like "es" or "zh-Hant" (RFC 5646, the common part).
func LanguageTag(s string) bool { return tagForm.MatchString(s) }

// CheckFeatures finds what is wrong with what a clinic has besides its flows, and with its flows' steps that are not of
// ringing. Fields are named as in a book: menus[0].keys.1.menu.
func CheckFeatures(c Clinic, b *Book, prompts Lengths) Mistakes {
	var m Mistakes
	w := newFlowing(&m, c, b, prompts)
	w.words()
	w.languages()
	w.numbers()
	if len(c.Features.Menus) > maxMenus || len(c.Features.Flows) > maxMenus {
		w.wrong("menus", "more than %d menus or flows", maxMenus)
		return m
	}
	w.menus()
	w.menuCircles()
	for _, f := range w.flows {
		w.steps(f)
	}
	w.patch()
	w.voicemail()
	for _, f := range w.flows {
		w.circles(f)
	}
	return m
}

// flowing looks at a clinic's features.
type flowing struct {
	wary
	clinic  Clinic
	f       *Features
	prompts Lengths
	flows   []flowPath
	menuOf  map[string]*Menu
	queueOf map[string]*Queue
}

// flowPath is a flow and where it stands.
type flowPath struct {
	path, name string
	steps      []StepRule
}

func newFlowing(m *Mistakes, c Clinic, b *Book, prompts Lengths) *flowing {
	w := &flowing{
		wary: newWary(m, b, nil, time.Time{}), clinic: c, f: &c.Features, prompts: prompts,
		menuOf: map[string]*Menu{}, queueOf: map[string]*Queue{},
		flows: []flowPath{{"open", "", c.Open.Steps}, {"closed", "", c.Closed.Steps}},
	}
	for _, name := range slices.Sorted(maps.Keys(c.Features.Flows)) {
		w.flows = append(w.flows, flowPath{"flows." + name, name, c.Features.Flows[name].Steps})
	}
	for i := range c.Features.Menus {
		w.menuOf[c.Features.Menus[i].ID] = &c.Features.Menus[i]
	}
	for i := range b.Queues {
		w.queueOf[b.Queues[i].ID] = &b.Queues[i]
	}
	return w
}

// prompt takes the name of a prompt; need says whether it may be missing.
func (w *flowing) prompt(field, name string) {
	switch {
	case name == "":
	case !promptForm.MatchString(name):
		w.wrong(field, "a prompt's name is a-z, 0-9, dot, underscore and hyphen")
	case w.prompts != nil:
		if _, known := w.prompts(name); !known {
			w.wrong(field, "there is no prompt %q", clip(name))
		}
	}
}

func (w *flowing) words() {
	f := w.f
	w.prompt("emergency", f.Emergency)
	w.prompt("music", f.Music)
	w.text("card", f.Card, maxReason)
	w.state("state", f.State)
	if f.Beep != 0 && (f.Beep < minBeep || f.Beep > maxBeep) {
		w.wrong("beep", "between %s and %s", minBeep, maxBeep)
	}
	if f.Decline != "" {
		w.key("decline", f.Decline)
	}
	for i, id := range f.Bypass {
		if !slices.ContainsFunc(w.book.Trunks, func(t Trunk) bool { return t.ID == id }) {
			w.wrong(fmt.Sprintf("bypass[%d]", i), "unknown trunk %q", clip(id))
		}
	}
	w.span("priority", time.Duration(f.Priority), 1000)
	w.span("repeat_lift", time.Duration(f.RepeatLift), 1000)
	w.span("max_calls", time.Duration(f.MaxCalls), 100000)
}

func (w wary) state(field, state string) {
	if state != "" && !IsState(state) {
		w.wrong(field, "not a state like US-CA (ISO 3166-2)")
	}
}

// key takes what a telephone has.
func (w wary) key(field, key string) {
	if len(key) != 1 || !strings.Contains("0123456789*#", key) {
		w.wrong(field, "not a key: 0 to 9, * or #")
	}
}

// span takes a count or a time from nothing to most.
func (w wary) span(field string, n, most time.Duration) {
	if n < 0 || n > most {
		if most <= 100000 {
			w.wrong(field, "between 0 and %d", int64(most))
			return
		}
		w.wrong(field, "between 0s and %s", most)
	}
}

func (w *flowing) languages() {
	seen := map[string]bool{}
	for i, l := range w.f.Languages {
		at := fmt.Sprintf("languages[%d]", i)
		if !tagForm.MatchString(l.Tag) || seen["tag "+l.Tag] {
			w.wrong(at+".tag", "not a tag like es, or it stands twice")
		}
		w.text(at+".name", l.Name, maxName)
		if l.Key != "" {
			if w.key(at+".key", l.Key); seen["key "+l.Key] || l.Key == w.f.Decline {
				w.wrong(at+".key", "the key means something else already")
			}
		} else if i > 0 {
			w.wrong(at+".key", "is missing: only the first language needs none")
		}
		seen["tag "+l.Tag], seen["key "+l.Key] = true, true
	}
}

// numbers takes the clinic's telephone numbers: what is shown outside must be its own.
func (w *flowing) numbers() {
	for field, number := range map[string]string{"interpreter": w.f.Interpreter, "fax": w.f.Fax, "closing": w.f.Closing, "caller_id": w.f.CallerID} {
		if number != "" && !isE164(number) {
			w.wrong(field, "not a telephone number in the form +12125550100")
		}
	}
	if id := w.f.CallerID; id != "" && isE164(id) {
		own := func(n Number) bool { return n.Clinic == w.clinic.ID && n.Number == id }
		if !slices.ContainsFunc(w.book.Numbers, own) {
			w.wrong("caller_id", "is none of the clinic's numbers: only its own is shown outside")
		}
	}
}

func isE164(s string) bool {
	e164, ok := NormaliseNumber(s, "")
	return ok && e164 == s && strings.HasPrefix(s, "+")
}

func (w *flowing) menus() {
	seen := map[string]bool{}
	for i, m := range w.f.Menus {
		at := fmt.Sprintf("menus[%d]", i)
		w.id(at+".id", m.ID)
		if seen[m.ID] {
			w.wrong(at+".id", "stands twice: %q", clip(m.ID))
		}
		seen[m.ID] = true
		if w.prompt(at+".prompt", m.Prompt); m.Prompt == "" {
			w.wrong(at+".prompt", "is missing: the caller would hear nothing")
		}
		w.span(at+".wait", m.Wait, time.Minute)
		w.span(at+".tries", time.Duration(m.Tries), 10)
		if len(m.Keys) == 0 {
			w.wrong(at+".keys", "is missing: a menu has keys")
		}
		w.keys(at+".keys", m.Keys, w.using(func(s StepRule) bool { return s.Do == Ask && s.Menu == m.ID }))
		if m.Default != nil {
			w.action(at+".default", *m.Default, w.using(func(s StepRule) bool { return s.Do == Ask && s.Menu == m.ID }))
		}
	}
}

// using lists the flows with such a step; none has one: all of them, for a menu may be reached by a key.
func (w *flowing) using(is func(StepRule) bool) (flows []flowPath) {
	for _, f := range w.flows {
		if slices.ContainsFunc(f.steps, is) {
			flows = append(flows, f)
		}
	}
	return flows
}

func (w *flowing) keys(at string, keys map[string]Key, flows []flowPath) {
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		w.key(at+"."+k, k)
		w.action(at+"."+k, keys[k], flows)
	}
}

// action takes what a key does in these flows.
func (w *flowing) action(at string, k Key, flows []flowPath) {
	switch k.Do {
	case KeyNext, KeyVoicemail, KeyCallBack, KeyClinician, KeyDecline, KeyHangUp:
	case KeyPatch:
		if w.f.Patch == nil {
			w.wrong(at+".do", "the clinic has no patch")
		}
	case KeyInterpreter:
		if w.f.Interpreter == "" {
			w.wrong(at+".do", "the clinic has no interpreter line")
		}
	case KeyGoTo:
		for _, f := range flows {
			if !slices.ContainsFunc(f.steps, func(s StepRule) bool { return s.Name == k.Step && k.Step != "" }) {
				w.wrong(at+".step", "%s has no step %q", f.path, clip(k.Step))
			}
		}
	case KeyMenu:
		if w.menuOf[k.Menu] == nil {
			w.wrong(at+".menu", "unknown menu %q", clip(k.Menu))
		}
	case KeyFlow:
		if _, ok := w.f.Flows[k.Flow]; !ok {
			w.wrong(at+".flow", "unknown flow %q", clip(k.Flow))
		}
	case KeySay:
		if w.prompt(at+".prompt", k.Prompt); k.Prompt == "" {
			w.wrong(at+".prompt", "is missing")
		}
	case KeyLanguage:
		if !slices.ContainsFunc(w.f.Languages, func(l Language) bool { return l.Tag == k.Lang }) {
			w.wrong(at+".lang", "the clinic does not serve in %q", clip(k.Lang))
		}
	default:
		w.wrong(at+".do", "unknown: %q", clip(string(k.Do)))
	}
}

// steps takes the steps of a flow that do not ring; ringing ones are looked at where they are read.
func (w *flowing) steps(f flowPath) {
	if len(f.steps) > maxSteps {
		w.wrong(f.path, "more than %d steps", maxSteps)
		return
	}
	for i, s := range f.steps {
		at := f.path + "[" + strconv.Itoa(i) + "]"
		w.span(at+".ring", s.For, maxRinging)
		switch s.Do {
		case "", Ring:
			if f.name != "" { // those of open and closed are looked at where they are read
				w.ringing(at, s)
			}
		case Wait:
			w.waiting(at, s, f)
		case Ask:
			if w.menuOf[s.Menu] == nil {
				w.wrong(at+".menu", "unknown menu %q", clip(s.Menu))
			}
		case Say:
			if w.prompt(at+".prompt", s.Prompt); s.Prompt == "" {
				w.wrong(at+".prompt", "is missing")
			}
		case Patching:
			if w.f.Patch == nil {
				w.wrong(at+".do", "the clinic has no patch")
			}
		case Voicemail:
			if i < len(f.steps)-1 {
				w.wrong(at+".do", "a voice message ends the call: steps behind it are never reached")
			}
		default:
			w.wrong(at+".do", "neither ring, queue, menu, say, patch nor voicemail: %q", clip(string(s.Do)))
		}
	}
}

func (w *flowing) ringing(at string, s StepRule) {
	if s.Schedule == "" && len(s.People) == 0 {
		w.wrong(at, "rings nobody: neither a schedule nor people")
	}
	w.whom(at, s)
}

// whom takes the people of a step of ringing or patching.
func (w *flowing) whom(at string, s StepRule) {
	if s.Schedule != "" && !slices.ContainsFunc(w.book.Schedules, func(o Schedule) bool { return o.ID == s.Schedule }) {
		w.wrong(at+".schedule", "unknown schedule %q", clip(s.Schedule))
	}
	for j, p := range s.People {
		w.person(fmt.Sprintf("%s.people[%d]", at, j), p)
	}
	if s.Tier < 0 || s.Tier > maxTiers {
		w.wrong(at+".tier", "between 1 and %d", maxTiers)
	}
	if s.Mode != "" && s.Mode != Together && s.Mode != InOrder {
		w.wrong(at+".mode", "neither together nor in_order: %q", clip(string(s.Mode)))
	}
}

func (w *flowing) waiting(at string, s StepRule, f flowPath) {
	q := w.queueOf[s.Queue]
	if q == nil {
		w.wrong(at+".queue", "unknown queue %q", clip(s.Queue))
		return
	}
	w.keys(at+".queue", q.Keys, []flowPath{f})
	for _, p := range append(slices.Clone(q.Messages), q.Music) {
		w.prompt(at+".queue", p)
	}
}

func (w *flowing) patch() {
	p := w.f.Patch
	if p == nil {
		return
	}
	if len(p.Ladder) == 0 || len(p.Ladder) > maxRungs {
		w.wrong("patch.ladder", "between 1 and %d steps", maxRungs)
	}
	for i, s := range p.Ladder {
		at := fmt.Sprintf("patch.ladder[%d]", i)
		if s.Do != "" && s.Do != Ring {
			w.wrong(at+".do", "a patch rings people and does nothing else")
		}
		w.span(at+".ring", s.For, maxRinging)
		w.ringing(at, s)
	}
	w.span("patch.rounds", time.Duration(p.Rounds), 20)
	w.span("patch.spacing", p.Spacing, time.Hour)
	w.span("patch.ring_for", p.RingFor, maxRinging)
	w.span("patch.answer_wait", p.AnswerWait, 2*time.Minute)
	w.prompt("patch.greeting", p.Greeting)
}

func (w *flowing) voicemail() {
	v := w.f.Voicemail
	if v == nil {
		return
	}
	w.prompt("voicemail.greeting", v.Greeting)
	w.span("voicemail.most", v.Most, 30*time.Minute)
	w.span("voicemail.silence", v.Silence, time.Minute)
	if v.Urgency != "" && !slices.Contains([]Urgency{Routine, Urgent, Emergency}, v.Urgency) {
		w.wrong("voicemail.urgency", "unknown: %q", clip(string(v.Urgency)))
	}
}
