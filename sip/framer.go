package sip

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"strconv"
	"time"
)

// framer cuts a byte stream into messages by Content-Length (RFC 3261 §18.3). It holds at most one message and what
// one read brought beyond it.
type framer struct {
	r        io.Reader
	limits   Limits
	deadline func(time.Duration)
	ping     func() // a double CRLF before a message

	buf     []byte // unread bytes are buf[off:]
	off     int
	blanks  int // CRLFs since the last message
	waiting bool
}

// errGarbage is a stream that is not SIP: nothing can be answered, nothing after it can be trusted.
var errGarbage = &refusal{code: 400, reason: "Not SIP", fatal: true}

// next gives one message, or why it cannot be taken; err is the stream's own end.
func (fr *framer) next() (*draft, *refusal, error) {
	scanned := 0
	for {
		fr.skipBlanks()
		b := fr.buf[fr.off:]
		if !plausible(b) {
			return nil, errGarbage, nil
		}
		from := max(0, scanned-3)
		if end := bytes.Index(b[min(from, len(b)):], []byte("\r\n\r\n")); end >= 0 {
			return fr.message(from + end)
		}
		if len(b) > fr.limits.Message {
			return fr.tooLarge(b)
		}
		scanned = len(b)
		if err := fr.fill(); err != nil {
			return nil, nil, err
		}
	}
}

// skipBlanks drops CRLFs between messages; two of them are a keepalive (RFC 5626 §3.5.1).
func (fr *framer) skipBlanks() {
	for bytes.HasPrefix(fr.buf[fr.off:], crlf) {
		fr.off += 2
		if fr.blanks++; fr.blanks == 2 {
			fr.blanks = 0
			fr.ping()
		}
	}
}

// message is called with the header section complete at b[:end].
func (fr *framer) message(end int) (*draft, *refusal, error) {
	head := fr.buf[fr.off : fr.off+end+2]
	d, no := cut(head, fr.limits)
	d.stream = true
	size, bad := bodySize(d)
	if bad != nil {
		return d, bad, nil
	}
	total := end + 4 + size
	if total > fr.limits.Message {
		return d, &refusal{code: 513, reason: "Message Too Large", fatal: true}, nil
	}
	for len(fr.buf)-fr.off < total {
		if err := fr.fill(); err != nil {
			return nil, nil, err
		}
	}
	if size > 0 {
		d.body = bytes.Clone(fr.buf[fr.off+end+4 : fr.off+total])
	}
	fr.off += total
	fr.blanks = 0
	fr.waiting = false
	return d, no, nil
}

// bodySize reads Content-Length. On a stream it must be there once, and be a number.
func bodySize(d *draft) (int, *refusal) {
	switch v, ok := d.first("Content-Length"); {
	case !ok:
		return 0, &refusal{code: 400, reason: "Missing Content-Length", fatal: true}
	case d.count("Content-Length") > 1:
		return 0, &refusal{code: 400, reason: "Repeated Content-Length", fatal: true}
	default:
		n, err := strconv.ParseUint(v, 10, 31)
		if err != nil {
			return 0, &refusal{code: 400, reason: "Malformed Content-Length", fatal: true}
		}
		return int(n), nil
	}
}

// tooLarge answers a header section without end, if its beginning can be read.
func (fr *framer) tooLarge(b []byte) (*draft, *refusal, error) {
	last := bytes.LastIndex(b[:fr.limits.Message], crlf)
	if last < 0 {
		return nil, errGarbage, nil
	}
	d, _ := cut(b[:last+2], fr.limits)
	return d, &refusal{code: 513, reason: "Message Too Large", fatal: true}, nil
}

// fill reads more. Between messages the peer may be silent for long; a message once begun must end soon, however
// slowly its bytes drip.
func (fr *framer) fill() error {
	switch begun := len(fr.buf) > fr.off; {
	case begun && !fr.waiting:
		fr.waiting = true
		fr.deadline(fr.limits.Arrival)
	case !begun:
		fr.waiting = false
		fr.deadline(fr.limits.Idle)
	}
	if fr.off > 0 {
		fr.buf = fr.buf[:copy(fr.buf, fr.buf[fr.off:])]
		fr.off = 0
	}
	if len(fr.buf) == 0 && cap(fr.buf) > 16<<10 {
		fr.buf = nil // one large message must not cost its size for ever
	}
	if cap(fr.buf)-len(fr.buf) < 1024 {
		fr.buf = append(make([]byte, 0, max(4096, 2*cap(fr.buf))), fr.buf...)
	}
	n, err := fr.r.Read(fr.buf[len(fr.buf):cap(fr.buf)])
	fr.buf = fr.buf[:len(fr.buf)+n]
	if n > 0 {
		return nil
	}
	if err == nil {
		return io.ErrNoProgress
	}
	return err
}

// plausible looks at the first bytes of a message: a method or "SIP/", in printable ASCII.
func plausible(b []byte) bool {
	for i, c := range b[:min(len(b), 32)] {
		switch {
		case c == ' ' && i > 0:
			return true
		case c == '\r' && i == len(b)-1:
			return true // half of a CRLF
		case !tokenByte[c] && c != '/':
			return false
		}
	}
	return true
}

func isTimeout(err error) bool {
	var n net.Error
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &n) && n.Timeout()
}
