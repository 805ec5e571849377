package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nightbell/audit"
	"nightbell/phi"
	"nightbell/policy"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if d := cmp.Diff(want, got, equal...); d != "" {
		t.Errorf("%s: %s", what, d)
	}
}

// readAnew is the book as the rows give it, whatever stands on the shelf.
func readAnew(t *testing.T, s *Store) policy.Book {
	t.Helper()
	k, err := s.sealer()
	if err != nil {
		t.Fatal(err)
	}
	b, err := loadBook(context.Background(), s.read, k)
	if err != nil {
		t.Fatal(err)
	}
	return *b
}

func TestEditsComeBackAndCountBetweenVersions(t *testing.T) {
	s := fresh(t)
	ctx := context.Background()
	b := demoBook()
	apply(t, s, b)
	first, second := assign("e1", "wu", noon), assign("e2", "amy", noon.Add(time.Hour))
	away := policy.Edit{ID: "a1", At: noon, Do: policy.DoAbsence, Person: "amy", Cover: "wu", Start: noon, End: noon.Add(time.Hour)}
	for _, next := range []func(){
		func() { b.Schedules[0].Edits = []policy.Edit{first} },
		func() { b.Schedules[0].Edits = []policy.Edit{first, second} },
		func() { b.Edits = []policy.Edit{away} },
		func() { b.Schedules[0].Edits = []policy.Edit{second} },
	} {
		next()
		if _, err := s.ApplyBookFor(ctx, amy, b, Because{Reason: "cover", Correlation: "req-7"}); err != nil {
			t.Fatal(err)
		}
		same(t, "shelf", bookOf(t, s), readAnew(t, s))
	}
	b.Version = "b5"
	same(t, "book", b, bookOf(t, s))
	list, err := s.Versions(ctx, "agents")
	if err != nil || len(list) != 4 || list[0].Version != 4 || list[0].Reason != "cover" || list[0].Book != "b5" || list[0].Author != "amy" {
		t.Fatalf("versions: %+v %v", list, err)
	}
	for version, want := range map[int64][]policy.Edit{1: nil, 2: {first}, 3: {first, second}, 4: {second}} {
		v, err := s.VersionOf(ctx, "agents", version)
		if err != nil {
			t.Fatal(err)
		}
		same(t, fmt.Sprintf("version %d", version), want, v.Body.Edits)
	}
	if _, err := s.VersionOf(ctx, "agents", 9); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	old, err := s.BookAt(ctx, "b4")
	if err != nil || len(old.Edits) != 1 || len(old.Schedules[0].Edits) != 2 {
		t.Errorf("b4: %+v %v", old, err)
	}
	page, err := s.AuditList(ctx, AuditQuery{Correlation: "req-7", Limit: 1000})
	if err != nil || len(page.Rows) != 8 || page.Rows[0].Event.Reason != "cover" {
		t.Errorf("%d leaves of the change: %v", len(page.Rows), err)
	}
	holds(t, s)
}

// Thousands of edits of one schedule: no leaf grows over its limit, and the detail names what came, not all that stands.
func TestLongListOfEditsStaysCheap(t *testing.T) {
	s := fresh(t)
	b := demoBook()
	for i := range 3000 {
		b.Schedules[0].Edits = append(b.Schedules[0].Edits, assign(fmt.Sprintf("e%d", i), "wu", noon))
	}
	apply(t, s, b)
	b = bookOf(t, s)
	b.Schedules[0] = edited(b.Schedules[0], assign("last", "amy", noon))
	b.Version = apply(t, s, b)
	same(t, "book", b, readAnew(t, s))
	page, err := s.AuditList(context.Background(), AuditQuery{Object: "schedule:agents", Limit: 2})
	if err != nil || len(page.Rows) != 2 {
		t.Fatal(err)
	}
	last, err := s.AuditDetailOf(page.Rows[0])
	if err != nil || !contains(last.Reveal(), `"last"`) || contains(last.Reveal(), `"e7"`) {
		t.Errorf("detail: %.200s %v", last.Reveal(), err)
	}
	whole, err := s.AuditDetailOf(page.Rows[1])
	if err != nil || !contains(whole.Reveal(), "after_sha256") {
		t.Errorf("detail: %.200s %v", whole.Reveal(), err)
	}
	holds(t, s)
}

