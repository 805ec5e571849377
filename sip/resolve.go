package sip

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// This file finds the servers of a domain (RFC 3263 §4): SRV, then addresses, in the order of RFC 2782.

// Resolver asks the name service. A lifetime of zero is one that is not known.
type Resolver interface {
	// SRV gives the records of a whole name ("_sips._tcp.carrier.example"); none and no error: there are none.
	SRV(ctx context.Context, name string) ([]SRV, time.Duration, error)
	// Addresses gives the IPv4 and IPv6 addresses of a host.
	Addresses(ctx context.Context, host string) ([]netip.Addr, time.Duration, error)
}

// SRV is one record (RFC 2782).
type SRV struct {
	Target           string
	Port             int
	Priority, Weight int
}

// SystemResolver asks as the system is configured to. The system does not tell lifetimes.
type SystemResolver struct{ Of *net.Resolver }

// SRV is Resolver.
func (r SystemResolver) SRV(ctx context.Context, name string) ([]SRV, time.Duration, error) {
	_, records, err := r.Of.LookupSRV(ctx, "", "", name)
	if unknown(err) {
		return nil, 0, nil
	}
	out := make([]SRV, 0, len(records))
	for _, s := range records {
		out = append(out, SRV{s.Target, int(s.Port), int(s.Priority), int(s.Weight)})
	}
	return out, 0, err
}

// Addresses is Resolver.
func (r SystemResolver) Addresses(ctx context.Context, host string) ([]netip.Addr, time.Duration, error) {
	all, err := r.Of.LookupNetIP(ctx, "ip", host)
	return all, 0, err
}

func unknown(err error) bool {
	var none *net.DNSError
	return errors.As(err, &none) && none.IsNotFound
}

// hop is one server that may be sent to.
type hop struct {
	name string // of the server; an address where the carrier has none
	addr netip.AddrPort
}

const (
	lookupWait     = 3 * time.Second
	lifetimeUsual  = time.Minute      // of what came without one
	lifetimeMost   = time.Hour        // a change of the carrier's is seen within it
	lifetimeLeast  = 5 * time.Second  // a lifetime of zero would ask for every call
	lifetimeAbsent = 10 * time.Second // of an answer that there is nothing, or of none
	hopsMost       = 16
)

// finder finds hops and remembers what it was told: for its lifetime, or where nobody answers any more, until somebody
// does.
type finder struct {
	ask Resolver
	mu  sync.Mutex
	srv map[string]found[SRV]
	ip  map[string]found[netip.Addr]
}

// found is one remembered answer.
type found[T any] struct {
	all   []T
	err   error
	until time.Time
}

func newFinder(r Resolver) *finder {
	if r == nil {
		r = SystemResolver{net.DefaultResolver}
	}
	return &finder{ask: r, srv: map[string]found[SRV]{}, ip: map[string]found[netip.Addr]{}}
}

// remember keeps a new answer. Trouble keeps what was known before, and asks again soon.
func remember[T any](was found[T], all []T, life time.Duration, err error) found[T] {
	now := time.Now()
	switch {
	case err != nil && len(was.all) > 0 && !unknown(err):
		return found[T]{was.all, nil, now.Add(lifetimeAbsent)}
	case err != nil || len(all) == 0:
		return found[T]{nil, err, now.Add(lifetimeAbsent)}
	}
	life = min(max(cmp.Or(life, lifetimeUsual), lifetimeLeast), lifetimeMost)
	return found[T]{all, nil, now.Add(life)}
}

func (r *finder) records(ctx context.Context, name string) ([]SRV, error) {
	r.mu.Lock()
	was := r.srv[name]
	r.mu.Unlock()
	if time.Now().Before(was.until) {
		return was.all, was.err
	}
	ctx, stop := context.WithTimeout(ctx, lookupWait)
	defer stop()
	all, life, err := r.ask.SRV(ctx, name)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.srv[name] = remember(was, all, life, err)
	return r.srv[name].all, r.srv[name].err
}

func (r *finder) addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return []netip.Addr{a}, nil
	}
	r.mu.Lock()
	was := r.ip[host]
	r.mu.Unlock()
	if time.Now().Before(was.until) {
		return was.all, was.err
	}
	ctx, stop := context.WithTimeout(ctx, lookupWait)
	defer stop()
	all, life, err := r.ask.Addresses(ctx, host)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ip[host] = remember(was, all, life, err)
	return r.ip[host].all, r.ip[host].err
}

// services are the SRV names and the usual port of a network.
var services = map[Network]struct {
	srv  string
	port int
}{TLS: {"_sips._tcp.", 5061}, TCP: {"_sip._tcp.", 5060}}

// hops are a carrier's servers in the order to try them (RFC 3263 §4.2): an address or a port is taken as it is, else SRV,
// else the domain's own addresses.
func (r *finder) hops(ctx context.Context, cr *Carrier) ([]hop, error) {
	service := services[cr.network()]
	_, literal := netip.ParseAddr(strings.Trim(cr.Host, "[]"))
	var records []SRV
	if cr.Port == 0 && literal != nil {
		records, _ = r.records(ctx, service.srv+cr.Host) // trouble: its addresses may still be had
	}
	if len(records) == 0 {
		records = []SRV{{Target: cr.Host, Port: cmp.Or(cr.Port, service.port)}}
	}
	var all []hop
	var trouble error
	for _, s := range inOrder(records) {
		target := strings.TrimSuffix(s.Target, ".")
		if target == "" {
			continue // "." is: decidedly not here (RFC 2782)
		}
		addrs, err := r.addresses(ctx, target)
		trouble = errors.Join(trouble, err)
		for _, a := range addrs {
			h := hop{target, netip.AddrPortFrom(a.Unmap(), uint16(s.Port))}
			if !slices.Contains(all, h) && len(all) < hopsMost {
				all = append(all, h)
			}
		}
	}
	if len(all) == 0 {
		return nil, cmp.Or(trouble, errNoServer)
	}
	return all, nil
}

var errNoServer = errors.New("no server of that name")

// inOrder sorts by priority, and draws among equals by weight (RFC 2782).
func inOrder(records []SRV) []SRV {
	left := slices.Clone(records)
	slices.SortStableFunc(left, func(a, b SRV) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(min(a.Weight, 1), min(b.Weight, 1)))
	})
	out := make([]SRV, 0, len(left))
	for len(left) > 0 {
		equals, sum := 0, 0
		for equals < len(left) && left[equals].Priority == left[0].Priority {
			sum += left[equals].Weight
			equals++
		}
		draw, i := rand.IntN(sum+1), 0
		for run := left[0].Weight; run < draw; run += left[i].Weight {
			i++
		}
		out = append(out, left[i])
		left = slices.Delete(left, i, i+1)
	}
	return out
}
