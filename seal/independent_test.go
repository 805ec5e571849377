package seal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// A reader that shares no code with ours, scripts/nbr1.py, must say the same of every vector: verdict, bad record, what
// may be seen, and the sound itself. Python 3 and openssl are needed; without them this fails.

const independentReader = "../scripts/nbr1.py"

type secondOpinion struct {
	File       string    `json:"file"`
	Verdict    Verdict   `json:"verdict"`
	Fault      FaultKind `json:"fault"`
	Record     int64     `json:"record"`
	Records    uint64    `json:"records"`
	Released   int       `json:"released"`
	Samples    uint64    `json:"samples"`
	Status     Status    `json:"status"`
	Footer     bool      `json:"footer"`
	Transcript string    `json:"transcript"`
	SHA256     string    `json:"sha256"`
	Plaintext  string    `json:"plaintext_sha256"`
	WAV        string    `json:"wav_sha256"`
}

func python(t *testing.T, args ...string) []byte {
	t.Helper()
	var trouble bytes.Buffer
	cmd := exec.Command("python3", append([]string{independentReader}, args...)...)
	cmd.Stderr = &trouble
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, trouble.String())
	}
	return out
}

func TestIndependentReaderAgreesOnEveryVector(t *testing.T) {
	var opinions []secondOpinion
	if err := json.Unmarshal(python(t, "vectors", vectorFolder), &opinions); err != nil {
		t.Fatal(err)
	}
	all := readVectors(t)
	if len(opinions) != len(all) {
		t.Fatalf("%d opinions on %d vectors", len(opinions), len(all))
	}
	for i, v := range all {
		t.Run(v.File, func(t *testing.T) {
			if got, want := opinions[i], ourOpinion(t, v); got != want {
				t.Errorf("independent reader: %+v\nours:               %+v", got, want)
			}
		})
	}
}

func ourOpinion(t *testing.T, v vector) secondOpinion {
	t.Helper()
	key, err := ParseDataKey(v.Key)
	if err != nil {
		t.Fatal(err)
	}
	file := bytes.NewReader(v.bytes)
	rep := Verify(file, file.Size(), key)
	o := secondOpinion{File: v.File, Verdict: rep.Verdict, SHA256: hex.EncodeToString(rep.SHA256[:])}
	o.Records, o.Samples, o.Status, o.Footer = rep.Records, rep.Samples, rep.Status, rep.Footer
	if rep.Fault != nil {
		o.Fault, o.Record = rep.Fault.Kind, rep.Fault.Record
	}
	o.Released, o.Plaintext = released(v.bytes, key)
	if o.Record == inHeader {
		return o
	}
	o.Transcript = hex.EncodeToString(rep.Transcript[:])
	o.WAV = surveyedWAV(t, v.bytes, key)
	return o
}

// surveyedWAV is the sound up to the first fault: what the second reader, which always reads from the start, exports.
func surveyedWAV(t *testing.T, b []byte, key DataKey) string {
	t.Helper()
	w, err := openWalker(bytes.NewReader(b), int64(len(b)), key)
	if err != nil {
		t.Fatal(err)
	}
	w.survey(func(record) {})
	end := w.offset
	samples := w.samples
	if w.final != nil {
		end, samples = finalAt(w), w.final.Samples
	}
	rd := &Reader{header: w.header, state: OK, index: w.blocks, limit: end, samples: samples, records: w.seq}
	if w.final != nil {
		rd.records = w.final.Records
	}
	rd.open = func() *walker {
		c, err := openWalker(bytes.NewReader(b[:end]), end, key)
		if err != nil {
			t.Fatal(err)
		}
		c.partial = true
		return c
	}
	h := sha256.New()
	if _, err := Export(h, rd); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// finalAt is where FINAL begins.
func finalAt(w *walker) int64 {
	return w.offset - headSize - overhead - int64(w.final.size())
}

func TestIndependentReaderExportsAWholeFile(t *testing.T) {
	v := readVectors(t)[0]
	folder := t.TempDir()
	key, out := filepath.Join(folder, "key"), filepath.Join(folder, "out.wav")
	if err := os.WriteFile(key, []byte(v.Key+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	python(t, "wav", filepath.Join(vectorFolder, v.File), "--key-file", key, "-o", out)
	theirs, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if ours := export(t, v.bytes, v.Key); !bytes.Equal(theirs, ours) {
		t.Errorf("exports differ: %d and %d bytes", len(theirs), len(ours))
	}
}

func export(t testing.TB, b []byte, hexKey string) []byte {
	t.Helper()
	key, err := ParseDataKey(hexKey)
	if err != nil {
		t.Fatal(err)
	}
	rd, err := OpenReader(bytes.NewReader(b), int64(len(b)), key)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := Export(&out, rd); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
