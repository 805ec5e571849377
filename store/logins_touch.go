package store

import (
	"sync"
	"time"

	"nightbell/access"
)

// touches are the moments at which logins were seen and that are not in the database yet. A request never waits for them:
// what memory has counts at once, and at most each access.TouchEvery one job takes all of it to the disk. After a crash
// a login looks idle a little longer than it was, never less.
type touches struct {
	mu      sync.Mutex
	of      map[string]touch
	written time.Time
}

type touch struct {
	seen time.Time
	from string
	owed int // how often it is still to be written: twice, lest the first commit failed
}

// touchKept is how long memory keeps a login that is not seen any more: longer than any of them lives.
const touchKept = 24 * time.Hour

// TouchLogin notes that a login was seen, from where. It never waits and never fails: a login that is over stays over.
func (s *Store) TouchLogin(id string, seen time.Time, from string) {
	seen = seen.UTC().Truncate(time.Microsecond)
	if s.touches.note(id, seen, from) {
		s.flushTouches()
	}
}

// note keeps the newest moment and says whether it is time to write.
func (c *touches) note(id string, seen time.Time, from string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil {
		c.of = map[string]touch{}
	}
	was := c.of[id]
	if seen.After(was.seen) {
		c.of[id] = touch{seen, from, 2}
	}
	if since := seen.Sub(c.written); since >= 0 && since < access.TouchEvery {
		return false
	}
	c.written = seen
	return true
}

// overlay puts what memory knows over what the database has.
func (c *touches) overlay(l *access.Login) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t, ok := c.of[l.ID]; ok && t.seen.After(l.Seen) && l.State != access.LoginEnded {
		l.Seen, l.From = t.seen, t.from
	}
}

// take gives what is to be written, and forgets what nobody asks for any more.
func (c *touches) take() map[string]touch {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := map[string]touch{}
	for id, t := range c.of {
		if t.owed > 0 {
			out[id] = t
			t.owed--
			c.of[id] = t
		} else if c.written.Sub(t.seen) > touchKept {
			delete(c.of, id)
		}
	}
	return out
}

// flushTouches hands the touches to the writer and does not wait for it. A full queue means that the next round takes them.
func (s *Store) flushTouches() {
	j := &job{done: make(chan error, 1), run: func(t *tx) error {
		for id, seen := range s.touches.take() {
			_, err := t.exec("UPDATE logins SET seen = ?, source = ? WHERE id = ? AND seen < ? AND ended IS NULL",
				seen.seen.UnixMicro(), seen.from, id, seen.seen.UnixMicro())
			if err != nil {
				return err
			}
		}
		return nil
	}}
	select {
	case <-s.writer.stopping:
	case s.writer.jobs <- j:
	default:
	}
}
