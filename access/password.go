package access

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// Argon2id (RFC 9106): 64 MiB, one lane. Two passes are the least that RFC 9106 §4 and the design name; they take 0.07 s on a
// server of 2026. Six take 0.2 s: what a guess has to cost (docs/decisions/0010).
const (
	argonKiB    = 64 << 10
	argonPasses = 6
	argonLanes  = 1
	saltBytes   = 16
	hashBytes   = 32
)

// What a stored hash may ask for at most: a damaged row must not take the machine down.
const (
	mostKiB    = 256 << 10
	mostPasses = 8
)

// waiting is how many attempts may stand in line for a slot.
const waiting = 512

// What Passwords answers besides yes and no.
var (
	ErrBusy     = errors.New("password check: too many at once")
	ErrHashText = errors.New("password hash: not readable")
)

// Passwords hashes and checks, a few at a time: each check takes 64 MiB, so memory is bounded by the number of slots and not
// by the number of attempts.
type Passwords struct {
	slots chan struct{}
	line  atomic.Int64
}

// NewPasswords makes a queue with this many slots; at least one.
func NewPasswords(parallel int) *Passwords {
	return &Passwords{slots: make(chan struct{}, max(1, parallel))}
}

// Hash gives what is kept of a password: the PHC text, with a salt of its own.
func (p *Passwords) Hash(ctx context.Context, password string) (string, error) {
	h := phc{kib: argonKiB, passes: argonPasses, salt: make([]byte, saltBytes)}
	rand.Read(h.salt)
	var err error
	h.sum, err = p.derive(ctx, h, password)
	if err != nil {
		return "", err
	}
	return h.String(), nil
}

// Check says whether the password is the one of the hash, and whether the hash should be made anew because today's cost is
// higher. An account without a password takes as long and is never right.
func (p *Passwords) Check(ctx context.Context, hash, password string) (ok, stale bool, err error) {
	if hash == "" {
		return false, false, p.Nobody(ctx, password)
	}
	h, err := parsePHC(hash)
	if err != nil {
		return false, false, err
	}
	sum, err := p.derive(ctx, h, password)
	if err != nil {
		return false, false, err
	}
	ok = subtle.ConstantTimeCompare(sum, h.sum) == 1
	return ok, ok && (h.kib < argonKiB || h.passes < argonPasses), nil
}

// Nobody takes the time of a check: a name that nobody has is answered no faster.
func (p *Passwords) Nobody(ctx context.Context, password string) error {
	_, err := p.derive(ctx, phc{kib: argonKiB, passes: argonPasses, salt: make([]byte, saltBytes)}, password)
	return err
}

func (p *Passwords) derive(ctx context.Context, h phc, password string) ([]byte, error) {
	if p.line.Add(1) > waiting+int64(cap(p.slots)) {
		p.line.Add(-1)
		return nil, ErrBusy
	}
	defer p.line.Add(-1)
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	defer func() { <-p.slots }()
	if ctx.Err() != nil { // gave up just as her turn came
		return nil, context.Cause(ctx)
	}
	if len(password) > mostPasswordBytes {
		password = password[:mostPasswordBytes] // never right, and takes no longer
	}
	return argon2.IDKey([]byte(norm.NFC.String(password)), h.salt, h.passes, h.kib, argonLanes, hashBytes), nil
}

// phc is the text form that the Argon2 reference prints: $argon2id$v=19$m=65536,t=6,p=1$salt$sum.
type phc struct {
	kib    uint32
	passes uint32
	salt   []byte
	sum    []byte
}

func (h phc) String() string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.kib, h.passes, argonLanes,
		b64.EncodeToString(h.salt), b64.EncodeToString(h.sum))
}

func parsePHC(text string) (phc, error) {
	parts := strings.Split(text, "$")
	if len(text) > 256 || len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return phc{}, ErrHashText
	}
	var h phc
	var err error
	var lanes int
	if n, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.kib, &h.passes, &lanes); err != nil || n != 3 {
		return phc{}, ErrHashText
	}
	if h.kib < 8 || h.kib > mostKiB || h.passes < 1 || h.passes > mostPasses || lanes != argonLanes {
		return phc{}, ErrHashText
	}
	if h.salt, err = base64.RawStdEncoding.Strict().DecodeString(parts[4]); err != nil || len(h.salt) < 8 {
		return phc{}, ErrHashText
	}
	if h.sum, err = base64.RawStdEncoding.Strict().DecodeString(parts[5]); err != nil || len(h.sum) != hashBytes {
		return phc{}, ErrHashText
	}
	if h.String() != text {
		return phc{}, ErrHashText // one hash, one text
	}
	return h, nil
}
