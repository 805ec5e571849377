package console

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"nightbell/audit"
)

func put(path, body, match string) *http.Request {
	return changing(http.MethodPut, path, body, match)
}

func changing(method, path, body, match string) *http.Request {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	if match != "" {
		r.Header.Set("If-Match", match)
	}
	return r
}

// The tag of what was read comes with the answer; whoever sends it back changes what she saw, and nobody else's work.
func TestSecondEditorOfAScheduleIsToldWhatChanged(t *testing.T) {
	s := newStage()
	h, secret := s.console().Handler(), s.everything()
	w := asks(t, h, get("/api/v1/schedules/c1"), secret)
	tag := w.Header().Get("ETag")
	if w.Code != http.StatusOK || tag != `"t2"` {
		t.Fatalf("%d, tag %s", w.Code, tag)
	}
	w = asks(t, h, put("/api/v1/schedules/c1", examplePut, tag), secret)
	if w.Code != http.StatusOK || w.Header().Get("ETag") != `"t3"` {
		t.Errorf("first editor: %d %s", w.Code, w.Body)
	}
	w = asks(t, h, put("/api/v1/schedules/c1", examplePut, `"t1"`), secret)
	p := problemOf(t, w)
	if p.Status != http.StatusPreconditionFailed || p.Type != "nightbell:stale" || p.Tag != "t2" || len(p.Changes) != 1 ||
		!strings.Contains(p.Detail, `name: "a" to "b"`) {
		t.Errorf("second editor: %+v", p)
	}
	if len(s.changes) != 1 {
		t.Errorf("%d changes were made", len(s.changes))
	}
}

func TestChangeWithoutAConditionIsRefused(t *testing.T) {
	s := newStage()
	h, secret := s.console().Handler(), s.everything()
	for match, want := range map[string]int{"": 428, `W/"t2"`: 422, "t2": 422, `"t2"`: 200, "*": 200} {
		if w := asks(t, h, put("/api/v1/schedules/c1", examplePut, match), secret); w.Code != want {
			t.Errorf("If-Match %s: %d %s", match, w.Code, w.Body)
		}
	}
	made := put("/api/v1/schedules/c1", examplePut, "")
	made.Header.Set("If-None-Match", "*")
	if w := asks(t, h, made, secret); problemOf(t, w).Status != http.StatusPreconditionFailed {
		t.Errorf("making what stands: %d", w.Code)
	}
	both := put("/api/v1/schedules/c1", examplePut, "*")
	both.Header.Set("If-None-Match", "*")
	if w := asks(t, h, both, secret); problemOf(t, w).Errors[0].Field != "header.If-None-Match" {
		t.Errorf("both conditions: %s", w.Body)
	}
}

func TestNewGapNeedsAReason(t *testing.T) {
	s := newStage()
	s.opens = true
	h, secret := s.console().Handler(), s.everything()
	w := asks(t, h, put("/api/v1/schedules/c1", examplePut, "*"), secret)
	if p := problemOf(t, w); p.Status != http.StatusConflict || p.Type != "nightbell:gap" || len(p.Gaps) != 1 || p.Gaps[0].Clinic != "harbor" {
		t.Errorf("%+v", p)
	}
	body := `{"clinic":"harbor","name":"Nights","layers":[],"acknowledge_gap":"closed that day","reason":"holiday"}`
	if w := asks(t, h, put("/api/v1/schedules/c1", body, "*"), secret); w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if r := s.revisions[0]; r.Acknowledge != "closed that day" || r.Reason != "holiday" || r.Request == "" || r.ID != "c1" {
		t.Errorf("%+v", r)
	}
}

