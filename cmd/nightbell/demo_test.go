package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// A demo that cannot fail proves nothing: here each step meets the fault it is there to see, and the demo says so.

// brokenDemo runs the demo in its own folder with something broken before the named step.
func brokenDemo(t *testing.T, step string, meddle func(*demo)) (demoResult, error) {
	t.Helper()
	var out, errs bytes.Buffer
	s := &session{terminal: terminal{strings.NewReader(""), &out, &errs}, json: true}
	d := &demo{session: s, dir: filepath.Join(t.TempDir(), "data"), patience: 10 * time.Second}
	quickly(d)
	bound := func() {}
	defer func() { bound() }()
	d.meddle = func(now string) {
		switch now {
		case "data folder":
			binding.Lock()
			bound = sync.OnceFunc(binding.Unlock)
		case "book":
			bound()
		}
		if now == step {
			meddle(d)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	err := d.run(ctx, true)
	var r demoResult
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatalf("%v\n%s%s", err, out.String(), errs.String())
	}
	return r, err
}

// Ports are looked for in one step and bound in the next: one demo at a time does that.
var binding sync.Mutex

// quickly leaves out the prompts: the faults here are not about them.
func quickly(d *demo) {
	demoBook := strings.Replace(readText("../../configs/demo.toml"), `greeting = "greeting"`, `greeting = ""`, 1)
	d.book = strings.Replace(demoBook, `announce = "announcement"`, `announce = ""`, 1)
}

func readText(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func TestDemoSeesEachFault(t *testing.T) {
	faults := map[string]func(*demo){
		"data folder":        func(d *demo) { _ = os.WriteFile(d.dir, nil, 0o600) },
		"server":             func(d *demo) { _ = os.Remove(filepath.Join(d.dir, "tls", "server.key")) },
		"book":               func(d *demo) { d.book = "[[clinics]]\nname = 7\n" },
		"people":             func(d *demo) { _ = d.server.office.Store.Close() },
		"phones":             func(d *demo) { d.result.Agents[0].Secret = "wrong" },
		"logged in":          func(d *demo) { _ = d.server.office.Store.Close() },
		"call":               func(d *demo) { d.result.Trunk.Cert, d.result.Trunk.Key = serverPair(d) },
		"trunk":              func(d *demo) { d.result.Call.ID = "another" },
		"plan":               func(d *demo) { d.result.Call.ID = "another" },
		"rang":               func(d *demo) { d.phones = d.phones[:0] },
		"answered":           func(d *demo) { d.agent.phone.Cut() },
		"agent hears caller": func(d *demo) { d.caller.Mute() },
		"caller hears agent": func(d *demo) { d.spoke = d.spoke.Add(4 * time.Second) },
		"sealed":             func(d *demo) { hideRecordings(d) },
		"verified":           func(d *demo) { flipByte(d.result.Recording.Path) },
		"exported":           func(d *demo) { _ = os.WriteFile(filepath.Join(d.dir, "export"), nil, 0o600) },
		"caller's channel":   func(d *demo) { swapChannels(d.wav) },
		"agent's channel":    func(d *demo) { swapChannels(d.wav) },
		"audit":              func(d *demo) { _ = d.server.office.Store.Close() },
	}
	for step, fault := range faults {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			r, err := brokenDemo(t, step, func(d *demo) { fault(d) })
			if err == nil || exitCode(err) != exitWrong || r.OK {
				t.Fatalf("%s is broken; ok = %v, exit %d", step, r.OK, exitCode(err))
			}
			last := r.Steps[len(r.Steps)-1]
			if last.OK || last.Name != step {
				t.Errorf("the step that failed is %q (%s), want %q", last.Name, last.Detail, step)
			}
		})
	}
}

// A part of the server that breaks ends the server, in order, with its name: whoever watches it starts it anew.
func TestABrokenPartEndsTheServer(t *testing.T) {
	var errs bytes.Buffer
	s := &session{terminal: terminal{strings.NewReader(""), &errs, &errs}}
	d := &demo{session: s, dir: filepath.Join(t.TempDir(), "data"), patience: 10 * time.Second}
	quickly(d)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	d.meddle = func(now string) {
		if now == "audit" {
			binding.Unlock()
			_ = d.server.http.Close()
		}
	}
	binding.Lock()
	err := d.run(ctx, false)
	if ctx.Err() != nil || err == nil || !strings.Contains(err.Error(), "console ended") {
		t.Errorf("the demo ended with %v\n%s", err, errs.String())
	}
}

func TestATrailNamesFunctionsAndNoValues(t *testing.T) {
	var got string
	func() {
		defer func() { _ = recover(); got = trail() }()
		defectiveWith("+12125550155")
	}()
	if !strings.Contains(got, "defectiveWith demo_test.go:") || strings.Contains(got, "5550155") {
		t.Errorf("trail %q", got)
	}
}

func defectiveWith(number string) { panic(number) }

// serverPair is a certificate of the same CA that names no trunk.
func serverPair(d *demo) (cert, key string) {
	return filepath.Join(d.dir, "tls", "server.crt"), filepath.Join(d.dir, "tls", "server.key")
}

func hideRecordings(d *demo) {
	files, _ := filepath.Glob(filepath.Join(d.dir, "recordings", "*", "*.nbr"))
	for _, f := range files {
		_ = os.Remove(f)
	}
}

func flipByte(path string) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return
	}
	defer f.Close()
	b := make([]byte, 1)
	_, _ = f.ReadAt(b, 9000)
	b[0] ^= 1
	_, _ = f.WriteAt(b, 9000)
}

func swapChannels(wav []byte) {
	for i := 44; i+4 <= len(wav); i += 4 {
		wav[i], wav[i+1], wav[i+2], wav[i+3] = wav[i+2], wav[i+3], wav[i], wav[i+1]
	}
}

func TestDemoHolds(t *testing.T) {
	var seen []string
	r, err := brokenDemo(t, "", nil)
	for _, s := range r.Steps {
		seen = append(seen, s.Name)
	}
	if err != nil || !r.OK || len(seen) != 19 {
		t.Fatalf("ok = %v, %v after %v", r.OK, err, seen)
	}
	for what, v := range map[string]string{"call.id": r.Call.ID, "recording.id": r.Recording.ID, "recording.path": r.Recording.Path,
		"file_id": r.Recording.FileID, "wav": r.Recording.WAV, "console.url": r.Console.URL, "token": r.Console.Token, "sip.tls": r.SIP.TLS,
		"ca": r.CA, "trunk.cert": r.Trunk.Cert, "trunk.key": r.Trunk.Key, "number": r.Number, "data_dir": r.DataDir} {
		if v == "" {
			t.Errorf("%s is empty", what)
		}
	}
	if len(r.Agents) != 3 || r.Agents[0].Secret == "" || r.Agents[0].AOR == "" {
		t.Errorf("agents %v", r.Agents)
	}
}
