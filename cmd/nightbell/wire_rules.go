package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"nightbell/media"
	"nightbell/policy"
	"nightbell/sip"
	"nightbell/store"
)

// rules is everything that calls are decided by, as it stands in memory: replaced whole whenever something changed, so
// that no call waits for the database and none sees half an edit.
type rules struct {
	office *office
	now    atomic.Pointer[standing]
	change chan struct{} // capacity 1
	loads  sync.Mutex    // one load at a time: an older book never takes the place of a newer one
	told   func()        // after each replacement; never blocks
	clock  func() time.Time
}

// standing is one immutable state of the rules.
type standing struct {
	policy *policy.Snapshot
	trunks []sip.Trunk

	carriers []sip.Carrier
	phones   func(user string) (sip.Device, bool) // while sealed: those that may call 911; nil: devices says it
	devices  map[string]sip.Device
	owner    map[string]string // user -> person
	paused   map[string]bool   // people who take no calls for now
	gate     gatehouse
}

func newRules(o *office, told func()) *rules {
	r := &rules{office: o, change: make(chan struct{}, 1), told: told, clock: time.Now}
	r.now.Store(&standing{policy: policy.Index(&policy.Book{}, o.Zones())})
	return r
}

// Changed says that something in the store changed. It never blocks.
func (r *rules) Changed() {
	select {
	case r.change <- struct{}{}:
	default:
	}
}

// Run follows changes until ctx ends. A load that fails keeps what stands and is tried again: a bad row never stops
// calls.
func (r *rules) Run(ctx context.Context, trouble func(error)) {
	var again <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.change:
		case <-again:
		}
		again = nil
		if err := r.load(ctx); err != nil && ctx.Err() == nil {
			trouble(fmt.Errorf("load rules: %w", err))
			again = time.After(time.Second)
		}
	}
}

// load reads the whole of the rules and puts it in place.
func (r *rules) load(ctx context.Context) error {
	r.loads.Lock()
	defer r.loads.Unlock()
	book, err := r.office.Store.Book(ctx)
	if err != nil {
		return err
	}
	next := &standing{policy: policy.Index(book, r.office.Zones()), owner: map[string]string{}, paused: map[string]bool{}}
	for _, d := range book.Devices {
		next.owner[d.User] = d.Person
	}
	if next.devices, err = r.devices(ctx, book); err != nil {
		return err
	}
	secret, err := r.secrets(ctx, book)
	if err != nil {
		return err
	}
	if next.trunks, err = r.trunks(book, secret); err != nil {
		return err
	}
	next.carriers = sipCarriers(book, secret, r.office.shown)
	if next.gate, err = openGatehouse(ctx, r.office.Store, book); err != nil {
		return err
	}
	pauses, err := r.office.Store.Pauses(ctx)
	if err != nil {
		return err
	}
	for _, p := range pauses {
		next.paused[p.Person] = true
	}
	r.now.Store(next)
	r.told()
	return nil
}

// devices are those that may register: enrolled, not revoked. Secrets stay in memory for as long as the server is open.
func (r *rules) devices(ctx context.Context, b *policy.Book) (map[string]sip.Device, error) {
	rows, err := r.office.Store.Devices(ctx)
	if err != nil {
		return nil, err
	}
	all := make(map[string]sip.Device, len(rows))
	for _, d := range rows {
		if !d.HasSecret || !d.Revoked.IsZero() {
			continue
		}
		secret, err := r.office.Store.DeviceSecret(ctx, d.User)
		if err != nil {
			return nil, err
		}
		all[d.User] = deviceOf(d, string(secret))
	}
	return all, nil
}

// deviceOf is a device as the registrar knows it. A new credential is another mark: what was bound under the old one ends.
func deviceOf(d store.Device, credential string) sip.Device {
	out := sip.Device{User: d.User, Person: d.Person, MD5Until: d.MD5Until, Mark: markOf(d)}
	if fingerprint, ok := strings.CutPrefix(credential, certificateMark); ok {
		out.Certificate = fingerprint
		return out
	}
	out.Secret = func() string { return credential }
	return out
}

