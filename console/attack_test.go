package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"nightbell/access"
	"nightbell/audit"
)

// page makes a request what a browser sends for a page of ours; its cookie is the secret.
func page(r *http.Request, secret string) *http.Request {
	r.Host = "bell.example"
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Origin", "https://bell.example")
	if secret != "" {
		r.AddCookie(&http.Cookie{Name: cookieName, Value: secret})
	}
	return r
}

func entryOf(t *testing.T, w *httptest.ResponseRecorder) entryView {
	t.Helper()
	var v entryView
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return v
}

// set is the cookie that an answer sets; nil: none.
func set(w *httptest.ResponseRecorder) *http.Cookie {
	for _, c := range w.Result().Cookies() {
		if c.Name == cookieName {
			return c
		}
	}
	return nil
}

const password = `{"person":"amy","password":"` + rightPassword + `"}`

// A login planted in a victim's browser is worth nothing: each step up is a new secret, and the one before opens nothing.
func TestEveryStepOfALoginIsANewSecret(t *testing.T) {
	s := newStage()
	h := s.console().Handler()
	planted := s.pending(Full)
	first := set(asks(t, h, page(post("/api/v1/login", password), planted), ""))
	if first == nil || first.Value == planted || !strings.HasPrefix(first.Value, "nbp_") {
		t.Fatalf("password: %+v", first)
	}
	w := asks(t, h, page(post("/api/v1/login/totp", `{"code":"`+rightCode+`"}`), first.Value), "")
	second := set(w)
	if second == nil || second.Value == first.Value || !strings.HasPrefix(second.Value, "nbl_") || entryOf(t, w).Secret != "" {
		t.Fatalf("second factor: %+v %s", second, w.Body)
	}
	for secret, want := range map[string]int{planted: 403, first.Value: 401, second.Value: 200} {
		if w := asks(t, h, page(get("/api/v1/me"), secret), ""); w.Code != want {
			t.Errorf("%s...: %d", secret[:4], w.Code)
		}
	}
	if !second.HttpOnly || !second.Secure || second.SameSite != http.SameSiteStrictMode || second.Path != "/" || second.Domain != "" || second.MaxAge != 0 {
		t.Errorf("cookie %+v", second)
	}
}

// A program gets the secret in the body, a page's script never.
func TestSecretsAreOutOfScriptsReach(t *testing.T) {
	s := newStage()
	h := s.console().Handler()
	w := asks(t, h, post("/api/v1/login", password), "")
	if v := entryOf(t, w); !strings.HasPrefix(v.Secret, "nbp_") || set(w) != nil || v.State != "pending" {
		t.Errorf("program: %+v", v)
	}
	w = asks(t, h, page(post("/api/v1/invitations/accept", `{"secret":"nbi_right","password":"`+rightPassword+`"}`), ""), "")
	pending := set(w)
	if pending == nil || strings.Contains(w.Body.String(), "nbp_") {
		t.Fatalf("page: %s", w.Body)
	}
	w = asks(t, h, page(post("/api/v1/me/totp/confirm", `{"id":"f1","code":"`+rightCode+`"}`), pending.Value), "")
	if c := set(w); c == nil || !strings.HasPrefix(c.Value, "nbl_") || strings.Contains(w.Body.String(), "nbl_") {
		t.Errorf("first factor: %+v %s", c, w.Body)
	}
}

// Every change that another site's page begins is refused, cookie or not, and changes nothing.
func TestAnotherSiteChangesNothing(t *testing.T) {
	foreign := map[string]func(*http.Request){
		"cross-site":    func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		"sister domain": func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") },
		"other origin":  func(r *http.Request) { r.Header.Del("Sec-Fetch-Site"); r.Header.Set("Origin", "https://evil.example") },
		"no origin":     func(r *http.Request) { r.Header.Set("Origin", "null"); r.Header.Del("Sec-Fetch-Site") },
		"lying fetch":   func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") },
		"no word of it": func(r *http.Request) { r.Header.Del("Origin"); r.Header.Del("Sec-Fetch-Site") },
		"other port": func(r *http.Request) {
			r.Header.Del("Sec-Fetch-Site")
			r.Header.Set("Origin", "https://bell.example:444")
		},
		"unreadable site": func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-origin, cross-site") },
	}
	s := newStage()
	h := s.console().Handler()
	for _, r := range Routes() {
		if r.Method == http.MethodGet {
			continue
		}
		for name, bend := range foreign {
			req := page(r.request(), s.everything())
			bend(req)
			if w := asks(t, h, req, ""); w.Code != http.StatusForbidden || problemOf(t, w).Type != "nightbell:cross-origin" {
				t.Errorf("%s, %s: %d %s", r.ID, name, w.Code, w.Body)
			}
		}
	}
	if len(s.changes) > 0 || len(s.doors.tried) > 0 {
		t.Errorf("%d changes, %d tries", len(s.changes), len(s.doors.tried))
	}
	if w := asks(t, h, page(post("/api/v1/people/bo/suspend", `{"reason":"as agreed"}`), s.everything()), ""); w.Code != 200 {
		t.Errorf("our own page: %d %s", w.Code, w.Body)
	}
}

