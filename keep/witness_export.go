package keep

import (
	"context"
	"errors"
	"fmt"
	"time"

	"nightbell/audit"
	"nightbell/store"
)

// Log is the audit log that is witnessed; *store.Store is one.
type Log interface {
	Checkpoint(context.Context) (audit.Kept, error)                         // the newest
	AuditGrowth(ctx context.Context, size, old int64) ([]audit.Hash, error) // consistency proof
	AuditRoot(ctx context.Context, size int64) (audit.Hash, error)          // of the first size leaves
}

// Export brings the checkpoints of one log to one witness: each minute, or after 256 leaves, and once more at the end. It
// stands by itself: a witness that is slow, gone or lying costs the house nothing but its alarm.
type Export struct {
	Log     Log
	Peer    Peer
	Key     audit.WitnessKey
	Own     func() (*audit.Verifier, error) // the log's own keys, which may come to be more
	Notes   *Notes                          // outside the database: what this witness has signed
	Now     func() time.Time
	Outcome func(Outcome) // after every attempt; never blocks

	origin string // the epoch that sent is of
	sent   int64  // size that the witness has signed
	known  bool   // sent was read
	asking time.Time
}

// Outcome is what one attempt came to.
type Outcome struct {
	Witness string
	At      time.Time
	Size    int64       // that the witness has signed; 0: none yet
	Signed  time.Time   // by the witness's clock
	Err     error       // why nothing was signed
	Differs *Difference // Err is this one
}

const (
	exportEvery  = time.Minute
	exportLeaves = 256
	lookEvery    = time.Second
	lastTry      = 5 * time.Second
)

