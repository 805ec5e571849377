package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"nightbell/audit"
)

// Some stories need a process of their own: to be killed, or to have a file system of its own. The test binary starts
// itself again with these in its environment.
const (
	childStory = "NIGHTBELL_STORE_STORY"
	childPath  = "NIGHTBELL_STORE_PATH"
)

// child plays a story when this process was started for one.
func child() bool {
	switch os.Getenv(childStory) {
	case "write":
		writeUntilKilled()
	case "edit":
		editUntilKilled()
	case "full":
		fmt.Println(fullDisk(os.Getenv(childPath)))
	default:
		return false
	}
	return true
}

// again starts this binary with a story.
func again(story, path string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childStory+"="+story, childPath+"="+path)
	cmd.Stderr = os.Stderr
	return cmd
}

// childStore opens without a testing.TB.
func childStore(opt Options) (*Store, error) {
	s, err := Open(opt)
	if err != nil {
		return nil, err
	}
	signer, err := audit.NewSigner(audit.Origin(s.Instance()), []byte(strings.Repeat("\x05", 32)))
	if err != nil {
		return nil, err
	}
	return s, s.Unseal(fakeSealer{"k"}, signer)
}

// writeUntilKilled audits from eight goroutines and says on standard output what was acknowledged.
func writeUntilKilled() {
	s, err := childStore(Options{Path: os.Getenv(childPath)})
	if err != nil {
		fmt.Println("error", err)
		return
	}
	var out sync.Mutex
	for g := range 8 {
		go func() {
			for i := 0; ; i++ {
				name := fmt.Sprintf("k%d-%d-%d", os.Getpid(), g, i)
				if err := s.Audit(context.Background(), ping(name)); err == nil {
					out.Lock()
					_, _ = os.Stdout.WriteString(name + "\n")
					out.Unlock()
				}
			}
		}()
	}
	select {}
}

// 20 times (500 in the soak): start, let it write, kill -9. What was acknowledged is there, and the log verifies.
func TestKilledProcessLosesNoAcknowledgedLeaf(t *testing.T) {
	opt := made(t)
	acknowledged := map[string]bool{}
	rounds := 20
	if soak() {
		rounds = 500
	}
	for round := range rounds {
		cmd := again("write", opt.Path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		want := 20 + round%20*13
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			if strings.HasPrefix(lines.Text(), "error") {
				t.Fatal(lines.Text())
			}
			acknowledged[lines.Text()] = true
			if n == want {
				if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := cmd.Wait(); err == nil {
			t.Fatal("it was not killed")
		}
	}
	s := opened(t, opt)
	size := holds(t, s)
	found := map[string]bool{}
	for row, err := range leafRows(context.Background(), s.read) {
		if err != nil {
			t.Fatal(err)
		}
		found[row.Copy.Correlation] = true
	}
	lost := 0
	for name := range acknowledged {
		if !found[name] {
			lost++
		}
	}
	if lost != 0 || len(acknowledged) < rounds*20 {
		t.Errorf("%d of %d acknowledged leaves are gone; the log holds %d", lost, len(acknowledged), size)
	}
}

// A 4 MiB tmpfs in a mount namespace of the child's own.
func TestFullDiskKeepsTheStoryAndSaysSo(t *testing.T) {
	dir := t.TempDir()
	cmd := again("full", dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS}
	if os.Getuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= unix.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
	}
	out, err := cmd.Output()
	if err != nil || strings.TrimSpace(string(out)) != "<nil>" {
		t.Fatalf("%s %v", out, err)
	}
}

// fullDisk fills the disk under an open store, tells it a call, makes room, and looks whether all is there.
func fullDisk(dir string) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("private mounts: %w", err)
	}
	if err := unix.Mount("nightbell", dir, "tmpfs", 0, "size=4m,mode=0700"); err != nil {
		return fmt.Errorf("tmpfs: %w", err)
	}
	heard := make(chan Trouble, 100)
	opt := Options{Path: filepath.Join(dir, "nightbell.db"), Trouble: func(t Trouble) { heard <- t }}
	if _, err := Create(opt, Production); err != nil {
		return err
	}
	s, err := childStore(opt)
	if err != nil {
		return err
	}
	j := s.Journal(&memorySpool{})
	tell(j, "before", "+12125550121")
	if err := fillUntilRefused(s, dir); err != nil {
		return err
	}
	for i := range 40 {
		tell(j, "during"+strconv.Itoa(i), "+12125550122")
	}
	if err := expect(heard, JournalSpools); err != nil {
		return err
	}
	if _, err := s.Calls(context.Background(), CallQuery{}); err != nil {
		return fmt.Errorf("reading on a full disk: %w", err)
	}
	if err := os.Remove(filepath.Join(dir, "filler")); err != nil {
		return err
	}
	if err := expect(heard, JournalMerged); err != nil {
		return err
	}
	j.Close()
	return errors.Join(allThere(s, j), s.Close())
}

// fillUntilRefused takes the room and audits until that is refused, as it must be.
func fillUntilRefused(s *Store, dir string) error {
	f, err := os.Create(filepath.Join(dir, "filler"))
	if err != nil {
		return err
	}
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
	if !errors.Is(err, unix.ENOSPC) {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	for range 5000 {
		if err = s.Audit(context.Background(), ping("filler")); err != nil {
			break
		}
	}
	if !errors.Is(err, ErrFull) {
		return fmt.Errorf("audit on a full disk: %w", err)
	}
	return nil
}

func expect(heard <-chan Trouble, kind TroubleKind) error {
	limit := time.After(60 * time.Second)
	for {
		select {
		case t := <-heard:
			if t.Kind == kind {
				return nil
			}
		case <-limit:
			return fmt.Errorf("never heard of %s", kind)
		}
	}
}

func allThere(s *Store, j *Journal) error {
	for i := range 40 {
		c, err := s.Call(context.Background(), "during"+strconv.Itoa(i))
		if err != nil || len(c.Events) != 6 || c.From.Reveal() != "+12125550122" {
			return fmt.Errorf("call %d: %d events: %w", i, len(c.Events), err)
		}
	}
	if n := j.Counters(); n.Lost != 0 || n.Filed != n.Queued || n.Merged == 0 {
		return fmt.Errorf("counters %+v", n)
	}
	if r, err := s.VerifyAudit(context.Background(), nil); err != nil || !r.OK {
		return fmt.Errorf("audit log: %+v: %w", r, err)
	}
	return nil
}
