package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"nightbell/audit"
	"nightbell/keep"
	"nightbell/store"
)

// trust says whether the log is the one that was witnessed. While it is not, people get no PHI, and calls are answered
// all the same.
type trust struct {
	why  atomic.Pointer[string]
	over func() // it is trusted again; set before anybody asks
}

// lost is why the log is not trusted; empty: it is.
func (t *trust) lost() string {
	if p := t.why.Load(); p != nil {
		return *p
	}
	return ""
}

func (t *trust) lose(why string) (first bool) { return t.why.CompareAndSwap(nil, &why) }

func (t *trust) regain() {
	t.why.Store(nil)
	if t.over != nil {
		t.over()
	}
}

// ownNote is the name of the note with our own last checkpoint, outside the database.
const ownNote = "own"

// openNotes opens DIR/witness and compares the log with every checkpoint in it. That the log differs is no error: it is
// remembered, in the log too.
func (o *office) openNotes(ctx context.Context) (err error) {
	o.Store.UseArchive(keep.OpenSegments(filepath.Join(o.Config.Dir, "audit"), o.Ring))
	if o.notes, err = keep.OpenNotes(filepath.Join(o.Config.Dir, "witness")); err != nil {
		return err
	}
	if err := o.recallTrust(ctx); err != nil || o.trust.lost() != "" {
		return err
	}
	kept, err := o.Store.Checkpoint(ctx)
	if err != nil {
		return err
	}
	notes, err := o.notes.All()
	if err != nil {
		return err
	}
	for _, note := range notes {
		if err := o.compareNote(ctx, kept, note); err != nil {
			return err
		}
	}
	return nil
}

func (o *office) compareNote(ctx context.Context, kept audit.Kept, note []byte) error {
	v, err := o.Store.AuditVerifier()
	if err != nil {
		return err
	}
	theirs, err := v.Open(note)
	if err != nil {
		return nil // not of this log, or torn: it proves nothing, and its witness is asked anyway
	}
	var ours audit.Checkpoint
	if kept.Size > 0 {
		if ours, err = v.Open(kept.Note); err != nil {
			return nil // Unseal has said so
		}
	} else {
		ours = audit.Checkpoint{Origin: theirs.Origin}
	}
	err = keep.Compare(ctx, o.Store, ours, theirs)
	var differs *keep.Difference
	if errors.As(err, &differs) {
		o.differs(ctx, differs, "notes")
		return nil
	}
	return err
}

// recallTrust finds a difference that was noticed before and that nobody has accepted yet.
func (o *office) recallTrust(ctx context.Context) error {
	page, err := o.Store.AuditList(ctx, store.AuditQuery{Actions: []audit.Action{audit.WitnessDiffers, audit.EpochBegan}, Limit: 1})
	if err == nil && len(page.Rows) > 0 && page.Rows[0].Event.Action == audit.WitnessDiffers {
		o.trust.lose(page.Rows[0].Event.Reason)
		o.witnessed = headIn(page.Rows[0].Event)
	}
	return err
}

// differs notices, once, that the log is not the one that was witnessed.
func (o *office) differs(ctx context.Context, d *keep.Difference, who string) {
	if !o.trust.lose(d.Error()) {
		return
	}
	o.witnessed = d.Theirs
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rememberTime)
	defer cancel()
	// What cannot be remembered now is found again at the next start: the notes and the witness stay.
	_ = o.Store.Audit(ctx, audit.Event{
		Actor: audit.Actor{Type: "system"}, Action: audit.WitnessDiffers, Object: "audit", Outcome: audit.Broke, Reason: d.Error(),
		Facts: map[string]string{"by": who, factTheirSize: strconv.FormatInt(d.Theirs.Size, 10), factTheirRoot: d.Theirs.Root.String(),
			"our_size": strconv.FormatInt(d.Ours.Size, 10)},
	})
}

