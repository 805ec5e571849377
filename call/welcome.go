package call

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"nightbell/media"
	"nightbell/policy"
)

// This file has the words before anybody answers: what to do in an emergency, the greeting, that the call is recorded.
// They end at a key. What was pressed waits for the menu, unless it chose a language or declined the recording.

// What the story tells of the words.
const (
	Cautioned Eventual = "emergency_words" // what to do in an emergency was said
	Skipped   Eventual = "skipped"         // a key ended a prompt
	Welcomed  Eventual = "welcomed"        // the words are over: how long they took
	Spoke     Eventual = "language"        // the caller chose her language
)

// Eventual is an EventKind; the shorter name keeps lists of them readable.
type Eventual = EventKind

// welcome takes the caller's sound and, where the number is answered at once, says what is to be said.
func (c *Call) welcome(ctx context.Context) error {
	if err := c.takeOffer(); err != nil {
		return err
	}
	if c.plan.Answer == policy.WhenAgentAnswers {
		return c.caller.leg.Ring(nil)
	}
	if err := c.answerCaller(ctx); err != nil {
		return err
	}
	c.listenFor(c.caller, media.DetectFax)
	began := c.now()
	for _, w := range []struct {
		kind EventKind
		name string
	}{{Cautioned, c.plan.Emergency}, {Greeted, c.plan.Greeting}} {
		if c.plan.Bypass {
			break
		}
		if _, err := c.tellCaller(ctx, w.kind, w.name); err != nil {
			return err
		}
	}
	if err := c.announce(ctx); err != nil {
		return err
	}
	c.note(Welcomed, "caller", with("ms", millis(c.now().Sub(began))))
	return nil
}

func millis(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// announce says that the call is recorded where that is due, and only then begins to record. Where it cannot be said, or
// the caller declines, nothing is recorded.
func (c *Call) announce(ctx context.Context) error {
	if !c.plan.Record || c.asked || c.plan.Consent.Rule == policy.NoRecording {
		return nil
	}
	consent, name := c.consent()
	if name != "" {
		said, err := c.tellCaller(ctx, Announced, name, "announcement")
		if err != nil {
			return err
		}
		if !said {
			c.note(Unrecorded, "", with("reason", "announcement"))
			return nil
		}
	}
	if !c.asked { // she declined meanwhile
		c.startRecording(consent)
	}
	return nil
}

// consent is what the recording will say about it, and the prompt that has to be heard first. A hospital's line knows; but
// where everybody must be told, it is told as well.
func (c *Call) consent() (word, prompt string) {
	rule := c.plan.Consent.Rule
	prompt = c.plan.Announce
	if prompt == "" && (rule == policy.Announced || rule == policy.AllParties) {
		prompt = "announcement"
	}
	switch {
	case prompt == "":
		return "not_due", ""
	case c.plan.Bypass && rule != policy.AllParties:
		return "known_line", ""
	}
	return "announced", prompt
}

// tellCaller plays the first of the named prompts that there is to the caller until its end or a key. False: there is none.
func (c *Call) tellCaller(ctx context.Context, kind EventKind, names ...string) (bool, error) {
	name, p := c.prompt(names...)
	if p == nil {
		return false, nil
	}
	c.show(Greeting)
	data := with("prompt", name)
	if kind == Announced {
		data["sha256"] = p.Sum()
	}
	c.note(kind, "caller", data)
	if c.agent != nil { // she has answered already: she hears why the caller does not speak yet
		c.agent.voice.Play(p, 1)
	}
	return true, c.untilKey(ctx, c.caller.voice.Play(p, 1))
}

// untilKey serves what happens until done closes or the caller presses a key.
func (c *Call) untilKey(ctx context.Context, done <-chan struct{}) error {
	pressed := c.caller.keys.count
	for c.caller.keys.count == pressed {
		if _, err := next(ctx, c, done); errors.Is(err, errTime) {
			return nil
		} else if err != nil {
			return err
		}
	}
	c.caller.voice.Quiet()
	c.note(Skipped, "caller", nil)
	c.heed()
	return nil
}

// heed looks whether the newest key means something before any menu: a language, or no recording.
func (c *Call) heed() {
	typed := c.caller.keys.typed
	if len(typed) == 0 {
		return
	}
	key := string(rune(typed[len(typed)-1]))
	used := func() { c.caller.keys.typed = typed[:len(typed)-1] }
	if key == c.plan.Consent.Decline {
		used()
		c.decline()
		return
	}
	at := slices.IndexFunc(c.plan.Languages, func(l policy.Language) bool { return l.Key == key })
	if at >= 0 {
		used()
		c.speak(c.plan.Languages[at].Tag)
	}
}

// speak chooses the caller's language: prompts that there are in it are taken from now on.
func (c *Call) speak(tag string) {
	c.way.lang = tag
	c.note(Spoke, "caller", with("language", tag))
}

// say plays the first of the named prompts that there is to the caller, to its end. False: there is none.
func (c *Call) say(ctx context.Context, kind EventKind, names ...string) (bool, error) {
	name, p := c.prompt(names...)
	if p == nil {
		return false, nil
	}
	c.show(Greeting)
	c.note(kind, "caller", with("prompt", name))
	if c.agent != nil { // she has answered already: she hears why the caller does not speak yet
		c.agent.voice.Play(p, 1)
	}
	return true, c.until(ctx, c.caller.voice.Play(p, 1))
}

// prompt finds the first of the names that there is: the clinic's own in the caller's language, then anybody's in it, then
// those in the language of the house. Nil: none.
func (c *Call) prompt(names ...string) (string, *media.Prompt) {
	for _, name := range names {
		if p := c.promptNamed(name); p != nil {
			return name, p
		}
	}
	return "", nil
}

func (c *Call) promptNamed(name string) *media.Prompt {
	if name == "" {
		return nil
	}
	tries := []string{c.plan.Clinic + "~" + name, name}
	if c.way.lang != "" {
		tries = append([]string{c.plan.Clinic + "~" + name + "." + c.way.lang, name + "." + c.way.lang}, tries...)
	}
	for _, try := range tries {
		if p := c.board.ports.Prompt(try); p != nil {
			return p
		}
	}
	return nil
}
