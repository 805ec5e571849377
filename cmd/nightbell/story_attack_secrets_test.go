//go:build stories

package main

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nightbell/access"
	"nightbell/configs"
	"nightbell/media/mediatest"
	"nightbell/sip/siptest"
)

// wholeHouse is a stand with everything around it that anything is written to: receiver of syslog, witness, backups.
type wholeHouse struct {
	*stand
	looking  *search
	receiver *rsyslog
	witness  *aWitness
	backups  string
	away     string // folder of what was exported on purpose, without a patient in it
	pin      string
}

// What people type, and what lets them in, is nowhere in clear afterwards, nor is what they wrote in confidence: passwords,
// authenticators, recovery codes, PINs, secrets of logins, invitations and devices, the words of holds, emergency access and
// disclosures. Not in the folder, the spools, the backups, the witness, at the receiver of syslog, in an export of the log, in
// evidence, certificates, traces, profiles, in /proc or on the terminal.
func TestStoryNothingOfPeopleIsAnywhereInClear(t *testing.T) {
	ctx := storyTime(t, 2*time.Minute)
	h := &wholeHouse{looking: &search{t: t}, backups: t.TempDir(), away: t.TempDir(), pin: "90417362"}
	name, phone := "Quill"+strings.ToLower(rand.Text()[:10]), "6195550177"
	h.stand = newStand(t, onlyAmy)
	h.apply(onlyAmy(configs.Demo) + fmt.Sprintf("\n[[people]]\nid = \"nina\"\nname = %q\nphone = \"+1%s\"\nrole = \"clinician\"\n", "Dr. "+name, phone))
	h.hunted("PIN", h.pin)
	h.looking.canaries = append(h.looking.canaries, textCanary("name", name), numberCanary("phone", phone), numberCanary("caller", "2125550155"))
	for _, f := range h.people {
		h.factors(f.Person, f.Password, f.TOTP, f.Recovery)
	}
	h.backsUp(`to = "` + h.backups + `/nightbell"`)
	h.receiver, h.witness = h.rsyslog(), h.witnessed()
	h.receiver.start()
	h.serve()
	h.comesIn(t.Context())
	call := h.dialsIn(ctx)
	h.writesInConfidence(call)
	(&search{t: t, canaries: h.looking.canaries[:3]}).proveSearch()
	h.leaves(ctx)
	h.shown(call)
	h.looking.process(h.srv.cmd.Process.Pid)
	h.looking.in("output", []byte(h.srv.output()))
	h.looking.clean("while it runs")
	h.srv.kill()
	h.serve()
	h.everywhere("after kill -9 and a restart")
}

func (h *wholeHouse) hunted(what, text string) {
	h.looking.canaries = append(h.looking.canaries, textCanary(what, text))
}

// secretHunted is a secret that is said as base64url of bytes: as it is said, and as what it means.
func (h *wholeHouse) secretHunted(what, secret string) {
	h.t.Helper()
	_, text, ok := strings.Cut(secret, "_")
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if !ok || err != nil || len(raw) < 16 {
		h.t.Fatalf("%s is no secret: %v", what, err)
	}
	h.hunted(what, text)
	h.looking.canaries = append(h.looking.canaries, soundCanary(what, map[string][]byte{"bytes": raw}))
}

func (h *wholeHouse) factors(person, password, totp string, recovery []string) {
	h.t.Helper()
	h.hunted("password of "+person, password)
	h.hunted("authenticator of "+person, totp)
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(totp)
	fail(h.t, err)
	h.looking.canaries = append(h.looking.canaries, soundCanary("authenticator of "+person, map[string][]byte{"bytes": raw}))
	for _, code := range recovery[:2] {
		h.hunted("recovery code of "+person, code)
		h.hunted("recovery code of "+person+", typed together", strings.ReplaceAll(code, "-", ""))
	}
}

// comesIn is somebody new: an invitation, a password, an authenticator, recovery codes, all by the API; then a password where the
// name goes, and a wrong one.
func (h *wholeHouse) comesIn(ctx context.Context) {
	t := h.t
	t.Helper()
	admin, nobody := h.as("ada"), dialControl(filepath.Join(h.dir, "control.sock"))
	defer func() { _, _ = admin.close(), nobody.close() }()
	var invited struct{ Secret string }
	fail(t, admin.ask(ctx, "POST", "/api/v1/people/nina/invitation", map[string]any{"hours": 1}, &invited))
	h.secretHunted("invitation", invited.Secret)
	password := strings.ToLower(rand.Text())
	var pending, live struct{ Secret string }
	fail(t, nobody.ask(ctx, "POST", "/api/v1/invitations/accept", map[string]string{"secret": invited.Secret, "password": password}, &pending))
	h.secretHunted("pending login", pending.Secret)
	nobody.login = pending.Secret
	var totp struct{ ID, Secret string }
	fail(t, nobody.ask(ctx, "POST", "/api/v1/me/totp", nil, &totp))
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(totp.Secret)
	fail(t, err)
	code, err := access.TOTPCode(raw, time.Now())
	fail(t, err)
	var done struct{ Login *struct{ Secret string } }
	fail(t, nobody.ask(ctx, "POST", "/api/v1/me/totp/confirm", map[string]string{"id": totp.ID, "code": code, "label": "phone"}, &done))
	live.Secret = done.Login.Secret
	h.secretHunted("login", live.Secret)
	nobody.login = live.Secret
	var made struct{ Codes []string }
	fail(t, nobody.ask(ctx, "POST", "/api/v1/me/recovery-codes", nil, &made))
	h.factors("nina", password, totp.Secret, made.Codes)
	nobody.login = ""
	wrong := "wrong-" + strings.ToLower(rand.Text())
	h.hunted("a wrong password", wrong)
	for _, in := range []map[string]string{{"person": "nina", "password": wrong}, {"person": wrong, "password": "x"}, {"person": password, "password": password}} {
		if nobody.ask(ctx, "POST", "/api/v1/login", in, nil) == nil {
			t.Error("a wrong password opens")
		}
	}
	for _, person := range []string{"sue", "cora"} {
		h.secretHunted("login of "+person, string(readFile(t, h.login(person)))[:len("nbl_")+43])
	}
}

