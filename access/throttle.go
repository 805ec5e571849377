package access

import (
	"net/netip"
	"sync"
	"time"
)

// From the fifth failure on each further one doubles the wait. An account's wait stays short, so that nobody locks a person out
// by guessing; an address's grows longer.
const (
	freeFailures   = 4
	firstWait      = time.Second
	mostOfAccount  = 30 * time.Second
	mostOfAddress  = 5 * time.Minute
	forgetFailures = 15 * time.Minute
	mostWatched    = 4096 // accounts, and as many addresses
)

// Throttle slows down whoever guesses, per account and per address. It remembers a bounded number of each: when it is full, the
// least suspicious goes. A name that nobody has counts like any other.
type Throttle struct {
	mu        sync.Mutex
	accounts  watch
	addresses watch
}

// NewThrottle remembers nothing yet.
func NewThrottle() *Throttle {
	return &Throttle{
		accounts:  watch{most: mostOfAccount, seen: map[string]failures{}},
		addresses: watch{most: mostOfAddress, seen: map[string]failures{}},
	}
}

// Wait says how long an attempt on this account from this address has to wait; zero: now.
func (t *Throttle) Wait(account, address string, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return max(t.accounts.wait(accountKey(account), now), t.addresses.wait(addressKey(address), now))
}

// Failed counts a failure.
func (t *Throttle) Failed(account, address string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.accounts.failed(accountKey(account), now)
	t.addresses.failed(addressKey(address), now)
}

// Passed forgets the failures of the account. Those of the address stay: its next guess may be at somebody else.
func (t *Throttle) Passed(account string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.accounts.seen, accountKey(account))
}

// watch counts failures by key.
type watch struct {
	most time.Duration
	seen map[string]failures
}

type failures struct {
	count int
	last  time.Time
}

// wait never exceeds its most, whichever way the clock was set.
func (w *watch) wait(key string, now time.Time) time.Duration {
	f, ok := w.seen[key]
	if !ok || f.count <= freeFailures {
		return 0
	}
	over := min(f.count-freeFailures-1, 16)
	length := min(w.most, firstWait<<over)
	return max(0, min(length, f.last.Add(length).Sub(now)))
}

func (w *watch) failed(key string, now time.Time) {
	f, ok := w.seen[key]
	if !ok && len(w.seen) >= mostWatched {
		w.forget(now)
	}
	if ok && now.Sub(f.last) > forgetFailures {
		f = failures{}
	}
	w.seen[key] = failures{count: min(f.count+1, 1000), last: now}
}

// forget makes room: everything that is old goes, and if nothing is, the one with the fewest failures, oldest first.
func (w *watch) forget(now time.Time) {
	least, first := "", true
	for key, f := range w.seen {
		if now.Sub(f.last) > forgetFailures {
			delete(w.seen, key)
			continue
		}
		if l := w.seen[least]; first || f.count < l.count || (f.count == l.count && f.last.Before(l.last)) {
			least, first = key, false
		}
	}
	if len(w.seen) >= mostWatched {
		delete(w.seen, least)
	}
}

// accountKey puts everything that cannot be a name into one drawer.
func accountKey(account string) string {
	if !ValidName(account) {
		return "?"
	}
	return account
}

// addressKey is an IPv4 address or the /64 of an IPv6 one: a subscriber has 2^64 of those.
func addressKey(address string) string {
	at, err := netip.ParseAddr(address)
	if err != nil {
		return "?"
	}
	at = at.Unmap().WithZone("")
	if at.Is4() {
		return at.String()
	}
	half, _ := at.Prefix(64)
	return half.String()
}
