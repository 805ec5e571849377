package seal

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/google/go-tpm/tpm2"
)

// TPM unseals by the machine itself: a secret that only this machine's TPM 2.0 gives back (TCG, "TPM 2.0 Library", Part 1
// §29). A disk that was taken opens nothing; whoever commands the running machine does. It is bound to no boot measurement:
// a new kernel would lock everybody out, and callers are worth more than that.
type TPM struct {
	Path string // DefaultTPM, or the unix socket of a software TPM
}

// DefaultTPM is the kernel's resource manager: it needs no exclusive access.
const DefaultTPM = "/dev/tpmrm0"

// ErrOtherTPM: the secret was sealed by another machine's TPM, or this one was cleared.
var ErrOtherTPM = errors.New("another TPM, or a cleared one")

// tpmBlob is the sealed object as the TPM gave it out. It is useless to any other.
type tpmBlob struct {
	Parent  []byte `json:"parent"` // name of the storage root key that it hangs from
	Public  []byte `json:"public"`
	Private []byte `json:"private"`
}

// Present reports whether there is a TPM to ask.
func (t TPM) Present() bool {
	info, err := os.Stat(t.path())
	return err == nil && info.Mode()&(os.ModeDevice|os.ModeSocket) != 0
}

func (t TPM) path() string {
	if t.Path == "" {
		return DefaultTPM
	}
	return t.Path
}

// Kind is ByTPM.
func (TPM) Kind() Kind { return ByTPM }

func (TPM) wrong() error { return ErrOtherTPM }

func (t TPM) prepare(s *slot) ([]byte, error) {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret)
	defer clear(secret)
	blob, err := t.keep(secret)
	if err != nil {
		return nil, err
	}
	s.KDF, s.Place, s.TPM = "hkdf-sha256", t.path(), blob
	return t.derive(*s) // what the TPM gives back, not what it was given: a slot that cannot be opened is not made
}

func (t TPM) keep(secret []byte) (*tpmBlob, error) {
	chip, err := t.open()
	if err != nil {
		return nil, err
	}
	defer chip.Close()
	blob, err := chip.seal(secret)
	if err != nil {
		return nil, fmt.Errorf("TPM: %w", err)
	}
	return blob, nil
}

func (t TPM) derive(s slot) ([]byte, error) {
	if s.KDF != "hkdf-sha256" || s.TPM == nil {
		return nil, ErrSlotsDamaged
	}
	chip, err := t.open()
	if err != nil {
		return nil, err
	}
	defer chip.Close()
	secret, err := chip.unseal(s.TPM)
	if errors.Is(err, ErrOtherTPM) {
		return make([]byte, 32), nil // not this machine's slot: another one may be
	}
	if err != nil {
		return nil, fmt.Errorf("TPM: %w", err)
	}
	defer clear(secret)
	return slotKey(secret, s)
}

// chip is an open TPM: the device gives a whole answer a read, a socket a stream of bytes.
type chip struct {
	io.ReadWriteCloser
	wait func(time.Time) error
}

const tpmPatience = 20 * time.Second

func (t TPM) open() (*chip, error) {
	path := t.path()
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w: no TPM at %s", ErrKeyMissing, path)
	}
	if err != nil {
		return nil, fmt.Errorf("TPM: %w", err)
	}
	if info.Mode()&os.ModeSocket != 0 {
		conn, err := net.DialTimeout("unix", path, tpmPatience)
		if err != nil {
			return nil, fmt.Errorf("%w: TPM at %s does not answer", ErrKeyMissing, path)
		}
		return &chip{conn, conn.SetDeadline}, nil
	}
	if info.Mode()&os.ModeDevice == 0 {
		return nil, fmt.Errorf("%w: %s is no TPM", ErrKeyMissing, path)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("TPM: %w", err)
	}
	return &chip{f, func(time.Time) error { return nil }}, nil
}

