package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"nightbell/access"
	"nightbell/audit"
	"nightbell/console"
	"nightbell/keep"
	"nightbell/phi"
	"nightbell/policy"
	"nightbell/seal"
	"nightbell/store"
)

// destruction is what cannot be undone. Each way wants an approved proposal of two people, or one that a single owner waited
// out; each ends with a signed certificate. A crash on the way is no half-destroyed house: the same command goes on.
type destruction struct{ *office }

// Shred destroys a recording's key, its escrow slot and its file.
func (d destruction) Shred(ctx context.Context, id string, b console.ShredBody, by audit.Actor) (console.Attestation, error) {
	if d.Ring == nil {
		return console.Attestation{}, console.ErrSealed
	}
	r, err := d.Store.Recording(ctx, id)
	if err != nil {
		return console.Attestation{}, known(err)
	}
	if err := d.carry(ctx, by, b.Proposal, subject{access.ProposeShred, id}, r.State == store.Shredded); err != nil {
		return console.Attestation{}, err
	}
	if err := d.shred(ctx, by, r, "proposal "+b.Proposal); err != nil {
		return console.Attestation{}, err
	}
	return d.attest(ctx, attestation{
		Kind: "shred", Subject: id, Clinic: r.Clinic, Proposal: b.Proposal, Files: []string{fmt.Sprintf("%x", r.FileID)},
		What: "The data key of this recording was destroyed, its file and its escrow slot with it.",
	})
}

// shred: first the key in the database, then the slot in the file, then the file.
func (d destruction) shred(ctx context.Context, by audit.Actor, r store.Recording, reason string) error {
	if err := d.Store.ShredRecording(ctx, by, r.ID, reason); err != nil {
		if errors.Is(err, store.ErrHeld) {
			return &console.Refusal{Text: "recording " + r.ID + " is kept by a legal hold"}
		}
		return known(err)
	}
	if err := d.Folder.ZeroEscrow(r.FileName); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return d.Folder.Remove(r.FileName)
}

// subject is what a proposal must be about.
type subject struct {
	kind access.ProposalKind
	id   string
}

// carry takes an approved proposal up, once. One that was carried already is let pass while its work is not done: again.
func (d destruction) carry(ctx context.Context, by audit.Actor, id string, want subject, done bool) error {
	p, err := d.Store.Proposal(ctx, id)
	if err != nil {
		return known(err)
	}
	switch {
	case p.Kind != want.kind || p.Subject != want.id:
		return &console.Refusal{Text: "the proposal is about something else"}
	case p.State == access.ProposalCarried && !done:
		return nil // a crash came between
	case p.State == access.ProposalCarried:
		return &console.Refusal{Text: "the proposal was carried out"}
	}
	voters, err := d.voters(ctx)
	if err != nil {
		return known(err)
	}
	was := p.State
	if p, err = p.Carry(voters, d.now()); err != nil {
		return &console.Refusal{Text: err.Error()}
	}
	return known(d.Store.PutProposal(ctx, by, p, was))
}

// voters are the people with an active account, and what they hold.
func (o *office) voters(ctx context.Context) ([]access.Approver, error) {
	accounts, err := o.Store.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	grants, err := o.Store.Grants(ctx)
	if err != nil {
		return nil, err
	}
	var all []access.Approver
	for _, a := range accounts {
		if a.State != access.Active {
			continue
		}
		one := access.Approver{Person: a.Person}
		for _, g := range grants {
			if g.Person == a.Person {
				one.Grants = append(one.Grants, g)
			}
		}
		all = append(all, one)
	}
	return all, nil
}

// Depart lets a clinic go: its list and recordings are exported, sealed to the key that it takes along; then the rules forget
// it, its recordings are shredded, its keys destroyed.
func (d destruction) Depart(ctx context.Context, clinic string, b console.DepartureBody, by audit.Actor) (console.Attestation, error) {
	if d.Ring == nil {
		return console.Attestation{}, console.ErrSealed
	}
	public, err := seal.ParseRecoveryPublic(b.Public)
	if err != nil {
		return console.Attestation{}, console.Mistakes{{Field: "body.public", Text: "not a key for an export"}}
	}
	rows, err := d.leaving(ctx, clinic)
	if err != nil {
		return console.Attestation{}, err
	}
	ex := export{office: d.office, clinic: clinic, to: public.Recipient(), folder: b.Folder}
	if !d.Ring.Destroyed(clinic) {
		if err := d.ripe(ctx, b.Proposal, clinic); err != nil {
			return console.Attestation{}, err
		}
		given := store.Disclosure{Clinic: clinic, Kind: "clinic_departure", Object: "clinic:" + clinic,
			Recipient: phi.NewText("the clinic, by its own key"), Purpose: phi.NewText("proposal " + b.Proposal)}
		if _, err := d.Store.Disclose(ctx, by, given); err != nil {
			return console.Attestation{}, known(err)
		}
		if err := ex.write(ctx, rows); err != nil {
			return console.Attestation{}, err
		}
	}
	if err := d.carry(ctx, by, b.Proposal, subject{access.ProposeDeparture, clinic}, d.Ring.Destroyed(clinic)); err != nil {
		return console.Attestation{}, err
	}
	n, err := d.destroy(ctx, by, clinic, rows)
	if err != nil {
		return console.Attestation{}, err
	}
	c := attestation{Kind: "clinic_departure", Subject: clinic, Clinic: clinic, Proposal: b.Proposal, Keys: n, Export: b.Folder, Exported: ex.files,
		What: "Every key of this clinic was destroyed, every recording shredded. What it had is noise."}
	for _, r := range rows {
		c.Files = append(c.Files, fmt.Sprintf("%x", r.FileID))
	}
	return d.attest(ctx, c)
}

