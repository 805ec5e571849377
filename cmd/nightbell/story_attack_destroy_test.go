//go:build stories

package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"nightbell/media/mediatest"
)

// two is what a and b decide together: a proposes with these words, b approves, a carries it out.
func (s *stand) two(a, b string, propose, carry []string) string {
	s.t.Helper()
	out, errs, code := s.runAs(s.login(a), "", propose...)
	m := regexp.MustCompile(`(?m)^(?:proposed )?([0-9a-z]{26})[;:] `).FindStringSubmatch(out)
	if code != 0 || m == nil {
		s.t.Fatalf("%s: %v: exit %d\n%s%s", a, propose, code, out, errs)
	}
	carry = append(carry, "--proposal", m[1])
	if _, _, code := s.runAs(s.login(a), "", carry...); code == 0 {
		s.t.Errorf("%s alone: %v", a, carry)
	}
	if _, _, code := s.runAs(s.login(a), "", "proposals", "approve", m[1], "--reason", "my own"); code == 0 {
		s.t.Errorf("%s approved her own proposal", a)
	}
	s.mustAs(b, "proposals", "approve", m[1], "--reason", "looked into it")
	return s.mustAs(a, carry...)
}

// mustAs is must with a person's login.
func (s *stand) mustAs(person string, args ...string) string {
	s.t.Helper()
	out, errs, code := s.runAs(s.login(person), "", args...)
	if code != 0 {
		s.t.Fatalf("%s: nightbell %v: exit %d\n%s%s", person, args, code, out, errs)
	}
	return out
}

// sqlite asks the database of a folder behind the program's back.
func sqlite(t *testing.T, dir, query string) string {
	t.Helper()
	out, err := exec.Command("sqlite3", "-cmd", ".timeout 10000", databasePath(dir), query).CombinedOutput()
	if err != nil {
		t.Fatalf("sqlite3: %v: %s", err, out)
	}
	return strings.TrimSpace(string(out))
}

// twoClinics lets another clinic take the unknown numbers, so that harbor may leave.
func twoClinics(book string) string {
	return strings.Replace(onlyAmy(book), `catch_all = "harbor"`, `catch_all = "pier"`, 1) + `
[[clinics]]
id = "pier"
name = "Pier Street Clinic"
zone = "America/New_York"
[[clinics.open]]
name = "amy"
people = ["amy"]
[[clinics.closed]]
name = "amy"
people = ["amy"]
`
}

// destroyed is a recorded call, and the bytes by which it would be known again.
type destroyed struct {
	*stand
	first, recording string // ids of the call and its recording
	file             []byte // as it lay in the folder
	wrapped          []byte // its key's cell
	repository       string
}

// Two people shred a recording: its key is in no page of the database or its journal, its file is nowhere, and the backups
// let go of it; what an older snapshot brings back is destroyed again. Then the clinic leaves by two people, and the house
// goes on: calls to its number are answered by who takes the unknown ones, its history is rows without a patient.
func TestStoryWhatWasDestroyedStaysSo(t *testing.T) {
	ctx := storyTime(t, 3*time.Minute)
	d := &destroyed{stand: newStand(t, twoClinics), repository: filepath.Join(t.TempDir(), "nightbell")}
	d.backsUp(`to = "` + d.repository + `"`)
	d.serve()
	secret := d.secret("amy")
	agents, carrier := d.answeringWith(ctx, "amy", secret), d.carrier(ctx)
	d.converse(ctx, func() *talk { return d.call(ctx, carrier, demoNumber) }, agents)
	d.must("backup", "now")
	older, mirror := d.snapshot(), filepath.Join(t.TempDir(), "mirror")
	copied(t, d.repository, mirror) // somebody mirrors the repository, and puts back later what was pruned
	if !d.lies(d.repository, d.file[8192:8256]) || !d.lies(d.dir, d.wrapped) {
		t.Fatal("what will be looked for is not found where it is")
	}

	certificate := d.two("ada", "cora", []string{"recordings", "shred", d.recording, "--reason", "recorded without consent"},
		[]string{"recordings", "shred", d.recording})
	if day := time.Now().AddDate(0, 1, 0).UTC().Format("2006"); !strings.Contains(certificate, day) {
		t.Errorf("the certificate does not state the day:\n%s", certificate)
	}
	d.gone(d.dir, "after the shred")
	d.must("backup", "now")
	if d.lies(d.repository, d.file[8192:8256]) {
		t.Error("the backups still hold the file")
	}
	copied(t, mirror, d.repository)
	d.restoresWithout(older)

	d.departs(ctx)
	fresh := d.call(ctx, carrier, demoNumber)
	next(ctx, t, agents)
	fail(t, fresh.dialog.Bye(ctx))
	until(ctx, t, "the call after the departure was not filed", func() bool { return d.lastCall(ctx).ID != d.first })
	d.goesOn()
	d.srv.end(20 * time.Second)
	d.serve()
	d.goesOn()
}

