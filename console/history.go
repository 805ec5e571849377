package console

import (
	"context"
	"time"

	"nightbell/phi"
	"nightbell/policy"
)

// CallView is a call as it leaves the house: From is "[phi:phone]" unless a reveal route made it.
type CallView struct {
	ID        string    `json:"id"`
	Clinic    string    `json:"clinic"`
	Trunk     string    `json:"trunk"`
	Dialled   string    `json:"dialled" doc:"as From: [phi:phone] unless revealed"`
	From      string    `json:"from" doc:"[phi:phone], the number where it was revealed, or withheld"`
	Caller    string    `json:"caller,omitempty" doc:"pseudonym: one caller of one clinic has one"`
	Arrived   time.Time `json:"arrived"`
	Answered  time.Time `json:"answered,omitzero"`
	Ended     time.Time `json:"ended,omitzero"`
	Outcome   string    `json:"outcome"`
	By        string    `json:"by,omitempty" doc:"whose doing: caller, a device's user, system"`
	Served    bool      `json:"served" doc:"somebody spoke with the caller"`
	Recording string    `json:"recording,omitempty"`
}

type StoryView struct {
	CallView
	TrunkName  string      `json:"trunk_name"`
	KnownBy    string      `json:"known_by"`
	Protection string      `json:"protection"`
	Plan       policy.Plan `json:"plan"`
	Legs       []LegView   `json:"legs" nullable:"false"`
	Events     []CallEvent `json:"events" nullable:"false"`
}

// number shows a caller as the sight allows.
func number(p phi.Phone, sight Sight) string {
	switch {
	case p.IsZero():
		return "withheld"
	case sight == Clear:
		return p.Reveal()
	}
	return p.String()
}

func viewCall(k Call, sight Sight) CallView {
	return CallView{
		ID: k.ID, Clinic: k.Clinic, Trunk: k.Trunk, Dialled: number(k.Dialled, sight), From: number(k.From, sight), Caller: k.Pseudonym,
		Arrived: k.Arrived, Answered: k.Answered, Ended: k.Ended,
		Outcome: k.Outcome, By: k.By, Served: k.Served, Recording: k.Recording,
	}
}

func viewStory(s CallStory, sight Sight) StoryView {
	v := StoryView{
		CallView: viewCall(s.Call, sight), TrunkName: s.TrunkName, KnownBy: s.KnownBy, Protection: s.Protection,
		Plan: s.Plan, Legs: s.Legs, Events: s.Events,
	}
	if v.Legs == nil {
		v.Legs = []LegView{}
	}
	if v.Events == nil {
		v.Events = []CallEvent{}
	}
	return v
}

// Span narrows a list to an interval and a clinic.
type Span struct {
	Clinic string    `query:"clinic" maxLength:"64"`
	From   time.Time `query:"from" doc:"arrived at or after"`
	To     time.Time `query:"to" doc:"arrived before"`
}

func listCalls(c *Console, ctx context.Context, in *struct {
	Paging
	Span
}) (*answer[list[CallView]], error) {
	q := CallQuery{Page: in.page(), Clinic: in.Clinic, From: in.Span.From, To: in.To}
	return c.calls(ctx, q, hidden)
}

// searchIn asks by number, in the body.
type searchIn struct {
	Number string    `json:"number" minLength:"3" maxLength:"32" doc:"E.164, or as dialled"`
	Clinic string    `json:"clinic,omitempty" maxLength:"64"`
	From   time.Time `json:"from,omitzero"`
	To     time.Time `json:"to,omitzero"`
	Cursor string    `json:"cursor,omitempty" maxLength:"256"`
	Limit  int       `json:"limit,omitempty" minimum:"1" maximum:"200" default:"50"`
}

func (s searchIn) query() CallQuery {
	return CallQuery{
		Page: Page{s.Cursor, s.Limit}, Clinic: s.Clinic, Number: phi.NewPhone(s.Number), From: s.From, To: s.To,
	}
}

func searchCalls(c *Console, ctx context.Context, in *struct{ Body searchIn }) (*answer[list[CallView]], error) {
	return c.calls(ctx, in.Body.query(), hidden)
}

