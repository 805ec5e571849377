package main

import (
	"context"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nightbell/console"
)

// A path that names no zone data costs no call: the copy inside stands in, and doctor says so.
func TestLostZoneDataKeepsNobodyFromCalling(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	says([]string{"setup", "--development", "--dir", dir}, "")
	cfg, err := LoadConfig(filepath.Join(dir, configName), "")
	if err != nil {
		t.Fatal(err)
	}
	cfg.ZoneData.Path = "nowhere.zip"
	o, err := openOffice(t.Context(), cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	if o.ZonesLost() == nil || !o.Zones().Fallback {
		t.Errorf("zones %s, lost %v", o.Zones().Name(), o.ZonesLost())
	}
	if f := (health{o}).zones(t.Context()); f.Grade != console.Wrong {
		t.Errorf("%+v", f)
	}
}

// ending ends a command when its words have been said.
type ending struct {
	strings.Builder
	words string
	end   context.CancelFunc
}

func (e *ending) Write(b []byte) (int, error) {
	n, err := e.Builder.Write(b)
	if strings.Contains(e.String(), e.words) {
		e.end()
	}
	return n, err
}

// Nobody is there to type it: sealed, not a mistake of the command line. A server answers callers all the same.
func TestPassphraseThatNobodyTypesIsSealed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	if got := says([]string{"setup", "--unseal", "passphrase", "--dir", dir}, "correct horse battery\n"); got.code != exitDone {
		t.Fatal(got)
	}
	if err := freePorts(filepath.Join(dir, configName)); err != nil {
		t.Fatal(err)
	}
	if got := says([]string{"calls", "list", "--dir", dir}, ""); got.code != exitSealed {
		t.Errorf("%+v", got)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	told := &ending{words: "SEALED", end: cancel}
	code := run(ctx, []string{"serve", "--dir", dir}, terminal{strings.NewReader(""), io.Discard, told})
	if code != exitDone || !strings.Contains(told.String(), "SEALED") {
		t.Errorf("exit %d\n%s", code, told.String())
	}
}
