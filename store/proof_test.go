package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nightbell/audit"
)

// tampered changes a database as somebody with the command would.
func tampered(t testing.TB, path string, statements ...string) {
	t.Helper()
	if out, err := exec.Command("sqlite3", append([]string{"-bail", path}, statements...)...).CombinedOutput(); err != nil {
		t.Fatalf("sqlite3: %v: %s", err, out)
	}
}

// independent asks scripts/audit-verify.py, which shares no line with us.
func independent(t testing.TB, file string, flags ...string) audit.Report {
	t.Helper()
	cmd := exec.Command("python3", append([]string{"-B", "../scripts/audit-verify.py", "--json", file}, flags...)...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	var r audit.Report
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatalf("audit-verify.py: %v: %s%s", err, out, errs.String())
	}
	return r
}

func (s *Store) vkey(t testing.TB) string {
	t.Helper()
	v, err := s.AuditVerifier()
	if err != nil {
		t.Fatal(err)
	}
	return v.Keys()[0]
}

// agree fails unless both verifiers say the same of a closed database; it gives their verdict. The witnesses are what
// somebody else has kept.
func agree(t *testing.T, opt Options, witnesses ...[]byte) audit.Report {
	t.Helper()
	s := opened(t, opt)
	ours, err := s.VerifyAudit(context.Background(), witnesses)
	key := s.vkey(t)
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	flags := []string{"--key", key}
	for i, w := range witnesses {
		path := filepath.Join(t.TempDir(), fmt.Sprintf("%d.note", i))
		if err := os.WriteFile(path, w, 0o600); err != nil {
			t.Fatal(err)
		}
		flags = append(flags, "--witness", path)
	}
	theirs := independent(t, opt.Path, flags...)
	if ours.OK != theirs.OK || ours.FirstBad != theirs.FirstBad || ours.LastBad != theirs.LastBad || ours.Why != theirs.Why {
		t.Errorf("we say %+v, the independent verifier %+v", ours, theirs)
	}
	return ours
}

// P6: whatever is edited, deleted or inserted in a real database, with the sqlite3 command, is found, and both verifiers
// name the same first seq.
func TestEveryTamperingIsFoundByBothVerifiers(t *testing.T) {
	const again = `INSERT INTO audit_leaves SELECT %d, at, action, object, clinic, actor, correlation, leaf FROM audit_leaves WHERE seq = 3`
	for name, c := range map[string]struct {
		sql   string
		first int64
	}{
		"nothing":              {`SELECT 1`, -1},
		"leaf edited":          {`UPDATE audit_leaves SET leaf = replace(leaf, 'r7', 'r8'), correlation = 'r8' WHERE seq = 7`, 7},
		"leaf and its hash":    {`UPDATE audit_leaves SET leaf = replace(leaf, 'r7', 'r8'), correlation = 'r8' WHERE seq = 7; UPDATE audit_hashes SET hash = randomblob(32) WHERE idx = 11`, 7},
		"leaf with spaces":     {`UPDATE audit_leaves SET leaf = replace(leaf, ':', ': ') WHERE seq = 7`, 7},
		"who did it":           {`UPDATE audit_leaves SET actor = 'bo' WHERE seq = 7`, 7},
		"when it was":          {`UPDATE audit_leaves SET at = at - 86400000000 WHERE seq = 7`, 7},
		"leaf deleted":         {`DELETE FROM audit_leaves WHERE seq = 7`, 7},
		"first leaf deleted":   {`DELETE FROM audit_leaves WHERE seq = 0`, 0},
		"last leaf deleted":    {`DELETE FROM audit_leaves WHERE seq = 11`, 11},
		"leaf inserted":        {fmt.Sprintf(again, 12), 12},
		"leaf before all":      {fmt.Sprintf(again, -1), -1},
		"tree node edited":     {`UPDATE audit_hashes SET hash = zeroblob(32) WHERE idx = 4`, 3},
		"tree node short":      {`UPDATE audit_hashes SET hash = x'00' WHERE idx = 4`, 3},
		"tree node deleted":    {`DELETE FROM audit_hashes WHERE idx = 4`, 3},
		"leaf's hash deleted":  {`DELETE FROM audit_hashes WHERE idx = 0`, 0},
		"tree node added":      {`INSERT INTO audit_hashes VALUES (22, zeroblob(32))`, 12},
		"checkpoint edited":    {`UPDATE audit_checkpoints SET note = replace(note, char(10) || '9' || char(10), char(10) || '8' || char(10)) WHERE size = 9`, 8},
		"checkpoint swapped":   {`UPDATE audit_checkpoints SET note = (SELECT note FROM audit_checkpoints WHERE size = 8) WHERE size = 9`, 8},
		"signature cut":        {`UPDATE audit_checkpoints SET note = substr(note, 1, 80) WHERE size = 9`, 8},
		"signature of another": {`UPDATE audit_checkpoints SET note = (SELECT substr(note, 1, instr(note, char(10) || char(10)) + 1) FROM audit_checkpoints WHERE size = 9) || (SELECT substr(note, instr(note, char(10) || char(10)) + 2) FROM audit_checkpoints WHERE size = 8) WHERE size = 9`, 8},
		"last not signed":      {`DELETE FROM audit_checkpoints WHERE size = 12`, 11},
		"leaves called sealed": {`DELETE FROM audit_leaves WHERE seq < 3; INSERT INTO audit_segments VALUES (0, 3, 0, 'audit-x.nbs', zeroblob(32), 1, 0, NULL)`, 0},
		"leaves called old":    {`DELETE FROM audit_leaves WHERE seq < 3; INSERT INTO audit_segments VALUES (0, 3, 0, 'audit-x.nbs', zeroblob(32), 1, 0, 1)`, 0},
	} {
		t.Run(name, func(t *testing.T) {
			opt := audited(t, 12)
			tampered(t, opt.Path, c.sql)
			if name == "leaves called sealed" { // the independent one cannot open segments; it sees that no leaf speaks of one
				s := opened(t, opt)
				if r, err := s.VerifyAudit(context.Background(), nil); err != nil || r.OK || r.FirstBad != 0 {
					t.Errorf("%+v %v", r, err)
				}
				if r := independent(t, opt.Path, "--key", s.vkey(t)); r.OK || r.FirstBad != 0 {
					t.Errorf("%+v", r)
				}
				return
			}
			if r := agree(t, opt); r.FirstBad != c.first || r.OK != (name == "nothing") {
				t.Errorf("%+v, want first bad %d", r, c.first)
			}
		})
	}
}

