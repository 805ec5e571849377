package console

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nightbell/access"
	"nightbell/audit"
)

var update = flag.Bool("update", false, "write the golden files anew")

// The table is reviewed as a file: who may, what is remembered, what PHI an answer may hold.
func TestTableIsTheReviewedOne(t *testing.T) {
	var b strings.Builder
	for _, r := range Routes() {
		reach := map[Reach]string{House: "house", Clinic: "clinic", Personal: "own"}[r.Reach]
		step := map[StepUp]string{Settled: "-", Fresh: "step-up"}[r.StepUp]
		fmt.Fprintf(&b, "%-6s %-47s %-18s %-6s %-24s %-12s %s\n", r.Method, r.Path, dash(string(r.Scope)), reach, dash(string(r.Action)),
			dash(strings.Join(r.Classes, ",")), step)
	}
	golden(t, "routes.golden", b.String())
}

// The role table is reviewed as a file too: a scope that no row speaks of belongs to nobody.
func TestRolesAreTheReviewedOnes(t *testing.T) {
	words := map[Bound]string{Nothing: "-", OwnDay: "own 24 h", Own: "own", Ops: "ops", Granted: "granted"}
	var b strings.Builder
	fmt.Fprintf(&b, "%-18s", "scope")
	for _, r := range access.Roles() {
		fmt.Fprintf(&b, " %-10s", r)
	}
	fmt.Fprintf(&b, " %-8s %s\n", "operator", "token")
	for _, s := range scopes {
		fmt.Fprintf(&b, "%-18s", s.scope)
		for _, r := range access.Roles() {
			fmt.Fprintf(&b, " %-10s", words[bound(r, s.scope)])
		}
		yes := map[bool]string{true: "yes", false: "-"}
		fmt.Fprintf(&b, " %-8s %s\n", yes[s.scope.heldBy(Local)], yes[s.scope.heldBy(Anyone)])
		if !slices.ContainsFunc(matrix, func(row roleRow) bool { return row.scope == s.scope }) {
			t.Errorf("roles.go has no row for %s", s.scope)
		}
	}
	if len(matrix) != len(scopes) {
		t.Errorf("%d rows for %d scopes", len(matrix), len(scopes))
	}
	golden(t, "roles.golden", b.String())
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := errors.Join(os.MkdirAll("testdata", 0o755), os.WriteFile(path, []byte(got), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s changed; review it and run with -update:\n%s", name, got)
	}
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func TestEveryRouteHasAScopeAndKnownWords(t *testing.T) {
	ids := map[string]bool{}
	open := []string{"log-in", "accept-invitation"}
	silent := []string{
		"check-book", "verify-on-call", "test-trunk", "preview-schedule", "check-rota",
		"log-in", "challenge", "challenge-again", "begin-totp", "begin-passkey",
	}
	for _, r := range Routes() {
		if !slices.Contains(scopesOf(PeopleOnly), r.Scope) && !slices.Contains(open, r.ID) {
			t.Errorf("%s: scope %q belongs to nobody", r.ID, r.Scope)
		}
		if r.Action != "" && !audit.Known(r.Action) {
			t.Errorf("%s: the audit has no word %q", r.ID, r.Action)
		}
		if len(r.Classes) > 0 && r.Action == "" {
			t.Errorf("%s: shows %v and remembers nothing", r.ID, r.Classes)
		}
		if r.Method != http.MethodGet && r.Action == "" && !slices.Contains(silent, r.ID) {
			t.Errorf("%s: changes and remembers nothing", r.ID)
		}
		if ids[r.ID] {
			t.Errorf("%s: twice", r.ID)
		}
		ids[r.ID] = true
	}
}

// What identifies a patient is for people with a login: no token and no operator can hold such a scope. Names and numbers of our
// own people are no patients'.
func TestPHIIsForPeople(t *testing.T) {
	for _, r := range Routes() {
		if len(r.Classes) == 0 || r.Scope == BookReveal || r.Scope == PeopleReveal {
			continue
		}
		if r.Scope.heldBy(Local) || bound(access.Admin, r.Scope) != Nothing {
			t.Errorf("%s shows %v and %s is not for people who take calls alone", r.ID, r.Classes, r.Scope)
		}
	}
}

// Deny by default: every route against no token, every other scope, its own, and its own bound to a clinic.
func TestEveryRouteAsEveryToken(t *testing.T) {
	s := newStage()
	h := s.console().Handler()
	for _, r := range Routes() {
		if r.Scope == Open {
			continue
		}
		if got := asks(t, h, r.request(), "").Code; got != http.StatusUnauthorized {
			t.Errorf("%s without a token: %d", r.ID, got)
		}
		for _, scope := range scopesOf(PeopleOnly) {
			got := asks(t, h, r.request(), s.token("", scope)).Code
			own := (scope == r.Scope || slices.Contains(implied[scope], r.Scope)) && r.Scope.heldBy(Anyone)
			if may := got < 300; may != own {
				t.Errorf("%s with %s: %d", r.ID, scope, got)
			}
		}
		got := asks(t, h, r.request(), s.token("harbor", r.Scope)).Code
		if may := got < 300; may != (r.Reach != House && r.Scope.heldBy(Anyone)) {
			t.Errorf("%s with a token of one clinic: %d", r.ID, got)
		}
	}
}

func TestUnknownPathsAndMethodsAreProblems(t *testing.T) {
	s := newStage()
	h, secret := s.console().Handler(), s.everything()
	for path, want := range map[string]int{"/api/v1/nothing": 404, "/": 404, "/api/v1/live/": 404, "/api/v2/live": 404} {
		req, _ := http.NewRequest(http.MethodGet, path, nil)
		if w := asks(t, h, req, secret); w.Code != want || problemOf(t, w).Status != want {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	req, _ := http.NewRequest(http.MethodDelete, "/api/v1/live", nil)
	w := asks(t, h, req, secret)
	if problemOf(t, w).Status != http.StatusMethodNotAllowed || !strings.Contains(w.Header().Get("Allow"), "GET") {
		t.Errorf("DELETE /api/v1/live: %d, Allow %q", w.Code, w.Header().Get("Allow"))
	}
}

// With the audit down nothing of a remembered route is shown and nothing changes; only the audit's own check goes on.
func TestAuditDownRefusesEverythingItWouldRemember(t *testing.T) {
	for _, r := range Routes() {
		if r.Action == "" || r.Action == audit.AuditVerified || r.ID == "order-call" { // a caller is not kept on hold by a full disk: TestOrdersGoOnWithoutTheAudit
			continue
		}
		s := newStage()
		h, secret := s.console().Handler(), s.opener(r)
		s.broken = errors.New("disk full")
		w := asks(t, h, r.request(), secret)
		if p := problemOf(t, w); p.Status != http.StatusServiceUnavailable || p.Type != "nightbell:audit-down" {
			t.Errorf("%s: %+v", r.ID, p)
		}
		if strings.Contains(w.Body.String(), canary) || bytesShown(w.Body.String()) || s.opened > 0 || len(s.changes) > 0 {
			t.Errorf("%s: something left or changed without the audit", r.ID)
		}
	}
}

func bytesShown(body string) bool { return strings.Contains(body, "RIFF") }

// Reads are remembered by the console, changes by the port that makes them; each exactly once.
func TestEveryRememberedRouteIsRemembered(t *testing.T) {
	for _, r := range Routes() {
		if r.Action == "" {
			continue
		}
		s := newStage()
		w := asks(t, s.console().Handler(), r.request(), s.opener(r))
		if w.Code >= 300 {
			t.Fatalf("%s: %d %s", r.ID, w.Code, w.Body)
		}
		want := 1
		if r.ID == "cover-called-in" {
			want = 2 // that it was phoned in, and the change of the rota
		}
		if n := len(s.remembered(r.Action)) + len(s.changes); n != want {
			t.Errorf("%s: remembered %d times", r.ID, n)
		}
		for _, e := range s.events {
			if e.Actor.ID != "amy" || e.Correlation == "" || e.Object == "" || strings.Contains(fmt.Sprintf("%+v", e), canary) {
				t.Errorf("%s: event %+v", r.ID, e)
			}
		}
	}
}

func TestDocumentIsTheTable(t *testing.T) {
	raw, err := newStage().console().OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		OpenAPI    string                               `json:"openapi"`
		Info       struct{ Title, Version string }      `json:"info"`
		Paths      map[string]map[string]map[string]any `json:"paths"`
		Components struct {
			Schemas         map[string]any `json:"schemas"`
			SecuritySchemes map[string]any `json:"securitySchemes"`
		} `json:"components"`
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(doc.OpenAPI, "3.1.") || doc.Info.Title == "" || doc.Info.Version == "" {
		t.Errorf("head: %s %+v", doc.OpenAPI, doc.Info)
	}
	documented := 0
	for _, methods := range doc.Paths {
		documented += len(methods)
	}
	if documented != len(Routes()) {
		t.Errorf("%d operations in the document, %d in the table", documented, len(Routes()))
	}
	for _, r := range Routes() {
		op := doc.Paths[r.Path][strings.ToLower(r.Method)]
		if op["operationId"] != r.ID || op["summary"] != r.Summary || op["x-nightbell-scope"] != string(r.Scope) || op["security"] == nil {
			t.Errorf("%s %s: %v", r.Method, r.Path, op["operationId"])
		}
		if strings.Contains(r.Path, "{id}") && op["parameters"] == nil {
			t.Errorf("%s: path parameter not documented", r.ID)
		}
	}
	checkReferences(t, raw, doc.Components.Schemas)
}

// checkReferences finds every $ref and looks for what it names.
func checkReferences(t *testing.T, raw []byte, schemas map[string]any) {
	t.Helper()
	for _, part := range strings.Split(string(raw), `"$ref":"`)[1:] {
		name, _, _ := strings.Cut(part, `"`)
		if _, ok := schemas[strings.TrimPrefix(name, "#/components/schemas/")]; !ok {
			t.Errorf("%s leads nowhere", name)
		}
	}
}