func TestCookieIsForOurOwnPages(t *testing.T) {
	s := newStage()
	h := s.console().Handler()
	for site, want := range map[string]int{"cross-site": 403, "same-site": 403, "none": 200, "same-origin": 200} {
		r := page(get("/api/v1/me"), s.everything())
		r.Header.Del("Origin")
		r.Header.Set("Sec-Fetch-Site", site)
		if w := asks(t, h, r, ""); w.Code != want {
			t.Errorf("%s: %d", site, w.Code)
		}
	}
	two := page(get("/api/v1/me"), s.everything())
	two.AddCookie(&http.Cookie{Name: cookieName, Value: s.everything()})
	if w := asks(t, h, two, ""); w.Code != http.StatusUnauthorized {
		t.Errorf("two cookies: %d", w.Code)
	}
	token := page(get("/api/v1/live"), s.token("", LiveRead))
	if w := asks(t, h, token, ""); w.Code != http.StatusUnauthorized {
		t.Errorf("a token in a cookie: %d", w.Code)
	}
}

// No browser holds a WebSocket back at the border between sites: the server has to (RFC 6455 §10.2).
func TestAnotherSiteOpensNoSocket(t *testing.T) {
	s := newStage()
	c := s.console()
	for origin, want := range map[string]int{
		"https://evil.example": 403, "null": 403, "": 403, "https://bell.example.evil.example": 403, "https://bell.example": 404,
	} {
		r := page(get("/sip"), s.everything())
		r.Header.Set("Upgrade", "websocket")
		r.Header.Set("Connection", "Upgrade")
		r.Header.Set("Origin", origin)
		r.Header.Del("Sec-Fetch-Site")
		for _, h := range []http.Handler{c.Handler(), c.Operator("uid:0")} {
			if w := asks(t, h, r.Clone(t.Context()), ""); w.Code != want {
				t.Errorf("%q: %d", origin, w.Code)
			}
		}
	}
}

// Whether a name exists cannot be read from the answer: look-alikes, controls and monsters are wrong passwords too.
func TestUnknownNamesAreAnsweredAlike(t *testing.T) {
	var want []byte
	for _, name := range []string{"amy", "zoe", "Amy", "аmy", "amy\u200b", "amy ", "ａｍｙ", "a\u0000my", "../amy", strings.Repeat("z", 256)} {
		s := newStage()
		body, _ := json.Marshal(map[string]string{"person": name, "password": "not the right password"})
		w := asks(t, s.console().Handler(), post("/api/v1/login", string(body)), "")
		p := problemOf(t, w)
		got := bytes.ReplaceAll(w.Body.Bytes(), []byte(p.Request), nil)
		if want == nil {
			want = got
		}
		if w.Code != http.StatusUnauthorized || p.Type != "nightbell:wrong" || !bytes.Equal(got, want) || !slices.Equal(s.doors.tried, []string{name}) {
			t.Errorf("%q: %d %s, tried %q", name, w.Code, w.Body, s.doors.tried)
		}
		object := map[bool]string{true: "person:amy", false: "login"}[name == "amy"]
		if e := s.remembered(audit.LoginFailed); len(e) != 1 || e[0].Object != object || e[0].Outcome != audit.Refused {
			t.Errorf("%q: remembered %+v", name, e)
		}
	}
}

