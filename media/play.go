package media

import "time"

// voice is what Nightbell itself says on a leg: a prompt, or keys pressed. While it speaks the partner is not heard.
type voice struct {
	prompt    *Prompt
	times     int
	player    *player
	ended     chan struct{} // of the prompt
	playDue   int64
	playTimer timer

	keys     []key // waiting, the first one is being pressed
	keyDue   int64
	keyTimer timer
	keyMark  mark
}

// key is one digit on its way out: as RFC 4733 events, or as a tone where the peer knows none.
type key struct {
	digit   byte
	d       time.Duration
	writer  digitWriter
	tone    *player
	started bool
	rest    int // frames of silence still to keep after the key
}

// keyGap keeps two keys apart (RFC 4733 §2.5.1.2): 60 ms.
const keyGap = 3

// mostKeys is how many keys may wait.
const mostKeys = 32

// catchUp is how far a player may fall behind before it skips instead of hurrying.
const catchUp = 100 * time.Millisecond

func (v *voice) busy() bool { return v.player != nil || v.pressing() }

// pressing reports whether a key is down; between two keys the others may be heard.
func (v *voice) pressing() bool { return len(v.keys) > 0 && v.keys[0].rest == keyGap }

// play starts p; what played before has ended.
func (s *stream) play(p *Prompt, times int, ended chan struct{}) {
	v := &s.voice
	v.silence(s)
	if s.closed {
		close(ended)
		return
	}
	v.prompt, v.times, v.ended = p, times, ended
	v.recode(s)
}

// recode makes the player for the leg's present codec; before one is agreed the prompt waits.
func (v *voice) recode(s *stream) {
	if v.prompt == nil || s.terms == nil {
		return
	}
	v.player = newPlayer(v.prompt, s.terms.codec, v.times)
	s.out.epoch = 0
	v.playDue = s.loop.now + int64(tick)
	s.loop.wheel.in(&v.playTimer, s.loop.now, tick)
}

// silence ends the prompt, if one plays.
func (v *voice) silence(s *stream) {
	if v.prompt == nil {
		return
	}
	s.loop.wheel.stop(&v.playTimer)
	close(v.ended)
	v.prompt, v.player, v.ended = nil, nil, nil
	s.out.epoch = 0
}

// playFrame sends the next 20 ms. A peer that holds us misses them; the prompt goes on.
func (s *stream) playFrame(now int64) {
	v := &s.voice
	b := s.loop.buffer()
	n, more := v.player.frame(b[12 : 12+maxPayload])
	if !v.pressing() {
		s.say(b, n)
	}
	if n == 0 || !more {
		v.silence(s)
		return
	}
	v.playDue = nextDue(v.playDue, now)
	s.loop.wheel.in(&v.playTimer, now, time.Duration(v.playDue-now))
}

// nextDue is 20 ms after the last one, wherever the wheel has fired.
func nextDue(due, now int64) int64 {
	due += int64(frameTime)
	if now-due > int64(catchUp) {
		return now + int64(frameTime)
	}
	return due
}

// say sends a frame of our own; it lies in b behind the place of the header.
func (s *stream) say(b []byte, n int) {
	if n == 0 || !s.speaks() {
		return
	}
	m := s.nextMark(n)
	s.record(toldSide, s.terms.codec, b[12:12+n], m.timestamp, s.out.ssrc)
	s.emit(b, 12, n, m)
}

// nextMark continues the outbound stream with a frame of our own.
func (s *stream) nextMark(n int) mark {
	o := &s.out
	m := mark{payload: s.terms.payload, ext: o.newest + 1}
	if o.epoch == ownEpoch {
		m.timestamp = o.timestamp + uint32(n) // octets are clock ticks in G.711 and G.722 alike
		return m
	}
	o.epoch, m.marker, m.timestamp = ownEpoch, true, s.nextTimestamp()
	return m
}

// ownEpoch is our own voice as a source.
const ownEpoch = 1<<64 - 1

// press queues a key towards the peer.
func (s *stream) press(digit byte, d time.Duration) {
	v := &s.voice
	if s.closed || s.terms == nil || len(v.keys) >= mostKeys {
		return
	}
	v.keys = append(v.keys, key{digit: digit, d: d, rest: keyGap})
	if len(v.keys) == 1 {
		v.keyDue = s.loop.now + int64(tick)
		s.loop.wheel.in(&v.keyTimer, s.loop.now, tick)
	}
}

// keyFrame sends the next packet of the first key.
func (s *stream) keyFrame(now int64) {
	v := &s.voice
	k := &v.keys[0]
	if !k.started {
		s.startKey(k)
	}
	if !s.pressOn(k) {
		if k.rest--; k.rest < 0 {
			v.keys = v.keys[:copy(v.keys, v.keys[1:])]
		}
	}
	if len(v.keys) == 0 {
		return
	}
	v.keyDue = nextDue(v.keyDue, now)
	s.loop.wheel.in(&v.keyTimer, now, time.Duration(v.keyDue-now))
}

func (s *stream) startKey(k *key) {
	k.started = true
	if s.terms.event == noPayload {
		k.tone = newToneSource(k.digit, k.d, s.terms.codec)
		s.out.epoch = 0
		return
	}
	k.writer = newDigitWriter(k.digit, k.d)
	s.voice.keyMark = mark{payload: s.terms.event, marker: true, timestamp: s.nextTimestamp()}
}

// pressOn sends one packet of k and reports whether the key is still down.
func (s *stream) pressOn(k *key) bool {
	if k.rest < keyGap {
		return false
	}
	b := s.loop.buffer()
	if k.tone != nil {
		n, more := k.tone.frame(b[12 : 12+maxPayload])
		s.say(b, n)
		return n > 0 && more
	}
	n, more := k.writer.next(b[12 : 12+maxPayload])
	if n > 0 && s.speaks() {
		s.out.epoch = 0
		m := &s.voice.keyMark
		m.ext = s.out.newest + 1
		s.emit(b, 12, n, *m)
		m.marker = false
	}
	return n > 0 && more
}
