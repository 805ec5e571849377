package console

import (
	"bytes"
	"cmp"
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"nightbell/audit"
)

// CallRules is what a clinic's calls do besides ringing people, thing by thing.
type CallRules interface {
	Calls(ctx context.Context, clinic string) (CallsView, error)
	PutCalls(context.Context, Revision, CallsBody) (Saved, error)
	Queues(ctx context.Context) ([]QueueView, error)
	PutQueue(context.Context, Revision, QueueBody) (Saved, error)
	RemoveQueue(context.Context, Revision) (Saved, error) // ErrInUse while a flow uses it
}

// OutwardRules is what belongs to the whole house: laws, carriers, the way of 911.
type OutwardRules interface {
	Laws(context.Context) (LawsView, error)
	PutLaws(context.Context, Revision, []LawBody) (Saved, error)
	Carrier(ctx context.Context, trunk string) (CarrierView, error)
	PutCarrier(context.Context, Revision, *CarrierBody) (Saved, error)
	Emergency(context.Context) (EmergencyView, error)
	PutEmergency(context.Context, Revision, EmergencyBody) (Saved, error)
}

// Prompts is what callers hear.
type Prompts interface {
	List(ctx context.Context, only string) ([]PromptView, error) // of a clinic, and the house's; empty: all
	Find(ctx context.Context, id string) (PromptView, error)
	Put(ctx context.Context, p PromptPlace, file []byte, by audit.Actor) (PromptView, error)
	Speak(ctx context.Context, p PromptPlace, words Spoken, by audit.Actor) (PromptView, error)
	Sound(ctx context.Context, id string) ([]byte, error) // WAV
	Remove(ctx context.Context, id string, by audit.Actor) error
	Restore(ctx context.Context, id string, by audit.Actor) error
}

// Spoken is a text that a machine speaks.
type Spoken struct {
	Text  string `json:"text" minLength:"1" maxLength:"2000" text:"free" doc:"what callers hear: no patient's name or number"`
	Voice string `json:"voice,omitempty" maxLength:"16" doc:"of espeak-ng: en-us, es; the language's if absent"`
	Speed int    `json:"speed,omitempty" minimum:"0" maximum:"300" doc:"words a minute; 150 if absent"`
}

func callRuleRoutes() []Route {
	return []Route{
		{http.MethodGet, "/api/v1/clinics/{id}/calls", "show-clinic-calls", "What a clinic's calls do besides ringing people",
			RulesRead, Clinic, "", nil, Settled, with(showCalls)},
		{http.MethodPut, "/api/v1/clinics/{id}/calls", "put-clinic-calls", "Change menus, patch, voicemail, languages, limits of a clinic",
			ClinicsWrite, House, audit.ClinicChanged, nil, Fresh, with(putCalls)},
		{http.MethodGet, "/api/v1/queues", "list-queues", "Queues",
			RulesRead, House, "", nil, Settled, with(listQueues)},
		{http.MethodPut, "/api/v1/queues/{id}", "put-queue", "Make or change a queue",
			ClinicsWrite, House, audit.QueueChanged, nil, Fresh, with(putQueue)},
		{http.MethodDelete, "/api/v1/queues/{id}", "remove-queue", "Remove a queue that no flow uses",
			ClinicsWrite, House, audit.QueueChanged, nil, Fresh, with(removeQueue)},
		{http.MethodGet, "/api/v1/consent-laws", "show-consent-laws", "What states ask before a call is recorded",
			RulesRead, House, "", nil, Settled, with(showLaws)},
		{http.MethodPut, "/api/v1/consent-laws", "put-consent-laws", "Change the table; an empty one is the program's own",
			ClinicsWrite, House, audit.LawsChanged, nil, Fresh, with(putLaws)},
		{http.MethodGet, "/api/v1/trunks/{id}/carrier", "show-carrier", "A trunk's outbound side",
			TrunksRead, House, "", nil, Settled, with(showCarrier)},
		{http.MethodPut, "/api/v1/trunks/{id}/carrier", "put-carrier", "Change a trunk's outbound side; absent: it only brings calls",
			TrunksWrite, House, audit.TrunkChanged, nil, Fresh, with(putCarrier)},
		{http.MethodGet, "/api/v1/emergency-line", "show-emergency-line", "How 911 leaves the house",
			TrunksRead, House, "", nil, Settled, with(showEmergency)},
		{http.MethodPut, "/api/v1/emergency-line", "put-emergency-line", "Change how 911 leaves the house",
			TrunksWrite, House, audit.EmergencyChanged, nil, Fresh, with(putEmergency)},
		{http.MethodGet, "/api/v1/prompts", "list-prompts", "What callers hear",
			RulesRead, Clinic, audit.PromptsListed, nil, Settled, with(listPrompts)},
		{http.MethodPost, "/api/v1/prompts/{name}", "put-prompt", "Upload a prompt: WAV, FLAC, Ogg or MP3",
			ClinicsWrite, Clinic, audit.PromptStored, nil, Settled, with(putPrompt)},
		{http.MethodPost, "/api/v1/prompts/{name}/speak", "speak-prompt", "Make a prompt from text, where espeak-ng is installed",
			ClinicsWrite, Clinic, audit.PromptStored, nil, Settled, with(speakPrompt)},
		{http.MethodGet, "/api/v1/prompts/{id}/audio", "play-prompt", "A prompt as WAV",
			RulesRead, Clinic, audit.PromptsListed, nil, Settled, with(playPrompt)},
		{http.MethodDelete, "/api/v1/prompts/{id}", "remove-prompt", "Remove a prompt; restore undoes it",
			ClinicsWrite, Clinic, audit.PromptRemoved, nil, Settled, with(removePrompt)},
		{http.MethodPost, "/api/v1/prompts/{id}/restore", "restore-prompt", "Play a removed prompt again",
			ClinicsWrite, Clinic, audit.PromptRestored, nil, Settled, with(restorePrompt)},
	}
}

