package media

import "math"

// detector looks for tones in what a peer says: the keys of ITU-T Q.23 by the limits of Q.24, and the tones by which fax
// machines call (T.30 §4.3.3.2, CNG) and answer (CED). It hears in blocks of 12.75 ms: two of them lie whole within the
// 40 ms that the shortest key lasts.
type detector struct {
	want     Detection
	decoders [codecForms]*decoder
	linear   [2 * maxPayload]int16
	turn     [2 * chunk]int16
	block    [blockSamples]float64
	filled   int

	last   byte // the key in the last block; 0: none
	held   byte // the key that is down
	misses int

	cng, ced burst
	calls    int   // when the first call tone was told: blocks ago; 0: none
	faxTold  bool  // once is enough
	pressed  byte  // found in this packet
	isFax    bool  // found in this packet
	lastKey  byte  // that was told
	lastAt   int64 // when
}

const (
	blockSamples = 102

	blockParts = 3
	leastPart  = 0.15 // of the energy that must lie in each third of a block

	leastLevel  = 300.0 // root mean square: -35 dBm0
	purity      = 0.70  // least share of a block's energy in the two tones: speech has it elsewhere as well
	twistLimit  = 8.0   // energy of one tone over the other: 9 dB, Q.24's 8 and what a deviation of 1.5 % costs
	neighbours  = 4.0   // over the next tone of its group: 6 dB
	releaseAt   = 2     // blocks without the key
	faxPurity   = 0.75
	burstBlocks = 31               // least of a call tone, which is 0.5 s ±15 %: 0.4 s
	burstMost   = 55               // most of it: 0.7 s
	answerLeast = 118              // of the answer tone, 2.6 to 4 s: 1.5 s
	callsWithin = 471              // two call tones: 6 s
	sameKey     = int64(500 * 1e6) // two reports of one key in two ways, ns
)

var (
	keyRows    = tuned(697, 770, 852, 941)
	keyColumns = tuned(1209, 1336, 1477, 1633)
	faxTones   = tuned(1070, 1100, 1130, 2100) // a call tone may be 38 Hz off
)

const keyPad = "123A456B789C*0#D"

// tuned are the coefficients of Goertzel's filter.
func tuned(hz ...float64) (c [4]float64) {
	for i, f := range hz {
		c[i] = 2 * math.Cos(2*math.Pi*f/8000)
	}
	return c
}

// detect says what is looked for from now on.
func (s *stream) detect(d Detection) {
	if d == 0 {
		s.detector = nil
		return
	}
	if s.detector == nil {
		s.detector = &detector{}
	}
	s.detector.want = d
	s.detector.ready(s.terms)
}

// ready makes what decoding needs, beforehand.
func (d *detector) ready(t *terms) {
	if t == nil {
		return
	}
	for _, k := range t.kinds {
		if k.sound() && d.decoders[formOf(Codec(k))] == nil {
			d.decoders[formOf(Codec(k))] = newDecoder(Codec(k), 8000)
		}
	}
}

// look has the detector hear one packet and tells what it finds. Keys of a peer that has sent RFC 4733 are known from
// there: in its sound they are not looked at again.
func (s *stream) look(p *heardPacket) {
	d := s.detector
	d.hear(Codec(p.kind), p.buffer[p.at:p.at+p.n])
	if key := d.pressed; key != 0 && d.want&DetectDigits != 0 && !s.keys.seen {
		d.lastKey, d.lastAt = key, s.loop.now
		s.tell(Event{Kind: Digit, Digit: key})
	}
	if d.isFax && d.want&DetectFax != 0 {
		s.tell(Event{Kind: Fax})
	}
}

// twice reports whether a key of RFC 4733 is the press that was just found in the sound.
func (d *detector) twice(digit byte, now int64) bool {
	same := d.lastKey == digit && now-d.lastAt < sameKey
	d.lastKey = 0
	return same
}

