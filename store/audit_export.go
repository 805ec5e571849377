package store

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"

	"nightbell/audit"
)

// AuditSpan says which leaves an export holds. The zero AuditSpan is the whole log.
type AuditSpan struct {
	From, Until int64    // [From, Until); Until 0: the end
	Witnesses   [][]byte // checkpoints that were kept elsewhere, to be exported with their proofs
}

// ExportAudit writes the log, as of one moment, as the JSON lines of audit.ExportFormat. That it left is for the caller to
// audit, first.
func (s *Store) ExportAudit(ctx context.Context, out io.Writer, span AuditSpan) error {
	view, err := s.read.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("export audit: %w", named(err))
	}
	defer func() { _ = view.Rollback() }()
	kept, err := newestCheckpoint(ctx, view)
	if err != nil {
		return fmt.Errorf("export audit: %w", err)
	}
	k := s.keys.Load()
	if k == nil {
		return fmt.Errorf("export audit: %w", ErrSealed)
	}
	v, err := s.verifier(nil)
	if err != nil {
		return fmt.Errorf("export audit: %w", err)
	}
	if span.Until == 0 || span.Until > kept.Size {
		span.Until = kept.Size
	}
	if span.From < 0 || span.From > span.Until {
		return fmt.Errorf("export audit: from %d to %d of %d: %w", span.From, span.Until, kept.Size, ErrInvalid)
	}
	b := bufio.NewWriterSize(out, 64<<10)
	x := &exporting{store: s, ctx: ctx, view: view, kept: kept, span: span, enc: json.NewEncoder(b)}
	x.enc.SetEscapeHTML(false)
	x.line(audit.ExportHeader{
		Type: "header", Format: audit.ExportFormat, Origin: v.Origin(), Keys: v.Keys(), Size: kept.Size,
		From: span.From, Until: span.Until, Note: string(kept.Note),
	})
	if span.From == 0 && span.Until == kept.Size {
		x.whole()
	} else {
		x.part()
	}
	x.witnesses(v)
	x.line(audit.ExportEnd{Type: "end", Leaves: x.leaves})
	if x.err == nil {
		x.err = b.Flush()
	}
	if x.err != nil {
		return fmt.Errorf("export audit: %w", x.err)
	}
	return nil
}

type exporting struct {
	store  *Store
	ctx    context.Context
	view   querier
	kept   audit.Kept
	span   AuditSpan
	enc    *json.Encoder
	leaves int64
	err    error // the first; nothing is written after it
}

func (x *exporting) line(v any) {
	if x.err == nil {
		x.err = x.enc.Encode(v)
	}
}

// whole writes every leaf with its hashes, and each checkpoint behind the leaf it ends with.
func (x *exporting) whole() {
	hashes, stop := iter.Pull2(hashRows(x.ctx, x.view))
	defer stop()
	points, stopPoints := iter.Pull2(checkpointRows(x.ctx, x.view))
	defer stopPoints()
	point, err, more := points()
	hash, hashErr, hashMore := hashes()
	for r, failed := range x.store.allLeaves(x.ctx, x.view) {
		for _, e := range []error{failed, err, hashErr, x.err} {
			if e != nil {
				x.err = e
				return
			}
		}
		l := audit.ExportLeaf{Type: "leaf", Seq: r.Seq, Leaf: string(r.Leaf)}
		for end := audit.StoredUpTo(r.Seq + 1); hashMore && hashErr == nil && hash.Index < end; hash, hashErr, hashMore = hashes() {
			l.Hashes = append(l.Hashes, hash.Hash)
		}
		x.line(l)
		x.leaves++
		for more && err == nil && point.Size <= r.Seq+1 {
			x.line(audit.ExportCheckpoint{Type: "checkpoint", Size: point.Size, Note: string(point.Note)})
			point, err, more = points()
		}
	}
}

// part writes the leaves of a span, each with its proof.
func (x *exporting) part() {
	reader := hashesOf(x.view)
	for r, err := range x.store.allLeaves(x.ctx, x.view) {
		if err != nil || x.err != nil || r.Seq >= x.span.Until {
			x.err = firstOf(x.err, err)
			return
		}
		if r.Seq < x.span.From {
			continue
		}
		path, err := audit.Prove(x.kept.Size, r.Seq, reader)
		if err != nil {
			x.err = err
			return
		}
		x.line(audit.ExportLeaf{Type: "leaf", Seq: r.Seq, Leaf: string(r.Leaf), Path: path})
		x.leaves++
	}
}

func firstOf(list ...error) error {
	for _, err := range list {
		if err != nil {
			return err
		}
	}
	return nil
}

// witnesses writes what was kept elsewhere, with the proof that the log has grown from it. One of another epoch, or of a
// log that is longer, has no proof: whoever checks sees it.
func (x *exporting) witnesses(v *audit.Verifier) {
	for _, note := range x.span.Witnesses {
		c, err := v.Open(note)
		if err != nil {
			continue // of another log
		}
		x.line(audit.ExportCheckpoint{Type: "witness", Size: c.Size, Note: string(note)})
		if c.Size > x.kept.Size {
			continue
		}
		proof, err := audit.ProveGrowth(x.kept.Size, c.Size, hashesOf(x.view))
		if err != nil {
			x.err = firstOf(x.err, err)
			return
		}
		x.line(audit.ExportGrowth{Type: "growth", From: c.Size, To: x.kept.Size, Proof: proof})
	}
}
