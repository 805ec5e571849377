package media

import (
	"errors"
	"net/netip"
	"os"
	"regexp"
	"strings"
	"testing"
)

// edit changes one thing in a description.
func edit(body []byte, old, new string) []byte {
	return []byte(strings.Replace(string(body), old, new, 1))
}

func legOnly(t *testing.T, p Profile) *Session {
	t.Helper()
	return newLeg(t, runEngine(t, Config{}).NewCall(), p)
}

// What cannot be taken is refused with the code and the warning that say why.
func TestOffersRefused(t *testing.T) {
	p := newPhone(t, AES128CM80)
	for _, c := range []struct {
		what string
		edit func([]byte) []byte
		warn int
	}{
		{"RTP/AVP without keys", func(b []byte) []byte { return cryptoOf.ReplaceAll(edit(b, "RTP/SAVP", "RTP/AVP"), nil) }, 302},
		{"RTP/AVP with keys", func(b []byte) []byte { return edit(b, "RTP/SAVP", "RTP/AVP") }, 302},
		{"DTLS", func(b []byte) []byte { return edit(b, "RTP/SAVP", "UDP/TLS/RTP/SAVPF") }, 302},
		{"no keys", func(b []byte) []byte { return edit(b, "a=crypto", "a=cripto") }, 399},
		{"no common codec", func(b []byte) []byte { return edit(edit(b, "SAVP 0 101", "SAVP 18 101"), "0 PCMU", "18 G729") }, 305},
		{"PCMU at 16 kHz", func(b []byte) []byte { return edit(edit(b, "SAVP 0 101", "SAVP 96"), "0 PCMU/8000", "96 PCMU/16000") }, 305},
		{"audio switched off", func(b []byte) []byte { return regexp.MustCompile(`m=audio \d+`).ReplaceAll(b, []byte("m=audio 0")) }, 304},
		{"fax alone", func(b []byte) []byte {
			return regexp.MustCompile(`(?s)m=audio.*`).ReplaceAll(b, []byte("m=image 4000 udptl t38\r\n"))
		}, 304},
		{"IPv6 for a leg on IPv4", func(b []byte) []byte { return edit(b, "c=IN IP4 127.0.0.1", "c=IN IP6 ::1") }, 301},
		{"a name for an address", func(b []byte) []byte { return edit(b, "c=IN IP4 127.0.0.1", "c=IN IP4 phone.example") }, 399},
		{"a multicast address", func(b []byte) []byte { return edit(b, "c=IN IP4 127.0.0.1", "c=IN IP4 224.0.0.1") }, 399},
		{"no address", func(b []byte) []byte { return edit(b, "c=IN IP4 127.0.0.1\r\n", "") }, 399},
		{"one tag twice", func(b []byte) []byte {
			line := cryptoOf.Find(b)
			return edit(b, string(line), string(line)+"\r\n"+string(line))
		}, 399},
		{"nothing", func([]byte) []byte { return nil }, 399},
		{"noise", func([]byte) []byte { return []byte("hello") }, 399},
		{"too much", func(b []byte) []byte { return append(b, strings.Repeat("a=x\r\n", 5000)...) }, 399},
	} {
		s := legOnly(t, loopback)
		_, err := s.Answer(c.edit(p.sdp()))
		var r *Refusal
		if !errors.As(err, &r) || r.Code != 488 || r.WarnCode != c.warn {
			t.Errorf("%s: %v", c.what, err)
		}
		p.call(s) // the session is none the worse
	}
}

func TestPlainNeedsItsException(t *testing.T) {
	p := newPhone(t, Clear)
	plain := loopback
	plain.Plain = true
	s := legOnly(t, plain)
	p.call(s)
	if s.Suite() != Clear {
		t.Errorf("suite %q", s.Suite())
	}
	secure := newPhone(t, AES256GCM) // who can do better, does
	other := legOnly(t, plain)
	secure.call(other)
	if other.Suite() != AES256GCM {
		t.Errorf("suite %q", other.Suite())
	}
}

func TestNoKeysInClearSignalling(t *testing.T) {
	exposed := loopback
	exposed.Exposed = true
	var no *Refusal
	if _, err := legOnly(t, exposed).Answer(newPhone(t, AES128CM80).sdp("")); !errors.As(err, &no) || no.Code != 488 {
		t.Errorf("keys in clear were taken: %v", err)
	}
	if _, err := legOnly(t, exposed).Offer(nil); !errors.As(err, &no) {
		t.Errorf("keys were told in clear: %v", err)
	}
}

func TestOurPreferenceOfSuites(t *testing.T) {
	p := newPhone(t, AES128CM80)
	strong := cryptoLine{2, newMasterKey(AES256GCM)}
	s := legOnly(t, loopback)
	answer, err := s.Answer(p.sdp("a=" + strong.attribute()))
	if err != nil {
		t.Fatal(err)
	}
	got := cryptoOf.FindAllStringSubmatch(string(answer), -1)
	if len(got) != 1 || got[0][1] != "2" || got[0][2] != string(AES256GCM) {
		t.Errorf("answered %q", got)
	}
}