func showCalls(c *Console, ctx context.Context, in *Named) (*tagged[CallsView], error) {
	if err := may(ctx, in.ID, nil); err != nil {
		return nil, err
	}
	v, err := c.ports.CallRules.Calls(ctx, in.ID)
	return tag(v, v.Tag, err)
}

type putCallsIn struct {
	Named
	Condition
	Body struct {
		CallsBody
		Motive
	}
}

func putCalls(c *Console, ctx context.Context, in *putCallsIn) (*tagged[Saved], error) {
	r, err := in.revision(ctx, in.ID, in.Body.Motive)
	if err != nil {
		return nil, err
	}
	if err := plainText("body.card", in.Body.Card); err != nil {
		return nil, err
	}
	return saved(ctx)(c.ports.CallRules.PutCalls(ctx, r, in.Body.CallsBody))
}

func listQueues(c *Console, ctx context.Context, in *Bulk) (*answer[list[QueueView]], error) {
	items, err := c.ports.CallRules.Queues(ctx)
	return say(paged(items, err, *in, func(v QueueView) string { return v.ID }))
}

type putQueueIn struct {
	Named
	Condition
	Body struct {
		QueueBody
		Motive
	}
}

func putQueue(c *Console, ctx context.Context, in *putQueueIn) (*tagged[Saved], error) {
	r, err := in.revision(ctx, in.ID, in.Body.Motive)
	if err != nil {
		return nil, err
	}
	return saved(ctx)(c.ports.CallRules.PutQueue(ctx, r, in.Body.QueueBody))
}

func removeQueue(c *Console, ctx context.Context, in *struct {
	Named
	Condition
	Reason string `query:"reason" maxLength:"200"`
}) (*tagged[Saved], error) {
	r, err := in.revision(ctx, in.ID, Motive{Reason: in.Reason})
	if err != nil {
		return nil, err
	}
	return saved(ctx)(c.ports.CallRules.RemoveQueue(ctx, r))
}

func showLaws(c *Console, ctx context.Context, _ *struct{}) (*tagged[LawsView], error) {
	v, err := c.ports.OutwardRules.Laws(ctx)
	return tag(v, v.Tag, err)
}

func putLaws(c *Console, ctx context.Context, in *struct {
	Condition
	Body struct {
		Items []LawBody `json:"items" nullable:"false" maxItems:"200"`
		Motive
	}
}) (*tagged[Saved], error) {
	r, err := in.revision(ctx, "laws", in.Body.Motive)
	if err != nil {
		return nil, err
	}
	return saved(ctx)(c.ports.OutwardRules.PutLaws(ctx, r, in.Body.Items))
}

func showCarrier(c *Console, ctx context.Context, in *Named) (*tagged[CarrierView], error) {
	v, err := c.ports.OutwardRules.Carrier(ctx, in.ID)
	return tag(v, v.Tag, err)
}

