package seal

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func onDisk(t testing.TB, b []byte) *os.File {
	t.Helper()
	return inFolder(t, t.TempDir(), b)
}

func inFolder(t testing.TB, dir string, b []byte) *os.File {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(dir, "file.nbr"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if _, err := f.Write(b); err != nil {
		t.Fatal(err)
	}
	return f
}

func content(t testing.TB, f *os.File) []byte {
	t.Helper()
	b, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func verifyFile(t testing.TB, f *os.File, key DataKey) Report {
	t.Helper()
	b := content(t, f)
	return Verify(bytes.NewReader(b), int64(len(b)), key)
}

// The process is killed, or the power goes, at every byte of a short file: what was whole before it is there afterwards,
// the file verifies, and a second recovery has nothing to do.
func TestACrashAtEveryByteRecovers(t *testing.T) {
	s := newSpecimen(t, PCMU, 1, 8000)
	whole := s.join()
	ends := []int{headerSize}
	for _, r := range s.records {
		ends = append(ends, ends[len(ends)-1]+len(r))
	}
	f := inFolder(t, elsewhere(t), nil) // in memory: thousands of syncs
	for cut := 0; cut <= len(whole); cut++ {
		if cut > 10 && cut < headerSize-10 && cut%256 != 0 {
			continue // the empty middle of the header
		}
		survivors := 0
		for survivors < len(s.records) && ends[survivors+1] <= cut {
			survivors++
		}
		if err := errors.Join(f.Truncate(0), write(f, whole[:cut])); err != nil {
			t.Fatal(err)
		}
		checkCrash(t, f, s, cut, survivors)
	}
}

func write(f *os.File, b []byte) error {
	_, err := f.WriteAt(b, 0)
	return err
}

func checkCrash(t *testing.T, f *os.File, s specimen, cut, survivors int) {
	t.Helper()
	got, err := Recover(f, s.key)
	if err != nil {
		t.Fatalf("cut at %d: %v", cut, err)
	}
	want := Closed
	switch {
	case survivors == 0:
		want = Empty
	case survivors == len(s.records) && cut == len(s.join()):
		want = Whole
	case survivors == len(s.records):
		want = FooterWritten
	}
	if got.Outcome != want {
		t.Fatalf("cut at %d: %s, want %s", cut, got.Outcome, want)
	}
	if want == Empty {
		return
	}
	rep := verifyFile(t, f, s.key)
	if err := rep.Matches(got.Summary); err != nil {
		t.Fatalf("cut at %d: recovered, and then: %v", cut, err)
	}
	if n := min(survivors, finalRecord); int(rep.Records) != n || !rep.Footer {
		t.Fatalf("cut at %d: %d records, want %d; footer %v", cut, rep.Records, n, rep.Footer)
	}
	if want == Closed && rep.Status != Recovered {
		t.Fatalf("cut at %d: status %s", cut, rep.Status)
	}
	if again, err := Recover(f, s.key); err != nil || again.Outcome != Whole || again.SHA256 != got.SHA256 {
		t.Fatalf("cut at %d, second recovery: %s %v", cut, again.Outcome, err)
	}
	if _, sum := released(content(t, f), s.key); sum != s.plaintext(min(survivors, finalRecord)) {
		t.Fatalf("cut at %d: the sound is not what was recorded", cut)
	}
}

func TestTornFooterIsWrittenAndFinalLeftAlone(t *testing.T) {
	s := newSpecimen(t, PCMU, 2, 8000)
	whole := s.join()
	for missing := range footerSize + 1 {
		f := onDisk(t, whole[:len(whole)-missing])
		if _, err := Recover(f, s.key); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(content(t, f), whole) {
			t.Errorf("footer without its last %d bytes: not the same file after recovery", missing)
		}
	}
}

func TestPowerCutLeavesZeros(t *testing.T) {
	s := newSpecimen(t, PCMU, 2, 8000)
	f := onDisk(t, append(s.unfinished().join(), make([]byte, 5000)...))
	got, err := Recover(f, s.key)
	if err != nil || got.Outcome != Closed || got.Cut != 5000 {
		t.Errorf("%+v %v", got, err)
	}
	if rep := verifyFile(t, f, s.key); rep.Verdict != OK || rep.Records != finalRecord {
		t.Errorf("%+v", rep)
	}
}

func TestEvidenceIsLeftUntouched(t *testing.T) {
	for _, v := range readVectors(t) {
		key, err := ParseDataKey(v.Key)
		if err != nil {
			t.Fatal(err)
		}
		if v.Verdict != Damaged {
			continue
		}
		f := onDisk(t, v.bytes)
		got, err := Recover(f, key)
		if v.Record == inHeader {
			if !errors.Is(err, &Fault{Kind: v.Fault}) {
				t.Errorf("%s: %v", v.File, err)
			}
		} else if err != nil || got.Outcome != Untouched || got.Fault.Record != v.Record {
			t.Errorf("%s: %+v %v", v.File, got, err)
		}
		if !bytes.Equal(content(t, f), v.bytes) {
			t.Errorf("%s was changed", v.File)
		}
	}
}

func TestIncompleteVectorsRecover(t *testing.T) {
	for _, v := range readVectors(t) {
		key, _ := ParseDataKey(v.Key)
		if v.Verdict != Incomplete || v.Record == inHeader {
			continue
		}
		f := onDisk(t, v.bytes)
		if got, err := Recover(f, key); err != nil || got.Outcome != Closed {
			t.Errorf("%s: %+v %v", v.File, got, err)
		}
		if rep := verifyFile(t, f, key); rep.Verdict != OK || rep.Records != uint64(v.Released) {
			t.Errorf("%s: %+v", v.File, rep)
		}
	}
}
