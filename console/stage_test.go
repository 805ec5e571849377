package console

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"nightbell/audit"
	"nightbell/phi"
	"nightbell/policy"
)

// stage is a house of invented people: every port, one call, one recording, one clinic beside it.
type stage struct {
	disclosed []DisclosureBody
	mu        sync.Mutex
	events    []audit.Event
	changes   []audit.Actor
	broken    error // what the audit answers
	opened    int   // how often sound was opened
	tokens    map[string]Token
	state     State
	clock     time.Time
	panics    bool
	noKeys    bool // as outside development

	doors doors
	floor floor
	gate  []string // why the access gate is closed

	opens     bool // every change opens a gap
	revisions []Revision
}

const canary = "+12125550199"

var callTime = time.Date(2026, 11, 2, 3, 4, 5, 0, time.UTC)

func newStage() *stage {
	return &stage{tokens: map[string]Token{}, state: Ready, clock: callTime.Add(time.Hour), floor: newFloor()}
}

func (s *stage) ports() Ports {
	p := Ports{
		Books: stageBooks{s}, Rota: stageRota{s}, Calls: stageCalls{s}, Recordings: stageSounds{s}, Audit: stageAudit{s},
		Keys: stageKeys{s}, Backups: stageBackups{s}, Evidence: stageEvidence{s}, Reviews: stageReviews{s}, Slots: stageSlots{s}, Destruction: stageDestruction{s}, Engine: stageEngine{s}, Pseudonyms: stagePseudonyms{s}, Keeping: stageKeeping{s}, Holding: stageHolding{s}, Disclosures: stageDisclosures{s}, Glass: stageGlass{s}, Tokens: stageTokens{s}, Devices: stageDevices{s}, Trunks: stageTrunks{s}, Agents: stageAgents{s},
		Health: stageHealth{}, Floor: stageFloor{s}, Clinics: stageClinics{s}, People: stagePeople{s}, Schedules: stageSchedules{s},
		Versions: stageVersions{s}, Previews: stagePreviews{s}, Outlook: stageOutlook{s}, Offers: stageOffers{s}, Feeds: stageFeeds{s},
	}
	p.Checks = stageChecks{s}
	p.Lines, p.Desks, p.Callers, p.Voices, p.Alarms = stageLines{s}, stageDesks{s}, stageCallers{s}, stageVoices{s}, stageAlarms{s}
	p.CallRules, p.OutwardRules, p.Prompts = stageCallRules{s}, stageOutward{s}, stagePrompts{s}
	s.people(&p)
	return p
}

func (s *stage) console() *Console {
	registry := prometheus.NewRegistry()
	registry.MustRegister(prometheus.NewCounter(prometheus.CounterOpts{Name: "nightbell_test_total", Help: "A counter."}))
	return New(Config{Ports: s.ports(), Metrics: registry, Now: s.now})
}

func (s *stage) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clock
}

// later lets time pass.
func (s *stage) later(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clock = s.clock.Add(d)
}

// token gives a secret that holds the scopes.
func (s *stage) token(clinic string, scopes ...Scope) string {
	secret := "nbt_" + clinic + strings.Join(toTexts(scopes), "")
	s.tokens[secret] = Token{ID: "t1", Scopes: scopes, Clinic: clinic}
	return secret
}

func toTexts(scopes []Scope) []string {
	var out []string
	for _, s := range scopes {
		out = append(out, string(s))
	}
	return out
}

// change is what every changing port does: with the audit down nothing changes.
func (s *stage) change(by audit.Actor) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken != nil {
		return ErrAuditDown
	}
	s.changes = append(s.changes, by)
	return nil
}

func (s *stage) remembered(action audit.Action) []audit.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.events), func(e audit.Event) bool { return e.Action != action })
}

type stageAudit struct{ *stage }

func (a stageAudit) Note(_ context.Context, e audit.Event) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.broken != nil {
		return a.broken
	}
	if !audit.Known(e.Action) {
		return errors.New("unknown word")
	}
	a.events = append(a.events, e)
	return nil
}
func (stageAudit) List(context.Context, AuditQuery) (AuditPage, error) { return AuditPage{}, nil }
func (stageAudit) Verify(context.Context) (AuditVerdict, error) {
	return AuditVerdict{OK: true, Size: 3}, nil
}

type stageBooks struct{ *stage }

