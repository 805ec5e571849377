package policy

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
)

// embedded is what `make zonedata` made; its +VERSION names the release and its day. It is the fallback: zone data is
// data, and a newer directory named in the configuration wins.
//
//go:embed zoneinfo.zip
var embedded []byte

// Zones is one release of the IANA zone data, read once and whole: nothing touches a disk after it was made.
type Zones struct {
	Version  string    // "2026f"; "unknown" where the tree does not say
	Checksum string    // SHA-256 over names and contents, hex
	Released time.Time // of the release, or the newest file of the tree; zero: unknown
	Fallback bool      // the embedded copy
	stated   bool      // the tree names its day itself
	byName   map[string]*time.Location
}

// UnknownZone is the error for a zone the data does not hold.
type UnknownZone struct{ Name string }

func (e UnknownZone) Error() string { return fmt.Sprintf("unknown zone %q", clip(e.Name)) }

// EmbeddedZones gives the copy inside the program.
var EmbeddedZones = sync.OnceValue(func() *Zones {
	z, err := ZipZones(embedded)
	if err != nil {
		panic("policy: embedded zone data: " + err.Error()) // the build is broken, and its first test says so
	}
	z.Fallback = true
	return z
})

// ZipZones reads a Go zoneinfo.zip that the caller has loaded.
func ZipZones(file []byte) (*Zones, error) {
	r, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return nil, fmt.Errorf("zone data: %w", err)
	}
	return LoadZones(r)
}

// maxZoneFile is far above the largest zone file (3.5 KiB) and tzdata.zi (110 KiB).
const maxZoneFile = 1 << 20

// LoadZones reads a ZONEINFO tree (America/New_York, ...) that the caller has opened. Files that are no zones are passed
// over; a tree without a single zone is an error.
func LoadZones(tree fs.FS) (*Zones, error) {
	z := &Zones{Version: "unknown", byName: map[string]*time.Location{}}
	files := map[string][]byte{}
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return skipShadow(name)
		}
		return z.read(tree, name, files)
	})
	if err != nil {
		return nil, fmt.Errorf("zone data: %w", err)
	}
	if len(z.byName) == 0 {
		return nil, errors.New("zone data: no zone in it")
	}
	z.Checksum = checksum(files)
	return z, nil
}

// skipShadow leaves out the trees with leap seconds and the copies that Debian keeps beside the zones.
func skipShadow(dir string) error {
	if dir == "right" || dir == "posix" {
		return fs.SkipDir
	}
	return nil
}

func (z *Zones) read(tree fs.FS, name string, files map[string][]byte) error {
	f, err := tree.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxZoneFile))
	if err != nil {
		return err
	}
	if v, day := releaseIn(path.Base(name), b); v != "" {
		z.Version = v
		if !day.IsZero() {
			z.Released, z.stated = day, true
		}
	}
	loc, err := time.LoadLocationFromTZData(name, b)
	if err != nil || !bytes.HasPrefix(b, []byte("TZif")) {
		return nil
	}
	z.byName[name], files[name] = loc, b
	if st, err := f.Stat(); err == nil && !z.stated && st.ModTime().Year() > 1990 && st.ModTime().After(z.Released) {
		z.Released = st.ModTime().UTC()
	}
	return nil
}

// releaseIn finds the release in the files that carry it: tzdata.zi ("# version 2026f"), +VERSION or version (the release
// in the first line, perhaps its day in the second).
func releaseIn(base string, b []byte) (version string, day time.Time) {
	first, rest, _ := strings.Cut(string(b[:min(len(b), 64)]), "\n")
	switch base {
	case "tzdata.zi":
		if v, ok := strings.CutPrefix(strings.TrimSpace(first), "# version "); ok {
			return v, time.Time{}
		}
	case "+VERSION", "version":
		second, _, _ := strings.Cut(rest, "\n")
		day, _ = time.Parse(time.DateOnly, strings.TrimSpace(second)) // zero where there is none
		return strings.TrimSpace(first), day
	}
	return "", time.Time{}
}

func checksum(files map[string][]byte) string {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(h, "%s %d\n", name, len(files[name]))
		h.Write(files[name])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Name is the release, or what stands for one where the tree does not name it.
func (z *Zones) Name() string {
	if z.Version != "unknown" {
		return z.Version
	}
	return "unnamed, sha256 " + z.Checksum[:12]
}

// Zone finds a zone by its IANA name; an alias (US/Eastern) is accepted and kept.
func (z *Zones) Zone(name string) (*time.Location, error) {
	if loc := z.byName[name]; loc != nil {
		return loc, nil
	}
	return nil, UnknownZone{name}
}

// Names lists every zone, sorted.
func (z *Zones) Names() []string { return slices.Sorted(maps.Keys(z.byName)) }

// Age is how old the release is; 0 when that is not known.
func (z *Zones) Age(now time.Time) time.Duration {
	if z.Released.IsZero() || now.Before(z.Released) {
		return 0
	}
	return now.Sub(z.Released)
}

// Fixed reports a zone that never changes its clocks by name ("EST", "Etc/GMT+5"): valid, and rarely what a clinic means.
func Fixed(name string) bool {
	switch name {
	case "EST", "MST", "HST", "GMT", "GMT0", "GMT+0", "GMT-0", "UTC", "UCT", "Zulu", "Universal", "Greenwich":
		return true
	}
	return strings.HasPrefix(name, "Etc/")
}
