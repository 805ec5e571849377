package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"nightbell/audit"
	"nightbell/call"
	"nightbell/console"
	"nightbell/phi"
	"nightbell/policy"
	"nightbell/sip"
)

var operatorActor = audit.Actor{Type: "operator", ID: "test"}

// emergencyOffice is an open development folder whose book has people, phones and a fallback.
func emergencyOffice(t *testing.T) *office {
	t.Helper()
	d := newDesk(t)
	text, err := os.ReadFile("../../configs/demo.toml")
	if err != nil {
		t.Fatal(err)
	}
	book := strings.Replace(string(text), `id = "harbor"`, "id = \"harbor\"\nfallback = \"(212) 555-0123\"", 1)
	book = strings.Replace(book, "[[people]]", "[fallback_trunk]\nhost = \"sip.carrier.example\"\nuser = \"nightbell\"\n\n[[people]]", 1)
	book = strings.NewReplacer("Amy Adler", "Canary-Adler", "+12125550142", "+12125550177").Replace(book)
	b := books{d.office}
	if _, err := b.Apply(t.Context(), console.BookFile{Name: "book.toml", TOML: []byte(book)}, operatorActor); err != nil {
		t.Fatal(err)
	}
	if err := d.office.Store.SetTrunkSecret(t.Context(), operatorActor, policy.FallbackTrunkID, []byte("Canary-secret")); err != nil {
		t.Fatal(err)
	}
	return d.office
}

