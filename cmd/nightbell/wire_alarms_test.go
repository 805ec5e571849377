package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"nightbell/audit"
	"nightbell/call"
	"nightbell/console"
	"nightbell/media"
	"nightbell/policy"
)

// alarmStage is a desk over real ladders on paper, with people who press 1 or do not.
type alarmStage struct {
	*alarmDesk
	paper   *ladderPaper
	presses map[string]bool // who presses 1
	cannot  error           // nobody can be telephoned

	mu     sync.Mutex
	since  time.Time
	rung   []string
	hooked []string
	taken  []string
	stop   func()
}

func alarmsOnStage(paper *ladderPaper, a *alarms, cfg AlarmsConfig) *alarmStage {
	st := &alarmStage{paper: paper, presses: map[string]bool{}, since: time.Now()}
	l := newLadders(paper, func(r policy.Rung, _ time.Time) []string { return r.People }, func(error) {})
	a.changed = make(chan struct{}, 1)
	a.history.opened = time.Now()
	st.alarmDesk = &alarmDesk{
		alarms: a, cfg: cfg, log: slog.New(slog.DiscardHandler), now: func() time.Time { return time.Now().UTC() },
		ladders: func() alarmLadders { return l }, ring: st.ringing, keep: func() error { return nil },
		asks: make(chan func(context.Context), 64),
		taken: func(_ context.Context, al console.Alarm, by audit.Actor, way string) error {
			st.mu.Lock()
			defer st.mu.Unlock()
			st.taken = append(st.taken, al.Name+" by "+by.ID+" "+way)
			return nil
		},
		hook: func(_ context.Context, b []byte) error {
			var told struct{ Alarms []hookAlarm }
			err := json.Unmarshal(b, &told)
			st.mu.Lock()
			defer st.mu.Unlock()
			for _, one := range told.Alarms {
				st.hooked = append(st.hooked, fmt.Sprintf("%s %s", time.Since(st.since).Truncate(time.Second), one.Name))
			}
			return err
		},
	}
	l.kinds[alarmKind] = st.climb
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { l.Run(ctx) })
	running.Go(func() { _ = st.Run(ctx) })
	st.stop = func() { cancel(); running.Wait() }
	return st
}

func (st *alarmStage) ringing(person string, told func(call.Record)) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.cannot != nil {
		return st.cannot
	}
	st.rung = append(st.rung, fmt.Sprintf("%s %s", time.Since(st.since).Truncate(time.Second), person))
	r := call.Record{Outcome: call.NoAnswer}
	if st.presses[person] {
		r = call.Record{Outcome: call.Completed, Taken: &call.Acceptance{Person: person, Rule: call.ByKey}}
	}
	time.AfterFunc(30*time.Second, func() { told(r) })
	return nil
}

func (st *alarmStage) said(of *[]string) []string {
	st.mu.Lock()
	defer st.mu.Unlock()
	return slices.Clone(*of)
}

var onTheRota = AlarmsConfig{People: []string{"olga"}, Again: Duration{5 * time.Minute}}

// A patient's alarm rings until somebody presses 1; then it stands, acknowledged by her name, and rings nobody.
func TestAPatientsAlarmRingsUntilSomebodyPresses1(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var a alarms
		st := alarmsOnStage(&ladderPaper{}, &a, onTheRota)
		a.raise("nobody_eligible", "no ready agent can be rung for harbor")
		a.raise("disk", "8 % of the recordings' disk is free")
		time.Sleep(11 * time.Minute)
		if got := st.said(&st.rung); !slices.Equal(got, []string{"0s olga", "5m0s olga", "10m0s olga"}) {
			t.Errorf("rung %v", got)
		}
		st.mu.Lock()
		st.presses["olga"] = true
		st.mu.Unlock()
		time.Sleep(5 * time.Minute)
		v := a.views()
		if len(v) != 2 || v[1].AcknowledgedBy != "olga" || v[1].Telephone != "acknowledged" || !v[0].Acknowledged.IsZero() {
			t.Errorf("%+v", v)
		}
		time.Sleep(time.Hour)
		if got := st.said(&st.rung); len(got) != 4 {
			t.Errorf("it rings on: %v", got)
		}
		if got := st.said(&st.taken); !slices.Equal(got, []string{"nobody_eligible by olga telephone"}) {
			t.Errorf("remembered %v", got)
		}
		a.clear("nobody_eligible")
		a.raise("nobody_eligible", "again")
		time.Sleep(time.Minute)
		if got := st.said(&st.rung); len(got) != 5 {
			t.Errorf("raised anew it rings again: %v", got)
		}
		st.stop()
	})
}

