package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"nightbell/console"
)

// desk is a data folder with the demo's book, asked over its API at a moment of our own.
type desk struct {
	t       *testing.T
	office  *office
	handler http.Handler
	tokens  http.Handler
}

// monday is noon in New York on the day before the demo's rotation hands over to amy again.
var monday = time.Date(2026, 11, 23, 17, 0, 0, 0, time.UTC)

func newDesk(t *testing.T) *desk {
	t.Helper()
	cfg, err := LoadConfig(filepath.Join(developed(t), configName), "")
	if err != nil {
		t.Fatal(err)
	}
	o, err := openOffice(t.Context(), cfg, nil)
	if err != nil || o.Sealed != nil {
		t.Fatal(err, o.Sealed)
	}
	t.Cleanup(func() {
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	})
	o.now = func() time.Time { return monday }
	c := console.New(console.Config{Ports: o.ports(stopped{o.Config.Mode}), Now: o.now})
	return &desk{t, o, c.Operator("test"), c.Handler()}
}

// reply is an answer with its status and tag.
type reply struct {
	code int
	tag  string
	body string
}

func (r reply) into(t *testing.T, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(r.body), v); err != nil {
		t.Fatalf("%v: %d %s", err, r.code, r.body)
	}
}

func (d *desk) ask(method, path, match, body string) reply {
	return ask(d.handler, method, path, map[string]string{"If-Match": match}, body)
}

