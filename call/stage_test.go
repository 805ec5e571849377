package call

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"nightbell/media"
	"nightbell/phi"
	"nightbell/policy"
)

// The stage: scripted legs, voices and phones, so that a story is told in fake time. Real legs and voices are on
// stage in cmd's stories.

type stage struct {
	t      *testing.T
	board  *Switchboard
	plan   policy.Plan
	mu     sync.Mutex
	events []Event
	ended  []Record
	phones map[string]*phone
	noRec  error
	recs   []*tape
	voices []*voice
	deaf   error // NewVoice's error
	late   bool  // the caller leaves in the moment of our 200
	breaks bool  // a defect: ringing a phone that is nil
	done   chan Record

	sound   *sound            // of the latest call
	outside map[string]*phone // by number
	noWay   error             // of every trunk
	legs    int
}

func newStage(t *testing.T) *stage {
	s := &stage{t: t, phones: map[string]*phone{}, outside: map[string]*phone{}, done: make(chan Record, 16)}
	s.plan = policy.Plan{Clinic: "harbor", ClinicName: "Harbor", Number: "+12125550100", Answer: policy.AtOnce,
		Greeting: "greeting", Announce: "announcement", Record: true, LastResort: "last_resort"}
	s.board = NewSwitchboard(Ports{
		Decide: func(policy.Inquiry) policy.Plan { return s.plan },
		Sound:  s.newSound, Prompt: prompts, Phones: s, Recorder: s, Journal: s, Trunks: lines{s}, Numbers: lines{s},
		Now: time.Now, Fault: func(string, any) {},
	})
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
		defer cancel()
		s.board.Drain(ctx)
	})
	return s
}

var reel = map[string]*media.Prompt{}

func init() {
	for _, n := range []string{"greeting", "announcement", "last_resort", "please_hold", "ringback", "music", "joined", "harbor_music"} {
		reel[n] = &media.Prompt{}
	}
}

func prompts(name string) *media.Prompt { return reel[name] }

func promptName(p *media.Prompt) string {
	for n, q := range reel {
		if p == q {
			return n
		}
	}
	return "?"
}

func (s *stage) step(mode policy.RingMode, d time.Duration, users ...string) {
	st := policy.Step{Name: users[0], Mode: mode, For: d}
	for _, u := range users {
		st.Targets = append(st.Targets, policy.Target{Person: u, Users: []string{u}})
	}
	s.plan.Steps = append(s.plan.Steps, st)
}

// ring brings a caller; her leg is returned.
func (s *stage) ring() *leg {
	l := &leg{s: s, confirm: true}
	s.board.Take(Arrival{ID: "c1", Inquiry: policy.Inquiry{Number: "+12125550100", From: phi.NewPhone("+12125550155")},
		Trunk: TrunkFacts{ID: "t"}, Offer: []byte("offer"), Leg: l, Listen: l.listen})
	return l
}

func (s *stage) Note(e Event) { s.mu.Lock(); s.events = append(s.events, e); s.mu.Unlock() }
func (s *stage) Begin(Record) {}
func (s *stage) Finish(r Record) {
	s.mu.Lock()
	s.ended = append(s.ended, r)
	s.mu.Unlock()
	s.done <- r
}

// kinds tells the story in words.
func (s *stage) kinds() []EventKind {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ks []EventKind
	for _, e := range s.events {
		ks = append(ks, e.Kind)
	}
	return ks
}

func (s *stage) happened(k EventKind) bool { return slices.Contains(s.kinds(), k) }

// leg is a scripted dialog, the caller's or a phone's.
type leg struct {
	s       *stage
	mu      sync.Mutex
	post    func(LegEvent)
	early   []LegEvent
	did     []string
	confirm bool // an ACK follows our 200 at once
	over    bool
	deaf    bool // reports nothing when ended
	id      string
}

func (l *leg) listen(f func(LegEvent)) {
	l.mu.Lock()
	l.post = f
	early := l.early
	l.mu.Unlock()
	for _, e := range early {
		f(e)
	}
}

func (l *leg) says(e LegEvent) {
	l.mu.Lock()
	f := l.post
	if f == nil {
		l.early = append(l.early, e)
	}
	if e.Kind == Ended || e.Kind == Refused {
		l.over = true
	}
	l.mu.Unlock()
	if f != nil {
		f(e)
	}
}

func (l *leg) ID() string { l.mu.Lock(); defer l.mu.Unlock(); return l.id }

func (l *leg) AcceptRefer() error { l.log("refer accepted"); return l.gone() }
func (l *leg) RefuseRefer(r Refusal) error {
	l.log("refer refused: " + r.Warning)
	return l.gone()
}
func (l *leg) TellRefer(code int) error { l.log("notify " + strconv.Itoa(code)); return l.gone() }

func (l *leg) gone() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return errors.New("leg is over")
	}
	return nil
}