const (
	factTheirSize = "witnessed_size"
	factTheirRoot = "witnessed_root"
	rememberTime  = 5 * time.Second
)

func headIn(e audit.Event) (h audit.Head) {
	h.Size, _ = strconv.ParseInt(e.Facts[factTheirSize], 10, 64)
	_ = h.Root.UnmarshalJSON([]byte(`"` + e.Facts[factTheirRoot] + `"`))
	return h
}

// proof is what the running server does so that nobody edits the log unseen: it exports checkpoints and leaves.
type proof struct {
	office  *office
	alarms  *alarms
	exports []*keep.Export
	syslog  *keep.Syslog
	agreed  map[string]string // by witness: the day of its last WitnessAgreed leaf

	mu     sync.Mutex
	heard  map[string]time.Time // by witness: when it last signed
	signed map[string]int64
	clocks map[string]bool // whoever said that our clock is wrong, remembered once
}

// openProof makes the exports. Nothing of them may keep the server from starting: what cannot be made is an alarm.
func (s *server) openProof(ctx context.Context) error {
	now := time.Now()
	p := &proof{office: s.office, alarms: &s.alarms, agreed: map[string]string{}, heard: map[string]time.Time{},
		signed: map[string]int64{}, clocks: map[string]bool{}}
	s.proof = p
	s.office.trust.over = func() { s.alarms.clear("audit_differs") }
	if s.office.notesTrouble != nil {
		s.log.Error("checkpoints outside the database", "err", s.office.notesTrouble)
		s.alarms.raise("witness_notes", "the log cannot be compared with the checkpoints outside the database")
	}
	for _, w := range s.office.Config.Witness {
		if err := p.addWitness(w, now); err != nil {
			s.log.Error("witness", "url", w.URL, "err", err)
			s.alarms.raise("witness_unreached", "a witness is not set up: "+w.URL)
		}
	}
	if err := p.addSyslog(); err != nil {
		s.log.Error("syslog", "err", err)
		s.alarms.raise("syslog", "the receiver of syslog is not set up")
	}
	if why := s.office.trust.lost(); why != "" {
		s.alarms.raise("audit_differs", why)
		s.log.Error("audit differs from what was witnessed", "why", why)
	}
	newest, err := s.office.Store.AuditNewest(ctx)
	if behind := newest.Sub(now); err == nil && behind > keep.ClockTolerance {
		p.clock("log", behind)
	}
	return nil
}

func (p *proof) addWitness(w WitnessConfig, now time.Time) error {
	key, err := audit.ParseWitnessKey(w.Key)
	if err != nil {
		return err
	}
	cfg := p.office.Config
	peer, err := keep.RemoteWitness(w.URL, keep.Trust{Pin: w.Pin, CA: cfg.pathIf(w.CA), Certificate: certificate(cfg.serverCertificate())})
	if err != nil {
		return err
	}
	p.heard[key.Name()] = now
	p.exports = append(p.exports, &keep.Export{
		Log: p.office.Store, Peer: peer, Key: key, Own: p.office.Store.AuditVerifier, Notes: p.office.notes, Now: time.Now, Outcome: p.exported,
	})
	return nil
}

func (p *proof) addSyslog() error {
	cfg := p.office.Config
	c := cfg.Syslog
	if c.Address == "" {
		return nil
	}
	own := certificate(cfg.serverCertificate())
	if c.Certificate != "" {
		own = certificate(cfg.path(c.Certificate), cfg.path(c.Key))
	}
	dial, err := keep.SyslogDialer(c.Address, c.Name, keep.Trust{Pin: c.Pin, CA: cfg.pathIf(c.CA), Certificate: own})
	if err != nil {
		return err
	}
	host, _ := os.Hostname()
	most := c.Waiting
	if most == 0 {
		most = 100_000
	}
	p.syslog = &keep.Syslog{
		Leaves: p.office.Store, Dial: dial, Position: keep.PositionFile(filepath.Join(cfg.Dir, "witness", "syslog.position")),
		Form: keep.Form{Host: host, Process: strconv.Itoa(os.Getpid())}, Max: most, Told: p.syslogged, Now: time.Now,
	}
	return nil
}