func ask(h http.Handler, method, path string, headers map[string]string, body string) reply {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for name, value := range headers {
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return reply{w.Code, w.Header().Get("ETag"), w.Body.String()}
}

// must asks and expects 200.
func (d *desk) must(method, path, match, body string) reply {
	d.t.Helper()
	r := d.ask(method, path, match, body)
	if r.code >= 300 {
		d.t.Fatalf("%s %s: %d %s", method, path, r.code, r.body)
	}
	return r
}

// problem asks and expects a refusal.
func (d *desk) problem(method, path, match, body string, want int) console.Problem {
	d.t.Helper()
	r := d.ask(method, path, match, body)
	var p console.Problem
	r.into(d.t, &p)
	if r.code != want {
		d.t.Errorf("%s %s: %d, want %d: %s", method, path, r.code, want, r.body)
	}
	return p
}

const agentRota = "/api/v1/schedules/agents"

// who stands in tier 1 at an instant.
func (d *desk) who(at string) string {
	d.t.Helper()
	var v struct{ Items []console.Standing }
	d.must("GET", "/api/v1/oncall?schedule=agents&at="+at, "", "").into(d.t, &v)
	if len(v.Items) == 0 {
		d.t.Fatal("nobody answers for the schedule")
	}
	return v.Items[0].Person
}

// Tonight's cover: one call, in force at once, explained, undone.
func TestCoverTonightAndUndoIt(t *testing.T) {
	d := newDesk(t)
	const night = "2026-11-24T03:00:00Z"
	before := d.who(night)
	other := map[string]string{"amy": "bo", "bo": "carol", "carol": "amy"}[before]
	r := d.must("POST", agentRota+"/edits", "*", `{"edits":[{"do":"cover","from":"`+before+`","person":"`+other+
		`","start":"2026-11-23T17:00","end":"2026-11-24T08:00","reason":"school play"}]}`)
	var saved console.Saved
	r.into(t, &saved)
	if len(saved.Edits) != 1 || saved.Report == nil || len(saved.Report.Affected) != 2 || r.tag != `"`+saved.Tag+`"` {
		t.Errorf("%s", r.body)
	}
	if got := d.who(night); got != other {
		t.Errorf("tonight %s stands, not %s", got, other)
	}
	var why console.Explanation
	d.must("GET", "/api/v1/oncall/why?schedule=agents&at="+night, "", "").into(t, &why)
	if !strings.Contains(strings.Join(why.Because, "\n"), "covers "+before+" by override "+saved.Edits[0]) || why.Local != "Mon 2026-11-23 22:00:00 EST" {
		t.Errorf("%+v", why)
	}
	d.must("POST", agentRota+"/edits", r.tag, `{"edits":[{"do":"undo","of":"`+saved.Edits[0]+`"}]}`)
	if got := d.who(night); got != before {
		t.Errorf("after the undo %s stands, not %s", got, before)
	}
	var v console.ScheduleView
	d.must("GET", agentRota, "", "").into(t, &v)
	if len(v.Edits) != 2 || !v.Edits[0].Undone || v.Edits[0].Reason != "school play" {
		t.Errorf("%+v", v.Edits)
	}
}

// What was read is sent back as it is: nothing changes, no version is made.
func TestScheduleSentBackIsNoChange(t *testing.T) {
	d := newDesk(t)
	for path, drop := range map[string][]string{
		agentRota: {"id", "tiers", "edits", "etag"}, "/api/v1/clinics/harbor": {"id", "numbers", "schedules", "etag"},
	} {
		r := d.must("GET", path, "", "")
		var v map[string]any
		r.into(t, &v)
		for _, name := range drop {
			delete(v, name)
		}
		body, _ := json.Marshal(v)
		var saved console.Saved
		again := d.must("PUT", path, r.tag, string(body))
		again.into(t, &saved)
		if again.tag != r.tag || len(saved.Edits) != 0 || len(saved.Changes) != 0 {
			t.Errorf("%s: %s became %s: %s", path, r.tag, again.tag, again.body)
		}
	}
}

// Two editors of one schedule: the second is told what the first did. Two of two things: nobody notices.
func TestTwoEditorsOfOneScheduleConflict(t *testing.T) {
	d := newDesk(t)
	seen := d.must("GET", agentRota, "", "")
	clinic := d.must("GET", "/api/v1/clinics/harbor", "", "")
	d.must("POST", agentRota+"/edits", seen.tag, `{"edits":[{"do":"assign","person":"carol","start":"2026-11-25T08:00","end":"2026-11-25T17:00"}]}`)
	p := d.problem("POST", agentRota+"/edits", seen.tag, `{"edits":[{"do":"assign","person":"bo","start":"2026-11-25T08:00","end":"2026-11-25T17:00"}]}`, 412)
	if p.Type != "nightbell:stale" || len(p.Changes) != 1 || p.Changes[0].Field != "edits[0]" || p.Tag == "" {
		t.Errorf("%+v", p)
	}
	if got := d.who("2026-11-25T15:00:00Z"); got != "carol" {
		t.Errorf("%s stands", got)
	}
	d.must("PUT", "/api/v1/clinics/harbor/hours", clinic.tag, `{"hours":[{"days":[1,2,3,4,5],"start":"09:00","end":"17:00"}]}`)
}

// Twenty editors of two schedules at once: every edit is stored once, none is lost.
func TestEditorsAtOnceLoseNothing(t *testing.T) {
	d := newDesk(t)
	const second = "/api/v1/schedules/second"
	body := `{"clinic":"harbor","name":"Backup","layers":[{"id":"all","rotation":{"anchor":"2026-11-02T08:00:00","every":"1w","members":["dr-lee"]}}]}`
	if made := ask(d.handler, "PUT", second, map[string]string{"If-None-Match": "*"}, body); made.code != 200 {
		t.Fatal(made.body)
	}
	var wait sync.WaitGroup
	for i := range 20 {
		path := []string{agentRota, second}[i%2]
		wait.Go(func() {
			day := fmt.Sprintf("2026-12-%02d", i+1)
			r := d.ask("POST", path+"/edits", "*", `{"edits":[{"do":"add","person":"bo","start":"`+day+`T08:00","end":"`+day+`T17:00"}]}`)
			if r.code != 200 {
				t.Errorf("edit %d: %d %s", i, r.code, r.body)
			}
		})
	}
	wait.Wait()
	for _, path := range []string{agentRota, second} {
		var v console.ScheduleView
		d.must("GET", path, "", "").into(t, &v)
		if len(v.Edits) != 10 {
			t.Errorf("%s: %d edits", path, len(v.Edits))
		}
	}
}

// A rota with a hole is stored with a reason or not at all.
func TestGapIsStoredWithAReasonOrNotAtAll(t *testing.T) {
	d := newDesk(t)
	seen := d.must("GET", agentRota, "", "")
	body := `{"edits":[{"do":"nobody","start":"2026-12-24T17:00","end":"2026-12-26T08:00","reason":"Christmas"}]%s}`
	p := d.problem("POST", agentRota+"/edits", seen.tag, fmt.Sprintf(body, ""), 409)
	if p.Type != "nightbell:gap" || len(p.Gaps) != 1 || p.Gaps[0].Schedule != "agents" || !p.Gaps[0].Start.Equal(time.Date(2026, 12, 24, 22, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", p)
	}
	if again := d.must("GET", agentRota, "", ""); again.tag != seen.tag {
		t.Error("something was stored")
	}
	d.must("POST", agentRota+"/edits", seen.tag, fmt.Sprintf(body, `,"acknowledge_gap":"closed, the machine answers"`))
	var gaps struct{ Items []struct{ Schedule string } }
	d.must("GET", "/api/v1/oncall/gaps?clinic=harbor", "", "").into(t, &gaps)
	if len(gaps.Items) != 1 {
		t.Errorf("%+v", gaps)
	}
	var log struct{ Items []console.AuditRow }
	d.must("GET", "/api/v1/audit?action=gap.acknowledged", "", "").into(t, &log)
	if len(log.Items) != 1 || log.Items[0].Reason != "closed, the machine answers" || log.Items[0].Actor != "operator:test" {
		t.Errorf("%+v", log)
	}
	d.problem("POST", agentRota+"/edits", "*", `{"edits":[{"do":"assign","person":"amy","start":"2026-12-01T08:00","end":"2026-12-02T08:00"},
		{"do":"assign","person":"nobody-here","start":"2026-12-01T08:00","end":"2026-12-02T08:00"}]}`, 422)
	var v console.ScheduleView
	d.must("GET", agentRota, "", "").into(t, &v)
	if len(v.Edits) != 1 {
		t.Errorf("half of a refused change was stored: %+v", v.Edits)
	}
}

// A new version holds from its hour on; the one before can be read, and restored.
func TestOldVersionRestores(t *testing.T) {
	d := newDesk(t)
	was := d.who("2026-12-10T15:00:00Z")
	put := `{"clinic":"harbor","name":"Agents on duty","layers":[{"id":"daily","rotation":{"anchor":"2026-11-02T08:00:00","every":"1w","members":["carol"]}}],
		"effective":"2026-12-01T08:00","reason":"carol takes it all"}`
	var saved console.Saved
	d.must("PUT", agentRota, "*", put).into(t, &saved)
	if len(saved.Edits) != 1 || d.who("2026-12-10T15:00:00Z") != "carol" {
		t.Fatalf("%+v", saved)
	}
	var list struct{ Items []console.VersionView }
	d.must("GET", agentRota+"/versions", "", "").into(t, &list)
	if len(list.Items) != 2 || list.Items[0].Version != 2 || list.Items[0].Reason != "carol takes it all" || len(list.Items[0].Changes) != 1 {
		t.Fatalf("%+v", list)
	}
	var first console.VersionView
	d.must("GET", agentRota+"/versions/1", "", "").into(t, &first)
	if first.Body == nil || len(first.Body.Layers) != 1 || first.Body.Layers[0].Rotation.Every != "1d" {
		t.Errorf("%+v", first)
	}
	d.must("POST", agentRota+"/restore", "*", `{"version":1,"effective":"2026-12-01T08:00","reason":"a mistake"}`)
	var v console.ScheduleView
	d.must("GET", agentRota, "", "").into(t, &v)
	if v.Layers[0].Rotation.Every != "1d" || len(v.Layers[0].Rotation.Members) != 3 {
		t.Errorf("%+v (was %s)", v.Layers, was)
	}
}

// A preview answers as the rules would, and leaves no trace.
func TestPreviewStoresNothing(t *testing.T) {
	d := newDesk(t)
	seen := d.must("GET", agentRota, "", "")
	var p console.Preview
	d.must("POST", agentRota+"/preview", "", `{"edits":[{"do":"nobody","start":"2026-11-30T08:00","end":"2026-12-01T08:00","reason":"x"}]}`).into(t, &p)
	if len(p.Report.NewGaps) != 1 || len(p.Shifts) == 0 || len(p.Before) == 0 || len(p.Because) == 0 {
		t.Errorf("%+v", p)
	}
	var made console.Preview
	d.must("POST", "/api/v1/schedules/unborn/preview", "", `{"schedule":{"clinic":"harbor","name":"x","layers":[]}}`).into(t, &made)
	if len(made.Report.NewGaps) == 0 {
		t.Errorf("an empty schedule is no gap: %+v", made.Report)
	}
	if again := d.must("GET", agentRota, "", ""); again.tag != seen.tag {
		t.Error("a preview was stored")
	}
	d.problem("GET", "/api/v1/schedules/unborn", "", "", 404)
}

// Every bad input of a rota is refused with the field and the reason.
func TestBadRulesNameTheirField(t *testing.T) {
	d := newDesk(t)
	seen := d.must("GET", agentRota, "", "")
	edit := func(text string) string { return `{"edits":[` + text + `],"acknowledge_gap":"no matter"}` }
	for body, field := range map[string]string{
		edit(`{"do":"assign","person":"amy","start":"2026-11-02T08:00","end":"2026-11-03T08:00"}`): "body.edits[0].end",
		edit(`{"do":"assign","person":"amy","start":"2026-12-02T08:00","end":"2026-12-02T08:00"}`): "body.edits[0].end",
		edit(`{"do":"assign","person":"amy","start":"2026-13-02T08:00","end":"2026-12-02T08:00"}`): "body.edits[0].start",
		edit(`{"do":"assign","person":"amy","start":"2026-12-02T08:00","end":"9999-12-31T08:00"}`): "body.edits[0].end",
		edit(`{"do":"assign","person":"zoe","start":"2026-12-02T08:00","end":"2026-12-03T08:00"}`): "body.edits[0].person",
		edit(`{"do":"nobody","start":"2026-12-02T08:00","end":"2026-12-03T08:00"}`):                "body.edits[0].reason",
		edit(`{"do":"undo","of":"nothing"}`):                                                       "body.edits[0].of",
		edit(`{"do":"dance"}`):                                                                     "body.edits[0].do",
		edit(`{"do":"members","layer":"daily","members":[]}`):                                      "body.edits[0].members",
		edit(`{"do":"members","layer":"daily","members":["amy"],"effective":"2026-11-01T08:00"}`):  "body.edits[0].effective",
		edit(`{"do":"swap","layer":"weekly","a":{"period":40},"b":{"period":41}}`):                 "body.edits[0]",
	} {
		p := d.problem("POST", agentRota+"/edits", "*", body, 422)
		if len(p.Errors) == 0 || !strings.HasPrefix(p.Errors[0].Field, field) {
			t.Errorf("%s: %+v", body, p.Errors)
		}
	}
	many := strings.TrimSuffix(strings.Repeat(`{"id":"l","rotation":{}},`, 10_000), ",")
	for body, field := range map[string]string{
		`{"clinic":"nowhere","name":"x","layers":[]}`:                                                                                  "body.clinic",
		`{"clinic":"harbor","name":"x","zone":"Mars/Olympus","layers":[]}`:                                                             "body.zone",
		`{"clinic":"harbor","name":"a\u0007b","layers":[]}`:                                                                            "body.name",
		`{"clinic":"harbor","name":"x","layers":[` + many + `]}`:                                                                       "body.layers",
		`{"clinic":"harbor","name":"x","layers":[{"id":"a","rotation":{"anchor":"2026-13-01T00:00","every":"1d","members":["amy"]}}]}`: "body.layers[0].rotation.anchor",
		`{"clinic":"harbor","name":"x","layers":[{"id":"a","rotation":{"anchor":"2026-12-01T00:00","every":"1y","members":["amy"]}}]}`: "body.layers[0].rotation.every",
	} {
		p := d.problem("PUT", agentRota, "*", body, 422)
		if len(p.Errors) == 0 || p.Errors[0].Field != field {
			t.Errorf("%.90s: %+v", body, p.Errors)
		}
	}
	if again := d.must("GET", agentRota, "", ""); again.tag != seen.tag {
		t.Error("something was stored")
	}
}

// An offer is made to a pool, taken, and the shift changes hands in the same transaction; the second taker is too late.
func TestOfferedShiftChangesHands(t *testing.T) {
	d := newDesk(t)
	var shifts struct{ Items []console.Shift }
	d.must("GET", "/api/v1/oncall/shifts?schedule=agents&from=2026-11-27T00:00:00Z&to=2026-12-05T00:00:00Z", "", "").into(t, &shifts)
	var mine console.Shift
	for _, s := range shifts.Items {
		if s.Person == "amy" && s.Start.After(monday.Add(96*time.Hour)) {
			mine = s
			break
		}
	}
	var offer console.OfferView
	d.must("POST", "/api/v1/offers", "", fmt.Sprintf(`{"schedule":"agents","layer":"daily","kind":"pool","from":"amy","a":{"period":%d},"reason":"wedding"}`, mine.Period)).into(t, &offer)
	if offer.State != "open" || !offer.Closes.Equal(mine.Start) || offer.Clinic != "harbor" {
		t.Fatalf("%+v of %+v", offer, mine)
	}
	path := "/api/v1/offers/" + offer.ID
	d.problem("POST", path+"/take", "", `{"person":"amy"}`, 422)
	d.must("POST", path+"/take", "", `{"person":"bo"}`).into(t, &offer)
	if offer.State != "approved" || offer.TakenBy != "bo" {
		t.Errorf("%+v", offer)
	}
	if got := d.who(mine.Start.Add(time.Hour).Format(time.RFC3339)); got != "bo" {
		t.Errorf("%s stands", got)
	}
	d.problem("POST", path+"/take", "", `{"person":"carol"}`, 409)
}

// A person's calendar: who has its address reads it, every change has the next SEQUENCE, revoked it is gone.
func TestFeedFollowsTheRota(t *testing.T) {
	d := newDesk(t)
	var feed struct{ ID, Path string }
	d.must("POST", "/api/v1/feeds", "", `{"kind":"person","subject":"carol"}`).into(t, &feed)
	first := ask(d.tokens, "GET", feed.Path, nil, "")
	if first.code != 200 || !strings.Contains(first.body, "BEGIN:VEVENT") || strings.Contains(first.body, "Chen") || !strings.Contains(first.body, "TRANSP:TRANSPARENT") {
		t.Fatalf("%d %.300s", first.code, first.body)
	}
	if again := ask(d.tokens, "GET", feed.Path, nil, ""); again.body != first.body {
		t.Error("the same rota reads differently")
	}
	d.must("POST", "/api/v1/people/carol/edits", "*", `{"edit":{"do":"absence","cover":"bo","start":"2026-12-01T00:00:00-05:00","end":"2026-12-15T00:00:00-05:00"}}`)
	after := ask(d.tokens, "GET", feed.Path, nil, "")
	if !strings.Contains(after.body, "STATUS:CANCELLED") || !strings.Contains(after.body, "SEQUENCE:1") {
		t.Errorf("leave cancels nothing: %.300s", after.body)
	}
	d.must("DELETE", "/api/v1/feeds/"+feed.ID, "", "")
	if gone := ask(d.tokens, "GET", feed.Path, nil, ""); gone.code != 404 {
		t.Errorf("revoked: %d", gone.code)
	}
}

// A rota from elsewhere: first the difference, then the plan; a name that is nobody refuses it.
func TestRotaFromElsewhere(t *testing.T) {
	d := newDesk(t)
	file := func(who string) string {
		b, _ := json.Marshal(map[string]any{"format": "csv", "name": "rota.csv", "people": map[string]string{"Dr Chen": "carol"},
			"content": "person,start,end\n" + who + ",2026-12-05T08:00,2026-12-06T08:00\nbo,2026-12-06T08:00,2026-12-07T08:00\n"})
		return string(b)
	}
	var diff console.RotaDifference
	d.must("POST", agentRota+"/import/check", "", file("Dr Chen")).into(t, &diff)
	if len(diff.Shifts) != 2 || len(diff.Unknown) != 0 || diff.Shifts[0].Person != "carol" {
		t.Errorf("%+v", diff)
	}
	d.must("POST", agentRota+"/import/check", "", file("Dr Who")).into(t, &diff)
	if len(diff.Unknown) != 1 || diff.Unknown[0] != "Dr Who" {
		t.Errorf("%+v", diff)
	}
	d.problem("POST", agentRota+"/import", "*", file("Dr Who"), 422)
	d.must("POST", agentRota+"/import", "*", file("Dr Chen"))
	if a, b := d.who("2026-12-05T20:00:00Z"), d.who("2026-12-06T20:00:00Z"); a != "carol" || b != "bo" {
		t.Errorf("%s, %s", a, b)
	}
}

// A vendor's calls run against our rota before the clinic moves over.
func TestVendorsLogIsReplayed(t *testing.T) {
	d := newDesk(t)
	who := d.who("2026-11-20T15:00:00Z")
	log, _ := json.Marshal(map[string]any{"clinic": "harbor", "log": "number,time,reached\n+12125550100,2026-11-20T15:00:00Z," + who +
		"\n+12125550100,2026-11-20T16:00:00Z,dr-lee\nnonsense,2026-11-20T16:00:00Z,amy\n"})
	var v console.Replayed
	d.must("POST", "/api/v1/oncall/replay/log", "", string(log)).into(t, &v)
	if v.Total != 2 || v.Others != 1 || len(v.Refused) != 1 || len(v.Differences) != 1 {
		t.Errorf("%+v", v)
	}
	d.must("POST", "/api/v1/oncall/replay", "", `{}`).into(t, &v)
	if v.Total != 0 {
		t.Errorf("calls that never were: %+v", v)
	}
}

// People: names stay hidden, a stale editor is told, a phone that is none is refused without being repeated.
func TestPersonIsChangedByOneAtATime(t *testing.T) {
	d := newDesk(t)
	seen := d.must("GET", "/api/v1/people/dr-lee", "", "")
	if strings.Contains(seen.body, "Morgan") || strings.Contains(seen.body, "0142") {
		t.Errorf("%s", seen.body)
	}
	p := d.problem("PUT", "/api/v1/people/dr-lee", seen.tag, `{"role":"clinician","active":true,"phone":"555-01"}`, 422)
	if len(p.Errors) != 1 || p.Errors[0].Field != "body.phone" {
		t.Errorf("%+v", p)
	}
	r := d.must("PUT", "/api/v1/people/dr-lee", seen.tag, `{"role":"clinician","active":true,"phone":"+12125550143"}`)
	if r.tag == seen.tag || strings.Contains(r.body, "0143") {
		t.Errorf("%s", r.body)
	}
	d.problem("PUT", "/api/v1/people/dr-lee", seen.tag, `{"role":"clinician","active":false}`, 412)
	var list struct{ Items []console.PersonView }
	d.must("POST", "/api/v1/people/reveal", "", `{"reason":"calling her"}`).into(t, &list)
	lee := slices.IndexFunc(list.Items, func(p console.PersonView) bool { return p.ID == "dr-lee" })
	if lee < 0 {
		t.Fatalf("%+v", list.Items)
	}
	if got := list.Items[lee]; got.Phone != "+12125550143" || got.Name != "Dr. Morgan Lee" {
		t.Errorf("%+v", got)
	}
	made := ask(d.handler, "PUT", "/api/v1/people/dr-may", map[string]string{"If-None-Match": "*"}, `{"name":"May Moss","role":"clinician","active":true}`)
	if made.code != 200 {
		t.Errorf("%d %s", made.code, made.body)
	}
}