// Run exports until ctx ends.
func (e *Export) Run(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		if e.due(ctx) {
			e.attempt(ctx)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// Last exports what Run has not: call it when Run has returned and the last leaf is written.
func (e *Export) Last() {
	ctx, cancel := context.WithTimeout(context.Background(), lastTry)
	defer cancel()
	e.attempt(ctx)
}

// due says whether it is time. A clock that jumped back must not silence it.
func (e *Export) due(ctx context.Context) bool {
	since := e.Now().Sub(e.asking)
	if since >= exportEvery || since < 0 {
		return true
	}
	if !e.known {
		return false
	}
	kept, err := e.Log.Checkpoint(ctx)
	return err == nil && kept.Size-e.sent >= exportLeaves
}

func (e *Export) attempt(ctx context.Context) {
	e.asking = e.Now()
	out := Outcome{Witness: e.Key.Name(), At: e.asking}
	out.Size, out.Signed, out.Err = e.once(ctx)
	var differs *Difference
	if errors.As(out.Err, &differs) {
		out.Differs = differs
	}
	if ctx.Err() == nil || out.Err == nil {
		e.Outcome(out)
	}
}

// once sends the newest checkpoint from what the witness has.
func (e *Export) once(ctx context.Context) (int64, time.Time, error) {
	kept, err := e.Log.Checkpoint(ctx)
	if err != nil || kept.Size == 0 {
		return 0, time.Time{}, err
	}
	ours, err := e.own(kept.Note)
	if err != nil {
		return 0, time.Time{}, err
	}
	if !e.known || e.origin != ours.Origin {
		if err := e.begin(ctx, ours); err != nil {
			return 0, time.Time{}, err
		}
	}
	line, err := e.add(ctx, ours, kept.Note)
	if errors.Is(err, audit.ErrStale) || errors.Is(err, audit.ErrFork) || errors.Is(err, audit.ErrBadProof) {
		if err = e.begin(ctx, ours); err == nil { // no difference: somebody else exported meanwhile
			line, err = e.add(ctx, ours, kept.Note)
		}
	}
	if err != nil {
		return e.sent, time.Time{}, err
	}
	cosigned := append(append([]byte{}, kept.Note...), line...)
	at, err := e.Key.Cosigned(cosigned)
	if err != nil {
		return e.sent, time.Time{}, fmt.Errorf("witness %s: %w", e.Key.Name(), err)
	}
	if err := e.Notes.Put(e.Key.Name(), cosigned); err != nil {
		return e.sent, at, err
	}
	e.sent = kept.Size
	return e.sent, at, nil
}

func (e *Export) own(signed []byte) (audit.Checkpoint, error) {
	v, err := e.Own()
	if err != nil {
		return audit.Checkpoint{}, err
	}
	return v.Open(signed)
}

// begin compares the log with what the witness has, and goes on from there.
func (e *Export) begin(ctx context.Context, ours audit.Checkpoint) error {
	theirs, err := e.Peer.Latest(ctx, ours.Origin)
	if err != nil {
		return err
	}
	e.sent, e.known, e.origin = 0, true, ours.Origin
	if theirs == nil {
		return nil
	}
	c, at, err := e.signed(theirs)
	if err != nil {
		return err
	}
	if err := Compare(ctx, e.Log, ours, c); err != nil {
		e.known = false
		return errors.Join(err, e.Notes.Put(e.Key.Name(), theirs)) // what they have is the evidence
	}
	if now := e.Now(); at.Sub(now) > ClockTolerance {
		e.known = false
		return &Difference{Ours: audit.HeadOf(ours), Theirs: audit.HeadOf(c), Clock: at.Sub(now)}
	}
	e.sent = c.Size
	return nil
}

// signed opens what the witness says it has: by the log's own signature and its own.
func (e *Export) signed(theirs []byte) (audit.Checkpoint, time.Time, error) {
	c, err := e.own(theirs)
	if err != nil {
		return c, time.Time{}, fmt.Errorf("witness %s: %w", e.Key.Name(), err)
	}
	at, err := e.Key.Cosigned(theirs)
	if err != nil {
		return c, at, fmt.Errorf("witness %s: %w", e.Key.Name(), err)
	}
	return c, at, nil
}

func (e *Export) add(ctx context.Context, ours audit.Checkpoint, signed []byte) ([]byte, error) {
	if ours.Size < e.sent {
		return nil, audit.ErrStale
	}
	proof, err := e.Log.AuditGrowth(ctx, ours.Size, e.sent)
	if err != nil {
		return nil, err
	}
	return e.Peer.Add(ctx, audit.Addition{Old: e.sent, Proof: proof, Note: signed})
}

// ClockTolerance is how far our clock may be behind a witness's.
const ClockTolerance = 5 * time.Minute

// Difference says that a checkpoint kept elsewhere is not one of this log, or that our clock was set back.
type Difference struct {
	Ours, Theirs audit.Head
	Clock        time.Duration // not 0: only the clock, which is so far behind
}

func (d *Difference) Error() string {
	if d.Clock != 0 {
		return fmt.Sprintf("our clock is %v behind the witness's", d.Clock.Round(time.Second))
	}
	if d.Theirs.Size > d.Ours.Size {
		return fmt.Sprintf("the log has %d leaves, %d were witnessed: older data was put back", d.Ours.Size, d.Theirs.Size)
	}
	return fmt.Sprintf("the first %d leaves are not those that were witnessed: the log was rewritten", d.Theirs.Size)
}

// Compare says whether a checkpoint that was kept elsewhere is one of this log: nil, or a *Difference. One of an earlier
// epoch is not compared: `audit verify` does, and the epoch's first leaf declares what was lost.
func Compare(ctx context.Context, log Log, ours, theirs audit.Checkpoint) error {
	differs := &Difference{Ours: audit.HeadOf(ours), Theirs: audit.HeadOf(theirs)}
	switch {
	case theirs.Epoch() < ours.Epoch():
		return nil
	case theirs.Origin != ours.Origin, theirs.Size > ours.Size:
		return differs
	case theirs.Size == 0:
		return nil
	}
	root, err := log.AuditRoot(ctx, theirs.Size)
	if err == nil && root != theirs.Root || errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrDamaged) {
		return differs
	}
	return err
}
