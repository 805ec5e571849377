package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"nightbell/access"
	"nightbell/audit"
	"nightbell/console"
	"nightbell/policy"
	"nightbell/seal"
	"nightbell/store"
)

var keysActor = audit.Actor{Type: "operator", ID: "test"}

// openHouse is a developed folder, open, with one sealed recording in it.
func openHouse(t *testing.T, dir string) *office {
	t.Helper()
	cfg, err := LoadConfig(filepath.Join(dir, configName), "")
	if err != nil {
		t.Fatal(err)
	}
	o, err := openOffice(t.Context(), cfg, nil)
	if err != nil || o.Sealed != nil {
		t.Fatal(err, o.Sealed)
	}
	t.Cleanup(func() { _ = o.Close() })
	return o
}

// recordOne makes a finished recording of a clinic and gives its row.
func recordOne(t *testing.T, o *office, clinic string) store.Recording {
	t.Helper()
	h, err := seal.NewHeader(seal.PCMU, 2, 8000)
	if err != nil {
		t.Fatal(err)
	}
	h = o.escrowed(h)
	key := seal.NewDataKey()
	wrapped, err := o.Ring.Wrap(h.Binding(clinic), key)
	if err != nil {
		t.Fatal(err)
	}
	digest := h.Digest()
	row := store.Recording{Call: "call-1", Clinic: clinic, Part: 1, Opened: time.Now().UTC(), FileID: h.FileID[:], FileName: seal.NewName(),
		HeaderHash: digest[:], WrappedKey: wrapped.Sealed, KeyVersion: wrapped.Version}
	if row.ID, err = o.Store.OpenRecording(t.Context(), row); err != nil {
		t.Fatal(err)
	}
	f, err := o.Folder.Create(row.FileName)
	if err != nil {
		t.Fatal(err)
	}
	w, err := seal.Create(f, key, h, seal.Meta{CallID: row.Call, ClinicID: clinic, Direction: "in", Channels: []string{"caller", "agent"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Audio(0, bytes.Repeat([]byte{0xFF}, 16000)), w.Finish(seal.Complete, 8000), f.Settle(), f.Close(),
		o.Store.RecordingLive(t.Context(), row.ID)); err != nil {
		t.Fatal(err)
	}
	sum := w.Summary()
	if err := o.Store.EndRecording(t.Context(), row.ID, store.Ending{State: store.Final, Records: sum.Records, Samples: sum.Samples,
		SHA256: sum.SHA256[:], Transcript: sum.Transcript[:]}); err != nil {
		t.Fatal(err)
	}
	row, err = o.Store.Recording(t.Context(), row.ID)
	if err != nil {
		t.Fatal(err)
	}
	return row
}

// sounds reads the recording and the book in clear: everything that has to open.
func allOpens(t *testing.T, o *office, recording string) {
	t.Helper()
	if v, err := (sounds{o}).Verify(t.Context(), recording); err != nil || !v.OK {
		t.Errorf("recording: %+v %v", v, err)
	}
	b, err := (books{o}).Show(t.Context(), console.Clear)
	if err != nil || !strings.Contains(b.TOML, "+12125550142") {
		t.Errorf("book: %v", err)
	}
	if v, err := (memory{o}).Verify(t.Context()); err != nil || !v.OK {
		t.Errorf("audit: %+v %v", v, err)
	}
}

// P8: start with the old keys; start with both; bring everything over; start with the new ones alone.
func TestANewKeyAloneStartsTheOffice(t *testing.T) {
	dir := developed(t)
	o := openHouse(t, dir)
	if spool, err := o.spool(); err != nil {
		t.Fatal(err)
	} else if err := spool.Close(); err != nil {
		t.Fatal(err)
	}
	r := recordOne(t, o, "harbor")
	allOpens(t, o, r.ID)
	rotateAll(t, o)
	allOpens(t, o, r.ID)
	if _, err := (keyring{o}).Retire(t.Context(), console.KeyRetirement{Purpose: "recordings", Clinic: "harbor", Version: 1}, keysActor); !isRefused(err) {
		t.Errorf("retired while in use: %v", err)
	}
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}

	o = openHouse(t, dir) // both
	allOpens(t, o, r.ID)
	v, err := (keyring{o}).Rewrap(t.Context(), keysActor)
	if err != nil || len(v.Progress) > 0 {
		t.Fatalf("%+v %v", v.Progress, err)
	}
	retireAll(t, o)
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}

	o = openHouse(t, dir) // the new ones alone
	allOpens(t, o, r.ID)
	for _, s := range o.Ring.Status() {
		if s.State == seal.Old && s.Purpose != seal.Details {
			t.Errorf("%s key of %q, version %d is still there", s.Purpose, s.Clinic, s.Version)
		}
	}
	old := seal.Wrapped{Version: 1, Sealed: r.WrappedKey}
	at := seal.Binding{Clinic: r.Clinic, FileID: seal.FileID(r.FileID), Digest: [32]byte(r.HeaderHash)}
	if _, err := o.Ring.Unwrap(at, old); !errors.Is(err, seal.ErrNoKey) {
		t.Errorf("a retired key opens what it wrapped: %v", err)
	}
}

