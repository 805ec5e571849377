package policy

import (
	"archive/zip"
	"bytes"
	"errors"
	"io/fs"
	"testing"
	"testing/fstest"
	"time"
)

// tree is a small ZONEINFO directory made of the embedded copy.
func tree(t *testing.T, names ...string) fstest.MapFS {
	t.Helper()
	made := fstest.MapFS{}
	archive, err := zip.NewReader(bytes.NewReader(embedded), int64(len(embedded)))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		b, err := fs.ReadFile(archive, n)
		if err != nil {
			t.Fatal(err)
		}
		made[n] = &fstest.MapFile{Data: b, ModTime: time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)}
	}
	return made
}

func TestZoneDataComesFromADirectory(t *testing.T) {
	files := tree(t, "America/New_York", "US/Eastern")
	files["tzdata.zi"] = &fstest.MapFile{Data: []byte("# version 2026f\nR x\n")}
	files["leapseconds"] = &fstest.MapFile{Data: []byte("no zone")}
	files["right/America/New_York"] = files["America/New_York"]
	z, err := LoadZones(files)
	if err != nil {
		t.Fatal(err)
	}
	if z.Version != "2026f" || z.Fallback || len(z.Names()) != 2 || len(z.Checksum) != 64 {
		t.Errorf("zones = %+v, %v", z, z.Names())
	}
	if got := z.Age(time.Date(2026, 9, 11, 0, 0, 0, 0, time.UTC)); got != 240*time.Hour {
		t.Errorf("age = %s", got)
	}
	if _, err := z.Zone("US/Eastern"); err != nil {
		t.Errorf("an alias is refused: %v", err)
	}
	var unknown UnknownZone
	if _, err := z.Zone("Europe/Paris"); !errors.As(err, &unknown) || unknown.Name != "Europe/Paris" {
		t.Errorf("error = %v", err)
	}
}

func TestATreeThatNamesItsDayIsBelieved(t *testing.T) {
	files := tree(t, "America/New_York") // whose newest file is of September
	files["+VERSION"] = &fstest.MapFile{Data: []byte("2026g\n2026-12-01\n")}
	z, err := LoadZones(files)
	if err != nil {
		t.Fatal(err)
	}
	if want := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC); z.Version != "2026g" || !z.Released.Equal(want) {
		t.Errorf("%s released %s", z.Version, z.Released)
	}
}

// Laws of 2026 that Go's own copy of that summer does not know: British Columbia and Alberta keep their summer time for
// good, Cuba does not fall back.
func TestEmbeddedCopyKnowsTheLawsOf2026(t *testing.T) {
	noon := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	for name, want := range map[string]int{"America/Vancouver": -7, "America/Edmonton": -6, "America/Havana": -4, "America/New_York": -5} {
		zone, err := EmbeddedZones().Zone(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, got := noon.In(zone).Zone(); got != want*3600 {
			t.Errorf("%s: %d s, want %d h", name, got, want)
		}
	}
}

func TestChecksumFollowsTheContent(t *testing.T) {
	one, err := LoadZones(tree(t, "America/New_York"))
	if err != nil {
		t.Fatal(err)
	}
	files := tree(t, "America/New_York")
	files["America/New_York"].Data = tree(t, "America/Chicago")["America/Chicago"].Data
	two, err := LoadZones(files)
	if err != nil {
		t.Fatal(err)
	}
	if one.Checksum == two.Checksum {
		t.Error("other rules have the same checksum")
	}
}

func TestBrokenZoneDataIsAnError(t *testing.T) {
	if _, err := LoadZones(fstest.MapFS{"README": &fstest.MapFile{Data: []byte("x")}}); err == nil {
		t.Error("a directory without zones is taken")
	}
	if _, err := ZipZones(embedded[:len(embedded)/2]); err == nil {
		t.Error("half an archive is taken")
	}
	if _, err := ZipZones(bytes.Repeat([]byte{0}, 100)); err == nil {
		t.Error("zeros are taken")
	}
}

func TestEmbeddedCopyIsWholeAndSaysSo(t *testing.T) {
	z := EmbeddedZones()
	if !z.Fallback || z.Version < "2026f" || len(z.Names()) < 590 || z.Released.IsZero() {
		t.Errorf("%d zones of %s, released %s", len(z.Names()), z.Version, z.Released)
	}
	for _, name := range []string{"", "Local", "America/New_Yrok", "../etc/passwd", "america/new_york"} {
		if _, err := z.Zone(name); err == nil {
			t.Errorf("%q is a zone", name)
		}
	}
}

func TestFixedZonesAreKnown(t *testing.T) {
	for name, want := range map[string]bool{"EST": true, "Etc/GMT+5": true, "UTC": true, "America/New_York": false, "US/Eastern": false, "EST5EDT": false} {
		if Fixed(name) != want {
			t.Errorf("Fixed(%s) = %t", name, !want)
		}
	}
}
