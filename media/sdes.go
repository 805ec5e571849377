package media

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/pion/srtp/v3"
)

// masterKey is an SDES master key and salt for one suite (RFC 4568 §6.1). It is never printed but into our SDP.
type masterKey struct {
	suite  Suite
	inline string // key and salt, raw octets
}

// String keeps keys out of whatever prints them.
func (masterKey) String() string { return "[key]" }

// cryptoLine is one a=crypto attribute.
type cryptoLine struct {
	tag int
	key masterKey
}

func (c cryptoLine) attribute() string {
	return fmt.Sprintf("crypto:%d %s inline:%s", c.tag, c.key.suite, base64.StdEncoding.EncodeToString([]byte(c.key.inline)))
}

// newMasterKey draws a key for one direction of one session.
func newMasterKey(s Suite) masterKey {
	raw := make([]byte, suites[s].key+suites[s].salt)
	_, _ = rand.Read(raw) // never fails (crypto/rand since Go 1.24)
	return masterKey{s, string(raw)}
}

// replayWindow is how far behind the newest an SRTP packet is still judged: twice RFC 3711 §3.3.2's least.
const replayWindow = 128

// inbound and outbound make the context of a key. Each key has one in its life: a second one would forget the
// rollover counter and the replay window.
func (k masterKey) inbound() (*srtp.Context, error) {
	return k.context(srtp.SRTPReplayProtection(replayWindow), srtp.SRTCPReplayProtection(replayWindow))
}

func (k masterKey) outbound() (*srtp.Context, error) { return k.context() }

func (k masterKey) context(options ...srtp.ContextOption) (*srtp.Context, error) {
	f := suites[k.suite]
	c, err := srtp.CreateContext([]byte(k.inline[:f.key]), []byte(k.inline[f.key:]), f.profile, options...)
	if err != nil {
		return nil, fmt.Errorf("srtp %s: %w", k.suite, err)
	}
	return c, nil
}

var (
	errCryptoForm     = errors.New("crypto: not TAG SUITE KEY")
	errCryptoTag      = errors.New("crypto: tag is not 1 to 9 digits")
	errCryptoSuite    = errors.New("crypto: unknown suite")
	errCryptoMethod   = errors.New("crypto: key method is not inline")
	errCryptoMany     = errors.New("crypto: more than one key")
	errCryptoBase64   = errors.New("crypto: key is not base64")
	errCryptoLength   = errors.New("crypto: wrong key length")
	errCryptoLifetime = errors.New("crypto: lifetime out of range")
	errCryptoMKI      = errors.New("crypto: MKI is not supported")
	errCryptoMKIForm  = errors.New("crypto: MKI is not VALUE:LENGTH")
	errCryptoParts    = errors.New("crypto: unexpected key parameter")
	errCryptoSession  = errors.New("crypto: session parameter that may not be ignored")
)

// parseCrypto reads the value of one a=crypto attribute by the grammar of RFC 4568 §9.2, strictly: a line that is
// nearly right is a line that two sides read differently.
func parseCrypto(value string) (cryptoLine, error) {
	if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) {
		return cryptoLine{}, errCryptoForm
	}
	words := strings.Fields(value)
	if len(words) < 3 || strings.HasPrefix(value, " ") {
		return cryptoLine{}, errCryptoForm
	}
	tag, err := parseTag(words[0])
	if err != nil {
		return cryptoLine{}, err
	}
	suite := Suite(words[1]) // matched exactly: the grammar's names are case-sensitive tokens in practice
	f, known := suites[suite]
	if !known {
		return cryptoLine{}, errCryptoSuite
	}
	raw, err := parseKey(words[2], f)
	if err != nil {
		return cryptoLine{}, err
	}
	for _, word := range words[3:] {
		if err := checkSessionParameter(word); err != nil {
			return cryptoLine{}, err
		}
	}
	return cryptoLine{tag, masterKey{suite, string(raw)}}, nil
}

// parseTag takes 1*9DIGIT without leading zeros (RFC 4568 §4.1).
func parseTag(word string) (int, error) {
	if len(word) > 9 || word[0] == '0' && len(word) > 1 || !digits(word) {
		return 0, errCryptoTag
	}
	return strconv.Atoi(word)
}

func digits(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}

// parseKey reads "inline:" key||salt ["|" lifetime] ["|" MKI ":" length] (RFC 4568 §6.1).
func parseKey(word string, f suiteFacts) ([]byte, error) {
	rest, ok := strings.CutPrefix(word, "inline:")
	switch {
	case !ok:
		return nil, errCryptoMethod
	case strings.Contains(rest, ";"):
		return nil, errCryptoMany
	}
	parts := strings.Split(rest, "|")
	if len(parts) > 3 {
		return nil, errCryptoParts
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(parts[0])
	switch {
	case err != nil:
		return nil, errCryptoBase64
	case len(raw) != f.key+f.salt:
		return nil, errCryptoLength
	}
	return raw, checkKeyParameters(parts[1:])
}

// checkKeyParameters takes a lifetime and refuses an MKI, with which each packet would carry octets we do not expect.
func checkKeyParameters(parts []string) error {
	for i, part := range parts {
		id, length, isMKI := strings.Cut(part, ":")
		switch {
		case isMKI && i != len(parts)-1:
			return errCryptoParts
		case isMKI && (!digits(id) || !digits(length) || len(length) > 3):
			return errCryptoMKIForm
		case isMKI:
			return errCryptoMKI
		case i > 0:
			return errCryptoParts
		}
		if err := checkLifetime(part); err != nil {
			return err
		}
	}
	return nil
}

// checkLifetime takes "2^n" or a decimal number of packets. Over 2^48 is beyond SRTP (RFC 3711 §9.2); under 2^20, less
// than six hours of speech, is no key for a telephone call.
func checkLifetime(word string) error {
	const least, most = 20, 48
	if power, ok := strings.CutPrefix(word, "2^"); ok {
		n, err := strconv.Atoi(power)
		if err != nil || !digits(power) || n < least || n > most {
			return errCryptoLifetime
		}
		return nil
	}
	n, err := strconv.ParseUint(word, 10, 64)
	if err != nil || !digits(word) || word[0] == '0' || n < 1<<least || n > 1<<most {
		return errCryptoLifetime
	}
	return nil
}

// checkSessionParameter lets pass what changes nothing (RFC 4568 §6.3). UNENCRYPTED_ and UNAUTHENTICATED_ would be a
// downgrade; a "-" before the name says that it may be ignored.
func checkSessionParameter(word string) error {
	name, value, _ := strings.Cut(word, "=")
	switch {
	case strings.HasPrefix(name, "-") && len(name) > 1:
		return nil
	case name == "WSH" && digits(value) && len(value) < 6:
		return nil // their replay window's size, a hint
	case name == "KDR" && value == "0":
		return nil // no further key derivation: the default
	}
	return errCryptoSession
}