func (r *rules) trunks(b *policy.Book, secret func(id string) string) ([]sip.Trunk, error) {
	own, err := os.ReadFile(r.office.Config.path("ca.pem"))
	if err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	return sipTrunks(b, string(own), secret), nil
}

// sipTrunks are the book's trunks as signalling knows them; own are the roots of our private CA.
func sipTrunks(b *policy.Book, own string, secret func(id string) string) []sip.Trunk {
	all := make([]sip.Trunk, 0, len(b.Trunks))
	for _, t := range b.Trunks {
		out := sip.Trunk{ID: t.ID, Name: t.Name, CertNames: t.Identity.CertNames, CertRoots: cmp.Or(t.Identity.CertRoots, own),
			Prefixes: t.Identity.Addresses, Digest: t.Identity.Digest, Number: sip.NumberSource(t.NumberFrom),
			Caller: sip.CallerSource(t.Caller), MaxCalls: t.MaxCalls, MaxRate: t.MaxRate, Advertised: advertised(&t),
			ClearUntil: exception(t, "signalling"), MD5Until: exception(t, "md5")}
		if out.Digest != "" {
			out.Secret = func() string { return secret(t.ID) }
		}
		all = append(all, out)
	}
	return all
}

// exception is until when a trunk may be insecure in this respect; zero: it may not.
func exception(t policy.Trunk, scope string) (until time.Time) {
	for _, e := range t.Exceptions {
		for _, s := range e.Scope {
			if s == scope && e.Until.After(until) {
				until = e.Until
			}
		}
	}
	return until
}

// Device is sip.Devices.
func (r *rules) Device(user string) (sip.Device, bool) {
	s := r.now.Load()
	if s.phones != nil {
		return s.phones(user)
	}
	d, ok := s.devices[user]
	return d, ok
}

// Trunks is sip.Config.Trunks.
func (r *rules) Trunks() []sip.Trunk { return r.now.Load().trunks }

// Decide is call.Ports.Decide.
func (r *rules) Decide(q policy.Inquiry) policy.Plan { return r.now.Load().policy.Decide(q) }

// profile says where and how the sound of a trunk's call travels.
func (r *rules) profile(f sip.Facts, family func(media.Profile) bool) media.Profile {
	p := r.office.Config.profile(f.Local, family)
	t, ok := r.now.Load().policy.Trunk(f.TrunkID)
	if !ok {
		return p
	}
	if a := advertised(t); a.IsValid() && a.Is4() == p.Bind.Unmap().Is4() {
		p.Advertised = a
	}
	for _, name := range t.Suites {
		p.Suites = append(p.Suites, media.Suite(name))
	}
	p.Plain = time.Now().Before(exception(*t, "media"))
	return p
}

// advertised is our address as the trunk must see it; zero: the listener's, and the media address's.
func advertised(t *policy.Trunk) netip.Addr {
	a, _ := netip.ParseAddr(t.Advertised) // the book was checked
	return a.Unmap()
}

// profile is the first media address that the family test takes, else the first that will do. A wildcard without an
// address to advertise shows the one at which this very peer reached us: local.
func (c *Config) profile(local netip.Addr, family func(media.Profile) bool) media.Profile {
	var first media.Profile
	for _, a := range c.Media.Address {
		p := media.Profile{Bind: a.Bind, Advertised: a.Advertised}
		if a.Bind.IsUnspecified() && !a.Advertised.IsValid() {
			if p.Advertised = local.Unmap(); p.Advertised.Is4() != a.Bind.Unmap().Is4() {
				continue // nothing is known to say in this family
			}
		}
		if family(p) {
			return p
		}
		if !first.Bind.IsValid() {
			first = p
		}
	}
	return first
}

func isNotFound(err error) bool { return errors.Is(err, store.ErrNotFound) }
