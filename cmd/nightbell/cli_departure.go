package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"time"

	"nightbell/console"
	"nightbell/seal"
)

type clinicsCmd struct {
	Depart       clinicsDepartCmd       `cmd:"" help:"Let a clinic go: propose it; once approved, export it and destroy its keys."`
	Calls        clinicsCallsCmd        `cmd:"" help:"What a clinic's calls do besides ringing people."`
	Certificates clinicsCertificatesCmd `cmd:"" help:"What was destroyed, signed."`
}

type clinicsDepartCmd struct {
	Clinic   string `arg:"" help:"Clinic id."`
	Proposal string `help:"The approved proposal: carry it out now." placeholder:"ID"`
	To       string `help:"With --proposal: empty or missing folder on the server for the export, outside the data folder." placeholder:"DIR"`
	Reason   string `help:"Without --proposal: why; kept in the audit." placeholder:"TEXT"`
}

func (clinicsDepartCmd) Help() string {
	return `Twice the same command: first it proposes, then somebody else approves (nightbell proposals approve), then it is carried out.
The export is sealed to a key that is printed here once, as two pages of which both are needed; the clinic takes them along
and opens the files with nightbell recordings rescue. Clear WAVs are a person's to make before that, with her login:
nightbell recordings export. Then the clinic leaves the rules, its recordings are shredded and its keys destroyed: no
way back.

Examples:
  nightbell clinics depart harbor --reason "contract ended 30 June"
  nightbell clinics depart harbor --proposal p7c1... --to /media/usb/harbor | lp`
}

func (c clinicsDepartCmd) Run(ctx context.Context, s *session) error {
	if c.Proposal == "" {
		body, err := destroying("clinic_departure", c.Clinic, c.Clinic, c.Reason)
		if err != nil {
			return err
		}
		return s.propose(ctx, body)
	}
	if c.To == "" {
		return errUsage("--to DIR: where the export goes")
	}
	if err := s.sure("export clinic " + plain(c.Clinic) + " and destroy its keys?"); err != nil {
		return err
	}
	to, err := filepath.Abs(c.To)
	if err != nil {
		return err
	}
	key := seal.NewRecoveryKey()
	defer key.Wipe()
	public, err := key.Public()
	if err != nil {
		return err
	}
	shares, err := key.Split(2, 2, time.Now())
	if err != nil {
		return err
	}
	if err := (keysRecoveryMakeCmd{}).print(s, shares); err != nil {
		return err
	}
	body := console.DepartureBody{Proposal: c.Proposal, Folder: to, Public: public.Bytes()}
	return s.with(ctx, func(api *client) error {
		var v console.Attestation
		if err := api.ask(ctx, "POST", "/api/v1/clinics/"+url.PathEscape(c.Clinic)+"/departure", body, &v); err != nil {
			return err
		}
		return s.certified(v)
	})
}

// certified prints a certificate.
func (s *session) certified(v console.Attestation) error {
	return s.show(v, func(w io.Writer) { fmt.Fprintf(w, "\f%s\n%s", v.Text, v.Signed) })
}

// destroying is a proposal that something goes for good.
func destroying(kind, subject, clinic, reason string) (console.ProposalBody, error) {
	if reason == "" {
		return console.ProposalBody{}, errUsage("--reason \"...\": why; somebody else approves it")
	}
	return console.ProposalBody{Kind: kind, Subject: subject, Clinic: clinic, Reason: reason}, nil
}

type clinicsCertificatesCmd struct{}

func (clinicsCertificatesCmd) Help() string {
	return `Each is signed by the audit log's key; a signature that does not hold is an error.

Example:
  nightbell clinics certificates --json`
}

func (clinicsCertificatesCmd) Run(ctx context.Context, s *session) error {
	return table(ctx, s, "/api/v1/certificates", func(w io.Writer, list []console.Attestation) {
		row(w, "CERTIFICATE", "KIND", "SUBJECT", "MADE", "BACKUPS UNTIL")
		for _, a := range list {
			row(w, a.ID, a.Kind, a.Subject, a.Made, a.Backups)
		}
	})
}

type recordingsShredCmd struct {
	ID       string `arg:"" help:"Recording id."`
	Proposal string `help:"The approved proposal: carry it out now." placeholder:"ID"`
	Reason   string `help:"Without --proposal: why; kept in the audit." placeholder:"TEXT"`
}

func (recordingsShredCmd) Help() string {
	return `Twice the same command: first it proposes, then somebody else approves, then the key, the file and its escrow slot are
destroyed and a certificate is printed, which says until when a backup could still hold the key.

Examples:
  nightbell recordings shred r8d2... --reason "recorded without consent"
  nightbell recordings shred r8d2... --proposal p7c1...`
}

func (c recordingsShredCmd) Run(ctx context.Context, s *session) error {
	if c.Proposal == "" {
		body, err := destroying("shred", c.ID, "", c.Reason)
		if err != nil {
			return err
		}
		return s.propose(ctx, body)
	}
	if err := s.sure("destroy this recording for good?"); err != nil {
		return err
	}
	return s.with(ctx, func(api *client) error {
		var v console.Attestation
		if err := api.ask(ctx, "POST", "/api/v1/recordings/"+url.PathEscape(c.ID)+"/shred", console.ShredBody{Proposal: c.Proposal}, &v); err != nil {
			return err
		}
		return s.certified(v)
	})
}