func isRefused(err error) bool {
	var r *console.Refusal
	return errors.As(err, &r)
}

func rotateAll(t *testing.T, o *office) {
	t.Helper()
	for clinic, purposes := range map[string][]seal.Purpose{"": seal.HousePurposes(), "harbor": seal.ClinicPurposes()} {
		for _, p := range purposes {
			if _, err := (keyring{o}).Rotate(t.Context(), console.KeyRotation{Purpose: string(p), Clinic: clinic}, keysActor); err != nil {
				t.Fatalf("%s of %q: %v", p, clinic, err)
			}
		}
	}
	if _, err := (keyring{o}).Rotate(t.Context(), console.KeyRotation{Purpose: "recordings", Clinic: "nobody"}, keysActor); !errors.Is(err, console.ErrNotFound) {
		t.Errorf("of a clinic that is none: %v", err)
	}
}

// retireAll takes every old version away; details of audit leaves hold theirs, and it says so.
func retireAll(t *testing.T, o *office) {
	t.Helper()
	for _, s := range o.Ring.Status() {
		if s.State != seal.Old {
			continue
		}
		_, err := (keyring{o}).Retire(t.Context(), console.KeyRetirement{Purpose: string(s.Purpose), Clinic: s.Clinic, Version: s.Version}, keysActor)
		if err != nil && !(s.Purpose == seal.Details && isRefused(err)) {
			t.Errorf("retire %s of %q: %v", s.Purpose, s.Clinic, err)
		}
	}
	current := console.KeyRetirement{Purpose: "fields", Clinic: "harbor", Version: 2}
	if _, err := (keyring{o}).Retire(t.Context(), current, keysActor); !isRefused(err) {
		t.Errorf("the current one: %v", err)
	}
	gone := console.KeyRetirement{Purpose: "fields", Clinic: "harbor", Version: 1}
	if _, err := (keyring{o}).Retire(t.Context(), gone, keysActor); !errors.Is(err, console.ErrNotFound) {
		t.Errorf("a retired one: %v", err)
	}
}

