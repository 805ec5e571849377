package console

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"nightbell/audit"
	"nightbell/call"
	"nightbell/phi"
	"nightbell/policy"
)

// orderIn tells a running call what to do.
type orderIn struct {
	Named
	IfMatch string `header:"If-Match" maxLength:"32" doc:"revision of the call as it was seen; absent: whatever it is now"`
	Body    struct {
		Do      call.CommandKind `json:"do" maxLength:"32" pattern:"^[a-z_]+$" doc:"hold, resume, consult, three_way, complete, cancel, transfer, park, retrieve, listen, whisper, barge, leave, pause_recording, resume_recording, decline_recording, hang_up, patch, send_key, requeue, secret, end_secret, note"`
		Person  string           `json:"person,omitempty" maxLength:"64" doc:"whom, of consult and transfer"`
		User    string           `json:"user,omitempty" maxLength:"64" doc:"whose phone: of consult, transfer, retrieve; of listen, whisper, barge the supervisor's own"`
		Number  string           `json:"number,omitempty" minLength:"3" maxLength:"32" pattern:"^[0-9+*#() .-]+$" doc:"outside number, of consult and transfer"`
		Slot    string           `json:"slot,omitempty" maxLength:"16" doc:"of park"`
		Reason  string           `json:"reason,omitempty" maxLength:"64" pattern:"^[a-z_]+$" doc:"closed word: why a recording is paused or declined, what a note says"`
		Because string           `json:"because,omitempty" maxLength:"200" doc:"why one listens in; needed for listen, whisper, barge; kept in the audit, so no patient's name or number"`
		Seconds int              `json:"seconds,omitempty" minimum:"1" maximum:"3600" doc:"of pause_recording and secret"`
		Urgency policy.Urgency   `json:"urgency,omitempty" maxLength:"16" doc:"of patch"`
		Key     string           `json:"key,omitempty" maxLength:"1" pattern:"^[0-9*#A-D]$" doc:"of send_key"`
	}
}

func (in *orderIn) command(by string) call.Command {
	b := in.Body
	cmd := call.Command{Do: b.Do, By: by, Person: b.Person, User: b.User, Slot: b.Slot, Reason: b.Reason,
		For: time.Duration(b.Seconds) * time.Second, Urgency: b.Urgency}
	if b.Number != "" {
		cmd.To = phi.NewPhone(b.Number)
	}
	if b.Key != "" {
		cmd.Key = b.Key[0]
	}
	return cmd
}

// orderCall tells a call what to do. Who wants to hear it is remembered first, and refused where that cannot be; anything else
// is done first: a caller does not stay on hold because a disk is full.
func orderCall(c *Console, ctx context.Context, in *orderIn) (*answer[LiveCall], error) {
	a, cmd := askingOf(ctx), in.command(askingOf(ctx).who.Person)
	now, err := c.mayOrder(ctx, in)
	if err != nil {
		return nil, err
	}
	e := a.event("call:"+now.ID, now.Clinic, notice{reason: in.Body.Because, facts: orderFacts(cmd)})
	e.Correlation = now.ID
	if hears(cmd.Do) {
		e.Action, e.Classes = audit.CallHeard, []string{"audio"}
		if err := c.note(ctx, e); err != nil {
			return nil, err
		}
	}
	err = c.ports.Lines.Order(ctx, now.ID, cmd)
	if !hears(cmd.Do) || err != nil {
		c.noteOrder(ctx, e, err)
	}
	if err != nil {
		return nil, err
	}
	return say(c.asItIs(ctx, now))
}

// noteOrder remembers how it went. The order stands whether or not that could be.
func (c *Console) noteOrder(ctx context.Context, e audit.Event, err error) {
	e.Facts["result"] = "done"
	var unfit *call.Unfit
	switch {
	case errors.As(err, &unfit):
		e.Outcome, e.Facts["result"] = audit.Refused, string(unfit.Word)
	case err != nil:
		e.Outcome, e.Facts["result"] = audit.Broke, "fault"
	}
	if c.note(ctx, e) != nil {
		c.log.Warn("order not remembered", "call", e.Correlation, "do", e.Facts["do"], "request", askingOf(ctx).request)
	}
}

