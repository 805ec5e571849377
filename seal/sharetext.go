package seal

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A share on paper is 15 groups of 8 letters and digits. Six of each carry 30 bits, two are check symbols of a code over
// GF(32) whose words differ in three places at least: any two wrong characters of a group, or two that changed places, are
// seen, and the group is named; so is a group that stands in another's place. What the groups carry:
//
//	u8 1 || 8 set || u8 number || u8 threshold || u8 of || u32 day (since 1970) || 32 value || 8 of SHA-256("nightbell.share.v1" || 00 || the 48 before)
//
// and two zero bits. The letters are Crockford's: no I, L, O, U; typed ones are read as 1, 1, 0.

const (
	shareGroups = 15
	groupSize   = 8 // characters
	groupFill   = 6 // of them carry something
	shareBody   = 48
	shareSize   = shareBody + 8
	sharePrefix = "NBSHARE1:"
	letters     = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	shareLabel  = "nightbell.share.v1\x00"
)

// Refusals of a typed share.
var (
	ErrShareTyped   = errors.New("typing error")
	ErrShareLength  = errors.New("not a whole share")
	ErrShareDamaged = errors.New("share damaged: its groups are right one by one and wrong together")
	ErrShareVersion = errors.New("share of an unknown version")
)

// encode32 writes bytes in base32, the last symbol filled with zero bits.
func encode32(b []byte) string {
	var out strings.Builder
	var bits, n uint
	for _, c := range b {
		bits, n = bits<<8|uint(c), n+8
		for ; n >= 5; n -= 5 {
			out.WriteByte(letters[bits>>(n-5)&31])
		}
	}
	if n > 0 {
		out.WriteByte(letters[bits<<(5-n)&31])
	}
	return out.String()
}

// mulGF32 multiplies in GF(2^5) with the polynomial x^5 + x^2 + 1.
func mulGF32(a, b byte) (p byte) {
	for range 5 {
		p ^= -(b & 1) & a
		a <<= 1
		a ^= -(a >> 5 & 1) & 0x25
		b >>= 1
	}
	return p & 31
}

// powers of the field's generator; the code's roots are the first two.
var powers = func() (p [groupSize]byte) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = mulGF32(p[i-1], 2)
	}
	return p
}()

// syndromes are zero for a group that was typed right and stands in its place.
func syndromes(group int, s [groupSize]byte) (a, b byte) {
	a = byte(group)
	for i, c := range s {
		a ^= c
		b ^= mulGF32(c, powers[i])
	}
	return a, b
}

// checked fills in the two check symbols.
func checked(group int, s [groupSize]byte) [groupSize]byte {
	s[6], s[7] = 0, 0
	a, b := syndromes(group, s)
	inverse := byte(1)
	for mulGF32(inverse, powers[6]^powers[7]) != 1 {
		inverse++
	}
	s[7] = mulGF32(b^mulGF32(a, powers[6]), inverse)
	s[6] = a ^ s[7]
	return s
}

// Groups is the share as it is printed: 15 groups, each written XXXX-XXXX. This is its clear form.
func (s Share) Groups() []string {
	text := encode32(s.encode())
	out := make([]string, shareGroups)
	for g := range out {
		var symbols [groupSize]byte
		for i := range groupFill {
			symbols[i] = byte(strings.IndexByte(letters, text[g*groupFill+i]))
		}
		b := make([]byte, groupSize)
		for i, c := range checked(g+1, symbols) {
			b[i] = letters[c]
		}
		out[g] = string(b[:4]) + "-" + string(b[4:])
	}
	return out
}

// Text is the share on one line, as its QR code holds it.
func (s Share) Text() string { return sharePrefix + strings.Join(s.Groups(), "-") }

func (s Share) encode() []byte {
	b := append([]byte{1}, s.Set[:]...)
	b = append(b, s.Number, s.Threshold, s.Of)
	b = binary.BigEndian.AppendUint32(b, uint32(s.Made.Unix()/86400))
	b = append(b, s.value[:]...)
	return append(b, shareSum(b)...)
}

func shareSum(body []byte) []byte {
	sum := sha256.Sum256(append([]byte(shareLabel), body...))
	return sum[:shareSize-shareBody]
}

// CheckGroup says whether the group of that number, from 1, was typed right.
func CheckGroup(number int, text string) error {
	_, err := readGroup(number, strings.ReplaceAll(strings.TrimSpace(text), "-", ""))
	return err
}

