package main

import (
	"sync"
	"time"

	"nightbell/media"
)

// meter counts how much the recorded party says, from the very blocks that are sealed: what is counted is in the file. It is
// behind by a block and what media holds back, a good second.
type meter struct {
	mu      sync.Mutex
	said    time.Duration
	quiet   time.Duration
	once    sync.Once
	settled chan struct{}
}

func newMeter() *meter { return &meter{settled: make(chan struct{})} }

func (m *meter) hears(tap *media.Tap, block []byte) {
	said, quiet := tap.Spoken(block)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.said += said
	if said > 0 {
		m.quiet = quiet
	} else {
		m.quiet += quiet
	}
}

func (m *meter) spoken() (said, quiet time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.said, m.quiet
}

// settle says that nothing more will be counted; a recording that goes on in a next part is not at its end.
func (m *meter) settle(status media.RecordingStatus) {
	if status != media.Continued {
		m.once.Do(func() { close(m.settled) })
	}
}
