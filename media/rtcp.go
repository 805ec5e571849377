package media

import (
	"crypto/rand"
	"encoding/base32"
	"errors"
	"math"
	mrand "math/rand/v2"
	"net/netip"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/srtp/v3"
)

// reportEvery is the mean time between two RTCP reports (RFC 3550 §6.2); each is drawn between 0.8 and 1.2 of it.
const reportEvery = 5 * time.Second

// reporter sends our reports and reads the peer's.
type reporter struct {
	timer timer
	cname string // RFC 7022 §4.2: random for each session

	lastNTP   uint32 // middle 32 bits of the peer's last sender report
	lastAt    int64
	farLost   float64
	farJitter time.Duration
	roundTrip time.Duration
	sentAtEnd uint64 // packets sent at our last report
	header    rtcp.Header
}

// begin sends the first report soon after keys are there.
func (r *reporter) begin(s *stream) {
	if r.cname != "" {
		return
	}
	var id [10]byte
	_, _ = rand.Read(id[:])
	r.cname = base32.StdEncoding.EncodeToString(id[:])
	s.loop.wheel.in(&r.timer, s.loop.now, time.Duration(mrand.Int64N(int64(reportEvery))))
}

// sendReport sends SR where we spoke since the last one, else RR, with SDES behind it.
func (s *stream) sendReport(now int64) {
	spread := 0.8 + 0.4*mrand.Float64()
	s.loop.wheel.in(&s.report.timer, now, time.Duration(spread*float64(reportEvery)))
	s.sendControl()
}

// sayBye tells the peer that our SSRC falls silent (RFC 3550 §6.6).
func (s *stream) sayBye() {
	if s.terms != nil && s.out.sent > 0 {
		s.sendControl(&rtcp.Goodbye{Sources: []uint32{s.out.ssrc}})
	}
}

func (s *stream) sendControl(more ...rtcp.Packet) {
	to := s.controlDestination()
	if s.terms == nil || !to.IsValid() {
		return
	}
	packets := append([]rtcp.Packet{s.ownReport(), rtcp.NewCNAMESourceDescription(s.out.ssrc, s.report.cname)}, more...)
	plain, err := rtcp.Marshal(packets)
	if err != nil {
		s.stats.SendErrors++
		return
	}
	packet := append(s.loop.buffer()[:0], plain...)
	s.mark[markReports].Add(1)
	if s.terms.out != nil {
		if packet, err = s.terms.out.EncryptRTCP(packet[:0], packet, nil); err != nil {
			s.stats.SendErrors++
			return
		}
	}
	sock := s.rtp.sock
	if s.control != nil {
		sock = s.control.sock
	}
	s.loop.send(s, sock, outgoing{packet, to})
}

// controlDestination is where the peer's RTCP comes from, else what its description says.
func (s *stream) controlDestination() netip.AddrPort {
	switch {
	case s.terms == nil:
		return netip.AddrPort{}
	case s.terms.mux:
		return s.destination()
	case s.latchedControl.IsValid():
		return s.latchedControl
	}
	return s.terms.remoteControl
}

func (s *stream) ownReport() rtcp.Packet {
	blocks := s.reception()
	if s.out.sent == s.report.sentAtEnd {
		return &rtcp.ReceiverReport{SSRC: s.out.ssrc, Reports: blocks}
	}
	s.report.sentAtEnd = s.out.sent
	return &rtcp.SenderReport{
		SSRC: s.out.ssrc, NTPTime: s.loop.ntp(), RTPTime: s.nextTimestamp(),
		PacketCount: uint32(s.out.sent), OctetCount: uint32(s.out.bytes), Reports: blocks,
	}
}

