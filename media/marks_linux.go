package media

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// marks is a table of marks in a file that is mapped into memory. It belongs on a memory filesystem: what is stored there
// waits for no disk, and is still there after the process was killed.
type marks struct {
	name string // of the file, without its folder; random
	mem  []byte

	mu   sync.Mutex
	free []int
}

const marksPrefix = "marks-"

// openMarks makes a new table in folder; an empty folder gives one that nobody can read later.
func openMarks(folder string) (*marks, error) {
	m := &marks{name: marksPrefix + rand.Text()}
	for i := markSlots - 1; i >= 0; i-- {
		m.free = append(m.free, i)
	}
	if folder == "" {
		m.name = ""
		return m, nil
	}
	f, err := os.OpenFile(filepath.Join(folder, m.name), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("marks: %w", err)
	}
	defer f.Close()
	if err := f.Truncate(markSlots * markSize); err != nil {
		return nil, fmt.Errorf("marks: %w", err)
	}
	if m.mem, err = unix.Mmap(int(f.Fd()), 0, markSlots*markSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED); err != nil {
		return nil, fmt.Errorf("marks: %w", err)
	}
	return m, nil
}

// take gives a slot; -1 and a mark of its own where there is none.
func (m *marks) take() (int, *mark8) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.mem == nil || len(m.free) == 0 {
		return -1, new(mark8)
	}
	slot := m.free[len(m.free)-1]
	m.free = m.free[:len(m.free)-1]
	at := (*mark8)(unsafe.Pointer(&m.mem[slot*markSize]))
	for i := range at {
		at[i].Store(0)
	}
	return slot, at
}

func (m *marks) give(slot int) {
	if slot < 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.free = append(m.free, slot)
}

// close unmaps the table; no stream uses it any more.
func (m *marks) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.mem != nil {
		_ = unix.Munmap(m.mem)
		m.mem, m.free = nil, nil
	}
}

var errMarks = errors.New("marks: not a table of ours")

// readMark reads one slot of an earlier process's table.
func readMark(folder, name string, slot int) (Progress, error) {
	if !strings.HasPrefix(name, marksPrefix) || filepath.Base(name) != name || slot < 0 || slot >= markSlots {
		return Progress{}, errMarks
	}
	f, err := os.Open(filepath.Join(folder, name))
	if err != nil {
		return Progress{}, errMarks
	}
	defer f.Close()
	var raw mark8
	view := unsafe.Slice((*byte)(unsafe.Pointer(&raw)), markSize)
	if _, err := f.ReadAt(view, int64(slot*markSize)); err != nil {
		return Progress{}, errMarks
	}
	return raw.read(), nil
}
