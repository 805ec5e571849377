package seal

import (
	"fmt"
	"os"
	"slices"
)

// ROOT is replaced in three steps that a crash may part at any place. The slots file is written anew, with a new ROOT in
// every slot and the old one sealed by the new beside them; then each wrapped key is brought over; then the old ROOT is
// forgotten. Until that last step the ring opens keys of either.

// previous is the old ROOT, sealed by the new one.
type previous struct {
	Root   string `json:"root"`
	Sealed []byte `json:"sealed"`
}

func (p *previous) aad(root string) []byte {
	return fmt.Appendf(nil, "nb.root.v1|%s|%s", root, p.Root)
}

// open gives nil where no rotation is under way.
func (p *previous) open(root *Root) (*Root, error) {
	if p == nil {
		return nil, nil
	}
	raw, err := root.unwrap(p.aad(root.id), p.Sealed)
	if err != nil || len(raw) != 32 {
		return nil, ErrSlotsDamaged
	}
	defer clear(raw)
	return newRoot(p.Root, raw)
}

// Reroot draws a new ROOT and makes every slot anew: remake gives the unsealer of each, nil to leave the slot behind. The
// ring goes on with the new one by Ring.Reroot; after that, Settle. A rotation that is still under way is refused: its
// keys hang from two ROOTs already.
func (s *Slots) Reroot(old *Root, remake func(Slot) (Unsealer, error)) (*Root, error) {
	if old.id != s.file.Root {
		return nil, fmt.Errorf("rotate ROOT: %w", ErrWrongKey)
	}
	if s.file.Previous != nil {
		return nil, fmt.Errorf("rotate ROOT: %w: the last rotation has not ended", ErrInUse)
	}
	root, err := freshRoot()
	if err != nil {
		return nil, fmt.Errorf("rotate ROOT: %w", err)
	}
	next := &Slots{path: s.path, file: slotsFile{Format: slotsFormat, Root: root.id, Previous: &previous{Root: old.id}}}
	next.file.Previous.Sealed = root.wrap(next.file.Previous.aad(root.id), old.key[:])
	for _, sl := range s.List() {
		u, err := remake(sl)
		if err == nil && u != nil {
			err = next.add(root, u)
		}
		if err != nil {
			root.Close()
			return nil, fmt.Errorf("rotate ROOT: slot %s: %w", sl.ID, err)
		}
	}
	if next.daily("") == 0 {
		root.Close()
		return nil, fmt.Errorf("rotate ROOT: %w", ErrLastSlot)
	}
	if root.before, err = newRoot(old.id, old.key[:]); err != nil {
		return nil, fmt.Errorf("rotate ROOT: %w", err)
	}
	if err := next.save(os.Rename); err != nil {
		root.Close()
		return nil, fmt.Errorf("rotate ROOT: %w", err)
	}
	s.file = next.file
	return root, nil
}

// Rerooting reports whether keys may still hang from the ROOT before.
func (s *Slots) Rerooting() bool { return s.file.Previous != nil }

// Settle forgets the ROOT before: no key hangs from it any more.
func (s *Slots) Settle(root *Root) error {
	if root.id != s.file.Root {
		return fmt.Errorf("settle ROOT: %w", ErrWrongKey)
	}
	if s.file.Previous == nil {
		return nil
	}
	was := s.file.Previous
	s.file.Previous = nil
	if err := s.save(os.Rename); err != nil {
		s.file.Previous = was
		return fmt.Errorf("settle ROOT: %w", err)
	}
	if root.before != nil {
		root.before.Close()
		root.before = nil
	}
	return nil
}

// either unwraps a key that hangs from this ROOT or the one before, and says which.
func (r *Root) either(k WrappedKey) (string, []byte, error) {
	raw, err := r.unwrap(k.aad(r.id), k.Sealed)
	if err == nil || r.before == nil {
		return r.id, raw, err
	}
	raw, err = r.before.unwrap(k.aad(r.before.id), k.Sealed)
	return r.before.id, raw, err
}

// Reroot hangs every key from this ROOT: keys that are there already stay as they are, so that it may be repeated after a
// crash. It gives how many it brought over. The ROOT before is the caller's to close, after Slots.Settle.
func (r *Ring) Reroot(root *Root) (int, error) {
	r.change.Lock()
	defer r.change.Unlock()
	keys, err := r.strangers(root)
	if err != nil {
		return 0, fmt.Errorf("rotate ROOT: %w", err)
	}
	for i, k := range keys {
		if err := r.vault.Put(k); err != nil {
			return i, fmt.Errorf("rotate ROOT: %s key, version %d: %w", k.Purpose, k.Version, err)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range r.keys {
		for _, k := range l.versions {
			k.root = root.id
		}
	}
	r.root = root
	return len(keys), nil
}

// strangers are the keys that hang from another ROOT, wrapped anew by this one.
func (r *Ring) strangers(root *Root) ([]WrappedKey, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.keys == nil {
		return nil, ErrClosed
	}
	var all []WrappedKey
	for at, l := range r.keys {
		for _, k := range l.versions {
			if k.root == root.id {
				continue
			}
			w := WrappedKey{Purpose: at.purpose, Clinic: at.clinic, Version: k.version, Created: k.created}
			w.Sealed = root.wrap(w.aad(root.id), k.raw[:])
			all = append(all, w)
		}
	}
	slices.SortFunc(all, func(a, b WrappedKey) int { return compareKeys(a.place(), b.place()) })
	return all, nil
}