func TestAnAlarmThatIsOverOrAcknowledgedOnTheConsoleRingsNobody(t *testing.T) {
	for name, end := range map[string]func(*alarms){
		"over":         func(a *alarms) { a.clear("sealed") },
		"acknowledged": func(a *alarms) { a.acknowledge("sealed", "ada") },
	} {
		synctest.Test(t, func(t *testing.T) {
			var a alarms
			st := alarmsOnStage(&ladderPaper{}, &a, onTheRota)
			a.raise("sealed", "the keys are sealed")
			time.Sleep(time.Minute)
			end(&a)
			time.Sleep(time.Hour)
			if got := st.said(&st.rung); len(got) != 1 {
				t.Errorf("%s: rung %v", name, got)
			}
			st.stop()
		})
	}
}

// The ladder is on paper: a killed server goes on where it stood, and rings nobody about what is over since.
func TestAnAlarmsLadderOutlivesTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		paper := &ladderPaper{}
		var before alarms
		st := alarmsOnStage(paper, &before, onTheRota)
		before.raise("nobody_eligible", "nobody")
		time.Sleep(6 * time.Minute)
		since := before.views()[0].Since
		st.stop()

		after := alarms{history: alarmHistory{Stood: map[string]stoodAlarm{"nobody_eligible": {Since: since}}}}
		again := alarmsOnStage(paper, &after, onTheRota)
		after.raise("nobody_eligible", "nobody")
		time.Sleep(10 * time.Minute)
		again.stop()
		if got := again.said(&again.rung); len(got) != 2 || len(paper.rows) != 1 {
			t.Errorf("rung %v, %d ladders", got, len(paper.rows))
		}

		var healed alarms
		third := alarmsOnStage(paper, &healed, onTheRota)
		time.Sleep(time.Hour)
		third.stop()
		if got := third.said(&third.rung); len(got) != 0 {
			t.Errorf("rung about what is over: %v", got)
		}
		for _, r := range paper.rows {
			if r.State != string(policy.Cancelled) {
				t.Errorf("ladder %s is %s", r.ID, r.State)
			}
		}
	})
}

func TestAnAlarmThatCannotTelephoneSaysSo(t *testing.T) {
	for want, set := range map[string]func(*AlarmsConfig, *alarmStage){
		"nobody is named in [alarms]":        func(c *AlarmsConfig, _ *alarmStage) { c.People = nil },
		"nobody can be telephoned: no_trunk": func(_ *AlarmsConfig, st *alarmStage) { st.cannot = wordNoTrunk },
		"nobody can be telephoned: draining": func(_ *AlarmsConfig, st *alarmStage) { st.cannot = &call.Unfit{Word: "draining"} },
		"nobody can be telephoned: fault":    func(_ *AlarmsConfig, st *alarmStage) { st.cannot = errors.New("+12125550199") },
	} {
		synctest.Test(t, func(t *testing.T) {
			var a alarms
			st := alarmsOnStage(&ladderPaper{}, &a, onTheRota)
			time.Sleep(time.Second)
			st.mu.Lock()
			set(&st.cfg, st)
			st.mu.Unlock()
			a.raise("nobody_eligible", "nobody")
			time.Sleep(time.Minute)
			v := a.views()
			if len(v) != 2 || v[0].Name != "alarm_telephone" || v[1].Telephone != want {
				t.Errorf("%s: %+v", want, v)
			}
			a.clear("nobody_eligible")
			time.Sleep(time.Minute)
			if v := a.views(); len(v) != 0 {
				t.Errorf("%s: stands when the patient's alarm is over: %+v", want, v)
			}
			st.stop()
		})
	}
}

func TestTonightsAlarmsComeInOneBundleAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var a alarms
		st := alarmsOnStage(&ladderPaper{}, &a, onTheRota)
		a.raise("disk", "8 %")
		a.raise("backup", "failed")
		time.Sleep(10 * time.Second)
		a.raise("certificate", "old")
		time.Sleep(59 * time.Minute)
		if got := st.said(&st.hooked); !slices.Equal(got, []string{"0s disk"}) {
			t.Errorf("in the first hour: %v", got)
		}
		time.Sleep(2 * time.Minute)
		if got := st.said(&st.hooked); len(got) != 3 || strings.Contains(strings.Join(got, " "), "backup") {
			t.Errorf("after it: %v", got)
		}
		st.stop()
	})
}

// Who picks up hears words, not silence.
func TestTheWordsOfAnAlarmAreBuiltIn(t *testing.T) {
	for _, name := range append(slices.Clone(alarmWords), "alarm_taken") {
		if media.Prompts()[name] == nil {
			t.Errorf("no prompt %s", name)
		}
	}
}

