package console

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"nightbell/access"
	"nightbell/audit"
)

// asking is one request: who, from where, under which id, on which route.
type asking struct {
	who     Identity
	visitor Visitor // the login that it came with, if it did
	known   bool
	over    error // ErrLoginOver: it came with a login that opens nothing any more
	browser bool  // a page made it
	ip      string
	agent   string
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

// gate lets nobody through who lacks the route's scope; it runs before a byte of the body is read.
func (c *Console) gate(route Route) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		r, w := humago.Unwrap(ctx)
		a := askingOf(ctx.Context())
		a.route = route
		if p := c.refusal(a); p != nil {
			p.Request = a.request
			if p.Status == http.StatusUnauthorized {
				w.Header().Set("WWW-Authenticate", `Bearer realm="nightbell"`)
			}
			if a.over != nil && a.browser {
				http.SetCookie(w, noCookie())
			}
			c.rememberRefusal(ctx.Context(), a)
			p.write(w)
			return
		}
		if r.ContentLength > route.mostBody() { // by its announcement: not a byte of it is read
			w.Header().Set("Connection", "close")
			problem(http.StatusRequestEntityTooLarge, "about:blank", detailFor(http.StatusRequestEntityTooLarge)).write(w)
			return
		}
		if a.visitor.Login != "" {
			c.ports.Logins.Touch(a.visitor.Login, a.ip)
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
	case a.over != nil:
		return problem(http.StatusUnauthorized, "login-over", "the login is over: log in again")
	case !a.known:
		return problem(http.StatusUnauthorized, "about:blank", "a login or a live bearer token is needed")
	case a.visitor.State == access.LoginPending && !a.who.Has(a.route.Scope):
		return problem(http.StatusForbidden, "second-factor", "the second factor is missing")
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
	if err == nil || errors.Is(err, ErrSealed) || errors.Is(err, ErrDiffers) {
		return err
	}
	return ErrAuditDown
}

// addressOf is the peer's address; on the control socket "uid:N".
func addressOf(r *http.Request) string {
	if strings.HasPrefix(r.RemoteAddr, "uid:") {
		return r.RemoteAddr
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// newID is 80 random bits that name a request in logs and audit.
func newID() string { return strings.ToLower(rand.Text())[:16] }
