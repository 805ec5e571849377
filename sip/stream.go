package sip

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// stream is the way out of a connection: what is queued gathers in one buffer while a write is under way and leaves
// in the next write, on a goroutine that ends when there is nothing more to write.
type stream struct {
	f    *Flow
	conn net.Conn

	mu      sync.Mutex
	out     []byte
	spare   []byte
	writing bool
	closing bool
	over    bool          // the queue overflowed: broken names that as the reason, then closes
	room    chan struct{} // closed when the queue has left
}

func (s *stream) queue(b []byte) error {
	s.mu.Lock()
	switch {
	case s.closing:
		s.mu.Unlock()
		return ErrFlowClosed
	case len(s.out)+len(b) > s.f.w.limits.Outbound:
		s.closing, s.over, s.out = true, true, nil
		s.mu.Unlock()
		s.slow()
		return ErrSlowReader
	}
	s.out = append(s.out, b...)
	if !s.writing {
		s.writing = true
		s.f.w.work.Go(s.drain)
	}
	s.mu.Unlock()
	return nil
}

// slow cuts a peer whose queue overflows. Off the caller's stack: it may hold a transaction's lock.
func (s *stream) slow() {
	s.f.w.work.Go(func() { s.broken(os.ErrDeadlineExceeded) })
}

func (s *stream) drain() {
	for {
		s.mu.Lock()
		if len(s.out) == 0 {
			s.writing = false
			if s.closing && !s.over {
				_ = s.conn.Close()
			}
			s.mu.Unlock()
			return
		}
		b := s.out
		s.out = s.spare[:0]
		if s.room != nil {
			close(s.room)
			s.room = nil
		}
		s.mu.Unlock()

		_ = s.conn.SetWriteDeadline(time.Now().Add(s.f.w.limits.Write))
		_, err := s.conn.Write(b)

		s.mu.Lock()
		s.spare = nil
		if cap(b) <= 16<<10 {
			s.spare = b
		}
		if err != nil {
			s.writing, s.closing, s.out = false, true, nil
			s.mu.Unlock()
			s.broken(err)
			return
		}
		s.mu.Unlock()
	}
}

// wait holds the reader back while answers pile up: who asks faster than it listens is slowed down by TCP, and cut only
// when it stops listening.
func (s *stream) wait() {
	s.mu.Lock()
	if s.closing || len(s.out) <= s.f.w.limits.Outbound/4 {
		s.mu.Unlock()
		return
	}
	if s.room == nil {
		s.room = make(chan struct{})
	}
	room := s.room
	s.mu.Unlock()
	select {
	case <-room:
	case <-s.f.done:
	}
}

// broken ends the flow before the connection: the reader must not name another reason first.
func (s *stream) broken(err error) {
	f := s.f
	if isTimeout(err) {
		f.w.count.slowReaders.Add(1)
		f.w.trouble(Trouble{Kind: SlowReader, Listen: f.listen.Name, Remote: f.remote})
		err = ErrSlowReader
	}
	f.end(err)
	_ = s.conn.Close() // where it was ending already
}

func (s *stream) shut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closing = true
	if !s.writing {
		s.writing = true
		s.f.w.work.Go(s.drain)
	}
}

func (s *stream) cut() {
	s.mu.Lock()
	s.closing, s.out = true, nil
	s.mu.Unlock()
	_ = s.conn.Close()
}

// read is the life of a connection: messages in, until it ends.
func (f *Flow) read(conn net.Conn) {
	w := f.w
	fr := &framer{
		r: conn, limits: w.limits,
		deadline: func(d time.Duration) { _ = conn.SetReadDeadline(time.Now().Add(d)) },
		ping:     func() { f.Post("", f.pong) },
	}
	out := f.out.(*stream)
	var rate bucket
	for {
		d, no, err := fr.next()
		if errors.Is(err, io.EOF) {
			f.Post("", func() { f.end(io.EOF) }) // what came before is still answered
			return
		}
		if err != nil {
			f.end(err)
			return
		}
		if err := f.pace(&rate); err != nil {
			return
		}
		if no == errGarbage {
			w.count.unframed.Add(1)
			w.trouble(Trouble{Kind: Unframed, Listen: f.listen.Name, Remote: f.remote})
			f.end(errUnframed)
			return
		}
		f.receive(d, no)
		if no != nil && no.fatal {
			return // refuse closes, after its answer
		}
		f.lanes[0].wait(f.done)
		out.wait()
	}
}

// pong answers a keepalive (RFC 5626 §4.4.1). A stranger gets no byte.
func (f *Flow) pong() {
	f.open()
	f.w.count.pings.Add(1)
	if f.Admitted() {
		_ = f.out.queue(crlf)
	}
}

// pace slows a stream down to its message rate.
func (f *Flow) pace(rate *bucket) error {
	for {
		wait := rate.take(f.w.limits.MessagesPerSecond, time.Now())
		if wait == 0 {
			return nil
		}
		t := time.NewTimer(wait)
		select {
		case <-t.C:
		case <-f.done:
			t.Stop()
			return ErrFlowClosed
		}
	}
}
