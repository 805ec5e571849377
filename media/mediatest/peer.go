package mediatest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"
)

// Options are how a Peer presents itself. The zero value is a phone on 127.0.0.1 that speaks PCMU over
// AES_CM_128_HMAC_SHA1_80.
type Options struct {
	Addr   netip.Addr // zero: 127.0.0.1
	Suites []string   // SDES names by preference; none: AES_CM_128_HMAC_SHA1_80. "-" alone: RTP/AVP
	Codecs []string   // "PCMU", "PCMA" by preference; none: both
}

// Peer is one phone's sound. Its methods may be called from any goroutine.
type Peer struct {
	options Options
	conn    *net.UDPConn
	began   time.Time // sample 0 of what is heard
	cancel  context.CancelFunc
	work    sync.WaitGroup

	mu      sync.Mutex
	local   local
	remote  remote
	keys    session
	mouth   mouth
	ear     ear
	changed chan struct{} // closed and renewed when something was heard
}

// Listen takes a port and begins to hear. Nothing is sent before a description has come from the other side.
func Listen(o Options) (*Peer, error) {
	if !o.Addr.IsValid() {
		o.Addr = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	if len(o.Suites) == 0 {
		o.Suites = []string{"AES_CM_128_HMAC_SHA1_80"}
	}
	if len(o.Codecs) == 0 {
		o.Codecs = []string{"PCMU", "PCMA"}
	}
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(o.Addr, 0)))
	if err != nil {
		return nil, fmt.Errorf("scripted phone: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := &Peer{options: o, conn: conn, began: time.Now(), cancel: cancel, changed: make(chan struct{})}
	p.local.direction = "sendrecv"
	p.mouth.begin()
	p.work.Go(p.hear)
	p.work.Go(func() { p.speak(ctx) })
	return p, nil
}

// Close hangs up the sound: no goroutine of the peer is left when it returns.
func (p *Peer) Close() error {
	p.cancel()
	err := p.conn.Close()
	p.work.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// Addr is where the peer hears.
func (p *Peer) Addr() netip.AddrPort { return p.conn.LocalAddr().(*net.UDPAddr).AddrPort() }

// Speak says sound (8 kHz) over and over from now on; nil says silence, packets all the same. It returns the moment
// from which the other side should hear it, for Peer.Heard.
func (p *Peer) Speak(sound []int16) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mouth.sound, p.mouth.at = sound, 0
	return time.Now()
}

// Mute stops sending altogether, as a phone that is gone; Unmute goes on.
func (p *Peer) Mute() { p.setMuted(mutedNow) }

// Unmute sends again.
func (p *Peer) Unmute() { p.setMuted(audible) }

func (p *Peer) setMuted(m muting) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mouth.muted = m
}

// Restart goes on with a new SSRC, sequence and timestamp, as a phone does that was re-keyed or moved.
func (p *Peer) Restart() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mouth.begin()
}

// SendDigits presses keys (of "0123456789*#ABCD"), 100 ms each, 60 ms apart, and waits until they are out.
func (p *Peer) SendDigits(ctx context.Context, digits string) error {
	p.mu.Lock()
	last := p.mouth.press(digits)
	p.mu.Unlock()
	select {
	case <-last:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("press keys: %w", context.Cause(ctx))
	}
}

// Heard is what was heard since a moment, at 8 kHz, each packet at the time it belongs to; the silence of what never
// came is zeros. The slice is the caller's.
func (p *Peer) Heard(since time.Time) []int16 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ear.since(since.Sub(p.began))
}

// Digits are the keys that were heard.
func (p *Peer) Digits() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return string(p.ear.digits)
}

// Counts are packets.
type Counts struct {
	Sent, Heard  int
	Unauthentic  int // wrong tag, replayed, or before keys were agreed
	SSRCs        int // streams heard
	OtherPayload int // neither the codec nor keys
}

// Counts is the state so far.
func (p *Peer) Counts() Counts {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ear.counts(p.mouth.sent)
}

// Await waits until enough is true of the peer, asked anew after every packet that comes in.
func (p *Peer) Await(ctx context.Context, enough func(*Peer) bool) error {
	for {
		p.mu.Lock()
		changed := p.changed
		p.mu.Unlock()
		if enough(p) {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("await sound: %w", context.Cause(ctx))
		}
	}
}

// AwaitSound waits until d of sound has been heard since a moment.
func (p *Peer) AwaitSound(ctx context.Context, since time.Time, d time.Duration) error {
	want := int(d * rate / time.Second)
	return p.Await(ctx, func(p *Peer) bool { return len(p.Heard(since)) >= want })
}

func random32() uint32 {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails, crypto/rand
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}
