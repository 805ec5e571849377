package policy

import (
	"cmp"
	"slices"
	"time"
)

// On is the machine: what an event makes of the ladder, and what is to be done about it. It does not touch the ladder it is
// called on. A tick before Due, and anything after the end, does nothing.
func (l Ladder) On(e LadderEvent) (Ladder, []Action) {
	late := l.State == Exhausted && e.Kind == Accepted // the alarm is still heard: somebody takes it
	if l.State != Climbing && !late {
		return l, nil
	}
	l.Ringing, l.Asked, l.Tried = slices.Clone(l.Ringing), slices.Clone(l.Asked), slices.Clone(l.Tried)
	if l.Rung < 0 || l.Rung >= len(l.Rungs) {
		l.Rung = 0 // only a row that somebody wrote by hand
	}
	c := climb{ladder: l, event: e}
	switch e.Kind {
	case Ticked:
		if l.Due.IsZero() || e.At.Before(l.Due) {
			return l, nil
		}
		c.climb()
	case Accepted:
		c.accept()
	case Declined:
		c.decline()
	case Escalated:
		if len(l.Tried) > 0 {
			c.ladder.up()
		}
		c.climb()
	case Jumped:
		if e.Rung < 0 || e.Rung >= len(l.Rungs) {
			c.refuse("there is no such rung")
			break
		}
		c.ladder.Rung, c.ladder.Tried = e.Rung, nil
		c.climb()
	case Raised:
		c.raise()
	case Withdrawn:
		c.stop(Hush, l.Asked, e.Reason)
		c.finish(Cancelled)
	}
	return c.ladder, c.actions
}

// Play lets events happen in order of time. What comes in one instant is sorted so that an acknowledgement wins over the
// timer.
func (l Ladder) Play(events ...LadderEvent) (Ladder, []Action) {
	events = slices.Clone(events)
	slices.SortStableFunc(events, func(a, b LadderEvent) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Kind.rank(), b.Kind.rank()))
	})
	var all []Action
	for _, e := range events {
		var actions []Action
		l, actions = l.On(e)
		all = append(all, actions...)
	}
	return l, all
}

// rank orders what happens in one instant: who takes it, then what else people do, then the timer.
func (k LadderEventKind) rank() int {
	switch k {
	case Accepted, Withdrawn:
		return 0
	case Ticked:
		return 2
	}
	return 1
}

// climb is one event being worked on.
type climb struct {
	ladder  Ladder
	event   LadderEvent
	actions []Action
}

func (c *climb) do(what LadderDo, people []string, because string) {
	l := &c.ladder
	a := Action{
		Do: what, Attempt: l.Attempt, Round: l.Round, Rung: l.Rung, People: slices.Clone(people),
		Urgency: l.Urgency, At: c.event.At, Because: because,
	}
	if l.Rung < len(l.Rungs) {
		a.Name = l.Rungs[l.Rung].Name
	}
	c.actions = append(c.actions, a)
}

func (c *climb) refuse(because string) { c.do(Refuse, nil, because) }

func (c *climb) stop(how LadderDo, people []string, because string) {
	if len(people) > 0 {
		c.do(how, people, because)
	}
}

func (c *climb) finish(state LadderState) {
	c.ladder.State, c.ladder.Finished, c.ladder.Due, c.ladder.Ringing = state, c.event.At, time.Time{}, nil
}

// climb tries rungs from the present one on until one has somebody, in the same instant: an empty rung takes no time. The
// delay counts from this attempt, which after a restart may be later than it was due.
func (c *climb) climb() {
	l := &c.ladder
	for !l.through() {
		rung := l.Rungs[l.Rung]
		people, because := c.find(rung)
		if len(people) == 0 {
			c.do(Skip, nil, because)
			l.up()
			continue
		}
		c.stop(Leave, l.Ringing, "the next is tried")
		l.Attempt++
		l.Ringing, l.Due = people, c.event.At.Add(max(rung.Delay, 0))
		for _, p := range people {
			if !slices.Contains(l.Asked, p) && len(l.Asked) < ladderKeeps {
				l.Asked = append(l.Asked, p)
			}
		}
		c.do(Try, people, "")
		if rung.Mode == InOrder {
			l.Tried = append(l.Tried, people...)
		} else {
			l.up()
		}
		return
	}
	c.stop(Leave, l.Ringing, "every rung was tried")
	c.do(Alarm, nil, "every rung was tried")
	c.finish(Exhausted)
}

// find resolves a rung's people now (S11): all of them, or the one whose turn it is.
func (c *climb) find(rung Rung) ([]string, string) {
	l := &c.ladder
	if rung.Least.rank() > l.Urgency.rank() {
		return nil, "it is not that urgent"
	}
	people := rung.People
	if c.event.Who != nil {
		people = c.event.Who(rung, c.event.At)
	}
	people = slices.Clone(people)
	if rung.Mode != InOrder {
		return people, "nobody to try"
	}
	for _, p := range people {
		if !slices.Contains(l.Tried, p) {
			return []string{p}, ""
		}
	}
	return nil, "nobody is left on the rung"
}

// through reports that every rung of every round was tried.
func (l *Ladder) through() bool { return l.Round > l.Repeats || len(l.Rungs) == 0 }

// up goes to the next rung, or to the first of the next round.
func (l *Ladder) up() {
	l.Tried = nil
	if l.Rung++; l.Rung >= len(l.Rungs) {
		l.Rung, l.Round = 0, l.Round+1
	}
}

func (c *climb) accept() {
	l, e := &c.ladder, c.event
	if !slices.Contains(l.Asked, e.Person) && e.Reason == "" {
		c.refuse("was never asked, and gave no reason")
		return
	}
	c.stop(Hush, l.Asked, "taken")
	l.Taker = e.Person
	c.finish(Taken)
}

// decline takes somebody out of the attempt; when nobody is left in it, the next comes at once.
func (c *climb) decline() {
	l := &c.ladder
	i := slices.Index(l.Ringing, c.event.Person)
	if i < 0 {
		c.refuse("is not being asked")
		return
	}
	l.Ringing = slices.Delete(l.Ringing, i, i+1)
	if len(l.Ringing) == 0 {
		c.climb()
	}
}

// raise makes it more urgent and begins again at once; less urgent only with a reason, and then the walk goes on.
func (c *climb) raise() {
	l, e := &c.ladder, c.event
	switch {
	case e.Urgency.rank() > l.Urgency.rank():
		l.Urgency, l.Rung, l.Round, l.Tried = e.Urgency, 0, 0, nil
		c.climb()
	case e.Urgency.rank() < l.Urgency.rank() && e.Reason == "":
		c.refuse("less urgent needs a reason")
	default:
		l.Urgency = e.Urgency
	}
}
