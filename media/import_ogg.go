package media

import (
	"bytes"
	"encoding/binary"
	"io"
)

// oggReader takes the packets of the first logical stream out of an Ogg file (RFC 3533). Checksums are not looked at: who
// uploads a damaged file hears it.
type oggReader struct {
	rest   []byte
	serial uint32
	begun  bool
	lacing []byte // of the page at hand, not yet used
	body   []byte
}

func newOgg(file []byte) *oggReader { return &oggReader{rest: file} }

// oggHeader is the fixed part of a page, before its table of segments.
const oggHeader = 27

// page moves on to the next page of the stream; others are passed over.
func (o *oggReader) page() error {
	for {
		if len(o.rest) < oggHeader || !bytes.HasPrefix(o.rest, []byte("OggS")) {
			return io.EOF
		}
		segments := int(o.rest[26])
		if len(o.rest) < oggHeader+segments {
			return io.EOF
		}
		lacing, size := o.rest[oggHeader:oggHeader+segments], 0
		for _, n := range lacing {
			size += int(n)
		}
		start := oggHeader + segments
		if len(o.rest) < start+size {
			return io.EOF
		}
		serial := binary.LittleEndian.Uint32(o.rest[14:])
		body := o.rest[start : start+size]
		o.rest = o.rest[start+size:]
		if !o.begun || serial == o.serial {
			o.begun, o.serial, o.lacing, o.body = true, serial, lacing, body
			return nil
		}
	}
}

// packet gives the next packet, put together from as many pages as it lies in.
func (o *oggReader) packet() ([]byte, error) {
	var whole []byte
	for {
		for len(o.lacing) == 0 {
			if err := o.page(); err != nil {
				return nil, err
			}
		}
		n := int(o.lacing[0])
		whole = append(whole, o.body[:n]...)
		o.lacing, o.body = o.lacing[1:], o.body[n:]
		if n < 255 {
			return whole, nil
		}
	}
}
