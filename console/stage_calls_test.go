package console

import (
	"context"

	"nightbell/audit"
)

// The rules of calls on the stage: one queue, carrier and prompt, all called c1; a prompt of harbor, one of oak, one of the house.

type stageCallRules struct{ *stage }

func (stageCallRules) Calls(_ context.Context, clinic string) (CallsView, error) {
	if clinic != "harbor" {
		return CallsView{}, ErrNotFound
	}
	return CallsView{ID: clinic, Tag: "t2"}, nil
}
func (c stageCallRules) PutCalls(_ context.Context, r Revision, _ CallsBody) (Saved, error) {
	return c.revise(r)
}
func (stageCallRules) Queues(context.Context) ([]QueueView, error) {
	return []QueueView{{ID: "c1", Tag: "t2"}}, nil
}
func (c stageCallRules) PutQueue(_ context.Context, r Revision, _ QueueBody) (Saved, error) {
	return c.revise(r)
}
func (c stageCallRules) RemoveQueue(_ context.Context, r Revision) (Saved, error) { return c.revise(r) }

type stageOutward struct{ *stage }

func (stageOutward) Laws(context.Context) (LawsView, error) {
	return LawsView{Items: []LawBody{{State: "US-CA", Rule: "all_parties"}}, Tag: "t2"}, nil
}
func (o stageOutward) PutLaws(_ context.Context, r Revision, _ []LawBody) (Saved, error) {
	return o.revise(r)
}
func (stageOutward) Carrier(_ context.Context, trunk string) (CarrierView, error) {
	if trunk != "c1" {
		return CarrierView{}, ErrNotFound
	}
	return CarrierView{ID: trunk, Tag: "t2"}, nil
}
func (o stageOutward) PutCarrier(_ context.Context, r Revision, _ *CarrierBody) (Saved, error) {
	return o.revise(r)
}
func (stageOutward) Emergency(context.Context) (EmergencyView, error) {
	return EmergencyView{Tag: "t2"}, nil
}
func (o stageOutward) PutEmergency(_ context.Context, r Revision, _ EmergencyBody) (Saved, error) {
	return o.revise(r)
}

func init() {
	for id, body := range map[string]string{
		"put-clinic-calls":   `{"menus":[{"id":"main","prompt":"main","keys":{"1":{"do":"next"}}}],"voicemail":{"most":"2m"},"priority":2}`,
		"put-queue":          `{"strategy":"longest_idle","members":[{"person":"amy"}],"max_wait":"10m","keys":{"1":{"do":"call_back"}}}`,
		"put-consent-laws":   `{"items":[{"state":"US-CA","rule":"all_parties"}]}`,
		"put-carrier":        `{"carrier":{"host":"sip.carrier.test","numbers":{"allow":["+1"]}}}`,
		"put-emergency-line": `{"trunk":"c1","call_back":"+12125550100","locations":{"house":{"country":"US","state":"NY","city":"New York","street":"Elm Street","house":"7"}}}`,
		"put-prompt":         `"a sound"`,
		"speak-prompt":       `{"text":"Thank you for calling."}`,
	} {
		example[id] = body
	}
	for _, id := range []string{"put-prompt", "speak-prompt"} {
		exampleQuery[id] = "?clinic=harbor"
	}
}

type stagePrompts struct{ *stage }

func (stagePrompts) List(_ context.Context, only string) ([]PromptView, error) {
	return []PromptView{{ID: "c1", Clinic: only, Name: "greeting"}, {Name: "music", Kind: "built_in"}}, nil
}

func (stagePrompts) Find(_ context.Context, id string) (PromptView, error) {
	clinic, ok := map[string]string{"c1": "harbor", "p-oak": "oak", "p-house": ""}[id]
	if !ok {
		return PromptView{}, ErrNotFound
	}
	return PromptView{ID: id, Clinic: clinic, Name: "greeting"}, nil
}

func (p stagePrompts) Put(_ context.Context, at PromptPlace, _ []byte, by audit.Actor) (PromptView, error) {
	return PromptView{ID: "c2", Clinic: at.Clinic, Name: at.Name}, p.change(by)
}

func (p stagePrompts) Speak(_ context.Context, at PromptPlace, _ Spoken, by audit.Actor) (PromptView, error) {
	return PromptView{ID: "c2", Clinic: at.Clinic, Name: at.Name}, p.change(by)
}
func (stagePrompts) Sound(context.Context, string) ([]byte, error) { return []byte("a sound"), nil }
func (p stagePrompts) Remove(_ context.Context, _ string, by audit.Actor) error {
	return p.change(by)
}
func (p stagePrompts) Restore(_ context.Context, _ string, by audit.Actor) error {
	return p.change(by)
}
