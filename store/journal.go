package store

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"nightbell/call"
)

// Bounds of a journal. The queue holds 20 s of 250 calls a second; what waits in memory because neither database nor
// spool takes it is bounded too, and only beyond that is anything lost.
const (
	journalQueue    = 65536
	journalHeld     = 16384
	journalBatch    = 2048
	journalPatience = 500 * time.Millisecond // how long a batch waits for the database before it is spooled
	journalRetry    = 500 * time.Millisecond // how often the database is tried again
)

// Journal is call.Journal over a Store. A call never waits for it: Note and Finish put the entry into a bounded queue;
// one goroutine files batches of them. While the database cannot be written (locked, full, sealed) entries go to the
// spool, and are merged when it can again: in order, each once, marked late.
type Journal struct {
	store    *Store
	spool    Spool
	queue    chan entry
	renewing chan chan error
	counters journalCounters
	closing  chan struct{}
	closed   chan struct{}
	once     sync.Once

	// of the goroutine alone:
	spooling bool    // order demands that new entries go behind those in the spool
	troubled bool    // somebody was told
	held     []entry // what not even the spool took
}

var _ call.Journal = (*Journal)(nil)

// JournalCounters say what became of entries. Filed includes Merged; Lost is zero unless memory ran full as well.
type JournalCounters struct {
	Queued, Filed, Spooled, Merged, Lost uint64
	Waiting, Held                        int
}

type journalCounters struct {
	queued, filed, spooled, merged, lost atomic.Uint64
	held                                 atomic.Int64
}

// Journal starts a journal. A nil spool means that memory alone bridges the time in which the database cannot be
// written. Close it before the store.
func (s *Store) Journal(spool Spool) *Journal {
	if spool == nil {
		spool = noSpool{}
	}
	j := &Journal{
		store: s, spool: spool, queue: make(chan entry, journalQueue),
		renewing: make(chan chan error), closing: make(chan struct{}), closed: make(chan struct{}),
	}
	s.journal.Store(j)
	go j.loop()
	return j
}

// Note takes an event; it never blocks and never fails.
func (j *Journal) Note(e call.Event) { j.put(entry{N: j.number(), Event: &e}) }

// Begin takes what is known of a call once its plan is made.
func (j *Journal) Begin(r call.Record) { j.put(entry{N: j.number(), Record: &r}) }

// Finish takes the whole of a call that is over.
func (j *Journal) Finish(r call.Record) { j.put(entry{N: j.number(), Record: &r}) }

// number is unique for ever, in all journals of the store: the clock in µs, pushed up so that it never repeats or falls
// back while we run.
func (j *Journal) number() int64 {
	newest := &j.store.newestEntry
	for {
		last := newest.Load()
		next := max(last+1, time.Now().UnixMicro())
		if newest.CompareAndSwap(last, next) {
			return next
		}
	}
}

func (j *Journal) put(e entry) {
	j.counters.queued.Add(1)
	select {
	case j.queue <- e:
	default:
		j.lose(1)
	}
}

func (j *Journal) lose(n int) {
	if j.counters.lost.Add(uint64(n)) == uint64(n) {
		j.store.opt.Trouble(Trouble{JournalLost, "queue and memory are full"})
	}
}

// Counters gives a look at the figures.
func (j *Journal) Counters() JournalCounters {
	c := &j.counters
	return JournalCounters{
		Queued: c.queued.Load(), Filed: c.filed.Load(), Spooled: c.spooled.Load(), Merged: c.merged.Load(),
		Lost: c.lost.Load(), Waiting: len(j.queue), Held: int(c.held.Load()),
	}
}

// Close files or spools what waits and ends the goroutine. What is still held in memory then is lost, and counted.
func (j *Journal) Close() {
	j.once.Do(func() { close(j.closing) })
	<-j.closed
}

func (j *Journal) loop() {
	defer close(j.closed)
	j.spooling = true // what an earlier run left comes first
	if err := j.merge(); err != nil {
		j.trouble(JournalSpools, err.Error())
	}
	tick := time.NewTicker(journalRetry)
	defer tick.Stop()
	for {
		select {
		case e := <-j.queue:
			j.take(j.gather(e))
		case done := <-j.renewing:
			done <- j.renewSpool()
		case <-tick.C:
			_ = j.merge() // tried again: what it was about has been told
		case <-j.closing:
			j.drain()
			return
		}
	}
}

// trouble tells of something that is over when JournalMerged is told.
func (j *Journal) trouble(kind TroubleKind, detail string) {
	j.troubled = true
	j.store.opt.Trouble(Trouble{kind, detail})
}

// gather takes what waits behind the first entry, up to a batch.
func (j *Journal) gather(first entry) []entry {
	batch := []entry{first}
	for len(batch) < journalBatch {
		select {
		case e := <-j.queue:
			batch = append(batch, e)
		default:
			return batch
		}
	}
	return batch
}

func (j *Journal) drain() {
	for {
		select {
		case e := <-j.queue:
			j.take(j.gather(e))
		default:
			_ = j.merge() // the spool keeps it for the next start
			if n := len(j.held); n > 0 {
				j.lose(n)
			}
			return
		}
	}
}

// take files a batch, or spools it behind what is spooled already.
func (j *Journal) take(batch []entry) {
	if !j.spooling {
		err := j.file(batch)
		if err == nil {
			return
		}
		j.spooling = true
		j.trouble(JournalSpools, err.Error())
	}
	j.keep(batch)
}

// file writes a batch in one job. An error is of the database, never of an entry: an entry that cannot be written at
// all is counted as lost, the others are written.
func (j *Journal) file(batch []entry) error {
	err := j.write(batch)
	if err == nil || unavailable(err) {
		return err
	}
	for _, e := range batch {
		err := j.write([]entry{e})
		if unavailable(err) {
			return err
		}
		if err != nil {
			j.lose(1)
		}
	}
	return nil
}

func (j *Journal) write(batch []entry) error {
	ctx, cancel := context.WithTimeout(context.Background(), journalPatience)
	defer cancel()
	err := j.store.write(ctx, func(t *tx) error {
		k, err := j.store.sealer()
		if err != nil {
			return err
		}
		for _, e := range batch {
			if err := t.file(k, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		j.counters.filed.Add(uint64(len(batch)))
	}
	return err
}

// unavailable reports whether the database, not the entry, is the trouble. When in doubt it is: an entry is kept.
func unavailable(err error) bool {
	return err != nil && !errors.Is(err, ErrInvalid) && !errors.Is(err, ErrConflict) && !isEncoding(err)
}
