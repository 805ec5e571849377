package keep

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"time"

	"nightbell/audit"
)

// Syslog sends every leaf of the audit log, and a checkpoint after each stretch of them, to a receiver of syslog over TLS
// (RFC 5425). The log itself is the queue: it is on disk, and a position in it, on disk too, says how far the receiver
// has come. A receiver that stalls or is gone costs nothing but its alarm; when it is back it gets what it missed.
//
// RFC 5425 has no receipt. A leaf counts as arrived when the receiver's kernel has acknowledged it and the connection has
// lived on for a while; after a break everything later is sent again. So nothing is lost, and some may come twice: the
// structured data holds the seq.
type Syslog struct {
	Leaves   Leaves
	Dial     func(context.Context) (net.Conn, error) // TLS; SyslogDialer makes one
	Position Position
	Form     Form
	Max      int64             // leaves that may wait before Told says Behind
	Told     func(SyslogState) // after every change; never blocks
	Now      func() time.Time

	waiting, sent atomic.Int64
}

// Leaves is the audit log as a queue; *store.Store is one.
type Leaves interface {
	AuditLeaves(ctx context.Context, from int64, n int) ([]audit.Row, error) // the leaves from seq on, at most n
	Checkpoint(context.Context) (audit.Kept, error)
}

// Position keeps on disk how far the receiver has come.
type Position interface {
	Load() (int64, error)
	Store(int64) error
}

// SyslogState is what is known of the receiver.
type SyslogState struct {
	Connected bool
	Behind    bool // more wait than may
	Waiting   int64
	Err       error // why it is not connected
}

const (
	syslogBatch  = 256
	syslogWrite  = 10 * time.Second // a receiver that does not read for so long is stalled
	syslogSettle = 5 * time.Second  // so long must a connection live on before what went over it counts
	syslogLook   = time.Second
	syslogFirst  = time.Second // between attempts, doubled up to syslogLast
	syslogLast   = time.Minute
)

// Waiting is how many leaves the receiver does not have yet; Sent how many went out since the start.
func (s *Syslog) Waiting() int64 { return s.waiting.Load() }

// Sent counts leaves that were written to the receiver since the start, repetitions included.
func (s *Syslog) Sent() int64 { return s.sent.Load() }

// Run sends until ctx ends. It gives up on nothing.
func (s *Syslog) Run(ctx context.Context) error {
	pause := syslogFirst
	for {
		began := s.Now()
		err := s.session(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if s.Now().Sub(began) > syslogLast {
			pause = syslogFirst
		}
		s.count(ctx)
		s.tell(SyslogState{Err: err})
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil
		}
		pause = min(2*pause, syslogLast)
	}
}

// count looks at what waits while nobody is connected.
func (s *Syslog) count(ctx context.Context) {
	at, err := s.Position.Load()
	kept, failed := s.Leaves.Checkpoint(ctx)
	if err == nil && failed == nil {
		s.waiting.Store(max(0, kept.Size-at))
	}
}

func (s *Syslog) tell(st SyslogState) {
	st.Waiting = s.waiting.Load()
	st.Behind = st.Waiting > s.Max
	s.Told(st)
}

// session is one connection, from its making to its end.
func (s *Syslog) session(ctx context.Context) (err error) {
	at, err := s.Position.Load()
	if err != nil {
		return err
	}
	conn, err := s.Dial(ctx)
	if err != nil {
		return fmt.Errorf("syslog: %w", err)
	}
	over := make(chan error, 1)
	go func() { over <- drained(conn) }() // a receiver says nothing; it ends here when it goes
	line := &stretch{conn: conn, confirmed: at, next: at, now: s.Now}
	err = s.feed(ctx, line, over)
	if ctx.Err() != nil {
		err = s.farewell(line, over)
	} else {
		_ = conn.Close()
		<-over
	}
	return errors.Join(err, s.settle(line))
}

var errGone = errors.New("syslog: the receiver has closed")

