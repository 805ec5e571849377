package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"nightbell/audit"
	"nightbell/call"
	"nightbell/console"
	"nightbell/media"
	"nightbell/policy"
	"nightbell/seal"
	"nightbell/sip"
	"nightbell/store"
)

// sealedDesk answers callers while the keys are sealed: the words for an emergency at once, then the clinic's fixed
// fallback over the fallback trunk. Nothing is recorded and nothing is shown. It knows what the emergency bundle says;
// where there is none, or it was refused, it knows the trunks' certificates alone and says whom to call instead. After an
// unsealing its calls go on at it until they end, while new ones go to the full house.
type sealedDesk struct {
	board  *call.Switchboard
	line   *fallbackLine
	rules  *policy.Snapshot
	bundle *bundle // nil: built-in words alone
}

// How a sealed house tries to reach a clinic's fallback: within each round the number is dialled again and again.
const (
	fallbackRounds = 3
	fallbackRing   = time.Minute
	registerAgain  = 30 * time.Second // phones are asked to come back
)

// openSealed prepares the desk. Whatever is missing, callers are answered.
func (s *server) openSealed(context.Context) error {
	s.alarms.raise("sealed", "the keys are sealed: callers hear the emergency words and their clinic's fallback")
	b, err := readBundle(s.office.Config, s.office.Store.Instance())
	if err != nil {
		s.log.Error("emergency bundle", "err", err)
		s.alarms.raise("emergency_bundle", "the emergency bundle cannot be used: callers hear the built-in words alone")
	}
	if err := s.openLate(); err != nil {
		return err
	}
	d := &sealedDesk{bundle: b}
	book := &policy.Book{}
	standing := &standing{owner: map[string]string{}, paused: map[string]bool{}}
	if b == nil {
		standing.trunks = certifiedTrunks(s.office.Config)
	} else {
		book = b.Rules.book()
		secret := func(id string) string { return b.Secrets[id] }
		standing.trunks = sipTrunks(book, b.Roots, secret)
		standing.carriers = sipCarriers(book, secret, s.shownSealed)
		standing.phones = phonesOf(b)
		if s.late.spool != nil {
			_ = s.late.spool.SealTo(b.Spool) // a key that is none: events wait in memory
		}
	}
	d.rules = policy.Index(book, s.office.Zones())
	standing.policy = d.rules
	s.rules.now.Store(standing)
	d.board = s.sealedBoard(d)
	s.emergency = d
	s.sealed.Store(d)
	return nil
}

func (s *server) sealedBoard(d *sealedDesk) *call.Switchboard {
	d.line = &fallbackLine{rules: s.rules, sip: func() *sip.Server { return s.sip }, bundle: d.bundle, log: s.log}
	return call.NewSwitchboard(call.Ports{
		Decide:   d.decide,
		Sound:    func() call.Sound { return sound{s.media.NewCall()} },
		Prompt:   func(name string) *media.Prompt { return s.prompts[name] },
		Phones:   d.line,
		Recorder: unrecorded{},
		Journal:  s.late.journal,
		Now:      func() time.Time { return time.Now().UTC() },
		Fault:    s.fault,
	})
}

// unrecorded is the recorder of a house without keys.
type unrecorded struct{}

func (unrecorded) Start(call.RecordingSpec, call.Voice, func(string)) (call.Recording, error) {
	return nil, call.Unwilling("sealed")
}

// decide finds the clinic as ever, and does with its caller what can be done without keys.
func (d *sealedDesk) decide(q policy.Inquiry) policy.Plan {
	p := d.rules.Decide(q)
	p.Answer, p.Record, p.Announce = policy.AtOnce, false, ""
	p.Because = append(p.Because, "the keys are sealed")
	p.Greeting, p.LastResort, p.Steps = "starting", "last_resort", nil
	clinic, known := d.rules.Clinic(p.Clinic)
	if d.bundle == nil || d.bundle.Rules.Fallback.Host == "" || !known || clinic.Fallback == "" {
		p.Greeting, p.LastResort = "", "starting_alone"
		p.Because = append(p.Because, "no fallback is known: the words alone")
		return p
	}
	target := policy.Target{Person: fallbackPerson, Users: []string{fallbackPerson + "-" + rand.Text()[:8]}} // one line a call
	for n := range fallbackRounds {
		p.Steps = append(p.Steps, policy.Step{Name: "fallback " + strconv.Itoa(n+1), Mode: policy.Together, For: fallbackRing,
			Targets: []policy.Target{target}, Because: []string{"the clinic's fixed fallback"}})
	}
	return p
}

const fallbackPerson = "fallback"

// closed is sip.Config.Closed: without keys no phone can prove who it is, but to those whom the bundle lets call 911.
func (s *server) closed() time.Duration {
	if s.sealed.Load() != nil && s.rules.now.Load().phones == nil {
		return registerAgain
	}
	return 0
}