// Whatever is changed, in whatever order: every version of the book can be read again as it stood, from the shelf, from the
// rows and from the history.
func TestEveryPastBookIsPutTogetherAgain(t *testing.T) {
	s := fresh(t)
	rng := rand.New(rand.NewPCG(7, 11))
	b := bigBook(6)
	b.Version = apply(t, s, b)
	stood := map[string]policy.Book{b.Version: bookOf(t, s)}
	for i := range 120 {
		b = bookOf(t, s)
		alter(rng, &b, i)
		if i%17 == 9 {
			enrol := Enrolment{User: fmt.Sprintf("u%d", i), Person: b.People[0].ID, Secret: []byte("x")}
			if err := s.EnrolDevice(context.Background(), amy, enrol); err != nil {
				t.Fatal(err)
			}
			continue
		}
		version := apply(t, s, b)
		now := bookOf(t, s)
		same(t, version+" on the shelf", readAnew(t, s), now)
		b.Version = version
		same(t, version, b, now)
		stood[version] = now
	}
	for version, want := range stood {
		got, err := s.BookAt(context.Background(), version)
		if err != nil {
			t.Fatal(version, err)
		}
		same(t, version+" in the history", want, *got)
	}
	holds(t, s)
}

// alter changes one thing or another.
func alter(rng *rand.Rand, b *policy.Book, i int) {
	n := rng.IntN(len(b.Schedules))
	switch s := &b.Schedules[n]; rng.IntN(10) {
	case 0:
		b.Clinics[n].Name = fmt.Sprintf("Renamed %d", i)
	case 1:
		b.People[rng.IntN(len(b.People))].Name = phi.NewName(fmt.Sprintf("Canary %d", i))
	case 2:
		b.Clinics[0], b.Clinics[n] = b.Clinics[n], b.Clinics[0]
	case 3:
		if len(b.Schedules) > 3 {
			b.Schedules = slices.Delete(b.Schedules, n, n+1)
		}
	case 4:
		id := fmt.Sprintf("extra%d", rng.IntN(3))
		if !slices.ContainsFunc(b.Schedules, func(x policy.Schedule) bool { return x.ID == id }) {
			b.Schedules = append(b.Schedules, policy.Schedule{ID: id, Clinic: b.Clinics[0].ID})
		}
		b.Schedules[len(b.Schedules)-1].Name = fmt.Sprintf("Name %d", i)
	case 5:
		s.Layers, s.Name = append(s.Layers, layerOf(fmt.Sprintf("l%d", i), 1, []string{b.People[0].ID}, policy.Day)), fmt.Sprintf("Name %d", i)
	case 6:
		s.Overrides = append(s.Overrides, policy.Override{ID: fmt.Sprintf("o%d", i), Kind: "assign", Person: b.People[0].ID, Start: noon, End: noon.Add(time.Hour)})
	case 7:
		b.Edits = append(b.Edits, policy.Edit{ID: fmt.Sprintf("a%d", i), Do: policy.DoAbsence, Person: b.People[0].ID, Start: noon, End: noon.Add(time.Hour)})
	case 8:
		s.Edits = s.Edits[:len(s.Edits)/2]
		b.CatchAll = b.Clinics[rng.IntN(len(b.Clinics))].ID
	default:
		*s = edited(*s, assign(fmt.Sprintf("e%d", i), b.People[0].ID, noon))
	}
}

