package main

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nightbell/audit"
	"nightbell/book"
	"nightbell/console"
	"nightbell/media"
	"nightbell/policy"
)

// A field that policy gets and the API does not carry would be lost by whoever puts what she has read.
func TestEveryFieldOfACallGoesThroughTheAPI(t *testing.T) {
	text, err := os.ReadFile("../../testdata/policy/whole.toml")
	if err != nil {
		t.Fatal(err)
	}
	read, err := book.Parse(text, book.Reading{File: "whole.toml", Now: monday})
	if err != nil {
		t.Fatal(err)
	}
	b := read.Book
	through(t, b.Clinics[1].Features, console.CallsBody{})
	through(t, b.Queues[0], struct {
		ID string `json:"id"`
		console.QueueBody
	}{})
	through(t, *b.Trunks[0].Carrier, console.CarrierBody{})
	through(t, b.Laws[0], console.LawBody{})
	through(t, b.Emergency, console.EmergencyBody{})
}

func through[T, V any](t *testing.T, rule T, _ V) {
	t.Helper()
	view, err := viewOf[V](rule)
	if err != nil {
		t.Fatal(err)
	}
	again, err := bodyOf[T](view)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(rule, again); d != "" {
		t.Error(d)
	}
}

// made puts what does not stand yet.
func (d *desk) made(path, body string) reply {
	d.t.Helper()
	r := ask(d.handler, "PUT", path, map[string]string{"If-None-Match": "*"}, body)
	if r.code >= 300 {
		d.t.Fatalf("PUT %s: %d %s", path, r.code, r.body)
	}
	return r
}

const harborCalls = "/api/v1/clinics/harbor/calls"

func TestAQueueAndAMenuAreMadeUsedAndKept(t *testing.T) {
	d := newDesk(t)
	d.made("/api/v1/queues/front", `{"members":[{"person":"amy"},{"person":"bo","order":1}],"max_wait":"10m","keys":{"1":{"do":"call_back"},"2":{"do":"go_to","step":"message"}}}`)
	p := d.problem("PUT", "/api/v1/queues/front", "*", `{"members":[{"person":"zoe"}],"empty":"wait"}`, 422)
	if got := fieldsOf(p); !slices.Equal(got, []string{"body.members[0].person", "body.max_wait"}) {
		t.Error(got)
	}
	var clinic console.ClinicView
	r := d.must("GET", "/api/v1/clinics/harbor", "", "")
	r.into(t, &clinic)
	d.must("PUT", harborCalls, r.tag, `{"state":"US-CA","menus":[{"id":"main","prompt":"greeting","keys":{"1":{"do":"next"}}}],"voicemail":{"most":"2m"}}`)
	clinic.Open = []console.StepBody{{Name: "ask", Do: "menu", Menu: "main"}, {Name: "wait", Do: "queue", Queue: "front"}, {Name: "message", Do: "voicemail"}}
	body, err := json.Marshal(clinic.ClinicBody)
	if err != nil {
		t.Fatal(err)
	}
	if p := d.problem("PUT", "/api/v1/clinics/harbor", r.tag, string(body), 412); len(p.Changes) == 0 {
		t.Errorf("%+v", p)
	}
	d.must("PUT", "/api/v1/clinics/harbor", "*", string(body))

	var calls console.CallsView
	got := d.must("GET", harborCalls, "", "")
	got.into(t, &calls)
	if len(calls.Menus) != 1 || calls.Voicemail == nil || len(calls.Open) != 3 || calls.Open[1].Queue != "front" {
		t.Errorf("the clinic's own change has lost its calls: %+v", calls)
	}
	d.problem("DELETE", "/api/v1/queues/front", "*", "", 409)
	d.problem("PUT", "/api/v1/queues/front", "*", `{"keys":{"2":{"do":"go_to","step":"nowhere"}}}`, 422)

	var plan policy.Plan
	d.must("POST", "/api/v1/plan", "", `{"number":"+12125550100","at":"2026-11-23T15:00:00Z"}`).into(t, &plan)
	if len(plan.Steps) != 3 || plan.Steps[1].Queue == nil || len(plan.Steps[1].Queue.Members) != 2 || plan.Menus["main"].Prompt != "greeting" {
		t.Errorf("%+v", plan.Steps)
	}
	if plan.Consent.Rule != policy.AllParties || plan.Announce != "announcement" {
		t.Errorf("%+v", plan.Consent)
	}
}

