package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"nightbell/access"
	"nightbell/console"
	"nightbell/report"
)

// What the table names as evidence is a command of this program, and what the folder gathers is a route of its API.
func TestEvidenceIsAskedForByOurCommands(t *testing.T) {
	asked := []string{}
	for _, c := range report.Controls() {
		asked = append(asked, c.Evidence...)
	}
	routes := map[string]console.Route{}
	for _, r := range console.Routes() {
		routes[r.Method+" "+r.Path] = r
	}
	for _, p := range report.Pieces() {
		asked = append(asked, p.Command)
		path, _, _ := strings.Cut(p.Path, "?")
		if r, ok := routes[p.Method+" "+path]; p.Path != "" && (!ok || len(r.Classes) > 0 || r.StepUp == console.Fresh) {
			t.Errorf("%s: no route, or one that shows patients, or one that asks for a second factor: %+v", p.File, r)
		}
	}
	for _, command := range asked {
		var c cli
		parser, err := kong.New(&c, kong.Name("nightbell"), kong.Writers(io.Discard, io.Discard), kong.Exit(func(int) {}))
		if err != nil {
			t.Fatal(err)
		}
		args := strings.Fields(command)
		if _, err := parser.Parse(args[1:]); err != nil || args[0] != "nightbell" {
			t.Errorf("%s: %v", command, err)
		}
	}
}

// evidenceOf reads a folder: its manifest and every file as text.
func evidenceOf(t *testing.T, folder string) (evidenceManifest, map[string]string) {
	t.Helper()
	var m evidenceManifest
	texts := map[string]string{}
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if info, _ := e.Info(); info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v", e.Name(), info.Mode())
		}
		texts[e.Name()] = string(b)
	}
	if info, err := os.Stat(folder); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder: %v %v", info.Mode(), err)
	}
	if err := json.Unmarshal([]byte(texts[manifestName]), &m); err != nil {
		t.Fatal(err)
	}
	accounted(t, m, texts["INDEX.md"])
	return m, texts
}

// accounted: every piece is there, or said not to be, in the manifest and in the index.
func accounted(t *testing.T, m evidenceManifest, index string) {
	t.Helper()
	state := map[string]string{}
	for _, f := range m.Files {
		state[f.File] += "gathered"
	}
	for _, x := range m.Missing {
		state[x.File] += "missing"
		if x.Why == "" || x.Command == "" {
			t.Errorf("%s is missing without a reason", x.File)
		}
	}
	for _, p := range report.Pieces() {
		if state[p.File] != "gathered" && state[p.File] != "missing" {
			t.Errorf("%s is %q", p.File, state[p.File])
		}
	}
	for _, c := range report.Controls() {
		if !strings.Contains(index, "| "+c.Clause+" ") {
			t.Errorf("INDEX.md does not know %s", c.Clause)
		}
	}
}

// One house, gathered from three times: by its operator without a server, by an officer and by an agent beside the running one.
func TestEvidenceOfAHouse(t *testing.T) {
	f := openFront(t)
	people := f.known("cora=compliance", "amy=agent@harbor")
	dir, out := f.Config.Dir, t.TempDir()
	served := serveControl(t, f)
	for _, who := range []struct {
		person string
		least  int
	}{{"cora", len(report.Pieces()) - 3}, {"amy", 4}} {
		opened, _ := f.in(people[who.person])
		login := filepath.Join(out, who.person+".login")
		if err := os.WriteFile(login, []byte(opened.Secret), 0o600); err != nil {
			t.Fatal(err)
		}
		t.Setenv("NIGHTBELL_LOGIN", login)
		folder := filepath.Join(out, who.person)
		got := says([]string{"--dir", dir, "controls", "evidence", folder}, "")
		m, texts := evidenceOf(t, folder)
		if got.code != exitWrong || m.As != "person "+who.person || len(m.Files) < who.least || len(m.Missing) == 0 {
			t.Errorf("%s: exit %d, as %q, %d files, missing %v\n%s", who.person, got.code, m.As, len(m.Files), m.Missing, got.err)
		}
		if signed := texts[manifestSigName] != ""; signed != (who.person == "cora") || signed == (texts[unsignedName] != "") {
			t.Errorf("%s: signed %t, not signed: %q", who.person, signed, texts[unsignedName])
		}
	}
	t.Setenv("NIGHTBELL_LOGIN", filepath.Join(out, "nobody.login"))
	served()
	if err := f.office.Close(); err != nil {
		t.Fatal(err)
	}

	folder := filepath.Join(out, "operator")
	says([]string{"--dir", dir, "controls", "evidence", folder}, "")
	m, texts := evidenceOf(t, folder)
	for _, x := range m.Missing {
		if !strings.HasPrefix(x.File, "backup-") || !strings.Contains(x.Why, "no backup is configured") {
			t.Errorf("%+v", x)
		}
	}
	key := f.Signer.VerifierKeys()[0]
	if got := says([]string{"controls", "verify", folder, "--key", key}, ""); got.code != exitDone {
		t.Errorf("%s%s", got.out, got.err)
	}
	spoil(t, folder, key, texts)
}

