package console

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"nightbell/access"
)

// visitorsOf are all who may come: nobody, half a login, every role in the whole house and in one clinic, lapsed modes, a
// second factor of long ago, the operator, tokens. Each gives a fresh secret; the operator none.
func visitorsOf(s *stage) []caller {
	list := []caller{
		{"nobody", func() string { return "" }},
		{"pending", func() string { return s.pending(Full) }},
		{"enrolling", func() string { return s.pending(Enrolling) }},
	}
	for _, r := range access.Roles() {
		list = append(list, caller{string(r), func() string { return s.as(r) }})
	}
	for _, r := range access.Roles() {
		list = append(list, caller{string(r) + "@", func() string { return s.in(r, "harbor") }})
	}
	with := func(change func(*Visitor), r access.Role) func() string {
		return func() string {
			secret := s.as(r)
			v := s.doors.visitors[secret]
			change(&v)
			s.doors.visitors[secret] = v
			return secret
		}
	}
	return append(list,
		caller{"limited", with(func(v *Visitor) { v.Mode = Limited }, access.Agent)},
		caller{"paperwork", with(func(v *Visitor) { v.Mode = Paperwork }, access.Agent)},
		caller{"unfresh", with(func(v *Visitor) { v.SteppedUp = s.now().Add(-stepUpAge - time.Second) }, access.Admin)},
		caller{"unknown", func() string { return "nbl_" + strings.Repeat("A", 43) }},
		caller{"token", func() string { return s.token("", scopesOf(PeopleOnly)...) }},
		caller{"token@", func() string { return s.token("harbor", scopesOf(PeopleOnly)...) }},
	)
}

type caller struct {
	name   string
	secret func() string
}

// The whole house as a file: every route against everybody who may come, and what each is answered. 2xx lets in; 401 does not
// know her; 403 knows her and refuses; 404 hides what is not hers.
func TestEveryRouteAsEverybody(t *testing.T) {
	s := newStage()
	c := s.console()
	h, control := c.Handler(), c.Operator("uid:0")
	people := visitorsOf(s)
	var b strings.Builder
	for n, p := range people {
		fmt.Fprintf(&b, "%2d %s\n", n+1, p.name)
	}
	fmt.Fprintf(&b, "%2d operator\n\n%-24s", len(people)+1, "route")
	for n := range len(people) + 1 {
		fmt.Fprintf(&b, " %3d", n+1)
	}
	b.WriteString("\n")
	for _, r := range Routes() {
		fmt.Fprintf(&b, "%-24s", r.ID)
		for _, p := range people {
			code := s.answered(t, h, r, p.secret())
			fmt.Fprintf(&b, " %3d", code)
			s.agrees(t, r, p.name, code)
		}
		fmt.Fprintf(&b, " %3d\n", s.answered(t, control, r, ""))
	}
	golden(t, "access.golden", b.String())
}

// answered asks the example of a route and forgets what it did.
func (s *stage) answered(t *testing.T, h http.Handler, r Route, secret string) int {
	t.Helper()
	before := len(s.changes)
	w := asks(t, h, r.request(), secret)
	if w.Code >= 300 && len(s.changes) != before {
		t.Errorf("%s answered %d and changed something", r.ID, w.Code)
	}
	if w.Code >= 300 && strings.Contains(w.Body.String(), canary) {
		t.Errorf("%s answered %d and showed a caller", r.ID, w.Code)
	}
	if w.Code >= 500 {
		t.Errorf("%s: %d", r.ID, w.Code)
	}
	return w.Code
}

// agrees holds the answer to a role of the whole house against the role table: the golden file cannot be renewed past it.
func (s *stage) agrees(t *testing.T, r Route, who string, code int) {
	t.Helper()
	if r.Scope == Open || !slices.Contains(access.Roles(), access.Role(who)) {
		return
	}
	may := (Claim{Bound: bound(access.Role(who), r.Scope)}).enough(r.Reach)
	if !may && code != http.StatusForbidden {
		t.Errorf("%s as %s: %d, and the role table says no", r.ID, who, code)
	}
	if may && code == http.StatusForbidden {
		t.Errorf("%s as %s: refused, and the role table says yes", r.ID, who)
	}
}

// What identifies a caller leaves for nobody but those who take calls, whoever asks for it.
func TestNobodyElseSeesACaller(t *testing.T) {
	s := newStage()
	c := s.console()
	for _, p := range append(visitorsOf(s), caller{"operator", nil}) {
		sees := slices.Contains([]string{"agent", "supervisor", "agent@", "supervisor@"}, p.name)
		for _, r := range Routes() {
			if slices.Contains(r.Classes, "name") { // of our own people
				continue
			}
			h, secret := c.Operator("uid:0"), ""
			if p.secret != nil {
				h, secret = c.Handler(), p.secret()
			}
			w := asks(t, h, r.request(), secret)
			if r.ID == "resolve-pseudonym" && strings.HasPrefix(p.name, "compliance") {
				continue // who reads the audit may ask, with a reason, whom it speaks of
			}
			if shown := strings.Contains(w.Body.String(), canary) || bytesShown(w.Body.String()); shown && !sees {
				t.Errorf("%s shows a caller to %s", r.ID, p.name)
			}
		}
	}
}
