package policy

import "time"

// link says who stands in for whom, and when.
type link struct {
	of, by     string
	tier       int // 0: every tier
	start, end time.Time
}

// link is an edit that puts somebody in another's place; false for the others.
func (e Edit) link() (link, bool) {
	switch e.Do {
	case DoCover, DoTakeOver:
		return link{e.From, e.Person, max(e.Tier, 1), e.Start, e.End}, e.From != ""
	case DoAbsence, DoDND:
		return link{e.Person, e.Cover, 0, e.Start, e.End}, e.Cover != ""
	}
	return link{}, false
}

// circle refuses a cover that comes round to who is covered at any instant: nobody would stand, or the wrong one.
func (w *editor) circle(field string, e Edit) {
	first, ok := e.link()
	if !ok {
		return
	}
	if first.of == first.by {
		w.wrong(field, "stands in for herself")
		return
	}
	links := []link{first}
	for _, o := range w.standing() {
		l, ok := o.link()
		if ok && (l.tier == 0 || first.tier == 0 || l.tier == first.tier) && l.start.Before(first.end) && first.start.Before(l.end) {
			links = append(links, l)
		}
	}
	for _, l := range links {
		at := l.start
		if at.Before(first.start) {
			at = first.start
		}
		if comesRound(links, first, at) {
			w.wrong(field, "a circle: %s stands in, directly or by others, for the one who would stand in", clip(first.of))
			return
		}
	}
}

// comesRound follows the links that hold at an instant from who stands in, and reports whether they lead back.
func comesRound(links []link, first link, at time.Time) bool {
	seen := map[string]bool{first.by: true}
	for todo := []string{first.by}; len(todo) > 0; todo = todo[1:] {
		if todo[0] == first.of {
			return true
		}
		for _, l := range links {
			if l.of == todo[0] && !seen[l.by] && !at.Before(l.start) && at.Before(l.end) {
				seen[l.by] = true
				todo = append(todo, l.by)
			}
		}
	}
	return false
}
