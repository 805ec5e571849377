package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"nightbell/audit"
	"nightbell/phi"
)

// Bounds of one step of a rewrap: its transaction must not keep others waiting.
const (
	rewrapMost  = 500
	rewrapBytes = 1 << 20
)

// rewraps are the passes under way, by key. A pass goes through the rows once, in their order; what it cannot know (a cell
// that was sealed before the rotation and written behind it) the next pass finds. A restart begins anew: rows that are
// done are passed over.
type rewraps struct {
	mu sync.Mutex
	of map[[2]string]*pass
}

type pass struct {
	column  int   // in sealedColumns
	row     int64 // rowid behind which it goes on
	left    int
	counted bool
	bad     error // a row that does not open; it stays as it is and is counted as left
}

// RewrapStep brings up to n things (at most 500) that lie under older versions of a key over to the current one, in one
// small transaction with one audit leaf, and says how many it did and how many are left. Ask again until nothing is left;
// anything may be read and written meanwhile. A cell that does not open is left where it is and reported as ErrDamaged,
// after the others were done. Purposes of which nothing can be brought over (the log's signature, backups) have nothing left.
func (s *Store) RewrapStep(ctx context.Context, purpose, clinic string, n int) (done, left int, err error) {
	r, err := s.rekeyer()
	if err != nil {
		return 0, 0, fmt.Errorf("rewrap: %w", err)
	}
	current, err := r.CurrentVersion(purpose, clinic)
	if err == nil {
		w := rewrap{Store: s, keys: r, purpose: purpose, clinic: clinic, current: current, most: max(1, min(n, rewrapMost))}
		done, left, err = w.step(ctx)
	}
	if err != nil {
		err = fmt.Errorf("rewrap under %s key %d: %w", purpose, current, err)
	}
	return done, left, err
}

// rewrap is one step.
type rewrap struct {
	*Store
	keys            Rekeyer
	purpose, clinic string
	current         uint32
	most            int
}

func (w rewrap) step(ctx context.Context) (done, left int, err error) {
	var kind rewrapKind
	switch w.purpose {
	case fieldsPurpose:
		kind = rewrapCells{w}
	case recordingsPurpose:
		kind = rewrapRecordings{w}
	case indexPurpose:
		kind = rewrapIndexes{w}
	case spoolPurpose:
		return w.spool(ctx)
	default:
		return 0, 0, nil
	}
	w.passes.mu.Lock() // one step at a time
	defer w.passes.mu.Unlock()
	p := w.pass()
	if !p.counted {
		if p.left, err = kind.left(ctx); err != nil {
			return 0, 0, err
		}
		p.counted = true
	}
	over := false
	for done == 0 && !over { // a batch of nothing but bad cells is not the end
		var items []rewritten
		if items, over, err = kind.gather(ctx, p); err == nil {
			done, err = w.put(ctx, items)
		}
		if err != nil {
			return 0, p.left, err
		}
	}
	p.left = max(0, p.left-done)
	if !over {
		return done, p.left, nil
	}
	bad := p.bad
	*p = pass{}
	left, err = kind.left(ctx)
	return done, left, errors.Join(bad, err)
}

// rewrapKind is one sort of thing that lies under a key.
type rewrapKind interface {
	// left counts what is not under the current version.
	left(context.Context) (int, error)
	// gather prepares the next changes behind the pass's place and moves it; over: there is nothing behind them.
	gather(context.Context, *pass) (items []rewritten, over bool, err error)
}

// rewritten is a statement that changes one row, provided that it still is as it was read.
type rewritten struct {
	query string
	args  []any
	leaf  *audit.Event
}

func (w rewrap) pass() *pass {
	if w.passes.of == nil {
		w.passes.of = map[[2]string]*pass{}
	}
	key := [2]string{w.purpose, w.clinic}
	if w.passes.of[key] == nil {
		w.passes.of[key] = &pass{}
	}
	return w.passes.of[key]
}

// put writes the changes and remembers how many there were.
func (w rewrap) put(ctx context.Context, items []rewritten) (done int, err error) {
	if len(items) == 0 {
		return 0, nil
	}
	err = w.write(ctx, func(t *tx) error {
		done = 0
		for _, x := range items {
			n, err := t.exec(x.query, x.args...)
			if err != nil {
				return err
			}
			if n == 0 {
				continue // somebody else wrote the row meanwhile, under the current key
			}
			done++
			if x.leaf != nil {
				if err := t.remember(*x.leaf, phi.Text{}); err != nil {
					return err
				}
			}
		}
		version := strconv.FormatUint(uint64(w.current), 10)
		return t.remember(audit.Event{
			Actor: system, Action: audit.KeyRewrapped, Object: "key:" + w.purpose + "/" + version, Clinic: w.clinic,
			Facts: map[string]string{"purpose": w.purpose, "version": version, "count": strconv.Itoa(done)},
		}, phi.Text{})
	})
	return done, err
}

// rewrapCells goes through every sealed column.
type rewrapCells struct{ rewrap }

func (w rewrapCells) left(ctx context.Context) (int, error) {
	return w.countCells(ctx, w.clinic, " <> ?", w.current)
}

