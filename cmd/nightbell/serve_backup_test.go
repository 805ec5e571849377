package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nightbell/keep"
)

func TestABackupIsDueOnceADay(t *testing.T) {
	cfg := BackupConfig{At: "03:10"}
	at := func(text string) time.Time {
		v, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for last, next := range map[string]string{
		"2026-11-23T03:10:00Z":      "2026-11-24T03:10:00Z",
		"2026-11-23T03:09:59Z":      "2026-11-23T03:10:00Z",
		"2026-11-23T22:30:00Z":      "2026-11-24T03:10:00Z",
		"2026-11-23T22:00:00-05:00": "2026-11-24T03:10:00Z", // one zone, whatever the machine's is
		"2026-12-31T04:00:00Z":      "2027-01-01T03:10:00Z",
	} {
		if got := nextBackup(cfg, at(last)); !got.Equal(at(next)) {
			t.Errorf("after %s: %s, not %s", last, got, next)
		}
	}
	if !nextBackup(cfg, time.Time{}).IsZero() {
		t.Error("a house without a backup waits for one")
	}
}

func TestBackupSettingsAreChecked(t *testing.T) {
	for text, words := range map[string]string{
		`at = "25:00"`:        "backup.at",
		`keep = "often"`:      "backup.keep",
		`rate_mib = -1`:       "backup.rate_mib",
		`to = "relative"`:     "backup.to",
		`to = "s3://b/p"`:     "endpoint and credentials",
		`secret_key = "argh"`: "unknown key",
	} {
		var wrong []string
		b := demoConfig(t) + "\n[backup]\n" + text + "\n"
		_, err := parseConfig("x.toml", []byte(b))
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: %v %v", text, wrong, err)
		}
	}
}

// demoConfig is what setup writes.
func demoConfig(t *testing.T) string {
	t.Helper()
	return setupPlan{Mode: Production, Unseal: UnsealPassphrase, Bind: loopback}.configuration()
}

func TestOneSettingIsChangedAndNothingElse(t *testing.T) {
	text := "# head\n[keys]\n# why\nunseal = \"passphrase\"\n\n[recordings]\ndir = \"/mnt/x\" # there\n"
	for _, c := range []struct{ table, key, value, want string }{
		{"keys", "unseal", "tpm", "# head\n[keys]\n# why\nunseal = \"tpm\"\n\n[recordings]\ndir = \"/mnt/x\" # there\n"},
		{"keys", "key_file", "/k", "# head\n[keys]\nkey_file = \"/k\"\n# why\nunseal = \"passphrase\"\n\n[recordings]\ndir = \"/mnt/x\" # there\n"},
		{"recordings", "dir", "recordings", "# head\n[keys]\n# why\nunseal = \"passphrase\"\n\n[recordings]\ndir = \"recordings\"\n"},
		{"backup", "to", `C:\"x`, text + "\n[backup]\nto = \"C:\\\\\\\"x\"\n"},
	} {
		if got := withSetting(text, c.table, c.key, c.value); got != c.want {
			t.Errorf("%s.%s:\n%s", c.table, c.key, got)
		}
	}
}

// A server that finds what a killed backup left removes it.
func TestWhatAKilledBackupLeftIsSwept(t *testing.T) {
	dir := t.TempDir()
	left := filepath.Join(dir, ".backup-1234")
	if err := os.MkdirAll(left, 0o700); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := (&backupWatch{office: &office{Config: Config{Dir: dir}}, alarms: &alarms{}}).Run(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(left); !os.IsNotExist(err) {
		t.Error(err)
	}
}

// The alarm by age, the backup that is due, the retry: by a clock that is set.
func TestTheServerKeepsBackupsGoing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	if _, err := setUp(t.Context(), setupPlan{Dir: dir, Mode: Development, Unseal: UnsealKeyFile, KeyFile: "keys/unseal.key", Bind: loopback, Now: time.Now()}); err != nil {
		t.Fatal(err)
	}
	o := unsealedOffice(t, dir)
	now := time.Now()
	o.now = func() time.Time { return now }
	away := filepath.Join(t.TempDir(), "not", "mounted")
	o.Config.Backup.To = away
	w := &backupWatch{office: o, alarms: &alarms{}}
	look := func() []string {
		w.look(t.Context())
		o.backups.work.Wait()
		w.look(t.Context())
		return w.alarms.list()
	}
	if got := look(); len(got) != 2 || !strings.HasPrefix(got[0], "backup: ") || !strings.HasPrefix(got[1], "backup_old: there is no backup") {
		t.Errorf("nothing is there, nowhere to put it: %v", got)
	}
	o.Config.Backup.To = filepath.Dir(filepath.Dir(away)) + "/repository"
	if got := look(); len(got) != 2 {
		t.Errorf("tried again at once: %v", got)
	}
	now = now.Add(backupRetry)
	if got := look(); len(got) != 0 {
		t.Errorf("after a backup: %v", got)
	}
	now = now.Add(37 * time.Hour)
	o.Config.Backup.To = away
	if got := look(); len(got) != 2 || !strings.Contains(got[1], "the last backup is of") {
		t.Errorf("37 hours later: %v", got)
	}
}

// The day that a certificate states is right: whatever the policy, a snapshot of that moment is pruned by then where a house
// goes on backing itself up each day.
func TestTheStatedDayIsKept(t *testing.T) {
	for _, keepText := range []string{"7d 5w 12m", "1d", "30d", "3w", "2m", "1d 1w 1m", "14d 8w"} {
		policy, err := keep.ParsePolicy(keepText)
		if err != nil {
			t.Fatal(err)
		}
		o := &office{}
		o.Config.Backup.To, o.Config.Backup.Keep = "/mnt/backup", keepText
		for _, made := range []time.Time{time.Date(2026, 1, 31, 23, 59, 0, 0, time.UTC), time.Date(2026, 11, 1, 0, 1, 0, 0, time.UTC), time.Date(2027, 12, 31, 12, 0, 0, 0, time.UTC)} {
			until := o.backupsUntil(made)
			var list []keep.Snapshot
			for at := made; !at.After(until.AddDate(0, 0, 1)); at = at.AddDate(0, 0, 1) {
				list = append(list, keep.Snapshot{ID: at.Format("20060102T150405Z"), Made: at})
			}
			if policy.Keeps(list)[list[0].ID] {
				t.Errorf("keep %q: the snapshot of %s is still kept on %s", keepText, made.Format(time.DateOnly), until.Format(time.DateOnly))
			}
		}
	}
}