// drained reads until the other side ends; io.EOF, a proper TLS close, is its receipt for everything.
func drained(conn net.Conn) error {
	_, err := io.Copy(io.Discard, conn)
	if err == nil {
		return io.EOF
	}
	return err
}

func (s *Syslog) feed(ctx context.Context, line *stretch, over chan error) error {
	tick := time.NewTicker(syslogLook)
	defer tick.Stop()
	for {
		more, err := s.send(ctx, line)
		if err != nil {
			return err
		}
		if err := s.settle(line); err != nil {
			return err
		}
		s.count(ctx)
		s.tell(SyslogState{Connected: true})
		if more {
			select {
			case err := <-over:
				over <- err
				return errGone
			case <-ctx.Done():
				return nil
			default:
				continue
			}
		}
		select {
		case <-tick.C:
		case err := <-over:
			over <- err
			return errGone
		case <-ctx.Done():
			return nil
		}
	}
}

// send writes the next leaves, and a checkpoint when they reach it.
func (s *Syslog) send(ctx context.Context, line *stretch) (more bool, err error) {
	rows, err := s.Leaves.AuditLeaves(ctx, line.next, syslogBatch)
	if err != nil || len(rows) == 0 {
		return false, err
	}
	var out []byte
	for _, r := range rows {
		out = s.Form.Leaf(out, r)
	}
	last := rows[len(rows)-1].Seq + 1
	if len(rows) < syslogBatch {
		if kept, err := s.Leaves.Checkpoint(ctx); err == nil {
			out = s.Form.Checkpoint(out, s.Now(), kept)
		}
	}
	if err := line.write(out, last); err != nil {
		return false, err
	}
	s.sent.Add(int64(len(rows)))
	return len(rows) == syslogBatch, nil
}

func (s *Syslog) settle(line *stretch) error {
	at, moved := line.settled()
	if !moved {
		return nil
	}
	return s.Position.Store(at)
}

// farewell ends a connection in order (RFC 5425 §4.4): after our close_notify, the receiver's says that it read all.
func (s *Syslog) farewell(line *stretch, over chan error) error {
	if c, ok := line.conn.(*tls.Conn); ok {
		_ = line.conn.SetDeadline(time.Now().Add(syslogSettle))
		_ = c.CloseWrite()
	} else {
		_ = line.conn.Close()
	}
	if err := <-over; err == io.EOF {
		line.arrived()
	}
	_ = line.conn.Close()
	return nil
}

// stretch is what went over one connection and is not settled yet.
type stretch struct {
	conn            net.Conn
	now             func() time.Time
	confirmed, next int64
	marks           []mark
	moved           bool
}

// mark says that everything before a seq was handed to the kernel at a time, and since when it is acknowledged.
type mark struct {
	next  int64
	acked time.Time
}

func (l *stretch) write(b []byte, next int64) error {
	if err := l.conn.SetWriteDeadline(time.Now().Add(syslogWrite)); err != nil {
		return fmt.Errorf("syslog: %w", err)
	}
	if _, err := l.conn.Write(b); err != nil {
		return fmt.Errorf("syslog: %w", err)
	}
	l.next = next
	l.marks = append(l.marks, mark{next: next})
	return nil
}

// settled moves the confirmed position over what was acknowledged long enough ago.
func (l *stretch) settled() (int64, bool) {
	now := l.now()
	if unsent(l.conn) == 0 {
		for i := range l.marks {
			if l.marks[i].acked.IsZero() {
				l.marks[i].acked = now
			}
		}
	}
	for len(l.marks) > 0 && !l.marks[0].acked.IsZero() && now.Sub(l.marks[0].acked) >= syslogSettle {
		l.confirmed, l.moved = l.marks[0].next, true
		l.marks = l.marks[1:]
	}
	moved := l.moved
	l.moved = false
	return l.confirmed, moved
}

// arrived says that the receiver has read everything.
func (l *stretch) arrived() {
	l.confirmed, l.moved, l.marks = l.next, l.next != l.confirmed || l.moved, nil
}
