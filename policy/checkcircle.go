package policy

import "fmt"

// A caller who presses nothing, or whom nobody answers, must come to an end of her flow: to the last resort. These are the
// ways a flow takes by itself.

// spot is a place in a flow.
type spot struct {
	flow string // path
	step int
}

// circles refuses a flow that leads a caller round without her doing.
func (w *flowing) circles(f flowPath) {
	been := map[spot]bool{}
	for at := (spot{f.path, 0}); ; {
		flow := w.flow(at.flow)
		if at.step >= len(flow.steps) {
			return
		}
		if been[at] {
			w.wrong(f.path, "leads round: who presses nothing comes back to %s[%d] for ever", at.flow, at.step)
			return
		}
		been[at] = true
		next, ends := w.follow(flow, at.step)
		if ends {
			return
		}
		at = next
	}
}

func (w *flowing) flow(path string) flowPath {
	for _, f := range w.flows {
		if f.path == path {
			return f
		}
	}
	return flowPath{}
}

// follow is where a step leads when nothing is pressed; true: the call ends there.
func (w *flowing) follow(f flowPath, i int) (next spot, ends bool) {
	next = spot{f.path, i + 1}
	s := f.steps[i]
	if s.Do != Ask {
		return next, s.Do == Voicemail
	}
	seen := map[string]bool{}
	for menu := w.menuOf[s.Menu]; menu != nil; {
		if seen[menu.ID] {
			return next, true // said of the menu itself
		}
		seen[menu.ID] = true
		k := menu.Default
		if k == nil {
			return next, false
		}
		switch k.Do {
		case KeyMenu:
			menu = w.menuOf[k.Menu]
			continue
		case KeyFlow:
			return spot{"flows." + k.Flow, 0}, false
		case KeyGoTo:
			for j := range f.steps {
				if f.steps[j].Name == k.Step {
					return spot{f.path, j}, false
				}
			}
		case KeyVoicemail, KeyHangUp, KeyCallBack:
			return next, true
		}
		return next, false
	}
	return next, false
}

// menuCircles refuses menus that lead to each other without a key being pressed.
func (w *flowing) menuCircles() {
	for i := range w.f.Menus {
		at := fmt.Sprintf("menus[%d].default", i)
		seen := map[string]bool{}
		for m := &w.f.Menus[i]; m != nil && m.Default != nil; {
			if m.Default.Do == KeySay {
				w.wrong(at, "says something and asks again: who presses nothing hears it for ever")
				break
			}
			if m.Default.Do != KeyMenu {
				break
			}
			if seen[m.ID] {
				w.wrong(at, "leads round: who presses nothing never leaves the menus")
				break
			}
			seen[m.ID] = true
			m = w.menuOf[m.Default.Menu]
		}
	}
}