// P3: whoever copies the folder without its key has ciphertext, whatever he tries.
func TestACopiedFolderOpensNothing(t *testing.T) {
	dir, away := filepath.Join(t.TempDir(), "data"), elsewhere(t)
	key := filepath.Join(away, "nightbell.key")
	for _, args := range [][]string{{"setup", "--unseal", "key-file", "--key-file", key}, {"book", "apply", "../../configs/demo.toml", "--yes"}} {
		if got := says(append(args, "--dir", dir), ""); got.code != exitDone {
			t.Fatalf("%v: %s", args, got.err)
		}
	}
	o := openHouse(t, dir)
	r := recordOne(t, o, "harbor")
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	stolen := filepath.Join(t.TempDir(), "data")
	if out, err := exec.Command("cp", "-a", dir, stolen).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	path := filepath.Join(stolen, configName)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	guess := filepath.Join(away, "guess.key")
	if err := os.WriteFile(path, bytes.ReplaceAll(text, []byte(key), []byte(guess)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(guess, bytes.Repeat([]byte("00"), 32), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"calls", "list"}, {"book", "show"}, {"keys", "rotate", "audit"}, {"keys", "rotate", "root"},
		{"keys", "slots", "add", "tpm"}, {"recordings", "verify", r.ID}, {"clinics", "certificates"}} {
		if got := says(append(args, "--dir", stolen), ""); got.code != exitSealed {
			t.Errorf("%v: exit %d\n%s%s", args, got.code, got.out, got.err)
		}
	}
	whole, err := os.ReadFile(databasePath(stolen))
	if err != nil || bytes.Contains(whole, []byte("5550142")) {
		t.Errorf("a number lies in the database: %v", err)
	}
	if status := says([]string{"keys", "status", "--dir", stolen}, ""); status.code != exitDone || !strings.Contains(status.out, "key-file") {
		t.Errorf("status of a sealed house: %d %s", status.code, status.err)
	}
}

// A person changes what opens the house; wrong ones are refused and change nothing.
func TestSlotsByCommand(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	const first, second = "five invented words in rows", "another five words, in spring"
	if got := says([]string{"setup", "--unseal", "passphrase", "--dir", dir}, first+"\n"); got.code != exitDone || !strings.Contains(got.out, "custody of the keys: strong") {
		t.Fatal(got.out, got.err)
	}
	id := slotID(t, says([]string{"keys", "status", "--dir", dir}, first+"\n").out, "passphrase")
	if got := says([]string{"keys", "slots", "remove", id, "--dir", dir}, first+"\n"); got.code != exitWrong || !strings.Contains(got.err, "last slot") {
		t.Errorf("the last: %d %s", got.code, got.err)
	}
	if got := says([]string{"keys", "slots", "change", id, "passphrase", "--dir", dir}, first+"\nshort\n"); got.code == exitDone {
		t.Error("a short one was taken")
	}
	if got := says([]string{"keys", "slots", "change", id, "passphrase", "--dir", dir}, first+"\n"+second+"\n"); got.code != exitDone {
		t.Fatal(got.err)
	}
	if got := says([]string{"calls", "list", "--dir", dir}, first+"\n"); got.code != exitSealed {
		t.Errorf("the old one: %d %s", got.code, got.err)
	}
	key := filepath.Join(elsewhere(t), "more.key")
	if got := says([]string{"keys", "slots", "add", "key-file", "--key-file", key, "--dir", dir}, second+"\n"); got.code != exitDone || !strings.Contains(got.out, "fair") {
		t.Errorf("a key file: %d %s%s", got.code, got.out, got.err)
	}
	if got := says([]string{"keys", "slots", "add", "key-file", "--key-file", filepath.Join(dir, "beside.key"), "--dir", dir}, second+"\n"); got.code == exitDone {
		t.Error("a key beside its data was taken")
	}
	root := says([]string{"keys", "rotate", "root", "--dir", dir}, second+"\n"+first+"\n")
	if root.code != exitDone {
		t.Fatal(root.err)
	}
	if got := says([]string{"calls", "list", "--dir", dir}, second+"\n"); got.code != exitSealed {
		t.Errorf("the passphrase of the old ROOT: %d", got.code)
	}
	if got := says([]string{"audit", "verify", "--dir", dir}, first+"\n"); got.code != exitDone {
		t.Errorf("after a new ROOT: %d %s", got.code, got.err)
	}
}

func slotID(t *testing.T, table, kind string) string {
	t.Helper()
	found := regexp.MustCompile(`(?m)^([0-9a-f]{16})\s+` + kind).FindStringSubmatch(table)
	if found == nil {
		t.Fatalf("no slot of kind %s in\n%s", kind, table)
	}
	return found[1]
}

// paper is somebody who reads the pages as they are printed and types what he is asked for.
type paper struct {
	pages  bytes.Buffer
	asked  bytes.Buffer
	typing *io.PipeWriter
	wrong  bool // types two groups the wrong way round
}

var pageGroup = regexp.MustCompile(`\b[0-9A-Z]{4}-[0-9A-Z]{4}\b`)

// share gives the groups of one printed page.
func (p *paper) share(n int) []string {
	page := strings.Split(p.pages.String(), "\f")[n-1]
	head, _, _ := strings.Cut(page[strings.Index(page, "\n\n  "):], "█")
	return pageGroup.FindAllString(head, -1)
}

func (p *paper) Write(b []byte) (int, error) {
	p.asked.Write(b)
	found := regexp.MustCompile(`type share (\d)`).FindSubmatch(b)
	if found == nil {
		return len(b), nil
	}
	groups := slices.Clone(p.share(int(found[1][0] - '0')))
	if p.wrong {
		groups[3], groups[4] = groups[4], groups[3]
	}
	go func() { _, _ = io.WriteString(p.typing, strings.ToLower(strings.Join(groups, " "))+"\n") }()
	return len(b), nil
}

func (p *paper) make(t *testing.T, dir string) int {
	t.Helper()
	in, typing := io.Pipe()
	p.typing = typing
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	return run(ctx, []string{"keys", "recovery", "make", "--dir", dir}, terminal{in, &p.pages, p})
}

// The whole of it: shares on paper, typed back; the machine is lost; three pages open the copy on a new one, and a recording
// without any house at all.
func TestThreePagesOpenALostHouse(t *testing.T) {
	dir := developed(t)
	wrong := &paper{wrong: true}
	if code := wrong.make(t, dir); code == exitDone || !strings.Contains(wrong.asked.String(), "group 4") {
		t.Errorf("mistyped: exit %d\n%s", code, wrong.asked.String())
	}
	if got := says([]string{"keys", "status", "--dir", dir}, ""); strings.Contains(got.out, "recovery") {
		t.Error("a key whose paper was not confirmed was kept")
	}
	p := &paper{}
	if code := p.make(t, dir); code != exitDone {
		t.Fatalf("exit %d\n%s", code, p.asked.String())
	}
	if n := strings.Count(p.pages.String(), "\f"); n != 4 {
		t.Errorf("%d page ends", n)
	}
	o := openHouse(t, dir)
	r := recordOne(t, o, "harbor")
	file, err := o.Folder.Path(r.FileName)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "keys", "unseal.key")); err != nil {
		t.Fatal(err)
	}
	three := p.typed(1, 3, 5)
	rescued := says([]string{"recordings", "rescue", file, "--out", "-", "--dir", dir}, three)
	if rescued.code != exitDone || !strings.HasPrefix(rescued.out, "RIFF") {
		t.Errorf("rescue: %d %s", rescued.code, rescued.err)
	}
	if got := says([]string{"recordings", "rescue", file, "--out", "-", "--dir", dir}, p.typed(1, 3)); got.code == exitDone || got.out != "" {
		t.Errorf("with two pages: %d", got.code)
	}
	if got := says([]string{"calls", "list", "--dir", dir}, ""); got.code != exitSealed {
		t.Fatalf("without its key: %d", got.code)
	}
	const phrase = "the new machine's passphrase"
	if got := says([]string{"keys", "recovery", "use", "passphrase", "--dir", dir}, three+phrase+"\n"); got.code != exitDone {
		t.Fatal(got.err)
	}
	reconfigure(t, dir, `unseal = "key-file"`, `unseal = "passphrase"`)
	if got := says([]string{"audit", "list", "--action", "recovery_key.used", "--dir", dir}, phrase+"\n"); got.code != exitDone || !strings.Contains(got.out, "recovery_key.used") {
		t.Errorf("after recovery: %d %s%s", got.code, got.out, got.err)
	}
}