// Run exports until ctx ends. While the house is sealed there is nothing to export.
func (p *proof) Run(ctx context.Context) error {
	if p == nil {
		<-ctx.Done()
		return nil
	}
	var all sync.WaitGroup
	for _, e := range p.exports {
		all.Go(func() { e.Run(ctx) })
	}
	if p.syslog != nil {
		all.Go(func() { _ = p.syslog.Run(ctx) })
	}
	all.Go(func() { p.watch(ctx) })
	all.Go(func() { p.age(ctx) })
	all.Wait()
	return nil
}

// watch keeps our own last checkpoint outside the database, and looks whether witnesses were heard.
func (p *proof) watch(ctx context.Context) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		p.noteOwn(ctx)
		p.lookForWitnesses()
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

const (
	archiveEvery = 6 * time.Hour
	archiveLeast = 1000
	archiveMost  = 20_000
)

// age moves old leaves into sealed segments and removes what is past its retention. It looks a few times a day and
// yields between two segments.
func (p *proof) age(ctx context.Context) {
	tick := time.NewTicker(archiveEvery)
	defer tick.Stop()
	for {
		if err := p.archive(ctx, time.Now()); err != nil && ctx.Err() == nil {
			p.alarms.raise("audit_archive", "old audit leaves cannot be moved into sealed segments; they stay in the database")
		} else {
			p.alarms.clear("audit_archive")
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (p *proof) archive(ctx context.Context, now time.Time) error {
	c := p.office.Config.Audit
	system := audit.Actor{Type: "system"}
	if c.ArchiveAfter.Duration == 0 || p.office.trust.lost() != "" {
		return nil // of a log that differs nothing is moved
	}
	for n := 1; n > 0 && ctx.Err() == nil; {
		var err error
		s := store.Stretch{Before: now.Add(-c.ArchiveAfter.Duration), Least: archiveLeast, Most: archiveMost}
		if n, err = p.office.Store.ArchiveAudit(ctx, system, s); err != nil {
			return err
		}
	}
	_, err := p.office.Store.RemoveSegments(ctx, system, now.Add(-c.Keep.Duration))
	return err
}

// noteOwn writes what an older database will be compared with. While the log differs nothing is overwritten.
func (p *proof) noteOwn(ctx context.Context) {
	if p.office.trust.lost() != "" {
		return
	}
	kept, err := p.office.Store.Checkpoint(ctx)
	if err == nil && kept.Size > 0 {
		err = p.office.notes.Put(ownNote, kept.Note)
	}
	if err != nil && ctx.Err() == nil {
		p.alarms.raise("witness_notes", "the last checkpoint cannot be kept outside the database")
		return
	}
	p.alarms.clear("witness_notes")
}

// Last is the end of a server: the last leaf is written, its checkpoint goes out.
func (p *proof) Last() {
	if p == nil {
		return
	}
	var all sync.WaitGroup
	for _, e := range p.exports {
		all.Go(e.Last)
	}
	all.Wait()
	p.noteOwn(context.Background())
}

// exported hears what came of an attempt; from each export's own goroutine.
func (p *proof) exported(o keep.Outcome) {
	switch {
	case o.Differs != nil && o.Differs.Clock != 0:
		p.clock(o.Witness, o.Differs.Clock)
	case o.Differs != nil:
		p.office.differs(context.Background(), o.Differs, o.Witness)
		p.alarms.raise("audit_differs", o.Differs.Error())
	case o.Err == nil && o.Size > 0:
		p.agree(o)
	}
	p.lookForWitnesses()
}

func (p *proof) agree(o keep.Outcome) {
	p.mu.Lock()
	p.heard[o.Witness], p.signed[o.Witness] = o.At, o.Size
	day := o.At.UTC().Format(time.DateOnly)
	first := p.agreed[o.Witness] != day
	p.agreed[o.Witness] = day
	p.mu.Unlock()
	if !first {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), rememberTime)
	defer cancel()
	_ = p.office.Store.Audit(ctx, audit.Event{
		Actor: audit.Actor{Type: "witness", ID: o.Witness}, Action: audit.WitnessAgreed, Object: "audit",
		Facts: map[string]string{"size": strconv.FormatInt(o.Size, 10)},
	})
}

// lookForWitnesses alarms when one was not heard for too long.
func (p *proof) lookForWitnesses() {
	late := p.office.Config.Audit.WitnessLate.Duration
	p.mu.Lock()
	defer p.mu.Unlock()
	for name, at := range p.heard {
		if time.Since(at) > late {
			p.alarms.raise("witness_unreached", fmt.Sprintf("witness %s has signed nothing since %s", name, at.UTC().Format(time.RFC3339)))
			return
		}
	}
	if len(p.heard) == len(p.office.Config.Witness) {
		p.alarms.clear("witness_unreached")
	}
}

// clock says that somebody has seen a later time than ours. Leaves go on to be written with it: wrong is better than none.
func (p *proof) clock(by string, behind time.Duration) {
	p.alarms.raise("clock", fmt.Sprintf("the clock stands %v before what %s has seen", behind.Round(time.Second), by))
	p.mu.Lock()
	first := !p.clocks[by]
	p.clocks[by] = true
	p.mu.Unlock()
	if !first {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), rememberTime)
	defer cancel()
	_ = p.office.Store.Audit(ctx, audit.Event{
		Actor: audit.Actor{Type: "system"}, Action: audit.ClockWrong, Object: "clock", Outcome: audit.Broke,
		Facts: map[string]string{"by": by, "behind": behind.Round(time.Second).String()},
	})
}

func (p *proof) syslogged(s keep.SyslogState) {
	switch {
	case s.Behind:
		p.alarms.raise("syslog", fmt.Sprintf("%d audit leaves wait for the receiver of syslog", s.Waiting))
	case !s.Connected:
		p.alarms.raise("syslog", "the receiver of syslog cannot be reached; the leaves wait in the log")
	default:
		p.alarms.clear("syslog")
	}
}

// proofFigures are the metrics of all this.
func (s *server) proofFigures(gauge, counter metric) {
	if s.proof == nil {
		return
	}
	gauge("witness_age_seconds", "Seconds since the witness that is longest silent has signed a checkpoint; 0 without a witness.", s.proof.silence)
	gauge("audit_unwitnessed", "Leaves that no witness has signed; 0 without a witness.", s.proof.unwitnessed)
	gauge("audit_differs", "1 while the log is not the one that was witnessed.", func() float64 {
		if s.office.trust.lost() != "" {
			return 1
		}
		return 0
	})
	gauge("syslog_waiting", "Audit leaves that the receiver of syslog does not have.", func() float64 {
		if s.proof.syslog == nil {
			return 0
		}
		return float64(s.proof.syslog.Waiting())
	})
	counter("syslog_sent", "Audit leaves written to the receiver of syslog.", func() float64 {
		if s.proof.syslog == nil {
			return 0
		}
		return float64(s.proof.syslog.Sent())
	})
}

func (p *proof) silence() float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	var oldest float64
	for _, at := range p.heard {
		oldest = max(oldest, time.Since(at).Seconds())
	}
	return oldest
}

func (p *proof) unwitnessed() float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	kept, err := p.office.Store.Checkpoint(context.Background())
	if err != nil || len(p.exports) == 0 {
		return 0
	}
	most := int64(0)
	for _, e := range p.exports {
		most = max(most, p.signed[e.Key.Name()])
	}
	return float64(max(0, kept.Size-most))
}
