package call

import "strconv"

// note writes one line of the story. It holds ids and closed words, never a number or a name.
func (c *Call) note(kind EventKind, leg string, words map[string]string) {
	c.board.ports.Journal.Note(Event{Call: c.arrival.ID, At: c.now(), Kind: kind, Leg: leg, Data: words})
}

// with makes the words of a note from pairs, leaving empty ones out.
func with(pairs ...string) map[string]string {
	m := make(map[string]string, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			m[pairs[i]] = pairs[i+1]
		}
	}
	return m
}

func code(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// outcome is set once: the first to know how the call ended is right.
func (c *Call) outcome(cause Cause, by string) {
	if c.record.Outcome == "" {
		c.record.Outcome, c.record.By = cause, by
	}
}

// file ends what still stands and hands the whole record over. It runs at every end, a defect's too.
func (c *Call) file() error {
	now := c.now()
	c.outcome(c.fallbackOutcome(), "system")
	c.endRecording()
	c.close()
	for _, p := range c.phones {
		p.dismiss(c.parting(), now)
	}
	c.caller.dismiss(c.record.Outcome, now)
	c.gather()
	c.sound.Close()
	c.record.Ended = now
	c.note(Finished, "", with("outcome", string(c.record.Outcome), "by", c.record.By))
	c.board.ports.Journal.Finish(c.record)
	if k := c.board.ports.Keeper; k != nil {
		k.Drop(c.arrival.ID)
	}
	c.show(Over)
	return nil
}

// fallbackOutcome is for ends that no phase named.
func (c *Call) fallbackOutcome() Cause {
	switch {
	case c.board.ctx.Err() != nil:
		return Draining
	case c.record.Served:
		return Completed
	}
	return Fault
}

// parting is what phones are told that still stand when the call ends.
func (c *Call) parting() Cause {
	if c.record.Outcome == CallerGone || c.record.Outcome == Completed {
		return c.record.Outcome
	}
	return Completed
}

// gather takes every leg's share into the record.
func (c *Call) gather() {
	c.record.Legs = append(c.record.Legs, c.legRecord(c.caller))
	for _, p := range c.phones {
		c.record.Legs = append(c.record.Legs, c.legRecord(p))
	}
}

func (c *Call) legRecord(p *party) LegRecord {
	if p == c.caller {
		p.record.Answered = c.record.Answered
	}
	if p.voice != nil && !p.record.Answered.IsZero() {
		s := p.voice.Stats()
		p.record.Sound = &s
	}
	return p.record
}
