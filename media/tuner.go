package media

// tuner turns one side's payloads into the recording's format. G.711 of the recording's own law stays as it came.
type tuner struct {
	to   pitch
	from Codec
	law  *transcoder // to G.711
	wide *decoder    // to L16
	buf  []byte
	turn [2 * chunk]int16
}

// convert returns the payload in the recording's format, valid until the next call.
func (u *tuner) convert(c Codec, payload []byte) []byte {
	if u.to.code == codeOf(c) {
		return payload
	}
	if u.buf == nil || c != u.from {
		u.begin(c)
	}
	if u.law != nil {
		return u.law.convert(u.buf, payload)
	}
	n := 0
	for len(payload) > 0 {
		part := payload[:min(chunk, len(payload))]
		samples := u.wide.decode(u.turn[:], part)
		n += bigEndian(u.buf[n:cap(u.buf)], u.turn[:samples])
		payload = payload[len(part):]
	}
	return u.buf[:n]
}

// begin starts a stream of another codec; its decoder begins anew.
func (u *tuner) begin(c Codec) {
	u.from, u.law, u.wide = c, nil, nil
	if u.to.width == 2 {
		u.wide = newDecoder(c, int(u.to.rate))
		u.buf = make([]byte, 0, 4*maxPayload)
		return
	}
	to := PCMU
	if u.to.code == 2 {
		to = PCMA
	}
	u.law = newTranscoder(c, to)
	u.buf = make([]byte, 0, maxPayload)
}

// codeOf is the recording's code of a codec that needs no conversion; 0: there is none.
func codeOf(c Codec) byte {
	switch c {
	case PCMU:
		return 1
	case PCMA:
		return 2
	}
	return 0
}