// hear takes one payload.
func (d *detector) hear(c Codec, payload []byte) {
	d.pressed, d.isFax = 0, false
	dec := d.decoders[formOf(c)]
	if dec == nil {
		return
	}
	n := dec.whole(d.linear[:], payload, d.turn[:])
	for _, x := range d.linear[:n] {
		d.block[d.filled] = float64(x)
		if d.filled++; d.filled == blockSamples {
			d.filled = 0
			d.judge()
		}
	}
}

// judge takes a whole block.
func (d *detector) judge() {
	total, least := 0.0, math.Inf(1)
	for at := 0; at < blockSamples; at += blockSamples / blockParts {
		part := 0.0
		for _, x := range d.block[at : at+blockSamples/blockParts] {
			part += x * x
		}
		total, least = total+part, min(least, part)
	}
	loud := total >= leastLevel*leastLevel*blockSamples
	key := byte(0)
	if loud && least > total*leastPart { // a tone that fills the block: two of 20 ms together are no key
		key = d.key(total)
	}
	d.follow(key)
	if d.want&DetectFax != 0 {
		d.fax(loud, total)
	}
}

// energies are those of the four tones as shares of the block's energy.
func (d *detector) energies(tones *[4]float64, total float64) (share [4]float64) {
	for i, c := range tones {
		var one, two float64
		for _, x := range d.block {
			one, two = x+c*one-two, one
		}
		share[i] = (one*one + two*two - c*one*two) * 2 / (blockSamples * total)
	}
	return share
}

// key is the one in the block, or 0.
func (d *detector) key(total float64) byte {
	rows, columns := d.energies(&keyRows, total), d.energies(&keyColumns, total)
	r, c := strongest(rows), strongest(columns)
	if r < 0 || c < 0 {
		return 0
	}
	row, column := rows[r], columns[c]
	if row+column < purity || row > column*twistLimit || column > row*twistLimit {
		return 0
	}
	return keyPad[4*r+c]
}

// strongest is the tone that stands out from its group; -1: none does.
func strongest(share [4]float64) int {
	best := 0
	for i, x := range share {
		if x > share[best] {
			best = i
		}
	}
	for i, x := range share {
		if i != best && x*neighbours > share[best] {
			return -1
		}
	}
	return best
}

// follow finds presses in the keys of the blocks: a key is down with its second block in a row, and up again after two
// without it, so that a lost packet does not make two presses of one.
func (d *detector) follow(key byte) {
	switch {
	case key != 0 && key == d.held:
		d.misses = 0
	case key != 0 && key == d.last:
		d.held, d.misses, d.pressed = key, 0, key
	case d.held != 0:
		if d.misses++; d.misses >= releaseAt {
			d.held = 0
		}
	}
	d.last = key
}

// burst is a tone that goes on.
type burst struct{ on, gap int }

// hears adds a block; ended is how long the tone was, once it is over. One block without it is bridged: the answer tone
// of a modern machine turns its phase over.
func (b *burst) hears(tone bool) (ended int) {
	switch {
	case tone:
		b.on, b.gap = b.on+1+b.gap, 0
	case b.on > 0 && b.gap == 0:
		b.gap = 1
	case b.on > 0:
		ended = b.on
		b.on, b.gap = 0, 0
	}
	return ended
}

// fax takes a block: two call tones within 6 s, or one answer tone, is a machine.
func (d *detector) fax(loud bool, total float64) {
	var share [4]float64
	if loud {
		share = d.energies(&faxTones, total)
	}
	called := d.cng.hears(max(share[0], share[1], share[2]) >= faxPurity)
	d.ced.hears(share[3] >= faxPurity)
	if d.calls > 0 {
		d.calls++
	}
	machine := d.ced.on >= answerLeast
	if called >= burstBlocks && called <= burstMost {
		machine = machine || d.calls > 0 && d.calls <= callsWithin
		d.calls = 1
	}
	if machine && !d.faxTold {
		d.faxTold, d.isFax = true, true
	}
}
