package console

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// marker stands in every hostile value: an answer that holds it repeats what it was sent.
const marker = "zq.12125550177"

// hostile is what arrives where something else was expected.
var hostile = map[string]any{
	"nothing":    nil,
	"number":     -1,
	"huge":       1e300,
	"beyond":     json.Number("99999999999999999999999999"),
	"truth":      true,
	"list":       []any{marker},
	"object":     map[string]any{marker: marker},
	"megabyte":   strings.Repeat(marker, 1<<20/len(marker)),
	"control":    marker + "\x00\x07\x1b[2J",
	"backwards":  marker + "\u202eexe.txt",
	"look-alike": marker + "аdmin",
	"traversal":  "../../" + marker,
	"script":     "<script>" + marker + "</script>",
	"sql":        "'; DROP TABLE calls; -- " + marker,
	"lines":      marker + "\r\nSet-Cookie: a=b",
	"deep":       nest(200),
}

func nest(depth int) any {
	var v any = marker
	for range depth {
		v = []any{v}
	}
	return v
}

// fields lists the paths of a body's fields, as the OpenAPI document has them.
func fields(doc map[string]any, schema map[string]any, at []string) [][]string {
	if ref, ok := schema["$ref"].(string); ok {
		name := strings.TrimPrefix(ref, "#/components/schemas/")
		return fields(doc, table(table(table(doc["components"])["schemas"])[name]), at)
	}
	if len(at) > 2 {
		return nil
	}
	var out [][]string
	for name, p := range table(schema["properties"]) {
		path := append(slices.Clone(at), name)
		out = append(append(out, path), fields(doc, table(p), path)...)
		if items := table(table(p)["items"]); items != nil {
			path := append(slices.Clone(path), "[]")
			out = append(append(out, path), fields(doc, items, path)...)
		}
	}
	return out
}

// bent is a body with one field replaced; what leads to the field is made where it is missing.
func bent(body any, path []string, v any) any {
	if len(path) == 0 {
		return v
	}
	if path[0] == "[]" {
		list, _ := body.([]any)
		var first any
		if len(list) > 0 {
			first = list[0]
		}
		return []any{bent(first, path[1:], v)}
	}
	m := map[string]any{}
	for k, old := range table(body) {
		m[k] = old
	}
	m[path[0]] = bent(m[path[0]], path[1:], v)
	return m
}

// ownText are fields whose text is somebody's own: secrets, files, and what browsers answer. Everywhere else control characters
// are refused.
var ownText = []string{"password", "passphrase", "toml", "content", "log", "credential", "secret", "csr", "carrier.roots"}

// Every field of every route, with everything it does not expect: an answer that is no fault, repeats nothing, and changes
// nothing when it refuses.
func TestEveryFieldIsHostile(t *testing.T) {
	raw, err := newStage().console().OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, r := range Routes() {
		op := table(table(table(doc["paths"])[r.Path])[strings.ToLower(r.Method)])
		schema := table(table(table(table(op["requestBody"])["content"])["application/json"])["schema"])
		var body any
		if err := json.Unmarshal([]byte(example[r.ID]), &body); schema == nil || err != nil {
			continue
		}
		s := newStage()
		h := s.console().Handler()
		for _, path := range fields(doc, schema, nil) {
			if slices.Contains(forms, r.Scope) { // wrong ones make the next wait
				s = newStage()
				h = s.console().Handler()
			}
			for name, v := range hostile {
				sent, _ := json.Marshal(bent(body, path, v))
				s.suffers(t, h, attempted{r, strings.Join(path, "."), name, string(sent)})
				tried++
			}
		}
	}
	if tried < 3000 {
		t.Errorf("only %d attempts: the document was not understood", tried)
	}
}

type attempted struct {
	route       Route
	field, name string
	body        string
}

func (s *stage) suffers(t *testing.T, h http.Handler, a attempted) {
	t.Helper()
	req := a.route.request()
	again := httptest.NewRequest(req.Method, req.URL.String(), strings.NewReader(a.body))
	again.Header.Set("Content-Type", "application/json")
	again.Header.Set("If-Match", "*")
	again.RemoteAddr = fmt.Sprintf("192.0.2.%d:99", len(s.changes)%250)
	before := len(s.changes)
	w := asks(t, h, again, s.opener(a.route))
	at := fmt.Sprintf("%s, %s: %s: %d", a.route.ID, a.field, a.name, w.Code)
	switch {
	case w.Code >= 500:
		t.Errorf("%s %s", at, w.Body)
	case w.Code >= 400 && strings.Contains(w.Body.String(), marker):
		t.Errorf("%s repeats what it was sent: %.200s", at, w.Body)
	case w.Code >= 400 && len(s.changes) != before:
		t.Errorf("%s changed something", at)
	case w.Code < 300 && a.name == "megabyte" && !slices.Contains([]string{"toml", "content", "log"}, a.field):
		t.Errorf("%s: a megabyte was taken", at)
	case w.Code < 300 && (a.name == "control" || a.name == "lines") && !slices.ContainsFunc(ownText, func(f string) bool { return strings.Contains(a.field, f) }):
		t.Errorf("%s: control characters were taken", at)
	}
	for _, c := range w.Header() {
		if strings.Contains(strings.Join(c, ""), marker) {
			t.Errorf("%s: in a header", at)
		}
	}
}

// Every parameter in path and query too.
func TestEveryParameterIsHostile(t *testing.T) {
	s := newStage()
	h := s.console().Handler()
	for _, r := range Routes() {
		for _, text := range []string{"%00" + marker, "..%2f..%2f" + marker, strings.Repeat("9", 5000), "%E2%80%AE" + marker, marker + "%0d%0aX-A:b", "-1", "%FF"} {
			for _, target := range r.bentTargets(text) {
				body := example[r.ID]
				req := httptest.NewRequest(r.Method, "/", strings.NewReader(body))
				u, err := url.Parse(target)
				if err != nil {
					continue
				}
				req.URL, req.RequestURI = u, target
				req.Header.Set("If-Match", "*")
				req.Header.Set("Content-Type", "application/json")
				w := asks(t, h, req, s.opener(r))
				if w.Code >= 500 || w.Code >= 400 && strings.Contains(w.Body.String(), marker) {
					t.Errorf("%s %s: %d %.200s", r.Method, target, w.Code, w.Body)
				}
			}
		}
	}
}

// bentTargets are the route's path with the text where an id stands, and behind each word of a query.
func (r Route) bentTargets(text string) []string {
	plain := r.request().URL
	var out []string
	if strings.Contains(r.Path, "{") {
		out = append(out, inPath.ReplaceAllString(r.Path, text))
	}
	for _, name := range []string{"clinic", "schedule", "cursor", "limit", "from", "reason", "person", "state", "action", "known_at", marker} {
		out = append(out, plain.Path+"?"+name+"="+text)
	}
	return out
}