// What happened once goes when somebody has seen to it, or after a day.
func TestAnAlarmOfWhatIsOverGoesByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var a alarms
		st := alarmsOnStage(&ladderPaper{}, &a, onTheRota)
		a.raise("fault", "a call ended by a defect")
		time.Sleep(time.Hour)
		if !a.acknowledge("fault", "ada") || a.acknowledge("fault", "bo") || len(a.list()) != 0 {
			t.Errorf("%v", a.list())
		}
		a.raise("fault", "another")
		time.Sleep(23 * time.Hour)
		if len(a.list()) != 1 {
			t.Error("it went too early")
		}
		time.Sleep(2 * time.Hour)
		if len(a.list()) != 0 {
			t.Errorf("%v stands", a.list())
		}
		st.stop()
	})
}

// What stood keeps its beginning and its name over a restart; what nobody acts on is proposed for deletion.
func TestAlarmsRememberWhoSeesToThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "alarms.json")
		var a alarms
		if err := a.open(path); err != nil {
			t.Fatal(err)
		}
		a.raise("disk", "8 %")
		a.raise("syslog", "away")
		a.acknowledge("disk", "ada")
		if err := a.keep(path); err != nil {
			t.Fatal(err)
		}
		if b, _ := os.ReadFile(path); strings.Contains(string(b), "8 %") {
			t.Errorf("words are kept: %s", b)
		}
		time.Sleep(time.Minute)
		var b alarms
		if err := b.open(path); err != nil {
			t.Fatal(err)
		}
		b.raise("disk", "7 %")
		if v := b.views(); v[0].AcknowledgedBy != "ada" || !v[0].Since.Before(v[0].Raised) {
			t.Errorf("%+v", v)
		}
		time.Sleep(31 * 24 * time.Hour)
		for range 3 {
			b.clear("syslog")
			b.raise("syslog", "away")
		}
		b.clear("disk")
		b.raise("disk", "6 %")
		b.acknowledge("disk", "ada")
		stale := b.stale()
		if len(stale) != 1 || stale[0].Name != "syslog" || stale[0].Raised < 3 {
			t.Errorf("%+v", stale)
		}
	})
}

var (
	raisedHere = regexp.MustCompile(`(?:alarms\.raise|s\.trouble)\("([a-z_ ]+)"|Alarm = "([a-z_]+)"`)
	alarmNamed = regexp.MustCompile(`name := "([a-z ]+ in schedule )"|nobody := "([a-z ]+ in schedule )"`)
	carriers   = regexp.MustCompile(`(?m)(?:carrierDown|^\tnot[A-Z]\w+) += "([a-z_]+): "`)
	storeKinds = regexp.MustCompile(`TroubleKind = "([a-z_]+)"`)
	tableRow   = regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| (patient|tonight|morning) \\|")
)

// Every alarm that the source raises has its class and its action, and docs/OPERATING.md says the same of it.
func TestEveryAlarmHasAClassAndAnAction(t *testing.T) {
	raised := map[string]bool{}
	files, _ := filepath.Glob("*.go")
	for _, f := range append(files, "../../store/ports.go") {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range [][][]string{raisedHere.FindAllStringSubmatch(string(b), -1), alarmNamed.FindAllStringSubmatch(string(b), -1), carriers.FindAllStringSubmatch(string(b), -1), storeKinds.FindAllStringSubmatch(string(b), -1)} {
			for _, m := range found {
				raised[alarmName(strings.Join(m[1:], ""))] = true
			}
		}
	}
	delete(raised, "journal_merged")
	page, err := os.ReadFile("../../docs/OPERATING.md")
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]string{}
	for _, m := range tableRow.FindAllStringSubmatch(string(page), -1) {
		told[m[1]] = m[2]
	}
	for _, row := range alarmTable {
		if !strings.HasSuffix(row.action, ".") || len(row.action) < 10 {
			t.Errorf("%s has no action sentence", row.name)
		}
		if told[row.name] != string(row.class) {
			t.Errorf("docs/OPERATING.md says %q of %s, the table %s", told[row.name], row.name, row.class)
		}
		if !raised[row.name] {
			t.Errorf("nothing raises %s", row.name)
		}
		delete(raised, row.name)
		delete(told, row.name)
	}
	for name := range raised {
		t.Errorf("%s has no class", name)
	}
	for name := range told {
		t.Errorf("docs/OPERATING.md has a row for %s, and there is no such alarm", name)
	}
}
