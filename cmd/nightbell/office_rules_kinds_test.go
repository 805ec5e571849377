package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"nightbell/console"
	"nightbell/policy"
)

// edited makes one edit of the demo's rota and gives what was saved.
func (d *desk) edited(text string) console.Saved {
	d.t.Helper()
	var saved console.Saved
	d.must("POST", agentRota+"/edits", "*", `{"edits":[`+text+`]}`).into(d.t, &saved)
	return saved
}

func (d *desk) shift(person string, after time.Time) console.Shift {
	d.t.Helper()
	var v struct{ Items []console.Shift }
	from, to := after.Format(time.RFC3339), after.Add(14*24*time.Hour).Format(time.RFC3339)
	d.must("GET", "/api/v1/oncall/shifts?schedule=agents&from="+from+"&to="+to, "", "").into(d.t, &v)
	for _, s := range v.Items {
		if s.Person == person && s.Start.After(after) {
			return s
		}
	}
	d.t.Fatalf("%s has no shift", person)
	return console.Shift{}
}

// I take it over, now: from whoever stands, until her shift would have ended.
func TestTakeOverNow(t *testing.T) {
	d := newDesk(t)
	was := d.who(monday.Format(time.RFC3339))
	saved := d.edited(`{"do":"take_over","person":"dr-lee"}`)
	if got := d.who(monday.Format(time.RFC3339)); got != "dr-lee" {
		t.Errorf("%s stands", got)
	}
	var v console.ScheduleView
	d.must("GET", agentRota, "", "").into(t, &v)
	if e := v.Edits[0]; e.ID != saved.Edits[0] || e.From != was || e.End != "2026-11-24T13:00:00Z" {
		t.Errorf("%+v", e)
	}
}

func TestSwapAndGiveFollowTheShift(t *testing.T) {
	d := newDesk(t)
	a, b := d.shift("amy", monday), d.shift("bo", monday)
	d.edited(fmt.Sprintf(`{"do":"swap","layer":"daily","a":{"period":%d},"b":{"period":%d}}`, a.Period, b.Period))
	if x, y := d.who(a.Start.Format(time.RFC3339)), d.who(b.Start.Format(time.RFC3339)); x != "bo" || y != "amy" {
		t.Errorf("swapped: %s, %s", x, y)
	}
	c := d.shift("carol", monday)
	d.edited(fmt.Sprintf(`{"do":"give","layer":"daily","a":{"period":%d},"person":"dr-lee"}`, c.Period))
	if got := d.who(c.Start.Format(time.RFC3339)); got != "dr-lee" {
		t.Errorf("given: %s", got)
	}
}

// Leave is a person's, on every schedule; a swap with somebody on leave is refused; who covers whom may not run in a circle.
func TestLeaveAndDoNotDisturb(t *testing.T) {
	d := newDesk(t)
	leave := func(person, cover string) string {
		return `{"edit":{"do":"absence","person":"` + person + `","cover":"` + cover + `","start":"2026-12-01T00:00:00Z","end":"2026-12-20T00:00:00Z","reason":"leave"}}`
	}
	d.must("POST", "/api/v1/people/amy/edits", "*", leave("amy", "dr-lee"))
	p := d.problem("POST", "/api/v1/people/dr-lee/edits", "*", leave("dr-lee", "amy"), 422)
	if len(p.Errors) == 0 || p.Errors[0].Field != "body.edit.cover" {
		t.Errorf("a circle of cover: %+v", p.Errors)
	}
	p = d.problem("POST", "/api/v1/people/amy/edits", "*", leave("bo", "carol"), 422)
	if len(p.Errors) == 0 || p.Errors[0].Field != "body.edit.person" {
		t.Errorf("another person's leave: %+v", p.Errors)
	}
	p = d.problem("POST", "/api/v1/people/bo/edits", "*", `{"edit":{"do":"dnd","start":"2026-12-01T00:00:00Z","end":"2026-12-02T00:00:00Z"}}`, 422)
	if len(p.Errors) == 0 || p.Errors[0].Field != "body.edit.cover" {
		t.Errorf("do not disturb without a cover: %+v", p.Errors)
	}
	d.must("POST", "/api/v1/people/bo/edits", "*", `{"edit":{"do":"dnd","cover":"carol","start":"2026-11-30T00:00:00Z","end":"2026-12-02T00:00:00Z"}}`)
	var v console.PersonView
	r := d.must("GET", "/api/v1/people/amy", "", "")
	r.into(t, &v)
	if len(v.Edits) != 1 || v.Edits[0].Cover != "dr-lee" {
		t.Errorf("%+v", v.Edits)
	}
	d.problem("POST", "/api/v1/people/bo/edits", "*", `{"edit":{"do":"undo","of":"`+v.Edits[0].ID+`"}}`, 422)
	d.must("POST", "/api/v1/people/amy/edits", r.tag, `{"edit":{"do":"undo","of":"`+v.Edits[0].ID+`"}}`)
}

