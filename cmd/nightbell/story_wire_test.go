//go:build stories

package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/zaf/g711"

	"nightbell/configs"
	"nightbell/media/mediatest"
	"nightbell/sip/siptest"
)

// metric reads one figure of /metrics as a monitoring system does.
func (s *stand) metric(name string) float64 {
	s.t.Helper()
	if s.scrape == "" {
		var v struct{ Secret string }
		s.ask(&v, "token", "create", "scrape", "--scope", "metrics:read")
		s.scrape = v.Secret
	}
	web := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: s.pool()}, DisableKeepAlives: true}}
	req, _ := http.NewRequest("GET", "https://localhost:8443/metrics", nil)
	req.Header.Set("Authorization", "Bearer "+s.scrape)
	res, err := web.Do(req)
	fail(s.t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	fail(s.t, err)
	for line := range strings.Lines(string(text)) {
		if v, ok := strings.CutPrefix(line, name+" "); ok {
			n, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
			fail(s.t, err)
			return n
		}
	}
	s.t.Fatalf("no metric %s (%s)", name, res.Status)
	return 0
}

// quiet waits until no call, no leg and no sound is left.
func (s *stand) quiet(ctx context.Context) {
	s.t.Helper()
	for _, name := range []string{"nightbell_calls", "nightbell_sip_legs", "nightbell_media_sessions"} {
		until(ctx, s.t, name+" does not come back to 0", func() bool { return s.metric(name) == 0 })
	}
}

// ringing is a phone that rings until the test decides; its calls arrive on the channel.
func (s *stand) ringing(ctx context.Context, user, secret string) (*siptest.Phone, <-chan *siptest.Dialog) {
	s.t.Helper()
	calls := make(chan *siptest.Dialog, 64)
	p := s.phone(ctx, user, secret, func(d *siptest.Dialog) {
		_ = d.Ring(nil)
		calls <- d
	})
	return p, calls
}

// rang waits for a ringing phone's next call.
func rang(ctx context.Context, t *testing.T, calls <-chan *siptest.Dialog) *siptest.Dialog {
	t.Helper()
	select {
	case d := <-calls:
		return d
	case <-ctx.Done():
		t.Fatal("the phone did not ring")
		return nil
	}
}

// pickUp answers with sound.
func (s *stand) pickUp(d *siptest.Dialog, o mediatest.Options) *talk {
	s.t.Helper()
	sound := s.sound(o)
	answer, err := sound.Answer(d.Invite().SDP)
	fail(s.t, err)
	fail(s.t, d.Answer(answer))
	return &talk{s.t, d, sound}
}

// dial offers a call; what becomes of it, the dialog tells.
func (s *stand) dial(ctx context.Context, c *siptest.Carrier, number string, head ...string) *talk {
	s.t.Helper()
	sound := s.sound(mediatest.Options{})
	offer, err := sound.Offer()
	fail(s.t, err)
	d, err := c.Call(ctx, number, "+12125550155", offer, head...)
	fail(s.t, err)
	return &talk{s.t, d, sound}
}

// word waits for one of the words and gives it.
func (c *talk) word(ctx context.Context, words ...string) siptest.Event {
	c.t.Helper()
	e, err := c.dialog.Wait(ctx, words...)
	if err != nil {
		c.t.Fatalf("%v, not %v: %v", e.Word, words, err)
	}
	return e
}

// up waits for the 200 and takes its answer.
func (c *talk) up(ctx context.Context) *talk {
	c.t.Helper()
	fail(c.t, c.sound.Accept(c.word(ctx, "200").SDP))
	return c
}

// enough is what has to be heard for a judgement over 3 s, the first packets left out.
const enough = 3300 * time.Millisecond