// Four failures are free. The fifth makes account and address wait, the right password too; time heals it.
func TestGuessingAPasswordHasToWait(t *testing.T) {
	s := newStage()
	h := s.console().Handler()
	wrong := `{"person":"amy","password":"not the right password"}`
	for n := range 5 {
		if w := asks(t, h, post("/api/v1/login", wrong), ""); w.Code != http.StatusUnauthorized {
			t.Fatalf("guess %d: %d", n, w.Code)
		}
	}
	w := asks(t, h, post("/api/v1/login", password), "")
	if problemOf(t, w).Status != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" {
		t.Errorf("sixth: %d %v", w.Code, w.Header())
	}
	elsewhere := post("/api/v1/login", password)
	elsewhere.RemoteAddr = "198.51.100.7:999"
	if w := asks(t, h, elsewhere, ""); w.Code != http.StatusTooManyRequests {
		t.Errorf("the account, from another address: %d", w.Code)
	}
	other := post("/api/v1/login", strings.Replace(password, "amy", "bo", 1))
	other.RemoteAddr = "198.51.100.7:999"
	if w := asks(t, h, other, ""); w.Code != http.StatusUnauthorized {
		t.Errorf("another account from there: %d", w.Code)
	}
	if w := asks(t, h, get("/api/v1/me"), s.everything()); w.Code != http.StatusOK {
		t.Errorf("a live login from the guessing address: %d", w.Code)
	}
	if e := s.remembered(audit.LoginFailed); len(e) != 2 {
		t.Errorf("a flood is one row a minute and source: %d", len(e))
	}
	s.later(2 * time.Second)
	if w := asks(t, h, post("/api/v1/login", password), ""); w.Code != http.StatusOK {
		t.Errorf("later: %d %s", w.Code, w.Body)
	}
}

// Guesses that come all at once are one guess; the others have to wait. However many names are tried, the log stays readable.
func TestGuessesAtOnceAreOneGuess(t *testing.T) {
	s := newStage()
	h := s.console().Handler()
	s.doors.hold = make(chan struct{})
	codes := make(chan int, 50)
	for range 50 {
		go func() {
			codes <- asks(t, h, post("/api/v1/login", `{"person":"amy","password":"not the right password"}`), "").Code
		}()
	}
	for range 49 {
		if code := <-codes; code != http.StatusTooManyRequests {
			t.Errorf("%d", code)
		}
	}
	close(s.doors.hold)
	if code := <-codes; code != http.StatusUnauthorized || len(s.doors.tried) != 1 {
		t.Errorf("%d, tried %d", code, len(s.doors.tried))
	}
	s.doors.hold = nil
	for n := range 60 {
		asks(t, h, post("/api/v1/login", fmt.Sprintf(`{"person":"p%d","password":"not the right password"}`, n)), "")
		s.later(500 * time.Millisecond)
	}
	if e := s.remembered(audit.LoginFailed); len(e) > 9 {
		t.Errorf("%d rows in half a minute", len(e))
	}
}

// Six digits are guessed against the account, however many passwords are right in between.
func TestGuessingDigitsHasToWait(t *testing.T) {
	s := newStage()
	h := s.console().Handler()
	for range 5 {
		asks(t, h, post("/api/v1/login/totp", `{"code":"000000"}`), s.pending(Full))
		if w := asks(t, h, post("/api/v1/login", password), ""); w.Code > 401 && w.Code != 429 {
			t.Fatalf("%d", w.Code)
		}
	}
	if w := asks(t, h, post("/api/v1/login/totp", `{"code":"`+rightCode+`"}`), s.pending(Full)); w.Code != http.StatusTooManyRequests {
		t.Errorf("sixth: %d", w.Code)
	}
	for range 5 {
		asks(t, h, post("/api/v1/invitations/accept", `{"secret":"nbi_wrong","password":"`+rightPassword+`"}`), "")
	}
	if w := asks(t, h, post("/api/v1/invitations/accept", `{"secret":"nbi_right","password":"`+rightPassword+`"}`), ""); w.Code != http.StatusTooManyRequests {
		t.Errorf("invitations: %d", w.Code)
	}
}

