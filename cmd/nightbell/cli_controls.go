package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"nightbell/report"
)

type controlsCmd struct {
	List     controlsListCmd     `cmd:"" help:"Clause, mechanism, tests, evidence, what remains yours."`
	Evidence controlsEvidenceCmd `cmd:"" help:"Gather the evidence of every control into a folder."`
	Verify   controlsVerifyCmd   `cmd:"" help:"Compare a folder of evidence with its manifest and signature."`
}

type controlsListCmd struct {
	Clause string `help:"Only this clause and what stands below it, such as 164.312 or P4." placeholder:"CLAUSE"`
	Status string `help:"in-force, proposed or promise; all if absent." enum:"in-force,proposed,promise," default:""`
}

func (controlsListCmd) Help() string {
	return `The table behind docs/HIPAA.md. It needs no data folder, and certifies nothing.

Examples:
  nightbell controls list --clause 164.312
  nightbell controls list --status proposed --json`
}

func (c controlsListCmd) Run(s *session) error {
	found := report.Controls()
	if c.Clause != "" {
		if found = report.Under(c.Clause); len(found) == 0 {
			return errUsage(fmt.Sprintf("no control of %q", c.Clause))
		}
	}
	v := struct {
		Items []report.Control `json:"items"`
	}{[]report.Control{}}
	for _, control := range found {
		if c.Status == "" || strings.ReplaceAll(string(control.Status), " ", "-") == c.Status {
			v.Items = append(v.Items, control)
		}
	}
	return s.show(v, func(w io.Writer) {
		for _, control := range v.Items {
			tellControl(w, control)
		}
	})
}

func tellControl(w io.Writer, c report.Control) {
	need := string(c.Status)
	if c.Needed != report.Standard {
		need = string(c.Needed) + ", " + need
	}
	fmt.Fprintf(w, "%s %s (%s)\n", c.Clause, c.Title, need)
	for _, part := range []struct{ name, text string }{
		{"", c.Mechanism}, {"tests: ", strings.Join(c.Tests, " ")}, {"evidence: ", strings.Join(c.Evidence, "; ")}, {"yours: ", c.Duty}, {"not served: ", c.Gap},
	} {
		if part.text != "" {
			fmt.Fprintln(w, "  "+part.name+part.text)
		}
	}
}

type controlsEvidenceCmd struct {
	Folder string `arg:"" help:"New or empty folder outside the data folder."`
}

func (controlsEvidenceCmd) Help() string {
	return `Doctor, keys, log, accounts, grants, training, phones, trunks with their exceptions, retention, holds, emergency access,
backups, witnesses, reviews, certificates and settings, each as JSON with its time; manifest.json with every SHA-256, manifest.sig
signed by the log's key, INDEX.md from control to file. Nothing in it identifies a patient; what people typed is withheld. It works
beside the running server. What you may not read, or what cannot be had, is listed as not gathered.

The signature says that this house saw this manifest at this moment, the log says who gathered it; that the files are true it
cannot say. Exit 1 when something was not gathered.

Examples:
  nightbell controls evidence /mnt/audit/2026-11
  nightbell --operator controls evidence /mnt/audit/2026-11`
}

func (c controlsEvidenceCmd) Run(ctx context.Context, s *session) error {
	cfg, err := s.config()
	if err != nil {
		return err
	}
	g, err := s.newGathering(cfg, c.Folder)
	if err != nil {
		return err
	}
	err = s.with(ctx, func(api *client) error {
		g.ask(ctx, api)
		return g.close(ctx, api)
	})
	if !g.closed {
		g.unreached(err)
		err = g.close(ctx, nil)
	}
	if err != nil {
		return err
	}
	if err := s.show(g.manifest, func(w io.Writer) { g.tell(w) }); err != nil {
		return err
	}
	if len(g.manifest.Missing) > 0 || g.manifest.Signed != "" {
		return errTold
	}
	return nil
}

type controlsVerifyCmd struct {
	Folder string `arg:"" help:"A folder of evidence." type:"existingdir"`
	Key    string `required:"" help:"The log's key, as it was written down elsewhere." placeholder:"KEY"`
}

func (controlsVerifyCmd) Help() string {
	return `Needs no data folder. The key is a line of nightbell audit checkpoint, from a place where the gathered machine cannot reach.

Example:
  nightbell controls verify /mnt/audit/2026-11 --key house+1a2b3c4d+AQ...`
}

func (c controlsVerifyCmd) Run(s *session) error {
	n, problems := verifyEvidence(c.Folder, c.Key)
	v := map[string]any{"ok": len(problems) == 0, "files": n, "problems": problems}
	err := s.show(v, func(w io.Writer) {
		for _, p := range problems {
			fmt.Fprintln(w, "WRONG:", plain(p))
		}
		if len(problems) == 0 {
			fmt.Fprintf(w, "%d files are those of the signed manifest\n", n)
		}
	})
	if err != nil || len(problems) == 0 {
		return err
	}
	return errTold
}
