package media

import "time"

// mixer makes what is heard by those who hear more than one: every 20 ms a frame of each source, the sum of them for
// each listener. Nothing in a turn locks or allocates; what a turn needs is made when the floor is settled.
type mixer struct {
	loop    *loop
	rate    int // of the linear sound in here: 16 kHz as soon as anybody speaks or hears wideband
	inputs  []*input
	outputs []*output
	timer   timer
	due     int64
	sum     [widestFrame]int32
	frame   [widestFrame]int16
}

const (
	narrowRate  = 8000
	wideRate    = 16000
	widestFrame = wideRate / 50
)

// output is one listener of a mix.
type output struct {
	to      *stream
	sources []*input
	codec   Codec
	enc     *encoder
	down    downsampler // to a narrow codec's rate
	narrow  [widestFrame / 2]int16
}

func newMixer(l *loop) *mixer {
	m := &mixer{loop: l}
	m.timer.fire = m.turn
	return m
}

// set takes the listeners of a mix and whom they hear. Who was there before goes on without a break.
func (m *mixer) set(mixed []hearing) {
	rate := rateOf(mixed)
	if rate != m.rate {
		m.closeInputs()
		m.inputs, m.outputs, m.rate = nil, nil, rate
	}
	before, outputs := m.inputs, m.outputs
	m.inputs, m.outputs = nil, nil
	for _, h := range mixed {
		o := outputOf(outputs, h.listener)
		if o == nil || h.listener.terms != nil && o.codec != h.listener.terms.codec {
			o = newOutput(h.listener)
		}
		o.sources = o.sources[:0]
		for _, s := range h.sources {
			o.sources = append(o.sources, m.input(before, s))
		}
		m.outputs = append(m.outputs, o)
	}
	for _, in := range before {
		if !m.has(in) {
			in.of.input = nil
		}
	}
	m.pace()
}

// pace starts and stops the turns.
func (m *mixer) pace() {
	if len(m.outputs) == 0 {
		m.loop.wheel.stop(&m.timer)
		return
	}
	if !m.timer.set {
		m.due = m.loop.now + int64(frameTime)
		m.loop.wheel.in(&m.timer, m.loop.now, frameTime)
	}
}

func (m *mixer) closeInputs() {
	for _, in := range m.inputs {
		in.of.input = nil
	}
}

func rateOf(mixed []hearing) int {
	for _, h := range mixed {
		if h.listener.wide() {
			return wideRate
		}
		for _, s := range h.sources {
			if s.wide() {
				return wideRate
			}
		}
	}
	return narrowRate
}

// wide reports whether the stream's peer speaks or hears more than telephone sound.
func (s *stream) wide() bool { return s.terms != nil && s.terms.codec.SampleRate() > narrowRate }

// input finds or makes the one of a source; every codec that its peer may send has its decoder beforehand.
func (m *mixer) input(before []*input, s *stream) *input {
	for _, in := range m.inputs {
		if in.of == s {
			return in
		}
	}
	var found *input
	for _, in := range before {
		if in.of == s {
			found = in
		}
	}
	if found == nil {
		found = newInput(s, m.rate)
	}
	found.ready()
	m.inputs = append(m.inputs, found)
	s.input = found
	return found
}

func (m *mixer) has(in *input) bool {
	for _, other := range m.inputs {
		if other == in {
			return true
		}
	}
	return false
}

func outputOf(all []*output, to *stream) *output {
	for _, o := range all {
		if o.to == to {
			return o
		}
	}
	return nil
}

func newOutput(to *stream) *output {
	o := &output{to: to, codec: NoCodec}
	if to.terms != nil {
		o.codec = to.terms.codec
		o.enc = newEncoder(o.codec)
	}
	return o
}

// turn is 20 ms of every mix.
func (m *mixer) turn(now int64) {
	for _, in := range m.inputs {
		in.pull()
	}
	for _, o := range m.outputs {
		m.say(o)
	}
	m.due = nextDue(m.due, now)
	m.loop.wheel.in(&m.timer, now, time.Duration(m.due-now))
}

// say sends a listener the sum of those she hears. Silence is sent, too: a stream that stops would be a call that is
// over.
func (m *mixer) say(o *output) {
	d := o.to
	if o.enc == nil || !d.speaks() || d.voice.busy() {
		return
	}
	n := m.rate / 50
	sum := m.sum[:n]
	clear(sum)
	for _, in := range o.sources {
		if in.silent {
			continue
		}
		for i, x := range in.frame[:n] {
			sum[i] += int32(x)
		}
	}
	linear := m.frame[:n]
	for i, x := range sum {
		linear[i] = softened(x)
	}
	if o.codec.SampleRate() < m.rate {
		linear = o.narrow[:o.down.convert(o.narrow[:], linear)]
	}
	b := m.loop.buffer()
	d.say(b, o.enc.encode(b[12:12+maxPayload], linear))
}

// knee is where two voices at once begin to be pressed together; below it a sum is exact.
const knee = 24576

// softened brings a sum back into 16 bits without the crackle of clipping: above the knee the rest approaches full
// scale and never reaches it.
func softened(x int32) int16 {
	const room = 32767 - knee
	switch {
	case x > knee:
		over := int64(x - knee)
		return int16(knee + over*room/(over+room))
	case x < -knee:
		over := int64(-x - knee)
		return int16(-knee - over*room/(over+room))
	}
	return int16(x)
}
