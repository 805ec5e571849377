package console

import (
	"context"
	"time"

	"nightbell/audit"
	"nightbell/policy"
)

// The rules of the stage: one clinic, harbor; one schedule, person, offer and feed, all called c1.

// revise is what a changing port does: it holds the tag against what stands.
func (s *stage) revise(r Revision) (Saved, error) {
	switch {
	case r.Match == "":
		return Saved{}, &Stale{Tag: "t2", Changes: []Change{{Kind: "added", Of: "schedule", ID: r.ID}}}
	case r.Match != "*" && r.Match != "t2":
		return Saved{}, &Stale{Tag: "t2", Changes: []Change{{Kind: "changed", Of: "schedule", ID: r.ID, Field: "name", From: "a", To: "b"}}}
	case s.opens && r.Acknowledge == "":
		return Saved{}, &Gaps{Open: []policy.Gap{{Schedule: "c1", Clinic: "harbor", Start: callTime, End: callTime.Add(time.Hour)}}}
	}
	s.revisions = append(s.revisions, r)
	return Saved{ID: r.ID, Tag: "t3", Version: "b2"}, s.change(r.By)
}

type stageClinics struct{ *stage }

func (stageClinics) List(_ context.Context, only string) ([]ClinicView, error) {
	return []ClinicView{{ID: only}}, nil
}
func (stageClinics) Find(_ context.Context, id string) (ClinicView, error) {
	if id != "harbor" {
		return ClinicView{}, ErrNotFound
	}
	return ClinicView{ID: id, Tag: "t2"}, nil
}
func (c stageClinics) Put(_ context.Context, r Revision, _ ClinicBody) (Saved, error) {
	return c.revise(r)
}
func (c stageClinics) Hours(_ context.Context, r Revision, _ []WindowBody) (Saved, error) {
	return c.revise(r)
}
func (c stageClinics) Holidays(_ context.Context, r Revision, _ []HolidayBody) (Saved, error) {
	return c.revise(r)
}

type stagePeople struct{ *stage }

func (stagePeople) List(_ context.Context, only string, sight Sight) ([]PersonView, error) {
	if only != "" && only != "harbor" {
		return nil, nil
	}
	p := PersonView{ID: "c1", Name: "[phi:name]", Phone: "[phi:phone]", Tag: "t2"}
	if sight == Clear {
		p.Name, p.Phone = "Amy Adler", canary
	}
	return []PersonView{p}, nil
}
func (stagePeople) Find(_ context.Context, id string) (PersonView, error) {
	return PersonView{ID: id, Name: "[phi:name]", Tag: "t2"}, nil
}
func (p stagePeople) Put(_ context.Context, r Revision, _ PersonBody) (Saved, error) {
	return p.revise(r)
}
func (p stagePeople) Edit(_ context.Context, r Revision, _ EditBody) (Saved, error) {
	return p.revise(r)
}

type stageSchedules struct{ *stage }

func (stageSchedules) List(_ context.Context, only string) ([]ScheduleView, error) {
	return []ScheduleView{{ID: "c1", Clinic: only}}, nil
}
func (stageSchedules) Find(_ context.Context, id string) (ScheduleView, error) {
	if id != "c1" {
		return ScheduleView{}, ErrNotFound
	}
	return ScheduleView{ID: id, Clinic: "harbor", Tag: "t2"}, nil
}
func (s stageSchedules) Put(_ context.Context, r Revision, _ ScheduleBody) (Saved, error) {
	return s.revise(r)
}
func (s stageSchedules) Edit(_ context.Context, r Revision, _ []EditBody) (Saved, error) {
	return s.revise(r)
}
func (s stageSchedules) Remove(_ context.Context, r Revision) (Saved, error) { return s.revise(r) }

type stageVersions struct{ *stage }

func (stageVersions) List(context.Context, string) ([]VersionView, error) { return nil, nil }
func (stageVersions) Find(_ context.Context, _ string, n int) (VersionView, error) {
	return VersionView{Version: n}, nil
}
func (v stageVersions) Restore(_ context.Context, r Revision, _ Restoration) (Saved, error) {
	return v.revise(r)
}

type stagePreviews struct{ *stage }

func (stagePreviews) Preview(_ context.Context, _ string, p Proposal) (Preview, error) {
	var v Preview
	v.Report.DoubleBookings = []policy.Double{{Person: "c1", Here: "c1", There: "bay-nights", Clinic: "bay"}}
	if p.Replay {
		v.Report.Replay = &policy.Replay{Total: 7, Others: 1}
	}
	return v, nil
}
func (stagePreviews) Compare(context.Context, string, RotaFile) (RotaDifference, error) {
	return RotaDifference{}, nil
}
func (p stagePreviews) Import(_ context.Context, r Revision, _ RotaFile) (Saved, error) {
	return p.revise(r)
}

