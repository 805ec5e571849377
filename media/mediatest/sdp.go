package mediatest

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"
	"github.com/pion/srtp/v3"
)

// local is what we have said of ourselves.
type local struct {
	version   int
	direction string
	crypto    []crypto
}

// remote is what the other side has said.
type remote struct {
	addr      netip.AddrPort
	codec     string // the first that both have
	payload   uint8
	keys      uint8 // payload type of telephone-event; 0: none
	direction string
	crypto    []crypto
}

// crypto is one line of RFC 4568.
type crypto struct {
	tag, suite string
	master     []byte // key, then salt
}

func (c crypto) String() string {
	return c.tag + " " + c.suite + " inline:" + base64.StdEncoding.EncodeToString(c.master)
}

var profiles = map[string]srtp.ProtectionProfile{
	"AES_CM_128_HMAC_SHA1_80": srtp.ProtectionProfileAes128CmHmacSha1_80,
	"AES_CM_128_HMAC_SHA1_32": srtp.ProtectionProfileAes128CmHmacSha1_32,
	"AES_256_CM_HMAC_SHA1_80": srtp.ProtectionProfileAes256CmHmacSha1_80,
	"AEAD_AES_128_GCM":        srtp.ProtectionProfileAeadAes128Gcm,
	"AEAD_AES_256_GCM":        srtp.ProtectionProfileAeadAes256Gcm,
}

var payloadTypes = map[string]uint8{"PCMU": 0, "PCMA": 8}

const keysPayload = 101

// Direct chooses the direction of the next Offer or Answer: "sendonly" holds the other side.
func (p *Peer) Direct(direction string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.local.direction = direction
}

// Offer describes us, the first time or again; keys stay the same.
func (p *Peer) Offer() ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.makeKeys(p.options.Suites); err != nil {
		return nil, err
	}
	return p.describe(p.options.Codecs, p.local.crypto, keysPayload), nil
}

// Accept takes the answer to our offer; sound flows from now on.
func (p *Peer) Accept(answer []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	r, err := p.read(answer)
	if err != nil {
		return err
	}
	return p.agree(r, func(ours, theirs crypto) bool { return ours.tag == theirs.tag && ours.suite == theirs.suite })
}

// Answer takes an offer and describes us in return; sound flows from now on.
func (p *Peer) Answer(offer []byte) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r, err := p.read(offer)
	if err != nil {
		return nil, err
	}
	var chosen []crypto
	if !p.plain() {
		theirs, ok := firstCommon(p.options.Suites, r.crypto)
		if !ok {
			return nil, errors.New("no crypto suite in common")
		}
		if len(p.local.crypto) == 0 || p.local.crypto[0].suite != theirs.suite {
			p.local.crypto = nil
			if err := p.makeKeys([]string{theirs.suite}); err != nil {
				return nil, err
			}
		}
		p.local.crypto[0].tag = theirs.tag
		chosen, r.crypto = p.local.crypto[:1], []crypto{theirs}
	}
	if err := p.agree(r, func(ours, theirs crypto) bool { return ours.suite == theirs.suite }); err != nil {
		return nil, err
	}
	return p.describe([]string{r.codec}, chosen, r.keys), nil
}

func (p *Peer) plain() bool { return p.options.Suites[0] == "-" }

func firstCommon(suites []string, offered []crypto) (crypto, bool) {
	for _, c := range offered {
		for _, s := range suites {
			if c.suite == s {
				return c, true
			}
		}
	}
	return crypto{}, false
}

func (p *Peer) makeKeys(suites []string) error {
	if p.plain() || len(p.local.crypto) > 0 {
		return nil
	}
	for i, name := range suites {
		n, err := masterLength(name)
		if err != nil {
			return err
		}
		c := crypto{tag: strconv.Itoa(i + 1), suite: name, master: make([]byte, n)}
		_, _ = rand.Read(c.master) // never fails, crypto/rand
		p.local.crypto = append(p.local.crypto, c)
	}
	return nil
}

func masterLength(suite string) (int, error) {
	profile, ok := profiles[suite]
	if !ok {
		return 0, fmt.Errorf("crypto suite %s unknown", suite)
	}
	key, err := profile.KeyLen()
	if err != nil {
		return 0, err
	}
	salt, err := profile.SaltLen()
	return key + salt, err
}

