package media

import "time"

// Stats is one leg's share of the sound so far. Counters are packets.
type Stats struct {
	Codec Codec
	Suite Suite

	Received    uint64 // authenticated RTP
	Sent        uint64
	Lost        uint64 // never came, by sequence numbers
	Duplicate   uint64 // refused by the replay window within reach of the newest
	Reordered   uint64
	Late        uint64 // more than 200 ms behind the newest
	SSRCChanges uint64
	Events      uint64 // telephone-event packets

	AuthFailed  uint64 // wrong tag
	Replayed    uint64 // older than the replay window, or a second time
	Plaintext   uint64 // not SRTP at all, by its length
	WrongSource uint64 // from elsewhere than the latched address, not authenticated
	Malformed   uint64
	Oversize    uint64
	SendErrors  uint64

	Jitter     time.Duration // interarrival, RFC 3550 §6.4.1
	RoundTrip  time.Duration // from RTCP; zero: not known
	FarLost    float64       // fraction that the peer says it lost of ours
	FarJitter  time.Duration
	MOS        float64 // 1..4.5, E-model of ITU-T G.107 with the defaults of its table 2
	FirstHeard time.Time
	LastHeard  time.Time
}

// Totals are the engine's counters since it was opened, for metrics.
type Totals struct {
	Sessions, Loops, PortsFree                             int
	Received, Sent, Lost, Late                             uint64
	AuthFailed, Replayed, Plaintext, WrongSource, Silences uint64
	Malformed, SendErrors                                  uint64
}
