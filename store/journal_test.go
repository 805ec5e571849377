package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"nightbell/audit"
	"nightbell/call"
	"nightbell/phi"
	"nightbell/policy"
)

var arrived = time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)

// events of one ordinary call.
func storyOf(id string) []call.Event {
	at := func(n int) time.Time { return arrived.Add(time.Duration(n) * time.Second) }
	return []call.Event{
		{Call: id, At: at(0), Kind: call.Arrived, Leg: "caller", Data: map[string]string{"trunk": "carrier"}},
		{Call: id, At: at(0), Kind: call.Planned, Data: map[string]string{"clinic": "elm", "version": "b1"}},
		{Call: id, At: at(1), Kind: call.Rang, Leg: "amy-desk"},
		{Call: id, At: at(5), Kind: call.LegAnswered, Leg: "amy-desk"},
		{Call: id, At: at(5), Kind: call.Bridged},
		{Call: id, At: at(60), Kind: call.Finished},
	}
}

func recordOf(id, from string) call.Record {
	return call.Record{
		ID: id, Trunk: call.TrunkFacts{ID: "carrier", Name: "Carrier", KnownBy: "certificate trunk.example", Protection: "TLSv1.3"},
		From: phi.NewPhone(from), Dialled: "+12125550100", Plan: policy.Plan{Clinic: "elm", Version: "b1", Because: []string{"open"}},
		Arrived: arrived, Answered: arrived.Add(5 * time.Second), Ended: arrived.Add(time.Minute), Outcome: call.Completed,
		By: "caller", Served: true, Recording: "r1",
		Legs: []call.LegRecord{
			callerLeg(),
			{User: "amy-desk", Person: "amy", Invited: arrived.Add(time.Second), Cause: call.Completed, Code: 200},
		},
	}
}

func tell(j *Journal, id, from string) {
	for _, e := range storyOf(id) {
		j.Note(e)
	}
	j.Finish(recordOf(id, from))
}

// callerLeg is a leg with sound; through JSON, because what sound is made of is media's.
func callerLeg() call.LegRecord {
	l := call.LegRecord{Cause: call.Completed}
	if err := json.Unmarshal([]byte(`{"Sound": {"Received": 3000, "MOS": 4.4}}`), &l); err != nil {
		panic(err)
	}
	return l
}

// memorySpool keeps entries in memory; broken makes it refuse.
type memorySpool struct {
	mu      sync.Mutex
	entries [][]byte
	broken  bool
}

func (s *memorySpool) Append(b []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken {
		return errors.New("spool is full")
	}
	s.entries = append(s.entries, append([]byte(nil), b...))
	return nil
}

func (s *memorySpool) Replay(take func([]byte) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.entries {
		if err := take(b); err != nil {
			return err
		}
	}
	return nil
}

func (s *memorySpool) Truncate() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entries = nil
	return nil
}

// ear waits for troubles.
type ear chan Trouble

func (e ear) hear(tr Trouble) {
	select {
	case e <- tr:
	default:
	}
}

func (e ear) wait(t testing.TB, kind TroubleKind) {
	t.Helper()
	limit := time.After(60 * time.Second)
	for {
		select {
		case tr := <-e:
			if tr.Kind == kind {
				return
			}
		case <-limit:
			t.Fatalf("never heard of %s", kind)
		}
	}
}

// lock makes another process hold the write lock of the database until the function it gives is called.
func lock(t testing.TB, path string) (release func()) {
	t.Helper()
	cmd := exec.Command("sqlite3", path)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("sqlite3 of Debian is needed: %v", err)
	}
	fmt.Fprintln(in, ".timeout 20000\nBEGIN IMMEDIATE;\nSELECT 'held';")
	if line := make([]byte, 5); must(out.Read(line)) != nil || string(line) != "held\n" {
		t.Fatalf("lock not taken: %q", line)
	}
	return func() {
		fmt.Fprintln(in, "ROLLBACK;")
		if err := errors.Join(in.Close(), cmd.Wait()); err != nil {
			t.Error(err)
		}
	}
}

func must(_ int, err error) error { return err }

