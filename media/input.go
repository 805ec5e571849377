package media

// input is one source of a mix: a small jitter buffer of its packets and the sound that is due. Order and loss are
// known by sequence numbers; how long a packet lasts is known by decoding it.
type input struct {
	of       *stream
	rate     int
	decoders [codecForms]*decoder

	slots  [inputSlots]slot
	epoch  uint64 // the source that the numbers belong to; 0: none yet
	next   int64  // the number that is played next
	newest int64
	primed bool // enough had come to begin

	linear [2*maxPayload + widestFrame]int16 // decoded, not yet played
	have   int
	turn   [2 * chunk]int16

	frame  [widestFrame]int16 // of this turn
	silent bool
	faded  int // frames made up since the last true one

	window, least int // the least that waited in this window, in packets

	late, slips, concealed uint64
}

// slot is one packet that waits.
type slot struct {
	ext     int64 // 0: empty
	codec   Codec
	n       int
	payload [maxPayload]byte
}

const (
	inputSlots   = 16
	primePackets = 2  // that wait before a source is heard: 40 ms of 20 ms packets
	mostWaiting  = 8  // beyond this the sound has fallen behind and is brought up at once
	spareWaiting = 3  // more than this at the quietest of a whole window is too much: one frame goes
	inputWindow  = 50 // frames: 1 s
	mostFaded    = 3  // frames that are made up for what is lost; then silence
)

func newInput(s *stream, rate int) *input { return &input{of: s, rate: rate, silent: true} }

// ready makes what decoding needs, beforehand.
func (in *input) ready() {
	if in.of.terms == nil {
		return
	}
	for _, k := range in.of.terms.kinds {
		if k.sound() && in.decoders[formOf(Codec(k))] == nil {
			in.decoders[formOf(Codec(k))] = newDecoder(Codec(k), in.rate)
		}
	}
}

// put copies a packet in. One that comes after its turn is dropped.
func (in *input) put(p *heardPacket) {
	if in.epoch != p.epoch {
		in.begin(p.epoch, p.ext)
	}
	if p.ext < in.next {
		in.late++
		return
	}
	if p.ext >= in.next+inputSlots { // the packets between will not come any more, or too late to matter
		in.next = p.ext - primePackets
		in.slips++
	}
	s := &in.slots[p.ext%inputSlots]
	s.ext, s.codec = p.ext, Codec(p.kind)
	s.n = copy(s.payload[:], p.buffer[p.at:p.at+p.n])
	in.newest = max(in.newest, p.ext)
}

func (in *input) begin(epoch uint64, ext int64) {
	for i := range in.slots {
		in.slots[i].ext = 0
	}
	in.epoch, in.next, in.newest = epoch, ext, ext-1
	in.primed = false
}

// pull makes the frame of this turn.
func (in *input) pull() {
	n := in.rate / 50
	if !in.primed {
		in.primed = in.waiting() >= primePackets
	}
	for in.have < n && in.primed {
		in.primed = in.more(n)
	}
	in.keepUp()
	if in.have < n {
		clear(in.frame[:n])
		in.silent, in.have = true, 0
		return
	}
	copy(in.frame[:n], in.linear[:n])
	in.have = copy(in.linear[:], in.linear[n:in.have])
	in.silent = false
}

// waiting is how many numbers lie between the one that is due and the newest.
func (in *input) waiting() int { return int(in.newest - in.next + 1) }

// more decodes the next packet, or makes up for it. False: nothing is there, and what is made up has faded.
func (in *input) more(n int) bool {
	s := &in.slots[in.next%inputSlots]
	switch {
	case s.ext == in.next:
		in.decode(s)
		s.ext = 0
		in.next++
		in.faded = 0
		return true
	case in.newest >= in.next: // later ones are there: it is lost
		in.next++
		in.concealed++
		in.fade(n)
		return true
	case in.faded == 0 && in.have+n <= len(in.linear): // late; it is waited for anew
		in.concealed++
		in.fade(n)
		return false
	}
	return false
}

// decode appends a packet's sound.
func (in *input) decode(s *slot) {
	dec := in.decoders[formOf(s.codec)]
	if dec == nil {
		return
	}
	in.have += dec.whole(in.linear[in.have:], s.payload[:s.n], in.turn[:])
}

// fade repeats the last frame at half its level; after some there is silence.
func (in *input) fade(n int) {
	if in.have+n > len(in.linear) {
		return
	}
	in.faded++
	made := in.linear[in.have : in.have+n]
	in.have += n
	if in.faded > mostFaded || in.silent {
		clear(made)
		return
	}
	for i := range made {
		made[i] = in.frame[i] >> in.faded
	}
}

// keepUp drops what a clock that runs fast, or a stall, has left waiting.
func (in *input) keepUp() {
	if !in.primed {
		in.window, in.least = 0, inputSlots
		return
	}
	for in.waiting() > mostWaiting {
		in.slots[in.next%inputSlots].ext = 0
		in.next++
		in.slips++
	}
	in.least = min(in.least, in.waiting())
	if in.window++; in.window < inputWindow {
		return
	}
	if in.least > spareWaiting {
		in.slots[in.next%inputSlots].ext = 0
		in.next++
		in.slips++
	}
	in.window, in.least = 0, inputSlots
}