// ShareGroups is how many groups a share has.
const ShareGroups = shareGroups

func readGroup(number int, text string) (s [groupSize]byte, err error) {
	wrong := fmt.Errorf("%w in group %d", ErrShareTyped, number)
	if len(text) != groupSize {
		return s, wrong
	}
	for i := range s {
		at := strings.IndexByte(letters, upright(text[i]))
		if at < 0 {
			return s, wrong
		}
		s[i] = byte(at)
	}
	if a, b := syndromes(number, s); a != 0 || b != 0 {
		return s, wrong
	}
	return s, nil
}

// upright reads what people write for each other's digits.
func upright(c byte) byte {
	if c >= 'a' && c <= 'z' {
		c -= 'a' - 'A'
	}
	switch c {
	case 'I', 'L':
		return '1'
	case 'O':
		return '0'
	}
	return c
}

// ParseShare reads a share as it was typed or scanned: upper or lower case, with or without hyphens, groups apart or in one.
// Every group with a typing error is named.
func ParseShare(text string) (Share, error) {
	text = strings.TrimSpace(text)
	if len(text) >= len(sharePrefix) && strings.EqualFold(text[:len(sharePrefix)], sharePrefix) {
		text = text[len(sharePrefix):]
	}
	groups := apart(text)
	if len(groups) != shareGroups {
		return Share{}, fmt.Errorf("share: %w: %d groups of %d", ErrShareLength, len(groups), shareGroups)
	}
	var symbols []byte
	var wrong []error
	for i, g := range groups {
		s, err := readGroup(i+1, g)
		if err != nil {
			wrong = append(wrong, err)
		}
		symbols = append(symbols, s[:groupFill]...)
	}
	if err := errors.Join(wrong...); err != nil {
		return Share{}, fmt.Errorf("share: %w", err)
	}
	return decodeShare(symbols)
}

// apart finds the groups: where 15 words stand they are the groups, each with its own mistakes; else eight characters each.
func apart(text string) []string {
	words := strings.Fields(text)
	for i := range words {
		words[i] = strings.ReplaceAll(words[i], "-", "")
	}
	if len(words) == shareGroups {
		return words
	}
	all := strings.Join(words, "")
	var groups []string
	for len(all) > 0 {
		n := min(groupSize, len(all))
		groups, all = append(groups, all[:n]), all[n:]
	}
	return groups
}

func decodeShare(symbols []byte) (Share, error) {
	b := make([]byte, 0, shareSize)
	var bits, n uint
	for _, s := range symbols {
		bits, n = bits<<5|uint(s), n+5
		if n >= 8 {
			b, n = append(b, byte(bits>>(n-8))), n-8
		}
	}
	if len(b) != shareSize || bits&3 != 0 || !bytes.Equal(b[shareBody:], shareSum(b[:shareBody])) {
		return Share{}, fmt.Errorf("share: %w", ErrShareDamaged)
	}
	if b[0] != 1 {
		return Share{}, fmt.Errorf("share: %w %d", ErrShareVersion, b[0])
	}
	s := Share{Set: SetID(b[1:9]), Number: b[9], Threshold: b[10], Of: b[11], Made: day(binary.BigEndian.Uint32(b[12:]))}
	copy(s.value[:], b[16:shareBody])
	if s.Number == 0 || s.Threshold < 2 || s.Number > s.Of || s.Threshold > s.Of {
		return Share{}, fmt.Errorf("share: %w", ErrShareDamaged)
	}
	return s, nil
}

func day(n uint32) time.Time { return time.Unix(int64(n)*86400, 0).UTC() }

// sameSet reports whether shares come from one splitting: for the command that gathers them one by one.
func sameSet(all []Share, next Share) bool {
	return !slices.ContainsFunc(all, func(s Share) bool { return s.Set != next.Set })
}

// AddShare takes one more share of the set, or says at once why it does not belong.
func AddShare(all []Share, next Share) ([]Share, error) {
	if !sameSet(all, next) {
		return all, fmt.Errorf("%w: %s and %s", ErrOtherSet, all[0].Set, next.Set)
	}
	for _, s := range all {
		if s.Number == next.Number {
			return all, fmt.Errorf("%w: share %d", ErrShareTwice, s.Number)
		}
		if s.Threshold != next.Threshold || s.Of != next.Of {
			return all, ErrShareDiffer
		}
	}
	return append(all, next), nil
}
