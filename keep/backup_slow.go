package keep

import (
	"context"
	"io"
	"runtime"
	"time"
)

// slowly does a long work on a thread of its own that yields to every other: the thread is made nice, its reads and
// writes idle, and it ends with the work, so that no other goroutine inherits that.
func slowly(work func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with this goroutine
		yieldThread()
		done <- work()
	}()
	return <-done
}

// pace bounds how fast a backup reads. One goroutine at a time uses it.
type pace struct {
	rate  int64 // bytes a second; 0: no bound
	since time.Time
	spent int64
}

func newPace(rate int64) *pace { return &pace{rate: rate, since: time.Now()} }

// reading gives r at the pace, until ctx ends.
func (p *pace) reading(ctx context.Context, r io.Reader) io.Reader { return &paced{ctx, p, r} }

type paced struct {
	ctx  context.Context
	pace *pace
	r    io.Reader
}

func (p *paced) Read(b []byte) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := p.r.Read(b)
	if wait := p.pace.spend(int64(n)); wait > 0 {
		select {
		case <-time.After(wait):
		case <-p.ctx.Done():
			return n, p.ctx.Err()
		}
	}
	return n, err
}

// spend counts what was read and says how long to wait. Half a second of idleness is not made up for by a burst.
func (p *pace) spend(n int64) time.Duration {
	if p.rate <= 0 {
		return 0
	}
	p.spent += n
	due := time.Duration(float64(p.spent) / float64(p.rate) * float64(time.Second))
	behind := due - time.Since(p.since)
	if behind < -time.Second/2 {
		p.since, p.spent = time.Now(), 0
	}
	if behind < 10*time.Millisecond {
		return 0
	}
	return behind
}
