package call

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"nightbell/media"
	"nightbell/phi"
	"nightbell/policy"
)

// Lines outward on the stage: telephones that are dialled and follow their scripts, keys in all three ways, PINs, and an ear
// at every voice that notices silence.

func init() {
	for _, n := range []string{"nightbell_call", "a_clinic", "urgency_routine", "urgency_urgent", "urgency_emergency", "patch_keys",
		"call_taken", "call_declined", "call_not_yours", "patch_nobody", "still_trying", "desk_pin", "desk_wrong", "voicemail",
		"voicemail_beep", "voicemail_keep", "voicemail_thanks", "far_busy", "far_no_answer", "far_unreachable", "call_lost", "alarm_call",
		"alarm_keys", "alarm_taken", "clinician_nobody"} {
		if reel[n] == nil {
			reel[n] = &media.Prompt{}
		}
	}
}

// outside is a stage with trunks outward.
type outside struct {
	*stage
	mu      sync.Mutex
	scripts map[string]func(*line)
	lines   []*line
	voices  []*earVoice
	pins    map[string]string
	phones  map[string]string // person -> number
	slow    time.Duration     // a PIN's check
	noTrunk bool
	shown   []Dialling
}

// line is one call of ours to a telephone.
type line struct {
	*leg
	number string
	voice  *earVoice
	at     time.Time
}

// earVoice notices when its party hears nothing, and what is asked of its ear.
type earVoice struct {
	*voice
	mu       sync.Mutex
	turn     int // of playing
	playing  bool
	hears    bool // somebody, by the arrangement
	began    bool
	silent   time.Time // since when; zero: something is heard
	longest  time.Duration
	conceals []media.Concealment
	detects  media.Detection
}

func newOutside(t *testing.T) *outside {
	o := &outside{stage: newStage(t), scripts: map[string]func(*line){}, pins: map[string]string{}, phones: map[string]string{}}
	p := &o.board.ports
	p.Trunks, p.PINs = o, o
	p.Sound = func() Sound { return &earSound{&sound{s: o.stage}, o} }
	p.Outward = func(clinic string, _ phi.Phone) (policy.Plan, bool) { return o.plan, clinic == o.plan.Clinic }
	return o
}

// person has a telephone and a PIN.
func (o *outside) person(name, number, pin string, script func(*line)) {
	o.phones[name], o.pins[name], o.scripts[number] = number, pin, script
}

func (o *outside) rung(mode policy.RingMode, d time.Duration, people ...string) policy.PatchStep {
	s := policy.PatchStep{Name: people[0], Mode: mode, For: d}
	for _, p := range people {
		s.People = append(s.People, policy.Reachable{Person: p, Users: []string{p}})
	}
	return s
}

func (o *outside) Profile(Dialling) (string, media.Profile, error) {
	if o.noTrunk {
		return "", media.Profile{}, errors.New("no_trunk")
	}
	return "carrier", media.Profile{}, nil
}

func (o *outside) Dial(_ context.Context, _ string, d Dialling, post func(LegEvent)) (Leg, error) {
	number := d.To.Reveal()
	o.mu.Lock()
	defer o.mu.Unlock()
	script := o.scripts[number]
	if script == nil {
		return nil, errors.New("no way")
	}
	l := &line{leg: &leg{s: o.stage}, number: number, voice: o.voices[len(o.voices)-1], at: time.Now()}
	o.lines, o.shown = append(o.lines, l), append(o.shown, d)
	l.listen(post)
	go script(l)
	return l, nil
}

