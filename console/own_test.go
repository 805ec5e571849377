package console

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"nightbell/access"
	"nightbell/audit"
)

// loginOf is a live login of somebody else than amy.
func (s *stage) loginOf(person string, grants ...access.Grant) string {
	return s.doors.admit(access.LoginSecret, Visitor{
		Person: person, State: access.LoginLive, Mode: Full, Grants: grants, SteppedUp: s.now(),
	})
}

var (
	itsCall  = []string{"/api/v1/calls/c1", "/api/v1/calls/c1/why", "/api/v1/recordings/r1"}
	itsSound = "/api/v1/recordings/r1/audio"
)

// The story has bo ringing and amy answering: it is amy's call. Bo's phone rang, and that gives him nothing.
func TestAgentSeesTheCallsThatSheTook(t *testing.T) {
	s := newStage()
	h := s.console().Handler()
	agent := access.Grant{Role: access.Agent}
	amy, bo := s.loginOf("amy", agent), s.loginOf("bo", agent)
	for _, path := range append(itsCall, itsSound) {
		if w := asks(t, h, get(path), amy); w.Code != 200 {
			t.Errorf("%s by amy: %d", path, w.Code)
		}
		if w := asks(t, h, get(path), bo); w.Code != 404 || strings.Contains(w.Body.String(), "harbor") {
			t.Errorf("%s by bo: %d %s", path, w.Code, w.Body)
		}
	}
	for secret, want := range map[string]bool{amy: true, bo: false} {
		if w := asks(t, h, get("/api/v1/calls"), secret); strings.Contains(w.Body.String(), `"c1"`) != want || w.Code != 200 {
			t.Errorf("list: %d %s", w.Code, w.Body)
		}
		if w := asks(t, h, post("/api/v1/calls/reveal", `{"reason":"call back"}`), secret); strings.Contains(w.Body.String(), canary) != want {
			t.Errorf("revealed list: %s", w.Body)
		}
		if w := asks(t, h, post("/api/v1/calls/c1/reveal", `{"reason":"call back"}`), secret); strings.Contains(w.Body.String(), canary) != want {
			t.Errorf("revealed call: %s", w.Body)
		}
	}
	if w := asks(t, h, post("/api/v1/calls/search", `{"number":"`+canary+`"}`), amy); w.Code != 403 {
		t.Errorf("search: %d", w.Code)
	}
}

// A day later the call is history: its story may still be read, its sound and its caller may not.
func TestAgentListensForADay(t *testing.T) {
	s := newStage()
	h, amy := s.console().Handler(), ""
	for wait, want := range map[time.Duration]int{22 * time.Hour: 200, 24 * time.Hour: 404} {
		s.clock = callTime.Add(wait + time.Minute)
		amy = s.as(access.Agent)
		if w := asks(t, h, get(itsSound), amy); w.Code != want {
			t.Errorf("sound after %v: %d", wait, w.Code)
		}
		if w := asks(t, h, post("/api/v1/calls/c1/reveal", `{"reason":"call back"}`), amy); w.Code != want {
			t.Errorf("caller after %v: %d", wait, w.Code)
		}
		for _, path := range itsCall {
			if w := asks(t, h, get(path), amy); w.Code != 200 {
				t.Errorf("%s after %v: %d", path, wait, w.Code)
			}
		}
	}
}

func TestSupervisorSaysWhySheListens(t *testing.T) {
	s := newStage()
	h, secret := s.console().Handler(), s.loginOf("sue", access.Grant{Role: access.Supervisor, Clinics: []string{"harbor"}})
	for query, want := range map[string]int{"": 422, "?reason=": 422, "?reason=+1+212+555+0199": 422, "?reason=%07bell": 422, "?reason=complaint+of+today": 200} {
		if w := asks(t, h, get(itsSound+query), secret); w.Code != want {
			t.Errorf("%q: %d %s", query, w.Code, w.Body)
		}
	}
	if e := s.remembered(audit.RecordingPlayed); len(e) != 1 || e[0].Reason != "complaint of today" || s.opened != 1 {
		t.Errorf("%+v", e)
	}
	if w := asks(t, h, get(itsSound+"?reason=curious"), s.in(access.Supervisor, "bay")); w.Code != 200 && w.Code != 404 {
		t.Errorf("%d", w.Code)
	}
}