func (l *leg) log(s string) { l.mu.Lock(); l.did = append(l.did, s); l.mu.Unlock() }

func (l *leg) story() []string { l.mu.Lock(); defer l.mu.Unlock(); return slices.Clone(l.did) }

func (l *leg) Ring([]byte) error { l.log("ring"); return nil }
func (l *leg) Answer([]byte) error {
	l.log("answer")
	if l.s.late {
		go l.says(LegEvent{Kind: Ended, Cause: CallerGone, Code: 487})
		return errors.New("leg is over")
	}
	if l.confirm {
		l.confirm = false
		l.says(LegEvent{Kind: Confirmed})
	}
	return nil
}
func (l *leg) Refuse(r Refusal) error {
	l.log("refuse " + string(r.Cause) + " " + r.Warning)
	return nil
}
func (l *leg) Offer([]byte) error { l.log("offer"); return nil }
func (l *leg) End(c Cause) {
	l.log("end " + string(c))
	l.mu.Lock()
	over := l.over || l.deaf
	l.over = true
	l.mu.Unlock()
	if !over {
		l.says(LegEvent{Kind: Ended, Cause: c})
	}
}

// phone is a registered softphone that follows its script when it is rung.
type phone struct {
	*leg
	script func(*leg)
	mu     sync.Mutex
	rung   int
	away   bool
}

func (p *phone) leaves()        { p.mu.Lock(); defer p.mu.Unlock(); p.away = true }
func (p *phone) isAway() bool   { p.mu.Lock(); defer p.mu.Unlock(); return p.away }
func (p *phone) timesRung() int { p.mu.Lock(); defer p.mu.Unlock(); return p.rung }

// now is the leg of the phone's latest call.
func (p *phone) now() *leg { p.mu.Lock(); defer p.mu.Unlock(); return p.leg }

// rings makes the leg of the phone's next call.
func (p *phone) rings() *leg {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.rung++; p.rung > 1 {
		p.leg = &leg{s: p.leg.s}
	}
	return p.leg
}

func (s *stage) phone(user string, script func(*leg)) *phone {
	p := &phone{leg: &leg{s: s}, script: script}
	s.mu.Lock()
	s.phones[user] = p
	s.mu.Unlock()
	return p
}

func (s *stage) Contacts(_ string, users []string) []Contact {
	s.mu.Lock()
	defer s.mu.Unlock()
	var cs []Contact
	for _, u := range users {
		if p := s.phones[u]; s.breaks || p != nil && !p.isAway() {
			cs = append(cs, Contact{ID: u, User: u})
		}
	}
	return cs
}

func (s *stage) Invite(_ context.Context, c Contact, _ Invite, post func(LegEvent)) (Leg, error) {
	s.mu.Lock()
	p := s.phones[c.User]
	s.mu.Unlock()
	if p.script == nil {
		return nil, errors.New("flow closed")
	}
	l := p.rings()
	s.name(l)
	l.listen(post)
	go p.script(l)
	return l, nil
}

// name gives a dialog the id by which a Replaces may name it.
func (s *stage) name(l *leg) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.legs++
	l.mu.Lock()
	l.id = "leg-" + strconv.Itoa(s.legs)
	l.mu.Unlock()
}

// Scripts.
func answers(after time.Duration) func(*leg) {
	return func(l *leg) {
		l.says(LegEvent{Kind: Ringing})
		time.Sleep(after)
		l.says(LegEvent{Kind: Answered, SDP: []byte("answer")})
	}
}

func refuses(after time.Duration, c Cause, code int) func(*leg) {
	return func(l *leg) { time.Sleep(after); l.says(LegEvent{Kind: Refused, Cause: c, Code: code}) }
}

func ringsForEver(l *leg) { l.says(LegEvent{Kind: Ringing}) }

// sound and voice stand for media.
type sound struct {
	s      *stage
	voices []*voice
	mu     sync.Mutex
	hears  map[Voice][]Voice
	closed bool
}

func (s *stage) newSound() Sound {
	x := &sound{s: s}
	s.mu.Lock()
	s.sound = x
	s.mu.Unlock()
	return x
}

func (x *sound) NewVoice(media.Profile) (Voice, error) {
	if x.s.deaf != nil {
		return nil, x.s.deaf
	}
	v := &voice{}
	x.s.mu.Lock()
	x.s.voices = append(x.s.voices, v)
	x.s.mu.Unlock()
	x.mu.Lock()
	x.voices = append(x.voices, v)
	x.mu.Unlock()
	return v, nil
}
func (x *sound) Bridge(a, b Voice) {
	x.Arrange([]Hearing{{Listener: a, Sources: []Voice{b}}, {Listener: b, Sources: []Voice{a}}})
}
func (x *sound) Split() { x.Arrange(nil) }
func (x *sound) Arrange(all []Hearing) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.hears = map[Voice][]Voice{}
	for _, h := range all {
		x.hears[h.Listener] = slices.Clone(h.Sources)
	}
}
func (x *sound) Close() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.closed = true
	for _, v := range x.voices {
		v.Quiet()
	}
}

