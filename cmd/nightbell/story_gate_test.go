//go:build stories

package main

import (
	"context"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nightbell/access"
	"nightbell/media/mediatest"
	"nightbell/sip/siptest"
)

// The access gate with real pieces: who is called, who is not, and how fast somebody who left is out.

func TestStoryRegisteredIsNotReady(t *testing.T) {
	ctx := storyTime(t, 60*time.Second)
	s := newStand(t, onlyAmy)
	s.serve()
	var v struct{ Items []struct{ Secret string } }
	s.ask(&v, "devices", "enrol", "amy")
	rung := s.answeringWith(ctx, "amy", v.Items[0].Secret)
	s.registered(ctx, "amy")
	caller := s.call(ctx, s.carrier(ctx), "+12125550100")
	until(ctx, t, "the caller does not hear the last resort", func() bool { return s.newest("last_resort") })
	if len(rung) != 0 {
		t.Fatal("a phone whose person did not log in was called")
	}
	fail(t, caller.dialog.Bye(ctx))
	s.ready("amy", "amy")
	second := s.call(ctx, s.carrier(ctx), "+12125550100")
	next(ctx, t, rung)
	fail(t, second.dialog.Bye(ctx))
}

// newest reports whether something has happened in the newest call.
func (s *stand) newest(kind string) bool {
	s.t.Helper()
	var v struct{ Items []callRow }
	s.ask(&v, "calls", "list")
	return len(v.Items) > 0 && s.happened(v.Items[0].ID, kind) > 0
}

// Amy's phone rings when she is terminated: the caller is with Bo within two seconds, and within five nothing of hers
// opens anything. Carol, who talks, is terminated too: her conversation goes on.
func TestStoryWhoLeavesIsOutWithinFiveSeconds(t *testing.T) {
	ctx := storyTime(t, 2*time.Minute)
	s := newStand(t, amyThenBo)
	s.serve()
	rings := make(chan *siptest.Dialog, 1)
	amys := s.phone(ctx, "amy", s.secret("amy"), func(d *siptest.Dialog) {
		_ = d.Ring(nil)
		rings <- d
	})
	bo := s.answering(ctx, "bo")
	caller := s.call(ctx, s.carrier(ctx), "+12125550100")
	var ringing *siptest.Dialog
	select {
	case ringing = <-rings:
	case <-ctx.Done():
		t.Fatal("Amy's phone does not ring")
	}
	login := s.login("amy")

	began := time.Now()
	s.admin("terminate", "amy", "--reason", "left the house")
	told := time.Since(began)
	agent := next(ctx, t, bo)
	moved := time.Since(began)
	if _, err := ringing.Wait(ctx, "CANCEL", "closed"); err != nil {
		t.Error("Amy's phone rings on:", err)
	}
	select {
	case <-amys.Done():
	case <-ctx.Done():
		t.Fatal("Amy's connection stays open")
	}
	flow := time.Since(began)
	if out, errs, code := s.runAs(login, "", "me"); code == 0 {
		t.Errorf("her login still opens: %s%s", out, errs)
	}
	if phone, err := siptest.NewPhone(ctx, s.phoneOptions("amy", "any"), nil); err == nil {
		if phone.Register(ctx) == nil {
			t.Error("her phone registers")
		}
		phone.Close()
	}
	all := time.Since(began)
	t.Logf("termination: answered after %v, caller with the next after %v, connection closed after %v, everything tried after %v", told, moved, flow, all)
	if moved > 2*time.Second || flow > 5*time.Second {
		t.Errorf("caller moved on after %v (2 s), connection closed after %v (5 s)", moved, flow)
	}
	heardEach(ctx, t, "after the termination", caller, agent)

	s.admin("terminate", "bo", "--reason", "left the house") // while he talks
	heardEach(ctx, t, "after his own termination", caller, agent)
	fail(t, caller.dialog.Bye(ctx))
	if row := s.lastCall(ctx); row.Outcome != "completed" || !row.Served {
		t.Errorf("filed as %+v", row)
	}
}

