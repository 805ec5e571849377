//go:build stories

package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"nightbell/media/mediatest"
	"nightbell/sip/siptest"
)

// hands are what a real phone does with the call it has.
type hands interface {
	hold(ctx context.Context)
	resume(ctx context.Context)
	transfer(ctx context.Context, to string)
}

// atSocket are the hands of a baresip.
type atSocket struct {
	*baresip
	port int
}

func (h atSocket) hold(ctx context.Context)   { h.command(ctx, h.port, "hold", "") }
func (h atSocket) resume(ctx context.Context) { h.command(ctx, h.port, "resume", "") }
func (h atSocket) transfer(ctx context.Context, to string) {
	h.command(ctx, h.port, "transfer", "sip:"+to+"@"+standAddr)
}

// atKeyboard are those of a linphonec.
type atKeyboard struct{ *linphone }

func (h atKeyboard) hold(context.Context)   { h.types("pause") }
func (h atKeyboard) resume(context.Context) { h.types("resume") }
func (h atKeyboard) transfer(_ context.Context, to string) {
	h.types("transfer sip:" + to + "@" + standAddr)
}

// recordedBook is callBook with recording, and somebody who may listen.
func recordedBook(clinics ...string) string {
	return strings.ReplaceAll(callBook(clinics...), "record = false", "record = true") + "[[people]]\nid = \"sue\"\nname = \"Sue Stern\"\nrole = \"supervisor\"\n"
}

// referring is a row of the matrix: whose phone refers the caller to whom, what it does before, and who has her then.
type referring struct {
	who, to string
	before  string // "", "hold": while she is on hold; "resume": after she was
	taken   bool   // by to; else she is back where she was
}

// The matrix of blind transfers by phones that nobody here wrote: who refers, whom to, with a hold or without, always
// while it is recorded. Whatever becomes of it, the caller is not lost, and the recording has her voice without a gap.
// Debian's baresip hangs up by itself when its transfer fails: it has no such row.
func TestStoryPhonesTransfer(t *testing.T) {
	ctx := storyTime(t, 170*time.Second)
	s := newStand(t, func(string) string {
		return recordedBook("amys +12125550110 at_once amy:20", "lenas +12125550111 at_once lena:20",
			"talk +12125550112 at_once bo,carol,dora,cy:20")
	})
	s.serve()
	voice := slices.Repeat(mediatest.Agent(), 6) // they fall silent at its end
	numbers := map[string]string{"amy": "+12125550110", "lena": "+12125550111"}
	phones := map[string]hands{
		"amy":  atSocket{s.newBaresip("amy", s.md5Secret("amy"), 44471, voice), 44471},
		"lena": atKeyboard{s.linphone("lena", s.secret("lena"), voice)},
	}
	s.newBaresip("cy", s.md5Secret("cy"), 44472, voice)
	bos := s.answering(ctx, "bo")
	s.refusing(ctx, "carol", 486)
	s.secret("dora") // her phone is not there
	for _, who := range []string{"amy", "lena", "cy"} {
		s.registered(ctx, who)
	}
	carrier := s.carrier(ctx)
	for _, row := range []referring{
		{"amy", "bo", "", true},
		{"amy", "cy", "resume", true}, // a real phone takes her
		{"amy", "bo", "hold", true},
		{"lena", "bo", "", true},
		{"lena", "carol", "hold", false}, // busy
		{"lena", "dora", "", false},      // gone
	} {
		t.Run(fmt.Sprint(row.who, " to ", row.to, " ", row.before), func(t *testing.T) {
			s.refers(ctx, row, carrier, numbers[row.who], phones[row.who], bos)
		})
	}
}

// refers plays one row.
func (s *stand) refers(ctx context.Context, row referring, c *siptest.Carrier, number string, phone hands, bos <-chan *talk) {
	caller := s.call(ctx, c, number)
	voice := newCounter(40 * time.Second)
	began := caller.sound.Speak(voice.sound)
	id := s.bridged(ctx)
	if row.before != "" {
		phone.hold(ctx)
		until(ctx, s.t, "the phone does not hold", func() bool { return s.happened(id, "held") == 1 })
	}
	if row.before == "resume" {
		phone.resume(ctx)
		until(ctx, s.t, "the phone does not resume", func() bool { return s.happened(id, "resumed") == 1 })
	}
	phone.transfer(ctx, row.to)
	if row.taken {
		until(ctx, s.t, "nobody takes the caller", func() bool { return s.happened(id, "transferred") == 1 })
	} else {
		s.comesBack(ctx, row, id, phone)
	}
	if row.to == "bo" {
		bo := next(ctx, s.t, bos)
		bo.sound.Speak(mediatest.Agent())
	}
	since := time.Now()
	fail(s.t, caller.sound.AwaitSound(ctx, since, enough))
	similar(s.t, "the caller heard", caller.sound.Heard(since), mediatest.Agent(), voice.sound[:8*callRate])
	said := time.Since(began)
	fail(s.t, caller.dialog.Bye(ctx))
	filed := s.lastCall(ctx)
	if filed.ID != id || filed.Outcome != "completed" || filed.By != "caller" {
		s.t.Errorf("filed as %+v", filed)
	}
	s.whole(ctx, filed.Recording, voice, said)
}

