package console

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"nightbell/audit"
)

// proofRoutes are what the log shows of itself. A leaf holds no PHI in clear, so nothing here does.
func proofRoutes() []Route {
	return []Route{
		{http.MethodGet, "/api/v1/audit/checkpoint", "audit-checkpoint", "The newest checkpoint, its keys, its witnesses",
			AuditRead, House, "", nil, Settled, with(auditCheckpoint)},
		{http.MethodGet, "/api/v1/audit/leaves/{id}", "prove-audit", "One leaf and the proof that it is in the log",
			AuditRead, House, audit.AuditListed, nil, Settled, with(proveAudit)},
		{http.MethodPost, "/api/v1/audit/export", "export-audit", "The log, or a part of it, for verification without us",
			AuditExport, House, audit.AuditExported, nil, Fresh, with(exportAudit)},
		{http.MethodPost, "/api/v1/evidence", "state-evidence", "Sign the digest of an evidence folder's manifest",
			AuditExport, House, audit.EvidenceStated, nil, Settled, with(stateEvidence)},
		{http.MethodPost, "/api/v1/audit/accept-rollback", "accept-rollback", "Go on with an older log, by two people's approval",
			AuditAccept, House, audit.EpochBegan, nil, Fresh, with(acceptRollback)},
		{http.MethodGet, "/api/v1/reviews", "list-reviews", "The morning list: what the log raises questions about",
			ReviewsRead, House, audit.ReviewListed, nil, Settled, with(listReviews)},
		{http.MethodPost, "/api/v1/reviews/{id}/settle", "settle-review", "Say what an item came to",
			ReviewsSettle, House, audit.ReviewSettled, nil, Settled, with(settleReview)},
	}
}

func auditCheckpoint(c *Console, ctx context.Context, _ *struct{}) (*answer[CheckpointView], error) {
	return say(c.ports.Evidence.Checkpoint(ctx))
}

// proveAudit takes the leaf's seq as its id.
func proveAudit(c *Console, ctx context.Context, in *Named) (*answer[LeafProof], error) {
	if err := c.remember(ctx, "audit:"+in.ID, "", notice{}); err != nil {
		return nil, err
	}
	seq, err := strconv.ParseInt(in.ID, 10, 64)
	if err != nil || seq < 0 {
		return nil, ErrNotFound
	}
	return say(c.ports.Evidence.Prove(ctx, seq))
}

// exportAudit streams. The event is durable before the first byte, and is the last leaf of what it exports.
func exportAudit(c *Console, ctx context.Context, in *struct {
	Body struct {
		Because
		ExportSpan
	}
}) (*huma.StreamResponse, error) {
	if err := c.remember(ctx, "audit", "", notice{reason: in.Body.Reason}); err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		_, w := humago.Unwrap(hc)
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(listenTime))
		w.Header().Set("Content-Type", "application/jsonl")
		w.Header().Set("Content-Disposition", `attachment; filename="nightbell-audit.jsonl"`)
		if err := c.ports.Evidence.Export(hc.Context(), in.Body.ExportSpan, w); err != nil { // without its last line an export says itself that it was cut
			c.log.Warn("audit export ended early", "request", askingOf(ctx).request, "err", err)
		}
	}}, nil
}

// stateEvidence signs that somebody showed this digest here and now. Who it was stands in the log; that the files are true, nobody
// can sign.
func stateEvidence(c *Console, ctx context.Context, in *struct{ Body EvidenceFolder }) (*answer[EvidenceStatement], error) {
	facts := map[string]string{"sha256": in.Body.SHA256, "files": strconv.Itoa(in.Body.Files), "missing": strconv.Itoa(in.Body.Missing)}
	if err := c.remember(ctx, "evidence", "", notice{facts: facts}); err != nil {
		return nil, err
	}
	return say(c.ports.Evidence.State(ctx, in.Body.SHA256))
}

func acceptRollback(c *Console, ctx context.Context, in *struct {
	Body struct {
		Proposal string `json:"proposal" pattern:"^[A-Za-z0-9._~-]{1,64}$" doc:"an approved one of kind restore, about audit"`
	}
}) (*answer[CheckpointView], error) {
	return say(c.ports.Evidence.Accept(ctx, in.Body.Proposal, askingOf(ctx).who.Actor))
}

func listReviews(c *Console, ctx context.Context, in *struct {
	All bool `query:"all" doc:"with those that are settled"`
}) (*answer[list[ReviewItem]], error) {
	if err := c.remember(ctx, "reviews", "", notice{}); err != nil {
		return nil, err
	}
	items, err := c.ports.Reviews.List(ctx, ReviewQuery{in.All})
	return say(listed(items, ""), err)
}

func settleReview(c *Console, ctx context.Context, in *struct {
	Named
	Body Because
}) (*done, error) {
	return nil, c.ports.Reviews.Settle(ctx, in.ID, in.Body.Reason, askingOf(ctx).who.Actor)
}
