package console

import (
	"context"
	"time"

	"nightbell/audit"
)

type stageKeeping struct{ *stage }

func (stageKeeping) Retention(context.Context) ([]RetentionView, error) { return nil, nil }
func (k stageKeeping) Set(_ context.Context, b RetentionBody, by audit.Actor) (RetentionView, error) {
	return RetentionView{Artefact: b.Artefact, Days: b.Days}, k.change(by)
}
func (stageKeeping) Due(context.Context) ([]DueView, error) { return nil, nil }
func (k stageKeeping) Purge(_ context.Context, _ string, by audit.Actor) (Attestation, error) {
	return Attestation{Kind: "purge"}, k.change(by)
}

type stageHolding struct{ *stage }

func (stageHolding) List(context.Context, Past) ([]HoldView, error) { return nil, nil }
func (h stageHolding) Place(_ context.Context, b HoldBody, by audit.Actor) (HoldView, error) {
	return HoldView{ID: "h1", Kind: b.Kind}, h.change(by)
}
func (h stageHolding) Release(_ context.Context, _, _ string, by audit.Actor) error {
	return h.change(by)
}

// stageDisclosures keeps what was exported apart from changes: the route remembers it as its own.
type stageDisclosures struct{ *stage }

func (stageDisclosures) List(context.Context, DisclosureQuery) (DisclosurePage, error) {
	return DisclosurePage{}, nil
}
func (d stageDisclosures) Record(_ context.Context, b DisclosureBody, by audit.Actor) (DisclosureView, error) {
	if b.Kind == "recording_export" {
		if d.broken != nil {
			return DisclosureView{}, ErrAuditDown
		}
		d.disclosed = append(d.disclosed, b)
		return DisclosureView{}, nil
	}
	return DisclosureView{ID: "d1", Kind: b.Kind}, d.change(by)
}

type stageGlass struct{ *stage }

func (stageGlass) List(context.Context, time.Time) ([]GlassView, error) { return nil, nil }
func (g stageGlass) Break(_ context.Context, b GlassBody, by audit.Actor) (GlassView, error) {
	return GlassView{ID: "g1", Kind: b.Kind}, g.change(by)
}
func (g stageGlass) Close(_ context.Context, _ string, by audit.Actor) error     { return g.change(by) }
func (g stageGlass) Review(_ context.Context, _, _ string, by audit.Actor) error { return g.change(by) }

func init() {
	example["set-retention"] = `{"proposal":"p1","artefact":"recording","days":90}`
	example["purge"] = `{"proposal":"p1"}`
	example["place-hold"] = `{"kind":"call","object":"c1","reason":"a dispute"}`
	example["release-hold"] = `{"proposal":"p1"}`
	example["list-disclosures"] = `{"reason":"the patient asks"}`
	example["record-disclosure"] = `{"clinic":"harbor","kind":"legal","object":"recording:r1","recipient":"a court","purpose":"an order"}`
	example["break-glass"] = `{"kind":"call","object":"c1","minutes":30,"reason":"a patient's life may hang on it"}`
	example["review-break-glass"] = `{"verdict":"justified"}`
}
