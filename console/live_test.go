package console

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"nightbell/access"
	"nightbell/call"
)

// heard is one event as a reader sees it.
type heard struct{ id, event, data string }

// screen is who reads the live view in a test: her own request, and what came of it.
type screen struct {
	mu     sync.Mutex
	header http.Header
	text   bytes.Buffer
	stuck  error // what writing answers; nil: it is read
	left   chan struct{}
	leave  context.CancelFunc
}

func (s *screen) Header() http.Header { return s.header }
func (s *screen) WriteHeader(int)     {}
func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stuck != nil {
		return 0, s.stuck
	}
	return s.text.Write(b)
}
func (s *screen) FlushError() error                { return nil }
func (s *screen) SetReadDeadline(time.Time) error  { return nil }
func (s *screen) SetWriteDeadline(time.Time) error { return nil }

// events are what she has read so far.
func (s *screen) events() (all []heard) {
	s.mu.Lock()
	defer s.mu.Unlock()
	lines := bufio.NewScanner(bytes.NewReader(s.text.Bytes()))
	lines.Buffer(nil, 1<<20)
	var e heard
	for lines.Scan() {
		field, value, _ := strings.Cut(lines.Text(), ": ")
		switch {
		case lines.Text() == "" && e.event != "":
			all, e = append(all, e), heard{}
		case lines.Text() == ":":
			all = append(all, heard{event: "heartbeat"})
		case field == "id":
			e.id = value
		case field == "event":
			e.event = value
		case field == "data":
			e.data = value
		}
	}
	return all
}

func (s *screen) kinds() string {
	var all []string
	for _, e := range s.events() {
		all = append(all, e.event)
	}
	return strings.Join(all, " ")
}

// opens begins a stream with a credential, after an event; empty: from now.
func opens(h http.Handler, secret, last string) *screen {
	ctx, cancel := context.WithCancel(context.Background())
	s := &screen{header: http.Header{}, left: make(chan struct{}), leave: cancel}
	r := httptest.NewRequest(http.MethodGet, "/api/v1/live/events", nil).WithContext(ctx)
	r.Header.Set("Authorization", "Bearer "+secret)
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	go func() { defer close(s.left); h.ServeHTTP(s, r) }()
	return s
}

// onTheFloor runs a story in a bubble, with a console that follows the floor.
func onTheFloor(t *testing.T, story func(*stage, *Console)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := newStage()
		s.floor.changes = make(chan call.Change, 100)
		c := s.console()
		c.now = time.Now
		ctx, cancel := context.WithCancel(context.Background())
		over := make(chan error)
		go func() { over <- c.Follow(ctx) }()
		synctest.Wait()
		story(s, c)
		cancel()
		if err := <-over; err != nil {
			t.Errorf("follow: %v", err)
		}
	})
}

func (s *stage) lives(person string, g access.Grant) string {
	return s.doors.admit(access.LoginSecret, Visitor{Person: person, State: access.LoginLive, Mode: Full, Grants: []access.Grant{g}, SteppedUp: time.Now()})
}

func view(id, clinic string, state call.State) call.View {
	return call.View{ID: id, Direction: "in", Clinic: clinic, Trunk: "carrier", State: state, Arrived: callTime}
}

func TestAStreamBeginsWithASnapshotAndTellsWhatChanges(t *testing.T) {
	onTheFloor(t, func(s *stage, c *Console) {
		sue := opens(c.Handler(), s.lives("sue", access.Grant{Role: access.Supervisor}), "")
		synctest.Wait()
		s.move(view("c1", "harbor", call.Parked))
		time.Sleep(time.Second)
		got := sue.events()
		if len(got) != 2 || got[0].event != "reset" || got[1].event != "call" || !strings.Contains(got[1].data, `"state":"parked"`) {
			t.Fatalf("%+v", got)
		}
		if strings.Contains(sue.text.String(), "5550199") {
			t.Error("the caller's number is in the stream")
		}
		var live Live
		if err := json.Unmarshal([]byte(got[0].data), &live); err != nil || len(live.Calls) != 3 || live.Queues[0].Waiting != 2 || live.Trunks[0].Calls != 3 || len(live.Agents) != 3 || live.Event != got[0].id {
			t.Errorf("%+v (%v)", live, err)
		}
		s.move(view("c3", "bay", call.Talking))
		time.Sleep(time.Second)
		if got := sue.kinds(); got != "reset call call queues" {
			t.Errorf("%s", got)
		}
		time.Sleep(20 * time.Second)
		if got := sue.kinds(); got != "reset call call queues heartbeat" {
			t.Errorf("%s", got)
		}
		sue.leave()
		<-sue.left
		if open, cut := c.Readers(); open != 0 || cut != 0 {
			t.Errorf("%d read, %d cut", open, cut)
		}
	})
}