// fieldsOf lists where a problem's mistakes are.
func fieldsOf(p console.Problem) (all []string) {
	for _, m := range p.Errors {
		all = append(all, m.Field)
	}
	return all
}

func TestMistakesOfCallsAreRefusedWithTheirField(t *testing.T) {
	d := newDesk(t)
	for body, want := range map[string]string{
		`{"menus":[{"id":"a","prompt":"no_such_words","keys":{"1":{"do":"next"}}}]}`:                               "body.menus[0].prompt",
		`{"menus":[{"id":"a","prompt":"greeting","keys":{"1":{"do":"next"}},"default":{"do":"menu","menu":"a"}}]}`: "body.menus[0].default",
		`{"menus":[{"id":"a","prompt":"greeting","keys":{"x":{"do":"next"}}}]}`:                                    "body.menus[0].keys.x",
		`{"patch":{"ladder":[{"name":"b","people":["nobody-here"]}]}}`:                                             "body.patch.ladder[0].people[0]",
		`{"caller_id":"+12125550177"}`:                               "body.caller_id",
		`{"interpreter":"hello"}`:                                    "body.interpreter",
		`{"beep":"1s"}`:                                              "body.beep",
		`{"beep":"soon"}`:                                            "body.beep",
		`{"languages":[{"tag":"en"},{"tag":"es"}]}`:                  "body.languages[1].key",
		`{"flows":{"b":[{"name":"x","do":"queue","queue":"none"}]}}`: "body.flows.b[0].queue",
	} {
		p := d.problem("PUT", harborCalls, "*", body, 422)
		if got := fieldsOf(p); !slices.Contains(got, want) {
			t.Errorf("%s: %v, want %s", body, got, want)
		}
	}
}

func TestLawsCarrierAndEmergencyLineAreChanged(t *testing.T) {
	d := newDesk(t)
	var laws console.LawsView
	r := d.must("GET", "/api/v1/consent-laws", "", "")
	if r.into(t, &laws); !laws.BuiltIn || len(laws.Items) < 15 {
		t.Errorf("%+v", laws)
	}
	d.must("PUT", "/api/v1/consent-laws", r.tag, `{"items":[{"state":"US-NY","rule":"announced","beep":"15s","note":"our own"}]}`)
	d.problem("PUT", "/api/v1/consent-laws", r.tag, `{"items":[]}`, 412)
	d.problem("PUT", "/api/v1/consent-laws", "*", `{"items":[{"state":"NY","rule":"announced"},{"state":"NY","rule":"announced"}]}`, 422)

	line := `{"trunk":"carrier","call_back":"(212) 555-0100","locations":{"house":{"country":"US","state":"NY","city":"New York","street":"Elm Street","house":"7"}}}`
	d.problem("PUT", "/api/v1/emergency-line", "*", line, 422) // it brings calls only
	c := d.must("GET", "/api/v1/trunks/carrier/carrier", "", "")
	d.problem("PUT", "/api/v1/trunks/carrier/carrier", c.tag, `{"carrier":{"host":"sip carrier","numbers":{"allow":["1"]}}}`, 422)
	var saved console.Saved
	d.must("PUT", "/api/v1/trunks/carrier/carrier", c.tag, `{"carrier":{"host":"sip.carrier.test","rank":1}}`).into(t, &saved)
	if len(saved.Warnings) != 1 || !strings.Contains(saved.Warnings[0], "911") {
		t.Error(saved.Warnings)
	}
	d.must("PUT", "/api/v1/emergency-line", "*", line)
	var view console.EmergencyView
	d.must("GET", "/api/v1/emergency-line", "", "").into(t, &view)
	if view.CallBack != "+12125550100" || view.Locations["house"].City != "New York" || len(view.Warnings) != 0 {
		t.Errorf("%+v", view)
	}
	if p := d.problem("PUT", "/api/v1/trunks/carrier/carrier", "*", `{}`, 422); !slices.Contains(fieldsOf(p), "body.carrier.trunk") {
		t.Errorf("the way of 911 lost its carrier: %v", fieldsOf(p))
	}
}