// Every line of an offer is answered in its place.
func TestOtherMediaAnsweredWithPortZero(t *testing.T) {
	p := newPhone(t, AES128CM80)
	s := legOnly(t, loopback)
	body := string(p.sdp())
	at := strings.Index(body, "m=audio")
	body = body[:at] + "m=video 4002 RTP/SAVP 96\r\n" + body[at:] + "m=image 4004 udptl t38\r\nm=audio 4006 RTP/AVP 0\r\n"
	answer, err := s.Answer([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	got := regexp.MustCompile(`m=\S+ \d+ \S+`).FindAllString(string(answer), -1)
	if len(got) != 4 || got[0] != "m=video 0 RTP/SAVP" || strings.HasPrefix(got[1], "m=audio 0") ||
		got[2] != "m=image 0 udptl" || got[3] != "m=audio 0 RTP/AVP" {
		t.Errorf("answered %q", got)
	}
}

func TestDirectionsAreMirrored(t *testing.T) {
	p := newPhone(t, AES128CM80)
	s := legOnly(t, loopback)
	for _, c := range []struct {
		says, gets string
		is         Direction
	}{
		{"a=sendonly", "a=recvonly", SendOnly},
		{"a=sendrecv", "a=sendrecv", SendRecv},
		{"a=recvonly", "a=sendonly", RecvOnly},
		{"a=inactive", "a=inactive", Inactive},
		{"a=ptime:30", "a=sendrecv", SendRecv}, // nothing said
	} {
		answer, err := s.Answer(p.sdp(c.says))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(answer), c.gets+"\r\n") || s.Direction() != c.is {
			t.Errorf("%s: %v, %s", c.says, s.Direction(), answer)
		}
	}
	answer, err := s.Answer(edit(p.sdp(), "c=IN IP4 127.0.0.1", "c=IN IP4 0.0.0.0"))
	if err != nil || s.Direction() != SendOnly || !strings.Contains(string(answer), "a=recvonly") {
		t.Errorf("hold by 0.0.0.0: %v, %v", s.Direction(), err)
	}
	body := edit(p.sdp(), "t=0 0\r\n", "t=0 0\r\na=inactive\r\n") // for all media at once
	if _, err = s.Answer(body); err != nil || s.Direction() != Inactive {
		t.Errorf("inactive on top: %v, %v", s.Direction(), err)
	}
}

var versionOf = regexp.MustCompile(`o=- (\d+) (\d+) IN`)

// RFC 3264 §8: the version goes up when the description changes, and only then.
func TestVersionMovesOnChangeOnly(t *testing.T) {
	p := newPhone(t, AES128CM80)
	s := legOnly(t, loopback)
	var said []string
	for _, direction := range []string{"a=sendrecv", "a=sendrecv", "a=sendonly", "a=sendonly", "a=sendrecv"} {
		answer, err := s.Answer(p.sdp(direction))
		if err != nil {
			t.Fatal(err)
		}
		m := versionOf.FindSubmatch(answer)
		said = append(said, string(m[2]))
	}
	if got := strings.Join(said, " "); got != "1 1 2 2 3" {
		t.Errorf("versions %s", got)
	}
}

func TestPayloadTypesAreTheOfferers(t *testing.T) {
	p := newPhone(t, AES128CM80)
	s := legOnly(t, loopback)
	body := edit(edit(edit(p.sdp(), "SAVP 0 101", "SAVP 96 97 98"), "0 PCMU/8000", "96 opus/48000/2\r\na=rtpmap:97 pcma/8000/1"),
		"rtpmap:101", "rtpmap:98")
	answer, err := s.Answer(body)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(answer), " RTP/SAVP 97 98\r\n") || s.Codec() != PCMA {
		t.Errorf("%v: %s", s.Codec(), answer)
	}
}

func TestAgentIsOfferedWhatTheCallerHas(t *testing.T) {
	call := runEngine(t, Config{}).NewCall()
	a, b := newLeg(t, call, loopback), newLeg(t, call, loopback)
	caller := newPhone(t, AES128CM80)
	if _, err := a.Answer(edit(edit(caller.sdp(), "SAVP 0 101", "SAVP 8 101"), "0 PCMU", "8 PCMA")); err != nil {
		t.Fatal(err)
	}
	offer, err := b.Offer(a)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(offer), " RTP/SAVP 8 0 9 101\r\n") {
		t.Errorf("%s", offer)
	}
}

func TestOffersAlwaysHoldWhatEveryPhoneHas(t *testing.T) {
	strict := loopback
	strict.Suites = []Suite{AES256GCM}
	offer, err := legOnly(t, strict).Offer(nil)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(offer), "a=crypto:1 AEAD_AES_256_GCM") || !strings.Contains(string(offer), "a=crypto:2 AES_CM_128_HMAC_SHA1_80") {
		t.Errorf("%s", offer)
	}
}

