package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"nightbell/audit"
	"nightbell/console"
)

// attestation is what is signed: JSON on one line, then the same for people. It holds ids, never PHI.
type attestation struct {
	Format   string    `json:"format"`
	ID       string    `json:"id"`
	Kind     string    `json:"kind"`
	Subject  string    `json:"subject"`
	Clinic   string    `json:"clinic,omitempty"`
	House    string    `json:"house"` // whose log signs it
	Proposal string    `json:"proposal"`
	Made     time.Time `json:"made"`
	What     string    `json:"what"`
	Keys     int       `json:"keys_destroyed,omitempty"`
	Files    []string  `json:"files,omitempty"` // file ids
	Export   string    `json:"export,omitempty"`
	Exported int       `json:"exported,omitempty"`
	Log      string    `json:"log_checkpoint"` // root and size of the audit log that holds the event
	Backups  time.Time `json:"backups_until,omitzero"`
}

const certificateFormat = "nightbell.certificate.v1"

func (c attestation) text() string {
	backups := "No backup of this program is configured here: copies that were made by other means are the operator's to answer for."
	if !c.Backups.IsZero() {
		backups = "Until " + c.Backups.UTC().Format(time.DateOnly) + " a backup could still hold a key; after that day none does."
	}
	lines := []string{
		"CERTIFICATE OF DESTRUCTION " + c.ID,
		"Subject: " + c.Kind + " " + c.Subject,
		"Made:    " + c.Made.UTC().Format(time.RFC3339) + ", by proposal " + c.Proposal,
		c.What,
		fmt.Sprintf("Recordings: %d. Keys destroyed: %d. Exported: %d.", len(c.Files), c.Keys, c.Exported),
		backups,
		"Audit log: " + c.Log,
	}
	return strings.Join(lines, "\n") + "\n"
}

// attest signs the certificate with the audit log's key and keeps it in DIR/certificates: it proves itself.
func (d destruction) attest(ctx context.Context, c attestation) (console.Attestation, error) {
	c.Format, c.ID, c.House = certificateFormat, strings.ToLower(rand.Text()), d.Store.Instance()
	c.Made = d.now().UTC().Truncate(time.Second)
	c.Backups = d.backupsUntil(c.Made)
	kept, err := d.Store.Checkpoint(ctx)
	if err != nil {
		return console.Attestation{}, known(err)
	}
	if at, err := audit.ReadCheckpoint(kept.Note); err == nil {
		c.Log = fmt.Sprintf("%s at %d", at.Root, at.Size)
	}
	body, err := json.Marshal(c)
	if err != nil {
		return console.Attestation{}, err
	}
	signed, err := d.signerNow().SignText(string(body) + "\n" + c.text())
	if err != nil {
		return console.Attestation{}, err
	}
	folder := filepath.Join(d.Config.Dir, certificatesName)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return console.Attestation{}, err
	}
	if err := writeWhole(filepath.Join(folder, c.ID+".txt"), signed, 0o600); err != nil {
		return console.Attestation{}, err
	}
	return c.shown(signed), nil
}

const certificatesName = "certificates"

func (c attestation) shown(signed []byte) console.Attestation {
	return console.Attestation{
		ID: c.ID, Kind: c.Kind, Subject: c.Subject, Made: c.Made, Backups: c.Backups, Text: c.text(), Signed: string(signed), Export: c.Export, Exported: c.Exported,
	}
}

// Attestations reads what lies in DIR/certificates, newest first. One whose signature does not hold is an error: nobody shall
// show it.
func (d destruction) Attestations(ctx context.Context) ([]console.Attestation, error) {
	keys, err := d.Store.SigningKeys(ctx)
	if err != nil {
		return nil, known(err)
	}
	var names []string
	for _, k := range keys {
		names = append(names, k.VerifierKey)
	}
	verifier, err := audit.NewVerifier(names...)
	if err != nil {
		return nil, err
	}
	paths, err := filepath.Glob(filepath.Join(d.Config.Dir, certificatesName, "*.txt"))
	if err != nil {
		return nil, err
	}
	var all []console.Attestation
	for _, p := range paths {
		signed, err := os.ReadFile(p)
		if err != nil {
			return nil, err
		}
		c, err := openAttestation(verifier, signed)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Base(p), err)
		}
		all = append(all, c.shown(signed))
	}
	slices.SortFunc(all, func(a, b console.Attestation) int { return b.Made.Compare(a.Made) })
	return all, nil
}

func openAttestation(v *audit.Verifier, signed []byte) (attestation, error) {
	text, err := v.OpenText(signed)
	if err != nil {
		return attestation{}, err
	}
	body, _, _ := strings.Cut(text, "\n")
	var c attestation
	if err := json.Unmarshal([]byte(body), &c); err != nil || c.Format != certificateFormat {
		return attestation{}, errors.New("certificate: another kind of statement")
	}
	return c, nil
}
