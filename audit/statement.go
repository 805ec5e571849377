package audit

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// A statement is what the log's key signs beside checkpoints: that a file of this kind has this digest. Its first line is
// no origin and its second no size, so that none can pass for a checkpoint, nor a checkpoint for one.
const statementHead = "nightbell-statement/v1"

var errStatement = errors.New("statement: signature does not hold")

// State signs that a file of the kind has the digest (SHA-256). The kind is a word of ours.
func (s *Signer) State(kind string, digest Hash) ([]byte, error) {
	if kind == "" || strings.ContainsAny(kind, "\n ") {
		return nil, errors.New("statement: not a kind")
	}
	signed, err := note.Sign(&note.Note{Text: statementText(kind, digest)}, s.as(s.origin))
	if err != nil {
		return nil, fmt.Errorf("statement: %w", err)
	}
	return signed, nil
}

func statementText(kind string, digest Hash) string {
	return statementHead + "\n" + kind + "\n" + base64.StdEncoding.EncodeToString(digest[:]) + "\n"
}

// Stated checks that one of the verifier keys has signed that a file of the kind has the digest.
func Stated(signed []byte, kind string, digest Hash, vkeys ...string) error {
	v, err := NewVerifier(vkeys...)
	if err != nil {
		return err
	}
	n, err := note.Open(signed, v)
	if err != nil || n.Text != statementText(kind, digest) {
		return errStatement
	}
	return nil
}
