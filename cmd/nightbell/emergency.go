package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"nightbell/audit"
	"nightbell/policy"
	"nightbell/seal"
	"nightbell/store"
)

// bundle is what answers callers while the keys are sealed: it opens without ROOT, so it holds no name and no number of a
// patient, a caller or an agent. What is secret in it (the listeners' key, the credentials of trunks) lies in clear,
// readable by its owner alone; docs/OPERATING.md says what that means.
type bundle struct {
	Format      string               `json:"format"`
	Instance    string               `json:"instance"`
	Made        time.Time            `json:"made"`
	Certificate string               `json:"certificate"` // of the listeners, PEM
	Key         string               `json:"key"`
	Roots       string               `json:"roots"` // our private CA, PEM
	Rules       bundleRules          `json:"rules"`
	Secrets     map[string]string    `json:"secrets"` // digest secrets by trunk
	Spool       seal.EmergencyPublic `json:"spool"`
	Phones      []bundlePhone        `json:"phones,omitempty"` // that may call 911 while sealed
}

// bundleRules is the part of the book that finds a caller's clinic and its fixed fallback.
type bundleRules struct {
	Version  string               `json:"version"`
	CatchAll string               `json:"catch_all"`
	Clinics  []bundleClinic       `json:"clinics"`
	Numbers  []policy.Number      `json:"numbers"`
	Trunks   []policy.Trunk       `json:"trunks"`
	Fallback policy.FallbackTrunk `json:"fallback_trunk"`

	Emergency policy.EmergencyLine `json:"emergency_line,omitzero"` // its locations by phoneName
}

type bundleClinic struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Fallback string `json:"fallback,omitempty"`
}

const (
	bundleFormat = "nightbell.emergency.v1"
	bundleName   = "emergency.json"
	bundleKind   = "emergency-bundle"
)

var errBundle = errors.New("emergency bundle refused")

// makeBundle gathers it from an open folder.
func (o *office) makeBundle(ctx context.Context, book *policy.Book) (*bundle, error) {
	b := &bundle{Format: bundleFormat, Instance: o.Store.Instance(), Secrets: map[string]string{}}
	cert, key := o.Config.serverCertificate()
	for path, into := range map[string]*string{cert: &b.Certificate, key: &b.Key, o.Config.path("ca.pem"): &b.Roots} {
		text, err := os.ReadFile(path)
		if err != nil && !(into == &b.Roots && errors.Is(err, os.ErrNotExist)) {
			return nil, err
		}
		*into = string(text)
	}
	b.Rules = rulesOf(book)
	var err error
	if b.Phones, err = o.bundlePhones(ctx, book); err != nil {
		return nil, err
	}
	b.Rules.Emergency = unnamed(book.Emergency, b.Instance)
	for _, id := range append(digestTrunks(book), policy.FallbackTrunkID) {
		secret, err := o.Store.TrunkSecret(ctx, id)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		b.Secrets[id] = string(secret)
	}
	b.Spool, err = o.Ring.EmergencyPublic()
	return b, err
}

func rulesOf(b *policy.Book) bundleRules {
	r := bundleRules{Version: b.Version, CatchAll: b.CatchAll, Numbers: b.Numbers, Trunks: b.Trunks, Fallback: b.Fallback}
	for _, c := range b.Clinics {
		r.Clinics = append(r.Clinics, bundleClinic{c.ID, c.Name, c.Fallback})
	}
	return r
}

func digestTrunks(b *policy.Book) (ids []string) {
	for _, t := range b.Trunks {
		if t.Identity.Digest != "" || t.Carrier != nil && t.Carrier.User != "" {
			ids = append(ids, t.ID)
		}
	}
	return ids
}

// book is the rules in the form that policy decides by.
func (r bundleRules) book() *policy.Book {
	b := &policy.Book{Version: r.Version, CatchAll: r.CatchAll, Numbers: r.Numbers, Trunks: r.Trunks, Fallback: r.Fallback,
		Emergency: r.Emergency}
	for _, c := range r.Clinics {
		b.Clinics = append(b.Clinics, policy.Clinic{ID: c.ID, Name: c.Name, Zone: "UTC", Fallback: c.Fallback})
	}
	return b
}

// same reports whether two bundles say the same, whenever they were made.
func (b *bundle) same(other *bundle) bool {
	x, y := *b, *other
	x.Made, y.Made = time.Time{}, time.Time{}
	one, err := json.Marshal(x)
	two, also := json.Marshal(y)
	return err == nil && also == nil && bytes.Equal(one, two)
}

