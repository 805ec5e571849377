package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// What an operator types about prompts, queues and laws, without a server.
func TestPromptsAndRulesOfCallsAtTheTerminal(t *testing.T) {
	dir := developed(t)
	said := func(code int, args ...string) string {
		t.Helper()
		got := says(append(args, "--dir", dir), "")
		if got.code != code {
			t.Errorf("%v: %d, want %d: %s%s", args, got.code, code, got.out, got.err)
		}
		return got.out + got.err
	}
	sound := filepath.Join("..", "..", "testdata", "sounds", "tone.mp3")
	out := said(0, "prompts", "put", "greeting", sound, "--clinic", "harbor")
	id, _, _ := strings.Cut(out, ":")
	if !strings.Contains(out, "harbor~greeting, 0.") {
		t.Error(out)
	}
	if out := said(0, "prompts", "list", "--clinic", "harbor"); !strings.Contains(out, id) || !strings.Contains(out, "last_resort") {
		t.Error(out)
	}
	wav := filepath.Join(t.TempDir(), "out.wav")
	said(0, "prompts", "save", id, wav)
	said(exitWrong, "prompts", "save", id, wav) // never over a file
	said(0, "prompts", "put", "music", wav, "--music")
	said(0, "prompts", "remove", id)
	said(exitWrong, "prompts", "remove", id)
	said(0, "prompts", "restore", id)
	if out := said(exitWrong, "prompts", "put", "greeting", "cli_prompts_test.go"); !strings.Contains(out, "neither WAV") {
		t.Error(out)
	}
	if out := said(0, "queues"); !strings.Contains(out, "desk") || !strings.Contains(out, "whoever is ready") || !strings.Contains(out, "10m") {
		t.Error(out)
	}
	if out := said(0, "laws"); !strings.Contains(out, "US-CA") || !strings.Contains(out, "the program's own") {
		t.Error(out)
	}
	if out := said(0, "clinics", "calls", "harbor"); !strings.Contains(out, "open 1 agent on duty: ring agents") {
		t.Error(out)
	}
	if out := said(0, "plan", "+12125550100"); !strings.Contains(out, `"agent on duty": together, 20s`) || !strings.Contains(out, "nobody at all: last_resort is played") {
		t.Error(out)
	}
}