// ripe refuses before anything is exported what carry would refuse after it.
func (d destruction) ripe(ctx context.Context, id, clinic string) error {
	p, err := d.Store.Proposal(ctx, id)
	if err != nil {
		return known(err)
	}
	voters, err := d.voters(ctx)
	if err != nil {
		return known(err)
	}
	if p.Kind != access.ProposeDeparture || p.Subject != clinic {
		return &console.Refusal{Text: "the proposal is about something else"}
	}
	if p.State != access.ProposalCarried && !p.Ripe(voters, d.now()) {
		return &console.Refusal{Text: access.ErrTooEarly.Error()}
	}
	return nil
}

// leaving lists a clinic's recordings, and refuses where one is being made or held.
func (d destruction) leaving(ctx context.Context, clinic string) ([]store.Recording, error) {
	book, err := d.Store.Book(ctx)
	if err != nil {
		return nil, known(err)
	}
	listed := slices.ContainsFunc(book.Clinics, func(c policy.Clinic) bool { return c.ID == clinic })
	if !listed && !slices.ContainsFunc(d.Ring.Status(), func(s seal.KeyStatus) bool { return s.Clinic == clinic && clinic != "" }) {
		return nil, fmt.Errorf("clinic: %w", console.ErrNotFound)
	}
	if book.CatchAll == clinic {
		return nil, &console.Refusal{Text: "the clinic takes the unknown numbers: name another one first"}
	}
	holds, err := d.Store.Holds(ctx, store.StandingHolds)
	if err != nil {
		return nil, known(err)
	}
	for _, h := range holds {
		if h.Clinic == clinic || (h.Kind == store.HoldClinic && h.Object == clinic) {
			return nil, &console.Refusal{Text: "hold " + h.ID + " keeps something of the clinic"}
		}
	}
	q := store.RecordingQuery{Clinics: []string{clinic}, Limit: 1000}
	var all []store.Recording
	for {
		page, err := d.Store.Recordings(ctx, q)
		if err != nil {
			return nil, known(err)
		}
		all = append(all, page.Rows...)
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	if slices.ContainsFunc(all, func(r store.Recording) bool { return r.State == store.Opening || r.State == store.Live }) {
		return nil, &console.Refusal{Text: "a call of the clinic is being recorded"}
	}
	return all, nil
}

// destroy: the rules first, so that no call comes and no key is made anew.
func (d destruction) destroy(ctx context.Context, by audit.Actor, clinic string, rows []store.Recording) (keys int, err error) {
	if err := d.forgetClinic(ctx, by, clinic); err != nil {
		return 0, err
	}
	for _, r := range rows {
		if err := d.shred(ctx, by, r, "departure of the clinic"); err != nil {
			return 0, err
		}
	}
	d.keys.Lock()
	defer d.keys.Unlock()
	if err := d.Store.Audit(ctx, audit.Event{
		Actor: by, Action: audit.ClinicDeparted, Object: "clinic:" + clinic, Clinic: clinic, Outcome: audit.Done,
		Facts: map[string]string{"recordings": strconv.Itoa(len(rows))},
	}); err != nil {
		return 0, known(err)
	}
	if keys, err = d.Ring.Destroy(clinic); err != nil {
		return keys, known(err)
	}
	return keys, known(d.Store.EmptyLog(ctx))
}

// forgetClinic applies the book without it, without its numbers and without its schedules.
func (d destruction) forgetClinic(ctx context.Context, by audit.Actor, clinic string) error {
	book, err := d.Store.Book(ctx)
	if err != nil {
		return known(err)
	}
	next := *book
	next.Clinics = slices.DeleteFunc(slices.Clone(book.Clinics), func(c policy.Clinic) bool { return c.ID == clinic })
	next.Numbers = slices.DeleteFunc(slices.Clone(book.Numbers), func(n policy.Number) bool { return n.Clinic == clinic })
	next.Schedules = slices.DeleteFunc(slices.Clone(book.Schedules), func(s policy.Schedule) bool { return s.Clinic == clinic })
	if len(next.Clinics) == len(book.Clinics) {
		return nil
	}
	_, err = d.Store.ApplyBook(ctx, by, next)
	return known(err)
}

// outsideData refuses a folder inside the data folder, one that is no absolute path, and one with something in it.
func (o *office) outsideData(folder string) error {
	if !filepath.IsAbs(folder) {
		return console.Mistakes{{Field: "body.folder", Text: "not an absolute path"}}
	}
	if err := os.MkdirAll(filepath.Dir(folder), 0o700); err != nil {
		return &console.Refusal{Text: "the folder above cannot be made"}
	}
	if err := outside(o.Config, folder); err != nil {
		return console.Mistakes{{Field: "body.folder", Text: "inside the data folder"}}
	}
	if err := os.Mkdir(folder, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return &console.Refusal{Text: "the folder cannot be made"}
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) > 0 {
		return console.Mistakes{{Field: "body.folder", Text: "not an empty folder"}}
	}
	return nil
}

// backupsUntil is the day until which a snapshot could still hold a key that is destroyed now, while backups go on: the next
// ones push those of today out. Zero: none is made here.
func (o *office) backupsUntil(now time.Time) time.Time {
	c := o.Config.Backup
	policy, err := keep.ParsePolicy(c.Keep)
	if c.To == "" || err != nil {
		return time.Time{}
	}
	until := now.AddDate(0, 0, policy.Days+1)
	for _, t := range []time.Time{now.AddDate(0, 0, 7*(policy.Weeks+1)), now.AddDate(0, policy.Months+1, 0)} {
		if t.After(until) {
			until = t
		}
	}
	return until.UTC().Truncate(24 * time.Hour)
}
