package store

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nightbell/audit"
	"nightbell/phi"
	"nightbell/policy"
)

// ringing is the demo's book as an answering service fills it.
func ringing() policy.Book {
	b := demoBook()
	b.Queues = []policy.Queue{{ID: "desk", Members: []policy.QueueMember{{Person: "amy"}}, MaxWait: time.Minute, Keys: map[string]policy.Key{"1": {Do: policy.KeyCallBack}}}, {ID: "night"}}
	b.Laws = []policy.ConsentLaw{{State: "US-CA", Rule: policy.AllParties, Beep: 15 * time.Second}}
	b.Emergency = policy.EmergencyLine{Trunk: "carrier", CallBack: "+12125550100", Locations: map[string]policy.Location{"": {Country: "US", City: "New York"}}}
	b.Clinics[0].Features = policy.Features{
		State: "US-NY", Menus: []policy.Menu{{ID: "m", Prompt: "m", Keys: map[string]policy.Key{"1": {Do: policy.KeyNext}}}},
		Patch: &policy.Patch{Ladder: []policy.StepRule{{People: []string{"wu"}}}},
	}
	b.Clinics[0].Open.Steps = append(b.Clinics[0].Open.Steps, policy.StepRule{Name: "wait", Do: policy.Wait, Queue: "desk"})
	b.Trunks[0].Carrier = &policy.Carrier{Host: "sip.carrier.test", Rank: 1}
	b.People[0].State = "US-NJ"
	return b
}

func TestRulesOfCallsComeBackAsTheyWent(t *testing.T) {
	s := fresh(t)
	want := ringing()
	want.Version = apply(t, s, want)
	if d := cmp.Diff(want, bookOf(t, s), equal...); d != "" {
		t.Fatal(d)
	}
	s.shelf.book = nil // as after a restart
	if d := cmp.Diff(want, bookOf(t, s), equal...); d != "" {
		t.Fatal(d)
	}
	size := holds(t, s)
	if v := apply(t, s, ringing()); v != want.Version || holds(t, s) != size {
		t.Error("the same rules were another version")
	}
	for _, a := range []audit.Action{audit.QueueChanged, audit.LawsChanged, audit.EmergencyChanged} {
		if !slices.Contains(actions(t, s), a) {
			t.Errorf("no %s in the audit log", a)
		}
	}
}

func TestPastRulesOfCallsCanBeRead(t *testing.T) {
	s := fresh(t)
	apply(t, s, demoBook())
	first := ringing()
	v1 := apply(t, s, first)
	second := ringing()
	second.Queues = []policy.Queue{{ID: "night", Weight: 2}, second.Queues[0]}
	second.Queues[1].MaxWait, second.Laws, second.Emergency = time.Hour, nil, policy.EmergencyLine{}
	v2 := apply(t, s, second)
	third := ringing()
	third.Queues = nil
	v3 := apply(t, s, third)
	for version, want := range map[string]policy.Book{v1: first, v2: second, v3: third} {
		got, err := s.BookAt(ctx, version)
		if err != nil {
			t.Fatal(err)
		}
		want.Version = version
		if d := cmp.Diff(want, *got, equal...); d != "" {
			t.Errorf("%s: %s", version, d)
		}
	}
	if d := cmp.Diff(third.Queues, bookOf(t, s).Queues, equal...); d != "" {
		t.Error(d)
	}
}

