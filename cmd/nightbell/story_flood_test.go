//go:build stories

package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"nightbell/media/mediatest"
)

const (
	floodAddr = "127.0.0.66" // where all strangers come from
	floodLoss = 0.01         // of a conversation's packets
	floodGap  = 120 * time.Millisecond
	floodTime = 8 * time.Second
)

const floodInvite = "INVITE sip:+12125550114@nightbell SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.66;branch=z9hG4bK%d\r\nMax-Forwards: 70\r\n" +
	"From: <sip:100@b>;tag=1\r\nTo: <sip:b@c>\r\nCall-ID: %[1]d\r\nCSeq: 1 INVITE\r\nContact: <sip:100@127.0.0.66>\r\nUser-Agent: scanner\r\n%[2]s" +
	"Content-Length: 0\r\n\r\n"

// floodRegister asks for a challenge; nobody reads it.
const floodRegister = "REGISTER sip:nightbell SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.66;branch=z9hG4bK%d\r\nMax-Forwards: 70\r\n" +
	"From: <sip:%[1]d@nightbell>;tag=1\r\nTo: <sip:%[1]d@nightbell>\r\nCall-ID: %[1]d\r\nCSeq: 1 REGISTER\r\nContact: <sip:100@127.0.0.66>\r\n" +
	"Content-Length: 0\r\n\r\n"

// flood is every way of a scanner at once, each over and over; it ends with stop, which tells how often each came through to its end.
type flood struct {
	s    *stand
	ctx  context.Context
	work sync.WaitGroup
	mu   sync.Mutex
	done map[string]int
}

func (s *stand) flood(ctx context.Context) (stop func() map[string]int) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(ctx)
	f := &flood{s: s, ctx: ctx, done: map[string]int{}}
	long := "X-Scan: " + strings.Repeat("a", 64<<10) + "\r\n"
	for range 2 {
		f.again("half-open TLS", f.halfOpen)
		f.again("a storm of INVITE", func() error { return f.storm(floodInvite, "") })
		f.again("a header of 64 KiB", func() error { return f.storm(floodInvite, long) })
		f.again("a storm of REGISTER by who reads nothing", func() error { return f.storm(floodRegister, "") })
	}
	shout := s.shouting(ctx)
	return func() map[string]int {
		cancel()
		shout()
		f.work.Wait()
		return f.done
	}
}

// again does it twenty times a second.
func (f *flood) again(what string, do func() error) {
	f.work.Go(func() {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for f.ctx.Err() == nil {
			if do() == nil {
				f.mu.Lock()
				f.done[what]++
				f.mu.Unlock()
			}
			<-tick.C
		}
	})
}

// halfOpen begins a handshake and leaves it standing until the server has had enough, or the flood ends.
func (f *flood) halfOpen() error {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(floodAddr)}}
	conn, err := d.DialContext(f.ctx, "tcp", f.s.sipAddr())
	if err != nil {
		return err
	}
	f.work.Go(func() {
		defer context.AfterFunc(f.ctx, func() { conn.Close() })()
		_, _ = conn.Write([]byte{0x16, 0x03, 0x01, 0x02, 0x00, 0x01})
		_, _ = io.Copy(io.Discard, conn)
		conn.Close()
	})
	return nil
}

// storm says a request over and over, five hundred times at most, and reads nothing; it ends when the server closes.
func (f *flood) storm(request, head string) error {
	d := tls.Dialer{NetDialer: &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(floodAddr)}}, Config: &tls.Config{RootCAs: f.s.pool()}}
	conn, err := d.DialContext(f.ctx, "tcp", f.s.sipAddr())
	if err != nil {
		return err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(2 * time.Second))
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for i := range 500 {
		text := request
		if strings.Contains(request, "%[2]s") {
			text = fmt.Sprintf(request, i, head)
		} else {
			text = fmt.Sprintf(request, i)
		}
		if _, err := io.WriteString(conn, text); err != nil {
			break // closed on us: the end of this way
		}
		select {
		case <-tick.C:
		case <-f.ctx.Done():
			return f.ctx.Err()
		}
	}
	return nil
}

// A recorded call goes on while strangers do everything at once: at most one packet in a hundred is lost to either side, no
// one hears a gap of 120 ms, what is said arrives as soon as before, and the recording has all of it.
func TestStoryAFloodDoesNotDisturbARecordedCall(t *testing.T) {
	ctx := storyTime(t, 90*time.Second)
	s := newStand(t, func(string) string { return recordedBook("talk +12125550114 at_once amy:20") })
	s.serve()
	carrier, amys := s.carrier(ctx), s.answering(ctx, "amy")
	zoe, agent := s.talking(ctx, carrier, amys)
	voice := newCounter(60 * time.Second)
	agent.sound.Speak(voice.sound)
	began := zoe.sound.Speak(voice.sound)
	calm := heardIn(ctx, t, zoe, agent, voice, began)

	stop := s.flood(ctx)
	stormy := heardIn(ctx, t, zoe, agent, voice, began)
	ways := stop()
	for _, way := range []string{"half-open TLS", "a storm of INVITE", "a header of 64 KiB", "a storm of REGISTER by who reads nothing"} {
		if ways[way] < 3 {
			t.Errorf("%s: %d times only, of %v", way, ways[way], ways)
		}
	}
	t.Logf("calm %+v, in the flood %+v, %v", calm, stormy, ways)
	if stormy.loss > floodLoss || stormy.gap > floodGap || stormy.delay > calm.delay+floodGap {
		t.Errorf("in the flood %+v, before it %+v", stormy, calm)
	}
	said := time.Since(began)
	fail(t, zoe.dialog.Bye(ctx))
	s.whole(ctx, s.lastCall(ctx).Recording, voice, said)
	s.quiet(ctx)
}

// fidelity is how well two hear each other, the worse of both.
type fidelity struct {
	loss       float64
	gap, delay time.Duration
}

// heardIn listens for the time of a flood.
func heardIn(ctx context.Context, t *testing.T, caller, agent *talk, voice counter, began time.Time) (worst fidelity) {
	t.Helper()
	since := time.Now()
	sides := []*talk{caller, agent}
	var before [2]mediatest.Counts
	for i, side := range sides {
		before[i] = side.sound.Counts()
	}
	for i, side := range sides {
		fail(t, side.sound.AwaitSound(ctx, since, floodTime))
		now := side.sound.Counts()
		other := sides[1-i].sound.Counts().Sent - before[1-i].Sent
		worst.loss = max(worst.loss, 1-float64(now.Heard-before[i].Heard)/float64(other))
		heard := side.sound.Heard(since)
		worst.gap = max(worst.gap, missing(heard))
		end, ok := voice.end(heard)
		if !ok {
			t.Fatal("somebody hears what nobody said")
		}
		worst.delay = max(worst.delay, since.Sub(began)+time.Duration(len(heard)-end)*time.Second/callRate)
	}
	return worst
}
