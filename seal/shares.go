package seal

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"
)

// SetID names one set of shares; it is derived from the recovery key's public half.
type SetID [8]byte

// String is the id as a person reads it, in two groups of base32.
func (s SetID) String() string {
	text := encode32(s[:])
	return text[:7] + "-" + text[7:]
}

// Share is one of the parts that a recovery key is split into: a point of a polynomial over GF(256) for each byte (Shamir,
// "How to share a secret", 1979). Any Threshold of them give the key, fewer give nothing at all. It prints as "[key]"; Text
// is the one way to its clear form.
type Share struct {
	Set       SetID
	Number    byte // the polynomials' argument, from 1
	Threshold byte
	Of        byte      // so many were made
	Made      time.Time // the day
	value     [32]byte
}

// Wipe overwrites the share's secret part.
func (s *Share) Wipe() { clear(s.value[:]) }

// Format answers every verb alike.
func (Share) Format(f fmt.State, _ rune)   { _, _ = io.WriteString(f, redacted) }
func (Share) String() string               { return redacted }
func (Share) LogValue() slog.Value         { return slog.StringValue(redacted) }
func (Share) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// What shares are refused for.
var (
	ErrThreshold   = errors.New("threshold out of bounds: 2 <= threshold <= shares <= 16")
	ErrTooFew      = errors.New("too few shares")
	ErrOtherSet    = errors.New("shares of two sets")
	ErrShareTwice  = errors.New("the same share twice")
	ErrShareDiffer = errors.New("shares that do not belong together")
	ErrShareForged = errors.New("shares do not give the key of their set: one of them was altered")
)

// Split makes the shares of a recovery key. The key's own bytes are the polynomials' values at 0.
func (k RecoveryKey) Split(threshold, shares int, made time.Time) ([]Share, error) {
	if threshold < 2 || threshold > shares || shares > 16 {
		return nil, ErrThreshold
	}
	public, err := k.Public()
	if err != nil {
		return nil, err
	}
	day := made.UTC().Truncate(24 * time.Hour)
	all := make([]Share, shares)
	for i := range all {
		all[i] = Share{Set: public.Set(), Number: byte(i + 1), Threshold: byte(threshold), Of: byte(shares), Made: day}
	}
	poly := make([]byte, threshold)
	defer clear(poly)
	for b := range k.seed {
		poly[0] = k.seed[b]
		_, _ = rand.Read(poly[1:])
		for i := range all {
			all[i].value[b] = evaluate(poly, all[i].Number)
		}
	}
	return all, nil
}

// evaluate is the polynomial's value at x, by Horner's rule.
func evaluate(poly []byte, x byte) (y byte) {
	for _, c := range slices.Backward(poly) {
		y = mulGF(y, x) ^ c
	}
	return y
}

// CombineShares gives the key that the shares were made from. It refuses shares of two sets by name, too few of them, the
// same one twice, and any that give another key than their set's.
func CombineShares(shares ...Share) (RecoveryKey, error) {
	if err := belong(shares); err != nil {
		return RecoveryKey{}, fmt.Errorf("recovery key: %w", err)
	}
	shares = shares[:shares[0].Threshold]
	var k RecoveryKey
	for i, s := range shares {
		weight := lagrange(shares, i)
		for b := range k.seed {
			k.seed[b] ^= mulGF(weight, s.value[b])
		}
	}
	public, err := k.Public()
	if err != nil || public.Set() != shares[0].Set {
		k.Wipe()
		return RecoveryKey{}, fmt.Errorf("recovery key: %w", ErrShareForged)
	}
	return k, nil
}

// lagrange is the weight of a share's value in the value at 0.
func lagrange(shares []Share, i int) byte {
	num, den := byte(1), byte(1)
	for j, s := range shares {
		if j != i {
			num = mulGF(num, s.Number)
			den = mulGF(den, s.Number^shares[i].Number)
		}
	}
	return mulGF(num, invGF(den))
}

func belong(shares []Share) error {
	if len(shares) == 0 {
		return ErrTooFew
	}
	first := shares[0]
	seen := map[byte]bool{}
	for _, s := range shares {
		switch {
		case s.Set != first.Set:
			return fmt.Errorf("%w: %s and %s", ErrOtherSet, first.Set, s.Set)
		case s.Threshold != first.Threshold || s.Of != first.Of || s.Threshold < 2 || s.Number == 0:
			return ErrShareDiffer
		case seen[s.Number]:
			return fmt.Errorf("%w: share %d", ErrShareTwice, s.Number)
		}
		seen[s.Number] = true
	}
	if len(shares) < int(first.Threshold) {
		return fmt.Errorf("%w: %d, %d are needed", ErrTooFew, len(shares), first.Threshold)
	}
	return nil
}
