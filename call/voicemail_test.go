package call

import (
	"slices"
	"sync"
	"testing"
	"time"

	"nightbell/media"
	"nightbell/policy"
)

// meterTape is a recording that counts what is said into it: the caller speaks from `from` for `speaks`.
type meterTape struct {
	*tape
	mu      sync.Mutex
	spec    RecordingSpec
	speaks  time.Duration
	over    chan struct{}
	ended   time.Time
	thrown  bool
	paused  bool
	stopped sync.Once
}

func (m *meterTape) Spoken() (said, quiet time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := time.Now()
	if !m.ended.IsZero() {
		at = m.ended
	}
	passed := at.Sub(m.began)
	return min(passed, m.speaks), max(0, passed-m.speaks)
}

func (m *meterTape) Settled() <-chan struct{} { return m.over }

func (m *meterTape) Stop(s media.RecordingStatus) {
	m.tape.Stop(s)
	m.stopped.Do(func() {
		m.mu.Lock()
		m.ended = time.Now()
		m.mu.Unlock()
		go func() { time.Sleep(100 * time.Millisecond); close(m.over) }()
	})
}

func (m *meterTape) Pause(string, string) { m.mu.Lock(); m.paused = true; m.mu.Unlock() }

func (m *meterTape) Discard(string, string) {
	m.Stop(media.Aborted)
	m.mu.Lock()
	m.thrown = true
	m.mu.Unlock()
}

// messages is a recorder whose callers say so much to a voicemail, take by take.
type messages struct {
	mu     sync.Mutex
	speaks []time.Duration
	tapes  []*meterTape
	deaf   bool
}

func (m *messages) Start(spec RecordingSpec, _ Voice, trouble func(string)) (Recording, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.deaf {
		return nil, Unwilling("disk_full")
	}
	t := &meterTape{tape: &tape{began: time.Now(), trouble: trouble}, spec: spec, over: make(chan struct{})}
	if spec.Kind == VoiceMessage {
		n := len(m.of(VoiceMessage))
		t.speaks = m.speaks[min(n, len(m.speaks)-1)]
	}
	m.tapes = append(m.tapes, t)
	return t, nil
}

func (m *messages) of(k RecordingKind) []*meterTape {
	return slices.DeleteFunc(slices.Clone(m.tapes), func(t *meterTape) bool { return t.spec.Kind != k })
}

// unanswered is a clinic where nobody answers and messages are taken.
func unanswered(o *outside, speaks ...time.Duration) *messages {
	m := &messages{speaks: speaks}
	o.board.ports.Recorder = m
	o.step(policy.Together, 10*time.Second, "amy")
	o.phone("amy", ringsForEver)
	o.plan.Voicemail = &policy.VoicemailRule{}
	return m
}

// Greeting 3 s, announcement 3 s, ten seconds of ringing, words 3 s, tone 3 s: she speaks from 22 s on.
const speaksFrom = 22 * time.Second

func TestMessageIsTakenBeforeTheLastResort(t *testing.T) {
	var m *messages
	o, _, r := scene(t, func(o *outside) { m = unanswered(o, 12*time.Second) }, func(_ *outside, l *leg) {
		time.Sleep(speaksFrom + 12*time.Second)
		l.says(LegEvent{Kind: Digit, Digit: "#"})
		time.Sleep(time.Second)
		l.says(LegEvent{Kind: Digit, Digit: "1"})
	})
	want(t, r, MessageLeft, "caller")
	if r.Message == nil || r.Message.Urgency != policy.Urgent || r.Message.Spoken != 12*time.Second || !r.Message.Heard || r.Message.Withheld {
		t.Errorf("message %+v", r.Message)
	}
	if got := o.voices[0].heardWords(); !slices.Equal(got[len(got)-4:], []string{"voicemail", "voicemail_beep", "voicemail_keep", "voicemail_thanks"}) {
		t.Errorf("she heard %v", got)
	}
	all := m.of(VoiceMessage)
	if len(all) != 1 || all[0].tape.stopped != media.Complete || all[0].spec.Sides[0] != "caller" {
		t.Errorf("recordings %+v", all)
	}
	if c := m.of(Conversation); len(c) != 1 || !c[0].ended.Equal(all[0].began) && c[0].ended.After(all[0].began) {
		t.Error("the conversation's recording goes on under the message")
	}
}

