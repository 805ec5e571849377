package media

import (
	"sync"
	"time"
)

// Prompt is a sound that can be played.
type Prompt struct{}

type player struct{}

func newPlayer(p *Prompt, c Codec, times int) *player              { return &player{} }
func newToneSource(digit byte, d time.Duration, c Codec) *player   { return &player{} }
func (p *player) frame(dst []byte) (n int, more bool)              { return 0, false }
func newTap(c Codec, now func() int64, owner *sync.WaitGroup) *Tap { return &Tap{} }

// Tap is a recording in progress.
type Tap struct{}

func (t *Tap) packet(p *soundPacket) {}
func (t *Tap) orphan()               {}

// Open attaches the sink.
func (t *Tap) Open(s Sink) {}

type digitReader struct{}

func (r *digitReader) event(timestamp uint32, payload []byte) (digit byte, ok bool) { return 0, false }

type digitWriter struct{}

func newDigitWriter(digit byte, d time.Duration) digitWriter { return digitWriter{} }
func (w *digitWriter) next(dst []byte) (n int, more bool)    { return 0, false }

type transcoder struct{}

func newTranscoder(from, to Codec) *transcoder       { return &transcoder{} }
func (t *transcoder) convert(dst, src []byte) []byte { return dst[:0] }
