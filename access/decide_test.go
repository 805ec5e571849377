package access

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func with(person string, roles ...Role) Approver {
	a := Approver{Person: person}
	for _, r := range roles {
		g := Grant{ID: person + string(r), Person: person, Role: r, From: noon.AddDate(-1, 0, 0)}
		if r == Office {
			g.Clinics = []string{"heart"}
		}
		a.Grants = append(a.Grants, g)
	}
	return a
}

func grantFor(person string) Proposal {
	return Proposal{Kind: ProposeGrant, Subject: person, Clinic: "heart", Body: json.RawMessage(`{}`), Reason: "starts on Monday"}
}

// Ann proposes, Cora approves, it is carried out once.
func TestTwoPeopleDecide(t *testing.T) {
	ann, cora := with("ann", Admin), with("cora", Compliance)
	people := []Approver{ann, cora}
	p, err := Propose(grantFor("amy"), ann, people, noon)
	if err != nil || p.Solo || p.State != ProposalOpen || p.ByRole != Admin {
		t.Fatalf("%+v %v", p, err)
	}
	if p.Ripe(people, noon.AddDate(0, 0, 3)) {
		t.Error("ripe without an approval")
	}
	p, err = p.Approve(cora, noon)
	if err != nil || p.State != ProposalApproved || p.Decisions[0].Role != Compliance {
		t.Fatalf("%+v %v", p, err)
	}
	if p, err = p.Carry(people, noon); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Carry(people, noon); !errors.Is(err, ErrTooEarly) {
		t.Errorf("a second time: %v", err)
	}
	if _, err := p.Approve(cora, noon); !errors.Is(err, ErrNotOpen) {
		t.Errorf("approved after the fact: %v", err)
	}
}

