package seal

import (
	"fmt"
	"slices"
	"time"
)

// Rotate adds a version, which seals from now on; older ones go on opening. What lies sealed is brought over in the
// background by RewrapCell and Rewrap; then Retire. Rotating Index changes the index of every number: both forms are found
// by Indexes until all have been written anew.
func (r *Ring) Rotate(p Purpose, clinic string) (uint32, error) {
	r.change.Lock()
	defer r.change.Unlock()
	if _, err := r.key(p, clinic, 0); err != nil {
		return 0, fmt.Errorf("rotate: %w", err)
	}
	v, err := r.fresh(p, clinic)
	if err != nil {
		return 0, fmt.Errorf("rotate: %w", err)
	}
	return v, nil
}

// Usage counts what is still sealed under a version; store answers it.
type Usage interface {
	InUse(p Purpose, clinic string, version uint32) (int64, error)
}

// Retire destroys a version: the wrapped key is taken out of the vault, the open one wiped. It refuses the current
// version, and any that something still needs.
func (r *Ring) Retire(p Purpose, clinic string, version uint32, usage Usage) error {
	r.change.Lock()
	defer r.change.Unlock()
	k, err := r.key(p, clinic, version)
	if err != nil {
		return fmt.Errorf("retire: %w", err)
	}
	current, err := r.key(p, clinic, 0)
	if err != nil {
		return fmt.Errorf("retire: %w", err)
	}
	if k == current {
		return fmt.Errorf("retire: %w", ErrCurrent)
	}
	n, err := usage.InUse(p, clinic, k.version)
	if err != nil {
		return fmt.Errorf("retire: %w", err)
	}
	if n > 0 {
		return fmt.Errorf("retire: %w: %d times", ErrInUse, n)
	}
	gone := WrappedKey{Purpose: p, Clinic: clinic, Version: k.version, Created: k.created, Retired: time.Now().UTC().Truncate(time.Microsecond)}
	if err := r.vault.Put(gone); err != nil {
		return fmt.Errorf("retire: %w", err)
	}
	r.forget(gone)
	return nil
}

func (r *Ring) forget(gone WrappedKey) {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.keys[place{gone.Purpose, gone.Clinic}]
	if l == nil {
		return
	}
	if k := l.versions[gone.Version]; k != nil {
		clear(k.raw[:])
	}
	delete(l.versions, gone.Version)
	l.retired = append(slices.Clone(l.retired), gone)
}

// ErrDestroyed: every version of the key was destroyed on purpose; what it sealed is gone for good.
var ErrDestroyed = fmt.Errorf("key destroyed: %w", ErrNoKey)

// Destroy destroys every version of every key of a clinic, the current ones too, and says how many: what a departure ends
// with. There is no way back but a backup that still holds them. It may be repeated after a crash.
func (r *Ring) Destroy(clinic string) (n int, err error) {
	if clinic == "" || !named(clinic) {
		return 0, fmt.Errorf("destroy keys: %w", ErrName)
	}
	r.change.Lock()
	defer r.change.Unlock()
	for _, s := range r.Status() {
		if s.Clinic != clinic || s.State == Retired {
			continue
		}
		gone := WrappedKey{Purpose: s.Purpose, Clinic: clinic, Version: s.Version, Created: s.Created, Retired: time.Now().UTC().Truncate(time.Microsecond)}
		if err := r.vault.Put(gone); err != nil {
			return n, fmt.Errorf("destroy keys: %w", err)
		}
		r.forget(gone)
		n++
	}
	return n, nil
}

// Destroyed reports whether a clinic had keys and all of them are gone.
func (r *Ring) Destroyed(clinic string) bool {
	had := false
	for _, s := range r.Status() {
		if s.Clinic == clinic {
			if s.State != Retired {
				return false
			}
			had = true
		}
	}
	return had
}
