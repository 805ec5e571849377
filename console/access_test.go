package console

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"nightbell/access"
	"nightbell/audit"
)

func get(path string) *http.Request { return httptest.NewRequest(http.MethodGet, path, nil) }

func post(path, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	return r
}

func TestCallersAreRedactedUntilAReasonIsGiven(t *testing.T) {
	s := newStage()
	h, secret := s.console().Handler(), s.everything()
	for _, req := range []*http.Request{get("/api/v1/calls"), get("/api/v1/calls/c1"), get("/api/v1/calls/c1/why"), post("/api/v1/calls/search", `{"number":"`+canary+`"}`)} {
		w := asks(t, h, req, secret)
		if w.Code != http.StatusOK || strings.Contains(w.Body.String(), canary) {
			t.Errorf("%s: %d %s", req.URL, w.Code, w.Body)
		}
	}
	for _, body := range []string{``, `{}`, `{"reason":""}`, `{"reason":"x"}`} {
		w := asks(t, h, post("/api/v1/calls/c1/reveal", body), secret)
		if problemOf(t, w); w.Code < 400 || w.Code >= 500 {
			t.Errorf("reveal without a reason (%s): %d", body, w.Code)
		}
	}
	w := asks(t, h, post("/api/v1/calls/c1/reveal", `{"reason":"call back"}`), secret)
	if !strings.Contains(w.Body.String(), canary) {
		t.Errorf("revealed call: %d %s", w.Code, w.Body)
	}
	events := s.remembered(audit.Revealed)
	if len(events) != 1 || events[0].Reason != "call back" || events[0].Object != "call:c1" || events[0].Clinic != "harbor" {
		t.Errorf("events %+v", events)
	}
}

// The audit keeps reasons in clear: a number has no place in one, however it is written.
func TestReasonHoldsNoNumber(t *testing.T) {
	s := newStage()
	h, secret := s.console().Handler(), s.everything()
	for _, reason := range []string{"patient +12125550199 asked", "call (212) 555-0199 back", "212.555.0199"} {
		for _, path := range []string{"/api/v1/calls/c1/reveal", "/api/v1/calls/reveal", "/api/v1/recordings/r1/export", "/api/v1/book/reveal"} {
			w := asks(t, h, post(path, `{"reason":"`+reason+`"}`), secret)
			p := problemOf(t, w)
			if p.Status != http.StatusUnprocessableEntity || len(p.Errors) == 0 || p.Errors[0].Field != "body.reason" || strings.Contains(w.Body.String(), "0199") {
				t.Errorf("%s: %+v", path, p)
			}
		}
	}
	if w := asks(t, h, post("/api/v1/calls/c1/reveal", `{"reason":"request 114 of 2026-11-23"}`), secret); w.Code != http.StatusOK {
		t.Errorf("a date: %d %s", w.Code, w.Body)
	}
	if len(s.events) != 1 {
		t.Errorf("remembered %d", len(s.events))
	}
}

func TestRefusedKeyIsRememberedAsRefused(t *testing.T) {
	s := newStage()
	s.noKeys = true
	w := asks(t, s.console().Handler(), post("/api/v1/recordings/r1/key", `{"reason":"verification"}`), s.as(access.Supervisor))
	if p := problemOf(t, w); p.Status != http.StatusForbidden {
		t.Errorf("%+v", p)
	}
	if e := s.remembered(audit.RecordingKeyGiven); len(e) != 1 || e[0].Outcome != audit.Refused {
		t.Errorf("%+v", e)
	}
}

func TestTokenOfAClinicSeesItsOwnAlone(t *testing.T) {
	s := newStage()
	h := s.console().Handler()
	own, other := s.token("harbor", Scopes()...), s.token("bay", Scopes()...)
	for _, path := range []string{"/api/v1/calls/c1", "/api/v1/calls/c1/why", "/api/v1/recordings/r1", "/api/v1/schedules/c1", "/api/v1/clinics/harbor"} {
		if w := asks(t, h, get(path), own); w.Code != http.StatusOK {
			t.Errorf("%s by its own clinic: %d", path, w.Code)
		}
		if w := asks(t, h, get(path), other); w.Code != http.StatusNotFound {
			t.Errorf("%s by another clinic: %d", path, w.Code)
		}
	}
	if w := asks(t, h, get("/api/v1/calls"), other); strings.Contains(w.Body.String(), "c1") {
		t.Errorf("list of another clinic: %s", w.Body)
	}
}

