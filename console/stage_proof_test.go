package console

import (
	"context"
	"io"
	"strings"

	"nightbell/audit"
)

type stageEvidence struct{ *stage }

func (stageEvidence) Checkpoint(context.Context) (CheckpointView, error) {
	return CheckpointView{Size: 3, Epoch: 1, Keys: []string{}, Witnesses: []WitnessView{}}, nil
}
func (stageEvidence) Prove(_ context.Context, seq int64) (LeafProof, error) {
	return LeafProof{Seq: seq, Path: []string{}}, nil
}
func (stageEvidence) Export(_ context.Context, _ ExportSpan, w io.Writer) error {
	_, err := io.WriteString(w, "{}\n")
	return err
}
func (stageEvidence) State(context.Context, string) (EvidenceStatement, error) {
	return EvidenceStatement{Keys: []string{}}, nil
}
func (p stageEvidence) Accept(_ context.Context, _ string, by audit.Actor) (CheckpointView, error) {
	return CheckpointView{Keys: []string{}, Witnesses: []WitnessView{}}, p.change(by)
}

type stageReviews struct{ *stage }

func (stageReviews) List(context.Context, ReviewQuery) ([]ReviewItem, error) { return nil, nil }
func (r stageReviews) Settle(_ context.Context, _, _ string, by audit.Actor) error {
	return r.change(by)
}

func init() {
	exampleID["prove-audit"] = "2"
	example["export-audit"] = `{"reason":"the yearly audit"}`
	example["state-evidence"] = `{"sha256":"` + strings.Repeat("0f", 32) + `","files":3,"missing":1}`
	example["accept-rollback"] = `{"proposal":"p1"}`
	example["settle-review"] = `{"reason":"asked her: a call back"}`
}
