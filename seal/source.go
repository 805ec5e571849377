package seal

import "io"

// source reads a file through one window, so that walking it costs a read a quarter of a megabyte and not two a record.
type source struct {
	r    io.ReaderAt
	size int64
	buf  []byte
	at   int64 // of buf[0]
	n    int   // bytes of buf that are filled
}

const windowSize = 256 << 10

func newSource(r io.ReaderAt, size int64) *source { return &source{r: r, size: size} }

// bytes gives n bytes at off, valid until the next call. They must lie within the file, and n within a window.
func (s *source) bytes(off int64, n int) ([]byte, error) {
	if off >= s.at && off+int64(n) <= s.at+int64(s.n) {
		return s.buf[off-s.at:][:n], nil
	}
	if s.buf == nil {
		s.buf = make([]byte, min(windowSize, s.size))
	}
	want := int(min(int64(len(s.buf)), s.size-off))
	got, err := s.r.ReadAt(s.buf[:want], off)
	s.at, s.n = off, got
	if got >= n {
		return s.buf[:n], nil
	}
	if err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF // the file is shorter than it was
	}
	return nil, err
}