func (p *Peer) describe(codecs []string, lines []crypto, keys uint8) []byte {
	p.local.version++
	at, family, transport := p.Addr(), "IP4", "RTP/SAVP"
	if at.Addr().Is6() {
		family = "IP6"
	}
	if p.plain() {
		transport = "RTP/AVP"
	}
	var list, maps strings.Builder
	for _, c := range codecs {
		fmt.Fprintf(&list, " %d", payloadTypes[c])
		fmt.Fprintf(&maps, "a=rtpmap:%d %s/8000\r\n", payloadTypes[c], c)
	}
	if keys != 0 {
		fmt.Fprintf(&list, " %d", keys)
		fmt.Fprintf(&maps, "a=rtpmap:%d telephone-event/8000\r\na=fmtp:%d 0-15\r\n", keys, keys)
	}
	for _, c := range lines {
		fmt.Fprintf(&maps, "a=crypto:%s\r\n", c)
	}
	return fmt.Appendf(nil, "v=0\r\no=- %d %d IN %s %s\r\ns=-\r\nc=IN %s %s\r\nt=0 0\r\nm=audio %d %s%s\r\n%sa=ptime:20\r\na=%s\r\na=rtcp-mux\r\n",
		p.began.Unix(), p.local.version, family, at.Addr(), family, at.Addr(), at.Port(), transport, list.String(),
		maps.String(), p.local.direction)
}

// read understands the first audio section of a description.
func (p *Peer) read(description []byte) (remote, error) {
	var d sdp.SessionDescription
	if err := d.Unmarshal(description); err != nil {
		return remote{}, fmt.Errorf("description: %w", err)
	}
	for _, m := range d.MediaDescriptions {
		if m.MediaName.Media == "audio" && m.MediaName.Port.Value != 0 {
			return p.readAudio(&d, m)
		}
	}
	return remote{}, errors.New("description: no audio in it")
}

func (p *Peer) readAudio(d *sdp.SessionDescription, m *sdp.MediaDescription) (remote, error) {
	c := m.ConnectionInformation
	if c == nil {
		c = d.ConnectionInformation
	}
	if c == nil || c.Address == nil {
		return remote{}, errors.New("description: no address")
	}
	ip, err := netip.ParseAddr(c.Address.Address)
	if err != nil {
		return remote{}, fmt.Errorf("description: address: %w", err)
	}
	r := remote{addr: netip.AddrPortFrom(ip, uint16(m.MediaName.Port.Value)), direction: "sendrecv"}
	for _, a := range m.Attributes {
		switch a.Key {
		case "sendrecv", "sendonly", "recvonly", "inactive":
			r.direction = a.Key
		case "crypto":
			if line, ok := readCrypto(a.Value); ok {
				r.crypto = append(r.crypto, line)
			}
		case "rtpmap":
			if kind, name, ok := strings.Cut(a.Value, " "); ok && strings.HasPrefix(name, "telephone-event/8000") {
				n, _ := strconv.ParseUint(kind, 10, 7)
				r.keys = uint8(n)
			}
		}
	}
	for _, format := range m.MediaName.Formats {
		for _, ours := range p.options.Codecs {
			if r.codec == "" && format == strconv.Itoa(int(payloadTypes[ours])) {
				r.codec, r.payload = ours, payloadTypes[ours]
			}
		}
	}
	if r.codec == "" {
		return remote{}, errors.New("description: no codec in common")
	}
	return r, nil
}

// readCrypto takes a line without MKI or session parameters that need anything of us.
func readCrypto(line string) (crypto, bool) {
	f := strings.Fields(line)
	if len(f) < 3 || !strings.HasPrefix(f[2], "inline:") {
		return crypto{}, false
	}
	key, _, _ := strings.Cut(strings.TrimPrefix(f[2], "inline:"), "|")
	master, err := base64.StdEncoding.DecodeString(key)
	want, unknown := masterLength(f[1])
	if err != nil || unknown != nil || len(master) != want {
		return crypto{}, false
	}
	return crypto{tag: f[0], suite: f[1], master: master}, true
}
