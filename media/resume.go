package media

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/pion/srtp/v3"
)

// Kept is what another process needs to go on with a session: where it is, what was agreed, and its keys. Seal it before
// it is written anywhere. Indexes are not in it: they move with each packet and stand in the engine's marks.
type Kept struct {
	Profile Profile          `json:"profile"`
	Port    uint16           `json:"port"`
	ID      uint64           `json:"id"`
	Version uint64           `json:"version"`
	Body    string           `json:"body"`
	Keys    map[Suite][]byte `json:"keys"` // ours
	Said    []byte           `json:"said"` // the peer's last description
	Offered bool             `json:"offered"`
	Latched netip.AddrPort   `json:"latched,omitzero"`
	Control netip.AddrPort   `json:"control,omitzero"`
	Mux     bool             `json:"mux"`
	Marks   string           `json:"marks"`
	Slot    int              `json:"slot"`
	SSRC    uint32           `json:"ssrc"`
}

// String keeps keys out of whatever prints them.
func (Kept) String() string { return "[kept session]" }

// GoString does too.
func (Kept) GoString() string { return "[kept session]" }

// ErrNotKept says that a session cannot go on elsewhere.
var ErrNotKept = errors.New("session cannot be kept")

// lastWord is the peer's description that the present terms came from.
type lastWord struct {
	sdp     []byte
	offered bool // it was an offer of the peer's; else the answer to ours
}

// Keep writes down what another process needs to go on when this one is killed. ErrNotKept: nothing is agreed, or the
// engine has no table of marks.
func (s *Session) Keep() (Kept, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.terms == nil || s.peerSaid.sdp == nil {
		return Kept{}, ErrNotKept
	}
	k := Kept{
		Profile: s.profile, Port: s.port, ID: s.id, Version: s.version, Body: s.body, Keys: map[Suite][]byte{},
		Said: slices.Clone(s.peerSaid.sdp), Offered: s.peerSaid.offered, Mux: s.mux, Marks: s.call.engine.marks.name,
	}
	for suite, key := range s.ours {
		k.Keys[suite] = []byte(key.inline)
	}
	here := s.loop.ask(func() {
		st := s.stream
		k.Slot, k.SSRC, k.Latched, k.Control = st.slot, st.out.ssrc, st.latched, st.latchedControl
		st.mark.sentOne(&st.out)
	})
	if !here || k.Slot < 0 || k.Marks == "" {
		return Kept{}, ErrNotKept
	}
	return k, nil
}

// Margins over what a mark says: packets and reports that may have left after the last store was seen.
const (
	markMargin    = 64
	reportMargin  = 16
	clockAfter    = 2 * 8000 // the outbound timestamp goes on as if two seconds had gone by
	mostExtension = 1 << 47  // of an extended sequence number (RFC 3711 §9.2)
)

// Resume goes on with a session that another process kept: on the same port, with the same keys, at indexes that were
// never used. folder is where that process had its marks.
func (c *Call) Resume(k Kept, folder string) (*Session, error) {
	was, err := readMark(folder, k.Marks, k.Slot)
	if err != nil {
		return nil, err
	}
	if was.ssrc != k.SSRC || was.ext <= 0 || was.ext > mostExtension {
		return nil, fmt.Errorf("resume: %w: keys changed after it was kept", ErrNotKept)
	}
	s, err := c.newSessionAt(k)
	if err != nil {
		return nil, fmt.Errorf("resume: %w", err)
	}
	if err := s.recall(k); err != nil {
		s.Close()
		return nil, fmt.Errorf("resume: %w", err)
	}
	s.loop.post(func() { s.stream.goOn(k, was) })
	return s, nil
}

// recall brings the terms back by hearing the peer's last words again.
func (s *Session) recall(k Kept) error {
	for suite, key := range k.Keys {
		f, known := suites[suite]
		if !known || len(key) != f.key+f.salt {
			return ErrNotKept
		}
		s.ours[suite] = masterKey{suite, string(key)}
	}
	s.id = k.ID
	var err error
	if k.Offered {
		_, err = s.Answer(k.Said)
	} else if _, err = s.Offer(nil); err == nil {
		err = s.Accept(k.Said)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version, s.body = k.Version, k.Body
	s.mux = s.mux || k.Mux
	return err
}

// goOn sets the stream's numbers behind those that were used. It runs on the loop, after agree.
func (s *stream) goOn(k Kept, was Progress) {
	if s.closed || s.terms == nil {
		return
	}
	o := &s.out
	o.ssrc, o.newest, o.timestamp = was.ssrc, was.ext+markMargin, was.timestamp+clockAfter
	o.floor, o.epoch, o.sentAt = o.newest, 0, s.loop.now
	if s.terms.out != nil {
		s.terms.out.SetROC(o.ssrc, uint32(o.newest>>16))
		s.terms.out.SetIndex(o.ssrc, was.reports+reportMargin)
	}
	s.mark[markReports].Store(uint64(was.reports + reportMargin))
	s.mark.sentOne(o)
	s.latched, s.latchedControl = k.Latched, k.Control
	if was.fromSSRC != 0 || was.fromExt != 0 {
		s.before = &earlier{was.fromSSRC, was.fromExt}
		s.mark[markIn].Store(uint64(was.fromSSRC))
		s.mark[markInExt].Store(uint64(was.fromExt))
	}
}

// earlier is how far the peer's source was when the last process heard it: from it the rollover counter of its first
// packet here is told (RFC 3711 §3.3.1).
type earlier struct {
	ssrc uint32
	ext  int64
}

// guess prepares the context for a packet that may be the first.
func (e *earlier) guess(in *srtp.Context, packet []byte) {
	if in == nil || binary.BigEndian.Uint32(packet[8:]) != e.ssrc {
		return
	}
	ext := e.ext + int64(int16(binary.BigEndian.Uint16(packet[2:])-uint16(e.ext)))
	in.SetROC(e.ssrc, uint32(max(ext, 0)>>16))
}

// newSessionAt is NewSession on the port that is known already.
func (c *Call) newSessionAt(k Kept) (*Session, error) {
	p, err := k.Profile.complete()
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, ErrClosed
	}
	if !c.engine.ports.takeThis(k.Port) {
		return nil, errNoPort
	}
	rtp, control, err := c.loop.bindPair(p.Bind, k.Port)
	if err != nil {
		c.engine.ports.give(k.Port)
		return nil, fmt.Errorf("media port: %w", err)
	}
	return c.sit(p, k.Port, rtp, control)
}

// takeThis takes a port by its number; false: it is not free.
func (p *portPool) takeThis(port uint16) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.n {
		at := (p.head + i) % len(p.free)
		if p.free[at].port != port {
			continue
		}
		for ; i > 0; i-- { // close the hole: those before it move up by one
			from := (p.head + i - 1) % len(p.free)
			p.free[(p.head+i)%len(p.free)] = p.free[from]
		}
		p.head = (p.head + 1) % len(p.free)
		p.n--
		return true
	}
	return false
}

// MarshalKept and ParseKept are the form in which a session is sealed.
func MarshalKept(k Kept) ([]byte, error) { return json.Marshal(k) }

// ParseKept reads what MarshalKept wrote.
func ParseKept(raw []byte) (k Kept, err error) {
	err = json.Unmarshal(raw, &k)
	return k, err
}