func putCarrier(c *Console, ctx context.Context, in *struct {
	Named
	Condition
	Body struct {
		Carrier *CarrierBody `json:"carrier,omitempty"`
		Motive
	}
}) (*tagged[Saved], error) {
	r, err := in.revision(ctx, in.ID, in.Body.Motive)
	if err != nil {
		return nil, err
	}
	return saved(ctx)(c.ports.OutwardRules.PutCarrier(ctx, r, in.Body.Carrier))
}

func showEmergency(c *Console, ctx context.Context, _ *struct{}) (*tagged[EmergencyView], error) {
	v, err := c.ports.OutwardRules.Emergency(ctx)
	return tag(v, v.Tag, err)
}

func putEmergency(c *Console, ctx context.Context, in *struct {
	Condition
	Body struct {
		EmergencyBody
		Motive
	}
}) (*tagged[Saved], error) {
	r, err := in.revision(ctx, "line", in.Body.Motive)
	if err != nil {
		return nil, err
	}
	return saved(ctx)(c.ports.OutwardRules.PutEmergency(ctx, r, in.Body.EmergencyBody))
}

func listPrompts(c *Console, ctx context.Context, in *ClinicScope) (*answer[list[PromptView]], error) {
	clinic, err := own(ctx, in.Clinic)
	if err != nil {
		return nil, err
	}
	if err := c.remember(ctx, "prompts", clinic, notice{}); err != nil {
		return nil, err
	}
	items, err := c.ports.Prompts.List(ctx, clinic)
	return say(paged(items, err, in.Bulk, func(v PromptView) string { return cmp.Or(v.ID, v.Name) }))
}

type putPromptIn struct {
	PromptPlace
	RawBody []byte `contentType:"application/octet-stream" doc:"the file; what it is called does not count"`
}

func putPrompt(c *Console, ctx context.Context, in *putPromptIn) (*answer[PromptView], error) {
	if err := may(ctx, in.Clinic, nil); err != nil {
		return nil, err
	}
	return say(c.ports.Prompts.Put(ctx, in.PromptPlace, in.RawBody, askingOf(ctx).who.Actor))
}

func speakPrompt(c *Console, ctx context.Context, in *struct {
	PromptPlace
	Body Spoken
}) (*answer[PromptView], error) {
	if err := may(ctx, in.Clinic, nil); err != nil {
		return nil, err
	}
	if err := plainText("body.text", in.Body.Text); err != nil {
		return nil, err
	}
	return say(c.ports.Prompts.Speak(ctx, in.PromptPlace, in.Body, askingOf(ctx).who.Actor))
}

// prompt finds a prompt of a clinic that the caller sees. The house's own is everybody's to hear.
func (c *Console) prompt(ctx context.Context, id string) (PromptView, error) {
	v, err := c.ports.Prompts.Find(ctx, id)
	if err != nil || v.Clinic == "" {
		return v, err
	}
	return v, may(ctx, v.Clinic, nil)
}

func playPrompt(c *Console, ctx context.Context, in *Named) (*huma.StreamResponse, error) {
	v, err := c.prompt(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if err := c.remember(ctx, "prompt:"+v.ID, v.Clinic, notice{}); err != nil {
		return nil, err
	}
	wav, err := c.ports.Prompts.Sound(ctx, v.ID)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		r, w := humago.Unwrap(hc)
		w.Header().Set("Content-Type", "audio/wav")
		w.Header().Set("Content-Disposition", `attachment; filename="`+v.ID+`.wav"`)
		http.ServeContent(w, r, "", v.Made, bytes.NewReader(wav))
	}}, nil
}

// changeable finds a prompt that the caller may change: the house's only by who sees all clinics.
func (c *Console) changeable(ctx context.Context, id string) error {
	v, err := c.ports.Prompts.Find(ctx, id)
	return may(ctx, v.Clinic, err)
}

func removePrompt(c *Console, ctx context.Context, in *Named) (*struct{}, error) {
	if err := c.changeable(ctx, in.ID); err != nil {
		return nil, err
	}
	return nil, c.ports.Prompts.Remove(ctx, in.ID, askingOf(ctx).who.Actor)
}

func restorePrompt(c *Console, ctx context.Context, in *Named) (*struct{}, error) {
	if err := c.changeable(ctx, in.ID); err != nil {
		return nil, err
	}
	return nil, c.ports.Prompts.Restore(ctx, in.ID, askingOf(ctx).who.Actor)
}
