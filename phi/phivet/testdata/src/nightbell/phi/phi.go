package phi

type Phone struct{ s string }

func (p Phone) Reveal() string { return p.s }
func (p Phone) String() string { return "[phi:phone]" }