// amyThenBo rings Amy, and Bo after her, whatever the hour.
func amyThenBo(book string) string {
	book = brisk(book)
	book = strings.ReplaceAll(book, `members = ["amy", "bo", "carol"]`, `members = ["amy"]`)
	book = strings.ReplaceAll(book, `ring = "20s"`, `ring = "50s"`)
	return strings.ReplaceAll(book, `people = ["amy", "bo", "carol"]`, `people = ["bo"]`)
}

// admin runs a command of the administrator, who has just shown her second factor.
func (s *stand) admin(args ...string) {
	s.t.Helper()
	args = append([]string{"people"}, args...)
	if out, errs, code := s.runAs(s.login("ada"), "", args...); code != 0 {
		s.t.Fatalf("%v: exit %d\n%s%s", args, code, out, errs)
	}
}

func (s *stand) phoneOptions(user, secret string) siptest.Options {
	return siptest.Options{Addr: s.sipAddr(), RootCAs: s.pool(), User: user, Secret: secret, Domain: "nightbell"}
}

// A hard phone has no console. Its person dials *10 and types her PIN and the code of her authenticator over SRTP. What she
// typed is nowhere afterwards.
func TestStoryAHardPhoneLogsIn(t *testing.T) {
	ctx := storyTime(t, 2*time.Minute)
	s := newStand(t, onlyAmy)
	srv := s.serve()
	var v struct{ Items []struct{ Secret string } }
	s.ask(&v, "devices", "enrol", "amy")
	const pin = "8264713"
	s.setPIN("amy", pin)
	rung := make(chan *siptest.Dialog, 1)
	phone := s.phone(ctx, "amy", v.Items[0].Secret, func(d *siptest.Dialog) { rung <- d; _ = d.Ring(nil) })

	code, err := totpNext(s.people["amy"].TOTP)
	fail(t, err)
	sound, d := s.dialDesk(ctx, phone, "*10")
	fail(t, sound.SendDigits(ctx, pin+"#"))
	fail(t, sound.SendDigits(ctx, code))
	if _, err := d.Wait(ctx, "BYE"); err != nil {
		t.Fatal("the desk does not let go:", err)
	}
	until(ctx, t, "she is not ready", func() bool { return s.isReady("amy") })
	caller := s.call(ctx, s.carrier(ctx), "+12125550100")
	select {
	case <-rung:
	case <-ctx.Done():
		t.Fatal("her phone is not called")
	}
	fail(t, caller.dialog.Bye(ctx))

	s.nowhere(srv.output(), pin, code)
}

// setPIN is a person at a terminal, who has just shown her second factor.
func (s *stand) setPIN(person, pin string) {
	s.t.Helper()
	if out, errs, code := s.runAs(s.login(person), pin+"\n", "pin", "set"); code != 0 {
		s.t.Fatalf("pin set: exit %d\n%s%s", code, out, errs)
	}
}

// totpNext is the code of the step after this one: a step works once, and the login has used it.
func totpNext(secret string) (string, error) {
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil {
		return "", err
	}
	return access.TOTPCode(raw, time.Now().Add(30*time.Second))
}

// dialDesk calls a code from a phone and waits until it is answered with SRTP.
func (s *stand) dialDesk(ctx context.Context, p *siptest.Phone, code string) (*mediatest.Peer, *siptest.Dialog) {
	s.t.Helper()
	sound := s.sound(mediatest.Options{})
	offer, err := sound.Offer()
	fail(s.t, err)
	d, err := p.Dial(code, offer)
	fail(s.t, err)
	e, err := d.Wait(ctx, "200", "403", "480", "488", "500", "503")
	if err != nil || e.Word != "200" {
		s.t.Fatalf("%s: %q %v", code, e.Word, err)
	}
	fail(s.t, sound.Accept(e.SDP))
	return sound, d
}

func (s *stand) isReady(person string) bool {
	s.t.Helper()
	var v struct{ Items []struct{ Person string } }
	out, errs, code := s.runAs(s.login("sue"), "", "ready", "list", "--json")
	if code != 0 {
		s.t.Fatalf("ready list: %s%s", out, errs)
	}
	fail(s.t, json.Unmarshal([]byte(out), &v))
	for _, r := range v.Items {
		if r.Person == person {
			return true
		}
	}
	return false
}

