package console

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"nightbell/access"
)

// Every text and every list that a route takes has an end, in the document that callers read.
func TestEveryFieldHasABound(t *testing.T) {
	raw, err := newStage().console().OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	for _, r := range Routes() {
		op := table(table(table(doc["paths"])[r.Path])[strings.ToLower(r.Method)])
		for _, p := range list0(op["parameters"]) {
			if s := table(table(p)["schema"]); !bounded1(s) {
				t.Errorf("%s: parameter %v has no bound: %v", r.ID, table(p)["name"], s)
			}
		}
		for _, media := range table(table(op["requestBody"])["content"]) {
			unbounded(doc, table(table(media)["schema"]), r.ID, func(at string) { t.Errorf("%s has no bound", at) })
		}
	}
}

// bounded1 reports whether a schema of one value says where it ends.
func bounded1(s map[string]any) bool {
	for _, bound := range []string{"maxLength", "pattern", "enum", "format", "contentEncoding", "maxItems", "maximum"} {
		if s[bound] != nil {
			return true
		}
	}
	return s["type"] != "string" && s["type"] != "array"
}

// unbounded finds fields without an end. What has none in its schema (members of lists) is cut at longestText by plain.
func unbounded(doc, schema map[string]any, at string, found func(string)) {
	if ref, ok := schema["$ref"].(string); ok {
		schema = table(table(table(doc["components"])["schemas"])[strings.TrimPrefix(ref, "#/components/schemas/")])
	}
	for name, p := range table(schema["properties"]) {
		s := table(p)
		if !bounded1(s) && (s["type"] == "array" || !strings.Contains(at, "[]")) {
			found(at + "." + name)
		}
		if strings.Count(at, ".") < 3 {
			unbounded(doc, s, at+"."+name, found)
			unbounded(doc, table(s["items"]), at+"."+name+"[]", found)
		}
	}
}

// Whatever stands in the headers that say who asks: nobody comes in, and nothing breaks.
func FuzzCredentials(f *testing.F) {
	f.Add("Bearer nbl_", "__Host-nightbell=nbl_", "https://bell.example", "same-origin", "Mozilla/5.0")
	f.Add("Bearer nbt_x", "__Host-nightbell=a; __Host-nightbell=b", "null", "none", "")
	f.Add("bearer  ", "=; ;;", "https://[::1", "cross-site, same-origin", "\x00\xff")
	f.Add("Basic YTpi", "__Host-nightbell=\"nbl_\"", "//bell.example", "", "a\r\nb")
	s := newStage()
	right, c := s.as(access.Admin), s.console()
	doors := []http.Handler{c.Handler(), c.Operator("uid:0")}
	f.Fuzz(func(t *testing.T, authorization, cookies, origin, site, agent string) {
		if strings.Contains(authorization+cookies, right) {
			return
		}
		s.later(maxPenalty)
		for _, h := range doors {
			r := httptest.NewRequest(http.MethodGet, "/api/v1/me", nil)
			for name, v := range map[string]string{"Authorization": authorization, "Cookie": cookies, "Origin": origin, "Sec-Fetch-Site": site, "User-Agent": agent} {
				r.Header[name] = []string{v}
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if !slices.Contains([]int{401, 403}, w.Code) {
				t.Errorf("%d", w.Code)
			}
			if kept := agentOf(r); len(kept) > 200 || strings.ContainsFunc(kept, func(r rune) bool { return r < ' ' || r > '~' }) {
				t.Errorf("agent %q", kept)
			}
		}
	})
}

// BenchmarkGate is what a request of somebody with grants of three roles costs before its route begins: who she is, what she
// may, whether this route is hers. The bar is 50 µs.
func BenchmarkGate(b *testing.B) {
	s := newStage()
	c := s.console()
	var route Route
	for _, r := range Routes() {
		if r.ID == "show-call" {
			route = r
		}
	}
	secret := s.login(access.Grant{Role: access.Agent, Clinics: []string{"bay"}}, access.Grant{Role: access.Scheduler, Clinics: []string{"pier"}}, access.Grant{Role: access.Clinician})
	for b.Loop() {
		a := &asking{ip: "192.0.2.1", route: route}
		if err := c.recogniseLogin(b.Context(), a, secret); err != nil {
			b.Fatal(err)
		}
		if p := c.refusal(a); p != nil {
			b.Fatal(p)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/50, "of-bar")
}