// heardEach lets both speak and compares what arrives.
func heardEach(ctx context.Context, t *testing.T, what string, caller, agent *talk) {
	t.Helper()
	since := time.Now()
	caller.sound.Speak(mediatest.Caller())
	agent.sound.Speak(mediatest.Agent())
	fail(t, caller.sound.AwaitSound(ctx, since, enough))
	fail(t, agent.sound.AwaitSound(ctx, since, enough))
	last := func(x []int16) []int16 { return x[max(0, len(x)-3*callRate):] }
	similar(t, what+": caller heard", last(caller.sound.Heard(since)), mediatest.Agent(), mediatest.Caller())
	similar(t, what+": agent heard", last(agent.sound.Heard(since)), mediatest.Caller(), mediatest.Agent())
}

func TestStoryTLSVersions(t *testing.T) {
	s := newStand(t, onlyAmy)
	s.serve()
	for _, c := range []struct{ flag, want string }{
		{"-tls1", "alert protocol version"}, {"-tls1_1", "alert protocol version"},
		{"-tls1_2", "New, TLSv1.2"}, {"-tls1_3", "New, TLSv1.3"},
	} {
		for _, addr := range []string{s.sipAddr(), "127.0.0.1:8443"} {
			cmd := exec.Command("openssl", "s_client", "-connect", addr, c.flag, "-cipher", "ALL:@SECLEVEL=0",
				"-CAfile", filepath.Join(s.dir, "ca.pem"), "-verify_return_error")
			out, err := cmd.CombinedOutput()
			if taken := strings.HasPrefix(c.want, "New"); !bytes.Contains(out, []byte(c.want)) || taken != (err == nil) {
				t.Errorf("%s %s: %v, want %q in\n%s", addr, c.flag, err, c.want, out)
			}
		}
	}
}

// control is said in clear during the capture: what finds it would find anything else.
const (
	control   = "SIP/2.0 control in clear"
	lastWords = "end of the capture"
)

func TestStoryNothingCrossesInClear(t *testing.T) {
	ctx := storyTime(t, 90*time.Second)
	s := newStand(t, onlyAmy)
	s.serve()
	capture := filepath.Join(t.TempDir(), "wire.pcap")
	shark := start(t, exec.Command("tshark", "-i", "lo", "-i", "nb0", "-n", "-F", "pcap", "-w", capture, "-f", "udp or tcp"))
	shark.await("Capture started", 30*time.Second)

	b := s.newBaresip("amy", s.md5Secret("amy"), 44451, mediatest.Agent())
	s.registered(ctx, "amy")
	caller := s.call(ctx, s.carrier(ctx), "+12125550100")
	caller.sound.Speak(mediatest.Caller())
	s.bridged(ctx)
	since := time.Now()
	fail(t, caller.sound.AwaitSound(ctx, since, 4*time.Second))
	fail(t, caller.dialog.Bye(ctx))
	s.lastCall(ctx)
	b.kill()
	saysInClear(t, mediatest.Caller()[:4*callRate])
	until(ctx, t, "the capture does not show the control", func() bool {
		return bytes.Contains(readFile(t, capture), []byte(lastWords))
	})
	_ = shark.cmd.Process.Signal(os.Interrupt)
	<-shark.gone
	judgeWire(t, capture)
}

// saysInClear sends what must never cross: RTP and a word of SIP.
func saysInClear(t *testing.T, voice []int16) {
	t.Helper()
	ear, err := net.ListenPacket("udp", "127.0.0.1:10099")
	fail(t, err)
	defer ear.Close()
	conn, err := net.Dial("udp", "127.0.0.1:10099")
	fail(t, err)
	defer conn.Close()
	_, _ = conn.Write([]byte(control))
	for i := 0; i+160 <= len(voice); i += 160 {
		packet := append([]byte{0x80, 0, byte(i >> 13), byte(i >> 5), 0, 0, 0, 0, 1, 2, 3, 4}, g711.EncodeUlaw(bytesOf(voice[i:i+160]))...)
		_, _ = conn.Write(packet)
	}
	_, _ = conn.Write([]byte(lastWords))
}

func bytesOf(sound []int16) []byte {
	return wavOf(sound)[44:]
}