// nowhere searches everything the house has written for what was typed.
func (s *stand) nowhere(output string, typed ...string) {
	s.t.Helper()
	look := func(where string, text []byte) {
		for _, word := range typed {
			if strings.Contains(string(text), word) {
				s.t.Errorf("what was typed stands in %s", where)
			}
		}
	}
	look("the output", []byte(output))
	look("the audit log", []byte(s.must("audit", "list", "--limit", "200", "--json")))
	fail(s.t, filepath.WalkDir(s.dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return nil
		}
		if text, err := os.ReadFile(path); err == nil {
			look(path, text)
		}
		return nil
	}))
}

// newKey is a key and a certificate request as a person with openssl makes them.
func newKey(t *testing.T, dir string) (key, csr string) {
	t.Helper()
	key, csr = filepath.Join(dir, "device.key"), filepath.Join(dir, "device.csr")
	out, err := exec.Command("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=whoever",
		"-keyout", key, "-out", csr).CombinedOutput()
	if err != nil {
		t.Fatalf("openssl: %v\n%s", err, out)
	}
	return key, csr
}

// What devices certificate writes is all that the real baresip needs: it registers by its certificate, without MD5 and without a
// secret.
func TestStoryBaresipRegistersByCertificate(t *testing.T) {
	ctx := storyTime(t, 90*time.Second)
	s := newStand(t, onlyAmy)
	s.serve()
	s.secret("amy")
	dir := t.TempDir()
	key, csr := newKey(t, dir)
	s.must("devices", "certificate", "amy", "--csr", csr, "--provision", "baresip", "--out", dir)
	fail(t, os.WriteFile(filepath.Join(dir, "device.pem"), append(readFile(t, filepath.Join(dir, "device.crt")), readFile(t, key)...), 0o600))
	config := string(readFile(t, filepath.Join(dir, "config"))) +
		fmt.Sprintf("sip_listen %s:0\nmodule_path /usr/lib/baresip/modules\n", standAddr)
	fail(t, os.WriteFile(filepath.Join(dir, "config"), []byte(config), 0o600))
	start(t, exec.Command("baresip", "-f", dir))
	s.registered(ctx, "amy")
	var v struct {
		Items []struct{ User, Algorithm string }
	}
	s.ask(&v, "devices", "list")
	if v.Items[0].Algorithm != "certificate" {
		t.Errorf("%+v", v.Items)
	}
	s.must("devices", "revoke", "amy")
	until(ctx, t, "a revoked certificate stays registered", func() bool {
		var v struct{ Items []struct{ Bindings int } }
		s.ask(&v, "devices", "list")
		return v.Items[0].Bindings == 0
	})
}

func TestStoryLinphoneTakesItsProvisioning(t *testing.T) {
	ctx := storyTime(t, 90*time.Second)
	s := newStand(t, onlyAmy)
	s.serve()
	dir := t.TempDir()
	s.must("devices", "enrol", "amy", "--qr", filepath.Join(dir, "qr.png"))
	_, csr := newKey(t, dir)
	s.must("devices", "certificate", "amy", "--csr", csr, "--provision", "linphone", "--out", dir)
	if b := readFile(t, filepath.Join(dir, "qr.png")); len(b) < 100 || string(b[1:4]) != "PNG" {
		t.Error("no QR code")
	}
	rc := filepath.Join(dir, "linphonerc")
	text := string(readFile(t, rc)) + fmt.Sprintf("[storage]\ncall_logs_db_path=%[1]s/logs.db\nfriends_db_path=%[1]s/friends.db\nzrtp_secrets_db_path=%[1]s/zrtp.db\n", dir)
	fail(t, os.WriteFile(rc, []byte(text), 0o600))
	cmd := exec.Command("linphonec", "-c", rc)
	cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir)
	in, err := cmd.StdinPipe()
	fail(t, err)
	t.Cleanup(func() { in.Close() })
	fail(t, os.MkdirAll(filepath.Join(dir, ".local/share/linphone"), 0o700))
	start(t, cmd)
	s.registered(ctx, "amy")
}
