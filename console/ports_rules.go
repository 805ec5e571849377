package console

import (
	"context"
	"time"

	"nightbell/audit"
	"nightbell/policy"
)

// Revision is who changes which thing, and what she believed to stand. A port reads the rules, holds Match against the
// thing's entity tag, makes one change, and answers *Stale when somebody else was first, *Gaps when the change opens a gap
// that Acknowledge does not speak of.
type Revision struct {
	ID          string
	Match       string // entity tag without quotes; "*": whatever stands; "": it must not stand yet
	By          audit.Actor
	Request     string // correlation of the audit events
	Reason      string
	Acknowledge string // why a new gap is right; empty: it is not
}

// Clinics is the practices that hired us.
type Clinics interface {
	List(ctx context.Context, only string) ([]ClinicView, error)
	Find(ctx context.Context, id string) (ClinicView, error)
	Put(context.Context, Revision, ClinicBody) (Saved, error)
	Hours(context.Context, Revision, []WindowBody) (Saved, error)
	Holidays(context.Context, Revision, []HolidayBody) (Saved, error)
}

// People is everybody who may be rung.
type People interface {
	List(ctx context.Context, only string, sight Sight) ([]PersonView, error)
	Find(ctx context.Context, id string) (PersonView, error)
	Put(context.Context, Revision, PersonBody) (Saved, error)
	Edit(context.Context, Revision, EditBody) (Saved, error) // absence, deactivate, dnd, undo, change: on every schedule
}

// Schedules is who is on call, as rules.
type Schedules interface {
	List(ctx context.Context, only string) ([]ScheduleView, error)
	Find(ctx context.Context, id string) (ScheduleView, error)
	Put(context.Context, Revision, ScheduleBody) (Saved, error)
	Edit(context.Context, Revision, []EditBody) (Saved, error) // all of them or none
	Remove(context.Context, Revision) (Saved, error)           // ErrInUse while a clinic's flow asks it
}

// Versions is a schedule's past.
type Versions interface {
	List(ctx context.Context, schedule string) ([]VersionView, error)
	Find(ctx context.Context, schedule string, n int) (VersionView, error)
	Restore(ctx context.Context, r Revision, want Restoration) (Saved, error)
}

// Previews answers what would be, and stores nothing.
type Previews interface {
	Preview(ctx context.Context, schedule string, p Proposal) (Preview, error)
	Compare(ctx context.Context, schedule string, f RotaFile) (RotaDifference, error)
	Import(context.Context, Revision, RotaFile) (Saved, error)
}

// Outlook answers questions about the rota beyond one instant.
type Outlook interface {
	Why(context.Context, RotaQuery) (Explanation, error)
	Gaps(context.Context, RotaQuery) ([]policy.Gap, error)
	Fairness(context.Context, RotaQuery) ([]Fairness, error)
	Replay(context.Context, ReplayQuery) (Replayed, error)
}

// Offers is the market of shifts.
type Offers interface {
	List(context.Context, OfferQuery) ([]OfferView, error)
	Find(ctx context.Context, id string) (OfferView, error)
	Make(context.Context, Revision, OfferBody) (OfferView, error)
	Act(context.Context, Revision, OfferAct) (OfferView, error)
}

// Feeds is calendars to subscribe to.
type Feeds interface {
	List(ctx context.Context, only string) ([]FeedView, error)
	Make(context.Context, FeedBody, audit.Actor) (f FeedView, secret string, err error)
	Revoke(ctx context.Context, id string, by audit.Actor) error
	// Open finds the live feed of a secret and renders it; ErrNotFound when there is none, or it is revoked.
	Open(ctx context.Context, secret string) (FeedView, []byte, error)
}

// Stale is 412: the thing is not what the caller saw. Changes says what somebody else did to it.
type Stale struct {
	Tag     string // that stands now
	Changes []Change
}

func (*Stale) Error() string { return "changed meanwhile" }

// Gaps is 409: the change opens gaps, and nobody said that this is right.
type Gaps struct{ Open []policy.Gap }

func (*Gaps) Error() string { return "opens a gap" }

// Refusal is 409: the thing is not in a state in which this can be done.
type Refusal struct{ Text string }

func (r *Refusal) Error() string { return r.Text }

// RotaFile is a rota in somebody else's form.
type RotaFile struct {
	Format  string            `json:"format" enum:"ical,csv"`
	Content string            `json:"content" maxLength:"4000000" doc:"the file itself" text:"free"`
	Name    string            `json:"name,omitempty" maxLength:"255" doc:"of the file, repeated in mistakes"`
	Tier    int               `json:"tier,omitempty" minimum:"0" maximum:"9" doc:"only this tier; 0: those that the file names, else 1"`
	People  map[string]string `json:"people,omitempty" doc:"name in the file to person id"`
	Filler  string            `json:"filler,omitempty" enum:"layers," doc:"layers: they stand where the file names nobody; empty: nobody does"`
}

// ReplayQuery asks what calls of the past would have reached.
type ReplayQuery struct {
	Clinic   string
	From, To time.Time
	Log      string            // a vendor's call log (CSV); empty: our own calls
	People   map[string]string // name in the log to person id
	Schedule string            // with Proposal: the schedule that it changes
	Proposal *Proposal
}

// OfferQuery asks for offers.
type OfferQuery struct{ Clinic, Schedule, State string }

// OfferAct is one step of an offer's life.
type OfferAct struct {
	Do     string // take, approve, decline, withdraw
	Person string // who takes or declines
	B      *ShiftBody
}
