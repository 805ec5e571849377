package call

// beepWhileRecorded starts the clock of the tone that tells everybody in the conversation that it is recorded, where the
// law or the clinic asks for one. It runs as long as the conversation, and is silent while nothing is recorded.
func (c *Call) beepWhileRecorded() {
	every := c.plan.Consent.Beep
	if every <= 0 {
		return
	}
	c.stopBeep = c.after(every, func(c *Call) {
		c.beep()
		c.beepWhileRecorded()
	})
}

// beep plays the tone to the caller and to everybody who speaks with her. Who has music is not recorded as speaking; what
// is spoken apart from the caller is not in her recording.
func (c *Call) beep() {
	circle := c.circles()[0]
	if c.rec == nil || c.recorded.State != "running" || len(circle) < 2 {
		return
	}
	_, tone := c.prompt("beep")
	if tone == nil {
		return
	}
	for _, p := range circle {
		if p.plays == "" {
			p.voice.Play(tone, 1)
		}
	}
}

// endBeep stops the clock with the conversation.
func (c *Call) endBeep() {
	if c.stopBeep != nil {
		c.stopBeep()
		c.stopBeep = nil
	}
}