func (d *desk) upload(path, file string) reply {
	d.t.Helper()
	text, err := os.ReadFile(filepath.Join("../../testdata/sounds", file))
	if err != nil {
		d.t.Fatal(err)
	}
	return ask(d.handler, "POST", path, map[string]string{"Content-Type": "application/octet-stream"}, string(text))
}

func TestAPromptIsUploadedPlayedRemovedAndRestored(t *testing.T) {
	d := newDesk(t)
	hear := func(name string) *media.Prompt { return d.office.shelf.prompt(name) }
	own := hear("greeting")
	var first, second console.PromptView
	d.upload("/api/v1/prompts/greeting?clinic=harbor", "tone.flac").into(t, &first)
	if p := hear("harbor~greeting"); p == nil || p.Duration() < 300*time.Millisecond || hear("greeting") != own {
		t.Fatalf("%+v", first)
	}
	d.upload("/api/v1/prompts/greeting?clinic=harbor", "tone.mp3").into(t, &second)
	d.upload("/api/v1/prompts/greeting?clinic=harbor&language=es", "tone-vorbis.ogg")
	d.upload("/api/v1/prompts/music?kind=plain", "tone-opus.ogg")
	if hear("harbor~greeting.es") == nil || hear("music").Duration() > time.Second {
		t.Error("a language or the house's music is not on the shelf")
	}
	if r := d.must("GET", "/api/v1/prompts/"+first.ID+"/audio", "", ""); !strings.HasPrefix(r.body, "RIFF") {
		t.Error("no WAV")
	}
	laid := hear("harbor~greeting")
	d.must("DELETE", "/api/v1/prompts/"+second.ID, "", "")
	if p := hear("harbor~greeting"); p == nil || p == laid {
		t.Error("the one below is not played")
	}
	d.must("DELETE", "/api/v1/prompts/"+first.ID, "", "")
	if hear("harbor~greeting") != nil {
		t.Error("a removed prompt is played")
	}
	d.must("POST", "/api/v1/prompts/"+second.ID+"/restore", "", "")
	d.problem("POST", "/api/v1/prompts/"+second.ID+"/restore", "", "", 404)
	if p := hear("harbor~greeting"); p == nil || p.Duration() != laid.Duration() {
		t.Error("a restored prompt is not played")
	}
	var list struct{ Items []console.PromptView }
	d.must("GET", "/api/v1/prompts?clinic=harbor", "", "").into(t, &list)
	played := 0
	for _, v := range list.Items {
		if v.Name == "greeting" && v.Clinic == "harbor" && v.Language == "" && v.Played {
			played++
		}
	}
	if played != 1 {
		t.Errorf("%d are played: %+v", played, list.Items)
	}
	for path, want := range map[string]int{"/api/v1/prompts/Bad%20Name": 422, "/api/v1/prompts/x?clinic=nowhere": 404, "/api/v1/prompts/x?language=Spanish": 422} {
		if r := d.upload(path, "tone.wav"); r.code != want {
			t.Errorf("%s: %d, want %d: %s", path, r.code, want, r.body)
		}
	}
	if r := ask(d.handler, http.MethodPost, "/api/v1/prompts/x", map[string]string{"Content-Type": "application/octet-stream"}, "#!/bin/sh"); r.code != 422 {
		t.Errorf("%d %s", r.code, r.body)
	}
}