// certificate is what the listeners show: the bundle's pair while sealed, else the configured files'.
func (s *server) certificate() (*tls.Certificate, error) {
	if d := s.sealed.Load(); d != nil && d.bundle != nil {
		if pair, err := tls.X509KeyPair([]byte(d.bundle.Certificate), []byte(d.bundle.Key)); err == nil {
			return &pair, nil
		}
	}
	return certificate(s.office.Config.serverCertificate())()
}

// certifiedTrunks are those whose certificate our CA has issued into this folder: enough to know a caller's trunk by.
func certifiedTrunks(cfg Config) (all []sip.Trunk) {
	roots, err := os.ReadFile(cfg.path("ca.pem"))
	if err != nil {
		return nil
	}
	paths, _ := filepath.Glob(cfg.path("trunks/*.crt"))
	for _, path := range paths {
		cert, err := readCertificate(path)
		if err != nil {
			continue
		}
		id := strings.TrimSuffix(filepath.Base(path), ".crt")
		all = append(all, sip.Trunk{ID: id, Name: id, CertNames: namesOf(cert), CertRoots: string(roots)})
	}
	return all
}

func namesOf(cert *x509.Certificate) []string {
	names := cert.DNSNames
	for _, u := range cert.URIs {
		names = append(names, u.String())
	}
	return names
}

// late is the way of what happens while the keys are sealed into the journal: a spool that is written with a public key,
// and a journal that files what is in it as soon as the database can be written, each entry once and marked late.
type late struct {
	spool   *seal.EmergencySpool // nil: its room cannot be had; memory alone
	journal *store.Journal
}

// openLate opens the spool once, sealed or not: what a killed sealed server left is merged by the next open one.
func (s *server) openLate() error {
	if s.late != nil {
		s.unlockLate()
		return nil
	}
	s.late = &late{}
	spool, err := seal.OpenEmergencySpool(s.office.Config.path("emergency.spool"), seal.DefaultEmergency)
	if err != nil {
		s.log.Error("emergency spool", "err", err)
		s.alarms.raise("emergency_spool", "the emergency spool cannot be opened: what happens while sealed waits in memory")
		s.late.journal = s.office.Store.Journal(nil)
	} else {
		s.late.spool = spool
		s.owns(spool.Close)
		s.unlockLate()
		s.late.journal = s.office.Store.Journal(spool)
	}
	s.owns(func() error { s.late.journal.Close(); return nil })
	return nil
}

func (s *server) unlockLate() {
	if s.late.spool != nil && s.office.Ring != nil {
		s.late.spool.Unlock(s.office.Ring)
	}
}

// lookAtLate raises an alarm where the spool held what nobody can read.
func (s *server) lookAtLate() {
	if s.late == nil || s.late.spool == nil {
		return
	}
	if n := s.late.spool.Unreadable(); n > 0 {
		s.log.Error("emergency spool", "unreadable", n)
		s.alarms.raise("emergency_spool", "some of what happened while sealed cannot be read: see the log")
	}
}

// readySealed says that calls are taken, and how.
func (s *server) readySealed(d *sealedDesk) {
	fallbacks := 0
	if d.bundle != nil {
		for _, c := range d.bundle.Rules.Clinics {
			if c.Fallback != "" {
				fallbacks++
			}
		}
	}
	for _, a := range s.sip.Addrs() {
		s.log.Info("taking calls", "listener", a)
	}
	s.log.Warn("SEALED: callers hear the emergency words and their clinic's fallback; unseal with: nightbell unseal",
		"err", s.office.Sealed, "bundle", d.bundle != nil, "fallbacks", fallbacks)
	notify("READY=1\nSTATUS=sealed: emergency answering; run nightbell unseal")
}

// boards are the switchboards that may have calls.
func (s *server) boards() []*call.Switchboard {
	var all []*call.Switchboard
	if s.board != nil {
		all = append(all, s.board)
	}
	if s.emergency != nil {
		all = append(all, s.emergency.board)
	}
	return all
}

func callsOn(boards []*call.Switchboard) (n int) {
	for _, b := range boards {
		n += b.Running()
	}
	return n
}

// rememberSealed sums up a time without keys; the calls have leaves of their own.
func (s *server) rememberSealed(d *sealedDesk, until time.Time) {
	s.remember(audit.ServedSealed, map[string]string{
		"from": s.since.Format(time.RFC3339), "to": until.UTC().Format(time.RFC3339),
		"calls": strconv.FormatInt(d.board.Total(), 10), "bundle": strconv.FormatBool(d.bundle != nil),
	})
}

var errNotSealed = errors.Join(console.ErrConflict, errors.New("the keys are open"))