// Send is one command and its answer (transport.TPM). The answer's length stands in its bytes 2 to 5.
func (c *chip) Send(command []byte) ([]byte, error) {
	if err := c.wait(time.Now().Add(tpmPatience)); err != nil {
		return nil, err
	}
	if _, err := c.Write(command); err != nil {
		return nil, err
	}
	var answer []byte
	buf := make([]byte, 4096)
	for {
		n, err := c.Read(buf)
		answer = append(answer, buf[:n]...)
		switch {
		case len(answer) >= 10 && int(binary.BigEndian.Uint32(answer[2:])) <= len(answer):
			return answer, nil
		case err != nil:
			return nil, err
		case len(answer) > len(buf):
			return nil, errors.New("answer out of bounds")
		}
	}
}

// storageRoot makes the storage root key of the owner's hierarchy by the TCG's template: the same one each time, as long
// as the TPM is not cleared.
func (c *chip) storageRoot() (*tpm2.CreatePrimaryResponse, error) {
	return tpm2.CreatePrimary{PrimaryHandle: tpm2.TPMRHOwner, InPublic: tpm2.New2B(tpm2.ECCSRKTemplate)}.Execute(c)
}

func (c *chip) flush(h tpm2.TPMHandle) { _, _ = tpm2.FlushContext{FlushHandle: h}.Execute(c) }

// under authorises a command below the storage root, its parameters encrypted to that very key: who listens on the bus
// between processor and TPM hears ciphertext.
func under(root *tpm2.CreatePrimaryResponse, way tpm2.AuthOption) (tpm2.Session, error) {
	public, err := root.OutPublic.Contents()
	if err != nil {
		return nil, err
	}
	return tpm2.HMAC(tpm2.TPMAlgSHA256, 16, way, tpm2.Salted(root.ObjectHandle, *public)), nil
}

func (c *chip) seal(secret []byte) (*tpmBlob, error) {
	root, err := c.storageRoot()
	if err != nil {
		return nil, err
	}
	defer c.flush(root.ObjectHandle)
	session, err := under(root, tpm2.AESEncryption(128, tpm2.EncryptIn))
	if err != nil {
		return nil, err
	}
	made, err := tpm2.Create{
		ParentHandle: tpm2.AuthHandle{Handle: root.ObjectHandle, Name: root.Name, Auth: session},
		InSensitive: tpm2.TPM2BSensitiveCreate{Sensitive: &tpm2.TPMSSensitiveCreate{
			Data: tpm2.NewTPMUSensitiveCreate(&tpm2.TPM2BSensitiveData{Buffer: secret}),
		}},
		InPublic: tpm2.New2B(tpm2.TPMTPublic{
			Type: tpm2.TPMAlgKeyedHash, NameAlg: tpm2.TPMAlgSHA256,
			ObjectAttributes: tpm2.TPMAObject{FixedTPM: true, FixedParent: true, UserWithAuth: true, NoDA: true},
		}),
	}.Execute(c)
	if err != nil {
		return nil, err
	}
	return &tpmBlob{Parent: root.Name.Buffer, Public: made.OutPublic.Bytes(), Private: made.OutPrivate.Buffer}, nil
}

func (c *chip) unseal(b *tpmBlob) ([]byte, error) {
	root, err := c.storageRoot()
	if err != nil {
		return nil, err
	}
	defer c.flush(root.ObjectHandle)
	if !bytes.Equal(root.Name.Buffer, b.Parent) {
		return nil, ErrOtherTPM
	}
	object, err := tpm2.Load{
		ParentHandle: tpm2.AuthHandle{Handle: root.ObjectHandle, Name: root.Name, Auth: tpm2.PasswordAuth(nil)},
		InPrivate:    tpm2.TPM2BPrivate{Buffer: b.Private},
		InPublic:     tpm2.BytesAs2B[tpm2.TPMTPublic](b.Public),
	}.Execute(c)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSlotsDamaged, err)
	}
	defer c.flush(object.ObjectHandle)
	session, err := under(root, tpm2.AESEncryption(128, tpm2.EncryptOut))
	if err != nil {
		return nil, err
	}
	got, err := tpm2.Unseal{ItemHandle: tpm2.AuthHandle{Handle: object.ObjectHandle, Name: object.Name, Auth: session}}.Execute(c)
	if err != nil {
		return nil, err
	}
	return got.OutData.Buffer, nil
}
