package keep

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"nightbell/audit"
)

// ledger is an audit log in memory: a Log and a Leaves.
type ledger struct {
	mu     sync.Mutex
	signer *audit.Signer
	epoch  int
	tree   *audit.Tree
	rows   []audit.Row
	roots  []audit.Hash
	hashes map[int64]audit.Hash
}

func newLedger(t testing.TB, leaves int) *ledger {
	t.Helper()
	signer, err := audit.NewSigner(audit.Origin("test"), bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	l := &ledger{signer: signer, epoch: 1, tree: audit.NewTree(), hashes: map[int64]audit.Hash{}}
	root, _ := l.tree.Root()
	l.roots = []audit.Hash{root}
	l.write(t, "x", leaves)
	return l
}

// write adds leaves about something.
func (l *ledger) write(t testing.TB, about string, n int) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for range n {
		seq := l.tree.Size()
		leaf, err := audit.Leaf(audit.Event{
			Time: time.Unix(1, 0), Actor: audit.Actor{Type: "person", ID: `a"]\b`}, Action: audit.CallsListed, Object: about,
		}, seq)
		if err != nil {
			t.Fatal(err)
		}
		stored, err := l.tree.Append(leaf)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range stored {
			l.hashes[h.Index] = h.Hash
		}
		root, _ := l.tree.Root()
		l.roots = append(l.roots, root)
		l.rows = append(l.rows, audit.Row{Seq: seq, Leaf: leaf, State: audit.Archived})
	}
}

func (l *ledger) Checkpoint(context.Context) (audit.Kept, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	size := l.tree.Size()
	note, err := l.signer.SignIn(l.epoch, size, l.roots[size])
	return audit.Kept{Size: size, Note: note}, err
}

func (l *ledger) ReadHashes(indexes []int64) ([]audit.Hash, error) {
	out := make([]audit.Hash, len(indexes))
	for i, x := range indexes {
		out[i] = l.hashes[x]
	}
	return out, nil
}

func (l *ledger) AuditGrowth(_ context.Context, size, old int64) ([]audit.Hash, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return audit.ProveGrowth(size, old, l)
}

func (l *ledger) AuditRoot(_ context.Context, size int64) (audit.Hash, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.roots[size], nil
}

func (l *ledger) AuditLeaves(_ context.Context, from int64, n int) ([]audit.Row, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if from >= int64(len(l.rows)) {
		return nil, nil
	}
	return l.rows[from:min(from+int64(n), int64(len(l.rows)))], nil
}

// nearWitness is a real witness without a network, which may be slow or gone.
type nearWitness struct {
	*audit.Witness
	mu    sync.Mutex
	added int
	gone  error
	stuck bool
}

func (w *nearWitness) fate(ctx context.Context) error {
	w.mu.Lock()
	stuck, gone := w.stuck, w.gone
	w.mu.Unlock()
	if stuck {
		<-ctx.Done()
		return ctx.Err()
	}
	return gone
}

func (w *nearWitness) Add(ctx context.Context, a audit.Addition) ([]byte, error) {
	if err := w.fate(ctx); err != nil {
		return nil, err
	}
	line, err := w.Witness.Add(ctx, a)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err == nil {
		w.added++
	}
	return line, err
}

func (w *nearWitness) Latest(ctx context.Context, origin string) ([]byte, error) {
	if err := w.fate(ctx); err != nil {
		return nil, err
	}
	return w.Witness.Latest(ctx, origin)
}

func (w *nearWitness) set(f func(*nearWitness)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f(w)
}

// witnessed is a log, its witness, and what the export says.
type witnessed struct {
	t        *testing.T
	log      *ledger
	witness  *nearWitness
	export   *Export
	mu       sync.Mutex
	outcomes []Outcome
}

