package main

import (
	"context"

	"nightbell/audit"
	"nightbell/console"
	"nightbell/phi"
	"nightbell/store"
)

// disclosures is the accounting of what left the house (45 CFR 164.528).
type disclosures struct{ *office }

func (d disclosures) List(ctx context.Context, q console.DisclosureQuery) (console.DisclosurePage, error) {
	ask := store.DisclosureQuery{Clinics: q.Clinics, Calls: only(q.Call), From: q.From, Until: q.To, Limit: q.Limit, Cursor: q.Cursor}
	page, err := d.Store.Disclosures(ctx, ask)
	if err != nil {
		return console.DisclosurePage{}, known(err)
	}
	out := console.DisclosurePage{Next: page.Next}
	for _, one := range page.Rows {
		out.Items = append(out.Items, disclosureView(one))
	}
	return out, nil
}

func disclosureView(d store.Disclosure) console.DisclosureView {
	return console.DisclosureView{ID: d.ID, Made: d.Made, Clinic: d.Clinic, Kind: d.Kind, Object: d.Object, Call: d.Call, By: d.Author,
		Recipient: d.Recipient.Reveal(), Purpose: d.Purpose.Reveal()}
}

func (d disclosures) Record(ctx context.Context, b console.DisclosureBody, by audit.Actor) (console.DisclosureView, error) {
	made, err := d.Store.Disclose(ctx, by, store.Disclosure{Clinic: b.Clinic, Kind: b.Kind, Object: b.Object, Call: b.Call,
		Recipient: phi.NewText(b.Recipient), Purpose: phi.NewText(b.Purpose)})
	return disclosureView(made), known(err)
}
