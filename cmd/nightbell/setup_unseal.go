package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"nightbell/seal"
)

// unsealAuto takes the best unattended way that this machine has.
const unsealAuto Unseal = "auto"

// choose decides what opens a new ROOT. Whoever names a file means it; else a TPM is taken where there is one, then a
// credential that systemd has passed. A key file must be told where to lie: on another filesystem, and no program can
// guess which one is not taken together with the disk.
func (c setupCmd) choose(s *session, p setupPlan) (setupPlan, error) {
	if p.Unseal == unsealAuto {
		p.Unseal = c.best()
	}
	var err error
	switch p.Unseal {
	case UnsealTPM:
		p.First = seal.TPM{Path: c.TPM}
	case UnsealKeyFile:
		if p.KeyFile == "" {
			return p, errUsage("no TPM here: --key-file FILE on another filesystem, or --unseal passphrase, or --development")
		}
	case UnsealPassphrase:
		var phrase []byte
		if phrase, err = c.phrase(s, p.Dir); err == nil {
			p.First = seal.Passphrase{Phrase: phrase}
		}
	case UnsealCredential:
		p.First, err = c.credential()
	}
	return p, err
}

// phrase asks for the passphrase: a new one twice, that of a folder which has keys once.
func (setupCmd) phrase(s *session, dir string) ([]byte, error) {
	if _, err := os.Stat(filepath.Join(dir, "keys", "root.json")); err == nil {
		return s.unsealing()()
	}
	return s.newPassphrase()
}

func (c setupCmd) best() Unseal {
	switch {
	case c.KeyFile != "":
		return UnsealKeyFile
	case c.CredentialFile != "":
		return UnsealCredential
	case seal.TPM{Path: c.TPM}.Present():
		return UnsealTPM
	case passedCredential():
		return UnsealCredential
	}
	return UnsealKeyFile
}

// passedCredential: setup runs in a unit with the credential, and the server will too.
func passedCredential() bool {
	dir := os.Getenv("CREDENTIALS_DIRECTORY")
	if dir == "" {
		return false
	}
	_, err := os.Stat(filepath.Join(dir, defaultCredential))
	return err == nil
}

// credential is the one that systemd has passed, or a new secret for systemd-creds to encrypt.
func (c setupCmd) credential() (seal.Unsealer, error) {
	if c.CredentialFile == "" && passedCredential() {
		return seal.SystemdCredential(defaultCredential), nil
	}
	if c.CredentialFile == "" {
		return nil, errUsage("--credential-file FILE on a memory filesystem such as /dev/shm")
	}
	var b [32]byte
	_, _ = rand.Read(b[:])
	f, err := os.OpenFile(c.CredentialFile, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("credential: %w", err)
	}
	_, err = io.WriteString(f, hex.EncodeToString(b[:]))
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("credential: %w", err)
	}
	return seal.Credential{Dir: filepath.Dir(c.CredentialFile), Name: filepath.Base(c.CredentialFile)}, nil
}

// custody grades what was set up.
func (p setupPlan) custody() (seal.Custody, error) {
	slots, err := seal.LoadSlots(seal.SlotsPath(p.Dir))
	if err != nil {
		return seal.Custody{}, err
	}
	return slots.Custody(p.Dir), nil
}

func tellCustody(w io.Writer, c seal.Custody) {
	fmt.Fprintf(w, "custody of the keys: %s\n", c)
	if c.Unattended {
		fmt.Fprintln(w, "a restart opens them unattended; nightbell keys recovery make puts a way back on paper")
		return
	}
	fmt.Fprintln(w, "a person opens them at each start, and callers hear the emergency prompt until then")
}
