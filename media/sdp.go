package media

import (
	"errors"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"
)

// mostSDP bounds a description: longer ones are not from a telephone.
const mostSDP = 16 << 10

// description is what a peer's SDP says, as far as a call needs it.
type description struct {
	lines []mediaLine
	audio []audioLine // the m=audio lines that are not switched off
}

// audioLine is one m=audio line.
type audioLine struct {
	index     int // among all m-lines
	proto     string
	remote    netip.AddrPort // port 0: switched off
	control   netip.AddrPort
	direction Direction
	held      bool // c=0.0.0.0, RFC 2543's hold
	mux       bool
	crypto    []cryptoLine // the usable ones, in the peer's order
	unusable  error        // why another one was not
	tagged    int          // a=crypto lines, usable or not
	formats   []format
	event     byte // payload type of telephone-event/8000, or noPayload
}

// mediaLine is an m= line in the peer's words, to be answered in its place.
type mediaLine struct {
	media, proto string
	formats      []string
}

// setAside takes out what a telephone call has no use for and the parser refuses to see: media it does not know
// (m=image, RFC 3362) and bandwidths.
func setAside(body []byte) (lines []mediaLine, tame string) {
	var b strings.Builder
	for line := range strings.Lines(string(body)) {
		line = strings.TrimRight(line, "\r\n")
		switch words := strings.Fields(strings.TrimPrefix(line, "m=")); {
		case strings.HasPrefix(line, "b="):
			continue
		case !strings.HasPrefix(line, "m="):
		case len(words) < 4:
			return nil, ""
		default:
			m := mediaLine{words[0], words[2], words[3:]}
			lines = append(lines, m)
			if m.media != "audio" || !slices.Contains(transports, m.proto) {
				line = "m=application 9 UDP 0"
			}
		}
		b.WriteString(line + "\r\n")
	}
	return lines, b.String()
}

// transports are those that may carry a voice; each is judged later.
var transports = []string{"RTP/AVP", "RTP/AVPF", "RTP/SAVP", "RTP/SAVPF", "UDP/TLS/RTP/SAVP", "UDP/TLS/RTP/SAVPF"}

// format is a codec under a payload type.
type format struct {
	payload byte
	codec   Codec
}

var errSDP = errors.New("unreadable session description")

// parseDescription reads SDP from outside.
func parseDescription(body []byte) (*description, error) {
	if len(body) == 0 || len(body) > mostSDP {
		return nil, errSDP
	}
	lines, tame := setAside(body)
	var s sdp.SessionDescription
	if err := s.UnmarshalString(tame); err != nil {
		return nil, errSDP // the parser's own words quote the body
	}
	if len(s.MediaDescriptions) == 0 || len(s.MediaDescriptions) != len(lines) {
		return nil, errSDP
	}
	d := &description{lines: lines}
	for i, m := range s.MediaDescriptions {
		if m.MediaName.Media != "audio" {
			continue
		}
		a, err := parseAudio(&s, m)
		if err != nil {
			return nil, err
		}
		a.index = i
		d.audio = append(d.audio, a)
	}
	return d, nil
}

func parseAudio(s *sdp.SessionDescription, m *sdp.MediaDescription) (audioLine, error) {
	a := audioLine{proto: strings.Join(m.MediaName.Protos, "/"), event: noPayload}
	if m.MediaName.Port.Value < 0 || m.MediaName.Port.Value > 65535 {
		return a, errSDP
	}
	if m.MediaName.Port.Value != 0 {
		if err := a.parseAddress(s, m); err != nil {
			return a, err
		}
	}
	a.direction = parseDirection(s.Attributes, SendRecv)
	a.direction = parseDirection(m.Attributes, a.direction)
	_, a.mux = m.Attribute("rtcp-mux")
	a.parseFormats(m)
	return a, a.parseCryptoLines(m)
}