// packet is one datagram or segment of a capture.
type packet struct {
	from, to string // UDP ports
	payload  []byte
}

func (p packet) rtp() bool {
	return p.from != "" && len(p.payload) > 12 && p.payload[0]>>6 == 2 && p.payload[1]&0x7f == 0 // PCMU
}

// farewell is how baresip 1.0.0 ends a session of its own: an RTCP BYE in clear, with its AOR. Not ours to prevent.
func (p packet) farewell() bool {
	return strings.HasPrefix(p.from, "420") && len(p.payload) > 2 && p.payload[0]>>6 == 2 && p.payload[1] >= 200 && p.payload[1] <= 204
}

func readCapture(t *testing.T, path string) (all []packet) {
	t.Helper()
	out, err := exec.Command("tshark", "-r", path, "-n", "-Y", "(udp.payload or tcp.payload) and not icmp", "-T", "fields",
		"-E", "separator=;", "-e", "udp.srcport", "-e", "udp.dstport", "-e", "udp.payload", "-e", "tcp.payload").Output()
	fail(t, err)
	for line := range strings.Lines(string(out)) {
		f := strings.Split(strings.TrimSpace(line), ";")
		payload, err := hex.DecodeString(f[2] + f[3])
		fail(t, err)
		all = append(all, packet{f[0], f[1], payload})
	}
	return all
}

// judgeWire reads the capture: one stream of RTP in clear (the control), all other RTP as long as PCMU with its tag, and
// no word of SIP.
func judgeWire(t *testing.T, capture string) {
	t.Helper()
	flows := map[string][]int16{}
	sealed := 0
	var said []byte
	for _, p := range readCapture(t, capture) {
		if !p.farewell() {
			said = append(append(said, p.payload...), 0)
		}
		if !p.rtp() {
			continue
		}
		if tag := len(p.payload) - 12 - 160; p.to != "10099" && tag != 10 && tag != 16 { // HMAC-SHA1-80, GCM
			t.Errorf("RTP of %d bytes from %s to %s: not PCMU with a tag", len(p.payload), p.from, p.to)
		}
		sealed++
		for _, b := range p.payload[12:172] {
			flows[p.from+" "+p.to] = append(flows[p.from+" "+p.to], g711.DecodeUlawFrame(b))
		}
	}
	if len(flows) != 5 || sealed < 800 { // both legs, both ways, and the control
		t.Errorf("captured %d streams and %d packets", len(flows), sealed)
	}
	clear := 0
	for ports, sound := range flows {
		score := max(mediatest.Correlate(mediatest.Caller(), sound, len(sound)).Score,
			mediatest.Correlate(mediatest.Agent(), sound, len(sound)).Score)
		switch control := strings.HasSuffix(ports, " 10099"); {
		case control && score > sameVoice:
			clear++
		case !control && score > otherVoice:
			t.Errorf("stream %s can be listened to: correlation %.3f", ports, score)
		}
	}
	if clear == 0 || bytes.Count(said, []byte(control)) != 1 {
		t.Error("the control was not recognised: this judge is deaf")
	}
	said = bytes.ReplaceAll(said, []byte(control), nil)
	for _, word := range []string{"SIP/2.0", "INVITE ", "sip:", "a=crypto", "inline:", "2125550155", "2125550100", "<amy"} {
		if bytes.Contains(said, []byte(word)) {
			t.Errorf("%q crosses in clear", word)
		}
	}
}

// serial is the serial number of the certificate that a new connection is shown.
func (s *stand) serial(ctx context.Context) string {
	s.t.Helper()
	d := tls.Dialer{Config: &tls.Config{RootCAs: s.pool()}}
	conn, err := d.DialContext(ctx, "tcp", s.sipAddr())
	fail(s.t, err)
	defer conn.Close()
	return conn.(*tls.Conn).ConnectionState().PeerCertificates[0].SerialNumber.String()
}

