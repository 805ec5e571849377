package console

import (
	"context"
	"slices"
	"strings"
	"time"
)

func listAudit(c *Console, ctx context.Context, in *struct {
	Paging
	Action string    `query:"action" maxLength:"64"`
	Object string    `query:"object" maxLength:"128" doc:"call:ID, recording:ID, ..."`
	Actor  string    `query:"actor" maxLength:"128" doc:"type:id"`
	From   time.Time `query:"from"`
	To     time.Time `query:"to"`
}) (*answer[AuditPage], error) {
	if err := c.remember(ctx, "audit", "", notice{}); err != nil {
		return nil, err
	}
	page, err := c.ports.Audit.List(ctx, AuditQuery{in.page(), in.Action, in.Object, in.Actor, in.From, in.To})
	a := askingOf(ctx)
	page.Items = slices.DeleteFunc(noNil(page.Items), func(r AuditRow) bool { return !a.mayRead(r) })
	return say(page, err)
}

// mayRead: of the log a clinic's office sees who touched what is the clinic's, an admin how the house runs.
func (a *asking) mayRead(r AuditRow) bool {
	if a.unbound() || r.Clinic != "" && a.sees(r.Clinic) {
		return true
	}
	kind, _, _ := strings.Cut(r.Object, ":")
	patients := len(r.Classes) > 0 || slices.Contains([]string{"call", "calls", "recording", "recordings"}, kind)
	return !patients && slices.ContainsFunc(a.mine(), func(c Claim) bool { return c.Bound == Ops })
}

// verifyAudit walks first: the verdict must be had most of all when nothing more can be written.
func verifyAudit(c *Console, ctx context.Context, _ *struct{}) (*answer[AuditVerdict], error) {
	verdict, err := c.ports.Audit.Verify(ctx)
	if err != nil {
		return nil, err
	}
	if c.remember(ctx, "audit", "", notice{facts: verdict.facts()}) != nil {
		c.log.Warn("audit verification not remembered", "request", askingOf(ctx).request)
	}
	return say(verdict, nil)
}

func listTokens(c *Console, ctx context.Context, _ *struct{}) (*answer[list[Token]], error) {
	items, err := c.ports.Tokens.List(ctx)
	return say(listed(items, ""), err)
}

type createTokenIn struct {
	Body struct {
		Name    string    `json:"name" minLength:"1" maxLength:"64" doc:"what it is for; no person's name"`
		Scopes  []Scope   `json:"scopes" minItems:"1" maxItems:"64" nullable:"false"`
		Clinic  string    `json:"clinic,omitempty" maxLength:"64" doc:"the only clinic it may see"`
		Expires time.Time `json:"expires,omitzero" doc:"90 days ahead if absent; at most 400"`
	}
}

// madeToken is a token with its secret, shown once.
type madeToken struct {
	Token
	Secret string `json:"secret" doc:"shown this once; only its hash is kept" text:"free"`
}

const (
	tokenLife    = 90 * 24 * time.Hour
	maxTokenLife = 400 * 24 * time.Hour
)

// createToken gives nobody more than the one who asks has, and no token what only people may hold.
func createToken(c *Console, ctx context.Context, in *createTokenIn) (*answer[madeToken], error) {
	now, who := c.now(), askingOf(ctx).who
	b := in.Body
	for _, s := range b.Scopes {
		if !s.heldBy(Anyone) {
			return nil, Mistakes{{Field: "body.scopes", Text: "no scope that a token may hold"}}
		}
		if !who.may(s, House) {
			return nil, ErrNotAllowed
		}
	}
	if b.Expires.IsZero() {
		b.Expires = now.Add(tokenLife)
	}
	if !b.Expires.After(now) || b.Expires.Sub(now) > maxTokenLife {
		return nil, Mistakes{{Field: "body.expires", Text: "not within the next 400 days"}}
	}
	want := Token{Name: b.Name, Scopes: b.Scopes, Clinic: b.Clinic, Expires: b.Expires.UTC()}
	t, secret, err := c.ports.Tokens.Create(ctx, want, who.Actor)
	return say(madeToken{t, secret}, err)
}

// done is the answer to a change that has nothing to say.
type done struct{}

func revokeToken(c *Console, ctx context.Context, in *Named) (*done, error) {
	return nil, c.ports.Tokens.Revoke(ctx, in.ID, askingOf(ctx).who.Actor)
}

func listDevices(c *Console, ctx context.Context, _ *struct{}) (*answer[list[Device]], error) {
	items, err := c.ports.Devices.List(ctx)
	return say(listed(items, ""), err)
}

const longestMD5 = 90 * 24 * time.Hour

func enrolDevices(c *Console, ctx context.Context, in *struct{ Body Enrolment }) (*answer[list[Enrolled]], error) {
	b := in.Body
	if b.Secret != "" && b.Count > 1 {
		return nil, Mistakes{{Field: "body.secret", Text: "only with count 1"}}
	}
	if b.CSR != "" && (b.Count > 1 || b.Secret != "" || !b.MD5Until.IsZero()) {
		return nil, Mistakes{{Field: "body.csr", Text: "only with count 1, without a secret and without MD5"}}
	}
	if b.User != "" && b.Count > 1 {
		return nil, Mistakes{{Field: "body.user", Text: "only with count 1"}}
	}
	if now := c.now(); !b.MD5Until.IsZero() && (!b.MD5Until.After(now) || b.MD5Until.Sub(now) > longestMD5) {
		return nil, Mistakes{{Field: "body.md5_until", Text: "not within the next 90 days"}}
	}
	items, err := c.ports.Devices.Enrol(ctx, b, askingOf(ctx).who.Actor)
	return say(listed(items, ""), err)
}

func revokeDevice(c *Console, ctx context.Context, in *Named) (*done, error) {
	return nil, c.ports.Devices.Revoke(ctx, in.ID, askingOf(ctx).who.Actor)
}

func listTrunks(c *Console, ctx context.Context, _ *struct{}) (*answer[list[TrunkView]], error) {
	items, err := c.ports.Trunks.List(ctx)
	return say(listed(items, ""), err)
}

func testTrunk(c *Console, ctx context.Context, in *Named) (*answer[TrunkTest], error) {
	return say(c.ports.Trunks.Test(ctx, in.ID))
}

func setTrunkSecret(c *Console, ctx context.Context, in *struct {
	Named
	Body struct {
		Secret string `json:"secret" minLength:"20" maxLength:"128" text:"free"`
	}
}) (*done, error) {
	return nil, c.ports.Trunks.Secret(ctx, in.ID, in.Body.Secret, askingOf(ctx).who.Actor)
}

func listAgents(c *Console, ctx context.Context, _ *struct{}) (*answer[list[Agent]], error) {
	items, err := c.agentsSeen(ctx)
	return say(listed(items, ""), err)
}

func pauseAgent(c *Console, ctx context.Context, in *Named) (*done, error) {
	return nil, c.ports.Agents.Pause(ctx, in.ID, askingOf(ctx).who.Actor)
}

func resumeAgent(c *Console, ctx context.Context, in *Named) (*done, error) {
	return nil, c.ports.Agents.Resume(ctx, in.ID, askingOf(ctx).who.Actor)
}

func showHealth(c *Console, ctx context.Context, _ *struct{}) (*answer[list[Finding]], error) {
	items, err := c.ports.Health.Checks(ctx)
	return say(listed(items, ""), err)
}
