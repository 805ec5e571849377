package main

import (
	"path/filepath"
	"testing"

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

// Nobody is there to type it: sealed, not a mistake of the command line.
func TestPassphraseThatNobodyTypesIsSealed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	if got := says([]string{"setup", "--unseal", "passphrase", "--dir", dir}, "correct horse battery\n"); got.code != exitDone {
		t.Fatal(got)
	}
	if got := says([]string{"serve", "--dir", dir}, ""); got.code != exitSealed {
		t.Errorf("%+v", got)
	}
}
