package seal

import (
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
)

// Refusals of a Writer. They concern one call and leave the file as it was; what the disk says is final and repeated.
var (
	ErrFinished  = errors.New("recording writer: already finished")
	ErrBlock     = errors.New("recording writer: block is not whole samples, or more than a record holds")
	ErrBackwards = errors.New("recording writer: block begins before the end of the last")
	ErrStatus    = errors.New("recording writer: unknown status")
)

// Writer seals one recording as it happens: one write call a record, no allocation per record in steady state, no sync
// (the Folder syncs in groups) and no splitting of files. It belongs to one goroutine. After an error of the disk it
// repeats that error: the file then ends in a torn record at worst, which Recover cuts.
type Writer struct {
	out  io.Writer
	aead cipher.AEAD
	id   FileID
	step uint64 // bytes of one sample of every channel
	buf  []byte // one record
	err  error
	sum  hash.Hash
	state
	finished bool
}

// state is what a FINAL says about the records before it.
type state struct {
	seq        uint64
	offset     int64
	samples    uint64
	transcript transcript
	index      index
}

// Summary is what the row and the audit log keep of a finished file.
type Summary struct {
	FileID     FileID
	Records    uint64 // before FINAL
	Samples    uint64
	Size       int64
	Transcript [32]byte
	SHA256     [32]byte // of the file, with bytes 128..4095 taken as zero
}

// Create writes the header and META to a new file and gives its Writer. The row that holds the wrapped key stands
// before; h comes from NewHeader.
func Create(out io.Writer, key DataKey, h Header, meta Meta) (*Writer, error) {
	if !h.plausible() || h.Escrow != (h.recipient != nil) {
		return nil, errors.New("create recording: header: not one that NewHeader makes")
	}
	plain, err := meta.encode()
	if err != nil {
		return nil, fmt.Errorf("create recording: %w", err)
	}
	header := h.encode()
	aead, commitment, err := derive(key, header)
	if err != nil {
		return nil, fmt.Errorf("create recording: %w", err)
	}
	copy(header[committedSize:], commitment[:])
	if h.recipient != nil {
		if err := h.recipient.escrow(header, key); err != nil {
			return nil, fmt.Errorf("create recording: %w", err)
		}
	}
	w := newWriter(out, aead, h)
	w.state = state{transcript: newTranscript(header), index: newIndex(h.Rate)}
	if err := w.begin(header); err != nil {
		return nil, fmt.Errorf("create recording: %w", err)
	}
	copy(w.room(len(plain)), plain)
	if err := w.seal(typeMeta, len(plain)); err != nil {
		return nil, fmt.Errorf("create recording: %w", err)
	}
	return w, nil
}

// begin writes the header. The escrow slot counts as zero in the file's sum: a shred zeroes it.
func (w *Writer) begin(header []byte) error {
	if err := w.write(header); err != nil {
		return err
	}
	w.sum.Reset()
	w.sum.Write(header[:transcribed])
	w.sum.Write(make([]byte, headerSize-transcribed))
	return nil
}

func newWriter(out io.Writer, aead cipher.AEAD, h Header) *Writer {
	return &Writer{
		out: out, aead: aead, id: h.FileID, step: uint64(h.Frame()), sum: sha256.New(),
		buf: make([]byte, headSize+overhead+8+h.Rate*h.Frame()),
	}
}

// Audio seals one block whose first sample lies at first on the call's timeline. A block later than the end of the last
// is a pause. interleaved is not kept.
func (w *Writer) Audio(first uint64, interleaved []byte) error {
	n := uint64(len(interleaved))
	switch {
	case w.err != nil:
		return w.err
	case w.finished:
		return ErrFinished
	case n == 0 || n%w.step != 0 || n+8 > maxPlain:
		return ErrBlock
	case first < w.samples || first > maxSample:
		return ErrBackwards
	}
	plain := w.room(8 + len(interleaved))
	binary.BigEndian.PutUint64(plain, first)
	copy(plain[8:], interleaved)
	at := w.offset
	if err := w.seal(typeAudio, len(plain)); err != nil {
		return err
	}
	w.index.add(first, at)
	w.samples = first + n/w.step
	return nil
}

// maxSample keeps the arithmetic of the timeline far from its edges: 2^40 samples are two years at 16 kHz.
const maxSample = 1 << 40

// Mark seals a note about a place in the sound: JSON as Mark says.
func (w *Writer) Mark(json []byte) error {
	switch {
	case w.err != nil:
		return w.err
	case w.finished:
		return ErrFinished
	case len(json) > maxPlain:
		return ErrBlock
	}
	copy(w.room(len(json)), json)
	return w.seal(typeMark, len(json))
}

// Finish writes FINAL and footer. samples is the length of the timeline, a pause at its end included; it is never less
// than what was written. The caller syncs the file and then files the Summary.
func (w *Writer) Finish(status Status, samples uint64) error {
	switch {
	case w.err != nil:
		return w.err
	case w.finished:
		return ErrFinished
	case status < Complete || status > Continued:
		return ErrStatus
	}
	w.samples = max(w.samples, min(samples, maxSample))
	f := Final{
		Status: status, Records: w.seq, Samples: w.samples,
		Transcript: w.transcript, index: w.index.entries,
	}
	before, at := w.transcript, w.offset
	f.encode(w.room(f.size()))
	if err := w.seal(typeFinal, f.size()); err != nil {
		return err
	}
	w.seq, w.transcript = f.Records, before
	end := footer(at)
	if err := w.write(end[:]); err != nil {
		return err
	}
	w.finished = true
	return nil
}

// Summary says what has been written so far; after Finish it describes the whole file.
func (w *Writer) Summary() Summary {
	s := Summary{Records: w.seq, Samples: w.samples, Size: w.offset, Transcript: w.transcript, FileID: w.id}
	w.sum.Sum(s.SHA256[:0])
	return s
}

// room gives the place for n bytes of plaintext in the record buffer, where sealing happens in place.
func (w *Writer) room(n int) []byte {
	if need := headSize + overhead + n; need > len(w.buf) {
		w.buf = make([]byte, need)
	}
	return w.buf[headSize : headSize+n]
}

// seal closes the record whose plaintext stands in room and writes it with one call.
func (w *Writer) seal(t recordType, n int) error {
	putHead(w.buf, n, t, w.seq)
	record := w.aead.Seal(w.buf[:headSize], nil, w.buf[headSize:headSize+n], w.buf[:headSize])
	if err := w.write(record); err != nil {
		return err
	}
	w.transcript.add(record)
	w.seq++
	return nil
}

func (w *Writer) write(b []byte) error {
	n, err := w.out.Write(b)
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	if err != nil {
		w.err = fmt.Errorf("recording writer: %w", err)
		return w.err
	}
	w.sum.Write(b)
	w.offset += int64(len(b))
	return nil
}
