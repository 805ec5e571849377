package audit

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// textHead begins every signed text, so that none is ever taken for a checkpoint, whose first line is an origin.
const textHead = "nightbell.text.v1\n"

// SignText signs a text that is not a tree head: what a backup holds, say. Lines end in a newline; the text says by itself
// what it is about, and the signer's name what it may be about.
func (s *Signer) SignText(text string) ([]byte, error) {
	signed, err := note.Sign(&note.Note{Text: textHead + text}, s.as(s.origin))
	if err != nil {
		return nil, fmt.Errorf("signed text: %w", err)
	}
	return signed, nil
}

// OpenText checks a signed text and gives it.
func (v *Verifier) OpenText(signed []byte) (string, error) {
	n, err := note.Open(signed, v)
	if err != nil {
		return "", errors.New("signed text: signature does not hold")
	}
	text, ok := strings.CutPrefix(n.Text, textHead)
	if !ok {
		return "", errors.New("signed text: another kind of note")
	}
	return text, nil
}

// TextOf reads a signed text without checking who signed it: for a list, never for a decision.
func TextOf(signed []byte) (string, bool) {
	text, ok := strings.CutPrefix(string(signed), textHead)
	if !ok {
		return "", false
	}
	text, _, ok = strings.Cut(text, "\n\n")
	return text + "\n", ok
}

// ReadCheckpoint reads a checkpoint's note without checking who signed it: for comparing what is proven otherwise.
func ReadCheckpoint(signed []byte) (Checkpoint, error) {
	text, _, ok := strings.Cut(string(signed), "\n\n")
	if !ok {
		return Checkpoint{}, errCheckpointForm
	}
	return parseCheckpoint(text + "\n")
}