// Reasons and notes stand in the audit and on screens: no number, no control character.
func TestWordsOfAChangeHoldNoNumber(t *testing.T) {
	s := newStage()
	h, secret := s.console().Handler(), s.everything()
	edit := `{"do":"note","start":"2026-12-01T00:00","end":"2026-12-02T00:00",`
	for body, field := range map[string]string{
		`{"edits":[` + edit + `"note":"call 212 555 0199"}]}`:                 "body.edits[0].note",
		`{"edits":[` + edit + `"reason":"+12125550199"}]}`:                    "body.edits[0].reason",
		`{"edits":[` + edit + `"reason":"a\u0007b"}]}`:                        "body.edits[0].reason",
		`{"edits":[` + edit + `"note":"x"}],"acknowledge_gap":"2125550199 "}`: "body.acknowledge_gap",
		`{"edits":[` + edit + `"note":"x"}],"reason":"2125550199 "}`:          "body.reason",
	} {
		w := asks(t, h, changing("POST", "/api/v1/schedules/c1/edits", body, "*"), secret)
		if p := problemOf(t, w); p.Status != 422 || len(p.Errors) != 1 || p.Errors[0].Field != field || strings.Contains(w.Body.String(), "0199") {
			t.Errorf("%s: %s", body, w.Body)
		}
	}
	if len(s.changes) != 0 {
		t.Error("something was changed")
	}
}

// Whoever may arrange tonight's cover may not rebuild the rota.
func TestCoverIsNotTheRota(t *testing.T) {
	s := newStage()
	h, cover := s.console().Handler(), s.token("harbor", CoverWrite)
	for do, want := range map[string]int{"assign": 200, "cover": 200, "undo": 200, "layers": 403, "members": 403, "deactivate": 403} {
		w := asks(t, h, changing("POST", "/api/v1/schedules/c1/edits", `{"edits":[{"do":"`+do+`"}]}`, "*"), cover)
		if w.Code != want {
			t.Errorf("%s: %d %s", do, w.Code, w.Body)
		}
	}
}

func TestRulesOfAnotherClinicDoNotExist(t *testing.T) {
	s := newStage()
	h, other := s.console().Handler(), s.everything("bay")
	requests := []*http.Request{
		get("/api/v1/clinics/harbor"), get("/api/v1/clinics?clinic=harbor"), get("/api/v1/schedules?clinic=harbor"),
		get("/api/v1/people?clinic=harbor"), get("/api/v1/people/c1"), get("/api/v1/schedules/c1"), get("/api/v1/schedules/c1/versions"),
		get("/api/v1/schedules/c1/versions/1"), get("/api/v1/oncall/why?schedule=c1"), get("/api/v1/oncall/gaps?clinic=harbor"),
		get("/api/v1/oncall/fairness?clinic=harbor"), get("/api/v1/offers/c1"), get("/api/v1/offers?clinic=harbor"), get("/api/v1/feeds?clinic=harbor"),
		put("/api/v1/clinics/harbor/hours", example["put-hours"], "*"), put("/api/v1/clinics/harbor/holidays", example["put-holidays"], "*"),
		put("/api/v1/schedules/c1", examplePut, "*"), put("/api/v1/schedules/c1", `{"clinic":"bay","name":"x","layers":[]}`, "*"),
		put("/api/v1/schedules/new", examplePut, "*"), changing("DELETE", "/api/v1/schedules/c1", "", "*"),
		changing("POST", "/api/v1/schedules/c1/edits", example["edit-schedule"], "*"), post("/api/v1/schedules/c1/preview", `{}`),
		post("/api/v1/schedules/new/preview", `{"schedule":`+examplePut+`}`),
		changing("POST", "/api/v1/schedules/c1/restore", `{"version":1}`, "*"), post("/api/v1/schedules/c1/import/check", example["check-rota"]),
		changing("POST", "/api/v1/schedules/c1/import", example["import-rota"], "*"), post("/api/v1/oncall/replay", `{"clinic":"harbor"}`),
		post("/api/v1/oncall/replay/log", `{"log":"x","schedule":"c1","proposal":{}}`), post("/api/v1/offers", example["make-offer"]),
		post("/api/v1/offers/c1/take", `{"person":"bo"}`), post("/api/v1/offers/c1/approve", `{}`), post("/api/v1/feeds", example["create-feed"]),
		changing("DELETE", "/api/v1/feeds/c1", "", ""), post("/api/v1/people/reveal?clinic=harbor", `{"reason":"curious"}`),
	}
	for _, r := range requests {
		w := asks(t, h, r, other)
		if w.Code != http.StatusNotFound || strings.Contains(w.Body.String(), "harbor") {
			t.Errorf("%s %s: %d %s", r.Method, r.URL, w.Code, w.Body)
		}
	}
	if len(s.changes) != 0 || len(s.events) != 0 {
		t.Errorf("%d changes, %d events", len(s.changes), len(s.events))
	}
	w := asks(t, h, post("/api/v1/feeds", `{"kind":"person","subject":"c1"}`), s.everything("harbor"))
	if w.Code != http.StatusForbidden {
		t.Errorf("a person's calendar by a clinic: %d", w.Code)
	}
}