type stageOutlook struct{ *stage }

func (stageOutlook) Why(_ context.Context, q RotaQuery) (Explanation, error) {
	return Explanation{Clinic: q.Clinic, At: q.From}, nil
}
func (stageOutlook) Gaps(context.Context, RotaQuery) ([]policy.Gap, error)   { return nil, nil }
func (stageOutlook) Fairness(context.Context, RotaQuery) ([]Fairness, error) { return nil, nil }
func (stageOutlook) Replay(context.Context, ReplayQuery) (Replayed, error)   { return Replayed{}, nil }

type stageOffers struct{ *stage }

func (stageOffers) List(context.Context, OfferQuery) ([]OfferView, error) { return nil, nil }
func (stageOffers) Find(_ context.Context, id string) (OfferView, error) {
	if id != "c1" {
		return OfferView{}, ErrNotFound
	}
	return OfferView{ID: id, Clinic: "harbor", From: "amy"}, nil
}
func (o stageOffers) Make(_ context.Context, r Revision, _ OfferBody) (OfferView, error) {
	return OfferView{ID: "o1"}, o.change(r.By)
}
func (o stageOffers) Act(_ context.Context, r Revision, _ OfferAct) (OfferView, error) {
	return OfferView{ID: r.ID}, o.change(r.By)
}

type stageFeeds struct{ *stage }

func (stageFeeds) List(_ context.Context, only string) ([]FeedView, error) {
	if only != "" && only != "harbor" {
		return nil, nil
	}
	return []FeedView{{ID: "c1", Kind: "clinic", Subject: "harbor"}}, nil
}
func (f stageFeeds) Make(_ context.Context, b FeedBody, by audit.Actor) (FeedView, string, error) {
	return FeedView{ID: "c1", Kind: b.Kind, Subject: b.Subject}, "secret", f.change(by)
}
func (f stageFeeds) Revoke(_ context.Context, _ string, by audit.Actor) error { return f.change(by) }
func (stageFeeds) Open(_ context.Context, secret string) (FeedView, []byte, error) {
	if secret != "secret" {
		return FeedView{}, nil, ErrNotFound
	}
	return FeedView{ID: "c1", Kind: "clinic", Subject: "harbor"}, []byte("BEGIN:VCALENDAR\r\n"), nil
}

const examplePut = `{"clinic":"harbor","name":"Nights","layers":[]}`

func init() {
	for id, body := range map[string]string{
		"put-clinic":       `{"name":"Harbor","zone":"America/New_York","hours":[],"holidays":[],"open":[],"closed":[],"record":true}`,
		"put-hours":        `{"hours":[{"days":[1],"start":"08:00","end":"17:00"}]}`,
		"put-holidays":     `{"holidays":[{"name":"New Year's Day","month":1,"day":1}]}`,
		"reveal-people":    `{"reason":"printing the list"}`,
		"put-person":       `{"role":"clinician","active":true}`,
		"edit-person":      `{"edit":{"do":"absence","start":"2026-12-01T00:00","end":"2026-12-08T00:00"}}`,
		"put-schedule":     examplePut,
		"edit-schedule":    `{"edits":[{"do":"assign","person":"amy","start":"2026-12-01T17:00","end":"2026-12-02T08:00"}]}`,
		"preview-schedule": `{"edits":[]}`,
		"cover-called-in":  `{"from":"bo","cover":"wu","end":"` + callTime.Add(8*time.Hour).Format(time.RFC3339) + `","confirmed":"call_back"}`,
		"restore-version":  `{"version":1}`,
		"check-rota":       `{"format":"csv","content":"a,b"}`,
		"import-rota":      `{"format":"csv","content":"a,b"}`,
		"replay-calls":     `{}`,
		"replay-log":       `{"log":"a,b"}`,
		"make-offer":       `{"schedule":"c1","layer":"nights","kind":"give","from":"amy","a":{"period":3}}`,
		"take-offer":       `{"person":"amy"}`,
		"approve-offer":    `{}`,
		"decline-offer":    `{"person":"amy"}`,
		"withdraw-offer":   `{}`,
		"create-feed":      `{"kind":"clinic","subject":"harbor"}`,
	} {
		example[id] = body
	}
}

// exampleQuery is what a route's path needs behind it.
var exampleQuery = map[string]string{"on-call-why": "?schedule=c1"}