// orderFacts is what of an order is no PHI: an outside number is not here.
func orderFacts(cmd call.Command) map[string]string {
	facts := map[string]string{"do": string(cmd.Do)}
	for name, value := range map[string]string{"person": cmd.Person, "user": cmd.User, "slot": cmd.Slot, "word": cmd.Reason} {
		if value != "" {
			facts[name] = value
		}
	}
	if !cmd.To.IsZero() {
		facts["to"] = "outside"
	}
	return facts
}

// hears reports whether whoever orders it will hear the caller.
func hears(do call.CommandKind) bool {
	return do == call.Listen || do == call.Whisper || do == call.Barge
}

// mayOrder finds the call and holds the order against the table of orders. A call of others does not exist.
func (c *Console) mayOrder(ctx context.Context, in *orderIn) (LiveCall, error) {
	now, err := c.running(ctx, in.ID)
	if err != nil {
		return LiveCall{}, err
	}
	a := askingOf(ctx)
	stands := a.standing(now)
	if stands == 0 {
		return LiveCall{}, ErrNotFound
	}
	may, known := orders[in.Body.Do]
	switch {
	case !known:
		return LiveCall{}, Mistakes{{Field: "body.do", Text: "is no command"}}
	case may&stands == 0:
		return LiveCall{}, problem(http.StatusForbidden, "not-allowed", "this command is for "+may.words())
	case in.IfMatch != "" && strings.Trim(in.IfMatch, `"`) != now.Revision && in.IfMatch != "*":
		p := problem(http.StatusPreconditionFailed, "changed", "the call is not as it was seen: look again")
		p.Tag = now.Revision
		return LiveCall{}, p
	case hears(in.Body.Do) && len(in.Body.Because) < 3:
		return LiveCall{}, Mistakes{{Field: "body.because", Text: "is missing: say why"}}
	}
	return now, plainText("body.because", in.Body.Because)
}

// running is a call that runs now, as it stands.
func (c *Console) running(ctx context.Context, id string) (LiveCall, error) {
	all, err := c.ports.Lines.Calls(ctx)
	if err != nil {
		return LiveCall{}, err
	}
	at := slices.IndexFunc(all, func(v call.View) bool { return v.ID == id })
	if at < 0 {
		return LiveCall{}, ErrNotFound
	}
	return LiveOf(all[at]), nil
}

// asItIs is the call after an order; the last thing that it did may have been to end.
func (c *Console) asItIs(ctx context.Context, before LiveCall) (LiveCall, error) {
	now, err := c.running(ctx, before.ID)
	if err != nil {
		before.State, before.Revision = call.Over, ""
		return before, nil
	}
	return now, nil
}

// standing is what somebody is to a running call; orders says what each may.
type standing byte

const (
	inIt      standing = 1 << iota // the agent who talks, or the third
	watching                       // a supervisor of the clinic
	colleague                      // takes calls of the clinic
	operator                       // of the machine: no person
)

func (s standing) words() string {
	var all []string
	for _, one := range []struct {
		standing
		words string
	}{{inIt, "who is in the call"}, {watching, "supervisors of the clinic"}, {colleague, "agents of the clinic"}, {operator, "the operator"}} {
		if s&one.standing != 0 {
			all = append(all, one.words)
		}
	}
	return strings.Join(all, ", ")
}

// standing finds out what whoever asks is to the call; 0: it does not exist for her.
func (a *asking) standing(now LiveCall) (s standing) {
	if a.who.Person == "" {
		return operator
	}
	if a.seesWith(CallsCommand, now.Clinic) {
		s |= watching
	}
	if a.seesWith(CallsAnswer, now.Clinic) {
		s |= colleague
	}
	if slices.ContainsFunc(now.Parties, func(p call.PartyView) bool { return p.Person == a.who.Person && p.Place != "observer" }) {
		s |= inIt
	}
	return s
}

type placeIn struct {
	Body struct {
		Number string `json:"number,omitempty" minLength:"3" maxLength:"32" pattern:"^[0-9+*#() .-]+$" doc:"whom to call, in a clinic's name"`
		Clinic string `json:"clinic,omitempty" maxLength:"64" doc:"whose number the called one sees; of a call-back its call's"`
		Of     string `json:"of,omitempty" maxLength:"64" pattern:"^[A-Za-z0-9._~-]*$" doc:"id of a call whose caller is called back, instead of a number"`
		User   string `json:"user,omitempty" maxLength:"64" doc:"which of one's telephones rings first; absent: all that are registered"`
	}
}