// Of other clinics nothing is told, and to nobody who may not look on.
func TestAStreamTellsOfOnesOwnClinicsAlone(t *testing.T) {
	onTheFloor(t, func(s *stage, c *Console) {
		amy := opens(c.Handler(), s.lives("amy", access.Grant{Role: access.Agent, Clinics: []string{"harbor"}}), "")
		synctest.Wait()
		s.move(view("c3", "bay", call.Talking))
		s.move(view("c2", "harbor", call.Talking))
		s.floor.changes <- call.Change{Kind: call.AgentChanged, ID: "bo"}
		s.floor.changes <- call.Change{Kind: call.AgentChanged, ID: "amy"}
		s.floor.changes <- call.Change{Kind: AlarmMoved, ID: "disk"}
		time.Sleep(time.Second)
		if got := amy.kinds(); got != "reset call queues agent" {
			t.Errorf("%s", got)
		}
		if text := amy.text.String(); strings.Contains(text, `"bay"`) || strings.Contains(text, `"c3"`) || strings.Contains(text, `"bo"`) || strings.Contains(text, "8 %") {
			t.Errorf("%s", text)
		}
		amy.leave()
		<-amy.left
		w := asks(t, c.Handler(), get("/api/v1/live/events"), s.lives("al", access.Grant{Role: access.Auditor}))
		if w.Code != 403 {
			t.Errorf("an auditor: %d", w.Code)
		}
	})
}

func TestABrokenStreamGoesOnWithoutAGap(t *testing.T) {
	onTheFloor(t, func(s *stage, c *Console) {
		secret := s.lives("sue", access.Grant{Role: access.Supervisor})
		first := opens(c.Handler(), secret, "")
		s.move(view("c1", "harbor", call.Parked))
		time.Sleep(time.Second)
		first.leave()
		<-first.left
		all := first.events()
		last := all[len(all)-1].id
		for n := range 5 {
			s.move(view("c1", "harbor", []call.State{call.Talking, call.Parked}[n%2]))
		}
		s.move(view("c2", "harbor", call.Talking))
		time.Sleep(time.Second)
		again := opens(c.Handler(), secret, last)
		time.Sleep(time.Second)
		got := again.events()
		if again.kinds() != "call call queues" || !strings.Contains(got[0].data, `"id":"c1"`) || !strings.Contains(got[0].data, "talking") || !strings.Contains(got[1].data, `"id":"c2"`) {
			t.Errorf("%+v", got)
		}
		again.leave()
		<-again.left
	})
}

// An id of another run, of no run, or one that is forgotten begins anew with everything.
func TestAStreamThatCannotGoOnBeginsAnew(t *testing.T) {
	onTheFloor(t, func(s *stage, c *Console) {
		secret := s.lives("sue", access.Grant{Role: access.Supervisor})
		old := c.stream.last()
		for n := range mostKept + 100 {
			c.stream.put(moved{kind: "call", id: fmt.Sprint(n), clinic: "harbor", data: []byte("{}")})
		}
		for _, last := range []string{old, "elsewhere.1", "x", "..", c.stream.boot + ".zzzzzzzzzzzzzzzzzzzz", c.stream.boot + ".-1", c.stream.boot + ".zzz"} {
			r := opens(c.Handler(), secret, last)
			time.Sleep(time.Second)
			if got := r.kinds(); got != "reset" {
				t.Errorf("%q: %s", last, got)
			}
			r.leave()
			<-r.left
		}
		r := opens(c.Handler(), secret, "")
		time.Sleep(time.Second)
		s.floor.changes <- call.Change{Kind: call.AllChanged}
		time.Sleep(time.Second)
		if got := r.kinds(); got != "reset reset" {
			t.Errorf("so much at once: %s", got)
		}
		r.leave()
		<-r.left
	})
}

