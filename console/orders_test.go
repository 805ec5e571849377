package console

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"nightbell/access"
	"nightbell/audit"
	"nightbell/call"
)

func order(body string) *http.Request { return post("/api/v1/calls/c1/commands", body) }

// Every command against everybody who may be near a call: the table of orders is what the API does.
func TestOrdersAreForWhomTheTableNames(t *testing.T) {
	s := newStage()
	c := s.console()
	for do, may := range orders {
		body := `{"do":"` + string(do) + `","because":"quality of tonight"}`
		for name, who := range map[string]struct {
			secret string
			is     standing
		}{
			"agent in it":   {s.loginOf("amy", access.Grant{Role: access.Agent}), inIt | colleague},
			"other agent":   {s.loginOf("bo", access.Grant{Role: access.Agent}), colleague},
			"supervisor":    {s.loginOf("sue", access.Grant{Role: access.Supervisor, Clinics: []string{"harbor"}}), watching | colleague},
			"of elsewhere":  {s.loginOf("sam", access.Grant{Role: access.Supervisor, Clinics: []string{"bay"}}), 0},
			"administrator": {s.loginOf("ada", access.Grant{Role: access.Admin}), 0},
		} {
			before := len(s.floor.orders)
			w := asks(t, c.Handler(), order(body), who.secret)
			if done := w.Code == 200; done != (may&who.is != 0) || (len(s.floor.orders) > before) != done {
				t.Errorf("%s by %s: %d %s", do, name, w.Code, w.Body)
			}
			if who.is == 0 && name == "of elsewhere" && w.Code != 404 {
				t.Errorf("%s by %s: %d, a call of another clinic exists", do, name, w.Code)
			}
		}
		if w := asks(t, c.Operator("uid:0"), order(body), ""); (w.Code == 200) != (do == call.EndCall) {
			t.Errorf("%s by the operator: %d", do, w.Code)
		}
	}
}

// Who hears a caller is remembered before a word is heard.
func TestNobodyHearsACallWithoutTheAudit(t *testing.T) {
	for _, do := range []string{"listen", "whisper", "barge"} {
		s := newStage()
		h, sue := s.console().Handler(), s.loginOf("sue", access.Grant{Role: access.Supervisor, Clinics: []string{"harbor"}})
		if w := asks(t, h, order(`{"do":"`+do+`"}`), sue); w.Code != 422 || len(s.floor.orders) > 0 {
			t.Errorf("%s without saying why: %d", do, w.Code)
		}
		if w := asks(t, h, order(`{"do":"`+do+`","because":"caller (212) 555-0199"}`), sue); w.Code != 422 {
			t.Errorf("%s with a number as the reason: %d", do, w.Code)
		}
		s.broken = errors.New("disk full")
		w := asks(t, h, order(`{"do":"`+do+`","because":"quality of tonight"}`), sue)
		if p := problemOf(t, w); p.Type != "nightbell:audit-down" || len(s.floor.orders) > 0 {
			t.Errorf("%s: %+v, %d orders", do, p, len(s.floor.orders))
		}
		s.broken = nil
		w = asks(t, h, order(`{"do":"`+do+`","because":"quality of tonight","user":"sue-desk"}`), sue)
		e := s.remembered(audit.CallHeard)
		if w.Code != 200 || len(e) != 1 || e[0].Object != "call:c1" || e[0].Facts["do"] != do || e[0].Reason != "quality of tonight" || e[0].Classes[0] != "audio" {
			t.Errorf("%s: %d, %+v", do, w.Code, e)
		}
	}
}

// Anything else is done even where it cannot be remembered: a caller does not stay on hold because a disk is full.
func TestOrdersGoOnWithoutTheAudit(t *testing.T) {
	s := newStage()
	s.broken = errors.New("disk full")
	w := asks(t, s.console().Handler(), order(`{"do":"resume"}`), s.loginOf("amy", access.Grant{Role: access.Agent}))
	if w.Code != 200 || len(s.floor.orders) != 1 || s.floor.orders[0].By != "amy" {
		t.Errorf("%d, %+v", w.Code, s.floor.orders)
	}
}