type voice struct {
	mu     sync.Mutex
	hear   func(media.Event)
	dir    media.Direction
	played []string
	digits []byte
	refuse error
	closed bool
	stop   chan struct{}
	plays  string // now; empty: nothing
	hidden bool
}

func (v *voice) Detect(media.Detection) {}
func (v *voice) Conceal(c media.Concealment) {
	v.mu.Lock()
	v.hidden = c == media.Concealed
	v.mu.Unlock()
}

func (v *voice) Answer(offer []byte) ([]byte, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch string(offer) {
	case "no crypto":
		return nil, &media.Refusal{Code: 488, WarnCode: 304, Text: "media must be encrypted"}
	case "sendonly":
		v.dir = media.SendOnly
	case "sendrecv":
		v.dir = media.SendRecv
	}
	return []byte("our answer"), nil
}
func (v *voice) Offer(Voice) ([]byte, error) { return []byte("our offer"), nil }
func (v *voice) Accept(a []byte) error {
	if string(a) == "wrong suite" {
		return &media.Refusal{Code: 488, Text: "suite was not offered"}
	}
	return v.refuse
}
func (v *voice) Direction() media.Direction { v.mu.Lock(); defer v.mu.Unlock(); return v.dir }
func (v *voice) Play(p *media.Prompt, times int) <-chan struct{} {
	v.Quiet()
	v.mu.Lock()
	defer v.mu.Unlock()
	v.played = append(v.played, promptName(p))
	done := make(chan struct{})
	stop := make(chan struct{})
	v.stop, v.plays = stop, promptName(p)
	go func() {
		defer close(done)
		defer v.fades(stop)
		if times == 0 {
			<-stop
			return
		}
		select {
		case <-time.After(time.Duration(times) * 3 * time.Second):
		case <-stop:
		}
	}()
	return done
}

// fades ends what plays, unless something else does by now.
func (v *voice) fades(stop chan struct{}) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.stop == stop {
		v.stop, v.plays = nil, ""
	}
}

func (v *voice) Quiet() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.stop != nil {
		close(v.stop)
		v.stop, v.plays = nil, ""
	}
}

// now is what plays to a party; empty: nothing.
func (v *voice) now() string { v.mu.Lock(); defer v.mu.Unlock(); return v.plays }
func (v *voice) SendDigit(d byte, _ time.Duration) {
	v.mu.Lock()
	v.digits = append(v.digits, d)
	v.mu.Unlock()
}
func (v *voice) Listen(f func(media.Event)) { v.mu.Lock(); v.hear = f; v.mu.Unlock() }
func (v *voice) tells(e media.Event) {
	v.mu.Lock()
	hear := v.hear
	v.mu.Unlock()
	hear(e)
}
func (v *voice) Stats() media.Stats { return media.Stats{} }
func (v *voice) Close()             { v.Quiet(); v.mu.Lock(); v.closed = true; v.mu.Unlock() }
func (v *voice) isClosed() bool     { v.mu.Lock(); defer v.mu.Unlock(); return v.closed }

func (v *voice) heardWords() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.played)
}

func (s *stage) voice(n int) *voice { s.mu.Lock(); defer s.mu.Unlock(); return s.voices[n] }

// tape stands for the recorder.
type tape struct {
	mu      sync.Mutex
	marks   []string
	stopped media.RecordingStatus
	began   time.Time
	trouble func(string)
	spec    RecordingSpec
	torn    bool // discarded
}

func (s *stage) Start(spec RecordingSpec, _ Voice, trouble func(string)) (Recording, error) {
	if s.noRec != nil {
		return nil, s.noRec
	}
	r := &tape{began: time.Now(), trouble: trouble, spec: spec}
	s.mu.Lock()
	s.recs = append(s.recs, r)
	s.mu.Unlock()
	return r, nil
}
func (r *tape) ID() string { return "rec" }
func (r *tape) Mark(kind, actor, _ string) {
	r.mu.Lock()
	r.marks = append(r.marks, kind+" "+actor)
	r.mu.Unlock()
}
func (r *tape) Pause(actor, reason string)   { r.Mark("pause", actor+" "+reason, "") }
func (r *tape) Resume(actor, reason string)  { r.Mark("resume", actor+" "+reason, "") }
func (r *tape) Discard(string, string)       { r.mu.Lock(); r.torn = true; r.mu.Unlock() }
func (r *tape) Stop(s media.RecordingStatus) { r.mu.Lock(); r.stopped = s; r.mu.Unlock() }

func timeout(d time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), d)
}
