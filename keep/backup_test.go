package keep

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nightbell/audit"
	"nightbell/store"
)

func TestABackupComesBackWhole(t *testing.T) {
	base := t.TempDir()
	h := built(t, filepath.Join(base, "house"))
	for range 5 {
		recorded(t, h, 3)
	}
	r := repositoryAt(t, h, filepath.Join(base, "repo"), day(0))
	made := backed(t, r, h)
	if made.Recordings != 5 || made.Problems != 0 || made.Schema != store.NewestSchema() || made.Head.Size == 0 {
		t.Fatalf("%+v", made)
	}
	into := filepath.Join(base, "new")
	back := restored(t, r, into, "")
	if back.ID != made.ID || len(back.Left)+len(back.Shredded) != 0 {
		t.Errorf("%+v", back)
	}
	was, is := everyFile(t, h.Dir), everyFile(t, into)
	for name, b := range was {
		switch got, there := is[name]; {
		case name == "keys/unseal.key":
			if there {
				t.Error("the key travelled with the data")
			}
		case strings.HasPrefix(name, databaseName):
		case !there || !same(b, got):
			t.Errorf("%s: there %v, %d bytes of %d", name, there, len(got), len(b))
		}
	}
	again := opened(t, into)
	if rep, err := again.Store.VerifyAudit(context.Background(), nil); err != nil || !rep.OK || rep.Size < made.Head.Size {
		t.Errorf("audit: %+v %v", rep, err)
	}
	book, err := again.Store.Book(context.Background())
	if err != nil || !strings.Contains(book.People[0].Name.Reveal(), canaries[0]) {
		t.Errorf("book: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(base, "*.restoring")); len(left) > 0 {
		t.Error(left)
	}
	if left, _ := filepath.Glob(filepath.Join(h.Dir, workPrefix+"*")); len(left) > 0 {
		t.Error(left)
	}
}

func TestWhatIsThereIsNotSentAgain(t *testing.T) {
	base := t.TempDir()
	h := built(t, filepath.Join(base, "house"))
	recorded(t, h, 30)
	c := day(0)
	r := repositoryAt(t, h, filepath.Join(base, "repo"), c)
	first := backed(t, r, h)
	before := everyFile(t, filepath.Join(base, "repo"))
	c.now = c.now.Add(24 * time.Hour)
	recorded(t, h, 10)
	second := backed(t, r, h)
	if second.Recordings != 2 || second.Files != first.Files {
		t.Errorf("%+v", second)
	}
	parts, sounds := 0, 0
	for name := range everyFile(t, filepath.Join(base, "repo")) {
		if _, old := before[name]; old {
			continue
		}
		switch {
		case strings.HasPrefix(name, "parts/"):
			parts++
		case strings.HasPrefix(name, "recordings/"):
			sounds++
		}
	}
	if parts != 1 || sounds != 1 {
		t.Errorf("%d parts and %d recordings are new; one database and one recording were", parts, sounds)
	}
	// A try that broke off before its note has left recordings: they are compared, not sent again.
	check(t, os.Remove(filepath.Join(base, "repo", "snapshots", second.ID, noteObject)))
	c.now = c.now.Add(time.Hour)
	if third := backed(t, r, h); third.Recordings != 2 || third.Bytes-third.Added < 40*8000 {
		t.Errorf("%+v", third)
	}
}

func TestARepositoryHoldsNothingInClear(t *testing.T) {
	base := t.TempDir()
	h := built(t, filepath.Join(base, "house"))
	recorded(t, h, 3)
	r := repositoryAt(t, h, filepath.Join(base, "repo"), day(0))
	backed(t, r, h)
	for name, b := range everyFile(t, filepath.Join(base, "repo")) {
		for _, canary := range canaries {
			for _, form := range []string{canary, base64.StdEncoding.EncodeToString([]byte(canary))[:len(canary)], hex.EncodeToString([]byte(canary))} {
				if bytes.Contains(b, []byte(form)) {
					t.Errorf("%s holds %q", name, form)
				}
			}
		}
		if bytes.Contains(b, []byte("SQLite format 3")) || bytes.Contains(b, []byte("BEGIN ")) {
			t.Errorf("%s is in clear", name)
		}
		if strings.Contains(name, "nightbell.db") || strings.Contains(name, "tls") {
			t.Errorf("the name %s says what it is", name)
		}
	}
}

func TestARecordingThatIsNotWhatItsRowSaysIsTold(t *testing.T) {
	base := t.TempDir()
	h := built(t, filepath.Join(base, "house"))
	whole, altered, lost := recorded(t, h, 3), recorded(t, h, 3), recorded(t, h, 3)
	path := must(h.Recordings.Path(altered.FileName))(t)
	b := must(os.ReadFile(path))(t)
	b[len(b)/2] ^= 1
	check(t, os.WriteFile(path, b, 0o600))
	check(t, h.Recordings.Remove(lost.FileName))
	made := backed(t, repositoryAt(t, h, filepath.Join(base, "repo"), day(0)), h)
	told := map[string]string{}
	for _, p := range made.Troubles {
		told[p.Recording] = p.Why
	}
	if len(told) != 2 || told[altered.ID] == "" || told[lost.ID] == "" || told[whole.ID] != "" || made.Recordings != 2 {
		t.Errorf("%+v of %d", made.Troubles, made.Recordings)
	}
}

// P10: a shredded recording leaves the repository with the next backup, whatever snapshot named it, and an older
// snapshot does not bring its key back to life.
func TestAShreddedRecordingLeavesTheBackups(t *testing.T) {
	base := t.TempDir()
	h := built(t, filepath.Join(base, "house"))
	gone, stays := recorded(t, h, 3), recorded(t, h, 3)
	c := day(0)
	r := repositoryAt(t, h, filepath.Join(base, "repo"), c)
	old := backed(t, r, h)
	body := must(os.ReadFile(must(h.Recordings.Path(gone.FileName))(t)))(t)
	check(t, h.Store.ShredRecording(context.Background(), amy, gone.ID, "asked for"))
	check(t, h.Recordings.Remove(gone.FileName))
	c.now = c.now.Add(24 * time.Hour)
	backed(t, r, h)
	by := Keys{h.Root, h.Ring}
	done, err := r.Prune(context.Background(), by, DefaultPolicy)
	if err != nil || done.Shredded != 1 || done.Kept != 2 || done.Objects != 0 {
		t.Fatalf("%+v %v", done, err)
	}
	kernel := body[8192 : 8192+64]
	for name, b := range everyFile(t, filepath.Join(base, "repo")) {
		if strings.Contains(name, filepath.Base(gone.FileName)) || bytes.Contains(b, kernel) {
			t.Errorf("%s still has it", name)
		}
	}
	v, err := r.Verify(context.Background(), old.ID, by, Verifying{})
	if err != nil || len(v.Bad) != 0 || v.Gone != 1 {
		t.Errorf("the older snapshot: %+v %v", v, err)
	}
	back := restored(t, r, filepath.Join(base, "new"), old.ID)
	if len(back.Shredded) != 1 || back.Shredded[0] != gone.ID || back.Later.Size <= back.Head.Size {
		t.Errorf("%+v", back)
	}
	if _, err := os.Stat(filepath.Join(base, "new", "recordings", stays.FileName)); err != nil {
		t.Error(err)
	}
}

func TestPoliciesKeepDaysWeeksAndMonths(t *testing.T) {
	var list []Snapshot
	for n := range 400 {
		at := day(n).now
		list = append(list, Snapshot{ID: at.Format("20060102T150405Z"), Made: at})
	}
	for _, c := range []struct {
		p    Policy
		want int
	}{{Policy{Days: 7}, 7}, {Policy{Weeks: 5}, 5}, {Policy{Months: 12}, 12}, {Policy{Days: 1, Weeks: 1, Months: 1}, 1}, {Policy{Days: 1000}, 400}} {
		if got := c.p.Keeps(list); len(got) != c.want || !got[list[399].ID] {
			t.Errorf("%s keeps %d", c.p, len(got))
		}
	}
	if got := DefaultPolicy.Keeps(list); len(got) < 19 || len(got) > 24 {
		t.Errorf("the default keeps %d", len(got))
	}
	for _, bad := range []string{"", "7", "7y", "-1d", "0d", "7d x", "d"} {
		if p, err := ParsePolicy(bad); err == nil {
			t.Errorf("%q is %v", bad, p)
		}
	}
	if p, err := ParsePolicy(DefaultPolicy.String()); err != nil || p != DefaultPolicy {
		t.Error(p, err)
	}
}

func TestPruneTakesWhatNothingNames(t *testing.T) {
	base := t.TempDir()
	h := built(t, filepath.Join(base, "house"))
	recorded(t, h, 3)
	c := day(0)
	r := repositoryAt(t, h, filepath.Join(base, "repo"), c)
	var ids []string
	for range 10 {
		check(t, h.Store.Audit(context.Background(), audit.Event{Actor: amy, Action: audit.ServerStarted, Object: "server:x"}))
		ids = append(ids, backed(t, r, h).ID)
		c.now = c.now.Add(24 * time.Hour)
	}
	stray := filepath.Join(base, "repo", "parts", "zz")
	check(t, os.MkdirAll(stray, 0o700))
	check(t, os.WriteFile(filepath.Join(stray, unfinished+"abc"), []byte("half"), 0o600))
	by := Keys{h.Root, h.Ring}
	c.now = time.Now() // the folder's files are of today: within the grace nothing that is not named goes
	if done, err := r.Prune(context.Background(), by, Policy{Days: 3}); err != nil || done.Snapshots != 7 || done.Objects != 0 {
		t.Fatalf("%+v %v", done, err)
	}
	c.now = c.now.Add(2 * grace)
	done, err := r.Prune(context.Background(), by, Policy{Days: 3})
	if err != nil || done.Objects != 8 || done.Kept != 3 {
		t.Fatalf("%+v %v", done, err)
	}
	for _, id := range ids[7:] {
		if v, err := r.Verify(context.Background(), id, by, Verifying{}); err != nil || len(v.Bad) > 0 {
			t.Errorf("%+v %v", v, err)
		}
	}
	// A snapshot that cannot be read may need anything: nothing is taken for unnamed then.
	name := filepath.Join(base, "repo", "snapshots", ids[8], manifestObject)
	b := must(os.ReadFile(name))(t)
	check(t, os.WriteFile(name, b[:len(b)-1], 0o600))
	check(t, os.WriteFile(filepath.Join(base, "repo", "parts", "stray.nbb"), []byte("x"), 0o600))
	check(t, os.Chtimes(filepath.Join(base, "repo", "parts", "stray.nbb"), time.Unix(0, 0), time.Unix(0, 0)))
	if done, err := r.Prune(context.Background(), by, Policy{Days: 3}); err == nil || done.Objects != 0 {
		t.Errorf("%+v %v", done, err)
	}
}

func TestAnOldKeyStillOpensOldSnapshots(t *testing.T) {
	base := t.TempDir()
	h := built(t, filepath.Join(base, "house"))
	recorded(t, h, 3)
	c := day(0)
	r := repositoryAt(t, h, filepath.Join(base, "repo"), c)
	first := backed(t, r, h)
	if _, err := h.Ring.Rotate("backup", ""); err != nil {
		t.Fatal(err)
	}
	c.now = c.now.Add(24 * time.Hour)
	second := backed(t, r, h)
	for _, id := range []string{first.ID, second.ID} {
		if v, err := r.Verify(context.Background(), id, Keys{Root: h.Root}, Verifying{}); err != nil || len(v.Bad) > 0 {
			t.Errorf("%s: %+v %v", id, v, err)
		}
	}
}