// dialsIn is Amy's hard phone with its secret, her PIN in tones, first mistyped; and a call while signalling is traced.
func (h *wholeHouse) dialsIn(ctx context.Context) (call string) {
	t := h.t
	t.Helper()
	var v struct{ Items []struct{ Secret string } }
	h.ask(&v, "devices", "enrol", "amy")
	h.hunted("device", v.Items[0].Secret)
	h.setPIN("amy", h.pin)
	phone := h.phone(ctx, "amy", v.Items[0].Secret, func(d *siptest.Dialog) {
		if sound, err := mediatest.Listen(mediatest.Options{Addr: h.addr}); err == nil {
			h.t.Cleanup(func() { _ = sound.Close() })
			if answer, err := sound.Answer(d.Invite().SDP); err == nil {
				_ = d.Answer(answer)
			}
		}
	})
	sound, d := h.dialDesk(ctx, phone, "*10")
	fail(t, sound.SendDigits(ctx, h.pin+"#"))
	code, err := totpNext(h.people["amy"].TOTP)
	fail(t, err)
	fail(t, sound.SendDigits(ctx, code))
	if _, err := d.Wait(ctx, "BYE"); err != nil {
		t.Fatal("the desk does not let go:", err)
	}
	until(ctx, t, "she is not ready", func() bool { return h.isReady("amy") })
	h.mustAs("ada", "trace", "start", "--reason", "one-way sound")
	caller := h.call(ctx, h.carrier(ctx), demoNumber)
	h.bridged(ctx)
	fail(t, caller.dialog.Bye(ctx))
	return h.lastCall(ctx).ID
}

// writesInConfidence puts words where they are kept sealed.
func (h *wholeHouse) writesInConfidence(call string) {
	words := func(what string) string {
		w := "quill" + strings.ToLower(rand.Text()[:12])
		h.hunted(what, w)
		return w
	}
	h.mustAs("cora", "holds", "place", "call", call, "--reason", words("reason of a hold"))
	h.must("people", "train", "cora", "break-glass")
	h.mustAs("cora", "glass", "break", "call", call, "--reason", words("reason of emergency access"))
	h.mustAs("cora", "disclosures", "record", "harbor", "legal", "call:"+call, "--recipient", words("recipient"), "--purpose", words("purpose"))
}

// leaves is everything that leaves the house by itself or on purpose, with nobody in it.
func (h *wholeHouse) leaves(ctx context.Context) {
	t := h.t
	t.Helper()
	h.must("backup", "now")
	h.must("backup", "verify")
	h.mustAs("otto", "audit", "export", "--out", filepath.Join(h.away, "audit.jsonl"), "--reason", "yearly audit")
	h.must("controls", "evidence", filepath.Join(h.away, "evidence"))
	h.must("keys", "rotate", "fields")
	var v struct{ Size int64 }
	h.ask(&v, "audit", "checkpoint")
	until(ctx, t, "leaves did not reach the receiver", func() bool { return h.receiver.holds(v.Size) })
	h.agreed(ctx, 1)
}

// shown is what the house shows of itself to those who may see no patient.
func (h *wholeHouse) shown(call string) {
	t := h.t
	t.Helper()
	out := h.mustAs("ada", "trace", "show", call)
	if !strings.Contains(out, "INVITE") {
		t.Errorf("nothing was traced:\n%s", out)
	}
	h.looking.in("trace", []byte(out))
	admin := h.as("ada")
	defer func() { _ = admin.close() }()
	for _, profile := range []string{"heap", "allocs", "goroutine", "block", "mutex", "threadcreate"} {
		body, err := admin.stream(t.Context(), "GET", "/debug/"+profile, nil)
		if err != nil {
			t.Errorf("profile %s: %v", profile, err)
			continue
		}
		b, err := io.ReadAll(body)
		fail(t, err)
		h.looking.in("profile "+profile, b)
	}
	for _, args := range [][]string{{"people", "list"}, {"grants", "list"}, {"proposals", "list"}, {"devices", "list"}, {"audit", "list", "--limit", "200"},
		{"keys", "status"}, {"backup", "status"}, {"audit", "checkpoint"}, {"clinics", "certificates"}, {"doctor"}} {
		for _, form := range [][]string{nil, {"--json"}} {
			out, errs, _ := h.runAs(h.login("ada"), "", append(args, form...)...)
			h.looking.in("answer of "+strings.Join(args, " "), []byte(out+errs))
		}
	}
}

func (h *wholeHouse) everywhere(when string) {
	h.t.Helper()
	h.looking.process(h.srv.cmd.Process.Pid)
	h.looking.process(h.witness.proc.cmd.Process.Pid)
	for _, root := range []string{h.dir, h.backups, h.away, h.witness.dir, h.receiver.dir} {
		if n := len(filesIn(h.t, root)); n == 0 {
			h.t.Errorf("%s is empty", root)
		}
		h.looking.tree(root)
	}
	h.looking.in("output", []byte(h.srv.output()))
	h.looking.in("output of the witness", []byte(h.witness.proc.output()))
	h.looking.clean(when)
}