func TestStoryCertificatesAreReloadedDuringACall(t *testing.T) {
	ctx := storyTime(t, 60*time.Second)
	s := newStand(t, onlyAmy)
	srv := s.serve()
	taken := s.answering(ctx, "amy")
	caller := s.call(ctx, s.carrier(ctx), "+12125550100")
	agent := next(ctx, t, taken)
	before := s.serial(ctx)

	ca, err := openAuthority(s.ca, time.Now())
	fail(t, err)
	cert, key := filepath.Join(s.dir, "tls", "server.crt"), filepath.Join(s.dir, "tls", "server.key")
	fail(t, ca.server(cert, key, []string{"localhost", "127.0.0.1", standAddr}, time.Now()))
	_ = srv.cmd.Process.Signal(syscall.SIGHUP)
	srv.await("certificate reloaded", 10*time.Second)
	fresh := s.serial(ctx)
	if fresh == before {
		t.Error("new connections see the old certificate")
	}
	heardEach(ctx, t, "after the reload", caller, agent)

	fail(t, os.WriteFile(cert, []byte("no certificate\n"), 0o600))
	_ = srv.cmd.Process.Signal(syscall.SIGHUP)
	srv.await("certificate reload\" listener", 10*time.Second)
	if s.serial(ctx) != fresh {
		t.Error("a broken file changed the certificate")
	}
	if len(s.troubles()) != 1 || s.metric("nightbell_alarms") < 1 {
		t.Error("a broken file raises no alarm")
	}
	fail(t, ca.server(cert, key, []string{"localhost", "127.0.0.1", standAddr}, time.Now()))
	_ = srv.cmd.Process.Signal(syscall.SIGHUP)
	until(ctx, t, "the alarm stands", func() bool { return len(s.troubles()) == 0 })
	heardEach(ctx, t, "after the broken file", caller, agent)
	fail(t, caller.dialog.Bye(ctx))
}

func TestStoryEditsDoNotBendARingingCall(t *testing.T) {
	ctx := storyTime(t, 60*time.Second)
	s := newStand(t, onlyAmy)
	s.serve()
	_, amy := s.ringing(ctx, "amy", s.secret("amy"))
	_, bo := s.ringing(ctx, "bo", s.secret("bo"))
	carrier := s.carrier(ctx)

	first := s.call(ctx, carrier, "+12125550100")
	ringing := rang(ctx, t, amy)
	edited := strings.ReplaceAll(onlyAmy(configs.Demo), `members = ["amy"]`, `members = ["bo"]`)
	edited = strings.Replace(edited, `mode = "in_order"`, `mode = "together"`, 1)
	s.apply(strings.Replace(edited, `announce = ""`, `announce = "announcement"`, 1))
	heardEach(ctx, t, "the call that rang", first, s.pickUp(ringing, mediatest.Options{}))
	fail(t, first.dialog.Bye(ctx))
	if row := s.lastCall(ctx); row.Outcome != "completed" || s.happened(row.ID, "announced") != 0 {
		t.Errorf("bent by the edit: %+v", row)
	}

	second := s.call(ctx, carrier, "+12125550100")
	agent := s.pickUp(rang(ctx, t, bo), mediatest.Options{})
	id := s.bridged(ctx)
	if s.happened(id, "announced") != 1 {
		t.Error("the edit has no effect on the next call")
	}
	fail(t, second.dialog.Bye(ctx))
	agent.word(ctx, "BYE")

	s.must("agents", "pause", "bo")
	third := s.call(ctx, carrier, "+12125550100")
	rang(ctx, t, amy) // the next step: everybody
	if len(bo) != 0 {
		t.Error("a paused agent was rung")
	}
	s.must("agents", "resume", "bo")
	rang(ctx, t, bo) // as soon as she resumes, by the same call
	fail(t, third.dialog.Bye(ctx))
}