func TestMessageSurvivesHangingUp(t *testing.T) {
	_, _, r := scene(t, func(o *outside) { unanswered(o, time.Minute) }, func(_ *outside, l *leg) {
		time.Sleep(speaksFrom + 5*time.Second)
		l.says(LegEvent{Kind: Ended, Cause: Completed})
	})
	want(t, r, MessageLeft, "caller")
	if r.Message == nil || r.Message.Spoken.Round(time.Second) != 5*time.Second || r.Message.Heard || r.Served {
		t.Errorf("message %+v, served %v", r.Message, r.Served)
	}
}

func TestBreathIsNoMessage(t *testing.T) {
	o, _, r := scene(t, func(o *outside) { unanswered(o, 1500*time.Millisecond) }, func(_ *outside, l *leg) {
		time.Sleep(speaksFrom + 5*time.Second)
		l.says(LegEvent{Kind: Ended, Cause: Completed})
	})
	want(t, r, CallerGone, "caller")
	if r.Message != nil || !o.happened(MessageVoid) {
		t.Errorf("message %+v, story %v", r.Message, o.kinds())
	}
}

func TestSilenceEndsAMessageAndTheLastResortFollowsNone(t *testing.T) {
	o, _, r := scene(t, func(o *outside) { unanswered(o, 0) }, nil)
	want(t, r, LastResort, "system")
	if got := o.voices[0].heardWords(); got[len(got)-1] != "last_resort" {
		t.Errorf("she heard %v", got)
	}
	if r.Message != nil {
		t.Errorf("message %+v", r.Message)
	}
}

func TestMessageIsSaidAgain(t *testing.T) {
	var m *messages
	_, _, r := scene(t, func(o *outside) { m = unanswered(o, 5*time.Second, 9*time.Second) }, func(_ *outside, l *leg) {
		time.Sleep(speaksFrom + 4*time.Second)
		l.says(LegEvent{Kind: Digit, Digit: "#"})
		time.Sleep(time.Second)
		l.says(LegEvent{Kind: Digit, Digit: "2"})
	})
	want(t, r, MessageLeft, "caller")
	all := m.of(VoiceMessage)
	if len(all) != 2 || !all[0].thrown || all[1].thrown || r.Message.Spoken != 9*time.Second {
		t.Errorf("takes %d, message %+v", len(all), r.Message)
	}
}

func TestEndlessMessageEnds(t *testing.T) {
	_, _, r := scene(t, func(o *outside) {
		unanswered(o, time.Hour)
		o.plan.Voicemail.Most = 30 * time.Second
	}, nil)
	want(t, r, MessageLeft, "caller")
	if r.Message.Spoken < 30*time.Second || r.Message.Spoken > 40*time.Second {
		t.Errorf("spoken %v", r.Message.Spoken)
	}
}

func TestNoRecorderNoMessageButWords(t *testing.T) {
	_, _, r := scene(t, func(o *outside) { unanswered(o, time.Minute).deaf = true }, nil)
	want(t, r, LastResort, "system")
}

func TestVoicemailAsAStep(t *testing.T) {
	o, _, r := scene(t, func(o *outside) {
		unanswered(o, 4*time.Second)
		o.plan.Steps = []policy.Step{{Name: "message", Do: policy.Voicemail}}
		o.plan.Voicemail = &policy.VoicemailRule{Greeting: "greeting", Urgency: policy.Routine}
	}, nil)
	want(t, r, MessageLeft, "caller")
	if r.Message.Urgency != policy.Routine {
		t.Errorf("message %+v", r.Message)
	}
	if d := o.voices[0].silence(r.Ended); d > 20*time.Second {
		t.Errorf("she heard nothing for %v: only while she speaks", d)
	}
}
