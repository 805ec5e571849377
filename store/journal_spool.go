package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"nightbell/call"
	"nightbell/phi"
)

// entry is one thing to file: an event, or a call that is over. N orders entries and makes filing them twice harmless.
type entry struct {
	N      int64
	Late   bool
	Event  *call.Event
	Record *call.Record
}

// spooled is the form of an entry in the spool. The caller's number stands in it in clear: the spool seals it.
type spooled struct {
	N      int64          `json:"n"`
	Event  *call.Event    `json:"event,omitempty"`
	Record *spooledRecord `json:"record,omitempty"`
}

// spooledRecord puts the clear number where Record has one that redacts itself.
type spooledRecord struct {
	call.Record
	From string
}

func (e entry) encode() ([]byte, error) {
	s := spooled{N: e.N, Event: e.Event}
	if e.Record == nil {
		return json.Marshal(s)
	}
	s.Record = &spooledRecord{Record: *e.Record, From: e.Record.From.Reveal()}
	if b, err := json.Marshal(s); err == nil {
		return b, nil
	}
	s.Record.Legs = slices.Clone(s.Record.Legs) // a figure of the sound is no number (NaN): the call matters more
	for i := range s.Record.Legs {
		s.Record.Legs[i].Sound = nil
	}
	return json.Marshal(s)
}

var errSpooled = fmt.Errorf("spool entry: %w", ErrInvalid)

func decodeEntry(b []byte) (entry, error) {
	var s spooled
	if err := json.Unmarshal(b, &s); err != nil || s.Event == nil && s.Record == nil {
		return entry{}, errSpooled
	}
	e := entry{N: s.N, Late: true, Event: s.Event}
	if s.Record != nil {
		r := s.Record.Record
		r.From = phi.NewPhone(s.Record.From)
		e.Record = &r
	}
	return e, nil
}

// keep puts entries behind those that wait already: into the spool, or into memory while the spool refuses.
func (j *Journal) keep(batch []entry) {
	j.held = append(j.held, batch...)
	for len(j.held) > 0 {
		b, err := j.held[0].encode()
		if err != nil {
			j.lose(1) // cannot be written anywhere
		} else if err := j.spool.Append(b); err != nil {
			j.hold(err)
			return
		} else {
			j.counters.spooled.Add(1)
		}
		j.held = j.held[1:]
	}
	j.held = nil
	j.counters.held.Store(0)
}

// hold reports entries that stay in memory, and lets go of the newest beyond the bound.
func (j *Journal) hold(err error) {
	if j.counters.held.Swap(int64(len(j.held))) == 0 {
		j.trouble(JournalHolds, err.Error())
	}
	if over := len(j.held) - journalHeld; over > 0 {
		j.held = j.held[:journalHeld]
		j.counters.held.Store(journalHeld)
		j.lose(over)
	}
}

// merge files what the spool and memory hold, once the database can be written. It is harmless when it stops half-way:
// an entry that was filed is not filed again.
func (j *Journal) merge() error {
	if !j.spooling {
		return nil
	}
	merged, err := j.replay()
	if err == nil && merged > 0 {
		err = j.spool.Truncate()
	}
	if err != nil {
		return err
	}
	merged += len(j.held)
	if err := j.fileHeld(); err != nil {
		return err
	}
	j.spooling = false
	j.counters.merged.Add(uint64(merged))
	if j.troubled || merged > 0 {
		j.troubled = false
		j.store.opt.Trouble(Trouble{JournalMerged, fmt.Sprintf("%d entries", merged)})
	}
	return nil
}

// renew asks the goroutine to begin an empty spool anew, under the key that is current by now.
func (j *Journal) renew(ctx context.Context) error {
	done := make(chan error, 1)
	select {
	case j.renewing <- done:
	case <-ctx.Done():
		return named(ctx.Err())
	case <-j.closed:
		return ErrClosed
	}
	select {
	case err := <-done:
		return err
	case <-j.closed:
		return ErrClosed
	}
}

// renewSpool leaves a spool that holds something as it is: what is in it is filed first.
func (j *Journal) renewSpool() error {
	if j.spooling {
		return nil
	}
	return j.spool.Truncate()
}

// replay files the spool's entries in batches and says how many there were.
func (j *Journal) replay() (int, error) {
	var batch []entry
	total := 0
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		err := j.file(batch)
		total += len(batch)
		batch = batch[:0]
		return err
	}
	err := j.spool.Replay(func(b []byte) error {
		e, err := decodeEntry(b)
		if err != nil {
			j.lose(1)
			return nil
		}
		if batch = append(batch, e); len(batch) < journalBatch {
			return nil
		}
		return flush()
	})
	if err == nil {
		err = flush()
	}
	return total, err
}

func (j *Journal) fileHeld() error {
	for len(j.held) > 0 {
		n := min(len(j.held), journalBatch)
		late := slices.Clone(j.held[:n])
		for i := range late {
			late[i].Late = true
		}
		if err := j.file(late); err != nil {
			return err
		}
		j.held = j.held[n:]
		j.counters.held.Store(int64(len(j.held)))
	}
	j.held = nil
	return nil
}

func isEncoding(err error) bool {
	var value *json.UnsupportedValueError
	var kind *json.UnsupportedTypeError
	return errors.As(err, &value) || errors.As(err, &kind)
}

// noSpool stands where there is none.
type noSpool struct{}

var errNoSpool = errors.New("no spool")

func (noSpool) Append([]byte) error             { return errNoSpool }
func (noSpool) Replay(func([]byte) error) error { return nil }
func (noSpool) Truncate() error                 { return nil }
