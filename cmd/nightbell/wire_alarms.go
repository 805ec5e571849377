package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"time"

	"nightbell/audit"
	"nightbell/call"
	"nightbell/console"
	"nightbell/policy"
	"nightbell/store"
)

// alarmDesk tells people of what stands wrong. A patient's alarm climbs a ladder that is kept in the database: the telephone
// rings one after the other until somebody presses 1, somebody acknowledges on the console, or it is over; then again after
// some minutes. Tonight's go in one bundle an hour to the log and the hook.
type alarmDesk struct {
	alarms  *alarms
	cfg     AlarmsConfig
	log     *slog.Logger
	now     func() time.Time
	ladders func() alarmLadders // nil: the keys are sealed, or the server is about to end
	ring    func(person string, told func(call.Record)) error
	taken   func(context.Context, console.Alarm, audit.Actor, string) error
	hook    func(context.Context, []byte) error
	keep    func() error // writes down what stands

	asks    chan func(context.Context) // what the telephone found out, for the desk's own goroutine
	climbs  map[string]climbing        // by alarm
	hooked  map[string]time.Time       // patients' alarms: when the hook was told
	bundled time.Time
}

// alarmLadders are those of the house; *ladders is one.
type alarmLadders interface {
	Begin(context.Context, audit.Actor, policy.Ladder) error
	Send(context.Context, audit.Actor, string, policy.LadderEvent) (policy.Ladder, []policy.Action, error)
}

// climbing is an alarm whose ladder stands.
type climbing struct {
	ladder string
	since  time.Time
}

const (
	alarmKind   = "alarm"
	alarmLook   = 15 * time.Second
	alarmBundle = time.Hour
	alarmRounds = 1 << 20 // a patient's alarm is never given up
	hookTime    = 30 * time.Second
)

// alarmWords are what somebody hears who picks up: that patients wait, and which key takes it. What is wrong is on the console.
var alarmWords = []string{"alarm_call", "alarm_keys"}

var byAlarms = audit.Actor{Type: "system", ID: "alarms"}

// Run looks until ctx ends.
func (d *alarmDesk) Run(ctx context.Context) error {
	d.climbs, d.hooked = map[string]climbing{}, map[string]time.Time{}
	tick := time.NewTicker(alarmLook)
	defer tick.Stop()
	for {
		d.look(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-d.alarms.changed:
		case do := <-d.asks:
			do(ctx)
		case <-tick.C:
		}
	}
}

// look begins and ends ladders, and tells the hook what is due.
func (d *alarmDesk) look(ctx context.Context) {
	d.alarms.expire(d.now())
	stand := d.alarms.views()
	for name, c := range d.climbs {
		at := slices.IndexFunc(stand, func(a console.Alarm) bool { return a.Name == name && a.Since.Equal(c.since) })
		switch {
		case at < 0:
			d.send(ctx, name, policy.LadderEvent{Kind: policy.Withdrawn})
		case !stand[at].Acknowledged.IsZero():
			d.send(ctx, name, policy.LadderEvent{Kind: policy.Accepted, Person: stand[at].AcknowledgedBy, Reason: "on the console"})
		}
	}
	for _, a := range stand {
		if a.Class == patient && a.Acknowledged.IsZero() {
			d.telephone(ctx, a)
		}
	}
	if !slices.ContainsFunc(stand, func(a console.Alarm) bool { return a.Class == patient }) {
		d.alarms.clear("alarm_telephone") // nobody has to be telephoned
	}
	d.tellHook(ctx, stand)
	if err := d.keep(); err != nil && ctx.Err() == nil {
		d.log.Error("alarms cannot be written down", "err", err)
	}
}

// send ends an alarm's ladder.
func (d *alarmDesk) send(ctx context.Context, name string, e policy.LadderEvent) {
	ladders := d.ladders()
	if ladders == nil {
		return
	}
	_, _, err := ladders.Send(ctx, byAlarms, d.climbs[name].ladder, e)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		d.log.Error("alarm's ladder", "alarm", alarmName(name), "err", err)
		return
	}
	delete(d.climbs, name)
}

