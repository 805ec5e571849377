package sip

import (
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// This file copies signalling to a capture server as HEP3, for operators who run one. What leaves is rebuilt by redact.go:
// no number, name, credential, key or body is ever in it, and dialogs are told apart by digests. A server that does not
// read costs us copies, never a call.

// Capture is where the copies go. Make it, give it to Config, and the Server runs it.
type Capture struct {
	Dial  func(context.Context) (net.Conn, error) // to the capture server: UDP, TCP or TLS
	Agent uint32                                  // our number there
	Queue int                                     // packets that may wait; 0: 1024

	queue         chan []byte
	sent, dropped atomic.Uint64
}

// captureRetry is the pause before a connection that failed is tried again, and captureWrite what one write may take.
const (
	captureRetry = 10 * time.Second
	captureWrite = 5 * time.Second
)

// CaptureTotals counts copies since the start.
type CaptureTotals struct{ Sent, Dropped uint64 }

// Captured counts copies that left and copies that could not; zero where nothing is captured.
func (s *Server) Captured() CaptureTotals {
	if c := s.core.cfg.Capture; c != nil {
		return CaptureTotals{c.sent.Load(), c.dropped.Load()}
	}
	return CaptureTotals{}
}

func (c *Capture) open() {
	if c.Queue <= 0 {
		c.Queue = 1024
	}
	c.queue = make(chan []byte, c.Queue)
}

// run sends what is queued until ctx ends.
func (c *Capture) run(ctx context.Context) {
	for ctx.Err() == nil {
		conn, err := c.Dial(ctx)
		if err == nil {
			c.feed(ctx, conn)
			_ = conn.Close()
		}
		select {
		case <-ctx.Done():
		case <-time.After(captureRetry):
		}
	}
}

func (c *Capture) feed(ctx context.Context, conn net.Conn) {
	for {
		select {
		case <-ctx.Done():
			return
		case packet := <-c.queue:
			_ = conn.SetWriteDeadline(time.Now().Add(captureWrite))
			if _, err := conn.Write(packet); err != nil {
				c.dropped.Add(1)
				return
			}
			c.sent.Add(1)
		}
	}
}

// keep queues a packet or counts it as dropped; it never blocks.
func (c *Capture) keep(packet []byte) {
	select {
	case c.queue <- packet:
	default:
		c.dropped.Add(1)
	}
}

// captureIn and captureOut cost one comparison where nothing is captured. Strangers' messages are not copied.
func (f *Flow) captureIn(d *draft) {
	if c := f.w.cfg.Capture; c != nil && f.Admitted() {
		c.keep(c.packet(f, d, copied{from: f.remote, to: f.Advertised(), at: time.Now()}))
	}
}

func (f *Flow) captureOut(b []byte) {
	if c := f.w.cfg.Capture; c != nil && f.Admitted() {
		c.keep(c.packet(f, splitDraft(b), copied{from: f.Advertised(), to: f.remote, at: time.Now()}))
	}
}

// copied is where and when a message went.
type copied struct {
	from, to netip.AddrPort
	at       time.Time
}

// Chunks of HEP3, of vendor 0.
const (
	hepFamily = 1 + iota
	hepProtocol
	hepFrom4
	hepTo4
	hepFrom6
	hepTo6
	hepFromPort
	hepToPort
	hepSeconds
	hepMicros
	hepKind
	hepAgent
	hepPayload     = 15
	hepCorrelation = 17
)

// packet is one message as HEP3.
func (c *Capture) packet(f *Flow, d *draft, m copied) []byte {
	b := append(make([]byte, 0, 1024), "HEP3\x00\x00"...)
	family, from, to := byte(2), uint16(hepFrom4), uint16(hepTo4)
	if m.from.Addr().Is6() {
		family, from, to = 10, hepFrom6, hepTo6
	}
	protocol := byte(6)
	if f.listen.Network == UDP {
		protocol = 17
	}
	callID, _ := d.first("Call-ID")
	b = chunk(b, hepFamily, []byte{family})
	b = chunk(b, hepProtocol, []byte{protocol})
	b = chunk(b, from, m.from.Addr().AsSlice())
	b = chunk(b, to, m.to.Addr().AsSlice())
	b = chunk(b, hepFromPort, binary.BigEndian.AppendUint16(nil, m.from.Port()))
	b = chunk(b, hepToPort, binary.BigEndian.AppendUint16(nil, m.to.Port()))
	b = chunk(b, hepSeconds, binary.BigEndian.AppendUint32(nil, uint32(m.at.Unix())))
	b = chunk(b, hepMicros, binary.BigEndian.AppendUint32(nil, uint32(m.at.Nanosecond()/1000)))
	b = chunk(b, hepKind, []byte{1}) // SIP
	b = chunk(b, hepAgent, binary.BigEndian.AppendUint32(nil, c.Agent))
	b = chunk(b, hepCorrelation, []byte(dialogID(callID)))
	b = chunk(b, hepPayload, []byte(headOnly(d, string(f.listen.Network))))
	binary.BigEndian.PutUint16(b[4:], uint16(len(b)))
	return b
}

func chunk(b []byte, kind uint16, value []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(kind)) // vendor 0, kind
	b = binary.BigEndian.AppendUint16(b, uint16(6+len(value)))
	return append(b, value...)
}

// maxCopy bounds a payload, well below what the length of a packet can say.
const maxCopy = 16 << 10

// headOnly is a redacted message that a SIP parser reads: no body, and the digests where ids stood.
func headOnly(d *draft, network string) string {
	var b strings.Builder
	b.WriteString(plainStart(d.start) + "\r\n")
	for _, f := range d.fields {
		redact, ok := fields[f.name]
		if !ok || slices.Contains([]string{"Content-Length", "Content-Type", "Content-Disposition", "Replaces"}, f.name) || b.Len() > maxCopy {
			continue
		}
		value := plain(redact(f.value))
		if f.name == "Via" {
			value = strings.Replace(value, "SIP/2.0 ", "SIP/2.0/"+strings.ToUpper(network)+" ", 1)
		}
		b.WriteString(f.name + ": " + value + "\r\n")
	}
	return b.String() + "Content-Length: 0\r\n\r\n"
}

// plainStart is a start line that reads as one.
func plainStart(start string) string {
	line := redactStart(start)
	if strings.HasPrefix(line, "SIP/2.0 ") {
		return line + " redacted"
	}
	method, uri, _ := strings.Cut(line, " ")
	if method == "*" {
		method = "UNKNOWN"
	}
	return method + " " + strings.Trim(plain(uri), "<>") + " SIP/2.0"
}

// plain writes the stars and number signs of redact.go so that no grammar stumbles over them.
func plain(v string) string {
	return strings.NewReplacer("sip:*@*", "sip:redacted@redacted.invalid", "sip:*@", "sip:redacted@", " *;", " redacted.invalid;", "=#", "=", "#", "").Replace(v)
}
