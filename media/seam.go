package media

import (
	"fmt"
	"time"
)

// This file holds the words that the packet path and the sound share. The packet path (engine, loop, session, sdp,
// srtp, rtcp) calls what sound (codecs, player, tap, digits, transcoder) provides:
//
//	newPlayer(p *Prompt, c Codec, times int) *player     off the loop; may allocate (encode the prompt once per codec)
//	(*player).frame(dst []byte) (n int, more bool)       on the loop, every 20 ms; fills dst (cap >= maxPayload)
//	newToneSource(digit byte, d time.Duration, c Codec) *player   in-band digit for a peer without telephone-event
//
//	newRecorder(now func() int64, owner *sync.WaitGroup) *recorder   one a loop; its goroutine is counted in owner
//	(*recorder).tap(c Codec) *Tap                        off the loop
//	(*Tap).packet(p *soundPacket)                        on the loop, single producer: copy into a preallocated SPSC
//	                                                     ring, or drop and count; no lock, no allocation, no wait
//	(*Tap).orphan()                                      the session closed: as Stop(Aborted) unless stopped before
//
//	type digitReader struct{...}; (*digitReader).event(timestamp uint32, payload []byte) (digit byte, ok bool)
//	                                                     on the loop; ok once per RTP timestamp (RFC 4733 §2.5)
//	type digitWriter struct{...}; newDigitWriter(digit byte, d time.Duration) digitWriter
//	(*digitWriter).next(dst []byte) (n int, more bool)   on the loop, every 20 ms; 4-byte payloads, the end thrice.
//	                                                     The RTP timestamp stands still and the first packet has the
//	                                                     marker bit: the loop sees to both.
//
//	newTranscoder(from, to Codec) *transcoder            off the loop
//	(*transcoder).convert(dst, src []byte) []byte        on the loop; dst[:0] has cap maxPayload and is returned grown
//
// On the loop means: no lock, no allocation, no wait.

// maxPayload is the largest RTP payload that is relayed: 60 ms of G.711 with room; longer ones are dropped and counted.
const maxPayload = 1280

// frameTime is the packet time of everything that Nightbell generates (RFC 3551 §4.2 default).
const frameTime = 20 * time.Millisecond

// Codec is an audio codec that a leg may use. The value is the static payload type of RFC 3551 §6.
type Codec byte

const (
	PCMU Codec = 0 // G.711 µ-law, 8 kHz
	PCMA Codec = 8 // G.711 A-law, 8 kHz
	G722 Codec = 9 // 16 kHz samples; its RTP clock is 8000 by an old mistake (RFC 3551 §4.5.2)
)

// NoCodec stands where none is negotiated yet.
const NoCodec Codec = 255

// String is the encoding name of SDP.
func (c Codec) String() string {
	switch c {
	case PCMU:
		return "PCMU"
	case PCMA:
		return "PCMA"
	case G722:
		return "G722"
	}
	return "none"
}

// SampleRate is the rate of the sound in Hz, which for G722 is not its RTP clock.
func (c Codec) SampleRate() int {
	if c == G722 {
		return 16000
	}
	return 8000
}

// side says which channel of a recording a packet belongs to.
type side byte

const (
	heardSide side = 0 // channel 1: what this session's peer says
	toldSide  side = 1 // channel 2: what is sent to it (other leg, prompt, music)
)

// soundPacket is one decrypted audio payload on its way to the tap. Payload is valid during the call only.
type soundPacket struct {
	payload   []byte
	timestamp uint32 // RTP, of the stream named by ssrc
	ssrc      uint32 // the peer's on heardSide, ours on toldSide
	arrival   int64  // monotonic ns on the engine's clock
	codec     Codec
	side      side
}

// Sink takes what a Tap has put in order. Calls come from one goroutine of the tap, never from the packet path, and
// may block on a disk. seal.Writer is one.
type Sink interface {
	// Audio takes one block: first is the offset of its first sample on the timeline, pauses included.
	Audio(first uint64, interleaved []byte) error
	// Mark takes one MARK record's JSON.
	Mark(json []byte) error
	// Finish ends the file; nothing follows.
	Finish(status RecordingStatus, samples uint64) error
}

// RecordingStatus is how a recording ended; the values are those of the FINAL record (docs/RECORDING-FORMAT).
type RecordingStatus byte

const (
	Complete  RecordingStatus = 1
	Recovered RecordingStatus = 2 // found and finished after a crash
	Aborted   RecordingStatus = 3
	Continued RecordingStatus = 4 // the next part follows
)

// EventKind is what a session may report.
type EventKind byte

const (
	Digit  EventKind = 1 // the peer pressed a key (RFC 4733)
	Silent EventKind = 2 // nothing authenticated came for 5 s where media is expected
	Heard  EventKind = 3 // the first authenticated packet, or the first after Silent
	Fax    EventKind = 4 // a fax machine calls or answers; told only where DetectFax is on
)

// Event is what Session.Listen tells.
type Event struct {
	Kind  EventKind
	Digit byte // of Digit: '0'..'9', '*', '#', 'A'..'D'
}

// Direction is what the peer's last description lets the peer do (RFC 3264 §5.1).
type Direction byte

const (
	SendRecv Direction = iota
	SendOnly           // the peer sends and does not listen: it holds us
	RecvOnly           // the peer listens and sends nothing
	Inactive
)

// String is the attribute's name in SDP.
func (d Direction) String() string {
	return [...]string{"sendrecv", "sendonly", "recvonly", "inactive"}[d&3]
}

// Refusal is the error of an offer or an answer that cannot be taken; the rim turns it into a response.
type Refusal struct {
	Code     int    // SIP: 488
	WarnCode int    // RFC 3261 §20.43
	Text     string // of the Warning; no PHI
}

// Error is the Warning's text behind the code.
func (r *Refusal) Error() string { return fmt.Sprintf("%d: %s", r.Code, r.Text) }

// Hearing is one voice of a call and whom it hears.
type Hearing struct {
	Listener *Session
	Sources  []*Session
}

// Detection is what is looked for in a peer's sound, on demand.
type Detection byte

const (
	DetectDigits Detection = 1 << iota // in-band DTMF
	DetectFax                          // CNG and CED
)

// Concealment says whether what a peer says may be kept and passed on.
type Concealment byte

const (
	Audible   Concealment = iota
	Concealed             // silence of equal length in recordings, and to everybody else: a PIN is being typed
)
