package seal

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// Some stories need a process of their own: to be killed, or to have a disk of its own that is full. The test binary
// starts itself again with these in its environment.
const (
	childStory = "NIGHTBELL_SEAL_STORY"
	childPath  = "NIGHTBELL_SEAL_PATH"
)

func TestMain(m *testing.M) {
	var err error
	switch os.Getenv(childStory) {
	case "":
		os.Exit(m.Run())
	case "record":
		err = recordUntilKilled(os.Getenv(childPath))
	case "full":
		err = fullDisk(os.Getenv(childPath))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func again(story, path string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childStory+"="+story, childPath+"="+path)
	return cmd
}

func beginRecording(out io.Writer, key DataKey) (*Writer, []byte, error) {
	h, err := NewHeader(PCMU, 2, 8000)
	if err != nil {
		return nil, nil, err
	}
	w, err := Create(out, key, h, Meta{CallID: "call-1"})
	return w, tone(h, 0, 8000), err
}

// recordUntilKilled seals second after second and says how many are written. The key is the test's own.
func recordUntilKilled(path string) error {
	key, err := ParseDataKey(strings.Repeat("07", 32))
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	w, block, err := beginRecording(f, key)
	if err != nil {
		return err
	}
	for i := uint64(0); ; i++ {
		if err := w.Audio(i*8000, block); err != nil {
			return err
		}
		fmt.Println(i + 1)
	}
}

// The process is killed while it records, twenty times: every second that it said was written is there and verifies.
func TestKilledRecorderLosesNothingWritten(t *testing.T) {
	key, err := ParseDataKey(strings.Repeat("07", 32))
	if err != nil {
		t.Fatal(err)
	}
	for round := range 20 {
		path := filepath.Join(t.TempDir(), "killed.nbr")
		said := killAfter(t, again("record", path), 1+round*3)
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Recover(f, key)
		if err != nil || got.Outcome != Closed || got.Samples < said*8000 {
			t.Errorf("%s, %d samples of at least %d: %v", got.Outcome, got.Samples, said*8000, err)
		}
		if rep := verifyFile(t, f, key); rep.Matches(got.Summary) != nil || rep.Status != Recovered {
			t.Errorf("%+v", rep)
		}
		f.Close()
	}
}

// killAfter kills a recorder that has said n, and gives the last it said.
func killAfter(t *testing.T, cmd *exec.Cmd, n int) (last uint64) {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		said, err := strconv.ParseUint(lines.Text(), 10, 64)
		if err != nil {
			break // the last line was cut by the kill
		}
		if last = said; last == uint64(n) {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait() // killed: that is how it ends
	if last < uint64(n) {
		t.Fatalf("the recorder ended by itself after %d", last)
	}
	return last
}

// A disk of 4 MiB, in a mount namespace of the child's own, runs full while a call is recorded.
func TestFullDisk(t *testing.T) {
	cmd := again("full", t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

// fullDisk: the recording stops with the disk's word and can be closed once the reserve is given back; the spool goes on.
func fullDisk(dir string) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("private mounts: %w", err)
	}
	if err := unix.Mount("nightbell", dir, "tmpfs", 0, "size=4m,mode=0700"); err != nil {
		return fmt.Errorf("tmpfs: %w", err)
	}
	reserve := NewReserve(filepath.Join(dir, "reserve"), 1<<20)
	if err := reserve.Take(); err != nil {
		return err
	}
	root, err := freshRoot()
	if err != nil {
		return err
	}
	ring, err := OpenRing(root, &memoryVault{})
	if err != nil {
		return err
	}
	if err := ring.EnsureHouse(); err != nil {
		return err
	}
	spool, err := OpenSpool(filepath.Join(dir, "spool"), ring, 256<<10)
	if err != nil {
		return err
	}
	if err := recordToTheEnd(dir, reserve, func() error { return spool.Append([]byte("no room for recordings")) }); err != nil {
		return err
	}
	return spool.Replay(func(entry []byte) error {
		if !bytes.Equal(entry, []byte("no room for recordings")) {
			return fmt.Errorf("replayed %q", entry)
		}
		return nil
	})
}

func recordToTheEnd(dir string, reserve *Reserve, note func() error) error {
	folder, err := OpenFolder(filepath.Join(dir, "recordings"))
	if err != nil {
		return err
	}
	file, err := folder.Create(NewName())
	if err != nil {
		return err
	}
	key := NewDataKey()
	w, block, err := beginRecording(file, key)
	if err != nil {
		return err
	}
	written := uint64(0)
	for ; err == nil; written++ {
		err = w.Audio(written*8000, block)
	}
	written--
	if !errors.Is(err, unix.ENOSPC) {
		return fmt.Errorf("full disk: %w", err)
	}
	if space, err := folder.Space(); err != nil || space.Free > 64<<10 {
		return fmt.Errorf("free space on a full disk: %d: %v", space.Free, err)
	}
	for range 100 {
		if err := note(); err != nil {
			return fmt.Errorf("on a full disk: %w", err)
		}
	}
	if err := reserve.Release(); err != nil {
		return err
	}
	got, err := Recover(file.File, key)
	if err != nil || got.Outcome != Closed || got.Samples != written*8000 {
		return fmt.Errorf("%s, %d samples of %d: %v", got.Outcome, got.Samples, written*8000, err)
	}
	return nil
}
