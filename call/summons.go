package call

import (
	"cmp"
	"context"
	"time"

	"nightbell/media"
)

// summons is one person asked to take a call, at one telephone or one phone of hers: it rings, she hears for whom, and says
// by a key what she will do. Whoever answers without a key (a voicemail, a machine, a child) has taken nothing. It is a
// small state machine on the call's goroutine; its end is told once.
type summons struct {
	rung  int // of a ladder
	party *party
	rule  AcceptRule
	words [][]string    // the whisper: of each the first prompt that there is
	wait  time.Duration // for a key after the whisper
	every time.Duration // zero: the whisper is repeated once, in the middle of wait; else as often as this fits
	over  func(*Call, *summons, verdict)
	stage summonsStage
	halt  func() // takes back the prompt or the clock that runs; nil: none does
	limit func() // takes back the time for a key
	asked int    // how often she had the whisper by key 3
	wrong int    // PINs
	typed []byte
}

type summonsStage byte

const (
	stageRings   summonsStage = iota
	stageHears                // the whisper plays
	stageDecides              // it is over
	stageTypes                // her PIN
	stageChecks               // it is being checked
	stageSettled
)

// verdict is what came of a summons.
type verdict string

const (
	took       verdict = "accepted"
	turnedDown verdict = "declined"
	noKey      verdict = "not_accepted" // somebody or something answered, and no key came
	pinRefused verdict = "pin_refused"
	noReach    verdict = "unreached" // never answered
)

const (
	answerWait = 15 * time.Second // for a key after the whisper, when the plan says nothing
	pinWait    = 12 * time.Second // for the first digit
	pinTries   = 3
	mostPIN    = 12
	pinCheck   = 10 * time.Second // hashing takes a while
	mostAsked  = 3                // times key 3 is heeded
)

// open reports whether she has answered and not decided.
func (s *summons) open() bool { return s.stage > stageRings && s.stage < stageSettled }

// happened serves what befell her party after the call has served it.
func (s *summons) happened(c *Call, h happening) bool {
	switch {
	case h.from != s.party:
		return false
	case s.stage == stageSettled:
	case s.party.ended && s.stage == stageRings:
		s.settle(c, noReach)
	case s.party.ended:
		s.settle(c, noKey)
	case h.leg != nil && h.leg.Kind == Answered && s.stage == stageRings:
		s.answered(c, h.leg)
	default:
		s.keyed(c)
	}
	return true
}

func (s *summons) answered(c *Call, e *LegEvent) {
	switch {
	case !c.won(s.party, e):
		s.settle(c, noReach)
	case s.rule == ByAnswer:
		s.settle(c, took)
	default:
		c.listenFor(s.party, media.DetectDigits)
		s.whisper(c)
	}
}

// whisper says who calls and what the keys do, and then waits for one.
func (s *summons) whisper(c *Call) {
	s.rest()
	s.stage = stageHears
	c.note(Whispered, s.party.name(), with("person", s.party.person))
	s.speak(c, s.words, func(c *Call) {
		s.stage = stageDecides
		s.limit = c.after(s.wait, func(c *Call) { s.settle(c, noKey) })
		s.halt = c.after(cmp.Or(s.every, s.wait/2), s.remind)
	})
}

// remind repeats the whisper for one who has just found her glasses; the time for a key goes on.
func (s *summons) remind(c *Call) {
	s.speak(c, s.words, func(c *Call) {
		if s.every > 0 {
			s.halt = c.after(s.every, s.remind)
		}
	})
}

// keyed reads what she typed.
func (s *summons) keyed(c *Call) {
	for key := s.party.keys.take(); key != 0; key = s.party.keys.take() {
		switch s.stage {
		case stageHears, stageDecides:
			s.decide(c, key)
		case stageTypes:
			s.digit(c, key)
		}
	}
}

func (s *summons) decide(c *Call, key byte) {
	switch {
	case key == '1' && s.rule == ByPIN:
		s.askPIN(c, "desk_pin")
	case key == '1':
		s.settle(c, took)
	case key == '2':
		s.settle(c, turnedDown)
	case key == '3' && s.asked < mostAsked:
		s.asked++
		s.whisper(c)
	}
}

