package media

import (
	"errors"
	"slices"
)

// Warning codes of RFC 3261 §20.43.
const (
	warnAddress   = 301 // incompatible network address formats
	warnTransport = 302 // incompatible transport protocol
	warnMedia     = 304 // media type not available
	warnFormat    = 305 // incompatible media format
	warnOther     = 399
)

func refuse(warning int, text string) *Refusal {
	return &Refusal{Code: 488, WarnCode: warning, Text: text}
}

var (
	errNoOffer       = errors.New("answer without an offer")
	errAnswerLines   = errors.New("answer: not the one m-line of the offer")
	errAnswerRefused = errors.New("answer: audio refused")
	errAnswerProto   = errors.New("answer: transport was not offered")
	errAnswerCrypto  = errors.New("answer: not exactly one crypto line")
	errAnswerKey     = errors.New("answer: tag or suite was not offered")
	errAnswerCodec   = errors.New("answer: no codec that was offered")
	errAnswerFamily  = errors.New("answer: other address family")
)

// mostKeysHeard bounds the peer's keys that are remembered: a peer that changes its key at every re-INVITE for that
// long is not a telephone.
const mostKeysHeard = 256

// eventPayload is telephone-event in our offers.
const eventPayload = 101

// choose finds the first m=audio line that can be taken, and the key to take it with. The refusal tells of the first
// line's fault: it is the one that the caller meant.
func (s *Session) choose(d *description) (*audioLine, *cryptoLine, error) {
	var fault error
	for i := range d.audio {
		a := &d.audio[i]
		line, err := s.fits(a)
		if err == nil {
			return a, line, nil
		}
		if fault == nil {
			fault = err
		}
	}
	if fault == nil {
		fault = refuse(warnMedia, "no audio offered")
	}
	return nil, nil, fault
}

// fits judges one line of an offer.
func (s *Session) fits(a *audioLine) (*cryptoLine, error) {
	switch {
	case a.remote.Port() == 0 && s.terms == nil:
		return nil, refuse(warnMedia, "no audio offered")
	case a.remote.Port() != 0 && a.remote.Addr().Is4() != s.profile.Bind.Is4():
		return nil, refuse(warnAddress, "address family not available")
	case s.pick(a.codecs()) == NoCodec:
		return nil, refuse(warnFormat, "no common codec")
	case a.plain() && s.profile.Plain:
		return nil, nil
	case a.plain():
		return nil, refuse(warnTransport, "RTP/SAVP required")
	case !a.secure():
		return nil, refuse(warnTransport, "transport not available")
	case s.profile.Exposed && !s.profile.Plain:
		return nil, refuse(warnTransport, "keys in clear signalling")
	}
	if line := s.pickKey(a.crypto); line != nil {
		return line, nil
	}
	return nil, refuse(warnOther, "no usable crypto attribute")
}

// pick chooses the codec: the one that stands, then ours by preference where the profile has one, else the peer's.
func (s *Session) pick(offered []Codec) Codec {
	if s.terms != nil && slices.Contains(offered, s.terms.codec) {
		return s.terms.codec
	}
	for _, c := range s.profile.Codecs {
		if slices.Contains(offered, c) {
			return c
		}
	}
	return NoCodec
}

// pickKey chooses the crypto line by our preference of suites.
func (s *Session) pickKey(lines []cryptoLine) *cryptoLine {
	for _, suite := range s.profile.Suites {
		for i := range lines {
			if lines[i].key.suite == suite {
				return &lines[i]
			}
		}
	}
	return nil
}

// answerTo agrees to an offered line; line is nil for RTP/AVP.
func (s *Session) answerTo(a *audioLine, line *cryptoLine) (*terms, *draft, error) {
	codec := s.pick(a.codecs())
	payload, _ := a.payloadOf(codec)
	t := s.newTerms(a)
	t.codec, t.payload, t.event = codec, payload, a.event
	t.mux = a.mux
	t.kinds[payload] = kind(codec)
	if a.event != noPayload {
		t.kinds[a.event] = kindEvent
	}
	reply := &draft{
		address: s.profile.Advertised, port: s.port, proto: a.proto, formats: []format{{payload, codec}},
		event: a.event, direction: t.direction.mirrored(), mux: a.mux,
	}
	if s.mux && !a.mux {
		reply.control = s.port // the odd port was given up: RTCP is told from RTP by its type here
	}
	if a.remote.Port() == 0 {
		reply.port = 0
	}
	if line == nil {
		return t, reply, nil
	}
	own, err := s.setKeys(t, line.key)
	reply.crypto = []cryptoLine{{line.tag, own}}
	return t, reply, err
}

// newTerms takes what is alike for offers and answers.
func (s *Session) newTerms(a *audioLine) *terms {
	t := &terms{
		event: noPayload, remote: a.remote, remoteControl: a.control, direction: a.allows(),
	}
	t.hears = !a.held && a.remote.Port() != 0 && (t.direction == SendRecv || t.direction == RecvOnly)
	for i := range t.kinds {
		t.kinds[i] = kindUnknown
	}
	return t
}