// typed are pages as lines of standard input.
func (p *paper) typed(numbers ...int) string {
	text := ""
	for _, n := range numbers {
		text += strings.Join(p.share(n), " ") + "\n"
	}
	return text
}

func TestPagesOfTwoHousesDoNotMix(t *testing.T) {
	dir := developed(t)
	one, two := &paper{}, &paper{}
	if one.make(t, dir) != exitDone || two.make(t, dir) != exitDone {
		t.Fatal(one.asked.String(), two.asked.String())
	}
	got := says([]string{"keys", "recovery", "use", "passphrase", "--dir", dir}, one.typed(1, 2)+two.typed(3)+"some passphrase or other\n")
	if got.code == exitDone || !strings.Contains(got.err, "shares of two sets") {
		t.Errorf("%d %s", got.code, got.err)
	}
	k := seal.NewRecoveryKey()
	shares, err := k.Split(3, 5, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	png, err := sharePicture(shares[0])
	if err != nil || !bytes.HasPrefix(png, []byte("\x89PNG")) {
		t.Errorf("picture: %v", err)
	}
}

func reconfigure(t *testing.T, dir, old, now string) {
	t.Helper()
	path := filepath.Join(dir, configName)
	text, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(text), old) {
		t.Fatalf("no %s: %v", old, err)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(text), old, now, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// solo proposes as the operator of a house where nobody else could approve, and lets a day pass.
func solo(t *testing.T, o *office, p access.Proposal) string {
	t.Helper()
	p, err := access.Propose(p, access.Approver{Person: access.Operator}, nil, o.now())
	if err != nil {
		t.Fatal(err)
	}
	if p, err = o.Store.Propose(t.Context(), keysActor, p); err != nil {
		t.Fatal(err)
	}
	return p.ID
}

// A clinic leaves with everything it had; the house has nothing of it that opens, and says so under its signature.
func TestAClinicDeparts(t *testing.T) {
	dir := developed(t)
	o := openHouse(t, dir)
	r := recordOne(t, o, "harbor")
	theirs := seal.NewRecoveryKey()
	public, err := theirs.Public()
	if err != nil {
		t.Fatal(err)
	}
	other := otherClinic(t, o)
	id := solo(t, o, access.Proposal{Kind: access.ProposeDeparture, Subject: "harbor", Clinic: "harbor", Reason: "contract ended"})
	to := filepath.Join(elsewhere(t), "harbor")
	body := console.DepartureBody{Proposal: id, Folder: to, Public: public.Bytes()}
	d := destruction{o}
	if _, err := d.Depart(t.Context(), "harbor", body, keysActor); !isRefused(err) {
		t.Fatalf("before a day has passed: %v", err)
	}
	later := time.Now().Add(25 * time.Hour)
	o.now = func() time.Time { return later }
	if _, err := d.Depart(t.Context(), other, body, keysActor); !isRefused(err) {
		t.Errorf("another clinic by this proposal: %v", err)
	}
	bad := body
	bad.Folder = filepath.Join(dir, "export")
	if _, err := d.Depart(t.Context(), "harbor", bad, keysActor); err == nil {
		t.Error("exported into the data folder")
	}
	made, err := d.Depart(t.Context(), "harbor", body, keysActor)
	if err != nil {
		t.Fatal(err)
	}
	if made.Exported != 1 || !strings.Contains(made.Text, "clinic_departure harbor") {
		t.Errorf("%+v", made)
	}
	keeper, err := theirs.Keeper()
	if err != nil {
		t.Fatal(err)
	}
	opensForThem(t, keeper, to, r.ID)
	nothingIsLeft(t, o, r)
	if list, err := d.Attestations(t.Context()); err != nil || len(list) != 1 || list[0].ID != made.ID {
		t.Errorf("certificates: %v %v", list, err)
	}
	forge(t, dir, made.ID)
	if _, err := d.Attestations(t.Context()); err == nil {
		t.Error("a forged certificate was shown")
	}
	if _, err := d.Depart(t.Context(), "harbor", body, keysActor); err == nil {
		t.Error("carried out twice")
	}
}

// otherClinic adds one that takes the unknown numbers from now on.
func otherClinic(t *testing.T, o *office) string {
	t.Helper()
	b, err := o.Store.Book(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	next := *b
	second := b.Clinics[0]
	second.ID, second.Name = "pier", "Pier Street Clinic"
	second.Open, second.Closed = policy.Flow{}, policy.Flow{}
	next.Clinics, next.CatchAll = append(slices.Clone(b.Clinics), second), second.ID
	if err := o.Ring.EnsureClinic(second.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Store.ApplyBook(t.Context(), keysActor, next); err != nil {
		t.Fatal(err)
	}
	return second.ID
}

func opensForThem(t *testing.T, keeper seal.EscrowKeeper, folder, recording string) {
	t.Helper()
	envelope, err := os.ReadFile(filepath.Join(folder, "calls.sealed"))
	if err != nil {
		t.Fatal(err)
	}
	if text, err := keeper.Disclose(callsLabel, envelope); err != nil || !strings.Contains(string(text), recording) {
		t.Errorf("list: %v", err)
	}
	file, err := os.ReadFile(filepath.Join(folder, recording+".nbr"))
	if err != nil {
		t.Fatal(err)
	}
	key, err := keeper.Rescue(file)
	if err != nil {
		t.Fatal(err)
	}
	if rep := seal.Verify(bytes.NewReader(file), int64(len(file)), key); rep.Verdict != seal.OK {
		t.Errorf("recording: %s", rep.Verdict)
	}
}

func nothingIsLeft(t *testing.T, o *office, r store.Recording) {
	t.Helper()
	if !o.Ring.Destroyed("harbor") {
		t.Error("a key is left")
	}
	for _, path := range []string{databasePath(o.Config.Dir), databasePath(o.Config.Dir) + "-wal"} {
		b, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		if bytes.Contains(b, r.WrappedKey) {
			t.Errorf("the wrapped key still lies in %s", filepath.Base(path))
		}
	}
	if _, err := o.Folder.Open(r.FileName); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file: %v", err)
	}
	b, err := o.Store.Book(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range b.Clinics {
		if c.ID == "harbor" {
			t.Error("the rules know it")
		}
	}
	if _, err := o.Store.Calls(t.Context(), store.CallQuery{}); err != nil {
		t.Errorf("the history does not list any more: %v", err)
	}
	if v, err := (memory{o}).Verify(t.Context()); err != nil || !v.OK {
		t.Errorf("audit: %+v %v", v, err)
	}
}

func forge(t *testing.T, dir, id string) {
	t.Helper()
	path := filepath.Join(dir, certificatesName, id+".txt")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, bytes.Replace(b, []byte("harbor"), []byte("harbour"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A shred wants two people, a hold forbids it, and the certificate names the day until which a backup could hold the key.
func TestAShredIsCertified(t *testing.T) {
	o := openHouse(t, developed(t))
	o.Config.Backup.To, o.Config.Backup.Keep = "/mnt/backup", "7d 5w 12m"
	r := recordOne(t, o, "harbor")
	id := solo(t, o, access.Proposal{Kind: access.ProposeShred, Subject: r.ID, Reason: "recorded without consent"})
	later := time.Now().Add(25 * time.Hour)
	o.now = func() time.Time { return later }
	hold, err := o.Store.PlaceHold(t.Context(), keysActor, store.Hold{Kind: store.HoldRecording, Object: r.ID})
	if err != nil {
		t.Fatal(err)
	}
	d, body := destruction{o}, console.ShredBody{Proposal: id}
	if _, err := d.Shred(t.Context(), r.ID, body, keysActor); !isRefused(err) {
		t.Errorf("held: %v", err)
	}
	if err := o.Store.ReleaseHold(t.Context(), keysActor, hold.ID, "ben"); err != nil {
		t.Fatal(err)
	}
	made, err := d.Shred(t.Context(), r.ID, body, keysActor)
	if err != nil {
		t.Fatal(err)
	}
	if days := made.Backups.Sub(later).Hours() / 24; days < 390 || days > 400 {
		t.Errorf("a backup could hold the key for %.0f days", days)
	}
	if row, err := o.Store.Recording(t.Context(), r.ID); err != nil || row.State != store.Shredded || row.WrappedKey != nil {
		t.Errorf("%+v %v", row, err)
	}
	if _, err := d.Shred(t.Context(), r.ID, body, keysActor); !isRefused(err) {
		t.Errorf("again: %v", err)
	}
}
