package main

import (
	"context"
	"strings"

	"nightbell/console"
	"nightbell/policy"
)

// calls looks at what callers meet: prompts that cannot be played, rules that no longer hold together because something they
// name is gone, and lines outward without a way for 911.
func (h health) calls(ctx context.Context) console.Finding {
	const name = "calls' rules"
	if h.Sealed != nil {
		return found(name, console.Warn, "cannot be read while sealed")
	}
	if h.PromptTrouble != nil {
		return found(name, console.Wrong, "prompts that cannot be read, others are played: %v", h.PromptTrouble)
	}
	s, err := rulebook{h.office}.snapshot(ctx)
	if err != nil {
		return found(name, console.Wrong, "cannot be read: %v", err)
	}
	var wrong, odd []string
	for _, c := range s.Book.Clinics {
		prompts := h.shelf.lengths(c.ID)
		for _, m := range policy.CheckFeatures(c, s.Book, prompts) {
			wrong = append(wrong, "clinic "+c.ID+": "+m.Error())
		}
		for _, m := range policy.CallWarnings(c, s.Book, prompts) {
			odd = append(odd, "clinic "+c.ID+": "+m.Error())
		}
	}
	odd = append(odd, wordsOf(policy.HouseWarnings(s.Book))...)
	switch {
	case len(wrong) > 0:
		return found(name, console.Wrong, "%s", few(wrong))
	case len(odd) > 0:
		return found(name, console.Warn, "%s", few(odd))
	}
	return found(name, console.Fine, "%d clinics, %d queues", len(s.Book.Clinics), len(s.Book.Queues))
}

// few are the first of many.
func few(list []string) string {
	if len(list) > 3 {
		list = append(list[:3:3], "and more")
	}
	return strings.Join(list, "; ")
}