// placed is a call on its way.
type placed struct {
	ID string `json:"id" doc:"of the new call"`
}

// placeCall rings the asking person first, then whom she calls. A number of a patient leaves in a call: remembered first.
func placeCall(c *Console, ctx context.Context, in *placeIn) (*answer[placed], error) {
	p, err := c.placing(ctx, in)
	if err != nil {
		return nil, err
	}
	facts := map[string]string{"kind": string(p.Kind)}
	if p.Of != "" {
		facts["of"] = p.Of
	}
	e := askingOf(ctx).event(cmp.Or("call:"+p.Of, "clinic:"+p.Clinic), p.Clinic, notice{facts: facts})
	if p.Of == "" {
		e.Object = "clinic:" + p.Clinic
	}
	if err := c.note(ctx, e); err != nil {
		return nil, err
	}
	id, err := c.ports.Lines.Place(ctx, p, askingOf(ctx).who.Actor)
	if err != nil {
		c.noteOrder(ctx, e, err)
		return nil, err
	}
	return say(placed{id}, nil)
}

// placing is what is wanted. A caller who is called back must be one whom the asking person may see.
func (c *Console) placing(ctx context.Context, in *placeIn) (Placing, error) {
	a, b := askingOf(ctx), in.Body
	p := Placing{Kind: call.CallOut, Person: a.who.Person, User: b.User, Clinic: b.Clinic, Of: b.Of}
	switch {
	case (b.Number == "") == (b.Of == ""):
		return p, Mistakes{{Field: "body.number", Text: "expected either a number or a call in of"}}
	case b.Of == "" && b.Clinic == "":
		return p, Mistakes{{Field: "body.clinic", Text: "is missing: in whose name"}}
	case b.Of == "":
		p.To = phi.NewPhone(b.Number)
		if !a.sees(p.Clinic) {
			return p, ErrNotFound
		}
		return p, nil
	}
	story, err := c.ports.Calls.Find(ctx, b.Of)
	if err != nil {
		return p, err
	}
	if !a.sees(story.Clinic) {
		return p, ErrNotFound
	}
	if story.From.IsZero() {
		return p, problem(http.StatusConflict, "no-number", "the caller withheld the number")
	}
	p.Kind, p.Clinic, p.To = call.CallBack, story.Clinic, story.From
	return p, nil
}

// ofCall says why a running call did not take an order.
func ofCall(err error) *Problem {
	var u *call.Unfit
	if !errors.As(err, &u) {
		return nil
	}
	w, known := unfits[u.Word]
	if !known {
		w = unfit{http.StatusConflict, "not possible now"}
	}
	return problem(w.status, strings.ReplaceAll(string(u.Word), "_", "-"), w.detail)
}

type unfit struct {
	status int
	detail string
}

var unfits = map[call.UnfitWord]unfit{
	call.NoSuchCall:    {http.StatusNotFound, "no such call runs"},
	call.Gone:          {http.StatusConflict, "the call ended first"},
	call.NoSuchCommand: {http.StatusUnprocessableEntity, "no such command"},
	call.NotNow:        {http.StatusConflict, "not in the state that the call is in"},
	call.LineBusy:      {http.StatusConflict, "a consult, patch or transfer is open already: complete or cancel it first"},
	call.NoLine:        {http.StatusConflict, "nobody is consulted: nothing to complete or cancel"},
	call.Nobody:        {http.StatusConflict, "whom it names cannot be reached, or is not in the call"},
	call.NotAllowed:    {http.StatusForbidden, "not allowed for that person, number or call"},
	call.Already:       {http.StatusConflict, "it is so already"},
	call.ByPhone:       {http.StatusConflict, "the telephone itself holds the caller: resume there"},
	call.NoRecording:   {http.StatusConflict, "nothing is recorded"},
	call.SlotTaken:     {http.StatusConflict, "somebody is parked there: take another slot, or none"},
	call.NoPrompt:      {http.StatusConflict, "the law asks for words that there is no prompt of"},
	call.BadWord:       {http.StatusUnprocessableEntity, "the reason or key is none that is known"},
}
