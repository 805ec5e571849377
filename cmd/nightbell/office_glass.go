package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"nightbell/access"
	"nightbell/audit"
	"nightbell/console"
	"nightbell/phi"
	"nightbell/store"
)

// glass is emergency access (45 CFR 164.312(a)(2)(ii)): for people who are enrolled for it, to one call or clinic, for an hour
// at most; the officers are told at once, and somebody else reviews it within 72 hours.
type glass struct {
	*office
	running running
}

// glassCourse is the training that enrols somebody for emergency access.
const glassCourse = "break-glass"

func (g glass) List(ctx context.Context, since time.Time) ([]console.GlassView, error) {
	list, err := g.Store.BreakGlasses(ctx, since)
	out := make([]console.GlassView, 0, len(list))
	for _, one := range list {
		out = append(out, glassView(one))
	}
	return out, known(err)
}

func glassView(b store.BreakGlass) console.GlassView {
	return console.GlassView{ID: b.ID, Person: b.Person, Kind: string(b.Kind), Object: b.Object, Clinic: b.Clinic, Reason: b.Reason.Reveal(),
		Opened: b.Opened, Until: b.Until, Closed: b.Closed, Reviewed: b.Reviewed, ReviewedBy: b.ReviewedBy, Verdict: b.Verdict}
}

func (g glass) Break(ctx context.Context, b console.GlassBody, by audit.Actor) (console.GlassView, error) {
	trainings, err := g.Store.Trainings(ctx, by.ID)
	if err != nil {
		return console.GlassView{}, known(err)
	}
	if !enrolledForGlass(trainings, g.now()) {
		return console.GlassView{}, &console.GateClosed{Reasons: []string{
			`You are not enrolled for emergency access: the compliance officer records the course "` + glassCourse + `".`}}
	}
	opened, err := g.Store.OpenBreakGlass(ctx, by, store.BreakGlass{Person: by.ID, Kind: store.HoldKind(b.Kind), Object: b.Object,
		Reason: phi.NewText(b.Reason), Until: g.now().Add(time.Duration(b.Minutes) * time.Minute)})
	if err != nil {
		return console.GlassView{}, known(err)
	}
	g.running.GlassChanged()
	return glassView(opened), nil
}

func enrolledForGlass(list []access.Training, now time.Time) bool {
	for _, t := range list {
		if t.Course == glassCourse && t.Current(now) {
			return true
		}
	}
	return false
}

// mayEnrol refuses who enrols herself for emergency access, and the operator who enrols anybody, while an officer could.
func (o *office) mayEnrol(ctx context.Context, t access.Training) error {
	if t.Course != glassCourse || (t.By != t.Person && access.ValidName(t.By)) {
		return nil
	}
	people, err := o.voters(ctx)
	if err != nil {
		return known(err)
	}
	for _, one := range people {
		if one.Person != t.Person && slices.Contains(access.RolesAt(one.Grants, o.now()), access.Compliance) {
			return &console.Refusal{Text: "another officer enrols you for emergency access"}
		}
	}
	return nil
}

func (g glass) Close(ctx context.Context, id string, by audit.Actor) error {
	list, err := g.Store.OpenBreakGlasses(ctx, by.ID)
	if err != nil {
		return known(err)
	}
	for _, one := range list {
		if one.ID == id {
			defer g.running.GlassChanged()
			return known(g.Store.CloseBreakGlass(ctx, by, id))
		}
	}
	return console.ErrNotFound
}

func (g glass) Review(ctx context.Context, id, verdict string, by audit.Actor) error {
	defer g.running.GlassChanged()
	err := g.Store.ReviewBreakGlass(ctx, by, id, verdict)
	if errors.Is(err, store.ErrConflict) {
		return &console.Refusal{Text: "somebody else reviews it than who opened it, and once"}
	}
	return known(err)
}

// opened are the emergency accesses of a person that stand open: every request of hers asks.
func (o *office) opened(ctx context.Context, person string) ([]console.GlassOpening, error) {
	list, err := o.Store.OpenBreakGlasses(ctx, person)
	if err != nil {
		return nil, known(err)
	}
	var out []console.GlassOpening
	for _, b := range list {
		if b.Open(o.now()) {
			out = append(out, console.GlassOpening{Kind: string(b.Kind), Object: b.Object, Clinic: b.Clinic})
		}
	}
	return out, nil
}

// GlassChanged of a server that does not run: it looks when it starts.
func (stopped) GlassChanged() {}

// GlassChanged tells the watch.
func (s *server) GlassChanged() { s.glass.Changed() }
