package seal

import (
	"cmp"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// Kind is a way to ROOT.
type Kind string

const (
	ByPassphrase Kind = "passphrase"
	ByKeyFile    Kind = "key-file"
	ByCredential Kind = "systemd-credential"
	ByTPM        Kind = "tpm"
	ByRecovery   Kind = "recovery"
)

// Unsealer opens one slot of ROOT: a Passphrase, a KeyFile, a Credential, a TPM or a RecoverySlot.
type Unsealer interface {
	Kind() Kind
	prepare(*slot) ([]byte, error) // puts into a new slot what its key is derived by, and gives that key
	derive(slot) ([]byte, error)   // the slot's key
	wrong() error                  // what it means when that key does not fit
}

// Passphrase unseals by what a person knows. Wipe Phrase when ROOT is open.
type Passphrase struct {
	Phrase []byte
	Cost   Cost // of a new slot; zero: DefaultCost
}

// Cost is what trying one passphrase takes, by Argon2id (RFC 9106). It is stored with the slot.
type Cost struct {
	Time    uint32 `json:"time"`
	Memory  uint32 `json:"memory_kib"`
	Threads uint8  `json:"threads"`
}

// DefaultCost: ROOT is opened once a start, so it may cost more than a login does.
var DefaultCost = Cost{Time: 3, Memory: 128 << 10, Threads: 2}

// Bounds of what a slots file may ask of us.
const (
	maxTime   = 64
	maxMemory = 2 << 20 // KiB
	minPhrase = 12      // characters
)

// Refusals of what a key is made from.
var (
	ErrShortPassphrase = errors.New("passphrase shorter than 12 characters")
	ErrShortKey        = errors.New("key shorter than 32 bytes")
	ErrOpenToOthers    = errors.New("key file open to others than its owner")
	ErrBesideData      = errors.New("key file lies on the data's filesystem")
)

// Kind is ByPassphrase.
func (Passphrase) Kind() Kind { return ByPassphrase }

func (p Passphrase) prepare(s *slot) ([]byte, error) {
	if utf8.RuneCount(p.Phrase) < minPhrase {
		return nil, ErrShortPassphrase
	}
	cost := p.Cost
	if cost == (Cost{}) {
		cost = DefaultCost
	}
	s.KDF, s.Cost = "argon2id", &cost
	return p.derive(*s)
}

func (p Passphrase) derive(s slot) ([]byte, error) {
	c := s.Cost
	if s.KDF != "argon2id" || c == nil || c.Time < 1 || c.Time > maxTime || c.Memory > maxMemory || c.Threads < 1 {
		return nil, ErrSlotsDamaged
	}
	return argon2.IDKey(p.Phrase, s.Salt, c.Time, c.Memory, c.Threads, 32), nil
}

func (Passphrase) wrong() error { return ErrWrongPassphrase }

// Mode says how strict to be about where a key lies.
type Mode string

const (
	Production  Mode = "production"
	Development Mode = "development" // a key beside its data is let pass; banners and doctor say so
)

// KeyFile unseals by a file on another filesystem than the data's: whoever copies the data has not got it.
type KeyFile struct {
	Path string
	Data string // the data folder
	Mode Mode
	Name string // what the slot calls its place; empty: Path
}

// Kind is ByKeyFile.
func (KeyFile) Kind() Kind { return ByKeyFile }

// Make writes a new random key, readable by its owner alone. It never overwrites.
func (k KeyFile) Make() error {
	if err := k.placed(); err != nil {
		return fmt.Errorf("make key file: %w", err)
	}
	var raw [32]byte
	_, _ = rand.Read(raw[:])
	defer clear(raw[:])
	f, err := os.OpenFile(k.Path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("make key file: %w", err)
	}
	_, err = f.WriteString(hex.EncodeToString(raw[:]) + "\n")
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("make key file: %w", err)
	}
	return syncPath(filepath.Dir(k.Path))
}

// placed refuses a key on the filesystem of what it protects.
func (k KeyFile) placed() error {
	if k.Mode == Development {
		return nil
	}
	beside, err := sameFilesystem(filepath.Dir(k.Path), k.Data)
	if err != nil {
		return err
	}
	if beside {
		return ErrBesideData
	}
	return nil
}

func sameFilesystem(a, b string) (bool, error) {
	one, err := filesystem(a)
	if err != nil {
		return false, fmt.Errorf("filesystem of the key: %w", err)
	}
	other, err := filesystem(b)
	if err != nil {
		return false, fmt.Errorf("filesystem of the data: %w", err)
	}
	return one == other, nil
}

func (k KeyFile) prepare(s *slot) ([]byte, error) {
	s.KDF, s.Place = "hkdf-sha256", cmp.Or(k.Name, k.Path)
	return k.derive(*s)
}

func (k KeyFile) derive(s slot) ([]byte, error) {
	info, err := os.Stat(k.Path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w: no file %s", ErrKeyMissing, k.Path)
	}
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, ErrOpenToOthers
	}
	if err := k.placed(); err != nil {
		return nil, err
	}
	return fromFile(k.Path, s)
}

func (KeyFile) wrong() error { return ErrWrongKey }

// Credential unseals by what systemd decrypts for the unit (LoadCredentialEncrypted=): memory of the service alone,
// bound to a TPM where one is used.
type Credential struct {
	Name string
	Dir  string // $CREDENTIALS_DIRECTORY
}

// SystemdCredential is the credential of that name as systemd has passed it to this process.
func SystemdCredential(name string) Credential {
	return Credential{Name: name, Dir: os.Getenv("CREDENTIALS_DIRECTORY")}
}

// Kind is ByCredential.
func (Credential) Kind() Kind { return ByCredential }

func (c Credential) prepare(s *slot) ([]byte, error) {
	s.KDF, s.Place = "hkdf-sha256", c.Name
	return c.derive(*s)
}

func (c Credential) derive(s slot) ([]byte, error) {
	if c.Dir == "" {
		return nil, fmt.Errorf("%w: systemd has passed no credentials", ErrKeyMissing)
	}
	if c.Name == "" || c.Name != filepath.Base(c.Name) {
		return nil, fmt.Errorf("%w: not a credential's name", ErrKeyMissing)
	}
	path := filepath.Join(c.Dir, c.Name)
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w: no credential %s", ErrKeyMissing, c.Name)
	}
	return fromFile(path, s)
}

func (Credential) wrong() error { return ErrWrongKey }

// maxKeyFile bounds what is read: a key file given by mistake is not a disk image.
const maxKeyFile = 1 << 20

// fromFile derives a slot's key from a file of random bytes, in whatever form they are written.
func fromFile(path string, s slot) ([]byte, error) {
	if s.KDF != "hkdf-sha256" {
		return nil, ErrSlotsDamaged
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxKeyFile {
		return nil, ErrWrongKey
	}
	secret, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	defer clear(secret)
	if len(secret) < 32 {
		return nil, ErrShortKey
	}
	return slotKey(secret, s)
}

// slotKey makes a slot's key of a secret that has 256 bits already.
func slotKey(secret []byte, s slot) ([]byte, error) {
	return hkdf.Key(sha256.New, secret, s.Salt, "nightbell.slot.v1|"+string(s.Kind), 32)
}
