package call

// observing is how a supervisor takes part.
type observing string

const (
	listens  observing = "listen"  // hears the agent and whom the agent hears
	whispers observing = "whisper" // and is heard by the agent alone
	barges   observing = "barge"   // is in the conversation
)

// barging are the supervisors who are in the conversation.
func (c *Call) barging() []*party {
	var in []*party
	for _, o := range c.observers {
		if o.mode == barges && o.attends() {
			in = append(in, o)
		}
	}
	return in
}
