package access

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/base64"
	"strings"
)

// SecretKind is the prefix by which a secret says what it opens; a secret of one kind never opens another's door.
type SecretKind string

// The kinds of secrets that people or their programs hold. Each is 256 random bits; only the SHA-256 is kept.
const (
	LoginSecret      SecretKind = "nbl_"
	PendingSecret    SecretKind = "nbp_"
	InvitationSecret SecretKind = "nbi_"
)

const secretBytes = 32

// NewSecret makes a secret and what is kept of it.
func NewSecret(kind SecretKind) (secret string, hash []byte) {
	var random [secretBytes]byte
	rand.Read(random[:])
	secret = string(kind) + base64.RawURLEncoding.EncodeToString(random[:])
	sum := sha256.Sum256([]byte(secret))
	return secret, sum[:]
}

// HashSecret gives what is kept of a secret of this kind; ok is false for a text that cannot be one.
func HashSecret(kind SecretKind, secret string) (hash []byte, ok bool) {
	body, found := strings.CutPrefix(secret, string(kind))
	if !found || len(body) != base64.RawURLEncoding.EncodedLen(secretBytes) {
		return nil, false
	}
	if raw, err := base64.RawURLEncoding.Strict().DecodeString(body); err != nil || len(raw) != secretBytes {
		return nil, false
	}
	sum := sha256.Sum256([]byte(secret))
	return sum[:], true
}

// RecoveryCodes is how many a person holds.
const RecoveryCodes = 10

var codeAlphabet = base32.StdEncoding.WithPadding(base32.NoPadding)

const codeBytes = 10 // 80 bits

// NewRecoveryCodes makes ten codes to print ("abcd-efgh-ijkl-mnop") and what is kept of each.
func NewRecoveryCodes() (codes []string, hashes [][]byte) {
	for range RecoveryCodes {
		var random [codeBytes]byte
		rand.Read(random[:])
		text := strings.ToLower(codeAlphabet.EncodeToString(random[:]))
		codes = append(codes, strings.Join([]string{text[:4], text[4:8], text[8:12], text[12:]}, "-"))
		sum := sha256.Sum256([]byte(text))
		hashes = append(hashes, sum[:])
	}
	return codes, hashes
}

// HashRecoveryCode gives what is kept of a code as a person types it: case, dashes and spaces do not count.
func HashRecoveryCode(typed string) (hash []byte, ok bool) {
	if len(typed) > 64 {
		return nil, false
	}
	text := strings.ToUpper(strings.NewReplacer("-", "", " ", "", "\t", "").Replace(strings.TrimSpace(typed)))
	if len(text) != codeAlphabet.EncodedLen(codeBytes) { // DecodeString overlooks a character too many
		return nil, false
	}
	if _, err := codeAlphabet.DecodeString(text); err != nil {
		return nil, false
	}
	sum := sha256.Sum256([]byte(strings.ToLower(text)))
	return sum[:], true
}

// SameHash compares two hashes in a time that says nothing of where they differ.
func SameHash(a, b []byte) bool { return len(a) == len(b) && subtle.ConstantTimeCompare(a, b) == 1 }
