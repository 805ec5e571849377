package phi

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

const canary = "+12125550199"

// holder is what other rooms write: PHI in exported and unexported fields, nested, in maps and behind pointers.
type holder struct {
	Caller Phone
	who    Name
	deep   struct{ note Text }
	set    map[Phone]Name
	ptr    *Phone
}

func TestNoVerbShowsTheValue(t *testing.T) {
	p := NewPhone(canary)
	h := holder{Caller: p, who: NewName(canary), set: map[Phone]Name{p: NewName(canary)}, ptr: &p}
	h.deep.note = NewText(canary)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%p", "%T", "%10s", "%U"} {
		for _, v := range []any{p, &p, h, &h, []Phone{p}, h.set, errors.Join(fmt.Errorf("call %v", p)), NewName(canary), NewText(canary)} {
			shown(t, verb, fmt.Sprintf(verb, v))
		}
	}
	var log bytes.Buffer
	l := slog.New(slog.NewJSONHandler(&log, nil))
	l.Info("call", "from", p, "holder", h, "any", slog.AnyValue(h))
	slog.New(slog.NewTextHandler(&log, nil)).Info("call", "from", p, "holder", h)
	shown(t, "slog", log.String())
}

func TestNoEncodingCarriesTheValue(t *testing.T) {
	p := NewPhone(canary)
	j, err := json.Marshal(holder{Caller: p, who: NewName(canary)})
	if err != nil {
		t.Fatal(err)
	}
	shown(t, "json", string(j))
	if !strings.Contains(string(j), "[phi:phone]") {
		t.Errorf("json = %s, want the redaction mark", j)
	}
	x, err := xml.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	shown(t, "xml", string(x))
	var g bytes.Buffer
	_ = gob.NewEncoder(&g).Encode(holder{Caller: p})
	shown(t, "gob", g.String())
}

func TestRevealAndEquality(t *testing.T) {
	if got := NewPhone(canary).Reveal(); got != canary {
		t.Errorf("Reveal = %q, want what went in", got)
	}
	if NewPhone(canary) != NewPhone(strings.Clone(canary)) {
		t.Error("equal numbers compare unequal")
	}
	if NewName("a") == NewName("b") {
		t.Error("different names compare equal")
	}
	var zero Phone
	if !zero.IsZero() || !NewPhone("").IsZero() || zero.Reveal() != "" || NewText("x").IsZero() {
		t.Error("the zero value is not the empty value")
	}
}

func shown(t *testing.T, how, s string) {
	t.Helper()
	for _, form := range []string{canary, canary[1:], fmt.Sprintf("%x", canary), fmt.Sprintf("%X", canary)} {
		if strings.Contains(s, form) {
			t.Errorf("%s shows the value: %s", how, s)
		}
	}
}
