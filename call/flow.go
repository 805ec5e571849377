package call

import (
	"context"
	"errors"
	"slices"

	"nightbell/policy"
)

// way is how far a caller has come on her way through the plan.
type way struct {
	flow   string        // "": the plan's own steps
	step   int           // the one that is next
	detour []policy.Step // what a key asked for: taken before the way goes on
	moves  int           // steps taken ever: a way that leads in circles ends
	lang   string        // the caller's language; empty: the house's
	helps  bool          // she asked for an interpreter
}

const movesMost = 100

// What the story tells of the way.
const (
	Asked   EventKind = "menu"    // a menu was read
	Chose   EventKind = "chose"   // what a key did
	Stated  EventKind = "said"    // a step's prompt was played
	Strayed EventKind = "strayed" // the way led in circles
)

// walk goes through the plan's steps until an agent has answered. It returns her party with her leg answered and her sound
// agreed, errNobody when every step is through, or the cause of the call's end. Called again it goes on at the step that
// found the last agent.
func (c *Call) walk(ctx context.Context) (*party, error) {
	c.caller.keys.forgetBeyond(1)
	for len(c.plan.Steps) > 0 {
		ahead := c.ahead()
		if len(ahead) == 0 {
			return nil, errNobody
		}
		if c.way.moves++; c.way.moves > movesMost {
			c.note(Strayed, "", nil)
			return nil, errNobody
		}
		agent, err := c.takeStep(ctx, ahead)
		if agent != nil || err != nil {
			return agent, err
		}
	}
	return nil, errNobody
}

// ahead are the steps that are not behind yet.
func (c *Call) ahead() []policy.Step {
	if len(c.way.detour) > 0 {
		return c.way.detour
	}
	all := c.plan.Steps
	if c.way.flow != "" {
		all = c.plan.Flows[c.way.flow]
	}
	return all[min(c.way.step, len(all)):]
}

// pass puts n steps behind.
func (c *Call) pass(n int) {
	if len(c.way.detour) > 0 {
		c.way.detour = c.way.detour[n:]
		return
	}
	c.way.step += n
}

// takeStep does what the next step says; steps in a row that ring climb one ladder. Whoever comes back without an agent and
// without an error has gone on.
func (c *Call) takeStep(ctx context.Context, ahead []policy.Step) (*party, error) {
	step := &ahead[0]
	if n := rings(ahead); n > 0 {
		if c.way.moves > 1 {
			c.note(Stepped, "", with("step", step.Name))
		}
		agent, err := c.hunt(ctx, ahead[:n])
		if errors.Is(err, errNobody) {
			c.pass(n)
			return nil, nil
		}
		return agent, err
	}
	c.note(Stepped, "", with("step", step.Name, "kind", string(step.Do)))
	if err := c.answerCaller(ctx); err != nil { // nothing but ringing is done to somebody who hears only her own carrier
		return nil, err
	}
	switch step.Do {
	case policy.Wait:
		return c.waitStep(ctx, step)
	case policy.Ask:
		return c.askMenu(ctx, step.Menu)
	case policy.Say:
		_, err := c.tellCaller(ctx, Stated, step.Prompt)
		c.pass(1)
		return nil, err
	case policy.Patching:
		agent, err := c.patchAlone(ctx, step)
		if agent == nil && (err == nil || errors.Is(err, errNobody)) {
			c.pass(1)
			return nil, nil
		}
		return agent, err
	case policy.Voicemail:
		c.pass(1)
		return nil, c.voicemail(ctx)
	}
	c.pass(1) // a word of a later version
	return nil, nil
}

// rings counts the steps in a row that ring somebody.
func rings(steps []policy.Step) int {
	n := slices.IndexFunc(steps, func(s policy.Step) bool { return s.Do != "" && s.Do != policy.Ring })
	if n < 0 {
		return len(steps)
	}
	return n
}

// act does what a key says. Whoever comes back without a party and without an error has gone on.
func (c *Call) act(ctx context.Context, key policy.Key) (*party, error) {
	c.note(Chose, "caller", with("do", string(key.Do)))
	switch key.Do {
	case policy.KeyGoTo:
		c.goTo(key.Step)
	case policy.KeyMenu:
		c.way.detour = []policy.Step{{Name: key.Menu, Do: policy.Ask, Menu: key.Menu}}
	case policy.KeyFlow:
		c.way.flow, c.way.step, c.way.detour = key.Flow, 0, nil
	case policy.KeySay:
		_, err := c.tellCaller(ctx, Stated, key.Prompt)
		return nil, err
	case policy.KeyVoicemail:
		return nil, c.voicemail(ctx)
	case policy.KeyCallBack:
		return nil, c.askCallBack(ctx)
	case policy.KeyPatch:
		c.way.detour = []policy.Step{{Name: "patch", Do: policy.Patching}}
	case policy.KeyClinician:
		return c.callIn(ctx)
	case policy.KeyLanguage:
		c.speak(key.Lang)
	case policy.KeyInterpreter:
		c.way.helps = true
		c.pass(1)
	case policy.KeyDecline:
		c.decline()
	case policy.KeyHangUp:
		c.outcome(CallerGone, "caller")
		c.leave(errCallerGone)
		return nil, errCallerGone
	default:
		c.pass(1)
	}
	return nil, nil
}

// goTo finds a step by its name in the flow where the caller is; one that is not there is the next.
func (c *Call) goTo(name string) {
	all := c.plan.Steps
	if c.way.flow != "" {
		all = c.plan.Flows[c.way.flow]
	}
	at := slices.IndexFunc(all, func(s policy.Step) bool { return s.Name == name })
	if at < 0 {
		c.pass(1)
		return
	}
	c.way.detour, c.way.step = nil, at
}
