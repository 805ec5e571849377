package report

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestEveryEvidenceHasItsFile(t *testing.T) {
	files := map[string]bool{}
	for _, p := range Pieces() {
		if files[p.File] || p.What == "" || (p.Method == "") != (p.Path == "") {
			t.Errorf("%+v", p)
		}
		files[p.File] = true
	}
	for _, c := range Controls() {
		for _, command := range c.Evidence {
			if fileOf(command) == "" {
				t.Errorf("%s: nothing gathers %q", c.Clause, command)
			}
		}
	}
}

// What could not be had stands in the index with its reason, at every control that it belongs to.
func TestIndexNamesWhatIsMissing(t *testing.T) {
	text := Index(map[string]string{"keys.json": "not allowed"})
	for _, line := range strings.Split(text, "\n") {
		if strings.Contains(line, "keys.json") && !strings.Contains(line, "`keys.json`: not allowed") {
			t.Errorf("%q", line)
		}
	}
	for _, c := range Controls() {
		if !strings.Contains(text, "| "+c.Clause+" "+c.Title+" |") {
			t.Errorf("the index does not know %s", c.Clause)
		}
	}
}

func TestWhatPeopleTypedIsWithheld(t *testing.T) {
	var v any
	in := `{"items":[{"id":"a","reason":"Mrs. Canary, 12 Elm","by":"amy","decisions":[{"reason":"x"}],"empty":"","reason2":null}],
		"detail":"dialled +12125550142 twice","note":"a+b/12","label":"Canary's phone","n":3,"uri":"sip:2125550142@x","aor":"sip:amy@x"}`
	if err := json.Unmarshal([]byte(in), &v); err != nil {
		t.Fatal(err)
	}
	out, n := Withhold(v)
	b, _ := json.Marshal(out)
	text := string(b)
	if n != 5 || strings.Contains(text, "Canary") || strings.Contains(text, "555") || !strings.Contains(text, `"by":"amy"`) || !strings.Contains(text, "sip:amy@x") {
		t.Errorf("%d %s", n, text)
	}
}