// Yesterday's database put back looks whole by itself; whoever has kept today's checkpoint sees it.
func TestRollbackIsFoundByBothVerifiers(t *testing.T) {
	opt := audited(t, 6)
	yesterday := readAll(t, opt.Path)
	s := opened(t, opt)
	for range 3 {
		if err := s.Audit(context.Background(), ping("x")); err != nil {
			t.Fatal(err)
		}
	}
	today, err := s.Checkpoint(context.Background())
	if err := errors.Join(err, s.Close(), os.WriteFile(opt.Path, yesterday, 0o600)); err != nil {
		t.Fatal(err)
	}
	if r := agree(t, opt); !r.OK {
		t.Errorf("by itself: %+v", r)
	}
	if r := agree(t, opt, today.Note); r.OK || r.FirstBad != 6 || r.LastBad != 8 {
		t.Errorf("against what was witnessed: %+v", r)
	}
	s = opened(t, opt) // other leaves in the place of those that are gone
	for range 5 {
		if err := s.Audit(context.Background(), ping("y")); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if r := agree(t, opt, today.Note); r.OK || r.Why != "root differs from the witnessed checkpoint" {
		t.Errorf("a fork: %+v", r)
	}
}

// A restore begins the next epoch. The log verifies when the epoch declares what was witnessed and lost, and not otherwise.
func TestNextEpochDeclaresWhatWasLost(t *testing.T) {
	opt := audited(t, 6)
	yesterday := readAll(t, opt.Path)
	s := opened(t, opt)
	if err := s.Audit(context.Background(), ping("lost")); err != nil {
		t.Fatal(err)
	}
	today, err := s.Checkpoint(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	v, _ := s.AuditVerifier()
	seen, err := v.Open(today.Note)
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		witnessed audit.Head
		ok        bool
	}{
		"declared":         {audit.HeadOf(seen), true},
		"more was seen":    {audit.Head{Size: 9, Root: audit.Hash{1}}, true},
		"not declared":     {audit.Head{}, false},
		"another root":     {audit.Head{Size: seen.Size, Root: audit.Hash{1}}, false},
		"less than it was": {audit.Head{Size: 6}, false},
	} {
		if err := os.WriteFile(opt.Path, yesterday, 0o600); err != nil {
			t.Fatal(err)
		}
		s := opened(t, opt)
		n, err := s.BeginEpoch(context.Background(), amy, Epoch{Witnessed: c.witnessed, Approvals: []string{"person:amy", "person:bo"}})
		if err != nil || n != 2 {
			t.Fatal(n, err)
		}
		if err := errors.Join(s.Audit(context.Background(), ping("after")), s.Close()); err != nil {
			t.Fatal(err)
		}
		if r := agree(t, opt, today.Note); r.OK != c.ok || c.ok && r.Epoch != 2 {
			t.Errorf("%s: %+v", name, r)
		}
	}
	tampered(t, opt.Path, `DELETE FROM audit_epochs`) // the name goes back to that of the first epoch
	s = opened(t, opt)
	if err := errors.Join(s.Audit(context.Background(), ping("x")), s.Close()); err != nil {
		t.Fatal(err)
	}
	if r := agree(t, opt); r.OK || r.FirstBad != 8 {
		t.Errorf("epoch forgotten: %+v", r)
	}
}

func TestEpochIsOfTheRestoredLogAlone(t *testing.T) {
	s := fresh(t)
	if err := s.Audit(context.Background(), ping("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.BeginEpoch(context.Background(), amy, Epoch{Restored: audit.Head{Size: 7}}); !errors.Is(err, ErrConflict) {
		t.Errorf("%v", err)
	}
	for want := 2; want < 4; want++ {
		if n, err := s.BeginEpoch(context.Background(), amy, Epoch{}); err != nil || n != want {
			t.Errorf("epoch %d, %v; want %d", n, err, want)
		}
		if n, err := s.AuditEpoch(context.Background()); err != nil || n != want {
			t.Error(n, err)
		}
	}
	holds(t, s)
}

// plainArchive keeps segments as they are: the sealing is keep's.
type plainArchive struct{ dir string }

func (a plainArchive) Put(name string, plain []byte) (SealedFile, error) {
	return SealedFile{sha256.Sum256(plain), 1}, os.WriteFile(filepath.Join(a.dir, name), plain, 0o600)
}

func (a plainArchive) Open(name string, digest []byte) ([]byte, error) {
	b, err := os.ReadFile(filepath.Join(a.dir, name))
	if sum := sha256.Sum256(b); err == nil && !bytes.Equal(sum[:], digest) {
		err = errors.New("another file")
	}
	return b, err
}

func (a plainArchive) Remove(name string) error { return os.Remove(filepath.Join(a.dir, name)) }

// Leaves grow old: into sealed segments, provable and exportable as before; and after six years, not a day earlier, they
// are removed, and the log verifies still.
func TestOldLeavesAreSealedAndAfterSixYearsRemoved(t *testing.T) {
	ctx, opt := context.Background(), made(t)
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	opt.Clock = func() time.Time { return now }
	s := opened(t, opt)
	dir := t.TempDir()
	s.UseArchive(plainArchive{dir})
	for i := range 30 {
		if err := s.Audit(ctx, ping(fmt.Sprintf("r%d", i))); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Hour)
	}
	if n, err := s.ArchiveAudit(ctx, system, Stretch{now.Add(-10 * time.Hour), 21, 50}); n != 0 || err != nil {
		t.Fatalf("too few: %d %v", n, err)
	}
	for _, want := range []int{8, 8, 4} {
		if n, err := s.ArchiveAudit(ctx, system, Stretch{now.Add(-10 * time.Hour), 1, 8}); n != want || err != nil {
			t.Fatalf("%d moved, %v; want %d", n, err, want)
		}
	}
	holds(t, s)
	p, err := s.ProveAudit(ctx, 11)
	v, _ := s.AuditVerifier()
	if err != nil || audit.CheckProof(p, v) != nil {
		t.Errorf("a leaf of a segment: %v", err)
	}
	if r := exportVerified(t, s, AuditSpan{}); !r.OK || r.Size != 33 {
		t.Errorf("export: %+v", r)
	}
	if r := independent(t, opt.Path, "--key", s.vkey(t)); !r.OK {
		t.Errorf("database with segments: %+v", r)
	}
	if n, err := s.RemoveSegments(ctx, system, now); n != 0 || err != nil {
		t.Errorf("removed before six years: %d %v", n, err)
	}
	now = now.Add(AuditFloor - 19*time.Hour)
	if n, err := s.RemoveSegments(ctx, system, now); n != 1 || err != nil {
		t.Errorf("%d removed, %v", n, err)
	}
	if r := holds(t, s); r != 34 {
		t.Errorf("%d leaves", r)
	}
	if r := exportVerified(t, s, AuditSpan{}); !r.OK {
		t.Errorf("export: %+v", r)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	if len(files) != 2 {
		t.Errorf("left: %v", files)
	}
	if err := os.WriteFile(files[0], []byte("bent"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r, err := s.VerifyAudit(ctx, nil); err != nil || r.OK || r.FirstBad != 8 {
		t.Errorf("a bent segment: %+v %v", r, err)
	}
}

// exportVerified exports and lets the independent verifier judge.
func exportVerified(t *testing.T, s *Store, span AuditSpan) audit.Report {
	t.Helper()
	path := filepath.Join(t.TempDir(), "export.jsonl")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.ExportAudit(context.Background(), f, span), f.Close()); err != nil {
		t.Fatal(err)
	}
	return independent(t, path, "--key", s.vkey(t))
}

func TestExportIsVerifiedWithoutUs(t *testing.T) {
	s := fresh(t)
	var witness audit.Kept
	for i := range 21 {
		if err := s.Audit(context.Background(), ping(fmt.Sprintf("r%d", i))); err != nil {
			t.Fatal(err)
		}
		if i == 12 {
			witness, _ = s.Checkpoint(context.Background())
		}
	}
	if r := exportVerified(t, s, AuditSpan{Witnesses: [][]byte{witness.Note}}); !r.OK || r.Size != 21 || r.Checkpoints != 21 {
		t.Errorf("whole: %+v", r)
	}
	if r := exportVerified(t, s, AuditSpan{From: 5, Until: 9}); !r.OK || r.Size != 4 {
		t.Errorf("part: %+v", r)
	}
	var whole bytes.Buffer
	if err := s.ExportAudit(context.Background(), &whole, AuditSpan{Witnesses: [][]byte{witness.Note}}); err != nil {
		t.Fatal(err)
	}
	for name, bend := range map[string]func(string) string{
		"leaf edited": func(x string) string { return strings.Replace(x, `r7\"`, `r8\"`, 1) },
		"leaf gone": func(x string) string {
			return strings.Replace(x, strings.SplitAfter(x, "\n")[15], "", 1)
		},
		"cut":              func(x string) string { return x[:strings.LastIndex(strings.TrimSpace(x), "\n")+1] },
		"witness's growth": func(x string) string { return strings.Replace(x, `"proof":["`, `"proof":["AAAA`, 1) },
	} {
		path := filepath.Join(t.TempDir(), "bent.jsonl")
		if err := os.WriteFile(path, []byte(bend(whole.String())), 0o600); err != nil {
			t.Fatal(err)
		}
		if r := independent(t, path, "--key", s.vkey(t)); r.OK {
			t.Errorf("%s: %+v", name, r)
		}
	}
	for _, span := range []AuditSpan{{From: -1}, {From: 30}, {From: 9, Until: 3}} {
		if err := s.ExportAudit(context.Background(), &whole, span); !errors.Is(err, ErrInvalid) {
			t.Errorf("%+v: %v", span, err)
		}
	}
}

// An older log that was put back goes on until two people accept it: past the checkpoint that was witnessed, with other
// leaves. It verifies when its next epoch declares that checkpoint.
func TestAcceptedForkVerifies(t *testing.T) {
	opt := audited(t, 6)
	yesterday := readAll(t, opt.Path)
	s := opened(t, opt)
	if err := errors.Join(s.Audit(context.Background(), ping("lost")), s.Audit(context.Background(), ping("lost too"))); err != nil {
		t.Fatal(err)
	}
	today, err := s.Checkpoint(context.Background())
	v, _ := s.AuditVerifier()
	seen, err2 := v.Open(today.Note)
	if err := errors.Join(err, err2, s.Close(), os.WriteFile(opt.Path, yesterday, 0o600)); err != nil {
		t.Fatal(err)
	}
	s = opened(t, opt)
	for i := range 5 {
		if err := s.Audit(context.Background(), ping(fmt.Sprint("meanwhile", i))); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if r := agree(t, opt, today.Note); r.OK || r.FirstBad != 7 {
		t.Errorf("not accepted: %+v", r)
	}
	s = opened(t, opt)
	_, err = s.BeginEpoch(context.Background(), amy, Epoch{Witnessed: audit.HeadOf(seen), Approvals: []string{"person:amy", "person:bo"}})
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	if r := agree(t, opt, today.Note); !r.OK || r.Epoch != 2 {
		t.Errorf("accepted: %+v", r)
	}
}