func TestChangeStandsOrFallsWithItsOffer(t *testing.T) {
	s := fresh(t)
	ctx := context.Background()
	b := demoBook()
	apply(t, s, b)
	o := policy.NewOffer(policy.Offer{ID: "of1", Schedule: "agents", Layer: "day", Kind: policy.OfferGive, From: "amy", To: []string{"wu"},
		Closes: noon.Add(time.Hour)}, noon)
	if err := s.PutOffer(ctx, amy, o, ""); err != nil {
		t.Fatal(err)
	}
	next, edit, err := o.Take(policy.Move{By: "wu", At: noon, Edit: "e1"})
	if err != nil || edit == nil {
		t.Fatal(err)
	}
	b = bookOf(t, s)
	stale := b
	b.Schedules[0] = edited(b.Schedules[0], *edit)
	version, err := s.OfferTaken(ctx, amy, OfferMove{Offer: next, Expect: policy.OfferOpen}, b)
	if err != nil || version != "b2" {
		t.Fatal(version, err)
	}
	size := holds(t, s)
	// The second taker: the offer is not open any more, so that the change does not stand either.
	stale.Version = ""
	stale.Schedules = slices.Clone(stale.Schedules)
	stale.Schedules[0] = edited(stale.Schedules[0], assign("e2", "amy", noon))
	if _, err := s.OfferTaken(ctx, amy, OfferMove{Offer: next, Expect: policy.OfferOpen}, stale); !errors.Is(err, ErrConflict) {
		t.Error(err)
	}
	same(t, "book", readAnew(t, s), bookOf(t, s))
	if got := bookOf(t, s); got.Version != "b2" || len(got.Schedules[0].Edits) != 1 || holds(t, s) != size {
		t.Errorf("something of the second stayed: %+v", got.Schedules[0].Edits)
	}
	kept, err := s.Offer(ctx, "of1")
	if err != nil {
		t.Fatal(err)
	}
	same(t, "offer", next, kept)
}

func TestTwoWhoDeclineAtOnceAreBothHeard(t *testing.T) {
	s := fresh(t)
	ctx := context.Background()
	o := policy.NewOffer(policy.Offer{ID: "of1", Schedule: "agents", Layer: "day", Kind: policy.OfferPool, From: "amy",
		To: []string{"wu", "bo"}, Closes: noon.Add(time.Hour)}, noon)
	if err := s.PutOffer(ctx, amy, o, ""); err != nil {
		t.Fatal(err)
	}
	one, _, _ := o.Decline(policy.Move{By: "wu", At: noon})
	other, _, _ := o.Decline(policy.Move{By: "bo", At: noon})
	if err := s.PutOffer(ctx, amy, one, policy.OfferOpen); err != nil {
		t.Fatal(err)
	}
	if err := s.PutOffer(ctx, amy, other, policy.OfferOpen); !errors.Is(err, ErrConflict) {
		t.Errorf("the first decline was overwritten: %v", err)
	}
	for q, want := range map[*OfferQuery]int{
		{}: 1, {Person: "wu"}: 1, {Person: "zoe"}: 0, {Schedule: "x"}: 0, {State: policy.OfferOpen}: 1,
		{ClosedBy: noon}: 0, {ClosedBy: noon.Add(2 * time.Hour)}: 1,
	} {
		if list, err := s.Offers(ctx, *q); err != nil || len(list) != want {
			t.Errorf("%+v: %d, %v", *q, len(list), err)
		}
	}
	holds(t, s)
}

func TestGapIsAcknowledgedWithTheChange(t *testing.T) {
	s := fresh(t)
	ctx := context.Background()
	ack := GapAck{Schedule: "agents", Severity: policy.NobodyAtAll, Start: noon, End: noon.Add(time.Hour)}
	b := demoBook()
	if _, err := s.ApplyBookFor(ctx, amy, b, Because{Gaps: []GapAck{ack}}); !errors.Is(err, ErrInvalid) {
		t.Errorf("an acknowledgement without a reason: %v", err)
	}
	if got := bookOf(t, s); len(got.Clinics) != 0 {
		t.Error("the change stayed without its acknowledgement")
	}
	if _, err := s.ApplyBookFor(ctx, amy, b, Because{Reason: "closed for the storm", Gaps: []GapAck{ack}}); err != nil {
		t.Fatal(err)
	}
	list, err := s.GapAcks(ctx, noon)
	if err != nil || len(list) != 1 || list[0].Reason != "closed for the storm" || !list[0].End.Equal(ack.End) {
		t.Errorf("%+v %v", list, err)
	}
	if list, _ := s.GapAcks(ctx, ack.End); len(list) != 0 {
		t.Error("a gap that is over is still listed")
	}
	if !slices.Contains(actions(t, s), audit.GapAcknowledged) {
		t.Error("not remembered")
	}
}