func (o *office) madeBundle(t *testing.T) *bundle {
	t.Helper()
	book, err := o.Store.Book(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b, err := o.makeBundle(t.Context(), book)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.writeBundle(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	return b
}

// The bundle lies in clear: no cell, no name and no number of a patient, a caller or an agent is in it, in any form.
func TestTheEmergencyBundleHoldsNoPHI(t *testing.T) {
	o := emergencyOffice(t)
	journal := o.Store.Journal(nil)
	journal.Finish(call.Record{ID: "one", From: phi.NewPhone("+12125550188"), Dialled: "+12125550100", Plan: policy.Plan{Clinic: "harbor"},
		Arrived: time.Now(), Ended: time.Now(), Outcome: call.Completed})
	journal.Close()
	o.madeBundle(t)
	text, err := os.ReadFile(o.Config.path(bundleName))
	if err != nil {
		t.Fatal(err)
	}
	for _, canary := range []string{"Canary-Adler", "Bo Brandt", "Morgan Lee", "2125550177", "2125550188"} {
		raw := []byte(canary)
		for form, b := range map[string][]byte{
			"clear": raw, "hex": []byte(hex.EncodeToString(raw)), "base64": []byte(base64.RawStdEncoding.EncodeToString(raw)[:len(raw)]),
		} {
			if bytes.Contains(text, b) {
				t.Errorf("%s stands in the bundle, in %s", canary, form)
			}
		}
	}
	for _, needed := range []string{"+12125550123", "Canary-secret", "sip.carrier.example", "Harbor Family Practice"} {
		if !bytes.Contains(text, []byte(needed)) {
			t.Errorf("the bundle lacks %s", needed)
		}
	}
	var top, rules map[string]json.RawMessage
	if err := errors.Join(json.Unmarshal(text, &top), json.Unmarshal(top["rules"], &rules)); err != nil {
		t.Fatal(err)
	}
	for name := range top {
		if !strings.Contains(" format instance made certificate key roots rules secrets spool ", " "+name+" ") {
			t.Errorf("a field %q that nobody has thought about", name)
		}
	}
	for name := range rules {
		if !strings.Contains(" version catch_all clinics numbers trunks fallback_trunk ", " "+name+" ") {
			t.Errorf("a rule %q that nobody has thought about", name)
		}
	}
	for _, name := range []string{bundleName, bundleName + ".sig", "keys/verifier"} {
		if info, err := os.Stat(o.Config.path(name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
}

func TestAnAlteredEmergencyBundleIsRefused(t *testing.T) {
	o := emergencyOffice(t)
	o.madeBundle(t)
	if _, err := readBundle(o.Config, o.Store.Instance()); err != nil {
		t.Fatal(err)
	}
	if _, err := readBundle(o.Config, "another"); !errors.Is(err, errBundle) {
		t.Errorf("of another installation: %v", err)
	}
	path := o.Config.path(bundleName)
	for _, name := range []string{path, path + ".sig", o.Config.verifierPath()} {
		whole, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for at := 0; at < len(whole); at += max(1, len(whole)/40) {
			b := bytes.Clone(whole)
			b[at] ^= 4
			if err := os.WriteFile(name, b, 0o600); err != nil {
				t.Fatal(err)
			}
			if got, err := readBundle(o.Config, o.Store.Instance()); !errors.Is(err, errBundle) && filepath.Base(name) != "verifier" {
				t.Errorf("%s altered at %d: %v", filepath.Base(name), at, err)
			} else if err != nil && got != nil {
				t.Errorf("%s altered at %d: refused and given", filepath.Base(name), at)
			}
		}
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
		if _, err := readBundle(o.Config, o.Store.Instance()); !errors.Is(err, errBundle) {
			t.Errorf("%s missing: %v", filepath.Base(name), err)
		}
		if err := os.WriteFile(name, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheBundleFollowsTheRules(t *testing.T) {
	o := emergencyOffice(t)
	k := newBundleKeeper(o, func() *policy.Book {
		b, err := o.Store.Book(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return b
	}, func(error) {})
	digest := func() [32]byte {
		if err := k.keep(t.Context()); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(o.Config.path(bundleName))
		if err != nil {
			t.Fatal(err)
		}
		return sha256.Sum256(text)
	}
	first := digest()
	k.last = nil // a new start reads it
	if digest() != first {
		t.Error("written again though nothing had changed")
	}
	if err := o.Store.SetTrunkSecret(t.Context(), operatorActor, policy.FallbackTrunkID, []byte("another")); err != nil {
		t.Fatal(err)
	}
	if digest() == first {
		t.Error("a new secret is not in it")
	}
	if _, err := o.Ring.Rotate("spool", ""); err != nil {
		t.Fatal(err)
	}
	if err := k.keep(t.Context()); err != nil || k.last.Spool.Version != 2 {
		t.Errorf("after a rotation it seals to version %d, %v", k.last.Spool.Version, err)
	}
}

func TestASealedHouseLeadsCallersToTheirClinicsFallback(t *testing.T) {
	o := emergencyOffice(t)
	b := o.madeBundle(t)
	d := &sealedDesk{bundle: b, rules: policy.Index(b.Rules.book(), o.Zones())}
	p := d.decide(policy.Inquiry{Trunk: "carrier", Number: "+12125550100", At: time.Now()})
	if p.Clinic != "harbor" || p.Greeting != "starting" || p.Record || p.Announce != "" || len(p.Steps) != fallbackRounds || p.LastResort != "last_resort" {
		t.Errorf("%+v", p)
	}
	other := d.decide(policy.Inquiry{Trunk: "carrier", Number: "+12125550100", At: time.Now()})
	if p.Steps[0].Targets[0].Users[0] == other.Steps[0].Targets[0].Users[0] {
		t.Error("two callers share one line: the second would wait for the first")
	}
	line := &fallbackLine{rules: &rules{office: o}, bundle: b, local: loopback, seen: time.Now()}
	if c := line.Contacts("harbor", p.Steps[0].Targets[0].Users); len(c) != 1 {
		t.Errorf("contacts %v", c)
	}
	if got := line.presented("harbor", ""); got != "+12125550100" {
		t.Errorf("a caller by the catch-all is shown as %q", got)
	}
	none := &sealedDesk{rules: policy.Index(&policy.Book{}, o.Zones())}
	if p := none.decide(policy.Inquiry{Number: "+12125550100", At: time.Now()}); p.LastResort != "starting_alone" || len(p.Steps) != 0 || p.Greeting != "" {
		t.Errorf("without a bundle: %+v", p)
	}
}

// A carrier that cannot be reached is tried again, less and less often, until the call gives up.
func TestTheFallbackIsDialledAgainUntilTheCallGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at []time.Duration
		begin := time.Now()
		var heard []call.LegEvent
		ctx, stop := context.WithCancel(t.Context())
		l := &fallbackLeg{post: func(e call.LegEvent) { heard = append(heard, e) }, stop: stop, log: slog.New(slog.DiscardHandler)}
		over := make(chan struct{})
		go func() {
			l.dial(ctx, func(context.Context) (*sip.Leg, error) {
				at = append(at, time.Since(begin))
				return nil, errors.New("nobody there")
			})
			close(over)
		}()
		time.Sleep(30 * time.Second)
		l.End(call.NoAnswer)
		l.End(call.NoAnswer)
		<-over
		if len(at) != 6 || at[1] != time.Second || at[5] != 23*time.Second {
			t.Errorf("tried at %v", at)
		}
		if len(heard) != 1 || heard[0].Kind != call.Ended || heard[0].Cause != call.NoAnswer {
			t.Errorf("the call heard %v", heard)
		}
		if err := l.Answer(nil); !errors.Is(err, sip.ErrState) {
			t.Errorf("a verb on a leg without a dialog: %v", err)
		}
	})
}
