package mediatest

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/pion/srtp/v3"
)

// session is the keys in use, one context each way; nil contexts: in clear.
type session struct {
	agreed   bool
	suite    string
	theirs   []byte // master of the inbound context, to notice a new one
	in, out  *srtp.Context
	outgoing []byte
}

// agree puts a description into force. match says which of our lines belongs to theirs.
func (p *Peer) agree(r remote, match func(ours, theirs crypto) bool) error {
	if p.plain() {
		p.remote, p.keys.agreed = r, true
		return nil
	}
	if len(r.crypto) != 1 {
		return fmt.Errorf("description: %d usable crypto lines, want 1", len(r.crypto))
	}
	theirs := r.crypto[0]
	for _, ours := range p.local.crypto {
		if match(ours, theirs) {
			p.remote = r
			return p.keys.use(ours, theirs)
		}
	}
	return errors.New("description: crypto line that was not offered")
}

// use makes contexts for keys that are new and keeps those that are not: a re-INVITE with the same keys must not reset
// the packet counters.
func (s *session) use(ours, theirs crypto) error {
	if s.out == nil || s.suite != ours.suite || !bytes.Equal(s.outgoing, ours.master) {
		c, err := newContext(ours)
		if err != nil {
			return err
		}
		s.out, s.outgoing = c, ours.master
	}
	if s.in == nil || s.suite != theirs.suite || !bytes.Equal(s.theirs, theirs.master) {
		c, err := newContext(theirs, srtp.SRTPReplayProtection(256))
		if err != nil {
			return err
		}
		s.in, s.theirs = c, theirs.master
	}
	s.suite, s.agreed = ours.suite, true
	return nil
}

func newContext(c crypto, options ...srtp.ContextOption) (*srtp.Context, error) {
	profile := profiles[c.suite]
	n, err := profile.KeyLen()
	if err != nil {
		return nil, err
	}
	ctx, err := srtp.CreateContext(c.master[:n], c.master[n:], profile, options...)
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	return ctx, nil
}

// Suite is the one agreed on; empty before, and in clear.
func (p *Peer) Suite() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.keys.suite
}

// Codec is the one agreed on.
func (p *Peer) Codec() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.remote.codec
}

// Direction is what the other side's last description said of itself.
func (p *Peer) Direction() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.remote.direction
}
