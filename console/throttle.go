package console

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

const (
	freeGuesses   = 4           // the fifth wrong token of an address has to wait
	guessPenalty  = time.Second // doubled by each further one
	maxPenalty    = time.Minute
	maxSources    = 4096 // remembered at once; beyond it the oldest knowledge goes
	refusalWindow = time.Minute
)

// guesses counts wrong tokens by address.
type guesses struct {
	mu   sync.Mutex
	seen map[string]guess
}

type guess struct {
	count int
	until time.Time
	last  time.Time
}

// wait says how long this address has to wait before a token of its is looked at again.
func (g *guesses) wait(ip string, now time.Time) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return max(0, g.seen[ip].until.Sub(now))
}

func (g *guesses) failed(ip string, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.seen == nil || len(g.seen) >= maxSources {
		g.seen = make(map[string]guess)
	}
	was := g.seen[ip]
	if now.Sub(was.last) > 10*maxPenalty {
		was = guess{}
	}
	was.count, was.last = was.count+1, now
	if over := was.count - freeGuesses; over > 0 {
		was.until = now.Add(min(maxPenalty, guessPenalty<<min(over-1, 10)))
	}
	g.seen[ip] = was
}

// refusals lets the first refusal of a source in each window through to the audit.
type refusals struct {
	mu   sync.Mutex
	seen map[string]time.Time
}

func (r *refusals) first(source string, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if last, ok := r.seen[source]; ok && now.Sub(last) < refusalWindow {
		return false
	}
	if r.seen == nil || len(r.seen) >= maxSources {
		r.seen = make(map[string]time.Time)
	}
	r.seen[source] = now
	return true
}

// turns lets one at a time try an account: guesses that come all at once would pass before the first has failed.
type turns struct {
	mu    sync.Mutex
	taken map[string]bool
}

func (t *turns) take(key string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.taken[key] {
		return false
	}
	if t.taken == nil {
		t.taken = map[string]bool{}
	}
	t.taken[key] = true
	return true
}

func (t *turns) give(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.taken, key)
}

// slowDown is the answer to somebody who has to wait.
func slowDown(w http.ResponseWriter, wait time.Duration) *Problem {
	w.Header().Set("Retry-After", retryAfter(wait))
	return problem(http.StatusTooManyRequests, "about:blank", "too many wrong credentials: wait")
}

// retryAfter is RFC 9110 §10.2.3 in whole seconds.
func retryAfter(wait time.Duration) string { return strconv.Itoa(int(wait/time.Second) + 1) }
