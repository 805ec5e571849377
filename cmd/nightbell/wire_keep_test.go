package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
)

func TestSurvivalLiesInMemoryOrNowhere(t *testing.T) {
	memory := "/dev/shm"
	for _, c := range []struct {
		folder, run string
		want        bool
	}{
		{"", "", true},
		{"off", "", false},
		{filepath.Join(memory, "nightbell-test"), "", true},
		{filepath.Join(memory, "nowhere", "deep"), "", false},
		{"/proc/nightbell", "", false},
		{"", memory, true},
		{"", "/proc", true}, // not memory: shared memory is taken instead
	} {
		t.Setenv("RUNTIME_DIRECTORY", c.run)
		cfg := Config{Dir: "/var/lib/nightbell", Survival: SurvivalConfig{Folder: c.folder}}
		folder, err := cfg.survivalFolder()
		if (err == nil) != c.want {
			t.Errorf("%q with %q: %q, %v", c.folder, c.run, folder, err)
		}
	}
}

// What is written for a call is sealed for that very call; an orderly end leaves nothing.
func TestARunningCallIsSealedAndForgotten(t *testing.T) {
	o := openHouse(t, developed(t))
	o.Config.Survival.Folder = filepath.Join("/dev/shm", "nightbell-"+filepath.Base(t.TempDir())+"-"+o.Store.Instance())
	k := newKeeper(o, nil, slog.New(slog.DiscardHandler))
	t.Cleanup(func() { _ = os.RemoveAll(k.folder) })
	k.Keep("one", []byte("+12125550155"))
	k.Keep("two", []byte("+12125550156"))
	k.write()
	if got := k.left(); len(got) != 2 {
		t.Fatalf("left %v", got)
	}
	raw, err := os.ReadFile(filepath.Join(k.folder, keptPrefix+"one"))
	if err != nil || len(raw) == 0 {
		t.Fatal(err)
	}
	if clear, err := o.Ring.OpenCell(keptCell("one"), raw); err != nil || string(clear) != "+12125550155" {
		t.Errorf("%q, %v", clear, err)
	}
	if _, err := o.Ring.OpenCell(keptCell("two"), raw); err == nil {
		t.Error("one call's state opens as another's")
	}
	k.Drop("one")
	k.Drop("two")
	k.Drop("never was")
	k.write()
	if err := k.close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(k.folder); !os.IsNotExist(err) {
		t.Errorf("something is left: %v", err)
	}
}