func TestOrdinaryCallIsFiled(t *testing.T) {
	s := fresh(t)
	j := s.Journal(nil)
	tell(j, "c1", "+12125550123")
	j.Close()
	c, err := s.Call(context.Background(), "c1")
	if err != nil {
		t.Fatal(err)
	}
	if c.From.Reveal() != "+12125550123" || c.Dialled.Reveal() != "+12125550100" || c.Live || c.Outcome != call.Completed ||
		c.Plan.Because[0] != "open" || len(c.Legs) != 2 || len(c.Events) != 6 || !strings.Contains(string(c.Legs[0].Sound), `"MOS":4.4`) {
		t.Errorf("%+v", c)
	}
	for i, e := range c.Events {
		if e.Kind != storyOf("c1")[i].Kind {
			t.Errorf("event %d is %s", i, e.Kind)
		}
	}
	want := []audit.Action{audit.CallArrived, audit.CallRouted, audit.CallAnswered, audit.CallEnded}
	if got := actions(t, s); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("leaves %v", got)
	}
	ofClinic, err := s.AuditList(context.Background(), AuditQuery{Clinics: []string{"elm"}})
	if err != nil || len(ofClinic.Rows) != 3 {
		t.Errorf("%d leaves of the clinic: %v", len(ofClinic.Rows), err)
	}
	holds(t, s)
	if n := j.Counters(); n.Queued != 7 || n.Filed != 7 || n.Lost+n.Spooled != 0 {
		t.Errorf("%+v", n)
	}
}

func TestLockedDatabaseKeepsNoCallWaitingAndLosesNothing(t *testing.T) {
	opt := made(t)
	heard := make(ear, 100)
	opt.Trouble, opt.Busy = heard.hear, time.Second
	s := opened(t, opt)
	spool := &memorySpool{}
	j := s.Journal(spool)
	tell(j, "before", "+12125550121")
	release := lock(t, opt.Path)
	start := time.Now()
	tell(j, "during", "+12125550122")
	if took := time.Since(start); took > time.Second {
		t.Errorf("the call waited %v", took)
	}
	heard.wait(t, JournalSpools)
	during := 1
	for end := soakUntil(30 * time.Second); time.Now().Before(end); during++ { // the whole 30 s in the soak
		tell(j, fmt.Sprintf("soak%d", during), "+12125550122")
		_ = s.Audit(context.Background(), ping("x")) // waits for Busy, and so paces us
	}
	if err := s.Audit(context.Background(), ping("x")); !errors.Is(err, ErrBusy) {
		t.Errorf("a read that cannot be audited: %v", err)
	}
	if _, err := s.Calls(context.Background(), CallQuery{}); err != nil {
		t.Errorf("readers: %v", err)
	}
	release()
	heard.wait(t, JournalMerged)
	tell(j, "after", "+12125550123")
	j.Close()
	for _, id := range []string{"before", "during", "after"} {
		c, err := s.Call(context.Background(), id)
		if err != nil || len(c.Events) != 6 || c.Live {
			t.Errorf("%s: %d events, %v", id, len(c.Events), err)
		}
		for i, e := range c.Events {
			if e.Kind != storyOf(id)[i].Kind {
				t.Errorf("%s: event %d is %s", id, i, e.Kind)
			}
		}
	}
	told := uint64(7 * (2 + during))
	if n := j.Counters(); n.Queued != told || n.Filed != told || n.Lost != 0 || n.Merged == 0 || len(spool.entries) != 0 {
		t.Errorf("%+v", n)
	}
	if holds(t, s) != int64(4*(2+during)) || lateLeaves(t, s) == 0 {
		t.Errorf("%d leaves, %d late", holds(t, s), lateLeaves(t, s))
	}
}

