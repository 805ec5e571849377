package console

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var write = flag.String("document", "", "also write the OpenAPI document to this file")

// The structure that OpenAPI 3.1.0 §4.8 asks for, walked by hand over the whole document. `scripts/openapi.sh` runs a
// public validator over the same file.
func TestDocumentHoldsToTheStandard(t *testing.T) {
	raw, err := newStage().console().OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	if *write != "" {
		if err := os.WriteFile(*write, raw, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var doc map[string]any
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	d := document{t: t, root: doc, ids: map[string]string{}}
	for key := range doc {
		d.oneOf("document", key, "openapi", "info", "paths", "components", "servers", "security", "tags", "externalDocs", "jsonSchemaDialect", "webhooks")
	}
	for path, item := range table(doc["paths"]) {
		d.path(path, table(item))
	}
	components := table(doc["components"])
	for key := range components {
		d.oneOf("components", key, "schemas", "securitySchemes", "parameters", "responses", "headers", "requestBodies", "examples", "links", "callbacks", "pathItems")
	}
	for name, s := range table(components["schemas"]) {
		if !regexp.MustCompile(`^[a-zA-Z0-9._-]+$`).MatchString(name) {
			t.Errorf("schema name %q", name)
		}
		d.schema("schemas."+name, s)
	}
	if len(d.ids) != len(Routes()) {
		t.Errorf("%d operations, %d routes", len(d.ids), len(Routes()))
	}
}

type document struct {
	t    *testing.T
	root map[string]any
	ids  map[string]string
}

func table(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

func (d *document) oneOf(at, key string, allowed ...string) {
	if !slices.Contains(allowed, key) && !strings.HasPrefix(key, "x-") {
		d.t.Errorf("%s: %q is not in the standard", at, key)
	}
}

var inPath = regexp.MustCompile(`\{([^}]+)\}`)

func (d *document) path(path string, item map[string]any) {
	if !strings.HasPrefix(path, "/") {
		d.t.Errorf("path %q", path)
	}
	for method, v := range item {
		d.oneOf(path, method, "get", "put", "post", "delete", "patch", "head", "options", "trace", "parameters", "summary", "description", "servers")
		d.operation(path, method, table(v))
	}
}

func (d *document) operation(path, method string, op map[string]any) {
	at := method + " " + path
	for key := range op {
		d.oneOf(at, key, "tags", "summary", "description", "externalDocs", "operationId", "parameters", "requestBody", "responses", "callbacks",
			"deprecated", "security", "servers")
	}
	id, _ := op["operationId"].(string)
	if other, twice := d.ids[id]; twice || id == "" {
		d.t.Errorf("%s: operation id %q, also %s", at, id, other)
	}
	d.ids[id] = at
	d.parameters(at, path, op["parameters"])
	if body := table(op["requestBody"]); body != nil {
		d.content(at+" body", body["content"])
	}
	responses := table(op["responses"])
	if len(responses) == 0 {
		d.t.Errorf("%s: no response", at)
	}
	for status, r := range responses {
		if !regexp.MustCompile(`^([1-5]\d\d|[1-5]XX|default)$`).MatchString(status) {
			d.t.Errorf("%s: status %q", at, status)
		}
		if text, _ := table(r)["description"].(string); text == "" {
			d.t.Errorf("%s: response %s has no description", at, status)
		}
		if c, ok := table(r)["content"]; ok {
			d.content(at+" "+status, c)
		}
	}
	schemes := table(table(d.root["components"])["securitySchemes"])
	for _, s := range list0(op["security"]) {
		for name := range table(s) {
			if schemes[name] == nil {
				d.t.Errorf("%s: security scheme %q does not exist", at, name)
			}
		}
	}
}

func list0(v any) []any {
	l, _ := v.([]any)
	return l
}

// parameters: named once, path ones required and in the path, every one with a schema.
func (d *document) parameters(at, path string, v any) {
	seen := map[string]bool{}
	for _, raw := range list0(v) {
		p := table(raw)
		name, in := fmt.Sprint(p["name"]), fmt.Sprint(p["in"])
		if seen[in+name] || !slices.Contains([]string{"path", "query", "header", "cookie"}, in) || p["schema"] == nil {
			d.t.Errorf("%s: parameter %s in %s", at, name, in)
		}
		seen[in+name] = true
		if in == "path" && (p["required"] != true || !strings.Contains(path, "{"+name+"}")) {
			d.t.Errorf("%s: path parameter %s", at, name)
		}
		d.schema(at+" "+name, p["schema"])
	}
	for _, m := range inPath.FindAllStringSubmatch(path, -1) {
		if !seen["path"+m[1]] {
			d.t.Errorf("%s: %s is not described", at, m[1])
		}
	}
}

func (d *document) content(at string, v any) {
	if len(table(v)) == 0 {
		d.t.Errorf("%s: no content", at)
	}
	for kind, media := range table(v) {
		if !strings.Contains(kind, "/") {
			d.t.Errorf("%s: media type %q", at, kind)
		}
		d.schema(at, table(media)["schema"])
	}
}

// schema walks JSON Schema 2020-12 as far as it is used here.
func (d *document) schema(at string, v any) {
	s := table(v)
	if ref, ok := s["$ref"].(string); ok {
		name, local := strings.CutPrefix(ref, "#/components/schemas/")
		if !local || table(table(d.root["components"])["schemas"])[name] == nil {
			d.t.Errorf("%s: %s leads nowhere", at, ref)
		}
		return
	}
	types := list0(s["type"])
	if one, ok := s["type"].(string); ok {
		types = []any{one}
	}
	for _, kind := range types {
		if !slices.Contains([]any{"null", "boolean", "object", "array", "number", "string", "integer"}, kind) {
			d.t.Errorf("%s: type %v", at, kind)
		}
	}
	properties := table(s["properties"])
	for name, p := range properties {
		if name != strings.ToLower(name) && !strings.Contains(name, "SHA") {
			d.t.Errorf("%s.%s is not in snake case", at, name)
		}
		d.schema(at+"."+name, p)
	}
	for _, name := range list0(s["required"]) {
		if properties[fmt.Sprint(name)] == nil {
			d.t.Errorf("%s: %v is required and does not exist", at, name)
		}
	}
	if items, ok := s["items"]; ok {
		d.schema(at+"[]", items)
	}
	if more := table(s["additionalProperties"]); more != nil {
		d.schema(at+"{}", more)
	}
	if p, ok := s["pattern"].(string); ok {
		if _, err := regexp.Compile(p); err != nil {
			d.t.Errorf("%s: pattern %s", at, p)
		}
	}
}