func TestSupervisorOfAClinicSeesItsOwnAlone(t *testing.T) {
	s := newStage()
	h := s.console().Handler()
	own, other := s.in(access.Supervisor, "harbor"), s.in(access.Supervisor, "bay")
	for _, path := range []string{"/api/v1/calls/c1", "/api/v1/calls/c1/why", "/api/v1/recordings/r1", "/api/v1/recordings/r1/audio?reason=quality"} {
		if w := asks(t, h, get(path), own); w.Code != http.StatusOK {
			t.Errorf("%s by its own clinic: %d", path, w.Code)
		}
		if w := asks(t, h, get(path), other); w.Code != http.StatusNotFound || bytesShown(w.Body.String()) {
			t.Errorf("%s by another clinic: %d", path, w.Code)
		}
	}
	for _, path := range []string{"/api/v1/calls?clinic=harbor", "/api/v1/recordings?clinic=harbor", "/api/v1/oncall?clinic=harbor"} {
		if w := asks(t, h, get(path), other); w.Code != http.StatusNotFound {
			t.Errorf("%s by another clinic: %d", path, w.Code)
		}
	}
	if w := asks(t, h, get("/api/v1/calls"), other); strings.Contains(w.Body.String(), "c1") {
		t.Errorf("list of another clinic: %s", w.Body)
	}
	if w := asks(t, h, post("/api/v1/plan", `{"number":"+12125550100"}`), other); w.Code != http.StatusNotFound {
		t.Errorf("plan of another clinic: %d", w.Code)
	}
}

// A problem names the field and never says the value: what was refused may be a patient's number.
func TestProblemsNameTheFieldAndNeverTheValue(t *testing.T) {
	s := newStage()
	h, secret := s.console().Handler(), s.everything()
	cases := []struct {
		req   *http.Request
		field string
	}{
		{post("/api/v1/plan", `{"number":["`+canary+`"]}`), "body.number"},
		{post("/api/v1/plan", `{"number":"+12125550100","at":"`+canary+`"}`), "body.at"},
		{post("/api/v1/plan", `{"number":"+12125550100","caller":"`+canary+`"}`), "body.caller"},
		{post("/api/v1/plan", `{"number":"`+strings.Repeat(canary, 9)+`"}`), "body.number"},
		{post("/api/v1/calls/search", `{"number":"`+canary+`","limit":9999}`), "body.limit"},
		{get("/api/v1/calls?limit=%2B12125550199"), "query.limit"},
		{get("/api/v1/calls?from=%2B12125550199"), "query.from"},
		{get("/api/v1/calls?number=%2B12125550199"), "query.number"},
		{get("/api/v1/calls/%2B12125550199"), "path.id"},
		{post("/api/v1/plan", `{"number": `+canary), ""},
		{post("/api/v1/plan", canary), ""},
		{post("/api/v1/tokens", `{"name":"n","scopes":["`+canary+`"]}`), "body.scopes"},
	}
	for _, c := range cases {
		w := asks(t, h, c.req, secret)
		p := problemOf(t, w)
		if strings.Contains(w.Body.String(), "5550199") {
			t.Errorf("%s: the value came back: %s", c.req.URL.Path, w.Body)
		}
		if w.Code < 400 || w.Code >= 500 || p.Request == "" && c.field == "never" {
			t.Errorf("%s: %d", c.req.URL.Path, w.Code)
		}
		if c.field != "" && (len(p.Errors) == 0 || p.Errors[0].Field != c.field || p.Errors[0].Text == "") {
			t.Errorf("%s: want field %s, got %+v", c.req.URL.Path, c.field, p.Errors)
		}
	}
}

