package console

import (
	"net/http"
	"strings"
	"testing"
)

// Who has a grant for one clinic hears its prompts and the house's, and changes its own alone.
func TestPromptsOfOthersDoNotExist(t *testing.T) {
	s := newStage()
	h, secret := s.console().Handler(), s.token("harbor", RulesRead, ClinicsWrite)
	for _, c := range []struct {
		method, path string
		want         int
	}{
		{http.MethodGet, "/api/v1/prompts/c1/audio", 200},
		{http.MethodGet, "/api/v1/prompts/p-house/audio", 200},
		{http.MethodGet, "/api/v1/prompts/p-oak/audio", 404},
		{http.MethodDelete, "/api/v1/prompts/c1", 204},
		{http.MethodDelete, "/api/v1/prompts/p-oak", 404},
		{http.MethodDelete, "/api/v1/prompts/p-house", 404},
		{http.MethodPost, "/api/v1/prompts/p-oak/restore", 404},
		{http.MethodPost, "/api/v1/prompts/greeting?clinic=harbor", 200},
		{http.MethodPost, "/api/v1/prompts/greeting?clinic=oak", 404},
		{http.MethodPost, "/api/v1/prompts/greeting", 404},
		{http.MethodGet, "/api/v1/prompts", 200},
		{http.MethodGet, "/api/v1/prompts?clinic=oak", 404},
		{http.MethodGet, "/api/v1/clinics/harbor/calls", 200},
		{http.MethodGet, "/api/v1/clinics/oak/calls", 404},
	} {
		var body *strings.Reader = strings.NewReader("")
		if c.method == http.MethodPost {
			body = strings.NewReader("a sound")
		}
		req, err := http.NewRequest(c.method, c.path, body)
		if err != nil {
			t.Fatal(err)
		}
		if c.method == http.MethodPost {
			req.Header.Set("Content-Type", "application/octet-stream")
		}
		if w := asks(t, h, req, secret); w.Code != c.want {
			t.Errorf("%s %s: %d, want %d", c.method, c.path, w.Code, c.want)
		}
	}
}

// A sound file is larger than any book; nothing else may be.
func TestOnlyASoundMayBeLarge(t *testing.T) {
	s := newStage()
	h, secret := s.console().Handler(), s.token("", ClinicsWrite)
	for path, want := range map[string]int{
		"/api/v1/prompts/greeting":       200,
		"/api/v1/prompts/greeting/speak": 413,
	} {
		req, err := http.NewRequest(http.MethodPost, path, strings.NewReader(strings.Repeat("x", maxBody+1)))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/octet-stream")
		if w := asks(t, h, req, secret); w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
	}
}

func TestACardHoldsNoTelephoneNumber(t *testing.T) {
	s := newStage()
	for body, want := range map[string]int{
		`{"card":"Ask for the date of birth first."}`:   200,
		`{"card":"Mrs Smith rings from 212-555-0123."}`: 422,
	} {
		req, err := http.NewRequest(http.MethodPut, "/api/v1/clinics/harbor/calls", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("If-Match", `"t2"`)
		req.Header.Set("Content-Type", "application/json")
		if w := asks(t, s.console().Handler(), req, s.token("", ClinicsWrite)); w.Code != want {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
}