func (o *outside) CheckPIN(ctx context.Context, person, typed string) (bool, error) {
	select {
	case <-time.After(o.slow):
		return typed != "" && o.pins[person] == typed, nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

func (o *outside) Telephone(person string) phi.Phone { return phi.NewPhone(o.phones[person]) }

// to are the lines to a number, in order.
func (o *outside) to(number string) []*line {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(o.lines), func(l *line) bool { return l.number != number })
}

// press presses keys as telephone events.
func (l *line) press(keys string) {
	for _, k := range []byte(keys) {
		l.voice.tells(media.Event{Kind: media.Digit, Digit: k})
	}
}

// inform presses keys by INFO.
func (l *line) inform(keys string) {
	for _, k := range keys {
		l.says(LegEvent{Kind: Digit, Digit: string(k)})
	}
}

func (l *line) answer() {
	l.says(LegEvent{Kind: Ringing})
	time.Sleep(2 * time.Second)
	l.says(LegEvent{Kind: Answered, SDP: []byte("answer")})
}

// Scripts of telephones.
func picksUpAnd(keys ...string) func(*line) {
	return func(l *line) {
		l.answer()
		for _, k := range keys {
			time.Sleep(4 * time.Second)
			l.press(k)
		}
	}
}

func picksUpAndSays(l *line) { l.answer() } // a voicemail: it answers and speaks

func hangsOn(l *line) { l.says(LegEvent{Kind: Ringing}) }

func engaged(l *line) {
	time.Sleep(time.Second)
	l.says(LegEvent{Kind: Refused, Cause: Busy, Code: 486})
}

type earSound struct {
	*sound
	o *outside
}

func (x *earSound) NewVoice(p media.Profile) (Voice, error) {
	v, err := x.sound.NewVoice(p)
	if err != nil {
		return nil, err
	}
	e := &earVoice{voice: v.(*voice)}
	x.o.mu.Lock()
	x.o.voices = append(x.o.voices, e)
	x.o.mu.Unlock()
	return e, nil
}

func (x *earSound) Arrange(all []Hearing) {
	x.o.mu.Lock()
	defer x.o.mu.Unlock()
	for _, v := range x.o.voices {
		i := slices.IndexFunc(all, func(h Hearing) bool { return h.Listener == Voice(v) })
		v.changes(func() { v.hears = i >= 0 && len(all[i].Sources) > 0 })
	}
}

// changes notices when silence begins and ends.
func (v *earVoice) changes(what func()) {
	v.mu.Lock()
	defer v.mu.Unlock()
	what()
	sounds := v.hears || v.playing
	switch {
	case sounds && !v.silent.IsZero():
		v.longest = max(v.longest, time.Since(v.silent))
		v.silent = time.Time{}
	case !sounds && v.silent.IsZero() && v.began:
		v.silent = time.Now()
	}
	v.began = v.began || sounds
}

func (v *earVoice) Play(p *media.Prompt, times int) <-chan struct{} {
	over := v.voice.Play(p, times)
	turn := 0
	v.changes(func() { v.turn++; turn, v.playing = v.turn, true })
	done := make(chan struct{})
	go func() {
		defer close(done)
		<-over
		v.changes(func() { v.playing = v.playing && v.turn != turn })
	}()
	return done
}

func (v *earVoice) Quiet() {
	v.voice.Quiet()
	v.changes(func() { v.playing = false })
}

func (v *earVoice) Detect(d media.Detection) { v.mu.Lock(); v.detects = d; v.mu.Unlock() }
func (v *earVoice) Conceal(c media.Concealment) {
	v.mu.Lock()
	v.conceals = append(v.conceals, c)
	v.mu.Unlock()
}

// silence is how long she heard nothing at a stretch, from the first sound to the end.
func (v *earVoice) silence(until time.Time) time.Duration {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.silent.IsZero() && v.silent.Before(until) {
		return max(v.longest, until.Sub(v.silent))
	}
	return v.longest
}

// scene plays one call in a bubble.
func scene(t *testing.T, set func(*outside), act func(*outside, *leg)) (*outside, *leg, Record) {
	t.Helper()
	var o *outside
	var l *leg
	var r Record
	synctest.Test(t, func(t *testing.T) {
		o = newOutside(t)
		set(o)
		l = o.ring()
		if act != nil {
			act(o, l)
		}
		r = <-o.done
		synctest.Wait()
		for _, v := range o.stage.voices {
			v.Quiet()
		}
	})
	return o, l, r
}

// told are the events of a kind, with their data.
func (s *stage) told(kind EventKind) (all []Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.events {
		if e.Kind == kind {
			all = append(all, e)
		}
	}
	return all
}
