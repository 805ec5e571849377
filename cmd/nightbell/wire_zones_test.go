package main

import (
	"archive/zip"
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nightbell/audit"
	"nightbell/policy"
	"nightbell/store"
)

// zoneFile is a zone's file from the copy inside the program.
func zoneFile(t *testing.T, name string) []byte {
	t.Helper()
	r, err := zip.OpenReader("../../policy/zoneinfo.zip")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	f, err := r.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// tree writes a folder of zone data in which every name has the clocks of another zone.
func tree(t *testing.T, dir, version string, zones map[string]string) {
	t.Helper()
	if err := os.WriteFile(mkdir(t, dir, "+VERSION"), []byte(version+"\n2026-11-01\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, like := range zones {
		if err := os.WriteFile(mkdir(t, dir, name), zoneFile(t, like), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func mkdir(t *testing.T, dir, name string) string {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// houseIn is a server on a development folder with this zone data, without listeners.
func houseIn(t *testing.T, zones string) *server {
	t.Helper()
	cfg, err := LoadConfig(filepath.Join(developed(t), configName), "")
	if err != nil {
		t.Fatal(err)
	}
	cfg.ZoneData.Path = zones
	o, err := openOffice(context.Background(), cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	})
	s := &server{office: o, log: slog.New(slog.DiscardHandler)}
	s.rules = newRules(o, func() {})
	s.openWatches()
	if err := s.rules.load(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func remembered(t *testing.T, s *server, a audit.Action) []audit.Event {
	t.Helper()
	page, err := s.office.Store.AuditList(t.Context(), store.AuditQuery{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	var list []audit.Event
	for _, r := range page.Rows {
		if r.Event.Action == a {
			list = append(list, r.Event)
		}
	}
	return list
}

// A law abolishes New York's summer time: the reload lists the shifts that move, remembers them, and then holds.
func TestReloadOfZoneDataListsWhatMoves(t *testing.T) {
	dir := t.TempDir()
	all := map[string]string{}
	for _, name := range policy.EmbeddedZones().Names() {
		if strings.HasPrefix(name, "America/") {
			all[name] = name
		}
	}
	tree(t, dir, "2026f", all)
	s := houseIn(t, dir)
	if z := s.office.Zones(); z.Version != "2026f" || z.Fallback || s.office.ZonesLost() != nil {
		t.Fatalf("%+v %v", z.Version, s.office.ZonesLost())
	}
	s.reloadZones(t.Context())
	if got := remembered(t, s, audit.ZonesLoaded); len(got) != 0 {
		t.Errorf("the same data is a change: %+v", got)
	}
	tree(t, dir, "2026g", map[string]string{"America/New_York": "America/Bogota"})
	s.reloadZones(t.Context())
	loaded := remembered(t, s, audit.ZonesLoaded)
	if len(loaded) != 1 || loaded[0].Facts["before"] != "2026f" || loaded[0].Facts["after"] != "2026g" || loaded[0].Facts["shifts_moved"] == "0" {
		t.Fatalf("%+v", loaded)
	}
	moved := remembered(t, s, audit.ShiftMoved)
	if len(moved) == 0 || moved[0].Facts["new_start"] == moved[0].Facts["old_start"] && moved[0].Facts["new_end"] == moved[0].Facts["old_end"] {
		t.Errorf("%d shifts moved: %+v", len(moved), moved)
	}
	if s.office.Zones().Version != "2026g" {
		t.Error("the new data does not hold")
	}
	if err := s.rules.load(t.Context()); err != nil || s.rules.now.Load().policy.Zones.Version != "2026g" {
		t.Error("calls do not follow it", err)
	}
	if rep, err := s.office.Store.VerifyAudit(t.Context(), nil); err != nil || !rep.OK {
		t.Error(rep, err)
	}
}

func TestUnreadableZoneDataKeepsTheOld(t *testing.T) {
	dir := t.TempDir()
	tree(t, dir, "2026f", map[string]string{"America/New_York": "America/New_York"})
	s := houseIn(t, dir)
	if err := os.RemoveAll(filepath.Join(dir, "America")); err != nil {
		t.Fatal(err)
	}
	s.reloadZones(t.Context())
	if z := s.office.Zones(); z.Version != "2026f" {
		t.Error(z.Version)
	}
	if got := strings.Join(s.alarms.list(), "\n"); !strings.Contains(got, "the old one stands") {
		t.Error(got)
	}
}

// A house whose zone data is gone opens all the same: the copy inside stands in, and says so.
func TestMissingZoneDataFallsBackWithAWarning(t *testing.T) {
	s := houseIn(t, filepath.Join(t.TempDir(), "nothing"))
	if z := s.office.Zones(); !z.Fallback || s.office.ZonesLost() == nil {
		t.Errorf("%v %v", z.Version, s.office.ZonesLost())
	}
	s.lookAtZones()
	if got := strings.Join(s.alarms.list(), "\n"); !strings.Contains(got, "the copy inside the program stands in") {
		t.Error(got)
	}
	found := (health{office: s.office}).zones(t.Context())
	if !strings.Contains(found.Detail, "in its place") {
		t.Errorf("%+v", found)
	}
}
