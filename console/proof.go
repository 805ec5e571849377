package console

import (
	"context"
	"errors"
	"io"
	"time"

	"nightbell/audit"
)

// ErrDiffers refuses PHI to people while the audit log is not the one that was witnessed: an older database was put
// back, or the log was rewritten. Calls are answered all the same.
var ErrDiffers = errors.New("audit differs from what was witnessed")

// Evidence is what the log can show of itself.
type Evidence interface {
	Checkpoint(context.Context) (CheckpointView, error)
	Prove(ctx context.Context, seq int64) (LeafProof, error)
	// Export writes the JSON lines of docs/OPERATING.md, "Proving what happened".
	Export(context.Context, ExportSpan, io.Writer) error
	// State signs that an evidence folder's manifest has this SHA-256, in hexadecimal.
	State(ctx context.Context, sha256 string) (EvidenceStatement, error)
	// Accept ends the log that differs and begins its next epoch, by an approved proposal.
	Accept(ctx context.Context, proposal string, by audit.Actor) (CheckpointView, error)
}

// Reviews is the morning list of the activity review.
type Reviews interface {
	List(context.Context, ReviewQuery) ([]ReviewItem, error)
	// Settle is ErrNotAllowed for one's own item, ErrNotFound for one that is settled already.
	Settle(ctx context.Context, id, reason string, by audit.Actor) error
}

// CheckpointView is the log's newest checkpoint and how it stands with its witnesses.
type CheckpointView struct {
	Size      int64         `json:"size"`
	Epoch     int           `json:"epoch"`
	Note      string        `json:"note" doc:"signed, C2SP tlog-checkpoint"`
	Keys      []string      `json:"keys" doc:"verifier keys: keep them elsewhere, give them to witnesses"`
	ClientPin string        `json:"client_pin" doc:"of the certificate that witnesses see"`
	Differs   string        `json:"differs,omitempty" doc:"why the log is not the one that was witnessed; PHI is refused meanwhile"`
	Witnesses []WitnessView `json:"witnesses"`
}

// WitnessView is a witness's last signature, as it lies outside the database.
type WitnessView struct {
	Name   string    `json:"name"`
	Size   int64     `json:"size"`
	Signed time.Time `json:"signed,omitzero"`
	Note   string    `json:"note"`
}

// LeafProof shows that one leaf is in the log of the newest checkpoint.
type LeafProof struct {
	Seq        int64    `json:"seq"`
	Leaf       string   `json:"leaf"`
	Path       []string `json:"path" doc:"base64, RFC 6962 section 2.1.1"`
	Checkpoint string   `json:"checkpoint"`
}

// ExportSpan says which leaves leave; zero: the whole log.
type ExportSpan struct {
	From  int64 `json:"from,omitempty" minimum:"0"`
	Until int64 `json:"until,omitempty" minimum:"0" doc:"behind the last; 0: to the end"`
}

// EvidenceFolder is what `nightbell controls evidence` has gathered.
type EvidenceFolder struct {
	SHA256  string `json:"sha256" pattern:"^[0-9a-f]{64}$" doc:"of manifest.json"`
	Files   int    `json:"files" minimum:"0" maximum:"10000"`
	Missing int    `json:"missing" minimum:"0" maximum:"10000" doc:"what could not be read"`
}

// EvidenceStatement is signed by the log's key.
type EvidenceStatement struct {
	Statement string   `json:"statement" doc:"signed note: nightbell-statement/v1, evidence, SHA-256 in base64"`
	Keys      []string `json:"keys" doc:"verifier keys"`
}

// ReviewQuery asks for the list.
type ReviewQuery struct{ All bool }

// ReviewItem is a question that the log raises.
type ReviewItem struct {
	ID      string    `json:"id"`
	Rule    string    `json:"rule"`
	Actor   string    `json:"actor"`
	Clinic  string    `json:"clinic,omitempty"`
	Count   int       `json:"count"`
	First   time.Time `json:"first"`
	Last    time.Time `json:"last"`
	Objects []string  `json:"objects"`
	Seqs    []int64   `json:"seqs" doc:"of the audit log"`
	Settled time.Time `json:"settled,omitzero"`
	By      string    `json:"settled_by,omitempty"`
	Reason  string    `json:"reason,omitempty"`
}
