package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"

	"nightbell/audit"
	"nightbell/policy"
)

// diff walks two lists by key: put for what is new, changed or moved, drop for what is gone. Equal means equal JSON.
type diff[T any] struct {
	kind  string
	key   func(T) string
	image func(T) (any, error) // what is compared and remembered; PHI in clear, sealed before it is kept
	put   func(rank int, v T) error
	drop  func(v T) error
	note  func(v T, c change) error
}

func (d diff[T]) run(old, new []T) error {
	was := make(map[string]T, len(old))
	at := make(map[string]int, len(old))
	for i, v := range old {
		was[d.key(v)], at[d.key(v)] = v, i
	}
	seen := make(map[string]bool, len(new))
	for i, v := range new {
		id := d.key(v)
		if id == "" || seen[id] {
			return fmt.Errorf("%s %q: empty or twice: %w", d.kind, id, ErrInvalid)
		}
		seen[id] = true
		before, had := was[id]
		if err := d.one(i, v, before, had, had && at[id] == i); err != nil {
			return fmt.Errorf("%s %s: %w", d.kind, id, err)
		}
	}
	for _, v := range old {
		if seen[d.key(v)] {
			continue
		}
		if err := d.gone(v); err != nil {
			return fmt.Errorf("%s %s: %w", d.kind, d.key(v), err)
		}
	}
	return nil
}

// one brings v to where it belongs: written when it is new or differs, remembered when it differs.
func (d diff[T]) one(rank int, v, before T, had, there bool) error {
	after, same, c, err := d.compare(v, before, had)
	if err != nil {
		return err
	}
	if same && there {
		return nil
	}
	if err := d.put(rank, v); err != nil || same {
		return err
	}
	c.After = after
	return d.note(v, c)
}

func (d diff[T]) compare(v, before T, had bool) (after json.RawMessage, same bool, c change, err error) {
	if had && reflect.DeepEqual(v, before) { // the common case, for far less than JSON costs
		return nil, true, c, nil
	}
	if after, err = d.json(v); err != nil || !had {
		return after, false, c, err
	}
	was, err := d.json(before)
	c.Before = was
	return after, bytes.Equal(was, after), c, err
}

func (d diff[T]) json(v T) (json.RawMessage, error) {
	image, err := d.image(v)
	if err != nil {
		return nil, err
	}
	return json.Marshal(image)
}

func (d diff[T]) gone(v T) error {
	if err := d.drop(v); err != nil {
		return err
	}
	was, err := d.json(v)
	if err != nil {
		return err
	}
	return d.note(v, change{Before: was})
}

// plainImage is the image of a thing without PHI: itself.
func plainImage[T any](v T) (any, error) { return v, nil }

func (a *applying) clinics(old, b *policy.Book) error {
	return diff[policy.Clinic]{
		kind: "clinic", key: func(c policy.Clinic) string { return c.ID }, image: plainImage[policy.Clinic],
		put: func(rank int, c policy.Clinic) error {
			body, err := json.Marshal(c)
			if err != nil {
				return err
			}
			_, err = a.t.exec(`INSERT INTO clinics (id, rank, name, body) VALUES (?, ?, ?, ?) ON CONFLICT (id)
				DO UPDATE SET rank = excluded.rank, name = excluded.name, body = excluded.body, removed = NULL`,
				c.ID, rank, c.Name, string(body))
			return err
		},
		drop: func(c policy.Clinic) error { return a.remove("UPDATE clinics SET removed = ? WHERE id = ?", c.ID) },
		note: func(c policy.Clinic, ch change) error { return a.note(audit.ClinicChanged, "clinic", c.ID, c.ID, ch) },
	}.run(old.Clinics, b.Clinics)
}

func (a *applying) remove(query, id string) error {
	return a.t.must(query, a.t.w.store.now().UnixMicro(), id)
}

func (a *applying) trunks(old, b *policy.Book) error {
	return diff[policy.Trunk]{
		kind: "trunk", key: func(t policy.Trunk) string { return t.ID }, image: plainImage[policy.Trunk],
		put: func(rank int, t policy.Trunk) error {
			body, err := json.Marshal(t)
			if err != nil {
				return err
			}
			_, err = a.t.exec(`INSERT INTO trunks (id, rank, name, body) VALUES (?, ?, ?, ?) ON CONFLICT (id)
				DO UPDATE SET rank = excluded.rank, name = excluded.name, body = excluded.body, removed = NULL`,
				t.ID, rank, t.Name, string(body))
			return err
		},
		drop: func(t policy.Trunk) error {
			return a.remove("UPDATE trunks SET secret_cell = NULL, secret_set = NULL, removed = ? WHERE id = ?", t.ID)
		},
		note: func(t policy.Trunk, ch change) error { return a.note(audit.TrunkChanged, "trunk", t.ID, "", ch) },
	}.run(old.Trunks, b.Trunks)
}

func (a *applying) numbers(old, b *policy.Book) error {
	return diff[policy.Number]{
		kind: "number", image: plainImage[policy.Number],
		key: numberKey,
		put: func(rank int, n policy.Number) error {
			_, err := a.t.exec(`INSERT INTO numbers (number, trunk, rank, clinic, answer) VALUES (?, ?, ?, ?, ?)
				ON CONFLICT (number, trunk) DO UPDATE SET rank = excluded.rank, clinic = excluded.clinic, answer = excluded.answer`,
				n.Number, n.Trunk, rank, n.Clinic, string(n.Answer))
			return err
		},
		drop: func(n policy.Number) error {
			return a.t.must("DELETE FROM numbers WHERE number = ? AND trunk = ?", n.Number, n.Trunk)
		},
		note: func(n policy.Number, ch change) error {
			return a.note(audit.NumberChanged, "number", n.Number, n.Clinic, ch)
		},
	}.run(old.Numbers, b.Numbers)
}
