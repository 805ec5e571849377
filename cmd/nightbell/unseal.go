package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"nightbell/seal"
)

// asking gets a passphrase from a person; nil where nobody can be asked.
type asking func() ([]byte, error)

// unsealer is the one that the configuration names.
func (c *Config) unsealer(ask asking) (seal.Unsealer, error) {
	switch c.Keys.Unseal {
	case UnsealKeyFile:
		return seal.KeyFile{Path: c.path(c.Keys.KeyFile), Data: c.Dir, Mode: seal.Mode(c.Mode)}, nil
	case UnsealCredential:
		return seal.SystemdCredential(c.Keys.Credential), nil
	case UnsealTPM:
		return seal.TPM{Path: c.Keys.TPM}, nil
	case UnsealPassphrase:
		if ask == nil {
			return nil, errors.New("unseal: nobody to ask for the passphrase")
		}
		phrase, err := ask()
		if err != nil {
			return nil, fmt.Errorf("unseal: %w", err)
		}
		return seal.Passphrase{Phrase: phrase}, nil
	}
	return nil, errors.New("unseal: no unsealer configured")
}

// unsealing asks on the terminal, without an echo where it is one; else it reads a line of standard input.
func (s *session) unsealing() asking {
	return func() ([]byte, error) {
		f, ok := s.in.(*os.File)
		if !ok {
			text, err := s.line()
			return []byte(text), err
		}
		fmt.Fprint(s.err, "passphrase: ")
		defer fmt.Fprintln(s.err)
		restore := silence(int(f.Fd()))
		defer restore()
		text, err := s.line()
		return []byte(strings.TrimSpace(text)), err
	}
}

// person reports whether somebody types: what is asked twice there is read once from a pipe.
func (s *session) person() bool {
	f, ok := s.in.(*os.File)
	if !ok {
		return false
	}
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}

// twice asks for a secret that nobody sees being typed once more: a slip would lock its owner out.
func (s *session) twice(first string, err error) (string, error) {
	if err != nil || !s.person() {
		return first, err
	}
	again, err := s.secretLine("the same once more: ")
	if err == nil && again != first {
		err = errUsage("the two are not the same")
	}
	return first, err
}

// newPassphrase asks for a passphrase that will open ROOT.
func (s *session) newPassphrase() ([]byte, error) {
	phrase, err := s.unsealing()()
	text, err := s.twice(string(phrase), err)
	return []byte(text), err
}

// sure asks a person whether she means what cannot be taken back; a program has decided when it was written.
func (s *session) sure(question string) error {
	if s.person() && !s.agreed(question) {
		return errUsage("nothing was done")
	}
	return nil
}

// silence turns the echo off and gives what turns it on again; on a pipe both do nothing.
func silence(fd int) func() {
	was, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return func() {}
	}
	quiet := *was
	quiet.Lflag &^= unix.ECHO
	if unix.IoctlSetTermios(fd, unix.TCSETS, &quiet) != nil {
		return func() {}
	}
	return func() { _ = unix.IoctlSetTermios(fd, unix.TCSETS, was) }
}