func TestStoryARevokedPhoneIsNobody(t *testing.T) {
	ctx := storyTime(t, 60*time.Second)
	s := newStand(t, onlyAmy)
	s.serve()
	phone, amy := s.ringing(ctx, "amy", s.secret("amy"))
	_, bo := s.ringing(ctx, "bo", s.secret("bo"))
	s.must("devices", "revoke", "amy")
	if err := phone.Register(ctx); err == nil {
		t.Error("a revoked phone registers again")
	}
	caller := s.call(ctx, s.carrier(ctx), "+12125550100")
	rang(ctx, t, bo)
	if len(amy) != 0 {
		t.Error("a revoked phone was rung")
	}
	fail(t, caller.dialog.Bye(ctx))
	until(ctx, t, "its binding stands", func() bool { return s.metric("nightbell_bindings") == 1 })
	_, again := s.ringing(ctx, "amy-2", s.secret("amy")) // a name that was revoked is not given again
	caller = s.call(ctx, s.carrier(ctx), "+12125550100")
	rang(ctx, t, again)
	fail(t, caller.dialog.Bye(ctx))
}

func TestStoryDrain(t *testing.T) {
	ctx := storyTime(t, 60*time.Second)
	s := newStand(t, onlyAmy)
	srv := s.serve()
	taken := s.answering(ctx, "amy")
	carrier := s.carrier(ctx)
	caller := s.call(ctx, carrier, "+12125550100")
	agent := next(ctx, t, taken)
	_ = srv.cmd.Process.Signal(syscall.SIGTERM)
	srv.await("msg=draining", 10*time.Second)
	if e := s.dial(ctx, carrier, "+12125550100").word(ctx, "503", "200", "480"); e.Word != "503" || e.Header("Retry-After") == "" {
		t.Errorf("a draining server says %s, Retry-After %q", e.Word, e.Header("Retry-After"))
	}
	heardEach(ctx, t, "while draining", caller, agent)
	fail(t, caller.dialog.Bye(ctx))
	agent.word(ctx, "BYE")
	select {
	case <-srv.gone:
	case <-ctx.Done():
		t.Fatal("it does not end with its last call")
	}
	if code := srv.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("exit %d:\n%s", code, srv.output())
	}
	if row := s.lastCall(ctx); row.Outcome != "completed" || row.By != "caller" {
		t.Errorf("filed as %+v", row)
	}
}

// loudly sends text on a connection of its own, without a certificate, and gives what came back before it was closed.
func (s *stand) loudly(ctx context.Context, from netip.Addr, text io.Reader) []byte {
	s.t.Helper()
	d := tls.Dialer{NetDialer: &net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(from, 0))},
		Config: &tls.Config{RootCAs: s.pool()}}
	conn, err := d.DialContext(ctx, "tcp", s.sipAddr())
	fail(s.t, err)
	defer conn.Close()
	deadline, _ := ctx.Deadline()
	_ = conn.SetDeadline(deadline)
	_, _ = io.Copy(conn, text) // it may be closed before the end
	back, _ := io.ReadAll(conn)
	return back
}

// nonsense is said by nine strangers at once; each connection that was closed on them is told on the channel.
func (s *stand) nonsense(ctx context.Context) <-chan struct{} {
	s.t.Helper()
	ends := make(chan struct{}, 16)
	stranger := netip.MustParseAddr("127.0.0.66")
	for _, text := range []string{
		"\x00\xff\xfe\x16\x03\x01 no SIP at all\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: nightbell\r\n\r\n",
		"INVITE sip:+12125550100@nightbell SIP/2.0\r\nX: " + strings.Repeat("a", 1<<20),
		"INVITE sip:+12125550100@nightbell SIP/2.0\r\nContent-Length: 99999999999\r\n\r\n",
		"OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/TLS x;branch=z9hG4bK1\r\n\r\n",
		strings.Repeat("A: b\r\n", 20000),
		"REGISTER sip:nightbell SIP/7.0\r\n\r\n",
	} {
		go func() {
			back := s.loudly(ctx, stranger, strings.NewReader(text))
			if bytes.Contains(back, []byte("SIP/2.0 200")) {
				s.t.Errorf("%.20q was answered %q", text, back)
			}
			ends <- struct{}{}
		}()
	}
	half, err := net.Dial("tcp", s.sipAddr()) // half of a handshake, never more
	fail(s.t, err)
	_, _ = half.Write([]byte{0x16, 0x03, 0x01, 0x02, 0x00, 0x01})
	go func() {
		_, _ = io.Copy(io.Discard, half)
		ends <- struct{}{}
	}()
	slow := &dripping{text: "INVITE sip:+12125550100@nightbell SIP/2.0\r\n", tick: time.NewTicker(100 * time.Millisecond), end: ctx.Done()}
	go func() {
		s.loudly(ctx, stranger, slow)
		ends <- struct{}{}
	}()
	return ends
}

