package media

import (
	"slices"
	"sync"
)

// Call joins the sessions of one call; all of them live on one loop.
type Call struct {
	engine *Engine
	loop   *loop
	floor  *floor

	mu       sync.Mutex
	sessions []*Session
	closed   bool
}

// NewSession takes a pair of ports and waits for a description. No sound passes before Answer, or Offer and Accept,
// have agreed on keys.
func (c *Call) NewSession(p Profile) (*Session, error) {
	p, err := p.complete()
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, ErrClosed
	}
	port, rtp, control, err := c.engine.bind(c.loop, p.Bind)
	if err != nil {
		return nil, err
	}
	return c.sit(p, port, rtp, control)
}

// sit puts a session on its sockets. The call is locked.
func (c *Call) sit(p Profile, port uint16, rtp, control *endpoint) (*Session, error) {
	st := newStream(c.loop, rtp, control)
	st.floor = c.floor
	st.slot, st.mark = c.engine.marks.take()
	st.release = func() {
		c.engine.ports.give(port)
		c.engine.marks.give(st.slot)
	}
	c.loop.load.Add(1)
	if !c.loop.post(st.open) {
		rtp.sock.close()
		control.sock.close()
		c.loop.load.Add(-1)
		st.release()
		return nil, ErrClosed
	}
	s := newSession(c, p, port, st)
	st.ended = s.keep
	c.sessions = append(c.sessions, s)
	return s, nil
}

// Close closes every session of the call.
func (c *Call) Close() {
	c.mu.Lock()
	c.closed = true
	all := slices.Clone(c.sessions)
	c.mu.Unlock()
	for _, s := range all {
		s.Close()
	}
}

func (c *Call) forget(s *Session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := slices.Index(c.sessions, s); i >= 0 {
		c.sessions = slices.Delete(c.sessions, i, i+1)
	}
}