func TestNamesOfPeopleNeedAReason(t *testing.T) {
	s := newStage()
	h, secret := s.console().Handler(), s.everything("harbor")
	for _, r := range []*http.Request{get("/api/v1/people"), get("/api/v1/people/c1")} {
		if w := asks(t, h, r, secret); w.Code != 200 || strings.Contains(w.Body.String(), "Adler") || strings.Contains(w.Body.String(), canary) {
			t.Errorf("%s: %d %s", r.URL, w.Code, w.Body)
		}
	}
	if w := asks(t, h, post("/api/v1/people/reveal", `{"reason":"x"}`), secret); w.Code != 422 {
		t.Errorf("no reason: %d", w.Code)
	}
	if w := asks(t, h, post("/api/v1/people/reveal", `{"reason":"printing the list"}`), secret); !strings.Contains(w.Body.String(), canary) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if e := s.remembered(audit.PeopleListed); len(e) != 1 || e[0].Clinic != "harbor" || e[0].Reason != "printing the list" {
		t.Errorf("%+v", e)
	}
}

// A calendar program sends no token: the secret in the path opens the feed, and each reading is remembered.
func TestFeedOpensByItsSecretAlone(t *testing.T) {
	s := newStage()
	h := s.console().Handler()
	w := asks(t, h, post("/api/v1/feeds", example["create-feed"]), s.token("", FeedsWrite))
	var made struct{ Path string }
	if err := json.Unmarshal(w.Body.Bytes(), &made); err != nil || made.Path != "/feeds/secret.ics" {
		t.Fatalf("%s", w.Body)
	}
	w = asks(t, h, get(made.Path), "")
	if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/calendar") || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	e := s.remembered(audit.FeedRead)
	if len(e) != 1 || e[0].Object != "feed:c1" || e[0].Clinic != "harbor" || e[0].Actor.Type != "feed" || e[0].Actor.IP == "" {
		t.Errorf("%+v", e)
	}
	for _, path := range []string{"/feeds/", "/feeds/secret", "/feeds/.ics", "/feeds/secret.ics/x"} {
		if w := asks(t, h, get(path), ""); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	s.broken = errors.New("disk full")
	if w := asks(t, h, get(made.Path), ""); problemOf(t, w).Status != http.StatusServiceUnavailable || strings.Contains(w.Body.String(), "VCALENDAR") {
		t.Errorf("without the audit: %d %s", w.Code, w.Body)
	}
}

func TestGuessingFeedsHasToWait(t *testing.T) {
	s := newStage()
	h := s.console().Handler()
	for range freeGuesses + 1 {
		if w := asks(t, h, get("/feeds/guess.ics"), ""); w.Code != http.StatusNotFound {
			t.Fatal(w.Code)
		}
	}
	if w := asks(t, h, get("/feeds/secret.ics"), ""); w.Code != http.StatusTooManyRequests {
		t.Errorf("after five wrong ones: %d", w.Code)
	}
	s.later(2 * time.Second)
	if w := asks(t, h, get("/feeds/secret.ics"), ""); w.Code != http.StatusOK {
		t.Errorf("later: %d", w.Code)
	}
}

// Times that no rota has, looks that never end, forms that nobody knows: each names its field.
func TestBadQuestionsNameTheField(t *testing.T) {
	s := newStage()
	h, secret := s.console().Handler(), s.everything()
	for path, field := range map[string]string{
		"/api/v1/oncall/why?schedule=c1&at=9999-01-01T00:00:00Z": "query.from",
		"/api/v1/oncall/why":                                                        "query.schedule",
		"/api/v1/oncall/shifts?from=0001-02-01T00:00:00Z":                           "query.from",
		"/api/v1/oncall/shifts?from=2026-13-01T00:00:00Z":                           "query.from",
		"/api/v1/oncall/shifts?from=2026-12-02T00:00:00Z&to=2026-12-01T00:00:00Z":   "query.to",
		"/api/v1/oncall/fairness?from=2020-01-01T00:00:00Z&to=2026-01-01T00:00:00Z": "query.to",
		"/api/v1/oncall/gaps?days=401":                                              "query.days",
		"/api/v1/offers?state=gone":                                                 "query.state",
		"/api/v1/schedules/c1/versions/0":                                           "path.version",
	} {
		w := asks(t, h, get(path), secret)
		if p := problemOf(t, w); p.Status != 422 && p.Status != 400 || len(p.Errors) == 0 || p.Errors[0].Field != field {
			t.Errorf("%s: %s", path, w.Body)
		}
	}
	for body, field := range map[string]string{
		`{"clinic":"harbor","name":"x"}`:                                                  "body",
		`{"clinic":"harbor","name":"x","layers":[{"id":"a","mode":"other"}]}`:             "body.layers[0].mode",
		`{"clinic":"harbor","name":"x","layers":[{"id":"a","windows":[{"days":[]}]}]}`:    "body.layers[0].windows[0].days",
		`{"clinic":"harbor","name":"x","layers":[{"id":"a","rotation":{"anchor_":"x"}}]}`: "body.layers[0].rotation.anchor_",
	} {
		w := asks(t, h, put("/api/v1/schedules/c1", body, "*"), secret)
		found := false
		for _, e := range problemOf(t, w).Errors {
			found = found || e.Field == field
		}
		if !found {
			t.Errorf("%s: %s", body, w.Body)
		}
	}
}

func TestLongListsComeInPages(t *testing.T) {
	ids := []string{"a", "b", "c", "d", "e"}
	var all []string
	for next := ""; ; {
		page, err := paged(ids, nil, Bulk{Cursor: next, Limit: 2}, func(s string) string { return s })
		if err != nil || len(page.Items) > 2 {
			t.Fatal(page, err)
		}
		all = append(all, page.Items...)
		if next = page.Next; next == "" {
			break
		}
	}
	if strings.Join(all, "") != "abcde" {
		t.Errorf("%v", all)
	}
	if _, err := paged(ids, nil, Bulk{Cursor: "z", Limit: 2}, func(s string) string { return s }); err == nil {
		t.Error("a cursor of nothing")
	}
}

// Past calls in a preview need the scope of calls, and are remembered.
func TestPreviewWithPastCallsIsRemembered(t *testing.T) {
	s := newStage()
	h := s.console().Handler()
	if w := asks(t, h, post("/api/v1/schedules/c1/preview", `{"replay":true}`), s.token("harbor", RulesRead)); w.Code != http.StatusForbidden {
		t.Errorf("without calls:read: %d", w.Code)
	}
	w := asks(t, h, post("/api/v1/schedules/c1/preview", `{"replay":true}`), s.token("harbor", RulesRead, CallsRead))
	if e := s.remembered(audit.CallsReplayed); w.Code != http.StatusOK || len(e) != 1 || e[0].Object != "schedule:c1" || e[0].Facts["calls"] != "7" {
		t.Errorf("%d %+v", w.Code, e)
	}
}

// A report says that a person stands elsewhere too; where is not for a token of one clinic.
func TestReportNamesNoOtherClinic(t *testing.T) {
	s := newStage()
	h := s.console().Handler()
	for clinic, want := range map[string]bool{"": true, "harbor": false} {
		w := asks(t, h, post("/api/v1/schedules/c1/preview", `{}`), s.token(clinic, RulesRead))
		if shown := strings.Contains(w.Body.String(), "bay"); w.Code != 200 || shown != want {
			t.Errorf("token of %q: %d %s", clinic, w.Code, w.Body)
		}
	}
}