func newWitnessed(t *testing.T, log *ledger) *witnessed {
	t.Helper()
	notes, err := OpenNotes(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	c, err := audit.NewCosigner("witness.example", bytes.Repeat([]byte{3}, 32))
	if err != nil {
		t.Fatal(err)
	}
	core, err := audit.NewWitness(c, notes, time.Now, log.signer.VerifierKey())
	if err != nil {
		t.Fatal(err)
	}
	w := &witnessed{t: t, log: log, witness: &nearWitness{Witness: core}}
	key, _ := audit.ParseWitnessKey(c.VerifierKey())
	w.export = w.exporter(key, log)
	return w
}

func (w *witnessed) exporter(key audit.WitnessKey, log *ledger) *Export {
	mine, err := OpenNotes(w.t.TempDir())
	if err != nil {
		w.t.Fatal(err)
	}
	return &Export{
		Log: log, Peer: w.witness, Key: key, Notes: mine, Now: time.Now,
		Own: func() (*audit.Verifier, error) { return audit.NewVerifier(log.signer.VerifierKey()) },
		Outcome: func(o Outcome) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.outcomes = append(w.outcomes, o)
		},
	}
}

func (w *witnessed) last() Outcome {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.outcomes) == 0 {
		w.t.Fatal("nothing was tried")
	}
	return w.outcomes[len(w.outcomes)-1]
}

// after lets time pass.
func after(d time.Duration) {
	time.Sleep(d) // inside a bubble
	synctest.Wait()
}

func TestCheckpointsGoOutEachMinuteAndAfter256Leaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWitnessed(t, newLedger(t, 3))
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { w.export.Run(ctx) })
		after(time.Second)
		if o := w.last(); o.Err != nil || o.Size != 3 {
			t.Errorf("at the start: %+v", o)
		}
		w.log.write(t, "x", 10)
		after(30 * time.Second)
		if o := w.last(); o.Size != 3 {
			t.Errorf("too soon: %+v", o)
		}
		after(31 * time.Second)
		if o := w.last(); o.Size != 13 {
			t.Errorf("after a minute: %+v", o)
		}
		w.log.write(t, "x", 256)
		after(2 * time.Second)
		if o := w.last(); o.Size != 269 {
			t.Errorf("after 256 leaves: %+v", o)
		}
		stop()
		running.Wait()
		w.log.write(t, "x", 1)
		w.export.Last()
		if o := w.last(); o.Size != 270 {
			t.Errorf("at the end: %+v", o)
		}
		note, err := w.export.Notes.Last("witness.example")
		if at, err2 := w.export.Key.Cosigned(note); err != nil || err2 != nil || at.IsZero() {
			t.Errorf("nothing is kept outside: %v %v", err, err2)
		}
	})
}

// A witness that does not answer, or is gone, costs attempts; when it is back, it gets what it missed.
func TestStuckWitnessIsGivenUpOnEachTimeAndTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWitnessed(t, newLedger(t, 3))
		w.witness.set(func(n *nearWitness) { n.gone = errors.New("no route") })
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { w.export.Run(ctx) })
		after(5 * time.Minute)
		if o := w.last(); o.Err == nil || o.Differs != nil {
			t.Errorf("%+v", o)
		}
		w.log.write(t, "x", 1000)
		w.witness.set(func(n *nearWitness) { n.gone = nil })
		after(2 * time.Minute)
		if o := w.last(); o.Err != nil || o.Size != 1003 {
			t.Errorf("back: %+v", o)
		}
		stop()
		running.Wait()
		w.witness.set(func(n *nearWitness) { n.stuck = true })
		began := time.Now()
		w.export.Last()
		if d := time.Since(began); d > lastTry {
			t.Errorf("the end waits %v", d)
		}
	})
}

