package media

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
)

// phone is a scripted peer: it speaks SDES and SRTP with pion's contexts and does exactly what the story says.
type phone struct {
	t       testing.TB
	conn    *net.UDPConn
	suite   Suite
	key     masterKey
	in, out *srtp.Context
	to      netip.AddrPort // our leg
	ssrc    uint32
	seq     uint16
	ts      uint32
	payload byte
	version int
}

// patience is how long a story waits for what must come, and quiet how long for what must not.
const (
	patience = 5 * time.Second
	quiet    = 50 * time.Millisecond
)

func newPhone(t testing.TB, suite Suite) *phone {
	t.Helper()
	return newPhoneAt(t, suite, "127.0.0.1")
}

func newPhoneAt(t testing.TB, suite Suite, at string) *phone {
	t.Helper()
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(at), 0)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	p := &phone{t: t, conn: conn, suite: suite, ssrc: 0x1000, seq: 100, ts: 5000}
	if suite != Clear {
		p.rekey()
	}
	return p
}

// rekey draws a new key for what the phone sends.
func (p *phone) rekey() {
	p.t.Helper()
	p.key = newMasterKey(p.suite)
	var err error
	if p.out, err = p.key.outbound(); err != nil {
		p.t.Fatal(err)
	}
}

// sdp describes the phone; more are extra lines below m=.
func (p *phone) sdp(more ...string) []byte {
	at := p.conn.LocalAddr().(*net.UDPAddr).AddrPort()
	fam, proto, crypto := "IP4", "RTP/SAVP", "a="+cryptoLine{1, p.key}.attribute()+"\r\n"
	if at.Addr().Is6() {
		fam = "IP6"
	}
	if p.suite == Clear {
		proto, crypto = "RTP/AVP", ""
	}
	p.version++
	body := fmt.Sprintf("v=0\r\no=- 7 %d IN %s %s\r\ns=-\r\nc=IN %s %s\r\nt=0 0\r\n", p.version, fam, at.Addr(), fam, at.Addr())
	body += fmt.Sprintf("m=audio %d %s 0 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n%sa=rtcp-mux\r\n",
		at.Port(), proto, crypto)
	for _, line := range more {
		body += line + "\r\n"
	}
	return []byte(body)
}

var cryptoOf = regexp.MustCompile(`a=crypto:(\d+) (\S+) inline:(\S+)`)

// take reads our description: where to send, and the key of the phone's suite.
func (p *phone) take(body []byte) (tag string) {
	p.t.Helper()
	text := string(body)
	port, err := strconv.ParseUint(regexp.MustCompile(`m=audio (\d+)`).FindStringSubmatch(text)[1], 10, 16)
	if err != nil {
		p.t.Fatal(err)
	}
	at := regexp.MustCompile(`c=IN IP[46] (\S+)`).FindStringSubmatch(text)[1]
	p.to = netip.AddrPortFrom(netip.MustParseAddr(at), uint16(port))
	for _, m := range cryptoOf.FindAllStringSubmatch(text, -1) {
		if Suite(m[2]) != p.suite {
			continue
		}
		raw, err := base64.StdEncoding.DecodeString(m[3])
		if err != nil {
			p.t.Fatal(err)
		}
		if p.in, err = (masterKey{p.suite, string(raw)}).context(); err != nil {
			p.t.Fatal(err)
		}
		return m[1]
	}
	if p.suite != Clear {
		p.t.Fatalf("no %s in our description", p.suite)
	}
	return ""
}

// call has the phone offer and s answer.
func (p *phone) call(s *Session, more ...string) {
	p.t.Helper()
	answer, err := s.Answer(p.sdp(more...))
	if err != nil {
		p.t.Fatal(err)
	}
	p.take(answer)
}

// isCalled has s offer and the phone answer with the tag of its suite.
func (p *phone) isCalled(s *Session) {
	p.t.Helper()
	offer, err := s.Offer(nil)
	if err != nil {
		p.t.Fatal(err)
	}
	tag := p.take(offer)
	answer := strings.Replace(string(p.sdp()), "a=crypto:1 ", "a=crypto:"+tag+" ", 1)
	if err := s.Accept([]byte(answer)); err != nil {
		p.t.Fatal(err)
	}
}