// An answer that is not one to our offer is an error, and the next offer starts clean.
func TestAnswersThatDoNotFit(t *testing.T) {
	p := newPhone(t, AES128CM80)
	for _, c := range []struct {
		what, old, new string
		is             error
	}{
		{"another tag", "crypto:3 ", "crypto:9 ", errAnswerKey},
		{"the tag of another suite", "crypto:3 ", "crypto:1 ", errAnswerKey},
		{"no key", "a=crypto", "a=cripto", errAnswerCrypto},
		{"in clear", "RTP/SAVP", "RTP/AVP", errAnswerProto},
		{"another codec", "SAVP 0 101", "SAVP 18", errAnswerCodec},
		{"refused", "m=audio ", "m=audio 0 RTP/SAVP 0\r\na=x-was:", errAnswerRefused},
		{"noise", "v=0", "v=x", errSDP},
		{"two lines", "m=audio", "m=audio 0 RTP/SAVP 0\r\nm=audio", errAnswerLines},
	} {
		s := legOnly(t, loopback)
		if err := s.Accept(p.sdp()); !errors.Is(err, errNoOffer) {
			t.Errorf("answer to nothing: %v", err)
		}
		if _, err := s.Offer(nil); err != nil {
			t.Fatal(err)
		}
		good := edit(p.sdp(), "crypto:1 ", "crypto:3 ")
		if err := s.Accept(edit(good, c.old, c.new)); !errors.Is(err, c.is) {
			t.Errorf("%s: %v", c.what, err)
		}
		if err := s.Accept(good); err != nil {
			t.Errorf("after %s: %v", c.what, err)
		}
	}
	s := legOnly(t, loopback)
	if _, err := s.Offer(nil); err != nil {
		t.Fatal(err)
	}
	line := cryptoLine{3, newMasterKey(AES128CM80)}
	if err := s.Accept(p.sdp("a=" + line.attribute())); !errors.Is(err, errAnswerCrypto) {
		t.Errorf("two lines in an answer: %v", err)
	}
}

func TestAdvertisedAddressIsWhatIsSaid(t *testing.T) {
	p := loopback
	p.Advertised = netip.MustParseAddr("203.0.113.9")
	offer, err := legOnly(t, p).Offer(nil)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(offer), "127.0.0.1") || strings.Count(string(offer), "203.0.113.9") != 2 {
		t.Errorf("%s", offer)
	}
}

func TestProfilesThatCannotBe(t *testing.T) {
	call := runEngine(t, Config{}).NewCall()
	for _, p := range []Profile{
		{},
		{Bind: netip.IPv4Unspecified()},
		{Bind: netip.MustParseAddr("127.0.0.1"), Advertised: netip.IPv6Loopback()},
		{Bind: netip.MustParseAddr("127.0.0.1"), Suites: []Suite{"ROT13"}},
	} {
		if _, err := call.NewSession(p); err == nil {
			t.Errorf("%+v was taken", p)
		}
	}
}

func FuzzDescription(f *testing.F) {
	p := &phone{suite: AES128CM80}
	p.key = newMasterKey(AES128CM80)
	f.Add([]byte("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/SAVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=" +
		cryptoLine{1, p.key}.attribute() + "\r\na=rtcp-mux\r\na=rtcp:4003\r\na=sendonly\r\n"))
	f.Add([]byte("v=0\r\no=- 1 1 IN IP6 ::1\r\ns=-\r\nt=0 0\r\nm=image 1 udptl t38\r\nm=audio 9 RTP/AVP 8\r\nc=IN IP6 ::1\r\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		d, err := parseDescription(body)
		if err != nil {
			return
		}
		profile, _ := Profile{Bind: netip.MustParseAddr("127.0.0.1")}.complete()
		s := newSession(&Call{}, profile, 10000, nil)
		a, line, err := s.choose(d)
		if err != nil {
			return
		}
		_, reply, err := s.answerTo(a, line)
		if err != nil {
			return
		}
		reply.lines, reply.index = d.lines, a.index
		if _, err := parseDescription(s.describe(reply)); err != nil {
			t.Fatalf("our answer to %q is unreadable:\n%s", body, reply.write())
		}
	})
}

// Offers in the manner of those who are out there: each is taken, with the codec and the suite that it should be.
func TestOffersOfRealPeers(t *testing.T) {
	for name, want := range map[string]struct {
		codec Codec
		event byte
		suite Suite
	}{
		"baresip":    {PCMU, 101, AES128CM80},
		"linphone":   {PCMU, 100, AES128CM80},
		"asterisk":   {PCMU, 101, AES128CM80},
		"carrier":    {PCMU, 101, AES128CM80},
		"desk_phone": {PCMU, 101, AES128CM80},
	} {
		offer, err := os.ReadFile("../testdata/sip/sdp/" + name + ".sdp")
		if err != nil {
			t.Fatal(err)
		}
		s := legOnly(t, loopback)
		answer, err := s.Answer(offer)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if s.Codec() != want.codec || s.Suite() != want.suite || s.terms.event != want.event {
			t.Errorf("%s: %v, %v, %d: %s", name, s.Codec(), s.Suite(), s.terms.event, answer)
		}
		if mux := strings.Contains(string(offer), "rtcp-mux"); mux != strings.Contains(string(answer), "rtcp-mux") {
			t.Errorf("%s: %s", name, answer)
		}
	}
}