// writeBundle puts the bundle and its signature in place, each whole: a crash leaves the old file or the new one, and a
// pair that does not belong together is refused like a damaged one, until the next start writes it again.
func (o *office) writeBundle(ctx context.Context, b *bundle) error {
	b.Made = o.now().UTC().Truncate(time.Second)
	text, err := json.MarshalIndent(b, "", " ")
	if err != nil {
		return err
	}
	digest := sha256.Sum256(text)
	signed, err := o.signerNow().State(bundleKind, digest)
	if err != nil {
		return err
	}
	if err := o.pinVerifier(); err != nil {
		return err
	}
	// Remembered first: a bundle that nobody knows of must never lie there. A stop lets both happen.
	err = o.Store.Audit(context.WithoutCancel(ctx), audit.Event{
		Time: b.Made, Action: audit.BundleMade, Object: "server:" + o.Store.Instance(), Outcome: audit.Done, Actor: audit.Actor{Type: "system"},
		Facts: map[string]string{"sha256": fmt.Sprintf("%x", digest), "clinics": strconv.Itoa(len(b.Rules.Clinics))},
	})
	if err != nil {
		return err
	}
	path := o.Config.path(bundleName)
	return errors.Join(writeSynced(path, text), writeSynced(path+".sig", signed))
}

// verifierPath is where the keys stand that a bundle must be signed by.
func (c *Config) verifierPath() string { return c.path("keys/verifier") }

// pinVerifier keeps the log's public keys where a sealed start finds them. Only an open house changes them.
func (o *office) pinVerifier() error {
	text := strings.Join(o.signerNow().VerifierKeys(), "\n") + "\n"
	if have, err := os.ReadFile(o.Config.verifierPath()); err == nil && string(have) == text {
		return nil
	}
	return writeSynced(o.Config.verifierPath(), []byte(text))
}

// readBundle reads the bundle of a folder whose keys are sealed, and believes it where the pinned key has signed it.
func readBundle(cfg Config, instance string) (*bundle, error) {
	pinned, err := os.ReadFile(cfg.verifierPath())
	if err != nil {
		return nil, fmt.Errorf("%w: no verifier key", errBundle)
	}
	path := cfg.path(bundleName)
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%w: none was made", errBundle)
	}
	signed, err := os.ReadFile(path + ".sig")
	if err != nil {
		return nil, fmt.Errorf("%w: no signature", errBundle)
	}
	if err := audit.Stated(signed, bundleKind, sha256.Sum256(text), strings.Fields(string(pinned))...); err != nil {
		return nil, fmt.Errorf("%w: %w", errBundle, err)
	}
	b := &bundle{}
	if err := json.Unmarshal(text, b); err != nil || b.Format != bundleFormat {
		return nil, fmt.Errorf("%w: of another form", errBundle)
	}
	if b.Instance != instance {
		return nil, fmt.Errorf("%w: of another installation", errBundle)
	}
	return b, nil
}

// writeSynced puts a file in place, whole and on the disk, readable by its owner alone.
func writeSynced(path string, b []byte) (err error) {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".emergency-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(b)
	if err == nil {
		err = tmp.Sync()
	}
	if err = errors.Join(err, tmp.Close()); err != nil {
		return err
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// bundleKeeper writes the bundle anew whenever something changed that it holds.
type bundleKeeper struct {
	office *office
	book   func() *policy.Book
	change chan struct{} // capacity 1
	fault  func(error)   // after each look: what was wrong, nil when all was well
	last   *bundle       // as it lies on the disk; nil: unknown
}

// bundleLook is how old what the bundle says may become without a change of the rules.
const bundleLook = 30 * time.Second

func newBundleKeeper(o *office, book func() *policy.Book, fault func(error)) *bundleKeeper {
	return &bundleKeeper{office: o, book: book, change: make(chan struct{}, 1), fault: fault}
}

// Changed says that rules, certificates or keys changed. It never blocks.
func (k *bundleKeeper) Changed() {
	select {
	case k.change <- struct{}{}:
	default:
	}
}

// Run follows changes until ctx ends, and looks by itself now and then: a rotated key, a renewed certificate. What could
// not be written is tried again; until then the old bundle stands.
func (k *bundleKeeper) Run(ctx context.Context) error {
	tick := time.NewTicker(bundleLook)
	defer tick.Stop()
	for {
		err := k.keep(ctx)
		if ctx.Err() != nil {
			return nil
		}
		k.fault(err)
		select {
		case <-ctx.Done():
			return nil
		case <-k.change:
		case <-tick.C:
		}
	}
}

// keep writes the bundle if it says anything new.
func (k *bundleKeeper) keep(ctx context.Context) error {
	next, err := k.office.makeBundle(ctx, k.book())
	if err != nil {
		return err
	}
	if k.last == nil {
		k.last, _ = readBundle(k.office.Config, k.office.Store.Instance())
	}
	if k.last != nil && k.last.same(next) {
		return nil
	}
	if err := k.office.writeBundle(ctx, next); err != nil {
		return err
	}
	k.last = next
	return nil
}
