package store

import (
	"context"
	"database/sql"
	"errors"
	"sync/atomic"
	"time"

	"nightbell/audit"
)

// A group takes what waits, up to so much: larger ones gain nothing and make the first caller wait.
const (
	groupJobs = 2048
	groupTime = 50 * time.Millisecond
	queueJobs = 4096

	// commitSpacing keeps a busy house from committing more often than its disk likes: after a group of several the next
	// one waits until so long after the last commit, and is the larger for it. Who writes alone never waits.
	commitSpacing = 2 * time.Millisecond
)

// job is one change that wants to be in a transaction. Its caller may leave while it waits, not once it was taken.
type job struct {
	run   func(*tx) error
	care  care
	state atomic.Int32
	done  chan error
}

// care says whether a job can fail half-way.
type care byte

const (
	guarded care = iota // runs in a savepoint: what it wrote goes when it fails
	light               // only remembers: nothing to undo
)

const (
	waiting int32 = iota
	taken
	left
)

// writer is the one goroutine that writes. Make with startWriter; stop ends it, close closes its connection.
type writer struct {
	store             *Store
	db                *sql.DB
	conn              *sql.Conn
	jobs              chan *job
	stopping, stopped chan struct{}
	stmts             map[string]*sql.Stmt
	tree              *audit.Tree // as committed
	epoch             int         // of the log, as committed
	crowd             int         // jobs of the last group
	committed         time.Time
}

func startWriter(s *Store, db *sql.DB) (*writer, error) {
	conn, err := db.Conn(context.Background())
	if err != nil {
		return nil, named(err)
	}
	w := &writer{
		store: s, db: db, conn: conn, jobs: make(chan *job, queueJobs), stmts: map[string]*sql.Stmt{},
		stopping: make(chan struct{}), stopped: make(chan struct{}),
	}
	if err := w.resume(); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	go w.loop()
	return w, nil
}

// resume reads the right edge of the audit tree. A hash that somebody took away does not keep the house from answering
// calls: the tree goes on with zeros there, Unseal reports it, and every verification names it for ever.
func (w *writer) resume() error {
	size, err := logSize(w.conn)
	if err != nil {
		return err
	}
	tree, err := audit.ResumeTree(size, hashReader{w.conn, missingAsZero})
	if err != nil {
		return err
	}
	w.tree = tree
	w.epoch, err = epochOf(w.conn)
	return err
}

// write runs a change in the next group and answers when it is committed, or why it is not. It waits for its turn as
// long as Options.Busy and the context allow; once the change was taken up it stays for the verdict.
func (s *Store) write(ctx context.Context, run func(*tx) error) error {
	return s.submit(ctx, &job{run: run, done: make(chan error, 1)})
}

func (s *Store) submit(ctx context.Context, j *job) error {
	ctx, cancel := context.WithTimeout(ctx, s.opt.Busy)
	defer cancel()
	select {
	case <-s.writer.stopping:
		return ErrClosed
	default:
	}
	select {
	case s.writer.jobs <- j:
	case <-ctx.Done():
		return named(ctx.Err())
	case <-s.writer.stopping:
		return ErrClosed
	}
	select {
	case err := <-j.done:
		return err
	case <-ctx.Done():
		if j.state.CompareAndSwap(waiting, left) {
			return named(ctx.Err())
		}
		return <-j.done
	case <-s.writer.stopped:
		select {
		case err := <-j.done:
			return err
		default:
			return ErrClosed
		}
	}
}

func (w *writer) loop() {
	defer close(w.stopped)
	for {
		select {
		case j := <-w.jobs:
			w.group(j)
		case <-w.stopping:
			for {
				select {
				case j := <-w.jobs:
					w.group(j)
				default:
					return
				}
			}
		}
	}
}

func (w *writer) stop() {
	close(w.stopping)
	<-w.stopped
}

func (w *writer) close() error {
	var errs []error
	for _, s := range w.stmts {
		errs = append(errs, s.Close())
	}
	_, err := w.conn.ExecContext(context.Background(), "PRAGMA wal_checkpoint(TRUNCATE)")
	return errors.Join(append(errs, named(err), w.conn.Close(), w.db.Close())...)
}

// group makes one transaction of the first job and of those that wait behind it.
func (w *writer) group(first *job) {
	if first.state.Load() == left {
		return
	}
	w.breathe()
	t, err := w.begin()
	if err != nil {
		if first.state.CompareAndSwap(waiting, taken) {
			first.done <- err
		}
		return
	}
	var ready []*job
	until := time.Now().Add(groupTime)
	for j := first; j != nil; j = w.next(t, len(ready), until) {
		if !j.state.CompareAndSwap(waiting, taken) {
			continue
		}
		if err := t.perform(j); err != nil && t.doomed == nil {
			j.done <- err
			continue
		}
		ready = append(ready, j)
	}
	err = w.end(t)
	w.crowd, w.committed = len(ready), time.Now()
	for _, j := range ready {
		j.done <- err
	}
	if err == nil && (t.changed || t.people) {
		w.store.opt.Changed()
	}
}

// breathe spaces commits while several write at once.
func (w *writer) breathe() {
	if d := commitSpacing - time.Since(w.committed); w.crowd > 1 && d > 0 {
		select {
		case <-time.After(d):
		case <-w.stopping:
		}
	}
}

// next takes a job that waits already; it never waits for one, and takes none into a transaction that is lost.
func (w *writer) next(t *tx, have int, until time.Time) *job {
	if t.doomed != nil || have >= groupJobs || time.Now().After(until) {
		return nil
	}
	select {
	case j := <-w.jobs:
		return j
	default:
		return nil
	}
}

func (w *writer) begin() (*tx, error) {
	if _, err := w.conn.ExecContext(context.Background(), "BEGIN IMMEDIATE"); err != nil {
		return nil, named(err)
	}
	return &tx{w: w, tree: w.tree.Clone(), epoch: w.epoch}, nil
}

// end commits with a signed checkpoint, or rolls everything back and reads the tree anew.
func (w *writer) end(t *tx) error {
	err := t.doomed
	if err == nil {
		err = t.seal()
	}
	if err == nil {
		_, err = w.conn.ExecContext(context.Background(), "COMMIT")
	}
	if err == nil {
		w.tree, w.epoch = t.tree, t.epoch
		t.signed()
		w.store.shelve(t.book)
		return nil
	}
	// A full disk has rolled back by itself: then this says "no transaction is active", which is what we want.
	_, _ = w.conn.ExecContext(context.Background(), "ROLLBACK")
	return errors.Join(named(err), w.resume())
}

// stmt prepares a statement once.
func (w *writer) stmt(query string) (*sql.Stmt, error) {
	if s := w.stmts[query]; s != nil {
		return s, nil
	}
	s, err := w.conn.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, named(err)
	}
	w.stmts[query] = s
	return s, nil
}