func TestNewestPromptIsFirstAndRemovalIsUndone(t *testing.T) {
	s := fresh(t)
	apply(t, s, demoBook())
	put := func(p Prompt, sound string) Prompt {
		t.Helper()
		p, err := s.PutPrompt(ctx, amy, p, []byte(sound))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	old := put(Prompt{Clinic: "elm", Name: "greeting", Kind: SealedPrompt, Source: "upload"}, "Dr Canary ")
	now := put(Prompt{Clinic: "elm", Name: "greeting", Kind: SealedPrompt, Source: "text", Text: phi.NewText("Call Dr Canary-Lee")}, "Dr Canary-Lee speaking")
	music := put(Prompt{Name: "music", Kind: PlainPrompt, Source: "upload"}, "la la la")
	list, err := s.Prompts(ctx, PromptQuery{Clinics: []string{"elm"}, Name: "greeting"})
	if err != nil || len(list) != 2 || list[0].ID != now.ID || list[0].Text.Reveal() != "Call Dr Canary-Lee" {
		t.Fatal(list, err)
	}
	for p, want := range map[string]string{old.ID: "Dr Canary ", now.ID: "Dr Canary-Lee speaking", music.ID: "la la la"} {
		if sound, err := s.PromptSound(ctx, p); err != nil || string(sound) != want {
			t.Errorf("%q %v", sound, err)
		}
	}
	if err := errors.Join(s.RemovePrompt(ctx, amy, now.ID)); err != nil {
		t.Fatal(err)
	}
	if err := s.RemovePrompt(ctx, amy, now.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("removed twice: %v", err)
	}
	if list, _ := s.Prompts(ctx, PromptQuery{Clinics: []string{"elm"}}); len(list) != 1 || list[0].ID != old.ID {
		t.Error(list)
	}
	if err := s.RestorePrompt(ctx, amy, now.ID); err != nil {
		t.Error(err)
	}
	for _, bad := range []Prompt{{}, {Name: "x"}, {Name: "x", Kind: "loud"}} {
		if _, err := s.PutPrompt(ctx, amy, bad, []byte("ab")); !errors.Is(err, ErrInvalid) {
			t.Error(err)
		}
	}
	if _, err := s.PutPrompt(ctx, amy, Prompt{Name: "x", Kind: PlainPrompt}, []byte("odd")); !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
	file := readAll(t, s.opt.Path)
	if err := s.EmptyLog(ctx); err != nil {
		t.Fatal(err)
	}
	file = append(file, readAll(t, s.opt.Path)...)
	if bytes.Contains(file, []byte("Canary-Lee")) || !bytes.Contains(file, []byte("la la la")) {
		t.Error("a sealed prompt lies in clear, or a plain one does not")
	}
	holds(t, s)
}

func TestABentPromptIsNotPlayed(t *testing.T) {
	opt := made(t)
	s := opened(t, opt)
	apply(t, s, demoBook())
	p, err := s.PutPrompt(ctx, amy, Prompt{Name: "music", Kind: PlainPrompt}, []byte("la la la"))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.write(ctx, func(t *tx) error { return t.must("UPDATE prompts SET sound = X'6161' WHERE id = ?", p.ID) }); err != nil {
		t.Fatal(err)
	}
	if _, err := s.PromptSound(ctx, p.ID); !errors.Is(err, ErrDamaged) {
		t.Error(err)
	}
}

func TestAnAgentsBreakIsKeptUntilSheComesBack(t *testing.T) {
	s := fresh(t)
	apply(t, s, demoBook())
	lunch := AgentState{Person: "amy", State: "break", Reason: "lunch", Since: time.UnixMicro(1000).UTC()}
	for _, a := range []AgentState{lunch, {Person: "amy", State: "break", Reason: "lunch", Since: time.UnixMicro(9000)}, {Person: "wu"}} {
		if err := s.SetAgentState(ctx, amy, a); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := s.AgentStates(ctx); err != nil || cmp.Diff([]AgentState{lunch}, got) != "" {
		t.Error(got, err)
	}
	training := AgentState{Person: "amy", State: "training", Since: time.UnixMicro(5000).UTC(), Until: time.UnixMicro(8000).UTC()}
	if err := s.SetAgentState(ctx, amy, training); err != nil {
		t.Fatal(err)
	}
	if got, _ := s.AgentStates(ctx); cmp.Diff([]AgentState{training}, got) != "" {
		t.Error(got)
	}
	if err := s.SetAgentState(ctx, amy, AgentState{Person: "amy"}); err != nil {
		t.Fatal(err)
	}
	if got, _ := s.AgentStates(ctx); len(got) != 0 {
		t.Error(got)
	}
	if err := s.SetAgentState(ctx, amy, AgentState{}); !errors.Is(err, ErrInvalid) {
		t.Error(err)
	}
	n := 0
	for _, a := range actions(t, s) {
		if a == audit.AgentStateSet {
			n++
		}
	}
	if n != 4 {
		t.Errorf("remembered %d times", n)
	}
}

func TestAVoiceMessageIsTakenOnce(t *testing.T) {
	s := fresh(t)
	apply(t, s, demoBook())
	var ids []string
	for i, clinic := range []string{"elm", "oak", "elm"} {
		v, err := s.AddVoiceMessage(ctx, VoiceMessage{Call: clinic + strings.Repeat("x", i), Clinic: clinic, Recording: "r", Urgency: policy.Urgent})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, v.ID)
		if again, err := s.AddVoiceMessage(ctx, v); err != nil || again.ID != v.ID {
			t.Error(err)
		}
	}
	if err := s.TakeVoiceMessage(ctx, amy, ids[0]); err != nil {
		t.Fatal(err)
	}
	if err := s.TakeVoiceMessage(ctx, amy, ids[0]); !errors.Is(err, ErrConflict) {
		t.Errorf("taken twice: %v", err)
	}
	if err := s.TakeVoiceMessage(ctx, amy, "none"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if v, err := s.VoiceMessage(ctx, ids[0]); err != nil || v.TakenBy != "amy" || v.Taken.IsZero() {
		t.Error(v, err)
	}
	page, err := s.VoiceMessages(ctx, VoiceQuery{Limit: 2})
	if err != nil || len(page.Rows) != 2 || page.Rows[0].ID != ids[2] || page.Next == "" {
		t.Fatal(page, err)
	}
	if rest, err := s.VoiceMessages(ctx, VoiceQuery{Limit: 2, Cursor: page.Next}); err != nil || len(rest.Rows) != 1 || rest.Rows[0].ID != ids[0] {
		t.Error(rest, err)
	}
	if open, _ := s.VoiceMessages(ctx, VoiceQuery{Open: true, Within: Within{Clinics: []string{"elm"}}}); len(open.Rows) != 1 || open.Rows[0].ID != ids[2] {
		t.Error(open)
	}
	if none, _ := s.VoiceMessages(ctx, VoiceQuery{Within: Within{Clinics: []string{}}}); len(none.Rows) != 0 {
		t.Error("who sees no clinic sees messages")
	}
	holds(t, s)
}

func TestACallerWhomNobodyServedIsSettledByAPerson(t *testing.T) {
	s := fresh(t)
	apply(t, s, demoBook())
	for i, clinic := range []string{"elm", "oak", "elm"} {
		u := Unserved{Call: clinic + strings.Repeat("x", i), Clinic: clinic, Arrived: s.now(), Why: "caller_gone"}
		if err := errors.Join(s.AddUnserved(ctx, u), s.AddUnserved(ctx, u)); err != nil {
			t.Fatal(err)
		}
	}
	if open, err := s.OpenUnserved(ctx); err != nil || open["elm"] != 2 || open["oak"] != 1 {
		t.Error(open, err)
	}
	if err := s.OwnUnserved(ctx, amy, "elm", "wu"); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []Unserved{{Call: "elm", State: WrittenOff}, {Call: "elm", State: UnservedOpen}, {Call: "elm", State: "x"}} {
		if err := s.SettleUnserved(ctx, amy, bad); !errors.Is(err, ErrInvalid) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	off := Unserved{Call: "elm", State: WrittenOff, Reason: phi.NewText("Mrs Canary-Smith rang again")}
	if err := s.SettleUnserved(ctx, amy, off); err != nil {
		t.Fatal(err)
	}
	if err := s.SettleUnserved(ctx, amy, Unserved{Call: "elm", State: CalledBack}); !errors.Is(err, ErrConflict) {
		t.Errorf("settled twice: %v", err)
	}
	if err := s.OwnUnserved(ctx, amy, "elm", "amy"); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if err := s.SettleUnserved(ctx, amy, Unserved{Call: "elmxx", State: CalledBack, Answer: "back-1"}); err != nil {
		t.Error(err)
	}
	page, err := s.UnservedCallers(ctx, UnservedQuery{Clinics: []string{"elm"}, Limit: 1})
	if err != nil || len(page.Rows) != 1 || page.Rows[0].Answer != "back-1" || page.Next == "" {
		t.Fatal(page, err)
	}
	page, err = s.UnservedCallers(ctx, UnservedQuery{Clinics: []string{"elm"}, Cursor: page.Next})
	if err != nil || len(page.Rows) != 1 || page.Rows[0].Reason.Reveal() != "Mrs Canary-Smith rang again" || page.Rows[0].Owner != "wu" || page.Rows[0].SettledBy != "amy" {
		t.Error(page, err)
	}
	if open, _ := s.UnservedCallers(ctx, UnservedQuery{State: UnservedOpen}); len(open.Rows) != 1 || open.Rows[0].Clinic != "oak" {
		t.Error(open)
	}
	holds(t, s)
}