func TestStoryStrangersDoNotDisturb(t *testing.T) {
	ctx := storyTime(t, 90*time.Second)
	s := newStand(t, onlyAmy)
	s.serve()
	taken := s.answering(ctx, "amy")
	carrier := s.carrier(ctx)
	caller := s.call(ctx, carrier, "+12125550100")
	agent := next(ctx, t, taken)
	names := []string{"nightbell_sip_handshakes_refused_total", "nightbell_sip_unframed_total", "nightbell_sip_invalid_total",
		"nightbell_sip_silent_total", "nightbell_sip_unidentified_total"}
	before := map[string]float64{}
	for _, name := range names {
		before[name] = s.metric(name)
	}

	ends := s.nonsense(ctx)
	heardEach(ctx, t, "among strangers", caller, agent)
	for range 9 {
		select {
		case <-ends:
		case <-ctx.Done():
			t.Fatal("a stranger's connection was not closed")
		}
	}
	for _, name := range names[:2] {
		if s.metric(name) <= before[name] {
			t.Errorf("%s did not count", name)
		}
	}
	until(ctx, t, "strangers' connections are left", func() bool { return s.metric("nightbell_sip_flows") == 2 })
	fromTrunk(ctx, t, s, carrier)
	heardEach(ctx, t, "after the strangers", caller, agent)
	fail(t, caller.dialog.Bye(ctx))
	if s.metric("nightbell_sip_panics_total") != 0 {
		t.Error("something panicked")
	}
}

// fromTrunk says nonsense as a known trunk: one 400, and the connection with its call stays.
func fromTrunk(ctx context.Context, t *testing.T, s *stand, c *siptest.Carrier) {
	t.Helper()
	before := s.metric("nightbell_sip_invalid_total")
	fail(t, c.Send("OPTIONS sip:nightbell SIP/2.0\r\nVia: SIP/2.0/TLS 10.99.0.1;branch=z9hG4bKbad\r\nFrom: <sip:a@b>;tag=1\r\n"+
		"To: <sip:b@c>\r\nCall-ID: bad-one\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"))
	if code, err := c.Options(ctx); err != nil || code != 200 {
		t.Errorf("OPTIONS after nonsense: %d, %v", code, err)
	}
	if s.metric("nightbell_sip_invalid_total") <= before {
		t.Error("nonsense of a trunk did not count")
	}
	if !strings.Contains(fmt.Sprint(c.Heard()), "SIP/2.0 400") {
		t.Errorf("nonsense of a trunk got no 400: %q", c.Heard())
	}
}

// dripping is a writer so slow that it never comes to an end: a byte for each tick, then nothing.
type dripping struct {
	text string
	tick *time.Ticker
	end  <-chan struct{}
}

func (d *dripping) Read(b []byte) (int, error) {
	select {
	case <-d.tick.C:
	case <-d.end:
		return 0, io.EOF
	}
	if d.text == "" {
		return 0, io.EOF
	}
	n := copy(b[:1], d.text)
	d.text = d.text[n:]
	return n, nil
}
