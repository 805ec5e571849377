package media

import (
	"strings"
	"testing"
	"time"

	"github.com/pion/rtcp"
)

// sendControl protects and sends RTCP of the phone.
func (p *phone) sendControl(packets ...rtcp.Packet) {
	p.t.Helper()
	raw, err := rtcp.Marshal(packets)
	if err != nil {
		p.t.Fatal(err)
	}
	if p.out != nil {
		if raw, err = p.out.EncryptRTCP(nil, raw, nil); err != nil {
			p.t.Fatal(err)
		}
	}
	p.send(raw)
}

// report is the next RTCP compound that reaches the phone.
func (p *phone) report() []rtcp.Packet {
	p.t.Helper()
	for {
		raw := p.read(patience)
		if raw == nil {
			p.t.Fatal("no report came")
		}
		if raw[1] < 192 || raw[1] > 223 {
			continue
		}
		if p.in != nil {
			var err error
			if raw, err = p.in.DecryptRTCP(nil, raw, nil); err != nil {
				p.t.Fatal(err)
			}
		}
		packets, err := rtcp.Unmarshal(raw)
		if err != nil {
			p.t.Fatal(err)
		}
		return packets
	}
}

// Every 5 s or so: SR where we spoke, with SDES and a report on what we heard; the peer's answer gives the round trip.
func TestReportsGoBothWays(t *testing.T) {
	var clock offsetClock
	p := newPair(t, Config{Clock: clock.now}, AES128CM80, AES256GCM)
	for _, said := range []string{"1", "2", "3"} {
		p.caller.say(said)
		p.agent.hearsThis(said)
	}
	p.agent.packet("lost")
	p.agent.say("4")
	p.caller.hearsThis("4")
	clock.pass(6 * time.Second)
	p.b.Stats()
	packets := p.agent.report()
	sr, ok := packets[0].(*rtcp.SenderReport)
	if !ok || sr.PacketCount != 3 || len(sr.Reports) != 1 || sr.Reports[0].SSRC != p.agent.ssrc {
		t.Fatalf("first report: %+v", packets)
	}
	if len(packets) != 2 || packets[1].(*rtcp.SourceDescription).Chunks[0].Items[0].Text == "" {
		t.Errorf("no CNAME: %+v", packets)
	}
	clock.pass(100 * time.Millisecond)
	p.agent.sendControl(&rtcp.SenderReport{SSRC: p.agent.ssrc, NTPTime: 5 << 32, Reports: []rtcp.ReceptionReport{{
		SSRC: sr.SSRC, FractionLost: 64, Jitter: 80, LastSenderReport: uint32(sr.NTPTime >> 16), Delay: 65536 / 20,
	}}})
	until(t, "the report is read", func() bool { return p.b.Stats().RoundTrip > 0 })
	s := p.b.Stats()
	if s.RoundTrip < 40*time.Millisecond || s.RoundTrip > 2*time.Second || s.FarLost != 0.25 || s.FarJitter != 10*time.Millisecond {
		t.Errorf("%+v", s)
	}
	clock.pass(6 * time.Second)
	p.b.Stats()
	rr, ok := p.agent.report()[0].(*rtcp.ReceiverReport) // silent since
	if !ok || rr.Reports[0].LastSenderReport != 5<<16 {
		t.Errorf("second report %+v", rr)
	}
	p.b.Close()
	last := p.agent.report()
	if _, ok := last[len(last)-1].(*rtcp.Goodbye); !ok {
		t.Errorf("no BYE: %+v", last)
	}
}

func TestLossIsReported(t *testing.T) {
	var src source
	src.begin(1, 65_530, 1)
	for i := range 100 {
		if i%4 != 0 {
			src.place(uint16(65_530 + 1 + i))
		}
	}
	if src.lost() != 25 || src.expected() != 101 {
		t.Errorf("lost %d of %d", src.lost(), src.expected())
	}
	s := stream{source: src, loop: &loop{}}
	if b := s.reception()[0]; b.TotalLost != 25 || b.FractionLost != 25*256/101 || b.LastSequenceNumber != 1<<16+94 {
		t.Errorf("%+v", b)
	}
	if b := s.reception()[0]; b.FractionLost != 0 {
		t.Errorf("nothing lost since, yet %+v", b)
	}
}

func TestReportsOnTheirOwnPort(t *testing.T) {
	var clock offsetClock
	s := newLeg(t, runEngine(t, Config{Clock: clock.now}).NewCall(), loopback)
	p, control := newPhone(t, AES128CM80), newPhone(t, AES128CM80)
	answer, err := s.Answer(edit(p.sdp(), "a=rtcp-mux\r\n", ""))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(answer), "rtcp-mux") {
		t.Error("answered rtcp-mux to one who did not offer it")
	}
	p.take(answer)
	control.out, control.in, control.to = p.out, p.in, p.to
	control.to = addrPort(p.to, p.to.Port()+1)
	told := events(s)
	control.sendControl(&rtcp.ReceiverReport{SSRC: 1})
	expect(t, told, Event{Kind: Heard})
	clock.pass(6 * time.Second)
	s.Stats()
	if packets := control.report(); len(packets) != 2 {
		t.Errorf("to the RTCP port came %+v", packets)
	}
}
