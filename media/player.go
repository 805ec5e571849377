package media

import "time"

// player hands out a prompt frame by frame. It owns no sound of its own, so a thousand callers on hold share one
// piece of music.
type player struct {
	payload []byte // the whole prompt in the session's codec
	again   []byte // the same for the second time and after
	silence byte
	at      int
	left    int // playings still to come, this one included; 0: for ever
}

// frameBytes is 20 ms of any codec here.
const frameBytes = 160

func newPlayer(p *Prompt, c Codec, times int) *player {
	return p.forms[formOf(c)].player(c, times)
}

// newToneSource plays a key as the two tones of ITU-T Q.23, for a peer without telephone-event.
func newToneSource(digit byte, d time.Duration, c Codec) *player {
	return newForm(keyTone(digit, d), c).player(c, 1)
}

func (f form) player(c Codec, times int) *player {
	return &player{payload: f.first, again: f.again, silence: silenceOf(c), left: times}
}

// frame fills dst with the next 20 ms; more is false with the last frame. A prompt that loops goes on within the
// frame, without a gap; one that ends is filled up with silence. n is 0 when there is nothing to play.
func (p *player) frame(dst []byte) (n int, more bool) {
	if len(p.payload) == 0 || p.left < 0 {
		return 0, false
	}
	for n < frameBytes {
		copied := copy(dst[n:frameBytes], p.payload[p.at:])
		n, p.at = n+copied, p.at+copied
		if p.at < len(p.payload) {
			continue
		}
		p.at, p.payload = 0, p.again
		if p.left == 1 {
			p.left = -1
			fill(dst[n:frameBytes], p.silence)
			return frameBytes, false
		}
		p.left = max(0, p.left-1)
	}
	return n, true
}

// silenceOf is the byte of digital silence. G.722 defines none: this one decodes to zeros from a fresh
// state and fades out from any other.
func silenceOf(c Codec) byte {
	switch c {
	case PCMA:
		return alawSilence
	case G722:
		return 0xFC
	}
	return ulawSilence
}

func fill(b []byte, with byte) {
	for i := range b {
		b[i] = with
	}
}