func TestMistakesOfABookKeepTheirPlace(t *testing.T) {
	s := newStage()
	w := asks(t, s.console().Handler(), post("/api/v1/book/check", `{"name":"b.toml","toml":"wrong"}`), s.token("", BookWrite))
	p := problemOf(t, w)
	if p.Status != http.StatusUnprocessableEntity || len(p.Errors) != 1 || p.Errors[0].Line != 3 || p.Errors[0].File != "b.toml" {
		t.Errorf("%+v", p)
	}
	w = asks(t, s.console().Handler(), post("/api/v1/book/apply", `{"name":"b.toml","toml":"x","expect":"old"}`), s.token("", BookWrite))
	if p := problemOf(t, w); p.Status != http.StatusConflict || len(s.changes) != 0 {
		t.Errorf("%+v", p)
	}
}

func TestTokenGivesNoMoreThanItsMaker(t *testing.T) {
	s := newStage()
	h := s.console().Handler()
	w := asks(t, h, post("/api/v1/tokens", `{"name":"n","scopes":["recordings:play"]}`), s.token("", TokensWrite))
	if problemOf(t, w).Status != http.StatusForbidden {
		t.Errorf("%d", w.Code)
	}
	w = asks(t, h, post("/api/v1/tokens", `{"name":"n","scopes":["recordings:play"],"expires":"2036-01-01T00:00:00Z"}`), s.everything())
	if problemOf(t, w).Status != http.StatusUnprocessableEntity {
		t.Errorf("%d", w.Code)
	}
}

func TestMD5ExceptionEndsWithin90Days(t *testing.T) {
	s := newStage()
	h, secret := s.console().Handler(), s.token("", DevicesWrite)
	for until, want := range map[string]int{"2026-12-01T00:00:00Z": 200, "2027-06-01T00:00:00Z": 422, "2026-01-01T00:00:00Z": 422} {
		if w := asks(t, h, post("/api/v1/devices", `{"person":"amy","md5_until":"`+until+`"}`), secret); w.Code != want {
			t.Errorf("%s: %d", until, w.Code)
		}
	}
	if w := asks(t, h, post("/api/v1/devices", `{"person":"amy","count":2,"secret":"01234567890123456789"}`), secret); w.Code != 422 {
		t.Errorf("two devices with one secret: %d", w.Code)
	}
}

// Four wrong tokens are free; the fifth makes the address wait, a right one too; time heals it.
func TestGuessingAddressHasToWait(t *testing.T) {
	s := newStage()
	h, right := s.console().Handler(), s.token("", LiveRead)
	for n := range freeGuesses {
		if w := asks(t, h, get("/api/v1/live"), "nbt_wrong"); w.Code != http.StatusUnauthorized {
			t.Fatalf("guess %d: %d", n, w.Code)
		}
	}
	asks(t, h, get("/api/v1/live"), "nbt_wrong")
	w := asks(t, h, get("/api/v1/live"), right)
	if problemOf(t, w).Status != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" {
		t.Errorf("sixth: %d", w.Code)
	}
	other := get("/api/v1/live")
	other.RemoteAddr = "192.0.2.77:1234"
	if w := asks(t, h, other, right); w.Code != http.StatusOK {
		t.Errorf("another address: %d", w.Code)
	}
	s.later(2 * time.Second)
	if w := asks(t, h, get("/api/v1/live"), right); w.Code != http.StatusOK {
		t.Errorf("later: %d", w.Code)
	}
}

// A flood of refusals is one row a minute and source.
func TestRefusalsAreRememberedOncePerMinute(t *testing.T) {
	s := newStage()
	h := s.console().Handler()
	for range 50 {
		asks(t, h, get("/api/v1/calls"), "")
	}
	s.later(refusalWindow)
	asks(t, h, get("/api/v1/calls"), "")
	events := s.remembered(audit.LoginRefused)
	if len(events) != 2 || events[0].Outcome != audit.Refused || events[0].Actor.Type == "" {
		t.Errorf("%d rows: %+v", len(events), events)
	}
}

func TestPanicSaysNothing(t *testing.T) {
	s := newStage()
	s.panics = true
	w := asks(t, s.console().Handler(), get("/api/v1/calls"), s.token("", CallsRead))
	if p := problemOf(t, w); p.Status != http.StatusInternalServerError || strings.Contains(w.Body.String(), "5550199") {
		t.Errorf("%s", w.Body)
	}
}

