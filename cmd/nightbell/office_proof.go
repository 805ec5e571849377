package main

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"io"
	"strings"
	"time"

	"nightbell/access"
	"nightbell/audit"
	"nightbell/console"
	"nightbell/keep"
	"nightbell/phi"
	"nightbell/store"
)

// evidence is what the log can show of itself.
type evidence struct{ *office }

func (e evidence) Checkpoint(ctx context.Context) (console.CheckpointView, error) {
	kept, err := e.Store.Checkpoint(ctx)
	if err != nil {
		return console.CheckpointView{}, known(err)
	}
	v, err := e.Store.AuditVerifier()
	if err != nil {
		return console.CheckpointView{}, known(err)
	}
	epoch, err := e.Store.AuditEpoch(ctx)
	if err != nil {
		return console.CheckpointView{}, known(err)
	}
	out := console.CheckpointView{
		Size: kept.Size, Epoch: epoch, Note: string(kept.Note), Keys: v.Keys(), Differs: e.trust.lost(), Witnesses: []console.WitnessView{},
	}
	if pair, err := certificate(e.Config.serverCertificate())(); err == nil {
		out.ClientPin = pinOf(pair.Leaf)
	}
	for _, w := range e.Config.Witness {
		if key, err := audit.ParseWitnessKey(w.Key); err == nil {
			out.Witnesses = append(out.Witnesses, e.witness(v, key))
		}
	}
	return out, nil
}

func pinOf(c *x509.Certificate) string {
	if c == nil {
		return ""
	}
	return keep.PinOf(c)
}

func (e evidence) witness(v *audit.Verifier, key audit.WitnessKey) console.WitnessView {
	out := console.WitnessView{Name: key.Name()}
	note, err := e.notes.Last(key.Name())
	if err != nil || note == nil {
		return out
	}
	c, err := v.Open(note)
	if err != nil {
		return out
	}
	if out.Signed, err = key.Cosigned(note); err == nil {
		out.Size, out.Note = c.Size, string(note)
	}
	return out
}

func (e evidence) Prove(ctx context.Context, seq int64) (console.LeafProof, error) {
	p, err := e.Store.ProveAudit(ctx, seq)
	if err != nil {
		return console.LeafProof{}, known(err)
	}
	out := console.LeafProof{Seq: p.Seq, Leaf: string(p.Leaf), Path: []string{}, Checkpoint: string(p.Checkpoint)}
	for _, h := range p.Path {
		out.Path = append(out.Path, base64.StdEncoding.EncodeToString(h[:]))
	}
	return out, nil
}

func (e evidence) Export(ctx context.Context, span console.ExportSpan, out io.Writer) error {
	return known(e.Store.ExportAudit(ctx, out, store.AuditSpan{From: span.From, Until: span.Until, Witnesses: e.witnessNotes()}))
}

// witnessNotes are the checkpoints outside the database that are this log's; what is torn or foreign proves nothing.
func (o *office) witnessNotes() (list [][]byte) {
	v, err := o.Store.AuditVerifier()
	if err != nil || o.notes == nil {
		return nil
	}
	all, _ := o.notes.All()
	for _, note := range all {
		if _, err := v.Open(note); err == nil {
			list = append(list, note)
		}
	}
	return list
}

// evidenceKind is what a statement about an evidence folder says of itself.
const evidenceKind = "evidence"

func (e evidence) State(_ context.Context, digest string) (console.EvidenceStatement, error) {
	raw, err := hex.DecodeString(digest)
	if err != nil || len(raw) != len(audit.Hash{}) {
		return console.EvidenceStatement{}, console.Mistakes{{Field: "body.sha256", Text: "not SHA-256 in hexadecimal"}}
	}
	signer := e.signerNow()
	signed, err := signer.State(evidenceKind, audit.Hash(raw))
	if err != nil {
		return console.EvidenceStatement{}, err
	}
	return console.EvidenceStatement{Statement: string(signed), Keys: signer.VerifierKeys()}, nil
}