// What was stored is on the shelf of the next start, and what was spoken over a telephone as well.
func TestPromptsOutliveARestart(t *testing.T) {
	d := newDesk(t)
	s := media.Sound{Rate: 8000, Samples: make([]int16, 4000)}
	for i := range s.Samples {
		s.Samples[i] = int16(i % 100 * 100)
	}
	by := audit.Actor{Type: "person", ID: "amy"}
	v, err := d.office.PutPrompt(t.Context(), by, console.PromptPlace{Clinic: "harbor", Name: "closed", Language: "en"}, s)
	if err != nil || v.Source != "phone" || v.Seconds != 0.5 {
		t.Fatal(v, err)
	}
	next := newShelf(d.office.Store)
	if err := next.read(t.Context()); err != nil || next.prompt("harbor~closed.en") == nil {
		t.Error(err)
	}
	if length, ok := next.lengths("harbor")("greeting"); !ok || length < time.Second {
		t.Error("the program's own is not known", length)
	}
	if _, ok := next.lengths("harbor")("nothing"); ok {
		t.Error("a prompt that is not there is known")
	}
}

// Where espeak-ng is installed it speaks, and where it is not the answer says so.
func TestATextIsSpoken(t *testing.T) {
	d := newDesk(t)
	const path, words = "/api/v1/prompts/closed/speak?clinic=harbor", `{"text":"We are closed. --help; $(reboot)"}`
	d.problem("POST", path, "", `{"text":"hello","voice":"../../etc"}`, 422)
	if _, err := exec.LookPath(speaker); err != nil {
		if p := d.problem("POST", path, "", words, 409); !strings.Contains(p.Detail, "espeak-ng") {
			t.Error(p.Detail)
		}
		return
	}
	var v console.PromptView
	d.must("POST", path, "", words).into(t, &v)
	if v.Seconds < 0.5 || v.Source != "text" || d.office.shelf.prompt("harbor~closed") == nil || !strings.Contains(strings.Join(v.Warnings, " "), "no patient") {
		t.Errorf("%+v", v)
	}
	if p := d.problem("POST", path, "", `{"text":"hello","voice":"zz"}`, 409); !strings.Contains(p.Detail, "voice zz") {
		t.Error(p.Detail)
	}
}

// Doctor sees a rule that has lost what it names.
func TestDoctorSeesRulesOfCallsThatNoLongerHold(t *testing.T) {
	d := newDesk(t)
	grade := func() (console.Grade, string) {
		t.Helper()
		f := health{d.office}.calls(t.Context())
		return f.Grade, f.Detail
	}
	if g, detail := grade(); g != console.Fine {
		t.Errorf("%v %s", g, detail)
	}
	var v console.PromptView
	d.upload("/api/v1/prompts/main_menu?clinic=harbor", "tone.wav").into(t, &v)
	d.must("PUT", harborCalls, "*", `{"menus":[{"id":"main","prompt":"main_menu","keys":{"1":{"do":"next"}}}]}`)
	if g, detail := grade(); g != console.Warn || !strings.Contains(detail, "no step and no key leads to it") {
		t.Errorf("%v %s", g, detail)
	}
	d.must("DELETE", "/api/v1/prompts/"+v.ID, "", "")
	if g, detail := grade(); g != console.Wrong || !strings.Contains(detail, `menus[0].prompt: there is no prompt "main_menu"`) {
		t.Errorf("%v %s", g, detail)
	}
}

// What the program brings is short enough together, with a greeting or with the words about 911.
func TestTheProgramsOwnWordsStayUnderEightSeconds(t *testing.T) {
	d := newDesk(t)
	for _, name := range []string{"demo.toml", "answering.toml"} {
		text, err := os.ReadFile("../../configs/" + name)
		if err != nil {
			t.Fatal(err)
		}
		read, err := book.Parse(text, book.Reading{File: name, Now: monday})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range read.Book.Clinics {
			lengths := d.office.shelf.lengths(c.ID)
			if m := append(policy.CheckFeatures(c, read.Book, lengths), policy.CallWarnings(c, read.Book, lengths)...); len(m) > 0 {
				t.Errorf("%s: %v", name, m)
			}
		}
	}
}