func TestUnknownFaultSaysNothing(t *testing.T) {
	p := asProblem(errors.New("row of " + canary))
	if p.Status != http.StatusInternalServerError || strings.Contains(p.Detail, canary) {
		t.Errorf("%+v", p)
	}
	if asProblem(errors.Join(errors.New("x"), ErrSealed)).Type != "nightbell:sealed" {
		t.Error("sealed is not said")
	}
}

func TestEveryAnswerIsGuarded(t *testing.T) {
	s := newStage()
	for _, w := range []*httptest.ResponseRecorder{
		asks(t, s.console().Handler(), get("/api/v1/live"), s.token("", LiveRead)),
		asks(t, s.console().Handler(), get("/api/v1/live"), ""),
		asks(t, s.console().Handler(), get("/nothing"), ""),
		asks(t, s.console().Handler(), get("/healthz"), ""),
	} {
		for name, want := range map[string]string{"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY"} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: %q", name, got)
			}
		}
		if !strings.Contains(w.Header().Get("Content-Security-Policy"), "default-src 'none'") {
			t.Error("no content security policy")
		}
	}
}

func TestBodyHasALimit(t *testing.T) {
	s := newStage()
	w := asks(t, s.console().Handler(), post("/api/v1/book/check", `{"name":"b","toml":"`+strings.Repeat("x", maxBody)+`"}`), s.token("", BookWrite))
	if problemOf(t, w).Status != http.StatusRequestEntityTooLarge {
		t.Errorf("%d", w.Code)
	}
}

func TestProbesNeedNobody(t *testing.T) {
	s := newStage()
	h := s.console().Handler()
	for state, want := range map[State]int{Ready: 200, Sealed: 503, Draining: 503, Stopped: 503} {
		s.state = state
		if w := asks(t, h, get("/readyz"), ""); w.Code != want || !strings.Contains(w.Body.String(), string(state)) {
			t.Errorf("%s: %d %s", state, w.Code, w.Body)
		}
		if w := asks(t, h, get("/healthz"), ""); w.Code != 200 {
			t.Errorf("alive while %s: %d", state, w.Code)
		}
	}
	if w := asks(t, h, get("/api/openapi.json"), ""); w.Code != 200 {
		t.Errorf("document: %d", w.Code)
	}
}

func TestMetricsForThisMachineOrTheScope(t *testing.T) {
	s := newStage()
	h := s.console().Handler()
	local := get("/metrics")
	local.RemoteAddr = "127.0.0.1:9999"
	if w := asks(t, h, local, ""); w.Code != 200 || !strings.Contains(w.Body.String(), "nightbell_test_total") {
		t.Errorf("local: %d", w.Code)
	}
	if w := asks(t, h, get("/metrics"), ""); w.Code != 401 {
		t.Errorf("from elsewhere: %d", w.Code)
	}
	if w := asks(t, h, get("/metrics"), s.token("", LiveRead)); w.Code != 403 {
		t.Errorf("other scope: %d", w.Code)
	}
	if w := asks(t, h, get("/metrics"), s.token("", MetricsRead)); w.Code != 200 {
		t.Errorf("scope: %d", w.Code)
	}
}

// Whatever bytes arrive at whatever route: an answer, never a fault.
func FuzzBodies(f *testing.F) {
	for i, r := range Routes() {
		f.Add(i, example[r.ID])
	}
	f.Add(7, `{"number":null,"at":{}}`)
	f.Fuzz(func(t *testing.T, n int, body string) {
		s := newStage()
		r := Routes()[uint(n)%uint(len(Routes()))]
		req := r.request()
		req.Body = http.NoBody
		if r.Method != http.MethodGet {
			again := httptest.NewRequest(r.Method, req.URL.Path, strings.NewReader(body))
			again.Header.Set("Content-Type", "application/json")
			again.Header.Set("If-Match", "*")
			req = again
		}
		if w := asks(t, s.console().Handler(), req, s.everything()); w.Code == http.StatusInternalServerError {
			t.Errorf("%s: %d", r.ID, w.Code)
		}
	})
}