func (stageBooks) Show(_ context.Context, sight Sight) (BookView, error) {
	text := "[phi:name]"
	if sight == Clear {
		text = "Amy Adler"
	}
	return BookView{Version: "b1", TOML: text}, nil
}
func (b stageBooks) Check(_ context.Context, f BookFile) (Difference, error) {
	if bytes.Contains(f.TOML, []byte("wrong")) {
		return Difference{}, Mistakes{{File: f.Name, Line: 3, Column: 1, Field: "clinics[0].zone", Text: "unknown zone"}}
	}
	return Difference{From: "b1", Changes: []Change{}, Warnings: []string{}}, nil
}
func (b stageBooks) Apply(_ context.Context, f BookFile, by audit.Actor) (Difference, error) {
	if f.Expect == "old" {
		return Difference{}, ErrConflict
	}
	return Difference{From: "b1", To: "b2", Changes: []Change{}, Warnings: []string{}}, b.change(by)
}

type stageRota struct{ *stage }

func (stageRota) Plan(context.Context, policy.Inquiry) (policy.Plan, error) {
	return policy.Plan{Clinic: "harbor", Steps: []policy.Step{}, Because: []string{}}, nil
}
func (stageRota) At(_ context.Context, q RotaQuery) ([]Standing, error) {
	return []Standing{{Clinic: q.Clinic, Person: "amy"}}, nil
}
func (stageRota) Shifts(context.Context, RotaQuery) ([]Shift, error) { return nil, nil }
func (stageRota) Verify(context.Context, []byte) (Verdict, error) {
	return Verdict{Cases: []CaseVerdict{}}, nil
}

type stageCalls struct{ *stage }

var harborCall = Call{
	ID: "c1", Clinic: "harbor", Trunk: "carrier", From: phi.NewPhone(canary), Dialled: phi.NewPhone("+12125550100"),
	Arrived: callTime, Outcome: "completed", By: "caller", Served: true, Recording: "r1", Took: []string{"amy"},
}

func (c stageCalls) List(_ context.Context, q CallQuery) (CallPage, error) {
	if c.panics {
		panic("a caller's number " + canary)
	}
	if q.Clinic != "" && q.Clinic != "harbor" {
		return CallPage{}, nil
	}
	return CallPage{Items: []Call{harborCall}, Next: "n1"}, nil
}
func (stageCalls) Find(_ context.Context, id string) (CallStory, error) {
	if id != "c1" {
		return CallStory{}, ErrNotFound
	}
	legs := []LegView{{User: "bo-desk", Person: "bo", Invited: callTime}, {User: "amy-desk", Person: "amy", Answered: callTime}}
	return CallStory{Call: harborCall, KnownBy: "certificate pbx.example", Protection: "TLSv1.3", Legs: legs}, nil
}

type stageSounds struct{ *stage }

var sound = []byte("RIFF\x24\x00\x00\x00WAVEfmt and the rest of it")

type memorySound struct{ *bytes.Reader }

func (memorySound) Close() error { return nil }

func (stageSounds) List(context.Context, RecordingQuery) (RecordingPage, error) {
	return RecordingPage{}, nil
}
func (stageSounds) Find(_ context.Context, id string) (RecordingRow, error) {
	if id != "r1" {
		return RecordingRow{}, ErrNotFound
	}
	return RecordingRow{ID: "r1", Clinic: "harbor", Call: "c1", Started: callTime, Took: []string{"amy"}}, nil
}
func (stageSounds) Verify(context.Context, string) (RecordingVerdict, error) {
	return RecordingVerdict{OK: true}, nil
}
func (s stageSounds) Open(context.Context, string) (Sound, error) {
	s.opened++
	return Sound{memorySound{bytes.NewReader(sound)}, callTime}, nil
}
func (s stageSounds) Key(context.Context, string) (string, error) {
	if s.noKeys {
		return "", ErrNotAllowed
	}
	return "00ff", nil
}

type stageTokens struct{ *stage }

func (t stageTokens) Create(_ context.Context, want Token, by audit.Actor) (Token, string, error) {
	want.ID = "t2"
	return want, "nbt_once", t.change(by)
}
func (stageTokens) List(context.Context) ([]Token, error)                      { return nil, nil }
func (t stageTokens) Revoke(_ context.Context, _ string, by audit.Actor) error { return t.change(by) }
func (t stageTokens) Check(_ context.Context, secret string) (Token, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if found, ok := t.tokens[secret]; ok {
		return found, nil
	}
	return Token{}, ErrNotFound
}