// Two officers who are one person, by whatever spelling, and people who decide about themselves.
func TestTwoOfficersAreTwoPeople(t *testing.T) {
	ann, cora, dora := with("ann", Admin, Compliance), with("cora", Compliance), with("dora", Compliance)
	people := []Approver{ann, cora, dora}
	p, err := Propose(Proposal{Kind: ProposePurge, Subject: "heart", Reason: "six years are over"}, ann, people, noon)
	if err != nil || p.ByRole != Compliance {
		t.Fatalf("%+v %v", p, err)
	}
	for name, try := range map[string]struct {
		by   Approver
		want error
	}{
		"herself":             {ann, ErrSamePerson},
		"herself in capitals": {with("Ann", Compliance), ErrMayNot},
		"a Cyrillic look":     {with("\u0430nn", Compliance), ErrMayNot},
		"a trailing space":    {with("ann ", Compliance), ErrMayNot},
		"the operator's name": {with(Operator, Compliance), ErrMayNot},
		"nobody's role":       {with("eve", Agent), ErrMayNot},
		"a role that is over": {Approver{Person: "eve", Grants: []Grant{{Person: "eve", Role: Compliance, From: noon.AddDate(-1, 0, 0), Until: noon}}}, ErrMayNot},
	} {
		if _, err := p.Approve(try.by, noon); !errors.Is(err, try.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	g, err := Propose(grantFor("cora"), ann, people, noon)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Approve(cora, noon); !errors.Is(err, ErrOwnMatter) {
		t.Errorf("her own role: %v", err)
	}
	if _, err := g.Approve(dora, noon); err != nil {
		t.Errorf("another officer: %v", err)
	}
}

// Of the two, one is a compliance officer: two admins purge nothing.
func TestOneOfTheTwoIsAnOfficer(t *testing.T) {
	ann, bea, cora := with("ann", Admin), with("bea", Admin), with("cora", Compliance)
	people := []Approver{ann, bea, cora}
	p, err := Propose(Proposal{Kind: ProposeShred, Subject: "r1", Reason: "asked for"}, ann, people, noon)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Approve(bea, noon); !errors.Is(err, ErrMayNot) {
		t.Errorf("two admins: %v", err)
	}
	p, _ = Propose(Proposal{Kind: ProposeShred, Subject: "r1", Reason: "asked for"}, cora, people, noon)
	if _, err := p.Approve(bea, noon); err != nil {
		t.Errorf("officer and admin: %v", err)
	}
}

// One owner alone: a day's wait; from the moment there are enough people, their approval.
func TestSoloModeEndsByItself(t *testing.T) {
	owner := with("owner", Admin, Compliance)
	alone := []Approver{owner, with("amy", Agent)}
	p, err := Propose(grantFor("amy"), owner, alone, noon)
	if err != nil || !p.Solo || !p.NotBefore.Equal(noon.Add(SoloDelay)) {
		t.Fatalf("%+v %v", p, err)
	}
	later := noon.Add(SoloDelay)
	for at, want := range map[time.Time]bool{noon: false, later.Add(-time.Second): false, later: true, noon.AddDate(0, 0, 9): false} {
		if p.Ripe(alone, at) != want {
			t.Errorf("ripe at %v: want %v", at, want)
		}
	}
	cora := with("cora", Compliance)
	enough := append(alone, cora)
	if p.Ripe(enough, later) {
		t.Error("ripe by waiting though somebody could approve")
	}
	if p, err = p.Approve(cora, later); err != nil || !p.Ripe(enough, later) {
		t.Errorf("%v %v", p.State, err)
	}
}

func TestOperatorsResetWaitsADay(t *testing.T) {
	p, err := Propose(Proposal{Kind: ProposeFactorReset, Subject: "owner", Reason: "lost telephone"}, Approver{Person: Operator},
		[]Approver{with("owner", Admin, Compliance)}, noon)
	if err != nil || !p.Solo || p.By != Operator {
		t.Fatalf("%+v %v", p, err)
	}
	if !p.Ripe(nil, noon.Add(SoloDelay)) {
		t.Error("not ripe after a day")
	}
	p, err = Propose(Proposal{Kind: ProposeFactorReset, Subject: "amy", Reason: "lost telephone"}, Approver{Person: Operator},
		[]Approver{with("owner", Admin, Compliance)}, noon)
	if err != nil || p.Solo {
		t.Errorf("somebody could approve: %+v %v", p, err)
	}
}

func TestOfficeProposesForItsOwnClinic(t *testing.T) {
	office, cora := with("olga", Office), with("cora", Compliance)
	if _, err := Propose(grantFor("amy"), office, []Approver{cora}, noon); err != nil {
		t.Error(err)
	}
	other := grantFor("amy")
	other.Clinic = "skin"
	if _, err := Propose(other, office, []Approver{cora}, noon); !errors.Is(err, ErrMayNot) {
		t.Errorf("another clinic: %v", err)
	}
	other.Clinic = ""
	if _, err := Propose(other, office, []Approver{cora}, noon); !errors.Is(err, ErrMayNot) {
		t.Errorf("the whole house: %v", err)
	}
}

func TestProposalsThatAreRefused(t *testing.T) {
	ann := with("ann", Admin)
	for name, p := range map[string]Proposal{
		"unknown kind": {Kind: "party", Subject: "x", Reason: "why not"},
		"no subject":   {Kind: ProposePurge, Reason: "why not"},
		"no reason":    {Kind: ProposePurge, Subject: "x", Reason: "  "},
		"no JSON":      {Kind: ProposePurge, Subject: "x", Reason: "why not", Body: json.RawMessage("{")},
	} {
		if _, err := Propose(p, ann, nil, noon); !errors.Is(err, ErrProposal) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Propose(grantFor("amy"), with("amy", Agent), nil, noon); !errors.Is(err, ErrMayNot) {
		t.Errorf("an agent proposes: %v", err)
	}
}

func TestWithdrawRejectExpire(t *testing.T) {
	ann, cora := with("ann", Admin), with("cora", Compliance)
	people := []Approver{ann, cora}
	p, _ := Propose(grantFor("amy"), ann, people, noon)
	if _, err := p.Withdraw(cora, noon); !errors.Is(err, ErrMayNot) {
		t.Errorf("withdrawn by another: %v", err)
	}
	if w, err := p.Withdraw(ann, noon); err != nil || w.State != ProposalWithdrawn || w.Ripe(people, noon) {
		t.Errorf("%v %v", w.State, err)
	}
	if r, err := p.Reject(cora, "not yet", noon); err != nil || r.State != ProposalRejected || r.Decisions[0].Reason != "not yet" {
		t.Errorf("%+v %v", r, err)
	}
	late := noon.Add(ProposalLife)
	if _, err := p.Approve(cora, late); !errors.Is(err, ErrNotOpen) {
		t.Errorf("after a week: %v", err)
	}
	if e, over := p.Expire(late); !over || e.State != ProposalExpired {
		t.Error("not expired after a week")
	}
	if _, err := p.Approve(cora, noon.AddDate(0, 0, -1)); !errors.Is(err, ErrNotOpen) {
		t.Errorf("clock set back before it was made: %v", err)
	}
	if len(p.Decisions) != 0 {
		t.Error("deciding changed the proposal that was decided on")
	}
}

// Whoever does whatever in whatever order: nothing is carried out on one person's word while another could have been asked, and
// nothing twice.
func TestNobodyDecidesAlone(t *testing.T) {
	names := []string{"ann", "bea", "cora", "dora"}
	rapid.Check(t, func(t *rapid.T) {
		var people []Approver
		for _, name := range names {
			people = append(people, with(name, rapid.SliceOfNDistinct(rapid.SampledFrom(Roles()), 0, 3, rapid.ID).Draw(t, name)...))
		}
		kind := rapid.SampledFrom(ProposalKinds()).Draw(t, "kind")
		p, err := Propose(Proposal{Kind: kind, Subject: "cora", Clinic: "heart", Reason: "drawn"}, rapid.SampledFrom(people).Draw(t, "by"), people, noon)
		if err != nil {
			return
		}
		now, carried := noon, 0
		for range rapid.IntRange(1, 8).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 40).Draw(t, "hours")) * time.Hour)
			who := rapid.SampledFrom(people).Draw(t, "who")
			switch rapid.IntRange(0, 2).Draw(t, "act") {
			case 0:
				if q, err := p.Approve(who, now); err == nil {
					p = q
				}
			case 1:
				if q, err := p.Carry(people, now); err == nil {
					p, carried = q, carried+1
				}
			case 2:
				if q, err := p.Withdraw(who, now); err == nil {
					p = q
				}
			}
		}
		if carried > 1 {
			t.Fatal("carried out twice")
		}
		yes := slices.ContainsFunc(p.Decisions, func(d Decision) bool { return d.What == "approved" && d.By != p.By })
		if carried == 1 && !yes && (!p.Solo || len(Electors(p, people, noon)) > 0 || p.Carried.Before(p.NotBefore)) {
			t.Fatalf("carried out on one word: %+v", p)
		}
	})
}

