package sip

import (
	"bytes"
	"context"
	"encoding/binary"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// hep reads HEP3 by its own rules: chunks by number.
func hep(t *testing.T, packet []byte) map[uint16][]byte {
	t.Helper()
	if !bytes.HasPrefix(packet, []byte("HEP3")) || int(binary.BigEndian.Uint16(packet[4:])) != len(packet) {
		t.Fatalf("no HEP3 of %d bytes: %x", len(packet), packet[:6])
	}
	out := map[uint16][]byte{}
	for rest := packet[6:]; len(rest) > 0; {
		size := int(binary.BigEndian.Uint16(rest[4:]))
		if binary.BigEndian.Uint16(rest) != 0 || size < 6 || size > len(rest) {
			t.Fatalf("chunk of %d bytes in %d", size, len(rest))
		}
		out[binary.BigEndian.Uint16(rest[2:])] = rest[6:size]
		rest = rest[size:]
	}
	return out
}

// A call is copied to the capture server: whole, in order, readable, and without a number, a name, a key or a body.
func TestCapturedCallHoldsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		c := &Capture{Agent: 2026, Queue: 64}
		c.open()
		b.wire.cfg.Capture = c
		d, leg := b.talk(b.carrier())
		ok(t, d.Bye(soon(t)))
		leg.want(Ended)
		var starts []string
		for range len(c.queue) {
			chunks := hep(t, <-c.queue)
			text := string(chunks[15])
			for _, secret := range []string{"2125550", "inline:", "m=audio", "carrier.example", "c=IN"} {
				if strings.Contains(text, secret) {
					t.Errorf("%q in %q", secret, text)
				}
			}
			msg, err := sipmsg.ParseMessage(chunks[15])
			if err != nil || msg.CallID() == nil || msg.CSeq() == nil || msg.Via() == nil {
				t.Errorf("%v: %q", err, text)
			}
			if chunks[1][0] != 2 || chunks[2][0] != 6 || chunks[11][0] != 1 || len(chunks[3]) != 4 || len(chunks[17]) != 16 ||
				binary.BigEndian.Uint32(chunks[12]) != 2026 || int64(binary.BigEndian.Uint32(chunks[9])) != time.Now().Unix() {
				t.Errorf("chunks %v", chunks)
			}
			line, _, _ := strings.Cut(text, "\r\n")
			word, rest, _ := strings.Cut(line, " ")
			if word == "SIP/2.0" {
				word, _, _ = strings.Cut(rest, " ")
			}
			starts = append(starts, word)
		}
		if got := strings.Join(starts, " "); got != "INVITE 100 200 ACK BYE 200" {
			t.Errorf("copied %s", got)
		}
	})
}

// A capture server that does not read costs copies and nothing else; when it reads again, they go on.
func TestCaptureServerThatDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ends := make(chan net.Conn, 4)
		c := &Capture{Queue: 2, Dial: func(context.Context) (net.Conn, error) {
			ours, theirs := net.Pipe()
			ends <- theirs
			return ours, nil
		}}
		c.open()
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { c.run(ctx); close(ended) }()
		for i := range 8 {
			c.keep([]byte{byte(i)})
			synctest.Wait()
		}
		if c.dropped.Load() != 5 || c.sent.Load() != 0 {
			t.Errorf("%d dropped, %d sent", c.dropped.Load(), c.sent.Load())
		}
		time.Sleep(captureWrite + captureRetry + time.Second)
		<-ends
		buf := make([]byte, 8)
		if n, err := (<-ends).Read(buf); err != nil || n != 1 || buf[0] != 1 {
			t.Errorf("then came %d bytes, %v, %v", n, err, buf[0])
		}
		stop()
		<-ended
	})
}
