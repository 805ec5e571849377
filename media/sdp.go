package media

import (
	"errors"
	"fmt"
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
	lines []*sdp.MediaDescription
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
	var s sdp.SessionDescription
	if err := s.Unmarshal(body); err != nil {
		return nil, errSDP // the parser's own words quote the body
	}
	if len(s.MediaDescriptions) == 0 {
		return nil, errSDP
	}
	d := &description{lines: s.MediaDescriptions}
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

// draft is a description of ours before it is written.
type draft struct {
	address   netip.Addr
	port      uint16
	proto     string
	formats   []format
	event     byte
	crypto    []cryptoLine
	direction Direction
	mux       bool
	control   uint16 // a=rtcp where it is not port+1; 0: it is
	index     int    // of our line among lines
	lines     []*sdp.MediaDescription
}

// write gives everything below the o= line.
func (d *draft) write() string {
	var b strings.Builder
	fmt.Fprintf(&b, "s=-\r\nc=IN %s %s\r\nt=0 0\r\n", family(d.address), d.address)
	if d.lines == nil {
		d.writeAudio(&b)
	}
	for i, m := range d.lines {
		if i == d.index {
			d.writeAudio(&b)
			continue
		}
		// RFC 3264 §6: every line of the offer is answered in its place, with port 0 where it is not wanted.
		fmt.Fprintf(&b, "m=%s 0 %s %s\r\n", m.MediaName.Media, strings.Join(m.MediaName.Protos, "/"),
			strings.Join(m.MediaName.Formats, " "))
	}
	return b.String()
}

func (d *draft) writeAudio(b *strings.Builder) {
	fmt.Fprintf(b, "m=audio %d %s", d.port, d.proto)
	for _, f := range d.formats {
		fmt.Fprintf(b, " %d", f.payload)
	}
	if d.event != noPayload {
		fmt.Fprintf(b, " %d", d.event)
	}
	b.WriteString("\r\n")
	for _, f := range d.formats {
		fmt.Fprintf(b, "a=rtpmap:%d %s/8000\r\n", f.payload, f.codec)
	}
	if d.event != noPayload {
		fmt.Fprintf(b, "a=rtpmap:%d telephone-event/8000\r\na=fmtp:%d 0-15\r\n", d.event, d.event)
	}
	for _, c := range d.crypto {
		fmt.Fprintf(b, "a=%s\r\n", c.attribute())
	}
	if d.mux {
		b.WriteString("a=rtcp-mux\r\n")
	}
	if d.control != 0 {
		fmt.Fprintf(b, "a=rtcp:%d\r\n", d.control)
	}
	fmt.Fprintf(b, "a=ptime:20\r\na=%s\r\n", d.direction)
}

func family(a netip.Addr) string {
	if a.Is4() {
		return "IP4"
	}
	return "IP6"
}

// mirrored is the direction that answers d.
func (d Direction) mirrored() Direction {
	switch d {
	case SendOnly:
		return RecvOnly
	case RecvOnly:
		return SendOnly
	}
	return d
}