// revealIn is a search whose answer shows the callers; without a number it is a list.
type revealIn struct {
	Because
	Number string    `json:"number,omitempty" minLength:"3" maxLength:"32"`
	Clinic string    `json:"clinic,omitempty" maxLength:"64"`
	From   time.Time `json:"from,omitzero"`
	To     time.Time `json:"to,omitzero"`
	Cursor string    `json:"cursor,omitempty" maxLength:"256"`
	Limit  int       `json:"limit,omitempty" minimum:"1" maximum:"200" default:"50"`
}

func revealCalls(c *Console, ctx context.Context, in *struct{ Body revealIn }) (*answer[list[CallView]], error) {
	b := in.Body
	q := searchIn{b.Number, b.Clinic, b.From, b.To, b.Cursor, b.Limit}.query()
	return c.calls(ctx, q, seeing{Clear, b.Reason})
}

// seeing is how much is shown, and why.
type seeing struct {
	sight  Sight
	reason string
}

var hidden = seeing{sight: Redacted}

// calls remembers the question, then asks it.
func (c *Console) calls(ctx context.Context, q CallQuery, see seeing) (*answer[list[CallView]], error) {
	clinic, err := c.narrow(ctx, &q.Within, q.Clinic)
	if err != nil {
		return nil, err
	}
	if err := c.remember(ctx, "calls", clinic, notice{reason: see.reason}); err != nil {
		return nil, err
	}
	page, err := c.ports.Calls.List(ctx, q)
	if err != nil {
		return nil, err
	}
	views := make([]CallView, 0, len(page.Items))
	for _, k := range page.Items {
		if q.Within.holds(k) {
			views = append(views, viewCall(k, see.sight))
		}
	}
	return say(listed(views, page.Next), nil)
}

// narrow fills in what whoever asks may see and gives the one clinic that the answer is about, if it is one. Another clinic
// than hers does not exist; who sees only her own calls may name any: it finds hers there.
func (c *Console) narrow(ctx context.Context, w *Within, asked string) (string, error) {
	a := askingOf(ctx)
	*w = a.within(c.now())
	if asked != "" && w.Took == "" && !a.sees(asked) {
		return "", ErrNotFound
	}
	return firstText(asked, a.oneClinic()), nil
}

func showCall(c *Console, ctx context.Context, in *Named) (*answer[StoryView], error) {
	s, err := c.story(ctx, in.ID, "")
	return say(viewStory(s, Redacted), err)
}

func revealCall(c *Console, ctx context.Context, in *struct {
	Named
	Body Because
}) (*answer[StoryView], error) {
	s, err := c.story(ctx, in.ID, in.Body.Reason)
	return say(viewStory(s, Clear), err)
}

// story finds a call and remembers that it was shown before anybody sees it. A call that is not the caller's to see does not
// exist.
func (c *Console) story(ctx context.Context, id, reason string) (CallStory, error) {
	s, err := c.ports.Calls.Find(ctx, id)
	if err != nil {
		return CallStory{}, err
	}
	if !askingOf(ctx).within(c.now()).holds(Call{ID: s.ID, Clinic: s.Clinic, Took: append(s.took(), c.taking(ctx, s)...), Arrived: s.Arrived}) {
		return CallStory{}, ErrNotFound
	}
	if err := c.remember(ctx, "call:"+s.ID, s.Clinic, notice{reason: reason}); err != nil {
		return CallStory{}, err
	}
	return s, nil
}

// taking are the people who speak with the caller of a call that runs: its legs are filed when it is over.
func (c *Console) taking(ctx context.Context, s CallStory) (out []string) {
	if !s.Ended.IsZero() {
		return nil
	}
	now, err := c.running(ctx, s.ID)
	if err != nil {
		return nil
	}
	for _, p := range now.Parties {
		if p.Person != "" && p.State != "ringing" && p.Place != "observer" {
			out = append(out, p.Person)
		}
	}
	return out
}

// took are the people who spoke with the caller.
func (s CallStory) took() []string {
	var out []string
	for _, l := range s.Legs {
		if l.Person != "" && !l.Answered.IsZero() {
			out = append(out, l.Person)
		}
	}
	return out
}