func TestRollbackAndForkAreNoticedByTheWitness(t *testing.T) {
	for name, bend := range map[string]func(t *testing.T) *ledger{
		"yesterday's database": func(t *testing.T) *ledger { return newLedger(t, 15) },
		"nothing at all":       func(t *testing.T) *ledger { return newLedger(t, 1) },
		"rewritten": func(t *testing.T) *ledger {
			l := newLedger(t, 15)
			l.write(t, "other", 30)
			return l
		},
		"rewritten to the same size": func(t *testing.T) *ledger {
			l := newLedger(t, 15)
			l.write(t, "other", 5)
			return l
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWitnessed(t, newLedger(t, 20))
			w.export.attempt(t.Context())
			if o := w.last(); o.Err != nil || o.Size != 20 {
				t.Fatalf("%+v", o)
			}
			again := w.exporter(w.export.Key, bend(t)) // the server was started on something else
			again.attempt(t.Context())
			o := w.last()
			if o.Differs == nil || o.Differs.Theirs.Size != 20 || o.Differs.Theirs.Root != w.log.roots[20] {
				t.Fatalf("not noticed: %+v", o)
			}
			if note, err := again.Notes.Last("witness.example"); err != nil || note == nil {
				t.Errorf("the evidence is not kept: %v", err)
			}
		})
	}
}

// Under the running server: its log becomes another one between two exports.
func TestLogReplacedUnderTheRunningServerIsNoticed(t *testing.T) {
	w := newWitnessed(t, newLedger(t, 20))
	w.export.attempt(t.Context())
	w.export.Log = newLedger(t, 15)
	w.export.attempt(t.Context())
	if o := w.last(); o.Differs == nil || o.Differs.Theirs.Size != 20 {
		t.Errorf("%+v", o)
	}
}

func TestNextEpochBeginsAtTheWitnessAnew(t *testing.T) {
	w := newWitnessed(t, newLedger(t, 20))
	w.export.attempt(t.Context())
	restored := newLedger(t, 15)
	restored.epoch = 2
	restored.write(t, "epoch", 1)
	w.export.Log = restored
	w.export.attempt(t.Context())
	if o := w.last(); o.Err != nil || o.Size != 16 {
		t.Errorf("%+v", o)
	}
}

func TestClockSetBackADayIsNoticed(t *testing.T) {
	w := newWitnessed(t, newLedger(t, 20))
	w.export.attempt(t.Context())
	again := w.exporter(w.export.Key, w.log)
	again.Now = func() time.Time { return time.Now().Add(-24 * time.Hour) }
	again.attempt(t.Context())
	if o := w.last(); o.Differs == nil || o.Differs.Clock < 23*time.Hour {
		t.Errorf("%+v", o)
	}
}

// What a witness says it has must be signed by the log and by itself: a witness that lies stops nothing.
func TestLyingWitnessIsNoDifference(t *testing.T) {
	w := newWitnessed(t, newLedger(t, 20))
	for name, note := range map[string]func() []byte{
		"garbage":  func() []byte { return []byte("x\n99\n") },
		"its own":  func() []byte { n, _ := w.log.Checkpoint(t.Context()); return n.Note },
		"stranger": func() []byte { return bytes.Repeat([]byte("a"), 300) },
	} {
		w.export.Peer = liar{note()}
		w.export.known = false
		w.export.attempt(t.Context())
		if o := w.last(); o.Err == nil || o.Differs != nil {
			t.Errorf("%s: %+v", name, o)
		}
	}
}

type liar struct{ note []byte }

func (l liar) Add(context.Context, audit.Addition) ([]byte, error) {
	return []byte("\u2014 x y\n"), nil
}
func (l liar) Latest(context.Context, string) ([]byte, error) { return l.note, nil }

func TestNotesOutliveATornWriteAndKnowTheyWereTaken(t *testing.T) {
	n, err := OpenNotes(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if b, err := n.Last("a"); b != nil || err != nil {
		t.Errorf("%q %v", b, err)
	}
	for _, text := range []string{"one", "two"} {
		if err := n.Keep("a", []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if b, err := n.Last("a"); string(b) != "two" || err != nil {
		t.Errorf("%q %v", b, err)
	}
	if err := removed(n.path("a", ".note")); err != nil {
		t.Fatal(err)
	}
	if _, err := n.Last("a"); !errors.Is(err, ErrForgotten) {
		t.Errorf("a note that was taken: %v", err)
	}
}
