package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"nightbell/console"
)

// The guard acts on a whole process, so a child tries it.
func TestGuardedProcessLeavesNoCore(t *testing.T) {
	if os.Getenv("NIGHTBELL_GUARDED_CHILD") != "" {
		if err := guard(); err != nil {
			t.Fatal(err)
		}
		dumpable, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0)
		var limit unix.Rlimit
		if err != nil || dumpable != 0 || unix.Getrlimit(unix.RLIMIT_CORE, &limit) != nil || limit.Max != 0 {
			t.Fatalf("dumpable %d, core limit %+v, %v", dumpable, limit, err)
		}
		return
	}
	child := exec.Command(os.Args[0], "-test.run", "^TestGuardedProcessLeavesNoCore$")
	child.Env = append(os.Environ(), "NIGHTBELL_GUARDED_CHILD=1", "GOTRACEBACK=crash")
	if out, err := child.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func TestDoctorSeesSwapOnADisk(t *testing.T) {
	const head = "Filename\tType\tSize\tUsed\tPriority\n"
	for text, want := range map[string]console.Grade{
		head:                                    console.Fine,
		head + "/dev/zram0 partition 1 0 100\n": console.Fine,
		head + "/dev/dm-1 partition 1 0 -2\n":   console.Warn,
		head + "/swapfile file 2097148 0 -2\n":  console.Warn,
	} {
		path := filepath.Join(t.TempDir(), "swaps")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if f := swapFinding(path); f.Grade != want || strings.Contains(text, "swapfile") && !strings.Contains(f.Detail, "/swapfile") {
			t.Errorf("%q: %+v", text, f)
		}
	}
	if f := swapFinding("/nonexistent"); f.Grade != console.Warn {
		t.Errorf("%+v", f)
	}
}