func (w rewrapCells) gather(ctx context.Context, p *pass) ([]rewritten, bool, error) {
	var items []rewritten
	size := 0
	for p.column < len(sealedColumns) {
		c := sealedColumns[p.column]
		if !c.holds(w.clinic) {
			p.column, p.row = p.column+1, 0
			continue
		}
		want := w.most - len(items)
		seen := 0
		query := "SELECT rowid, " + c.row + ", " + c.column + c.of() + " AND " + c.version() + " <> ? AND rowid > ? ORDER BY rowid LIMIT ?"
		full := errors.New("full")
		err := each(ctx, w.read, query, func(rows *sql.Rows) error {
			var id int64
			var row string
			var cell []byte
			if err := rows.Scan(&id, &row, &cell); err != nil {
				return err
			}
			if size > 0 && size+len(cell) > rewrapBytes {
				return full
			}
			size, seen, p.row = size+len(cell), seen+1, id
			fresh, err := w.keys.RewrapCell(c.cell(row, w.clinic), bytes.Clone(cell))
			if err != nil {
				p.bad = fmt.Errorf("%w: cell %s.%s of %s", ErrDamaged, c.table, c.column, row)
				return nil
			}
			items = append(items, rewritten{
				query: "UPDATE " + c.table + " SET " + c.column + " = ? WHERE rowid = ? AND " + c.column + " = ?",
				args:  []any{fresh, id, bytes.Clone(cell)},
			})
			return nil
		}, w.clinic, versionBytes(w.current), p.row, want)
		if errors.Is(err, full) || err == nil && seen == want {
			return items, false, nil
		}
		if err != nil {
			return nil, false, err
		}
		p.column, p.row = p.column+1, 0
	}
	return items, true, nil
}

// rewrapRecordings goes through the recordings' data keys.
type rewrapRecordings struct{ rewrap }

func (w rewrapRecordings) left(ctx context.Context) (int, error) {
	return w.count(ctx, "SELECT count(*) FROM recordings WHERE clinic = ? AND key_version <> ? AND wrapped_key IS NOT NULL", w.clinic, w.current)
}

func (w rewrapRecordings) gather(ctx context.Context, p *pass) (items []rewritten, over bool, err error) {
	seen := 0
	query := "SELECT " + recordingColumns + `, rowid FROM recordings
		WHERE +clinic = ? AND key_version <> ? AND wrapped_key IS NOT NULL AND rowid > ? ORDER BY rowid LIMIT ?`
	err = each(ctx, w.read, query, func(rows *sql.Rows) error {
		r, err := scanRecording(rows, &p.row)
		if err != nil {
			return err
		}
		seen++
		wrapped, version, err := w.keys.RewrapKey(r)
		if err != nil {
			p.bad = fmt.Errorf("%w: wrapped key of recording %s", ErrDamaged, r.ID)
			return nil
		}
		leaf := r.event(audit.RecordingRewrap, map[string]string{"key_version": strconv.FormatUint(uint64(version), 10)})
		items = append(items, rewritten{
			query: "UPDATE recordings SET wrapped_key = ?, key_version = ? WHERE id = ? AND key_version = ? AND wrapped_key = ?",
			args:  []any{wrapped, version, r.ID, r.KeyVersion, r.WrappedKey}, leaf: &leaf,
		})
		return nil
	}, w.clinic, w.current, p.row, w.most)
	return items, seen < w.most, err
}

// rewrapIndexes computes the blind indexes of callers anew from their sealed numbers.
type rewrapIndexes struct{ rewrap }

func (w rewrapIndexes) left(ctx context.Context) (int, error) {
	return w.count(ctx, "SELECT count(*) FROM calls WHERE clinic = ? AND from_index IS NOT NULL AND index_version <> ?", w.clinic, w.current)
}

func (w rewrapIndexes) gather(ctx context.Context, p *pass) (items []rewritten, over bool, err error) {
	k, err := w.sealer()
	if err != nil {
		return nil, false, err
	}
	seen := 0
	const query = `SELECT rowid, id, from_cell FROM calls
		WHERE +clinic = ? AND from_index IS NOT NULL AND index_version <> ? AND rowid > ? ORDER BY rowid LIMIT ?`
	err = each(ctx, w.read, query, func(rows *sql.Rows) error {
		var id string
		var cell []byte
		if err := rows.Scan(&p.row, &id, &cell); err != nil {
			return err
		}
		seen++
		clear, err := openCell(k, callCell("from_cell", id, w.clinic), cell)
		if err != nil || clear == "" {
			p.bad = fmt.Errorf("%w: caller of call %s", ErrDamaged, id)
			return nil
		}
		index, version, err := blind(k, w.clinic, clear)
		if err != nil {
			return err
		}
		items = append(items, rewritten{
			query: "UPDATE calls SET from_index = ?, index_version = ? WHERE id = ? AND clinic = ? AND from_index IS NOT NULL",
			args:  []any{index[:], version, id, w.clinic},
		})
		return nil
	}, w.clinic, w.current, p.row, w.most)
	return items, seen < w.most, err
}

// blind gives a number's index and the version of the key it was made with; 0 where that is not known for sure.
func blind(k Sealer, clinic, e164 string) (index [16]byte, version uint32, err error) {
	r, ok := k.(Rekeyer)
	if !ok {
		index, err = k.Index(clinic, e164)
		return index, 0, err
	}
	before, err := r.CurrentVersion(indexPurpose, clinic)
	if err != nil {
		return index, 0, err
	}
	if index, err = k.Index(clinic, e164); err != nil {
		return index, 0, err
	}
	if after, err := r.CurrentVersion(indexPurpose, clinic); err != nil || after != before {
		return index, 0, nil // a rotation came between: a later pass makes it anew
	}
	return index, before, nil
}

// spool begins an empty spool anew under the current key.
func (w rewrap) spool(ctx context.Context) (done, left int, err error) {
	j := w.journal.Load()
	if j == nil {
		return 0, 1, fmt.Errorf("spool is not open: %w", ErrInvalid)
	}
	k, ok := j.spool.(keyedSpool)
	if !ok || k.KeyVersion() == w.current {
		return 0, 0, nil
	}
	if err := j.renew(ctx); err != nil || k.KeyVersion() != w.current {
		return 0, 1, err
	}
	return 1, 0, nil
}