// askPIN lets her type. Nobody else hears it and nothing keeps it.
func (s *summons) askPIN(c *Call, words ...string) {
	s.rest()
	s.stage, s.typed = stageTypes, nil
	s.party.keys.forget()
	s.conceal(media.Concealed)
	var all [][]string
	for _, w := range words {
		all = append(all, []string{w})
	}
	s.speak(c, all, func(c *Call) { s.limit = c.after(pinWait, s.check) })
}

// digit takes one; # or the longest PIN ends it at once, a pause by itself.
func (s *summons) digit(c *Call, key byte) {
	s.rest()
	s.party.voice.Quiet()
	if key == '#' {
		s.check(c)
		return
	}
	if s.typed = append(s.typed, key); len(s.typed) >= mostPIN {
		s.check(c)
		return
	}
	s.limit = c.after(digitPause, s.check)
}

// check asks for the verdict on what she typed, off the call's goroutine: a hash that is hard to guess takes its time.
func (s *summons) check(c *Call) {
	s.rest()
	typed, person, pins := string(s.typed), s.party.person, c.board.ports.PINs
	clear(s.typed)
	s.stage, s.typed = stageChecks, nil
	if pins == nil || typed == "" {
		s.checked(c, false)
		return
	}
	ctx, stop := context.WithTimeout(c.life, pinCheck)
	c.board.wg.Go(func() {
		defer stop()
		ok, err := pins.CheckPIN(ctx, person, typed)
		c.mail.post(happening{do: func(c *Call) {
			if s.stage == stageChecks {
				s.checked(c, ok && err == nil)
			}
		}})
	})
}

func (s *summons) checked(c *Call, ok bool) {
	if ok {
		s.settle(c, took)
		return
	}
	s.wrong++
	c.note(PINWrong, s.party.name(), with("person", s.party.person))
	if s.wrong >= pinTries {
		s.settle(c, pinRefused)
		return
	}
	s.askPIN(c, "desk_wrong", "desk_pin")
}

// settle ends it, once.
func (s *summons) settle(c *Call, v verdict) {
	if s.stage == stageSettled {
		return
	}
	s.close()
	s.over(c, s, v)
}

// close stops everything of it without a word.
func (s *summons) close() {
	s.rest()
	s.stage = stageSettled
	clear(s.typed)
	s.conceal(media.Audible)
}

// part lets her go: with words, where she has answered and there are any.
func (s *summons) part(c *Call, cause Cause, word string) {
	p := s.party
	if p.user != "" {
		c.board.release(p.user, c)
	}
	if p.ended || p.leg == nil {
		return
	}
	words := c.housePrompt(word)
	if !p.confirmed || words == nil {
		p.dismiss(cause, c.now())
		return
	}
	c.when(p.voice.Play(words, 1), func(c *Call) { p.dismiss(cause, c.now()) })
}

// speak plays prompts one after the other to their ends, then goes on.
func (s *summons) speak(c *Call, words [][]string, then func(*Call)) {
	for i, w := range words {
		if p := c.housePrompt(w...); p != nil {
			rest := words[i+1:]
			s.halt = c.when(s.party.voice.Play(p, 1), func(c *Call) { s.speak(c, rest, then) })
			return
		}
	}
	s.halt = nil
	then(c)
}

// rest takes back whatever would happen by itself.
func (s *summons) rest() {
	for _, stop := range []func(){s.halt, s.limit} {
		if stop != nil {
			stop()
		}
	}
	s.halt, s.limit = nil, nil
}

func (s *summons) conceal(how media.Concealment) {
	if ear, can := s.party.voice.(Ear); can {
		ear.Conceal(how)
	}
}

// housePrompt is the first of the names that there is in the house's own language: who is asked need not speak the caller's.
func (c *Call) housePrompt(names ...string) *media.Prompt {
	lang := c.way.lang
	defer func() { c.way.lang = lang }()
	c.way.lang = ""
	_, p := c.prompt(names...)
	return p
}