// telephone begins the ladder of an alarm, where somebody is named and it has none.
func (d *alarmDesk) telephone(ctx context.Context, a console.Alarm) {
	ladders := d.ladders()
	if _, climbs := d.climbs[a.Name]; climbs {
		return
	}
	if ladders == nil {
		d.alarms.telephoned(a.Name, "the keys are sealed: no telephone can be rung")
		return
	}
	if !d.cfg.named() {
		d.cannot(a.Name, "nobody is named in [alarms]")
		return
	}
	l := policy.NewLadder(ladderOf(a), d.rungs(), alarmRounds, d.now())
	l.Kind, l.Subject, l.Urgency = alarmKind, a.Name, policy.Emergency
	err := ladders.Begin(ctx, byAlarms, l)
	if err != nil && !errors.Is(err, store.ErrConflict) && !begunBefore(ctx, ladders, l.ID) {
		d.log.Error("alarm's ladder", "alarm", a.Of, "err", err)
		return
	}
	d.climbs[a.Name] = climbing{l.ID, a.Since}
}

// begunBefore reports whether a ladder was begun by an earlier run: it goes on by itself.
func begunBefore(ctx context.Context, ladders alarmLadders, id string) bool {
	_, _, err := ladders.Send(ctx, byAlarms, id, policy.LadderEvent{Kind: policy.Ticked, At: time.Unix(1, 0)})
	return err == nil
}

// ladderOf is one for each time that an alarm is raised.
func ladderOf(a console.Alarm) string {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s %d", a.Name, a.Since.UnixNano())
	return fmt.Sprintf("alarm-%x", h.Sum64())
}

// rungs are the schedule's tiers and then the people; a round of them lasts until it is telephoned again.
func (d *alarmDesk) rungs() []policy.Rung {
	var all []policy.Rung
	if d.cfg.Schedule != "" {
		all = append(all, policy.Rung{Name: "on call", Schedule: d.cfg.Schedule, Tier: 1, Mode: policy.Together},
			policy.Rung{Name: "second", Schedule: d.cfg.Schedule, Tier: 2, Mode: policy.Together})
	}
	if len(d.cfg.People) > 0 {
		all = append(all, policy.Rung{Name: "people", People: d.cfg.People, Mode: policy.Together})
	}
	for n := range all {
		all[n].Delay = d.cfg.Again.Duration / time.Duration(len(all))
	}
	return all
}

// climb is what the ladder asks for: it rings and does not wait. It runs on the ladders' goroutine.
func (d *alarmDesk) climb(_ context.Context, l policy.Ladder, actions []policy.Action) error {
	if !slices.ContainsFunc(d.alarms.views(), func(a console.Alarm) bool { return ladderOf(a) == l.ID }) {
		d.orphaned(l)
		return nil
	}
	for _, a := range actions {
		switch a.Do {
		case policy.Try:
			d.try(l, a.People)
		case policy.Skip:
			d.cannot(l.Subject, "nobody is on call for alarms")
		}
	}
	return nil
}

// orphaned is a ladder of an earlier run whose alarm is not raised again: soon after a start it may be, later it is over.
func (d *alarmDesk) orphaned(l policy.Ladder) {
	if l.State != policy.Climbing || d.alarms.early(d.now()) {
		return
	}
	d.ask(func(ctx context.Context) {
		if ladders := d.ladders(); ladders != nil {
			_, _, _ = ladders.Send(ctx, byAlarms, l.ID, policy.LadderEvent{Kind: policy.Withdrawn})
		}
	})
}

// ask hands something to the desk's own goroutine. It never blocks.
func (d *alarmDesk) ask(do func(context.Context)) {
	select {
	case d.asks <- do:
	default:
		d.log.Error("the desk of alarms is overrun")
	}
}

func (d *alarmDesk) try(l policy.Ladder, people []string) {
	rung := 0
	var why error
	for _, person := range people {
		err := d.ring(person, func(r call.Record) { d.answered(l.Subject, person, r) })
		if err != nil {
			why = err
			continue
		}
		rung++
	}
	if rung == 0 {
		d.cannot(l.Subject, "nobody can be telephoned: "+wordOf(why))
		return
	}
	d.alarms.telephoned(l.Subject, "ringing")
	d.alarms.clear("alarm_telephone")
}