// packet is the phone's next RTP packet, protected.
func (p *phone) packet(payload string) []byte {
	p.t.Helper()
	raw := p.clear(payload)
	if p.out == nil {
		return raw
	}
	out, err := p.out.EncryptRTP(nil, raw, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	return out
}

func (p *phone) clear(payload string) []byte {
	raw := make([]byte, 12, 12+len(payload))
	raw[0], raw[1] = 0x80, p.payload
	binary.BigEndian.PutUint16(raw[2:], p.seq)
	binary.BigEndian.PutUint32(raw[4:], p.ts)
	binary.BigEndian.PutUint32(raw[8:], p.ssrc)
	p.seq++
	p.ts += 160
	return append(raw, payload...)
}

func (p *phone) say(payload string) { p.t.Helper(); p.send(p.packet(payload)) }

func (p *phone) send(packet []byte) {
	p.t.Helper()
	if _, err := p.conn.WriteToUDPAddrPort(packet, p.to); err != nil {
		p.t.Fatal(err)
	}
}

// hears is the next RTP packet that reaches the phone; RTCP is passed over.
func (p *phone) hears() *rtp.Packet {
	p.t.Helper()
	for {
		raw := p.read(patience)
		if raw == nil {
			p.t.Fatal("nothing came")
		}
		if raw[1] >= 192 && raw[1] <= 223 {
			continue
		}
		return p.decode(raw)
	}
}

func (p *phone) decode(raw []byte) *rtp.Packet {
	p.t.Helper()
	if p.in != nil {
		var err error
		if raw, err = p.in.DecryptRTP(nil, raw, nil); err != nil {
			p.t.Fatal(err)
		}
	}
	var packet rtp.Packet
	if err := packet.Unmarshal(raw); err != nil {
		p.t.Fatal(err)
	}
	return &packet
}

func (p *phone) read(d time.Duration) []byte {
	p.t.Helper()
	buf := make([]byte, 2048)
	_ = p.conn.SetReadDeadline(time.Now().Add(d))
	n, err := p.conn.Read(buf)
	if err != nil {
		return nil
	}
	return buf[:n]
}

// hearsNothing waits a moment in which no RTP may come.
func (p *phone) hearsNothing() {
	p.t.Helper()
	for end := time.Now().Add(quiet); time.Now().Before(end); {
		if raw := p.read(time.Until(end)); raw != nil && (raw[1] < 192 || raw[1] > 223) {
			p.t.Fatalf("a packet of %d octets came", len(raw))
		}
	}
}

func (p *phone) hearsThis(payload string) *rtp.Packet {
	p.t.Helper()
	got := p.hears()
	if string(got.Payload) != payload {
		p.t.Fatalf("heard %q, want %q", got.Payload, payload)
	}
	return got
}

// runEngine starts an engine that ends with the test.
func runEngine(t *testing.T, c Config) *Engine {
	t.Helper()
	if c.Ports == (PortRange{}) {
		c.Ports = PortRange{20000, 29999}
	}
	if c.Loops == 0 {
		c.Loops = 1
	}
	e, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	ran := make(chan error, 1)
	go func() { ran <- e.Run(context.Background()) }()
	t.Cleanup(func() {
		_ = e.Close()
		if err := <-ran; err != nil && !errors.Is(err, ErrClosed) { // closed before it ran
			t.Error(err)
		}
	})
	return e
}

var loopback = Profile{Bind: netip.MustParseAddr("127.0.0.1")}

func newLeg(t *testing.T, c *Call, p Profile) *Session {
	t.Helper()
	s, err := c.NewSession(p)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// pair is a caller and an agent whose legs are bridged.
type pair struct {
	engine        *Engine
	call          *Call
	caller, agent *phone
	a, b          *Session
}

func newPair(t *testing.T, c Config, callers, agents Suite) *pair {
	t.Helper()
	e := runEngine(t, c)
	call := e.NewCall()
	p := &pair{engine: e, call: call, caller: newPhone(t, callers), agent: newPhone(t, agents)}
	pa, pb := loopback, loopback
	pa.Plain, pb.Plain = callers == Clear, agents == Clear
	if callers == AES128CM32 {
		pa.Suites = append(DefaultSuites, AES128CM32)
	}
	p.a, p.b = newLeg(t, call, pa), newLeg(t, call, pb)
	p.caller.call(p.a)
	p.agent.isCalled(p.b)
	call.Bridge(p.a, p.b)
	return p
}

// until waits for a state that comes by itself.
func until(t *testing.T, what string, f func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !f() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}
