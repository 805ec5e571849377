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

// add takes a closed leg into the totals.
func (t *Totals) add(s Stats) {
	t.Received += s.Received
	t.Sent += s.Sent
	t.Lost += s.Lost
	t.Late += s.Late
	t.AuthFailed += s.AuthFailed
	t.Replayed += s.Replayed
	t.Plaintext += s.Plaintext
	t.WrongSource += s.WrongSource
	t.Malformed += s.Malformed
	t.SendErrors += s.SendErrors
}

// merge takes another loop's share.
func (t *Totals) merge(o Totals) {
	t.Sessions += o.Sessions
	t.Silences += o.Silences
	t.add(Stats{
		Received: o.Received, Sent: o.Sent, Lost: o.Lost, Late: o.Late, AuthFailed: o.AuthFailed, Replayed: o.Replayed,
		Plaintext: o.Plaintext, WrongSource: o.WrongSource, Malformed: o.Malformed, SendErrors: o.SendErrors,
	})
}

// summary is the stream's state now.
func (s *stream) summary() Stats {
	out := s.stats
	out.Lost = uint64(s.lost + s.source.lost())
	out.Jitter = time.Duration(s.source.jitter * float64(125*time.Microsecond))
	out.RoundTrip, out.FarLost, out.FarJitter = s.report.roundTrip, s.report.farLost, s.report.farJitter
	if s.lastAlive != 0 {
		out.FirstHeard = s.loop.epoch.Add(time.Duration(s.firstAlive)).UTC()
		out.LastHeard = s.loop.epoch.Add(time.Duration(s.lastAlive)).UTC()
	}
	if out.Received > 0 {
		loss := float64(out.Lost) / float64(out.Received+out.Lost)
		// One way, and a jitter buffer of a frame and twice the jitter.
		out.MOS = mos(out.RoundTrip/2+frameTime+2*out.Jitter, loss)
	}
	return out
}

// totals are the loop's share: what has closed and what lives.
func (l *loop) totals() Totals {
	t := l.past
	for s := range l.streams {
		t.Sessions++
		t.add(s.summary())
	}
	return t
}