func TestFeedKeepsWhatItSaid(t *testing.T) {
	s := fresh(t)
	ctx := context.Background()
	f, secret, err := s.CreateFeed(ctx, amy, Feed{Kind: PersonFeed, Subject: "wu"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.FeedOf(ctx, secret)
	if err != nil || got != f {
		t.Errorf("%+v %v", got, err)
	}
	if _, err := s.FeedOf(ctx, secret+"x"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	e := FeedEntry{UID: "u1", Start: noon, End: noon.Add(time.Hour), Hash: []byte{1}, State: LiveEntry, Changed: noon}
	put := func(list ...FeedEntry) error { return s.PutFeedEntries(ctx, f.ID, list, noon.Add(-time.Hour)) }
	if err := put(e); err != nil {
		t.Fatal(err)
	}
	changed := e
	changed.Sequence, changed.Hash, changed.State = 1, []byte{2}, CancelledEntry
	if err := put(changed); err != nil {
		t.Fatal(err)
	}
	fresh := FeedEntry{UID: "u2", Start: noon, End: noon.Add(time.Hour), State: LiveEntry}
	other := changed
	other.Hash = []byte{3}
	if err := put(fresh, other); !errors.Is(err, ErrConflict) {
		t.Errorf("one sequence says two things: %v", err)
	}
	list, err := s.FeedEntries(ctx, f.ID)
	if err != nil || len(list) != 1 {
		t.Fatalf("something of the refused stayed: %+v %v", list, err)
	}
	same(t, "entry", changed, list[0])
	if err := s.PutFeedEntries(ctx, f.ID, nil, noon.Add(2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if list, _ = s.FeedEntries(ctx, f.ID); len(list) != 0 {
		t.Error("what is long over is still kept")
	}
	if err := errors.Join(s.RevokeFeed(ctx, amy, f.ID)); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"opens":  func() error { _, err := s.FeedOf(ctx, secret); return err }(),
		"second": s.RevokeFeed(ctx, amy, f.ID), "unknown": s.RevokeFeed(ctx, amy, "x"),
	} {
		if !errors.Is(err, ErrNotFound) {
			t.Error(what, err)
		}
	}
	if all, _ := s.Feeds(ctx); len(all) != 1 || all[0].Revoked.IsZero() {
		t.Errorf("%+v", all)
	}
	if _, _, err := s.CreateFeed(ctx, amy, Feed{Kind: "house", Subject: "x"}); !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
	holds(t, s)
}

func TestFeedsSecretIsNowhere(t *testing.T) {
	opt := made(t)
	s := opened(t, opt)
	_, secret, err := s.CreateFeed(context.Background(), amy, Feed{Kind: ClinicFeed, Subject: "elm"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(readAll(t, opt.Path)), secret) {
		t.Error("the secret stands in the file")
	}
}

func TestLadderIsMovedByOneAlone(t *testing.T) {
	s := fresh(t)
	ctx := context.Background()
	r := LadderRow{ID: "l1", Kind: "message", Subject: "message:m1", State: string(policy.Climbing), Due: noon, Body: json.RawMessage(`{"a":1}`)}
	if _, err := s.PutLadder(ctx, amy, r); err != nil {
		t.Fatal(err)
	}
	due, err := s.DueLadders(ctx, noon)
	if err != nil || len(due) != 1 || due[0].Revision != 1 || string(due[0].Body) != `{"a":1}` {
		t.Fatalf("%+v %v", due, err)
	}
	if next, err := s.NextLadder(ctx); err != nil || !next.Equal(noon) {
		t.Error(next, err)
	}
	tick, ack := due[0], due[0]
	ack.State, ack.Due, ack.Did = string(policy.Taken), time.Time{}, "hush 1"
	if rev, err := s.PutLadder(ctx, amy, ack); err != nil || rev != 2 {
		t.Fatal(rev, err)
	}
	tick.Due, tick.Did = noon.Add(time.Minute), "try 2"
	if _, err := s.PutLadder(ctx, amy, tick); !errors.Is(err, ErrConflict) {
		t.Errorf("the timer went on after the acknowledgement: %v", err)
	}
	if due, _ := s.DueLadders(ctx, noon.Add(time.Hour)); len(due) != 0 {
		t.Errorf("%+v", due)
	}
	if next, err := s.NextLadder(ctx); err != nil || !next.IsZero() {
		t.Error(next, err)
	}
	if list, err := s.Ladders(ctx, "message:m1"); err != nil || len(list) != 1 || list[0].State != "taken" {
		t.Errorf("%+v %v", list, err)
	}
	if _, err := s.PutLadder(ctx, amy, LadderRow{ID: "l2", Kind: "x", State: "y", Body: json.RawMessage("{")}); !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
	if got := actions(t, s); !slices.Equal(got[len(got)-2:], []audit.Action{audit.LadderBegan, audit.LadderEnded}) {
		t.Error(got)
	}
}

func TestGapIsToldOnceForEachState(t *testing.T) {
	s := fresh(t)
	ctx := context.Background()
	g := GapRow{Gap: policy.Gap{Schedule: "agents", Clinic: "elm", Start: noon, End: noon.Add(time.Hour), Severity: policy.NextTier}, State: FoundGap}
	longer := g
	longer.End = noon.Add(2 * time.Hour)
	begun := longer
	begun.State = BegunGap
	for _, row := range []GapRow{g, g, longer, begun} {
		if err := s.PutGaps(ctx, []GapRow{row}); err != nil {
			t.Fatal(err)
		}
	}
	open, err := s.OpenGaps(ctx)
	if err != nil || len(open) != 1 || open[0].State != BegunGap || !open[0].End.Equal(longer.End) {
		t.Errorf("%+v %v", open, err)
	}
	begun.State = PassedGap
	if err := s.PutGaps(ctx, []GapRow{begun}); err != nil {
		t.Fatal(err)
	}
	if open, _ := s.OpenGaps(ctx); len(open) != 0 {
		t.Errorf("%+v", open)
	}
	if got := actions(t, s); !slices.Equal(got, []audit.Action{audit.GapFound, audit.GapBegan, audit.GapEnded}) {
		t.Error(got)
	}
	if err := s.PutGaps(ctx, []GapRow{{State: "odd"}}); !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
}

func TestPastCallsSayWhomTheyReached(t *testing.T) {
	s := fresh(t)
	j := s.Journal(nil)
	tell(j, "c1", "+12125550123")
	j.Close()
	story, err := s.Call(context.Background(), "c1")
	if err != nil {
		t.Fatal(err)
	}
	list, err := s.CallsForReplay(context.Background(), story.Arrived, story.Arrived.Add(time.Second))
	if err != nil || len(list) != 1 {
		t.Fatalf("%+v %v", list, err)
	}
	if c := list[0]; c.Number != story.Dialled.Reveal() || c.Trunk != story.Trunk.ID || !c.At.Equal(story.Arrived) {
		t.Errorf("%+v", c)
	}
	if list, err := s.CallsForReplay(context.Background(), story.Arrived.Add(time.Second), story.Arrived.Add(time.Hour)); err != nil || len(list) != 0 {
		t.Errorf("%+v %v", list, err)
	}
}

// The file of the third schema holds one of everything that came with it.
func TestThirdSchemaKeepsItsRules(t *testing.T) {
	s := opened(t, restored(t, "../testdata/schema/00003.sql"))
	ctx := context.Background()
	b := bookOf(t, s)
	if len(b.Schedules[0].Edits) != 1 || len(b.Edits) != 1 || b.Edits[0].Cover != "wu" {
		t.Errorf("edits: %+v %+v", b.Schedules[0].Edits, b.Edits)
	}
	if o, err := s.Offer(ctx, "of1"); err != nil || o.Kind != policy.OfferPool {
		t.Error(o, err)
	}
	f, err := s.FeedOf(ctx, "HotPo2YOW1SCOcldCP8qghzptkjts8FSFvIO3D_lu94")
	if err != nil || f.Subject != "wu" {
		t.Error(f, err)
	}
	if list, err := s.FeedEntries(ctx, f.ID); err != nil || len(list) != 1 || list[0].Sequence != 2 {
		t.Error(list, err)
	}
	if due, err := s.DueLadders(ctx, noon); err != nil || len(due) != 1 {
		t.Error(due, err)
	}
	if open, err := s.OpenGaps(ctx); err != nil || len(open) != 1 {
		t.Error(open, err)
	}
	if acks, err := s.GapAcks(ctx, noon); err != nil || len(acks) != 1 {
		t.Error(acks, err)
	}
	for version, edits := range map[string]int{"b1": 0, b.Version: 1} {
		old, err := s.BookAt(ctx, version)
		if err != nil || len(old.Schedules[0].Edits) != edits {
			t.Error(version, old, err)
		}
	}
}
