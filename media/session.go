package media

import "time"

// Session is one leg's sound. Its methods may be called from any goroutine but not from a Listen func.
type Session struct{}

// Answer takes the peer's offer, the first or a later one, and returns our answer. The error may be a *Refusal; then
// the session is as it was before.
func (s *Session) Answer(offer []byte) (answer []byte, err error) { return nil, ErrClosed }

// Offer makes our offer. Codecs that like has negotiated, or else was offered, come first; like may be nil.
func (s *Session) Offer(like *Session) (offer []byte, err error) { return nil, ErrClosed }

// Accept takes the peer's answer to the last Offer.
func (s *Session) Accept(answer []byte) error { return ErrClosed }

// Direction is what the peer's last description lets the peer do: SendOnly means that it holds us.
func (s *Session) Direction() Direction { return SendRecv }

// Codec is the negotiated one, or NoCodec.
func (s *Session) Codec() Codec { return NoCodec }

// Suite is the negotiated one; Clear before any, and for RTP/AVP.
func (s *Session) Suite() Suite { return Clear }

// Play sends p to this session's peer in place of the bridge, times over (0: for ever). The channel is closed when it
// has ended, was replaced or stopped, or the session closed.
func (s *Session) Play(p *Prompt, times int) <-chan struct{} { return nil }

// Quiet stops Play; the bridge is heard again.
func (s *Session) Quiet() {}

// Listen sets who is told of events, once. f runs on the loop: it must not block and must not call the session.
func (s *Session) Listen(f func(Event)) {}

// SendDigit presses a key towards the peer.
func (s *Session) SendDigit(digit byte, d time.Duration) {}

// Record begins a recording of this session: channel 1 what its peer says, channel 2 what is sent to it. With a nil
// Sink the tap queues up to 10 s until Tap.Open.
func (s *Session) Record(sink Sink) *Tap { return nil }

// Stats is the leg's share so far; after Close the last state of it.
func (s *Session) Stats() Stats { return Stats{} }

// Close gives the ports back after their quarantine. Idempotent.
func (s *Session) Close() {}