// Who may not look on any more hears that it is over, within two seconds, and nothing after it; who lost a clinic sees the rest.
func TestRevocationEndsAStreamWithinTwoSeconds(t *testing.T) {
	onTheFloor(t, func(s *stage, c *Console) {
		secret := s.lives("sue", access.Grant{Role: access.Supervisor})
		token := s.token("", LiveWatch)
		sue, robot := opens(c.Handler(), secret, ""), opens(c.Handler(), token, "")
		time.Sleep(time.Second)
		s.mu.Lock()
		v := s.doors.visitors[secret]
		v.Grants = []access.Grant{{Role: access.Supervisor, Clinics: []string{"bay"}}}
		s.doors.visitors[secret] = v
		s.mu.Unlock()
		time.Sleep(2 * time.Second)
		s.move(view("c1", "harbor", call.Parked))
		time.Sleep(time.Second)
		if got := sue.kinds(); got != "reset" {
			t.Errorf("a clinic that is not hers any more: %s", got)
		}
		s.mu.Lock()
		delete(s.doors.visitors, secret)
		delete(s.tokens, token)
		s.mu.Unlock()
		at := time.Now()
		<-sue.left
		<-robot.left
		if took := time.Since(at); took > 2*time.Second {
			t.Errorf("it took %v", took)
		}
		if got := sue.kinds(); got != "reset over" {
			t.Errorf("%s", got)
		}
	})
}

// A reader who does not read is cut off and counted; she costs nobody else anything.
func TestASlowReaderIsCut(t *testing.T) {
	s := newStage()
	s.clock = time.Now()
	c := New(Config{Ports: s.ports()})
	c.unread = 200 * time.Millisecond
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() { _ = c.Follow(ctx) }()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: c.Handler()}
	go func() { _ = srv.Serve(l) }()
	defer srv.Close()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.(*net.TCPConn).SetReadBuffer(1024)
	fmt.Fprintf(conn, "GET /api/v1/live/events HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n", l.Addr(), s.lives("sue", access.Grant{Role: access.Supervisor}))
	var open int
	for open == 0 {
		<-time.After(time.Millisecond)
		open, _ = c.Readers()
	}
	big := bytes.Repeat([]byte("x"), 1<<20)
	deadline := time.Now().Add(time.Minute)
	for n := 0; time.Now().Before(deadline); n++ {
		c.stream.put(moved{kind: "call", id: fmt.Sprint(n), clinic: "harbor", data: big})
		if _, cut := c.Readers(); cut == 1 {
			return
		}
		<-time.After(50 * time.Millisecond)
	}
	t.Error("she still holds her stream")
}

// The listener that ends does not wait for those who would read for ever.
func TestAStreamEndsWithItsListener(t *testing.T) {
	onTheFloor(t, func(s *stage, c *Console) {
		end := make(chan struct{})
		secret := s.lives("sue", access.Grant{Role: access.Supervisor})
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var done <-chan struct{} = end
			c.Handler().ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), endingKey{}, done)))
		})
		r := opens(h, secret, "")
		time.Sleep(time.Second)
		close(end)
		<-r.left
	})
}

func TestOfARunningCallItsAgentMaySeeTheCaller(t *testing.T) {
	s := newStage()
	h := s.console().Handler()
	bo := s.loginOf("bo", access.Grant{Role: access.Agent})
	reveal := func() (int, string) {
		w := asks(t, h, post("/api/v1/calls/c1/reveal", `{"reason":"call back"}`), bo)
		return w.Code, w.Body.String()
	}
	if code, body := reveal(); code != 404 || strings.Contains(body, canary) {
		t.Errorf("before she has it: %d", code)
	}
	for _, p := range []call.PartyView{{Place: "agent", Person: "bo", State: "ringing"}, {Place: "observer", Person: "bo", State: "up"}} {
		s.floor.calls[0].Parties = []call.PartyView{p}
		if code, body := reveal(); code != 404 || strings.Contains(body, canary) {
			t.Errorf("%+v: %d", p, code)
		}
	}
	s.floor.calls[0].Parties = []call.PartyView{{Place: "agent", Person: "bo", State: "up"}}
	if code, body := reveal(); code != 200 || !strings.Contains(body, canary) {
		t.Errorf("while she has it: %d %s", code, body)
	}
}