// wordOf is why a telephone cannot be rung, without anything of the number.
func wordOf(err error) string {
	var unfit *call.Unfit
	var word outwardWord
	switch {
	case errors.As(err, &unfit):
		return string(unfit.Word)
	case errors.As(err, &word):
		return string(word)
	case err == nil:
		return "nobody"
	}
	return "fault"
}

// cannot says on the alarm itself, and by one of its own, that no telephone rings for it.
func (d *alarmDesk) cannot(name, why string) {
	d.alarms.telephoned(name, why)
	d.alarms.raise("alarm_telephone", "an alarm of patients telephones nobody: "+why)
}

// answered is told by the call: who pressed 1 sees to it.
func (d *alarmDesk) answered(name, person string, r call.Record) {
	if r.Taken == nil && r.Outcome != call.Acknowledged {
		return
	}
	d.ask(func(ctx context.Context) { d.take(ctx, name, person) })
}

// take acknowledges for somebody who pressed 1. That it cannot be remembered does not let her telephone ring on.
func (d *alarmDesk) take(ctx context.Context, name, person string) {
	stand := d.alarms.views()
	at := slices.IndexFunc(stand, func(a console.Alarm) bool { return a.Name == name })
	if at < 0 || !d.alarms.acknowledge(name, person) {
		return
	}
	d.alarms.telephoned(name, "acknowledged")
	if err := d.taken(ctx, stand[at], audit.Actor{Type: "person", ID: person}, "telephone"); err != nil {
		d.log.Error("acknowledgement not remembered", "alarm", stand[at].Of, "err", err)
	}
}

// hookAlarm is what the hook is told of one: no name of a patient, no number.
type hookAlarm struct {
	Name   string             `json:"name"`
	Class  console.AlarmClass `json:"class"`
	Words  string             `json:"words"`
	Action string             `json:"action"`
	Since  time.Time          `json:"since"`
}

// tellHook gives a patient's alarm at once and as often as it is telephoned, and the others in one bundle an hour.
func (d *alarmDesk) tellHook(ctx context.Context, stand []console.Alarm) {
	now, due := d.now(), []console.Alarm{}
	var later []console.Alarm
	for _, a := range stand {
		switch {
		case !a.Acknowledged.IsZero():
		case a.Class == patient && now.Sub(d.hooked[a.Name]) >= d.cfg.Again.Duration:
			d.hooked[a.Name] = now
			due = append(due, a)
		case a.Class == tonight:
			later = append(later, a)
		}
	}
	if len(later) > 0 && now.Sub(d.bundled) >= alarmBundle {
		d.bundled = now
		due = append(due, later...)
		d.log.Warn("alarms of tonight", "count", len(later))
	}
	for name := range d.hooked {
		if !slices.ContainsFunc(stand, func(a console.Alarm) bool { return a.Name == name }) {
			delete(d.hooked, name)
		}
	}
	if len(due) == 0 || d.hook == nil {
		return
	}
	told := struct {
		Alarms []hookAlarm `json:"alarms"`
	}{}
	for _, a := range due {
		told.Alarms = append(told.Alarms, hookAlarm{a.Name, a.Class, a.Words, a.Action, a.Since})
	}
	b, err := json.Marshal(told)
	if err == nil {
		err = d.hook(ctx, b)
	}
	if err != nil && ctx.Err() == nil {
		d.log.Error("the hook of alarms", "err", err)
	}
}

// runHook starts a program, gives it the alarms on standard input, and waits for it.
func runHook(path string) func(context.Context, []byte) error {
	if path == "" {
		return nil
	}
	return func(ctx context.Context, told []byte) error {
		ctx, cancel := context.WithTimeout(ctx, hookTime)
		defer cancel()
		run := exec.CommandContext(ctx, path)
		run.Stdin, run.Env, run.Dir = bytes.NewReader(told), []string{"PATH=" + os.Getenv("PATH")}, "/"
		if err := run.Run(); err != nil {
			return fmt.Errorf("hook: %w", err)
		}
		return nil
	}
}

