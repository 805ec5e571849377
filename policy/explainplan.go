package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Words is the plan as sentences, step by step, with the reasons indented. People appear by id; numbers of people never do.
func (p Plan) Words() []string {
	lines := indented(p.Because)
	if p.Clinic == "" {
		return append(lines, "nobody at all: "+p.LastResort+" is played")
	}
	if said := p.said(); said != "" {
		lines = append(lines, "before anything else: "+said)
	}
	lines = append(lines, flowWords("", p.Steps)...)
	for _, name := range slices.Sorted(maps.Keys(p.Flows)) {
		lines = append(lines, flowWords("flow "+name+", ", p.Flows[name])...)
	}
	for _, id := range slices.Sorted(maps.Keys(p.Menus)) {
		lines = append(lines, menuWords(p.Menus[id])...)
	}
	if p.Patch != nil {
		lines = append(lines, p.Patch.words()...)
	}
	if v := p.Voicemail; v != nil {
		lines = append(lines, fmt.Sprintf("nobody reached: a voice message of %s at most", orLength(v.Most, 3*time.Minute)))
	}
	if len(p.Outbound.Trunks) > 0 {
		lines = append(lines, fmt.Sprintf("out over %s, showing %s", strings.Join(p.Outbound.Trunks, ", then "), p.Outbound.Shown))
	}
	return append(lines, "nobody at all: "+p.LastResort+" is played")
}

func indented(lines []string) (out []string) {
	for _, l := range lines {
		out = append(out, "   "+l)
	}
	return out
}

func orLength(d, other time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return other
}

// said is what the caller hears first.
func (p Plan) said() string {
	if p.Bypass {
		return "nothing: this trunk's callers skip the words"
	}
	var words []string
	for _, name := range []string{p.Emergency, p.Greeting, p.Announce} {
		if name != "" {
			words = append(words, name)
		}
	}
	if p.Consent.Beep > 0 && p.Record {
		words = append(words, fmt.Sprintf("a tone every %s while it is recorded", p.Consent.Beep))
	}
	if p.Consent.Decline != "" && p.Record {
		words = append(words, "key "+p.Consent.Decline+" declines the recording")
	}
	return strings.Join(words, ", ")
}

func flowWords(of string, steps []Step) (lines []string) {
	for i, step := range steps {
		lines = append(lines, fmt.Sprintf("%sstep %d %q: %s", of, i+1, step.Name, step.does()))
		for _, t := range step.Targets {
			lines = append(lines, "   rings "+t.Person+" at "+strings.Join(t.Users, ", "))
		}
		lines = append(lines, indented(step.Because)...)
	}
	return lines
}

// does is a step in a few words.
func (step Step) does() string {
	switch step.Do {
	case Wait:
		return step.Queue.words()
	case Ask:
		return "asks menu " + step.Menu
	case Say:
		return "plays " + step.Prompt
	case Patching:
		return "patches to the clinician on call: 1 and the PIN accept"
	case Voicemail:
		return "takes a voice message, and the call ends"
	}
	return strings.ReplaceAll(string(step.Mode), "_", " ") + ", " + step.For.String()
}

func (q *Queue) words() string {
	if q == nil {
		return "waits in a queue that is gone"
	}
	words := fmt.Sprintf("waits in queue %s, %s", q.ID, strings.ReplaceAll(string(q.Strategy), "_", " "))
	if q.Strategy == "" {
		words = fmt.Sprintf("waits in queue %s, longest idle", q.ID)
	}
	if q.MaxWait > 0 {
		words += ", " + q.MaxWait.String() + " at most"
	}
	if q.MaxCallers > 0 {
		words += fmt.Sprintf(", with %d others at most", q.MaxCallers)
	}
	if q.Empty == WaitOn {
		return words + ", also while nobody is ready" + keyWords(q.Keys)
	}
	return words + keyWords(q.Keys)
}

func keyWords(keys map[string]Key) string {
	words := ""
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		words += "; " + k + " " + keys[k].words()
	}
	return words
}

// words is what a key does.
func (k Key) words() string {
	switch k.Do {
	case KeyGoTo:
		return "goes to step " + k.Step
	case KeyNext:
		return "goes on"
	case KeyMenu:
		return "asks menu " + k.Menu
	case KeyFlow:
		return "takes flow " + k.Flow
	case KeySay:
		return "plays " + k.Prompt
	case KeyVoicemail:
		return "leaves a message"
	case KeyCallBack:
		return "is called back and keeps her place"
	case KeyPatch:
		return "is patched to the clinician"
	case KeyClinician:
		return "is a clinician who calls a patient back"
	case KeyLanguage:
		return "is served in " + k.Lang
	case KeyInterpreter:
		return "gets an interpreter"
	case KeyDecline:
		return "declines the recording"
	case KeyHangUp:
		return "ends the call"
	}
	return "does nothing"
}

func menuWords(m Menu) []string {
	after := "goes on"
	if m.Default != nil {
		after = m.Default.words()
	}
	return []string{fmt.Sprintf("menu %s: plays %s%s; nothing %s", m.ID, m.Prompt, keyWords(m.Keys), after)}
}

func (p *PatchPlan) words() (lines []string) {
	line := fmt.Sprintf("patch to the clinician on call, %d times round", max(p.Rounds, 1))
	if p.Spacing > 0 {
		line += ", " + p.Spacing.String() + " between"
	}
	if p.WithoutPIN {
		line += ", without a PIN"
	}
	lines = append(lines, line)
	for i, step := range p.Steps {
		lines = append(lines, fmt.Sprintf("   patch %d %q: %s, %s", i+1, step.Name, strings.ReplaceAll(string(step.Mode), "_", " "), step.For))
		for _, r := range step.People {
			ways := fmt.Sprintf("%d devices", len(r.Users))
			if !r.Phone.IsZero() {
				ways += " and her telephone"
			}
			lines = append(lines, "      "+r.Person+": "+ways)
		}
		for _, why := range step.Because {
			lines = append(lines, "      "+why)
		}
	}
	return lines
}