func lateLeaves(t testing.TB, s *Store) int {
	t.Helper()
	page, err := s.AuditList(context.Background(), AuditQuery{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, r := range page.Rows {
		if r.Event.Late {
			n++
		}
	}
	return n
}

func TestMergedTwiceIsFiledOnce(t *testing.T) {
	s := fresh(t)
	var entries [][]byte
	for i, e := range storyOf("c1") {
		b, err := entry{N: int64(i + 1), Event: &e}.encode()
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, b)
	}
	r := recordOf("c1", "+12125550123")
	r.Legs[0].Sound.MOS = math.NaN()
	b, err := entry{N: 99, Record: &r}.encode()
	if err != nil {
		t.Fatal(err)
	}
	entries = append(entries, b)
	for range 2 { // as after a crash between the merge and the truncation
		spool := &memorySpool{entries: append([][]byte{[]byte("{torn")}, entries...)}
		j := s.Journal(spool)
		j.Close()
		if n := j.Counters(); n.Lost != 1 || len(spool.entries) != 0 {
			t.Errorf("%+v", n)
		}
	}
	c, err := s.Call(context.Background(), "c1")
	if err != nil || len(c.Events) != 6 || c.From.Reveal() != "+12125550123" || len(c.Legs) != 2 {
		t.Errorf("%+v %v", c, err)
	}
	if n := holds(t, s); n != 4 {
		t.Errorf("%d leaves", n)
	}
}

func TestEntriesWaitInMemoryWhenTheSpoolFailsToo(t *testing.T) {
	opt := made(t)
	heard := make(ear, 100)
	opt.Trouble, opt.Busy = heard.hear, 300*time.Millisecond
	s := opened(t, opt)
	spool := &memorySpool{broken: true}
	j := s.Journal(spool)
	tell(j, "before", "+12125550121")
	release := lock(t, opt.Path)
	tell(j, "during", "+12125550122")
	heard.wait(t, JournalHolds)
	release()
	j.Close()
	if c, err := s.Call(context.Background(), "during"); err != nil || len(c.Events) != 6 {
		t.Errorf("%+v %v", c, err)
	}
	if n := j.Counters(); n.Lost != 0 || n.Filed != 14 || n.Held != 0 {
		t.Errorf("%+v", n)
	}
}

func TestSealedServerSpoolsFromItsFirstCallOn(t *testing.T) {
	opt := made(t)
	heard := make(ear, 100)
	opt.Trouble = heard.hear
	s, err := Open(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	spool := &memorySpool{}
	j := s.Journal(spool)
	tell(j, "c1", "+12125550123")
	j.Close()
	heard.wait(t, JournalSpools)
	if n := j.Counters(); n.Spooled != 7 || n.Lost != 0 {
		t.Errorf("%+v", n)
	}
	unseal(t, s)
	j = s.Journal(spool) // the next start
	j.Close()
	if c, err := s.Call(context.Background(), "c1"); err != nil || len(c.Events) != 6 || lateLeaves(t, s) != 4 {
		t.Errorf("%+v %v", c, err)
	}
}

func TestEntryThatCannotBeFiledDoesNotHoldUpTheOthers(t *testing.T) {
	s := fresh(t)
	spool := &memorySpool{}
	j := s.Journal(spool)
	tell(j, "c1", "+12125550121")
	j.Note(call.Event{Call: "c2", At: arrived, Kind: call.Arrived, Leg: "caller", Data: map[string]string{"known_by": strings.Repeat("x", audit.MaxLeaf)}})
	tell(j, "c3", "+12125550123")
	j.Close()
	for _, id := range []string{"c1", "c3"} {
		if c, err := s.Call(context.Background(), id); err != nil || len(c.Events) != 6 {
			t.Errorf("%s: %v", id, err)
		}
	}
	if n := j.Counters(); n.Lost != 1 || n.Filed != 14 || n.Spooled != 0 {
		t.Errorf("%+v", n)
	}
	holds(t, s)
}

func TestFullQueueIsCountedAndNeverWaits(t *testing.T) {
	opt := made(t)
	heard := make(ear, 100)
	opt.Trouble = heard.hear
	s := opened(t, opt)
	j := &Journal{store: s, queue: make(chan entry, 2)} // nobody drains it
	tell(j, "c1", "+12125550123")
	if n := j.Counters(); n.Lost != 5 || n.Queued != 7 {
		t.Errorf("%+v", n)
	}
	heard.wait(t, JournalLost)
}

func TestCallCutOffByACrashIsClosedAndCanStillBeCompleted(t *testing.T) {
	s := fresh(t)
	j := s.Journal(nil)
	for _, e := range storyOf("c1")[:5] {
		j.Note(e)
	}
	j.Close()
	if c, err := s.Call(context.Background(), "c1"); err != nil || !c.Live || c.Clinic != "elm" {
		t.Fatalf("%+v %v", c, err)
	}
	if n, err := s.RecoverCalls(context.Background(), arrived); err != nil || n != 0 {
		t.Error("a call that arrived after the start was cut off", n, err)
	}
	if n, err := s.RecoverCalls(context.Background(), arrived.Add(time.Hour)); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	c, err := s.Call(context.Background(), "c1")
	if err != nil || c.Live || c.Outcome != call.CutOff || !c.Served || !c.Ended.Equal(arrived.Add(5*time.Second)) {
		t.Errorf("%+v %v", c, err)
	}
	if n, err := s.RecoverCalls(context.Background(), arrived.Add(time.Hour)); err != nil || n != 0 {
		t.Error(n, err)
	}
	j = s.Journal(nil)
	j.Finish(recordOf("c1", "+12125550123"))
	j.Close()
	if c, err = s.Call(context.Background(), "c1"); err != nil || c.Outcome != call.Completed {
		t.Errorf("%+v %v", c, err)
	}
	holds(t, s)
}

func TestNumberIsFoundAgainInEveryClinic(t *testing.T) {
	s := fresh(t)
	j := s.Journal(nil)
	for i := range 30 {
		r := recordOf(fmt.Sprintf("c%02d", i), fmt.Sprintf("+121255501%02d", i%3))
		r.Plan.Clinic = []string{"elm", "oak"}[i%2]
		r.Arrived = arrived.Add(time.Duration(i) * time.Minute)
		j.Finish(r)
	}
	j.Close()
	ctx := context.Background()
	var got []string
	q := CallQuery{Caller: phi.NewPhone("+12125550101"), Limit: 3}
	for {
		page, err := s.Calls(ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Rows {
			got = append(got, r.ID)
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	if fmt.Sprint(got) != "[c28 c25 c22 c19 c16 c13 c10 c07 c04 c01]" {
		t.Errorf("%v", got)
	}
	for want, q := range map[int]CallQuery{
		5:  {Caller: phi.NewPhone("+12125550101"), Clinics: []string{"oak"}},
		0:  {Caller: phi.NewPhone("+12125550199")},
		15: {Clinics: []string{"elm"}},
		10: {From: arrived.Add(20 * time.Minute), Until: arrived.Add(time.Hour)},
		30: {Outcome: call.Completed},
	} {
		if page, err := s.Calls(ctx, q); err != nil || len(page.Rows) != want {
			t.Errorf("%d rows, want %d: %v", len(page.Rows), want, err)
		}
	}
	if page, err := s.Calls(ctx, CallQuery{Clinics: []string{}, Caller: phi.NewPhone("+12125550101")}); err != nil || len(page.Rows) != 0 {
		t.Errorf("nobody's clinics: %v %v", page, err)
	}
}

func TestCellsThatWereMovedDoNotOpen(t *testing.T) {
	for name, sql := range map[string]string{
		"another row":    "UPDATE calls SET from_cell = (SELECT from_cell FROM calls WHERE id = 'c2') WHERE id = 'c1'",
		"another column": "UPDATE calls SET from_cell = dialled_cell WHERE id = 'c1'",
		"another clinic": "UPDATE calls SET clinic = 'oak' WHERE id = 'c1'",
		"a bit":          "UPDATE calls SET from_cell = x'00' WHERE id = 'c1'",
	} {
		opt := made(t)
		s := opened(t, opt)
		j := s.Journal(nil)
		tell(j, "c1", "+12125550123")
		tell(j, "c2", "+12125550124")
		j.Close()
		bend(t, opt.Path, sql)
		_, err := s.Call(context.Background(), "c1")
		if !errors.Is(err, ErrDamaged) || strings.Contains(err.Error(), "5550") {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := s.Calls(context.Background(), CallQuery{}); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: list: %v", name, err)
		}
		if _, err := s.Call(context.Background(), "c2"); err != nil {
			t.Errorf("%s: the other call: %v", name, err)
		}
	}
}

func TestStrangerWithSQLiteFindsNoCanary(t *testing.T) {
	opt := made(t)
	s := opened(t, opt)
	apply(t, s, demoBook())
	b := demoBook()
	b.People[0].Name = phi.NewName("Amy Canary-Brown")
	apply(t, s, b)
	ctx := context.Background()
	if err := s.EnrolDevice(ctx, amy, Enrolment{User: "amy-desk", Person: "amy", Secret: []byte("Canary-device-secret")}); err != nil {
		t.Fatal(err)
	}
	if err := s.SetTrunkSecret(ctx, amy, "carrier", []byte("Canary-trunk-secret")); err != nil {
		t.Fatal(err)
	}
	_, token, err := s.CreateToken(ctx, amy, Token{Name: "ci", Scopes: []string{"calls"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.AuditDetail(ctx, ping("x"), phi.NewText("Canary-detail")); err != nil {
		t.Fatal(err)
	}
	j := s.Journal(nil)
	r := recordOf("c1", "+12125550147")
	r.Dialled = "+12125550148"
	j.Finish(r)
	j.Close()
	look := func(when string) {
		dump, err := exec.Command("sqlite3", "-readonly", opt.Path, ".dump").CombinedOutput()
		if err != nil {
			t.Fatalf("sqlite3 of Debian: %v %s", err, dump)
		}
		texts := [][]byte{dump}
		files, err := filepath.Glob(filepath.Join(filepath.Dir(opt.Path), "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			raw, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			texts = append(texts, raw)
		}
		for _, canary := range []string{"Canary", "5550147", "5550148", "5550177", token, token[4:]} {
			for _, text := range texts {
				if strings.Contains(string(text), canary) {
					t.Errorf("%s: %.7s... is there in clear", when, canary)
				}
			}
		}
		if !strings.Contains(string(dump), "Elm Street") {
			t.Errorf("%s: the dump shows nothing at all", when)
		}
	}
	look("running")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	look("closed")
}