type stageDevices struct{ *stage }

func (d stageDevices) Enrol(_ context.Context, e Enrolment, by audit.Actor) ([]Enrolled, error) {
	return []Enrolled{{User: e.Person}}, d.change(by)
}
func (stageDevices) List(context.Context) ([]Device, error)                     { return nil, nil }
func (d stageDevices) Revoke(_ context.Context, _ string, by audit.Actor) error { return d.change(by) }

type stageTrunks struct{ *stage }

func (stageTrunks) List(context.Context) ([]TrunkView, error) { return nil, nil }
func (stageTrunks) Test(context.Context, string) (TrunkTest, error) {
	return TrunkTest{OK: true, Checks: []TestCheck{}}, nil
}
func (t stageTrunks) Secret(_ context.Context, _, _ string, by audit.Actor) error {
	return t.change(by)
}

type stageAgents struct{ *stage }

func (a stageAgents) List(context.Context) ([]Agent, error)                    { return slices.Clone(a.floor.agents), nil }
func (a stageAgents) Pause(_ context.Context, _ string, by audit.Actor) error  { return a.change(by) }
func (a stageAgents) Resume(_ context.Context, _ string, by audit.Actor) error { return a.change(by) }

type stageHealth struct{}

func (stageHealth) Checks(context.Context) ([]Finding, error) { return nil, nil }

type stageFloor struct{ *stage }

func (f stageFloor) State() State { return f.state }
func (f stageFloor) Live(ctx context.Context) (Live, error) {
	live := Live{State: f.state, Alarms: []string{"disk: 8 % free"}}
	calls, _ := stageLines(f).Calls(ctx)
	for _, v := range calls {
		live.Calls = append(live.Calls, LiveOf(v))
	}
	return live, nil
}

// example is a request that each route takes.
var example = map[string]string{
	"reveal-book":      `{"reason":"moving house"}`,
	"check-book":       `{"name":"b.toml","toml":"format = 1"}`,
	"apply-book":       `{"name":"b.toml","toml":"format = 1"}`,
	"verify-on-call":   `{"cases":[]}`,
	"plan":             `{"number":"+12125550100"}`,
	"search-calls":     `{"number":"+12125550199"}`,
	"reveal-calls":     `{"reason":"call back"}`,
	"reveal-call":      `{"reason":"call back"}`,
	"export-recording": `{"reason":"records request"}`,
	"recording-key":    `{"reason":"verification"}`,
	"rotate-key":       `{"purpose":"recordings","clinic":"harbor"}`,
	"create-token":     `{"name":"n","scopes":["live:read"]}`,
	"enrol-devices":    `{"person":"amy"}`,
	"set-trunk-secret": `{"secret":"01234567890123456789"}`,
}

// request is the example of a route.
func (r Route) request() *http.Request {
	id := "c1"
	switch {
	case exampleID[r.ID] != "":
		id = exampleID[r.ID]
	case strings.Contains(r.Path, "/recordings/"):
		id = "r1"
	case strings.Contains(r.Path, "/clinics/"):
		id = "harbor"
	}
	var body io.Reader
	if text := example[r.ID]; text != "" {
		body = strings.NewReader(text)
	}
	path := strings.NewReplacer("{id}", id, "{version}", "1").Replace(r.Path)
	req := httptest.NewRequest(r.Method, path+exampleQuery[r.ID], body)
	req.Header.Set("If-Match", "*")
	if r.ID == "live-events" { // she has left when the first of it is sent
		ctx, leave := context.WithCancel(req.Context())
		leave()
		req = req.WithContext(ctx)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return req
}

// exampleID is the thing of a route where it is not c1.
var exampleID = map[string]string{}

// asks sends a request with a bearer token; empty: none.
func asks(t *testing.T, h http.Handler, req *http.Request, secret string) *httptest.ResponseRecorder {
	t.Helper()
	if secret != "" {
		req.Header.Set("Authorization", "Bearer "+secret)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	return w
}

func problemOf(t *testing.T, w *httptest.ResponseRecorder) Problem {
	t.Helper()
	if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
		t.Fatalf("content type %q, status %d: %s", got, w.Code, w.Body)
	}
	var p Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatalf("problem: %v", err)
	}
	if p.Status != w.Code || p.Title == "" || p.Type == "" {
		t.Errorf("problem %+v does not say what status %d means", p, w.Code)
	}
	return p
}