// setKeys finds or makes the two contexts of a suite. A key that stands keeps its context.
func (s *Session) setKeys(t *terms, peer masterKey) (own masterKey, err error) {
	own = s.ownKey(peer.suite)
	if s.outs[own.suite] == nil {
		if s.outs[own.suite], err = own.outbound(); err != nil {
			return own, err
		}
	}
	id := string(peer.suite) + "|" + peer.inline
	if s.ins[id] == nil {
		if len(s.ins) >= mostKeysHeard {
			return own, refuse(warnOther, "too many changes of keys")
		}
		if s.ins[id], err = peer.inbound(); err != nil {
			return own, err
		}
	}
	t.suite, t.in, t.out = peer.suite, s.ins[id], s.outs[own.suite]
	return own, nil
}

func (s *Session) ownKey(suite Suite) masterKey {
	k, ok := s.ours[suite]
	if !ok {
		k = newMasterKey(suite)
		s.ours[suite] = k
	}
	return k
}

// draftOffer writes down what we can do. A later offer repeats keys, tags and payload types of the first.
func (s *Session) draftOffer(first []Codec) *draft {
	d := &draft{
		address: s.profile.Advertised, port: s.port, proto: "RTP/SAVP", event: eventPayload, mux: true,
	}
	if s.terms != nil {
		first = append([]Codec{s.terms.codec}, first...)
	}
	for _, c := range append(first, s.profile.Codecs...) {
		f := format{byte(c), c}
		if slices.Contains(s.profile.Codecs, c) && !slices.Contains(d.formats, f) {
			d.formats = append(d.formats, f)
		}
	}
	if s.profile.Plain {
		d.proto = "RTP/AVP"
		return d
	}
	for i, suite := range s.offeredSuites() {
		d.crypto = append(d.crypto, cryptoLine{i + 1, s.ownKey(suite)})
	}
	return d
}

// offeredSuites always hold the one that every telephone has.
func (s *Session) offeredSuites() []Suite {
	if slices.Contains(s.profile.Suites, AES128CM80) {
		return s.profile.Suites
	}
	return append(slices.Clone(s.profile.Suites), AES128CM80)
}

// acceptTerms judges the peer's answer to what we offered.
func (s *Session) acceptTerms(a *audioLine, o *draft) (*terms, error) {
	switch {
	case a.remote.Port() == 0:
		return nil, errAnswerRefused
	case a.proto != o.proto:
		return nil, errAnswerProto
	case a.remote.Addr().Is4() != s.profile.Bind.Is4():
		return nil, errAnswerFamily
	}
	t := s.newTerms(a)
	t.codec, t.event, t.mux = NoCodec, a.event, a.mux
	t.kinds[o.event] = kindEvent
	for _, f := range a.formats {
		if !slices.Contains(o.formats, format{byte(f.codec), f.codec}) {
			continue
		}
		t.kinds[byte(f.codec)] = kind(f.codec) // they send by our numbers (RFC 3264 §5.1), we by theirs
		if t.codec == NoCodec {
			t.codec, t.payload = f.codec, f.payload
		}
	}
	if t.codec == NoCodec {
		return nil, errAnswerCodec
	}
	if o.proto == "RTP/AVP" {
		return t, nil
	}
	return t, s.acceptKey(t, a, o)
}

// acceptKey wants exactly one line, with a tag and the suite that we gave it. baresip 1.0.0 answers with suites that
// were not offered: such a call would be mute at best.
func (s *Session) acceptKey(t *terms, a *audioLine, o *draft) error {
	if a.tagged != 1 || len(a.crypto) != 1 {
		return errAnswerCrypto
	}
	line := a.crypto[0]
	for _, c := range o.crypto {
		if c.tag == line.tag && c.key.suite == line.key.suite {
			_, err := s.setKeys(t, line.key)
			return err
		}
	}
	return errAnswerKey
}

// complete fills a profile's gaps.
func (p Profile) complete() (Profile, error) {
	p.Bind, p.Advertised = p.Bind.Unmap(), p.Advertised.Unmap()
	if !p.Advertised.IsValid() {
		p.Advertised = p.Bind
	}
	if !p.Bind.IsValid() || p.Bind.Is4() != p.Advertised.Is4() || p.Advertised.IsUnspecified() {
		return p, errProfile
	}
	if len(p.Suites) == 0 {
		p.Suites = DefaultSuites
	}
	if len(p.Codecs) == 0 {
		p.Codecs = []Codec{PCMU, PCMA, G722}
	}
	for _, suite := range p.Suites {
		if _, known := suites[suite]; !known {
			return p, errProfile
		}
	}
	return p, nil
}

var errProfile = errors.New("media profile: addresses of two families, none to advertise, or an unknown suite")