// reception is the report block on what the peer sends (RFC 3550 §6.4.1).
func (s *stream) reception() []rtcp.ReceptionReport {
	src := &s.source
	if !src.known {
		return nil
	}
	lost := src.lost()
	expected := src.expected() - src.lostBefore - src.cameBefore
	fraction := uint8(0)
	if missing := lost - src.lostBefore; expected > 0 && missing > 0 {
		fraction = uint8(min(255, missing*256/expected))
	}
	src.lostBefore, src.cameBefore = lost, src.came
	block := rtcp.ReceptionReport{
		SSRC: src.ssrc, FractionLost: fraction, TotalLost: uint32(min(lost, 1<<23-1)),
		LastSequenceNumber: uint32(src.newest - 1<<16), Jitter: uint32(src.jitter),
	}
	if s.report.lastAt != 0 {
		block.LastSenderReport = s.report.lastNTP
		block.Delay = uint32((s.loop.now - s.report.lastAt) * 65536 / int64(time.Second))
	}
	return []rtcp.ReceptionReport{block}
}

// receiveReport takes one compound packet of the peer.
func (s *stream) receiveReport(packet []byte, from netip.AddrPort) {
	if s.terms.in != nil {
		clear, err := s.terms.in.DecryptRTCP(packet[:0], packet, &s.report.header)
		if err != nil {
			s.countRefusedReport(err)
			return
		}
		packet = clear
	} else if from.Addr() != s.terms.remote.Addr() {
		s.stats.WrongSource++
		return
	}
	packets, err := rtcp.Unmarshal(packet)
	if err != nil {
		s.stats.Malformed++
		return
	}
	s.alive()
	if !s.terms.mux {
		s.latchedControl = from
	}
	for _, p := range packets {
		switch p := p.(type) {
		case *rtcp.SenderReport:
			s.report.lastNTP, s.report.lastAt = uint32(p.NTPTime>>16), s.loop.now
			s.readBlocks(p.Reports)
		case *rtcp.ReceiverReport:
			s.readBlocks(p.Reports)
		}
	}
}

// countRefusedReport: what is not a wrong tag came a second time, or is cut short.
func (s *stream) countRefusedReport(err error) {
	if errors.Is(err, srtp.ErrFailedToVerifyAuthTag) {
		s.stats.AuthFailed++
		return
	}
	s.stats.Replayed++
}

// readBlocks takes what the peer says of our sound; the round trip is RFC 3550 §6.4.1's A - LSR - DLSR.
func (s *stream) readBlocks(blocks []rtcp.ReceptionReport) {
	for _, b := range blocks {
		if b.SSRC != s.out.ssrc {
			continue
		}
		s.report.farLost = float64(b.FractionLost) / 256
		s.report.farJitter = time.Duration(b.Jitter) * 125 * time.Microsecond
		if b.LastSenderReport == 0 {
			continue
		}
		gone := int32(uint32(s.loop.ntp()>>16) - b.LastSenderReport - b.Delay)
		if gone >= 0 {
			s.report.roundTrip = time.Duration(float64(gone) / 65536 * float64(time.Second))
		}
	}
}

// ntp is the loop's clock in NTP form. Its zero is the engine's start: only differences mean anything, and the host's
// time of day is nobody's business.
func (l *loop) ntp() uint64 {
	seconds, rest := uint64(l.now)/1e9, uint64(l.now)%1e9
	return (seconds+1)<<32 | rest<<32/1e9
}

// mos estimates listening quality by the E-model of ITU-T G.107 with its default values (R0 - Is = 93.2), delay
// impairment by the usual two-slope fit of its Id, loss by Ie-eff with G.113's Bpl of 25.1 (G.711 with concealment).
func mos(delay time.Duration, loss float64) float64 {
	const base, robustness = 93.2, 25.1
	ms := float64(delay) / float64(time.Millisecond)
	r := base - 0.024*ms - 0.11*max(0, ms-177.3) - 95*100*loss/(100*loss+robustness)
	if r <= 0 {
		return 1
	}
	r = math.Min(r, 100)
	return 1 + 0.035*r + r*(r-60)*(100-r)*7e-6
}