func TestExclusiveRoles(t *testing.T) {
	for _, bad := range [][]Role{{Admin, Agent}, {Supervisor, Auditor, Admin}} {
		if err := Exclusive(bad); !errors.Is(err, ErrExclusive) {
			t.Errorf("%v: %v", bad, err)
		}
	}
	if err := Exclusive([]Role{Admin, Compliance, Scheduler}); err != nil {
		t.Error(err)
	}
}

func TestGrantsThatNobodyHolds(t *testing.T) {
	for name, g := range map[string]Grant{
		"office of none":  {Person: "olga", Role: Office},
		"office of two":   {Person: "olga", Role: Office, Clinics: []string{"heart", "skin"}},
		"unknown role":    {Person: "olga", Role: "root"},
		"a look-alike":    {Person: "\u043elga", Role: Agent},
		"ends at once":    {Person: "olga", Role: Agent, From: noon, Until: noon},
		"an empty clinic": {Person: "olga", Role: Agent, Clinics: []string{""}},
		"the operator's":  {Person: Operator, Role: Admin},
	} {
		if g.Check() == nil {
			t.Errorf("%s: taken", name)
		}
	}
	g := Grant{Person: "amy", Role: Agent, Clinics: []string{"heart"}, From: noon, Until: noon.Add(time.Hour)}
	for at, want := range map[time.Duration]bool{-1: false, 0: true, time.Hour - 1: true, time.Hour: false} {
		if g.Covers("heart", noon.Add(at)) != want || g.Covers("skin", noon.Add(at)) {
			t.Errorf("%v after", at)
		}
	}
}
