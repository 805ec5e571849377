package sip

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"net/netip"

	"nightbell/sip/siptest"
)

// shore is a core with one carrier on in-memory connections, in a bubble.
type shore struct {
	t        *testing.T
	core     *core
	registry *siptest.Registry
	down     atomic.Bool // nobody can be connected to
	opened   atomic.Int64
	states   chan CarrierState
	stop     context.CancelFunc
	over     sync.WaitGroup

	mu   sync.Mutex
	last *Flow
}

func newShore(t *testing.T, registry *siptest.Registry, c Carrier) *shore {
	s := &shore{t: t, registry: registry, states: make(chan CarrierState, 256)}
	c.ID, c.Host, c.Port = "out", "carrier.example", 5061
	s.core = newCore(Config{
		Carriers: func() []Carrier { return []Carrier{c} }, Resolver: &names{ip: map[string][]netip.Addr{"carrier.example": {netip.MustParseAddr("192.0.2.1")}}},
		OnCarrier: func(st CarrierState) { s.states <- st },
	})
	w := testWire(t, s.core, Limits{})
	s.core.carriers.wire, s.core.carriers.reach = w, func(_ context.Context, cfg *Carrier, _ hop) (*Flow, error) {
		if s.down.Load() {
			return nil, &net.OpError{Op: "dial", Err: errors.New("no route")}
		}
		s.opened.Add(1)
		ours, theirs := net.Pipe()
		l := &listener{Listen: Listen{Name: "carrier out", Network: TLS, Advertised: netip.MustParseAddrPort("192.0.2.7:5061")}, w: w, out: true, carrier: cfg.ID}
		f := w.attach(l, ours, nil)
		w.work.Go(func() { f.read(ours) })
		p := siptest.PhoneOver(theirs, siptest.Options{Script: registry.Answer}, nil)
		t.Cleanup(p.Cut)
		s.mu.Lock()
		s.last = f
		s.mu.Unlock()
		return f, nil
	}
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.over.Go(func() { s.core.carriers.run(ctx) })
	t.Cleanup(func() { stop(); s.over.Wait() })
	synctest.Wait()
	return s
}

func (s *shore) count(what string) int {
	n := 0
	for _, line := range s.registry.Seen() {
		if strings.HasPrefix(line, what) {
			n++
		}
	}
	return n
}

func (s *shore) state() CarrierState { return s.core.carriers.states()[0] }

func registering() Carrier {
	return Carrier{Register: true, User: "nightbell", Secret: secret("open sesame"), OptionsEvery: -1}
}

func TestARegistrationIsRefreshedInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShore(t, &siptest.Registry{User: "nightbell", Secret: "open sesame", Grants: 600}, registering())
		if st := s.state(); !st.Up || time.Until(st.Registered) != 10*time.Minute {
			t.Fatalf("state %+v", st)
		}
		for range 20 {
			time.Sleep(10 * time.Minute)
			synctest.Wait()
			if s.state().Registered.IsZero() {
				t.Fatal("the registration ran out")
			}
		}
		if n := s.count("REGISTER 3600 200"); n < 21 || n > 28 {
			t.Errorf("%d registrations in 200 minutes", n)
		}
		if n := s.opened.Load(); n != 1 {
			t.Errorf("%d connections", n)
		}
		s.core.carriers.drain()
		synctest.Wait()
		if s.count("REGISTER 0 200") != 1 || !s.state().Registered.IsZero() {
			t.Errorf("not un-registered: %v", s.registry.Seen()[max(0, len(s.registry.Seen())-3):])
		}
	})
}

func TestTooBriefAnInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := registering()
		c.Expires = time.Minute
		s := newShore(t, &siptest.Registry{Least: 1800}, c)
		if got := s.registry.Seen(); !slices.Equal(got, []string{"REGISTER 60 423", "REGISTER 1800 200"}) {
			t.Errorf("%v", got)
		}
		if left := time.Until(s.state().Registered); left != 30*time.Minute {
			t.Errorf("registered for %v", left)
		}
	})
}

// A carrier that refuses is asked again after 30 s, then ever more rarely, and at most every 30 min; never in step.
func TestRegistrationBacksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &siptest.Registry{}
		for range 500 {
			r.Next(siptest.Verdict{Code: 403})
		}
		s := newShore(t, r, registering())
		if st := s.state(); st.Up || st.Trouble != Forbidden || st.Code != 403 {
			t.Errorf("%+v", st)
		}
		time.Sleep(time.Hour)
		first := s.count("REGISTER")
		if first < 6 || first > 12 {
			t.Errorf("%d in the first hour", first)
		}
		time.Sleep(10 * time.Hour)
		if n := s.count("REGISTER") - first; n < 20 || n > 42 {
			t.Errorf("%d in ten hours", n)
		}
	})
}

// The connection goes: it is made anew and registered on at once.
func TestALostRegistrationIsMadeAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShore(t, &siptest.Registry{}, registering())
		s.mu.Lock()
		f := s.last
		s.mu.Unlock()
		f.Close()
		synctest.Wait()
		if n := s.count("REGISTER 3600 200"); n != 2 || !s.state().Up {
			t.Errorf("%d registrations, %+v", n, s.state())
		}
		s.down.Store(true)
		s.mu.Lock()
		f = s.last
		s.mu.Unlock()
		f.Close()
		synctest.Wait()
		if st := s.state(); st.Up || st.Trouble != NoConnection {
			t.Errorf("%+v", st)
		}
		s.down.Store(false)
		time.Sleep(40 * time.Second)
		synctest.Wait()
		if !s.state().Up {
			t.Errorf("%+v", s.state())
		}
		var up []bool
		for len(s.states) > 0 {
			up = append(up, (<-s.states).Up)
		}
		if !slices.Equal(slices.Compact(up), []bool{true, false, true, false, true}) {
			t.Errorf("told %v", up)
		}
	})
}

// OPTIONS every half minute, and what they say.
func TestACarrierIsAskedWhetherItIsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &siptest.Registry{}
		s := newShore(t, r, Carrier{})
		time.Sleep(10 * time.Minute)
		if n := s.count("OPTIONS"); n < 18 || n > 24 {
			t.Errorf("asked %d times in ten minutes", n)
		}
		if st := s.state(); !st.Up || st.Answer != 200 || time.Since(st.Asked) > 34*time.Second || !st.Address.IsValid() {
			t.Errorf("%+v", st)
		}
		for code, want := range map[int]CarrierTrouble{503: Unavailable, -1: NoResponse, 404: ""} {
			r.Say(code)
			time.Sleep(80 * time.Second)
			synctest.Wait()
			if st := s.state(); st.Trouble != want || st.Up != (want == "") {
				t.Errorf("OPTIONS %d: %+v", code, st)
			}
		}
	})
}
