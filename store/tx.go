package store

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	sqlite3 "github.com/mattn/go-sqlite3"

	"nightbell/audit"
	"nightbell/phi"
	"nightbell/policy"
)

// tx is the writer's open transaction. Audit leaves gather in it and are written in one go before the commit.
type tx struct {
	w       *writer
	tree    *audit.Tree
	leaves  []audit.Row
	hashes  []audit.StoredHash
	changed bool         // the book
	people  bool         // who may do what, and who is ready
	signer  Signer       // who signs from now on; nil: who signed before
	book    *policy.Book // as changed so far; nil: it must be read
	doomed  error        // the whole transaction is lost
	epoch   int          // of the log
}

// perform runs one job. When it fails, nothing of it stays; when SQLite has lost the transaction, t is doomed.
func (t *tx) perform(j *job) error {
	if j.care == light {
		return j.run(t)
	}
	was := *t
	was.tree = t.tree.Clone()
	if _, err := t.exec("SAVEPOINT job"); err != nil {
		t.doomed = err
		return err
	}
	err := j.run(t)
	if err == nil {
		_, err = t.exec("RELEASE job")
		if err != nil {
			t.doomed = err
		}
		return err
	}
	*t = was
	if lost(err) {
		t.doomed = err
		return err
	}
	if _, back := t.exec("ROLLBACK TO job"); back != nil {
		t.doomed = errors.Join(err, back)
	} else if _, back := t.exec("RELEASE job"); back != nil {
		t.doomed = errors.Join(err, back)
	}
	return err
}

// lost reports whether SQLite may have rolled the transaction back by itself (lang_transaction.html §2.3).
func lost(err error) bool {
	var e sqlite3.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code {
	case sqlite3.ErrFull, sqlite3.ErrIoErr, sqlite3.ErrNomem, sqlite3.ErrBusy, sqlite3.ErrInterrupt, sqlite3.ErrCorrupt:
		return true
	}
	return false
}

// exec runs a statement and says how many rows it touched.
func (t *tx) exec(query string, args ...any) (int64, error) {
	s, err := t.w.stmt(query)
	if err != nil {
		return 0, err
	}
	r, err := s.Exec(args...)
	if err != nil {
		return 0, named(err)
	}
	return r.RowsAffected()
}

// must is exec for a statement that has to touch a row; none is ErrNotFound.
func (t *tx) must(query string, args ...any) error {
	n, err := t.exec(query, args...)
	if err == nil && n == 0 {
		return ErrNotFound
	}
	return err
}

// scan reads one row.
func (t *tx) scan(query string, args []any, into ...any) error {
	s, err := t.w.stmt(query)
	if err != nil {
		return err
	}
	return named(s.QueryRow(args...).Scan(into...))
}

// remember appends an audit event to this transaction. The detail, where there is one, is sealed for its seq.
func (t *tx) remember(e audit.Event, detail phi.Text) error {
	k := t.w.store.keys.Load()
	if k == nil {
		return fmt.Errorf("audit %s: %w", e.Action, ErrSealed)
	}
	seq := t.tree.Size()
	if e.Time.IsZero() {
		e.Time = t.w.store.now()
	}
	if !detail.IsZero() {
		cell, err := t.sealDetail(k.sealer, detailCell(seq, e.Clinic), detail, e.Time)
		if err != nil {
			return fmt.Errorf("audit %s: detail: %w", e.Action, err)
		}
		e.Detail = cell
	}
	leaf, err := audit.Leaf(e, seq)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	hashes, err := t.tree.Append(leaf)
	if err != nil {
		return err
	}
	t.leaves = append(t.leaves, audit.Row{Seq: seq, Leaf: leaf, Copy: audit.CopyOf(e)})
	t.hashes = append(t.hashes, hashes...)
	return nil
}

func detailCell(seq int64, clinic string) Cell {
	return Cell{Table: "audit_leaves", Column: "detail", Row: strconv.FormatInt(seq, 10), Clinic: clinic}
}

// seal writes the leaves and hashes that gathered, and the signed checkpoint that covers them.
func (t *tx) seal() error {
	if len(t.leaves) == 0 {
		return nil
	}
	if err := t.insertLeaves(); err != nil {
		return err
	}
	if err := t.insertHashes(); err != nil {
		return err
	}
	root, err := t.tree.Root()
	if err != nil {
		return err
	}
	note, err := t.signs().SignIn(t.epoch, t.tree.Size(), root)
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	_, err = t.exec("INSERT INTO audit_checkpoints (size, made, note) VALUES (?, ?, ?)",
		t.tree.Size(), t.w.store.now().UnixMicro(), string(note))
	return err
}

// batch is how many rows one INSERT takes: fewer steps through cgo. The rest goes one by one.
const batch = 32

func (t *tx) insertLeaves() error {
	const columns = 8
	args := make([]any, 0, len(t.leaves)*columns)
	for _, r := range t.leaves {
		c := r.Copy
		args = append(args, r.Seq, c.At, c.Action, c.Object, c.Clinic, c.Actor, c.Correlation, string(r.Leaf))
	}
	return t.insertMany("audit_leaves (seq, at, action, object, clinic, actor, correlation, leaf)", columns, args)
}

func (t *tx) insertHashes() error {
	const columns = 2
	args := make([]any, 0, len(t.hashes)*columns)
	for i := range t.hashes {
		args = append(args, t.hashes[i].Index, t.hashes[i].Hash[:])
	}
	return t.insertMany("audit_hashes (idx, hash)", columns, args)
}

func (t *tx) insertMany(into string, columns int, args []any) error {
	for len(args) > 0 {
		n := 1
		if len(args) >= batch*columns {
			n = batch
		}
		if _, err := t.exec("INSERT INTO "+into+" VALUES "+places(n, columns), args[:n*columns]...); err != nil {
			return err
		}
		args = args[n*columns:]
	}
	return nil
}

// places is "(?,?),(?,?)" for rows of columns.
func places(rows, columns int) string {
	one := "(" + strings.TrimSuffix(strings.Repeat("?,", columns), ",") + ")"
	return strings.TrimSuffix(strings.Repeat(one+",", rows), ",")
}
