package call

import (
	"slices"
	"time"
)

// fits says in which states a command may be given; what else it needs (a third, a recording) its own func asks.
var fits = map[CommandKind][]State{
	HoldCaller:       {Talking},
	ResumeCaller:     {Talking},
	ConsultThird:     {Talking},
	JoinAll:          {Talking},
	CompleteTransfer: {Talking},
	CancelLine:       {Talking},
	TransferBlind:    {Talking},
	ParkCaller:       {Talking},
	RetrieveCaller:   {Parked},
	Listen:           {Talking},
	Whisper:          {Talking},
	Barge:            {Talking},
	LeaveCall:        {Talking, Transferring, Parked},
	PauseRecording:   served,
	ResumeRecording:  served,
	DeclineRecording: {Greeting, Hunting, Waiting, Menu, PatchingAlone, Talking, Transferring, Parked},
	EndCall:          {Deciding, Greeting, Hunting, Waiting, Menu, PatchingAlone, Talking, Transferring, Parked, TakingMessage, Resorting},
	PatchCaller:      {Talking},
	SendKey:          {Talking},
	Requeue:          {Talking, Transferring, Parked},
	BeginSecret:      served,
	EndSecret:        served,
	AddNote:          {Deciding, Greeting, Hunting, Waiting, Menu, PatchingAlone, Talking, Transferring, Parked, TakingMessage, Resorting},
}

var served = []State{Hunting, Waiting, Menu, PatchingAlone, Talking, Transferring, Parked}

// orders is what each command does. It runs on the call's goroutine and does not wait.
var orders = map[CommandKind]func(*Call, Command) error{
	HoldCaller:       (*Call).hold,
	ResumeCaller:     (*Call).resume,
	ConsultThird:     (*Call).consultBy,
	JoinAll:          func(c *Call, _ Command) error { return c.joinAll() },
	CompleteTransfer: func(c *Call, _ Command) error { return c.handOver(nil) },
	CancelLine:       func(c *Call, _ Command) error { return c.cancel(Completed) },
	TransferBlind:    (*Call).transferBy,
	ParkCaller:       func(c *Call, cmd Command) error { return c.openPark(cmd.Slot) },
	RetrieveCaller:   (*Call).retrieve,
	Listen:           func(c *Call, cmd Command) error { return c.observe(cmd, listens) },
	Whisper:          func(c *Call, cmd Command) error { return c.observe(cmd, whispers) },
	Barge:            func(c *Call, cmd Command) error { return c.observe(cmd, barges) },
	LeaveCall:        (*Call).leaveCall,
	PauseRecording:   (*Call).pauseRecording,
	ResumeRecording:  (*Call).resumeRecording,
	DeclineRecording: func(c *Call, cmd Command) error { c.declineBy(who(cmd)); return nil },
	EndCall:          (*Call).hangUp,
	PatchCaller:      (*Call).patchBy,
	SendKey:          (*Call).sendKey,
	Requeue:          (*Call).requeue,
	BeginSecret:      (*Call).beginSecret,
	EndSecret:        func(c *Call, _ Command) error { return c.endSecret() },
	AddNote:          (*Call).addNote,
}

// order does a command, or says why not. What a phone did in the same moment came first, or comes after: never between.
func (c *Call) order(cmd Command) error {
	do := orders[cmd.Do]
	switch {
	case do == nil:
		return unfit(NoSuchCommand)
	case c.state == Over || c.life.Err() != nil:
		return unfit(Gone)
	case !slices.Contains(fits[cmd.Do], c.state), c.state == Talking && (!c.joined || c.agent == nil || c.agent.ended):
		return unfit(NotNow)
	}
	if err := do(c, cmd); err != nil {
		return err
	}
	c.note(Ordered, "", with("do", string(cmd.Do), "by", who(cmd)))
	return nil
}

func (c *Call) hold(Command) error {
	switch {
	case c.held || c.apart || c.agent.holding:
		return unfit(Already)
	case c.third != nil:
		return unfit(LineBusy)
	}
	c.held = true
	c.note(Held, c.agent.name(), nil)
	c.mark("hold", c.agent.name()+" held")
	c.arrange()
	return nil
}

func (c *Call) resume(Command) error {
	switch {
	case c.held:
		c.held = false
	case c.agent.holding:
		return unfit(ByPhone)
	case c.apart:
		return unfit(LineBusy)
	default:
		return unfit(Already)
	}
	c.note(Resumed, c.agent.name(), nil)
	c.mark("hold", c.agent.name()+" resumed")
	c.arrange()
	return nil
}

func (c *Call) consultBy(cmd Command) error {
	if c.errand != nil || c.third != nil {
		return unfit(LineBusy)
	}
	t, err := c.target(cmd)
	if err != nil {
		return err
	}
	return c.openConsult(t, nil)
}

func (c *Call) transferBy(cmd Command) error {
	if c.errand != nil || c.third != nil {
		return unfit(LineBusy)
	}
	t, err := c.target(cmd)
	if err != nil {
		return err
	}
	return c.openTransfer(t, nil)
}

func (c *Call) retrieve(cmd Command) error {
	if cmd.User == "" && cmd.Person == "" {
		cmd.Person = cmd.By
	}
	t, err := c.target(Command{User: cmd.User, Person: cmd.Person})
	if err != nil {
		return err
	}
	return c.retrieveBy(t)
}

// patchBy climbs the ladder of clinicians while agent and caller talk on.
func (c *Call) patchBy(cmd Command) error {
	switch {
	case c.errand != nil || c.third != nil:
		return unfit(LineBusy)
	case c.plan.Patch == nil || len(c.plan.Patch.Steps) == 0:
		return unfit(Nobody)
	}
	e := newPatch(c, cmd.Urgency, who(cmd))
	if err := c.begin(e); err != nil {
		return unfit(LineBusy)
	}
	c.note(LineOpened, c.agent.name(), with("what", "patch"))
	return nil
}

const keyTime = 160 * time.Millisecond

// sendKey plays a digit to whom the agent speaks with: a menu at the clinic's other line.
func (c *Call) sendKey(cmd Command) error {
	if !digit(cmd.Key) {
		return unfit(BadWord)
	}
	to := c.caller
	if c.apart && c.third != nil {
		to = c.third
	}
	to.voice.SendDigit(cmd.Key, keyTime)
	c.note(Keyed, c.agent.name(), nil)
	return nil
}

func digit(key byte) bool {
	return key >= '0' && key <= '9' || key == '*' || key == '#' || key >= 'A' && key <= 'D'
}

// requeue lets the caller wait again, first of all; the agent is free.
func (c *Call) requeue(Command) error {
	if a := c.agent; a != nil {
		c.retire(a)
		c.dismissAgent(a)
	}
	c.disperse(errRequeued)
	return nil
}

func (c *Call) hangUp(cmd Command) error {
	c.outcome(Completed, who(cmd))
	c.leave(errCallerGone)
	return nil
}

func (c *Call) addNote(cmd Command) error {
	if !word(cmd.Reason) {
		return unfit(BadWord)
	}
	c.note(Noted, "", with("by", who(cmd), "word", cmd.Reason))
	return nil
}
