package console

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"nightbell/access"
	"nightbell/audit"
)

// bearer finds out who is asking: by RFC 6750 §2.1, or by the cookie of a browser. An address that guesses tokens is
// slowed down.
func (c *Console) bearer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := &asking{ip: addressOf(r), agent: agentOf(r), request: newID(), browser: fromBrowser(r)}
		if p := c.credential(w, r, a); p != nil {
			p.Request = a.request
			p.write(w)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), askingKey{}, a)))
	})
}

// credential looks at what the request shows. Authorization comes before a cookie: a program that names itself means that.
func (c *Console) credential(w http.ResponseWriter, r *http.Request, a *asking) *Problem {
	if secret, given := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); given {
		if isLogin(secret) {
			return unrecognised(a, c.recogniseLogin(r.Context(), a, secret))
		}
		if wait := c.guesses.wait(a.ip, c.now()); wait > 0 {
			return slowDown(w, wait)
		}
		return unrecognised(a, c.recogniseToken(r.Context(), a, secret))
	}
	secret := cookieOf(r)
	if secret == "" {
		return nil
	}
	if !sameOrigin(r) {
		return problem(http.StatusForbidden, "cross-origin", "a login's cookie is good for this console's own pages alone")
	}
	return unrecognised(a, c.recogniseLogin(r.Context(), a, secret))
}

// unrecognised lets nobody go on as nobody: the gate answers 401 alike for no credential, an unknown one, a revoked and an
// expired one. That a login is over is said: who holds its secret may know.
func unrecognised(a *asking, err error) *Problem {
	switch {
	case err == nil, errors.Is(err, ErrNotFound):
		return nil
	case errors.Is(err, ErrLoginOver):
		a.over = err
		return nil
	}
	return asProblem(err)
}

// isLogin tells a login's secret from a token's by its first letters. Wrong ones are not slowed down: nobody guesses 256 bits,
// they are looked up in memory, and an agency's people share one address.
func isLogin(secret string) bool {
	return strings.HasPrefix(secret, string(access.LoginSecret)) || strings.HasPrefix(secret, string(access.PendingSecret))
}

func (c *Console) recogniseToken(ctx context.Context, a *asking, secret string) error {
	t, err := c.ports.Tokens.Check(ctx, secret)
	if errors.Is(err, ErrNotFound) {
		c.guesses.failed(a.ip, c.now())
	}
	if err != nil {
		return err
	}
	a.known = true
	a.who = Identity{Actor: audit.Actor{Type: "token", ID: t.ID, IP: a.ip}, claims: t.claims()}
	return nil
}

func (c *Console) recogniseLogin(ctx context.Context, a *asking, secret string) error {
	if c.ports.Logins == nil || !isLogin(secret) {
		return ErrNotFound
	}
	v, err := c.ports.Logins.Recognise(ctx, secret)
	if err != nil {
		return err
	}
	a.known, a.visitor = true, v
	a.who = v.identity(a.ip, c.now())
	return nil
}

// identity is what a visitor may, by the grants that hold at the moment.
func (v Visitor) identity(ip string, now time.Time) Identity {
	v.Grants = slices.DeleteFunc(slices.Clone(v.Grants), func(g access.Grant) bool { return !g.Holds(now) })
	var roles []string
	for _, r := range access.RolesAt(v.Grants, now) {
		roles = append(roles, string(r))
	}
	who := Identity{
		Actor:     audit.Actor{Type: "person", ID: v.Person, Role: strings.Join(roles, "+"), Login: v.Login, Device: v.Device, IP: ip},
		Person:    v.Person,
		SteppedUp: v.SteppedUp,
		claims:    v.claims(),
	}
	if v.State == access.LoginPending && v.Mode == Enrolling {
		who.SteppedUp = now // there is no second factor yet that could be shown
	}
	return who
}

// claims: a password alone opens the second factor's routes and nothing else; a live login its grants, as far as its mode
// goes.
func (v Visitor) claims() map[Scope][]Claim {
	claims := map[Scope][]Claim{}
	switch {
	case v.State == access.LoginPending && v.Mode == Enrolling:
		claims[FactorsWrite] = []Claim{{Bound: Own}}
		fallthrough
	case v.State == access.LoginPending:
		claims[SecondFactor] = []Claim{{Bound: Own}}
		return claims
	case v.State != access.LoginLive:
		return claims
	}
	claims[Self], claims[FactorsWrite] = []Claim{{Bound: Own}}, []Claim{{Bound: Own}}
	for _, g := range v.Grants {
		for _, r := range rights[g.Role] {
			if v.Mode.leaves(r.scope) {
				claims[r.scope] = append(claims[r.scope], Claim{Bound: r.bound, Clinics: clinicsOf(g)})
			}
		}
	}
	for _, o := range v.Openings {
		for _, scope := range brokenScopes {
			claims[scope] = append(claims[scope], o.claim())
		}
	}
	return claims
}

func clinicsOf(g access.Grant) []string {
	if len(g.Clinics) == 0 {
		return nil
	}
	return g.Clinics
}

// leaves reports what a login's mode leaves of a role: in limited mode calls go on, in paperwork nothing but one's own pages.
func (m LoginMode) leaves(s Scope) bool {
	switch m {
	case Full:
		return true
	case Limited:
		return slices.Contains([]Scope{Self, FactorsWrite, CallsAnswer, OnCallRead, RulesRead, CoverCalledIn}, s)
	}
	return s == Self || s == FactorsWrite
}

// operator is the identity of whoever reached the control socket: the kernel has vouched for the uid. Who shows a login there
// is that person, and not the operator: PHI is for people.
func (c *Console) operator(id string, next http.Handler) http.Handler {
	asPerson := c.bearer(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			r = r.Clone(r.Context())
			r.RemoteAddr = id
			asPerson.ServeHTTP(w, r)
			return
		}
		a := &asking{known: true, request: newID(), ip: id, agent: agentOf(r)}
		a.who = Identity{Actor: audit.Actor{Type: "operator", ID: id}, claims: everywhere(scopesOf(Local))}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), askingKey{}, a)))
	})
}

// claims are what a token may: scopes that only people may hold are ignored, whatever its row says.
func (t Token) claims() map[Scope][]Claim {
	list := slices.DeleteFunc(slices.Clone(t.Scopes), func(s Scope) bool { return !s.heldBy(Anyone) })
	if t.Clinic == "" {
		return everywhere(list)
	}
	return within(list, []string{t.Clinic})
}

// agentOf is what the program calls itself, cut and without what could disturb a terminal.
func agentOf(r *http.Request) string {
	agent := strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' {
			return -1
		}
		return c
	}, r.UserAgent())
	return agent[:min(len(agent), 200)]
}
