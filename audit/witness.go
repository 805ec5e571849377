package audit

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// Witness remembers, for logs that it was told of, the longest head that it has signed, and signs another only when the
// log has grown from that one: no fork, nothing taken back. It speaks C2SP tlog-witness; console serves it, keep keeps
// its memory.
type Witness struct {
	cosigner *Cosigner
	logs     []*Verifier
	memory   WitnessMemory
	now      func() time.Time

	mu sync.Mutex // one at a time: between looking and keeping nobody else may
}

// WitnessMemory keeps, by origin, the last checkpoint that was cosigned. Keep returns when it is on disk.
type WitnessMemory interface {
	Last(origin string) (signed []byte, err error) // nil: none
	Keep(origin string, signed []byte) error
}

// What a witness refuses, and the status that C2SP tlog-witness gives each.
var (
	ErrUnknownLog = errors.New("unknown log")                         // 404
	ErrNotSigned  = errors.New("not signed by the log")               // 403
	ErrBadRequest = errors.New("not a checkpoint to add")             // 400
	ErrBadProof   = errors.New("consistency proof does not hold")     // 422
	ErrFork       = errors.New("another root of the size signed")     // 409
	ErrStale      = errors.New("not grown from the last one")         // 409, with the size that stands
	errMemory     = errors.New("witness memory is not what it wrote") // 500
)

// StaleError is ErrStale with the size from which the witness wants the proof.
type StaleError struct{ Size int64 }

func (e StaleError) Error() string { return fmt.Sprintf("%v: %d", ErrStale, e.Size) }

// Is makes it an ErrStale.
func (StaleError) Is(target error) bool { return target == ErrStale }

// NewWitness makes a witness of the logs with these verifier keys. Every epoch of a log is that log's own.
func NewWitness(c *Cosigner, memory WitnessMemory, now func() time.Time, vkeys ...string) (*Witness, error) {
	w := &Witness{cosigner: c, memory: memory, now: now}
	byOrigin := map[string][]string{}
	for _, text := range vkeys {
		k, err := parsePublicKey(text)
		if err != nil {
			return nil, fmt.Errorf("witness: %w", err)
		}
		origin, _ := splitOrigin(k.name)
		byOrigin[origin] = append(byOrigin[origin], text)
	}
	for _, keys := range byOrigin {
		v, err := NewVerifier(keys...)
		if err != nil {
			return nil, fmt.Errorf("witness: %w", err)
		}
		w.logs = append(w.logs, v)
	}
	return w, nil
}

// Addition is an add-checkpoint request: the size that the sender believes to be the witness's, the proof from it, and
// the signed checkpoint.
type Addition struct {
	Old   int64
	Proof []Hash
	Note  []byte
}

const maxProof = 63

// Encode writes the request's body.
func (a Addition) Encode() []byte {
	b := []byte("old " + strconv.FormatInt(a.Old, 10) + "\n")
	for _, h := range a.Proof {
		b = append(b, base64.StdEncoding.EncodeToString(h[:])+"\n"...)
	}
	return append(append(b, '\n'), a.Note...)
}

// ParseAddition reads a request's body.
func ParseAddition(body []byte) (Addition, error) {
	head, signed, ok := strings.Cut(string(body), "\n\n")
	lines := strings.Split(head, "\n")
	size, found := strings.CutPrefix(lines[0], "old ")
	old, err := strconv.ParseInt(size, 10, 64)
	if !ok || !found || err != nil || old < 0 || strconv.FormatInt(old, 10) != size || len(lines) > 1+maxProof {
		return Addition{}, ErrBadRequest
	}
	a := Addition{Old: old, Note: []byte(signed)}
	for _, line := range lines[1:] {
		b, err := base64.StdEncoding.Strict().DecodeString(line)
		if err != nil || len(b) != len(Hash{}) {
			return Addition{}, ErrBadRequest
		}
		a.Proof = append(a.Proof, Hash(b))
	}
	return a, nil
}

// Add signs a checkpoint that continues what was signed before, keeps it, and gives the signature's line.
func (w *Witness) Add(_ context.Context, a Addition) (line []byte, err error) {
	c, text, err := w.open(a.Note)
	if err != nil {
		return nil, err
	}
	if a.Old > c.Size {
		return nil, ErrBadRequest
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	last, err := w.last(c.Origin)
	if err != nil {
		return nil, err
	}
	if a.Old != last.Size {
		return nil, StaleError{last.Size}
	}
	if c.Size == last.Size && c.Root != last.Root && last.Size > 0 {
		return nil, ErrFork
	}
	if CheckGrowth(a.Proof, last, HeadOf(c)) != nil {
		return nil, ErrBadProof
	}
	line = w.cosigner.line(text, w.now())
	if err := w.memory.Keep(c.Origin, append([]byte(onlyLog(a.Note, c.Origin)), line...)); err != nil {
		return nil, fmt.Errorf("witness: %w", err)
	}
	return line, nil
}

// Latest is the last checkpoint of an origin that was cosigned, with both signatures; nil where there is none.
func (w *Witness) Latest(_ context.Context, origin string) ([]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.log(origin) == nil {
		return nil, ErrUnknownLog
	}
	return w.memory.Last(origin)
}

func (w *Witness) log(origin string) *Verifier {
	base, _ := splitOrigin(origin)
	for _, v := range w.logs {
		if v.origin == base {
			return v
		}
	}
	return nil
}

// open finds the log that signed a note.
func (w *Witness) open(signed []byte) (c Checkpoint, text string, err error) {
	text, _, ok := strings.Cut(string(signed), "\n\n")
	if c, err = parseCheckpoint(text + "\n"); !ok || err != nil {
		return Checkpoint{}, "", ErrBadRequest
	}
	v := w.log(c.Origin)
	if v == nil {
		return Checkpoint{}, "", ErrUnknownLog
	}
	if c, err = v.Open(signed); err != nil {
		return Checkpoint{}, "", ErrNotSigned
	}
	return c, text + "\n", nil
}

// last reads what was kept, under the witness's own signature: a memory that somebody edited signs nothing more.
func (w *Witness) last(origin string) (Head, error) {
	signed, err := w.memory.Last(origin)
	if err != nil {
		return Head{}, fmt.Errorf("witness: %w", err)
	}
	if signed == nil {
		return Head{}, nil
	}
	n, err := note.Open(signed, WitnessKey{w.cosigner.public})
	if err != nil {
		return Head{}, errMemory
	}
	c, err := parseCheckpoint(n.Text)
	if err != nil || c.Origin != origin {
		return Head{}, errMemory
	}
	return HeadOf(c), nil
}

// onlyLog is a note with the log's own signatures alone: what strangers added is not kept.
func onlyLog(signed []byte, origin string) string {
	text, sigs, _ := strings.Cut(string(signed), "\n\n")
	out := text + "\n\n"
	for line := range strings.Lines(sigs) {
		if strings.HasPrefix(line, "\u2014 "+origin+" ") {
			out += line
		}
	}
	return out
}
