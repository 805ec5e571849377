package seal

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
)

// WAV is a recording as a RIFF file of 16-bit PCM that exists only while it is read: io.ReadSeeker, so that HTTP can
// serve ranges of it. Its length is known from the start; pauses are silence. Reading meets a bad record with a *Fault
// and gives nothing from it. It belongs to one goroutine.
type WAV struct {
	rd    *Reader
	w     *walker
	head  [wavHead]byte
	frame int64 // bytes of one sample of every channel
	pos   int64
	// The segment at hand: silence in [from, first), pcm in [first, until).
	from, first, until uint64
	pcm                []byte
}

const wavHead = 44

// WAV gives a new view of the recording, at its beginning.
func (rd *Reader) WAV() *WAV {
	v := &WAV{rd: rd, w: rd.open(), frame: int64(2 * rd.header.Channels)}
	size := uint32(min(v.Size(), math.MaxUint32))
	le := binary.LittleEndian
	copy(v.head[0:], "RIFF")
	le.PutUint32(v.head[4:], size-8)
	copy(v.head[8:], "WAVEfmt ")
	le.PutUint32(v.head[16:], 16)
	le.PutUint16(v.head[20:], 1) // PCM
	le.PutUint16(v.head[22:], uint16(rd.header.Channels))
	le.PutUint32(v.head[24:], uint32(rd.header.Rate))
	le.PutUint32(v.head[28:], uint32(rd.header.Rate*2*rd.header.Channels))
	le.PutUint16(v.head[32:], uint16(2*rd.header.Channels))
	le.PutUint16(v.head[34:], 16)
	copy(v.head[36:], "data")
	le.PutUint32(v.head[40:], size-wavHead)
	return v
}

// Size is the length of the whole view, in bytes.
func (v *WAV) Size() int64 { return wavHead + int64(v.rd.samples)*v.frame }

// Seek moves the place of the next Read; nothing is read for it.
func (v *WAV) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekStart:
	case io.SeekCurrent:
		offset += v.pos
	case io.SeekEnd:
		offset += v.Size()
	default:
		return 0, errors.New("wav: unknown whence")
	}
	if offset < 0 {
		return 0, errors.New("wav: seek before the beginning")
	}
	v.pos = offset
	return offset, nil
}

// Read gives what lies at the place: at most the rest of one record or pause.
func (v *WAV) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if v.pos < wavHead {
		n := copy(p, v.head[v.pos:])
		v.pos += int64(n)
		return n, nil
	}
	sample := uint64(v.pos-wavHead) / uint64(v.frame)
	if sample >= v.rd.samples {
		if v.rd.state == Damaged {
			return 0, v.rd.fault
		}
		return 0, io.EOF
	}
	if err := v.load(sample); err != nil {
		return 0, err
	}
	n := 0
	if sample < v.first {
		n = int(min(int64(len(p)), wavHead+int64(v.first)*v.frame-v.pos))
		clear(p[:n])
	} else {
		n = copy(p, v.pcm[v.pos-wavHead-int64(v.first)*v.frame:])
	}
	v.pos += int64(n)
	return n, nil
}

// load makes the segment at hand the one with this sample in it.
func (v *WAV) load(sample uint64) error {
	if v.from <= sample && sample < v.until {
		return nil
	}
	v.from, v.first, v.until = 0, 0, 0
	v.approach(sample)
	for {
		rec, err := v.w.next()
		switch {
		case err == io.EOF:
			return v.silentEnd(sample)
		case err != nil:
			return err
		case rec.kind != typeAudio || rec.first+rec.count <= sample:
			continue
		}
		v.from, v.first, v.until = min(sample, rec.first), rec.first, rec.first+rec.count
		v.pcm = v.rd.header.Codec.expand(v.pcm[:0], rec.plain)
		return nil
	}
}

// approach brings the walker before the sample: on from where it is when that is nearer than the index.
func (v *WAV) approach(sample uint64) {
	p, known := v.rd.waypoint(sample)
	if v.w.samples <= sample && (!known || v.w.offset >= p.offset) {
		return
	}
	if known {
		v.w.jump(p.offset)
		return
	}
	v.w = v.rd.open()
}

// silentEnd is the pause between the last block and the end of the timeline.
func (v *WAV) silentEnd(sample uint64) error {
	if err := v.rd.ending(v.w); err != nil {
		return err
	}
	v.from, v.first, v.until, v.pcm = sample, v.rd.samples, v.rd.samples, v.pcm[:0]
	return nil
}

// Export writes a recording as WAV. Where it goes is the caller's choice and audit; on a *Fault the part before the bad
// record has been written.
func Export(out io.Writer, rd *Reader) (int64, error) {
	return io.CopyBuffer(struct{ io.Writer }{out}, struct{ io.Reader }{rd.WAV()}, make([]byte, 64<<10))
}
