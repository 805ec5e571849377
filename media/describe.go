package media

import (
	"fmt"
	"net/netip"
	"strings"
)

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
	lines     []mediaLine
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
		fmt.Fprintf(&b, "m=%s 0 %s %s\r\n", m.media, m.proto, strings.Join(m.formats, " "))
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
