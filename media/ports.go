package media

import (
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"sync"
	"time"
)

// defaultPorts lies below Linux' ephemeral range, so that no outgoing connection of this host takes one of ours.
var defaultPorts = PortRange{First: 10000, Last: 32767}

// leastRest is how long a port rests before it is given out again, whatever the need: stray packets of its last call
// are still on their way. The oldest free port goes first, so that in a pool that is more than half free a port rests
// far longer: 30 s and more up to 190 calls ending a second with the default range.
const leastRest = 2 * time.Second

// bindTries bounds the search past ports that a stranger has taken.
const bindTries = 100

var errNoPort = errors.New("no free media port")

// portPool gives out even ports; the odd one above belongs to RTCP (RFC 3550 §11) until rtcp-mux is agreed.
type portPool struct {
	now func() int64

	mu   sync.Mutex
	free []restingPort // ring, oldest first
	head int
	n    int
}

type restingPort struct {
	port  uint16
	since int64 // ns; a port never used rests since the beginning
}

func newPortPool(r PortRange, now func() int64) (*portPool, error) {
	first, last := int(r.First)+int(r.First&1), int(r.Last)
	if first < 1024 || last < first+1 {
		return nil, fmt.Errorf("media ports %d-%d: no pair above 1023", r.First, r.Last)
	}
	pairs := (last - first + 1) / 2
	p := &portPool{now: now, free: make([]restingPort, pairs), n: pairs}
	// A restart begins elsewhere: peers of the last process may still be sending.
	start := rand.IntN(pairs)
	for i := range p.free {
		p.free[i] = restingPort{uint16(first + 2*((start+i)%pairs)), -int64(leastRest)}
	}
	return p, nil
}

// take gives the port that has rested longest.
func (p *portPool) take() (uint16, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.n == 0 || p.now()-p.free[p.head].since < int64(leastRest) {
		return 0, errNoPort
	}
	port := p.free[p.head].port
	p.head = (p.head + 1) % len(p.free)
	p.n--
	return port, nil
}

// give puts a port to rest.
func (p *portPool) give(port uint16) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free[(p.head+p.n)%len(p.free)] = restingPort{port, p.now()}
	p.n++
}

func (p *portPool) left() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.n
}

// warnOfOverlap tells the operator when the kernel may hand our ports to outgoing connections.
func warnOfOverlap(r PortRange, log *slog.Logger) {
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err != nil {
		return // not Linux, or not told: nothing to compare with
	}
	var low, high int
	if _, err := fmt.Sscan(string(text), &low, &high); err != nil {
		return
	}
	if int(r.First) <= high && low <= int(r.Last) {
		log.Warn("media ports overlap the kernel's ephemeral range",
			"ports", fmt.Sprintf("%d-%d", r.First, r.Last), "ephemeral", fmt.Sprintf("%d-%d", low, high))
	}
}
