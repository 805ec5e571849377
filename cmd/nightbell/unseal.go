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