func TestLoginThatIsOverSaysSo(t *testing.T) {
	s := newStage()
	h := s.console().Handler()
	secret := s.everything()
	if w := asks(t, h, page(post("/api/v1/logout", ""), secret), ""); w.Code != 204 || set(w) == nil || set(w).MaxAge >= 0 || w.Header().Get("Clear-Site-Data") == "" {
		t.Fatalf("logout: %d %v", w.Code, w.Header())
	}
	w := asks(t, h, page(get("/api/v1/me"), secret), "")
	if p := problemOf(t, w); p.Status != http.StatusUnauthorized || p.Type != "nightbell:login-over" || set(w) == nil || set(w).Value != "" {
		t.Errorf("%+v %v", p, w.Header())
	}
	if w := asks(t, h, get("/healthz"), secret); w.Code != 200 {
		t.Errorf("open routes: %d", w.Code)
	}
	if w := asks(t, h, post("/api/v1/login", password), secret); w.Code != 200 {
		t.Errorf("logging in again with it: %d", w.Code)
	}
}

// What asks for a fresh second factor is refused with a word for it, and goes on once it was shown.
func TestStepUp(t *testing.T) {
	s := newStage()
	h := s.console().Handler()
	secret := s.as(access.Admin)
	s.later(stepUpAge + time.Second)
	for _, r := range Routes() {
		if r.StepUp != Fresh || bound(access.Admin, r.Scope) == Nothing {
			continue
		}
		if w := asks(t, h, r.request(), secret); w.Code != 403 || problemOf(t, w).Type != "nightbell:step-up" {
			t.Errorf("%s: %d %s", r.ID, w.Code, w.Body)
		}
	}
	for body, want := range map[string]int{
		`{"kind":"totp","code":"000000","password":"` + rightPassword + `"}`: 401,
		`{"kind":"totp","code":"` + rightCode + `"}`:                         401,
		`{"kind":"recovery","code":"` + rightCode + `"}`:                     422,
	} {
		if w := asks(t, h, post("/api/v1/login/step-up", body), secret); w.Code != want {
			t.Errorf("%s: %d", body, w.Code)
		}
	}
	if len(s.changes) != 0 {
		t.Errorf("%d changes without it", len(s.changes))
	}
	asks(t, h, post("/api/v1/login/step-up", example["step-up"]), secret)
	if w := asks(t, h, post("/api/v1/people/bo/terminate", `{"reason":"she left"}`), secret); w.Code != 200 {
		t.Errorf("after it: %d %s", w.Code, w.Body)
	}
}

// On the control socket a login is its person: the operator's rights are not added to hers.
func TestLoginOnTheControlSocketIsThePerson(t *testing.T) {
	s := newStage()
	control := s.console().Operator("uid:0")
	if w := asks(t, control, post("/api/v1/calls/c1/reveal", `{"reason":"call back"}`), s.as(access.Agent)); w.Code != 200 {
		t.Errorf("reveal: %d %s", w.Code, w.Body)
	}
	if w := asks(t, control, get("/api/v1/keys"), s.as(access.Agent)); w.Code != 403 {
		t.Errorf("keys: %d", w.Code)
	}
	if w := asks(t, control, get("/api/v1/keys"), "nbl_"+strings.Repeat("A", 43)); w.Code != 401 {
		t.Errorf("unknown: %d", w.Code)
	}
	if w := asks(t, control, post("/api/v1/calls/c1/reveal", `{"reason":"call back"}`), ""); w.Code != 403 {
		t.Errorf("operator: %d", w.Code)
	}
	e := s.remembered(audit.Revealed)
	if len(e) != 1 || e[0].Actor != (audit.Actor{Type: "person", ID: "amy", Role: "agent", Login: "l1", Device: "amy-desk", IP: "uid:0"}) {
		t.Errorf("%+v", e)
	}
}

func TestOwnLoginsAreListedAndEnded(t *testing.T) {
	s := newStage()
	h, secret := s.console().Handler(), s.as(access.Agent)
	var list struct{ Items []LoginView }
	if err := json.Unmarshal(asks(t, h, get("/api/v1/me/logins"), secret).Body.Bytes(), &list); err != nil || len(list.Items) != 2 ||
		!list.Items[0].Current || list.Items[1].Current {
		t.Errorf("%v %+v", err, list)
	}
	asks(t, h, changing(http.MethodDelete, "/api/v1/me/logins/l2", "", ""), secret)
	asks(t, h, changing(http.MethodDelete, "/api/v1/me/logins", "", ""), secret)
	if !slices.Equal(s.doors.ended, []string{"l2", ""}) {
		t.Errorf("ended %q", s.doors.ended)
	}
	if s.doors.touched == 0 {
		t.Error("its use was not noticed")
	}
}
