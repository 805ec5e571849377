package console

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// stageUnsealing opens by one word.
type stageUnsealing struct {
	*stage
	tries int
}

func (k *stageUnsealing) Unseal(_ context.Context, o Opening) error {
	k.tries++
	switch {
	case k.state != Sealed:
		return ErrConflict
	case o.Kind != OpenByPassphrase:
		return Mistakes{{Field: "body.kind", Text: "none"}}
	case o.Passphrase != "five invented words":
		return fmt.Errorf("%w: wrong passphrase", ErrWrongKey)
	}
	k.state = Ready
	return nil
}

func sealedHouse() (*stageUnsealing, http.Handler, http.Handler) {
	s := newStage()
	s.state = Sealed
	keys := &stageUnsealing{stage: s}
	ports := s.ports()
	ports.Unsealing = keys
	c := New(Config{Ports: ports, Now: s.now})
	return keys, c.whileSealed(c.Handler()), c.unsealing(c.whileSealed(c.fromPeer()))
}

func asked(h http.Handler, method, path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.RemoteAddr = "uid:0"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestASealedHouseShowsNothing(t *testing.T) {
	_, outside, inside := sealedHouse()
	for _, h := range []http.Handler{outside, inside} {
		for _, route := range Routes() {
			path := strings.NewReplacer("{", "", "}", "").Replace(route.Path)
			if w := asked(h, route.Method, path, ""); w.Code != 503 || !strings.Contains(w.Body.String(), "nightbell:sealed") {
				t.Errorf("%s %s: %d %s", route.Method, path, w.Code, w.Body)
			}
		}
		for path, code := range map[string]int{"/healthz": 200, "/readyz": 503, "/api/openapi.json": 503, "/feeds/x.ics": 503} {
			if w := asked(h, "GET", path, ""); w.Code != code {
				t.Errorf("%s: %d, want %d", path, w.Code, code)
			}
		}
		if w := asked(h, "GET", "/api/v1/calls", ""); w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Retry-After") == "" {
			t.Errorf("headers %v", w.Header())
		}
	}
}

func TestUnsealingIsForTheControlSocketAlone(t *testing.T) {
	keys, outside, inside := sealedHouse()
	right := `{"kind":"passphrase","passphrase":"five invented words"}`
	if w := asked(outside, "POST", "/api/v1/unseal", right); w.Code != 503 || keys.tries != 0 {
		t.Errorf("over HTTPS: %d, %d tries", w.Code, keys.tries)
	}
	for body, code := range map[string]int{"": 400, "{": 400, `{"kind":"x","more":1}`: 400, `{"kind":"x"}`: 422} {
		if w := asked(inside, "POST", "/api/v1/unseal", body); w.Code != code {
			t.Errorf("%q: %d, want %d", body, w.Code, code)
		}
	}
	if w := asked(inside, "GET", "/api/v1/unseal", ""); w.Code != 405 {
		t.Errorf("GET: %d", w.Code)
	}
	if w := asked(inside, "POST", "/api/v1/unseal", right); w.Code != 200 || !strings.Contains(w.Body.String(), "open") {
		t.Errorf("the right key: %d %s", w.Code, w.Body)
	}
	if w := asked(inside, "POST", "/api/v1/unseal", right); w.Code != 409 {
		t.Errorf("a second time: %d", w.Code)
	}
	if w := asked(outside, "POST", "/api/v1/unseal", right); w.Code != 404 {
		t.Errorf("over HTTPS, open: %d", w.Code)
	}
}

func TestWrongKeysHaveToWait(t *testing.T) {
	keys, _, inside := sealedHouse()
	wrong := `{"kind":"passphrase","passphrase":"guess"}`
	for n := range 5 {
		if w := asked(inside, "POST", "/api/v1/unseal", wrong); w.Code != 403 {
			t.Fatalf("try %d: %d", n, w.Code)
		}
	}
	w := asked(inside, "POST", "/api/v1/unseal", `{"kind":"passphrase","passphrase":"five invented words"}`)
	if w.Code != 429 || w.Header().Get("Retry-After") == "" || keys.tries != 5 {
		t.Errorf("the sixth at once: %d, %d tries", w.Code, keys.tries)
	}
	keys.later(time.Minute)
	if w := asked(inside, "POST", "/api/v1/unseal", `{"kind":"passphrase","passphrase":"five invented words"}`); w.Code != 200 {
		t.Errorf("after a minute: %d", w.Code)
	}
}
