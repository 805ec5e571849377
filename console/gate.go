package console

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"nightbell/audit"
)

// asking is one request: who, from where, under which id, on which route.
type asking struct {
	who     Identity
	known   bool
	ip      string
	request string
	route   Route
}

type askingKey struct{}

func askingOf(ctx context.Context) *asking {
	a, _ := ctx.Value(askingKey{}).(*asking)
	if a == nil {
		return &asking{}
	}
	return a
}

// notice is what the audit should know beyond who asked for what.
type notice struct {
	reason string
	facts  map[string]string
}

// event is what the audit will remember of this request.
func (a *asking) event(object, clinic string, n notice) audit.Event {
	return audit.Event{
		Actor:       a.who.Actor,
		Action:      a.route.Action,
		Object:      object,
		Clinic:      clinic,
		Outcome:     audit.Done,
		Reason:      n.reason,
		Facts:       n.facts,
		Classes:     a.route.Classes,
		Correlation: a.request,
	}
}

// bearer finds out who is asking by RFC 6750 §2.1; an address that guesses is slowed down.
func (c *Console) bearer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := &asking{ip: addressOf(r), request: newID()}
		secret, given := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if given {
			if wait := c.guesses.wait(a.ip, c.now()); wait > 0 {
				slowDown(w, wait)
				return
			}
			if p := c.recognise(r.Context(), a, secret); p != nil {
				p.write(w)
				return
			}
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), askingKey{}, a)))
	})
}

// recognise fills in the token's identity. An unknown token goes on unknown: the gate answers 401 alike for no token, an
// unknown one, a revoked and an expired one.
func (c *Console) recognise(ctx context.Context, a *asking, secret string) *Problem {
	t, err := c.ports.Tokens.Check(ctx, secret)
	switch {
	case errors.Is(err, ErrNotFound):
		c.guesses.failed(a.ip, c.now())
		return nil
	case err != nil:
		return asProblem(err)
	}
	a.known = true
	a.who = Identity{Actor: audit.Actor{Type: "token", ID: t.ID, IP: a.ip}, claims: t.claims()}
	return nil
}

// operator is the identity of whoever reached the control socket: the kernel has vouched for the uid.
func (c *Console) operator(id string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := &asking{known: true, request: newID()}
		a.who = Identity{Actor: audit.Actor{Type: "operator", ID: id}, claims: everywhere(scopesOf(Local))}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), askingKey{}, a)))
	})
}

// gate lets nobody through who lacks the route's scope; it runs before a byte of the body is read.
func (c *Console) gate(route Route) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		_, w := humago.Unwrap(ctx)
		a := askingOf(ctx.Context())
		a.route = route
		if p := c.refusal(a); p != nil {
			p.Request = a.request
			if p.Status == http.StatusUnauthorized {
				w.Header().Set("WWW-Authenticate", `Bearer realm="nightbell"`)
			}
			c.rememberRefusal(ctx.Context(), a)
			p.write(w)
			return
		}
		if wait := patience[route.Action]; wait > 0 {
			_ = http.NewResponseController(w).SetWriteDeadline(c.now().Add(wait))
		}
		next(ctx)
	}
}

// patience is how long an answer may take that reads everything: longer than the listener's own limit.
var patience = map[audit.Action]time.Duration{
	audit.AuditVerified:     listenTime,
	audit.RecordingVerified: listenTime,
}

func (c *Console) refusal(a *asking) *Problem {
	switch {
	case a.route.Scope == Open:
		return nil
	case !a.known:
		return problem(http.StatusUnauthorized, "about:blank", "a live bearer token is needed")
	case !a.who.Has(a.route.Scope):
		return problem(http.StatusForbidden, "not-allowed", "needs scope "+string(a.route.Scope))
	case !a.who.may(a.route.Scope, a.route.Reach):
		return problem(http.StatusForbidden, "not-allowed", "scope "+string(a.route.Scope)+" does not reach this far")
	case a.route.StepUp == Fresh && a.who.Person != "" && c.now().Sub(a.who.SteppedUp) > stepUpAge:
		return problem(http.StatusForbidden, "step-up", "needs a second factor of the last five minutes")
	}
	return nil
}

// stepUpAge is how long a second factor that was just shown counts as fresh.
const stepUpAge = 5 * time.Minute

// claims are what a token may: scopes that only people may hold are ignored, whatever its row says.
func (t Token) claims() map[Scope][]Claim {
	list := slices.DeleteFunc(slices.Clone(t.Scopes), func(s Scope) bool { return !s.heldBy(Anyone) })
	if t.Clinic == "" {
		return everywhere(list)
	}
	return within(list, []string{t.Clinic})
}

// rememberRefusal keeps one event a minute and source: a flood must not fill the log. A refusal stands whether or not it
// could be remembered.
func (c *Console) rememberRefusal(ctx context.Context, a *asking) {
	source := a.who.Actor.Type + ":" + a.who.Actor.ID + "|" + a.ip
	if !c.refusals.first(source, c.now()) {
		return
	}
	e := a.event("route:"+a.route.ID, a.oneClinic(), notice{})
	e.Action, e.Outcome, e.Classes = audit.LoginRefused, audit.Refused, nil
	if e.Actor.Type == "" {
		e.Actor = audit.Actor{Type: "unknown", IP: a.ip}
	}
	if err := c.ports.Audit.Note(ctx, e); err != nil {
		c.log.Warn("refusal not remembered", "route", a.route.ID, "request", a.request)
	}
}

// remember writes the event before anything of its object is shown; on an error nothing may be.
func (c *Console) remember(ctx context.Context, object, clinic string, n notice) error {
	return c.note(ctx, askingOf(ctx).event(object, clinic, n))
}

// note is remember for an event that is more than the ordinary one.
func (c *Console) note(ctx context.Context, e audit.Event) error {
	err := c.ports.Audit.Note(ctx, e)
	if err == nil || errors.Is(err, ErrSealed) {
		return err
	}
	return ErrAuditDown
}

func addressOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// newID is 80 random bits that name a request in logs and audit.
func newID() string { return strings.ToLower(rand.Text())[:16] }