// openAlarms makes the desk.
func (s *server) openAlarms() {
	path := s.office.Config.path("alarms.json")
	if err := s.alarms.open(path); err != nil {
		s.log.Warn("what alarms stood is not known", "err", err)
	}
	s.alarms.changed = make(chan struct{}, 1)
	s.alarmDesk = &alarmDesk{
		alarms: &s.alarms, cfg: s.office.Config.Alarms, log: s.log, now: func() time.Time { return time.Now().UTC() },
		ladders: func() alarmLadders {
			if s.Board() == nil {
				return nil
			}
			return s.ladders
		},
		ring: s.ringForAlarm, taken: s.office.alarmTaken, hook: runHook(s.office.Config.Alarms.Hook),
		keep: func() error { return s.alarms.keep(path) }, asks: make(chan func(context.Context), 64),
	}
	s.ladders.kinds[alarmKind] = s.alarmDesk.climb
	s.callers = &callerWatch{office: s.office, alarms: &s.alarms, fault: s.trouble("unserved_look")}
}

// ringForAlarm calls a person about an alarm: her telephone over a carrier, and whichever of her phones is registered.
func (s *server) ringForAlarm(person string, told func(call.Record)) error {
	rules := s.rules.now.Load().policy
	one, known := rules.Person(person)
	if !known {
		return &call.Unfit{Word: call.Nobody}
	}
	cfg := s.office.Config.Alarms
	clinic := cfg.Clinic
	if sch := rules.Roster(cfg.Schedule); sch != nil && clinic == "" {
		clinic = scheduleClinic(rules.Book, cfg.Schedule)
	}
	p := call.Placing{ID: rand.Text(), Why: call.AlarmCall, Clinic: clinic, Whisper: alarmWords, Accept: call.ByKey, Ended: told}
	var why error = &call.Unfit{Word: call.Nobody}
	for _, b := range s.sip.Bindings(rules.Users(person)...) {
		p.Near = append(p.Near, call.Contact{ID: b.ID, User: b.User, Profile: phones{s.rules, nil}.profile(b)})
	}
	if !one.Phone.IsZero() {
		route, _ := rules.Route(clinic, one.Phone.Reveal())
		d := call.Dialling{Person: person, To: one.Phone, Route: route, Display: "Nightbell", Call: p.ID}
		if _, _, why = s.outward.Profile(d); why == nil {
			p.NearDial = &d
		}
	}
	if len(p.Near) == 0 && p.NearDial == nil {
		return why
	}
	return s.board.Place(p)
}

func scheduleClinic(b *policy.Book, id string) string {
	for _, sch := range b.Schedules {
		if sch.ID == id {
			return sch.Clinic
		}
	}
	return ""
}

// liveFigures say how much is looked at, and who waits for somebody.
func (s *server) liveFigures(gauge, counter metric) {
	gauge("live_readers", "Streams of the live view that are read now.", func() float64 { n, _ := s.console.Readers(); return float64(n) })
	counter("live_cut", "Streams cut off because nobody read them.", func() float64 { _, n := s.console.Readers(); return float64(n) })
	gauge("alarms_patient", "Alarms of patients that stand and that nobody has acknowledged.", func() float64 {
		n := 0
		for _, a := range s.alarms.views() {
			if a.Class == patient && a.Acknowledged.IsZero() {
				n++
			}
		}
		return float64(n)
	})
	gauge("unserved_open", "Callers with whom nobody spoke and whom nobody has seen to.", func() float64 { return float64(s.callers.open.Load()) })
	gauge("unserved_oldest_seconds", "Age of the oldest of them.", func() float64 {
		if at := s.callers.oldest.Load(); at != 0 {
			return time.Since(time.UnixMicro(at)).Seconds()
		}
		return 0
	})
	counter("sentinel_runs", "Checks whether a clinic's lines come to us.", func() float64 { return float64(s.sentinel.runs.Load()) })
	counter("sentinel_missing", "Checks in which they did not.", func() float64 { return float64(s.sentinel.missing.Load()) })
	gauge("voice_messages_open", "Voice messages that nobody has taken on.", func() float64 { return float64(s.callers.voices.Load()) })
}

// counted says how many of something there are.
func counted(n int, one, many string) string {
	return fmt.Sprintf("%d %s", n, cmp.Or(map[bool]string{true: one}[n == 1], many))
}