// Two grants add up, and neither lends the other its clinics.
func TestGrantsDoNotLendEachOtherClinics(t *testing.T) {
	s := newStage()
	h := s.console().Handler()
	secret := s.loginOf("dee", access.Grant{Role: access.Supervisor, Clinics: []string{"bay"}}, access.Grant{Role: access.Scheduler, Clinics: []string{"harbor"}})
	for path, want := range map[string]int{
		"/api/v1/calls/c1": 404, "/api/v1/recordings/r1": 404, "/api/v1/schedules/c1": 200, "/api/v1/clinics/harbor": 200,
		"/api/v1/calls?clinic=harbor": 404, "/api/v1/calls?clinic=bay": 200, "/api/v1/schedules?clinic=harbor": 200, "/api/v1/schedules?clinic=pier": 404,
	} {
		if w := asks(t, h, get(path), secret); w.Code != want {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	if w := asks(t, h, changing(http.MethodPut, "/api/v1/clinics/harbor/hours", example["put-hours"], "*"), secret); w.Code != 200 {
		t.Errorf("hours of harbor: %d", w.Code)
	}
	if w := asks(t, h, changing(http.MethodDelete, "/api/v1/schedules/c1", "", "*"), s.loginOf("dee", access.Grant{Role: access.Scheduler, Clinics: []string{"bay"}})); w.Code != 404 {
		t.Errorf("a schedule of another clinic: %d", w.Code)
	}
}

// A grant that is over, or not yet, gives nothing: whatever the port says.
func TestGrantsHoldInTheirTime(t *testing.T) {
	s := newStage()
	h := s.console().Handler()
	for name, g := range map[string]access.Grant{
		"ended":     {Role: access.Supervisor, Ended: s.now().Add(-time.Second)},
		"ran out":   {Role: access.Supervisor, Until: s.now()},
		"not begun": {Role: access.Supervisor, From: s.now().Add(time.Second)},
		"no role":   {Role: "owner"},
	} {
		if w := asks(t, h, get("/api/v1/calls"), s.login(g)); w.Code != 403 {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
}

func TestClinicianTradesHerOwnShifts(t *testing.T) {
	s := newStage()
	h := s.console().Handler()
	her := access.Grant{Role: access.Clinician, Clinics: []string{"harbor"}}
	other := access.Grant{Role: access.Clinician, Clinics: []string{"bay"}}
	offer := func(who string) *http.Request {
		return post("/api/v1/offers", strings.Replace(example["make-offer"], "amy", who, 1))
	}
	for _, c := range []struct {
		req   *http.Request
		grant access.Grant
		want  int
	}{
		{offer("amy"), her, 200}, {offer("bo"), her, 403}, {offer("amy"), other, 404},
		{post("/api/v1/offers/c1/take", `{"person":"amy"}`), her, 200}, {post("/api/v1/offers/c1/take", `{"person":"bo"}`), her, 403},
		{post("/api/v1/offers/c1/withdraw", `{}`), her, 200}, {post("/api/v1/offers/c1/approve", `{}`), her, 403},
		{changing(http.MethodPost, "/api/v1/schedules/c1/edits", example["edit-schedule"], "*"), her, 403},
	} {
		if w := asks(t, h, c.req, s.login(c.grant)); w.Code != c.want {
			t.Errorf("%s %v: %d, want %d", c.req.URL, c.grant.Clinics, w.Code, c.want)
		}
	}
}

// What a clinician phones in bends the rota for a day, in the agent's own clinics.
func TestCalledInCoverLastsADay(t *testing.T) {
	s := newStage()
	h := s.console().Handler()
	cover := func(start, end time.Duration) *http.Request {
		at := func(d time.Duration) string { return s.now().Add(d).Format(time.RFC3339) }
		return post("/api/v1/schedules/c1/called-in", `{"from":"bo","cover":"wu","start":"`+at(start)+`","end":"`+at(end)+`","confirmed":"pin"}`)
	}
	for _, c := range []struct {
		req    *http.Request
		clinic string
		want   int
	}{
		{cover(0, 24*time.Hour), "harbor", 200}, {cover(0, 24*time.Hour+time.Second), "harbor", 422}, {cover(-time.Hour, time.Hour), "harbor", 422},
		{cover(2*time.Hour, time.Hour), "harbor", 422}, {cover(0, time.Hour), "bay", 404},
		{post("/api/v1/schedules/c1/called-in", strings.Replace(example["cover-called-in"], "call_back", "she said so", 1)), "harbor", 422},
		{post("/api/v1/schedules/c1/called-in", strings.Replace(example["cover-called-in"], "wu", "bo", 1)), "harbor", 422},
	} {
		if w := asks(t, h, c.req, s.in(access.Agent, c.clinic)); w.Code != c.want {
			t.Errorf("%d, want %d: %s", w.Code, c.want, w.Body)
		}
	}
	if e := s.remembered(audit.CoverRecorded); len(e) != 1 || e[0].Facts["confirmed"] != "pin" || len(s.revisions) != 1 || s.revisions[0].By.ID != "amy" {
		t.Errorf("%+v %+v", e, s.revisions)
	}
}

// An office proposes roles of its own clinic's people, and ends them; it sees no other clinic's.
func TestOfficeKeepsToItsClinic(t *testing.T) {
	s := newStage()
	h, office := s.console().Handler(), ""
	propose := func(role, clinics string) *http.Request {
		return post("/api/v1/grants", `{"person":"cy","role":"`+role+`","clinics":[`+clinics+`],"reason":"joins us"}`)
	}
	for _, c := range []struct {
		req  *http.Request
		want int
	}{
		{propose("clinician", `"harbor"`), 200}, {propose("agent", `"harbor"`), 403}, {propose("admin", `"harbor"`), 403},
		{propose("clinician", `"bay"`), 403}, {propose("clinician", `"harbor","bay"`), 403}, {propose("clinician", ``), 403},
		{propose("owner", `"harbor"`), 422}, {changing(http.MethodDelete, "/api/v1/grants/c1?reason=moved", "", ""), 204},
		{changing(http.MethodDelete, "/api/v1/grants/g3?reason=moved", "", ""), 404},
		{post("/api/v1/proposals/c1/approve", `{"reason":"as agreed"}`), 403},
		{post("/api/v1/proposals/c1/withdraw", `{"reason":"as agreed"}`), 404},
		{post("/api/v1/proposals/hers/withdraw", `{"reason":"as agreed"}`), 200},
	} {
		office = s.in(access.Office, "harbor")
		if w := asks(t, h, c.req, office); w.Code != c.want {
			t.Errorf("%s %s: %d, want %d: %s", c.req.Method, c.req.URL, w.Code, c.want, w.Body)
		}
	}
	for path, hidden := range map[string]string{"/api/v1/grants": "bay", "/api/v1/proposals": "bay"} {
		w := asks(t, h, get(path), office)
		if w.Code != 200 || strings.Contains(w.Body.String(), hidden) || !strings.Contains(w.Body.String(), "harbor") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}

// Two people are two people: whoever proposed cannot approve, and nobody acts on her own account or training.
func TestNobodyIsHerOwnSecondPerson(t *testing.T) {
	s := newStage()
	h, secret := s.console().Handler(), s.everything()
	for _, req := range []*http.Request{
		post("/api/v1/proposals/hers/approve", `{"reason":"as agreed"}`), post("/api/v1/proposals/hers/reject", `{"reason":"as agreed"}`),
		post("/api/v1/people/amy/suspend", `{"reason":"as agreed"}`), post("/api/v1/people/amy/reinstate", `{"reason":"as agreed"}`),
		post("/api/v1/people/amy/terminate", `{"reason":"as agreed"}`), post("/api/v1/people/amy/training", `{"course":"privacy"}`),
	} {
		if w := asks(t, h, req, secret); w.Code != 409 || problemOf(t, w).Type != "nightbell:refused" {
			t.Errorf("%s: %d", req.URL, w.Code)
		}
	}
	if len(s.changes) > 0 {
		t.Errorf("%d changes", len(s.changes))
	}
}

type stageLog struct {
	stageAudit
	rows []AuditRow
}

func (l stageLog) List(context.Context, AuditQuery) (AuditPage, error) {
	return AuditPage{Items: append([]AuditRow{}, l.rows...)}, nil
}

// Of the log a clinic's office reads who touched what is its own, an admin how the house runs, an auditor all of it.
func TestWhoReadsWhichPartOfTheLog(t *testing.T) {
	s := newStage()
	ports := s.ports()
	ports.Audit = stageLog{stageAudit{s}, []AuditRow{
		{Seq: 1, Object: "call:c1", Clinic: "harbor"}, {Seq: 2, Object: "call:c2", Clinic: "bay"}, {Seq: 3, Object: "device:d1"},
		{Seq: 4, Object: "calls", Classes: []string{"number"}}, {Seq: 5, Object: "clinic:harbor", Clinic: "harbor"},
	}}
	h := New(Config{Ports: ports, Now: s.now}).Handler()
	for secret, want := range map[string]string{
		s.in(access.Office, "harbor"): "1 5", s.as(access.Admin): "3 5", s.as(access.Auditor): "1 2 3 4 5",
		s.in(access.Compliance, "bay"): "2", s.token("bay", AuditRead): "2",
	} {
		var page AuditPage
		if err := json.Unmarshal(asks(t, h, get("/api/v1/audit"), secret).Body.Bytes(), &page); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range page.Items {
			got = append(got, string(rune('0'+r.Seq)))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("got %v, want %s", got, want)
		}
	}
}

// Limited mode leaves answering; paperwork leaves her own pages, on which it can be put in order.
func TestLapsedLoginKeepsWhatThePatientNeeds(t *testing.T) {
	s := newStage()
	h, secret := s.console().Handler(), s.as(access.Agent)
	for mode, want := range map[LoginMode][4]int{Full: {200, 200, 200, 200}, Limited: {200, 403, 403, 200}, Paperwork: {403, 403, 403, 200}} {
		s.mode(mode)
		for n, req := range []*http.Request{
			changing(http.MethodPut, "/api/v1/me/ready", example["make-ready"], ""), get("/api/v1/calls"), get(itsSound),
			post("/api/v1/me/acknowledgements", example["acknowledge"]),
		} {
			if w := asks(t, h, req, secret); w.Code != want[n] {
				t.Errorf("%s, %s: %d", mode, req.URL, w.Code)
			}
		}
	}
}

// The gate says every reason at once.
func TestGateSaysEveryReason(t *testing.T) {
	s := newStage()
	s.gate = []string{"training lapsed", "no device"}
	w := asks(t, s.console().Handler(), changing(http.MethodPut, "/api/v1/me/ready", example["make-ready"], ""), s.as(access.Agent))
	if p := problemOf(t, w); p.Status != 403 || p.Type != "nightbell:gate" || len(p.Errors) != 2 || p.Errors[1].Text != "no device" {
		t.Errorf("%+v", p)
	}
}

// A token gets no scope that only people may hold, and none that its maker has not.
func TestTokensStayBelowTheirMaker(t *testing.T) {
	s := newStage()
	c := s.console()
	for _, scope := range scopesOf(PeopleOnly) {
		w := asks(t, c.Operator("uid:0"), post("/api/v1/tokens", `{"name":"n","scopes":["`+string(scope)+`"]}`), "")
		if made := w.Code == 200; made != scope.heldBy(Anyone) {
			t.Errorf("%s by the operator: %d", scope, w.Code)
		}
		w = asks(t, c.Handler(), post("/api/v1/tokens", `{"name":"n","scopes":["`+string(scope)+`"]}`), s.as(access.Admin))
		may := (Claim{Bound: bound(access.Admin, scope)}).enough(House)
		if made := w.Code == 200; made != (scope.heldBy(Anyone) && may) {
			t.Errorf("%s by an admin: %d", scope, w.Code)
		}
	}
}