// A note shows with the shift while it holds, and is gone after it.
func TestNoteShowsWithTheShift(t *testing.T) {
	d := newDesk(t)
	d.edited(`{"do":"note","note":"pager is broken, ring twice","end":"2026-11-24T08:00"}`)
	for at, want := range map[string]int{"2026-11-23T23:00:00Z": 1, "2026-11-25T23:00:00Z": 0} {
		var why console.Explanation
		d.must("GET", "/api/v1/oncall/why?schedule=agents&at="+at, "", "").into(t, &why)
		if len(why.Notes) != want {
			t.Errorf("%s: %v", at, why.Notes)
		}
	}
}

// What was known at a past moment can be asked: an edit made since is not in it.
func TestAsKnownAt(t *testing.T) {
	d := newDesk(t)
	const night = "2026-11-24T03:00:00Z"
	was := d.who(night)
	d.edited(`{"do":"assign","person":"dr-lee","start":"2026-11-23T18:00","end":"2026-11-24T08:00"}`)
	if got := d.who(night + "&known_at=2026-11-23T16:00:00Z"); got != was {
		t.Errorf("known then: %s, not %s", got, was)
	}
	if got := d.who(night); got != "dr-lee" {
		t.Errorf("known now: %s", got)
	}
}

// A local time that comes twice is asked back: the first is taken, with a warning, unless the second is meant.
func TestLocalTimeThatComesTwice(t *testing.T) {
	d := newDesk(t)
	start := func(fold string) (console.Saved, console.Moment) {
		saved := d.edited(`{"do":"add","person":"dr-lee","start":"2027-11-07T01:30","end":"2027-11-07T08:00"` + fold + `}`)
		var v console.ScheduleView
		d.must("GET", agentRota, "", "").into(t, &v)
		return saved, v.Edits[len(v.Edits)-1].Start
	}
	if saved, at := start(""); at != "2027-11-07T05:30:00Z" || len(saved.Warnings) == 0 || !strings.Contains(saved.Warnings[0], "comes twice") {
		t.Errorf("%s %v", at, saved.Warnings)
	}
	if saved, at := start(`,"fold":"second"`); at != "2027-11-07T06:30:00Z" || len(saved.Warnings) != 0 {
		t.Errorf("%s %v", at, saved.Warnings)
	}
}

// Holidays are the clinic's data: the federal set is a start that may be edited.
func TestHolidaysAreEdited(t *testing.T) {
	d := newDesk(t)
	var federal struct{ Items []console.HolidayBody }
	d.must("GET", "/api/v1/holidays/us-federal", "", "").into(t, &federal)
	if len(federal.Items) != 11 {
		t.Fatalf("%d federal holidays", len(federal.Items))
	}
	body, _ := json.Marshal(map[string]any{"holidays": append(federal.Items, console.HolidayBody{Name: "Founder's birthday", Month: 5, Day: 4})})
	d.must("PUT", "/api/v1/clinics/harbor/holidays", "*", string(body))
	var v console.ClinicView
	d.must("GET", "/api/v1/clinics/harbor", "", "").into(t, &v)
	if len(v.Holidays) != 12 || v.Holidays[11].Day != 4 {
		t.Errorf("%+v", v.Holidays)
	}
	p := d.problem("PUT", "/api/v1/clinics/harbor/holidays", "*", `{"holidays":[{"name":"x","month":13,"day":1}]}`, 422)
	if len(p.Errors) == 0 || !strings.HasPrefix(p.Errors[0].Field, "body.holidays[0]") {
		t.Errorf("%+v", p.Errors)
	}
}