func TestAnAgentSeesHerClinicsFloor(t *testing.T) {
	s := newStage()
	for _, path := range []string{"/api/v1/live", "/api/v1/agents"} {
		w := asks(t, s.console().Handler(), get(path), s.in(access.Agent, "harbor"))
		if w.Code != 200 || strings.Contains(w.Body.String(), `"bo"`) || strings.Contains(w.Body.String(), "bay") || !strings.Contains(w.Body.String(), "amy") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}

// A supervisor sends away whoever works for her clinics alone.
func TestABreakIsOrderedWithinOnesClinics(t *testing.T) {
	s := newStage()
	h := s.console().Handler()
	sue := s.loginOf("sue", access.Grant{Role: access.Supervisor, Clinics: []string{"harbor"}})
	for who, want := range map[string]int{"amy": 204, "bo": 404, "nobody": 404} {
		w := asks(t, h, changing(http.MethodPut, "/api/v1/agents/"+who+"/break", `{"reason":"meal","minutes":30}`, ""), sue)
		if w.Code != want {
			t.Errorf("%s: %d %s", who, w.Code, w.Body)
		}
	}
	for _, body := range []string{`{}`, `{"reason":"asleep"}`, `{"reason":"meal","minutes":0}`, `{"reason":"meal","minutes":100000}`} {
		if w := asks(t, h, changing(http.MethodPut, "/api/v1/me/break", body, ""), s.as(access.Agent)); w.Code != 422 && w.Code != 204 || w.Code == 204 && !strings.Contains(body, `"minutes":0`) {
			t.Errorf("%s: %d", body, w.Code)
		}
	}
}

func TestTheLedgerShowsOnesOwnClinicsAlone(t *testing.T) {
	s := newStage()
	h := s.console().Handler()
	harbor, bay := s.in(access.Agent, "harbor"), s.in(access.Agent, "bay")
	for _, path := range []string{"/api/v1/unserved", "/api/v1/voice-messages"} {
		if w := asks(t, h, get(path), harbor); w.Code != 200 || strings.Contains(w.Body.String(), "bay") || !strings.Contains(w.Body.String(), "c1") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	for _, what := range []string{"/api/v1/unserved/c1/take", "/api/v1/voice-messages/c1/take"} {
		if w := asks(t, h, post(what, ""), bay); w.Code != 404 {
			t.Errorf("%s of another clinic: %d", what, w.Code)
		}
	}
	for _, body := range []string{`{}`, `{"reason":"x"}`, `{"reason":"call (212) 555-0199"}`} {
		if w := asks(t, h, post("/api/v1/unserved/c1/write-off", body), harbor); w.Code != 422 {
			t.Errorf("written off with %s: %d", body, w.Code)
		}
	}
	if len(s.changes) != 0 {
		t.Errorf("%v", s.changes)
	}
}

func TestAlarmsAreReadByWeight(t *testing.T) {
	s := newStage()
	h := s.console().Handler()
	w := asks(t, h, get("/api/v1/alarms"), s.as(access.Admin))
	if at := strings.Index(w.Body.String(), "nobody_eligible"); w.Code != 200 || at < 0 || at > strings.Index(w.Body.String(), `"disk"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := asks(t, h, get("/api/v1/alarms?class=morning"), s.as(access.Admin)); !strings.Contains(w.Body.String(), `"items":[]`) {
		t.Errorf("%s", w.Body)
	}
	if w := asks(t, h, post("/api/v1/alarms/unknown/acknowledge", ""), s.as(access.Admin)); w.Code != 404 {
		t.Errorf("%d", w.Code)
	}
	if w := asks(t, s.console().Operator("uid:0"), post("/api/v1/alarms/disk/acknowledge", ""), ""); w.Code != 403 {
		t.Errorf("nobody by name: %d", w.Code)
	}
}
