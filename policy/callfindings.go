package policy

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// CallWarnings lists what is allowed of a clinic's calls and rarely meant, each with its field.
func CallWarnings(c Clinic, b *Book, prompts Lengths) Mistakes {
	var m Mistakes
	w := newFlowing(&m, c, b, prompts)
	w.longWords()
	w.unreached()
	if w.f.outward() && !slices.ContainsFunc(b.Trunks, func(t Trunk) bool { return t.Carrier != nil }) {
		w.wrong("patch", "no trunk dials outward: only registered phones can be reached")
	}
	if w.f.outward() && w.f.CallerID == "" && !slices.ContainsFunc(b.Numbers, func(n Number) bool {
		return n.Clinic == c.ID && isE164(n.Number)
	}) {
		w.wrong("caller_id", "the clinic has no telephone number that could be shown outside")
	}
	if len(w.f.Bypass) > 0 && c.Record {
		w.wrong("bypass", "who skips the words is recorded without an announcement: have their consent in writing")
	}
	if p := w.f.Patch; p != nil && p.WithoutPIN {
		w.wrong("patch.without_pin", "nobody verifies who answers: no PHI may be spoken")
	}
	return m
}

// longWords adds up what a caller hears before anything happens.
func (w *flowing) longWords() {
	if w.prompts == nil {
		return
	}
	announce := w.clinic.Announce
	if announce == "" && w.clinic.Record {
		if l, _ := w.book.law(w.f.State); l.Rule.rank() > OneParty.rank() {
			announce = DefaultAnnounce
		}
	}
	var all time.Duration
	for _, name := range []string{w.f.Emergency, w.clinic.Greeting, announce} {
		length, _ := w.prompts(name)
		all += length
	}
	if all > maxWords {
		w.wrong("greeting", "emergency words, greeting and announcement take %s together, more than %s",
			all.Round(100*time.Millisecond), maxWords)
	}
}

// unreached finds queues that nobody may answer and menus that no step or key leads to.
func (w *flowing) unreached() {
	led := map[string]bool{}
	for _, f := range w.flows {
		for i, s := range f.steps {
			if led[s.Menu] = true; s.Do != Wait {
				continue
			}
			if q := w.queueOf[s.Queue]; q != nil && len(q.Members) == 0 && q.Schedule == "" && !w.anyDesk() {
				w.wrong(fmt.Sprintf("%s[%d].queue", f.path, i), "nobody is an agent with a device: the queue is never answered")
			}
		}
	}
	for _, m := range w.f.Menus {
		for _, k := range m.Keys {
			led[k.Menu] = true
		}
		if m.Default != nil {
			led[m.Default.Menu] = true
		}
	}
	for _, q := range w.queueOf {
		for _, k := range q.Keys {
			led[k.Menu] = true
		}
	}
	for i, m := range w.f.Menus {
		if !led[m.ID] {
			w.wrong(fmt.Sprintf("menus[%d]", i), "no step and no key leads to it")
		}
	}
}

func (w *flowing) anyDesk() bool {
	return slices.ContainsFunc(w.book.Devices, func(d Device) bool {
		p := w.people[d.Person]
		return p != nil && p.Active && (p.Role == "agent" || p.Role == "supervisor")
	})
}

// HouseWarnings lists what is missing of the lines outward: 911 above all.
func HouseWarnings(b *Book) Mistakes {
	var m Mistakes
	outward := slices.ContainsFunc(b.Trunks, func(t Trunk) bool { return t.Carrier != nil })
	if outward && b.Emergency.Trunk == "" {
		m.add("emergency.trunk", "none: 911 cannot be dialled from this house's phones, and their labels have to say so")
	}
	for i, q := range b.Queues {
		if len(q.Members) > 0 && !slices.ContainsFunc(q.Members, func(qm QueueMember) bool {
			return slices.ContainsFunc(b.Devices, func(d Device) bool { return d.Person == qm.Person })
		}) && q.Schedule == "" {
			m.add(fmt.Sprintf("queues[%d].members", i), "queue %s: none of them has a device", clip(cmp.Or(q.Name, q.ID)))
		}
	}
	return m
}