// converse is the call that will be destroyed.
func (d *destroyed) converse(ctx context.Context, place func() *talk, agents <-chan *talk) {
	t := d.t
	t.Helper()
	caller := place()
	agent := next(ctx, t, agents)
	caller.sound.Speak(mediatest.Caller())
	agent.sound.Speak(mediatest.Agent())
	d.bridged(ctx)
	heardEach(ctx, t, "in the call", caller, agent)
	fail(t, caller.dialog.Bye(ctx))
	row := d.lastCall(ctx)
	d.first, d.recording = row.ID, row.Recording
	d.closed(ctx, row.Recording)
	d.file = readFile(t, filepath.Join(d.dir, "recordings", d.recordings(row.ID)[0].File))
	cell, err := hex.DecodeString(sqlite(t, d.dir, "SELECT hex(wrapped_key) FROM recordings WHERE id = '"+d.recording+"'"))
	fail(t, err)
	if d.wrapped = cell; len(cell) < 32 || len(d.file) < 8300 {
		t.Fatalf("wrapped key of %d bytes, file of %d", len(cell), len(d.file))
	}
}

// snapshot is the newest one's id.
func (d *destroyed) snapshot() string {
	d.t.Helper()
	var list struct{ Items []struct{ ID string } }
	d.ask(&list, "backup", "list")
	if len(list.Items) != 1 {
		d.t.Fatalf("snapshots: %+v", list)
	}
	return list.Items[0].ID
}

// copied copies what is not there yet.
func copied(t *testing.T, from, to string) {
	t.Helper()
	if out, err := exec.Command("cp", "-a", "-n", "-T", from, to).CombinedOutput(); err != nil {
		t.Fatalf("cp: %v: %s", err, out)
	}
}

// lies says whether bytes lie in any file below a folder.
func (d *destroyed) lies(folder string, needle []byte) bool {
	d.t.Helper()
	for _, b := range filesIn(d.t, folder) {
		if bytes.Contains(b, needle) {
			return true
		}
	}
	return false
}

// gone fails where anything of the recording is left: key, sound, or its place in the file's name.
func (d *destroyed) gone(dir, when string) {
	d.t.Helper()
	for path, b := range filesIn(d.t, dir) {
		for what, needle := range map[string][]byte{"wrapped key": d.wrapped, "sound": d.file[8192:8256], "end": d.file[len(d.file)-200 : len(d.file)-136]} {
			if bytes.Contains(b, needle) {
				d.t.Errorf("%s: the %s still lies in %s", when, what, path)
			}
		}
	}
	if state := sqlite(d.t, dir, "SELECT state, length(wrapped_key) FROM recordings WHERE id = '"+d.recording+"'"); state != "shredded|" && state != "shredded|0" {
		d.t.Errorf("%s: the row says %q", when, state)
	}
}

// restoresWithout brings a snapshot of before the shred back elsewhere.
func (d *destroyed) restoresWithout(snapshot string) {
	t := d.t
	t.Helper()
	elsewhere := &stand{t: t, dir: filepath.Join(t.TempDir(), "nightbell")}
	out, errs, code := elsewhere.runAs("", "", "restore", d.repository, "--snapshot", snapshot, "--by", "key-file", "--old-key-file",
		filepath.Join(d.dir, "keys", "unseal.key"))
	if code != 0 || !strings.Contains(out, "shredded since and gone again: 1") {
		t.Fatalf("restore of %s: exit %d\n%s%s", snapshot, code, out, errs)
	}
	d.gone(elsewhere.dir, "after the restore of an older snapshot")
	if rows := elsewhere.recordings(d.first); len(rows) != 1 || rows[0].State != "shredded" {
		t.Errorf("restored as %+v", rows)
	}
	elsewhere.must("audit", "verify")
}

// departs lets the clinic go, by two people.
func (d *destroyed) departs(ctx context.Context) {
	d.t.Helper()
	to := filepath.Join(d.t.TempDir(), "harbor")
	d.two("ada", "cora", []string{"clinics", "depart", "harbor", "--reason", "contract ended"},
		[]string{"clinics", "depart", "harbor", "--to", to})
	if len(filesIn(d.t, to)) == 0 {
		d.t.Error("nothing was exported")
	}
	if list := d.must("clinics", "certificates"); !strings.Contains(list, "clinic_departure") || !strings.Contains(list, "shred") {
		d.t.Errorf("certificates:\n%s", list)
	}
}

// goesOn: everything that reads rows of the clinic that is gone still answers, with nothing of a patient.
func (d *destroyed) goesOn() {
	t := d.t
	t.Helper()
	for _, args := range [][]string{{"calls", "list"}, {"calls", "show", d.first}, {"why", d.first}, {"recordings", "list"}, {"audit", "list", "--limit", "200"},
		{"audit", "verify"}, {"book", "show"}, {"agents", "list"}, {"keys", "status"}, {"backup", "now"}, {"backup", "verify"}, {"plan", demoNumber}} {
		if out, errs, code := d.run(args...); code != 0 || strings.Contains(out+errs, "5550155") {
			t.Errorf("%v after the departure: exit %d\n%s%s", args, code, out, errs)
		}
	}
	if out := d.must("calls", "list", "--json"); !strings.Contains(out, d.first) {
		t.Error("the history forgot the call")
	}
	if out, _, _ := d.runAs(d.login("sue"), "", "calls", "show", d.first, "--reveal", "--reason", "looking back"); strings.Contains(out, "5550155") {
		t.Error("the caller of a departed clinic is shown")
	}
	if out, errs, code := d.runAs(d.login("cora"), "", "retention", "due"); code != 0 {
		t.Errorf("what a purge would take: exit %d\n%s%s", code, out, errs)
	}
	if out, errs, code := d.runAs(d.login("sue"), "+12125550155\n", "calls", "list", "--number", "-"); code != 0 || strings.Contains(out, d.first) {
		t.Errorf("a search by number: exit %d\n%s%s", code, out, errs)
	}
}