// A token of another clinic sees nothing of this one, in the real house too.
// A holiday on which a layer holds cannot be taken away under it.
func TestAHolidayInUseStays(t *testing.T) {
	d := newDesk(t)
	var v map[string]any
	d.must("GET", agentRota, "", "").into(t, &v)
	body := map[string]any{"name": v["name"], "clinic": v["clinic"], "layers": v["layers"]}
	feast := maps.Clone(v["layers"].([]any)[0].(map[string]any))
	feast["id"], feast["holidays"] = "feast", []string{"Thanksgiving"}
	body["layers"] = append([]any{feast}, v["layers"].([]any)...)
	text, _ := json.Marshal(body)
	d.must("PUT", agentRota, "*", string(text))
	p := d.problem("PUT", "/api/v1/clinics/harbor/holidays", "*", `{"holidays":[{"name":"x","month":1,"day":1}]}`, 422)
	if len(p.Errors) == 0 || p.Errors[0].Field != "body.holidays" || !strings.Contains(p.Errors[0].Text, "agents") {
		t.Errorf("%+v", p.Errors)
	}
}

func TestTokenOfAnotherClinicSeesNoRules(t *testing.T) {
	d := newDesk(t)
	clinic := `{"name":"Bay","zone":"America/Chicago","hours":[],"holidays":[],"open":[],"closed":[],"record":false}`
	if r := ask(d.handler, "PUT", "/api/v1/clinics/bay", map[string]string{"If-None-Match": "*"}, clinic); r.code != http.StatusOK {
		t.Fatal(r.body)
	}
	var token struct{ Secret string }
	d.must("POST", "/api/v1/tokens", "", `{"name":"bay","clinic":"bay","scopes":["rules:read","rules:write","cover:write","oncall:read"]}`).into(t, &token)
	auth := map[string]string{"Authorization": "Bearer " + token.Secret, "If-Match": "*"}
	for _, path := range []string{"/api/v1/clinics", "/api/v1/people", "/api/v1/schedules", "/api/v1/oncall", "/api/v1/oncall/gaps"} {
		r := ask(d.tokens, "GET", path, auth, "")
		if r.code != http.StatusOK || strings.Contains(r.body, "harbor") || strings.Contains(r.body, "amy") {
			t.Errorf("%s: %d %s", path, r.code, r.body)
		}
	}
	if r := ask(d.tokens, "GET", agentRota, auth, ""); r.code != http.StatusNotFound {
		t.Errorf("%d", r.code)
	}
	if r := ask(d.tokens, "POST", agentRota+"/edits", auth, `{"edits":[{"do":"assign","person":"amy","end":"2026-12-01T00:00"}]}`); r.code != http.StatusNotFound {
		t.Errorf("%d", r.code)
	}
}

// Whatever an edit or a schedule says: a mistake with its field or a rota that compiles, never a fault.
func FuzzRuleBodies(f *testing.F) {
	for _, seed := range []string{
		`{"do":"assign","person":"amy","start":"2026-12-02T08:00","end":"2026-12-03T08:00"}`, `{"do":"layers","layers":[{"id":"a"}]}`,
		`{"do":"swap","layer":"daily","a":{"period":-9223372036854775808},"b":{"period":1,"day":"2026-13-01"}}`,
		`{"do":"plan","start":"0001-01-01T00:00","end":"9999-12-31T23:59","shifts":[{"person":"amy","start":"x","end":""}]}`,
		`{"do":"every","layer":"daily","every":"9999999999999999999h"}`, `{"do":"note","note":"x","tier":-3,"end":"2026-11-01T01:30"}`,
	} {
		f.Add(seed)
	}
	zone := time.FixedZone("EST", -5*3600)
	book := &policy.Book{
		Clinics: []policy.Clinic{{ID: "harbor", Zone: "America/New_York"}},
		People:  []policy.Person{{ID: "amy", Active: true}, {ID: "bo", Active: true}},
	}
	s := policy.Schedule{ID: "s", Clinic: "harbor", Layers: []policy.Layer{{ID: "daily", Tier: 1, Mode: policy.Replace, Rotation: policy.Rotation{
		Anchor: "2026-11-02T08:00:00", Every: 1, Unit: policy.Day, Members: []string{"amy", "bo"},
	}}}}
	book.Schedules = []policy.Schedule{s}
	f.Fuzz(func(t *testing.T, text string) {
		var b console.EditBody
		if json.Unmarshal([]byte(text), &b) != nil {
			return
		}
		r := reading{zone: zone}
		e := r.edit("edit", b)
		e.ID, e.At = "e1", monday
		if r.err() != nil {
			return
		}
		_ = editView(e)
		if policy.CheckEdit(s, e, book, policy.EmbeddedZones(), monday) != nil {
			return
		}
		snap := policy.Index(policy.AmendSchedule(book, s.With(e)), nil)
		if len(snap.Mistakes()) > 0 {
			t.Errorf("a checked edit cannot be read: %v", snap.Mistakes())
		}
		_ = layersNow(s.With(e))
		snap.Explain("s", monday)
	})
}