// comesBack waits until the row's phone has the caller again, and takes her off hold.
func (s *stand) comesBack(ctx context.Context, row referring, id string, phone hands) {
	s.t.Helper()
	if row.to == "carol" { // with a phone that is not there nothing begins
		until(ctx, s.t, "the failed transfer does not end", func() bool { return s.happened(id, "line_closed") == 1 })
	}
	if row.before == "hold" {
		phone.resume(ctx)
		until(ctx, s.t, "the phone does not resume", func() bool { return s.happened(id, "resumed") == 1 })
	}
}

// mostGap is how long the caller's voice may be missing from a recording at a time: a scripted phone stutters on a busy
// machine, a transfer that forgot her would take longer.
const mostGap = 200 * time.Millisecond

func loud(v int16) bool { return v > 4000 || v < -4000 }

// missing is the longest time between two loud samples of a sound.
func missing(sound []int16) time.Duration {
	longest, last := 0, slices.IndexFunc(sound, loud)
	for i, v := range sound {
		if loud(v) {
			longest, last = max(longest, i-last), i
		}
	}
	return time.Duration(longest) * time.Second / callRate
}

// whole fails unless the recording's first channel has the voice from where it was joined to where it ended, in place.
func (s *stand) whole(ctx context.Context, recording string, voice counter, said time.Duration) {
	s.t.Helper()
	sound := soundOfWAV(s.t, s.export(ctx, recording), 0) // once it is closed
	s.must("recordings", "verify", recording)
	first := slices.IndexFunc(sound, loud)
	if gap := missing(sound); gap > mostGap {
		s.t.Errorf("the caller's voice is missing for %v", gap)
	}
	span := func(samples int) time.Duration { return time.Duration(samples) * time.Second / callRate }
	for len(sound) > 0 && !loud(sound[len(sound)-1]) { // hanging up takes a moment
		sound = sound[:len(sound)-1]
	}
	end, ok := voice.end(sound)
	if lost := said - span(end); !ok || lost > mostLost {
		s.t.Errorf("the recording ends at %v of %v (%t)", span(end), said, ok)
	}
	if drift := span(end) - span(len(sound)-first); drift > mostLost || drift < -mostGap {
		s.t.Errorf("%v of voice in %v of recording", span(end), span(len(sound)-first))
	}
}

// A phone that nobody here wrote is the caller: it holds and resumes, is handed on by an agent, and talks on.
func TestStoryARealPhoneIsHandedOn(t *testing.T) {
	ctx := storyTime(t, 60*time.Second)
	s := callStand(t, "talk +12125550114 at_once amy:20 bo:20")
	amys, bos := s.answering(ctx, "amy"), s.answering(ctx, "bo")
	cert, key := trunkPaths(s.dir, "carrier")
	const port = 44473
	b := s.baresipKnownBy(softphone{"caller", "unused", port, slices.Repeat(mediatest.Caller(), 6), "pcmu", "regint=0"}, cert, key)
	b.command(ctx, port, "dial", "sip:+12125550114@"+standAddr+";transport=tls")
	agent := next(ctx, t, amys)
	id := s.bridged(ctx)
	agent.sound.Speak(mediatest.Agent())
	phone := atSocket{b, port}
	phone.hold(ctx)
	until(ctx, t, "the caller does not hold", func() bool { return s.happened(id, "held") == 1 })
	phone.resume(ctx)
	until(ctx, t, "the caller does not resume", func() bool { return s.happened(id, "resumed") == 1 })
	if code, err := agent.dialog.Refer(ctx, "<sip:bo@nightbell>"); err != nil || code != 202 {
		t.Fatalf("REFER: %d, %v", code, err)
	}
	bo := next(ctx, t, bos)
	bo.sound.Speak(mediatest.Agent())
	agent.word(ctx, "BYE")
	since := time.Now()
	fail(t, bo.sound.AwaitSound(ctx, since, enough))
	similar(t, "bo heard", bo.sound.Heard(since), mediatest.Caller(), mediatest.Agent())
	fail(t, bo.dialog.Bye(ctx))
	s.quiet(ctx)
	if n := s.happened(id, "transferred"); n != 1 || len(bos) != 0 {
		t.Errorf("the story tells %d transfers, %d more calls to bo", n, len(bos))
	}
}