// spoil bends, removes and adds a file: each is noticed, and so is a manifest that was made to fit.
func spoil(t *testing.T, folder, key string, texts map[string]string) {
	t.Helper()
	for name, text := range map[string]string{
		"keys.json": strings.Replace(texts["keys.json"], "weak", "strong", 1), "INDEX.md": "", "more.json": "{}",
		manifestName: strings.Replace(texts[manifestName], "operator", "somebody", 1), manifestSigName: "",
	} {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, problems := verifyEvidence(folder, key); len(problems) == 0 {
			t.Errorf("%s was bent and nobody noticed", name)
		}
		old, was := texts[name]
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if was {
			if err := os.WriteFile(path, []byte(old), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n, problems := verifyEvidence(folder, key); n == 0 || len(problems) > 0 {
		t.Errorf("put back: %d %v", n, problems)
	}
}

// serveControl answers at the data folder's socket until the test says so.
func serveControl(t *testing.T, f *front) (stop func()) {
	t.Helper()
	socket, err := console.ListenControl(filepath.Join(f.Config.Dir, console.ControlName))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	desk := console.New(console.Config{Ports: f.ports(f.desk), Now: f.clockNow})
	go func() { served <- desk.ServeControl(ctx, socket) }()
	return func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	}
}

// Canaries go in wherever people type or callers are written down; none comes out, in whatever coat.
func TestEvidenceHoldsNoCanary(t *testing.T) {
	f := openFront(t)
	people := f.known("cora=compliance", "amy=agent@harbor")
	officer, by := f.in(people["cora"])
	dir, canary, number := f.Config.Dir, "Zebulon Quagga", "+12125550197"
	if _, err := (holding{f.office}).Place(t.Context(), console.HoldBody{Kind: "clinic", Object: "harbor", Reason: canary + " sued"}, by); err != nil {
		t.Fatal(err)
	}
	p := access.Proposal{ID: "p-canary", State: access.ProposalOpen, Made: f.clockNow(), Kind: access.ProposePurge, Subject: "purge", Reason: "as " + canary + " asked, " + number, By: "cora"}
	if _, err := f.Store.Propose(t.Context(), by, p); err != nil {
		t.Fatal(err)
	}
	_ = f.Store.RecordTraining(t.Context(), by, access.Training{Person: "cora", Course: glassCourse, Passed: f.clockNow().Add(-1), Expires: f.clockNow().AddDate(1, 0, 0), By: "ada"})
	if _, err := (glass{f.office, f.desk}).Break(t.Context(), console.GlassBody{Kind: "clinic", Object: "harbor", Minutes: 5, Reason: canary + " fell, " + number}, by); err != nil {
		t.Fatal(err)
	}
	_, _ = entrance{f.office}.Password(t.Context(), doorstep, canary, canary)
	_, _ = entrance{f.office}.Password(t.Context(), doorstep, strings.TrimPrefix(number, "+"), canary)

	served := serveControl(t, f)
	defer served()
	out := t.TempDir()
	t.Setenv("NIGHTBELL_LOGIN", filepath.Join(out, "none"))
	if got := says([]string{"--dir", dir, "plan", number, "--json"}, ""); got.code != exitDone {
		t.Log(got.err) // an unknown number still is asked for, and remembered
	}
	if err := os.WriteFile(filepath.Join(out, "cora.login"), []byte(officer.Secret), 0o600); err != nil {
		t.Fatal(err)
	}
	says([]string{"--dir", dir, "controls", "evidence", filepath.Join(out, "operator")}, "")
	t.Setenv("NIGHTBELL_LOGIN", filepath.Join(out, "cora.login"))
	says([]string{"--dir", dir, "controls", "evidence", filepath.Join(out, "officer")}, "")

	wild := append(bookCanaries(t, f), canary, "Zebulon", "Quagga", number, strings.TrimPrefix(number, "+"))
	for _, folder := range []string{"operator", "officer"} {
		m, texts := evidenceOf(t, filepath.Join(out, folder))
		if len(m.Files) < len(report.Pieces())-5 {
			t.Errorf("%s: only %d files, missing %v", folder, len(m.Files), m.Missing)
		}
		for name, text := range texts {
			for _, c := range wild {
				if found := coat(text, c); found != "" {
					t.Errorf("%s/%s holds a canary (%s, %d bytes)", folder, name, found, len(c))
				}
			}
		}
	}
}

// bookCanaries are the names and numbers of the people in the book.
func bookCanaries(t *testing.T, f *front) (all []string) {
	t.Helper()
	b, err := f.Store.Book(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range b.People {
		if name := p.Name.Reveal(); strings.Contains(name, " ") {
			all = append(all, name)
		}
		if number := p.Phone.Reveal(); number != "" {
			all = append(all, number)
		}
	}
	if len(all) < 4 {
		t.Fatalf("only %d canaries in the book", len(all))
	}
	return all
}

// coat says in which form a canary stands in a text; empty: in none.
func coat(text, canary string) string {
	raw := []byte(canary)
	escaped, _ := json.Marshal(canary)
	for form, coated := range map[string]string{
		"clear": canary, "json": strings.Trim(string(escaped), `"`), "hex": hex.EncodeToString(raw),
		"base64": strings.TrimRight(base64.StdEncoding.EncodeToString(raw), "=")[:len(raw)], "utf-16": string(bytes.Join(bytes.Split(raw, nil), []byte{0})),
	} {
		if strings.Contains(strings.ToLower(text), strings.ToLower(coated)) {
			return form
		}
	}
	return ""
}

// When the next backup is due is no cursor of a list.
func TestOnlyListsHavePages(t *testing.T) {
	status := map[string]any{"next": "2026-11-24T03:10:00Z", "state": "ok"}
	if err := followPages(t.Context(), nil, report.Piece{Path: "/api/v1/backup"}, status); err != nil || status["next"] == nil {
		t.Errorf("%v %v", err, status)
	}
}