// Accept ends the log that differs from what was witnessed. The epoch's first leaf declares the last checkpoint that is
// known to have been witnessed, and who approved.
func (e evidence) Accept(ctx context.Context, id string, by audit.Actor) (console.CheckpointView, error) {
	if e.trust.lost() == "" {
		return console.CheckpointView{}, &console.Refusal{Text: "the log is the one that was witnessed: there is nothing to accept"}
	}
	if err := (destruction{e.office}).carry(ctx, by, id, subject{access.ProposeRestore, "audit"}, false); err != nil {
		return console.CheckpointView{}, err
	}
	p, err := e.Store.Proposal(ctx, id)
	if err != nil {
		return console.CheckpointView{}, known(err)
	}
	_, err = e.Store.BeginEpoch(ctx, by, store.Epoch{Witnessed: e.lastWitnessed(ctx), Approvals: approvalsOf(p)})
	if err != nil {
		return console.CheckpointView{}, known(err)
	}
	e.trust.regain()
	return e.Checkpoint(ctx)
}

func approvalsOf(p access.Proposal) []string {
	list := []string{"person:" + p.By}
	for _, d := range p.Decisions {
		if d.What == string(access.ProposalApproved) {
			list = append(list, "person:"+d.By)
		}
	}
	if p.Solo {
		list = append(list, "solo:24h")
	}
	return list
}

// lastWitnessed is the longest head of this epoch that anybody is known to have seen.
func (o *office) lastWitnessed(ctx context.Context) audit.Head {
	most := o.witnessed
	v, err := o.Store.AuditVerifier()
	if err != nil {
		return most
	}
	epoch, err := o.Store.AuditEpoch(ctx)
	for _, note := range o.witnessNotes() {
		c, failed := v.Open(note)
		if err == nil && failed == nil && c.Epoch() == epoch && (c.Size > most.Size || c.Size == most.Size && most.Root == audit.Hash{}) {
			most = audit.HeadOf(c)
		}
	}
	return most
}

// reviews is the morning list.
type reviews struct{ *office }

func (r reviews) List(ctx context.Context, q console.ReviewQuery) ([]console.ReviewItem, error) {
	if err := r.reviewActivity(ctx); err != nil {
		return nil, known(err)
	}
	which := store.OpenReviews
	if q.All {
		which = store.EveryReview
	}
	rows, err := r.Store.Reviews(ctx, which)
	if err != nil {
		return nil, known(err)
	}
	out := make([]console.ReviewItem, len(rows))
	for i, row := range rows {
		out[i] = console.ReviewItem{
			ID: row.ID, Rule: string(row.Rule), Actor: row.Actor, Clinic: row.Clinic, Count: row.Count, First: row.First, Last: row.Last,
			Objects: row.Objects, Seqs: row.Seqs, Settled: row.Settled, By: row.By, Reason: row.Reason,
		}
	}
	return out, nil
}

func (r reviews) Settle(ctx context.Context, id, reason string, by audit.Actor) error {
	return known(r.Store.SettleReview(ctx, by, id, reason))
}

// reviewReach is how far back the list looks each time: a week of holidays and emergency access that waits 72 hours.
const reviewReach = 8 * 24 * time.Hour

// reviewActivity looks through the last days; what was found before keeps its id.
func (o *office) reviewActivity(ctx context.Context) error {
	eyes, err := o.eyes(ctx)
	if err != nil {
		return err
	}
	return o.Store.ReviewAudit(ctx, o.now().Add(-reviewReach), eyes)
}

// eyes compare what is sealed: who owns a phone, and whether a caller's number is the reader's own. Callers have no names
// until messages do.
func (o *office) eyes(ctx context.Context) (audit.Eyes, error) {
	book, err := o.Store.Book(ctx)
	if err != nil {
		return audit.Eyes{}, err
	}
	owners, phones := map[string]string{}, map[string]phi.Phone{}
	for _, d := range book.Devices {
		owners[d.User] = d.Person
	}
	for _, p := range book.People {
		phones[p.ID] = p.Phone
	}
	return audit.Eyes{
		Kin: func(person, object string) audit.Kin {
			if caller := o.callerOf(ctx, object); !caller.IsZero() && caller == phones[person] {
				return audit.Herself
			}
			return audit.Stranger
		},
		Owner: func(device string) string { return owners[device] },
	}, nil
}

// callerOf is the number of the caller whom an audited object is about; zero where there is none.
func (o *office) callerOf(ctx context.Context, object string) phi.Phone {
	call, ok := strings.CutPrefix(object, "call:")
	if id, is := strings.CutPrefix(object, "recording:"); is {
		r, err := o.Store.Recording(ctx, id)
		call, ok = r.Call, err == nil
	}
	if !ok {
		return phi.Phone{}
	}
	c, err := o.Store.Call(ctx, call)
	if err != nil {
		return phi.Phone{}
	}
	return c.From
}