func TestARefusedOrderSaysWhyAndIsRemembered(t *testing.T) {
	for word, want := range unfits {
		s := newStage()
		s.floor.unfit = word
		w := asks(t, s.console().Handler(), order(`{"do":"park"}`), s.loginOf("amy", access.Grant{Role: access.Agent}))
		p := problemOf(t, w)
		if p.Status != want.status || p.Type != "nightbell:"+strings.ReplaceAll(string(word), "_", "-") || p.Detail != want.detail {
			t.Errorf("%s: %+v", word, p)
		}
		if e := s.remembered(audit.CallOrdered); len(e) != 1 || e[0].Outcome != audit.Refused || e[0].Facts["result"] != string(word) {
			t.Errorf("%s: %+v", word, e)
		}
	}
}

// An outside number travels to the call and stays nowhere else.
func TestATransferKeepsItsNumberToItself(t *testing.T) {
	s := newStage()
	w := asks(t, s.console().Handler(), order(`{"do":"transfer","number":"`+canary+`"}`), s.loginOf("amy", access.Grant{Role: access.Agent}))
	if w.Code != 200 || s.floor.orders[0].To.Reveal() != canary || strings.Contains(w.Body.String(), "5550199") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	e := s.remembered(audit.CallOrdered)
	if len(e) != 1 || e[0].Facts["to"] != "outside" || strings.Contains(e[0].Facts["do"]+e[0].Object+e[0].Reason, "555") {
		t.Errorf("%+v", e)
	}
}

func TestAnOrderForACallThatHasChangedIsRefused(t *testing.T) {
	s := newStage()
	h, amy := s.console().Handler(), s.loginOf("amy", access.Grant{Role: access.Agent})
	seen := LiveOf(s.floor.calls[0]).Revision
	asking := func(revision string) int {
		r := order(`{"do":"hold"}`)
		r.Header.Set("If-Match", `"`+revision+`"`)
		return asks(t, h, r, amy).Code
	}
	if code := asking(seen); code != 200 {
		t.Errorf("as it was seen: %d", code)
	}
	s.floor.calls[0].State = call.Parked
	if code := asking(seen); code != 412 {
		t.Errorf("after it changed: %d", code)
	}
}

func TestCallsAreHostileToOddOrders(t *testing.T) {
	s := newStage()
	h, amy := s.console().Handler(), s.loginOf("amy", access.Grant{Role: access.Agent})
	for _, body := range []string{
		`{}`, `{"do":""}`, `{"do":"explode"}`, `{"do":"HOLD"}`, `{"do":"hold","key":"12"}`, `{"do":"hold","reason":"Mrs Smith"}`,
		`{"do":"transfer","number":"sip:x@evil.example"}`, `{"do":"hold","seconds":-1}`, `{"do":"hold","by":"bo"}`, `{"do":"hold","user":"a\u0000b"}`,
		`{"do":"transfer","number":"` + strings.Repeat("1", 33) + `"}`, `[]`, `null`, `{"do":{"x":1}}`,
	} {
		if w := asks(t, h, order(body), amy); w.Code != 422 && w.Code != 400 {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
	if w := asks(t, h, post("/api/v1/calls/gone/commands", `{"do":"hold"}`), amy); w.Code != 404 {
		t.Errorf("a call that does not run: %d", w.Code)
	}
	if len(s.floor.orders) != 0 {
		t.Errorf("%+v", s.floor.orders)
	}
}

func TestACallIsPlacedInOnesOwnClinicsName(t *testing.T) {
	s := newStage()
	h, amy := s.console().Handler(), s.loginOf("amy", access.Grant{Role: access.Agent, Clinics: []string{"harbor"}})
	for body, want := range map[string]int{
		`{"number":"` + canary + `","clinic":"harbor"}`: 200,
		`{"of":"c1"}`: 200,
		`{"number":"` + canary + `","clinic":"bay"}`:              404,
		`{"number":"` + canary + `"}`:                             422,
		`{"number":"` + canary + `","of":"c1","clinic":"harbor"}`: 422,
		`{}`:          422,
		`{"of":"c8"}`: 404,
		`{"number":"drop table","clinic":"harbor"}`: 422,
	} {
		if w := asks(t, h, post("/api/v1/calls", body), amy); w.Code != want || strings.Contains(w.Body.String(), "5550199") {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
	if len(s.floor.placed) != 2 || s.floor.placed[0].Person != "amy" || s.floor.placed[0].To.Reveal() != canary {
		t.Errorf("%d placed", len(s.floor.placed))
	}
	s.broken = errors.New("disk full")
	if w := asks(t, h, post("/api/v1/calls", `{"of":"c1"}`), amy); w.Code != 503 || len(s.floor.placed) != 2 {
		t.Errorf("a number leaves without the audit: %d", w.Code)
	}
}