// parseAddress takes literal addresses only: a name in c= would have the packet path ask a resolver.
func (a *audioLine) parseAddress(s *sdp.SessionDescription, m *sdp.MediaDescription) error {
	c := m.ConnectionInformation
	if c == nil {
		c = s.ConnectionInformation
	}
	if c == nil || c.Address == nil || c.NetworkType != "IN" {
		return errSDP
	}
	addr, err := netip.ParseAddr(c.Address.Address)
	if err != nil || addr.Zone() != "" || addr.Is4() != (c.AddressType == "IP4") || addr.Is4In6() || addr.IsMulticast() {
		return errSDP
	}
	a.held = addr.IsUnspecified()
	port := uint16(m.MediaName.Port.Value)
	a.remote = netip.AddrPortFrom(addr, port)
	a.control = netip.AddrPortFrom(addr, port+1)
	if value, ok := m.Attribute("rtcp"); ok { // RFC 3605
		word, _, _ := strings.Cut(value, " ")
		other, err := strconv.ParseUint(word, 10, 16)
		if err != nil {
			return errSDP
		}
		a.control = netip.AddrPortFrom(addr, uint16(other))
	}
	return nil
}

func parseDirection(attributes []sdp.Attribute, otherwise Direction) Direction {
	for _, at := range attributes {
		for d := SendRecv; d <= Inactive; d++ {
			if at.Key == d.String() {
				return d
			}
		}
	}
	return otherwise
}

// parseFormats maps payload types to codecs: static ones need no rtpmap (RFC 3551 §6).
func (a *audioLine) parseFormats(m *sdp.MediaDescription) {
	names := map[string]string{"0": "pcmu/8000", "8": "pcma/8000", "9": "g722/8000"}
	for _, at := range m.Attributes {
		if at.Key != "rtpmap" {
			continue
		}
		if payload, name, ok := strings.Cut(at.Value, " "); ok {
			names[payload] = strings.ToLower(strings.TrimSuffix(strings.TrimSpace(name), "/1"))
		}
	}
	for _, word := range m.MediaName.Formats {
		payload, err := strconv.ParseUint(word, 10, 7)
		if err != nil || payload >= 64 && payload <= 95 { // RTCP's, RFC 5761 §4
			continue
		}
		a.addFormat(byte(payload), names[word])
	}
}

func (a *audioLine) addFormat(payload byte, name string) {
	switch name {
	case "pcmu/8000":
		a.formats = append(a.formats, format{payload, PCMU})
	case "pcma/8000":
		a.formats = append(a.formats, format{payload, PCMA})
	case "g722/8000":
		a.formats = append(a.formats, format{payload, G722})
	case "telephone-event/8000":
		if a.event == noPayload {
			a.event = payload
		}
	}
}

// parseCryptoLines keeps the usable lines. Two lines of one tag cannot be told apart by an answer (RFC 4568 §4.1).
func (a *audioLine) parseCryptoLines(m *sdp.MediaDescription) error {
	tags := map[int]bool{}
	for _, at := range m.Attributes {
		if at.Key != "crypto" {
			continue
		}
		a.tagged++
		line, err := parseCrypto(at.Value)
		if err != nil {
			a.unusable = err
			continue
		}
		if tags[line.tag] {
			return errSDP
		}
		tags[line.tag] = true
		a.crypto = append(a.crypto, line)
	}
	return nil
}

func (a *audioLine) secure() bool { return a.proto == "RTP/SAVP" || a.proto == "RTP/SAVPF" }

func (a *audioLine) plain() bool { return a.proto == "RTP/AVP" || a.proto == "RTP/AVPF" }

// allows is the direction with the old hold taken in.
func (a *audioLine) allows() Direction {
	switch {
	case a.remote.Port() == 0:
		return Inactive
	case a.held && a.direction == SendRecv:
		return SendOnly
	case a.held && a.direction == RecvOnly:
		return Inactive
	}
	return a.direction
}

// codecs are the distinct ones in the peer's order.
func (a *audioLine) codecs() []Codec {
	var out []Codec
	for _, f := range a.formats {
		if !slices.Contains(out, f.codec) {
			out = append(out, f.codec)
		}
	}
	return out
}

// payloadOf is the first payload type of c.
func (a *audioLine) payloadOf(c Codec) (byte, bool) {
	for _, f := range a.formats {
		if f.codec == c {
			return f.payload, true
		}
	}
	return 0, false
}
