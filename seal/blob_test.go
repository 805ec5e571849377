package seal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// The vectors of docs/BACKUP-FORMAT.md lie in testdata/blob beside vectors.json. Nonces are random: making them anew
// (go test ./seal -run TestBlobVectors -remake) gives other files that say the same.

const blobFolder = "../testdata/blob"

var blobFaults = map[string]error{
	"damaged": ErrNotGenuine, "cut": ErrBlobCut, "end": ErrBlobEnd, "magic": ErrBlobMagic, "version": ErrBlobVersion, "key": ErrNoKey,
}

func blobOf(t testing.TB, r *Ring, label string, plain []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := r.SealBlob(&out, label)
	if err != nil {
		t.Fatal(err)
	}
	for at := 0; at < len(plain); at += 1000 { // in pieces that fit no chunk
		if _, err := w.Write(plain[at:min(at+1000, len(plain))]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func readBlob(r *Ring, label string, sealed []byte) ([]byte, error) {
	in, err := r.OpenBlob(bytes.NewReader(sealed), label)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(in)
}

func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i * 7)
	}
	return b
}

func TestABlobOfEveryLengthComesBack(t *testing.T) {
	ring, _, _ := newRing(t)
	for _, n := range []int{0, 1, 999, blobChunk - 1, blobChunk, blobChunk + 1, 3 * blobChunk, 3*blobChunk + 77} {
		plain := pattern(n)
		sealed := blobOf(t, ring, "nb|one", plain)
		if int64(len(sealed)) != BlobSize(int64(n)) {
			t.Errorf("%d bytes: %d sealed, %d expected", n, len(sealed), BlobSize(int64(n)))
		}
		if got, err := readBlob(ring, "nb|one", sealed); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%d bytes: %v", n, err)
		}
		if _, err := readBlob(ring, "nb|two", sealed); !errors.Is(err, ErrNotGenuine) {
			t.Errorf("%d bytes under another label: %v", n, err)
		}
	}
}

func TestATamperedBlobDoesNotOpen(t *testing.T) {
	ring, _, _ := newRing(t)
	sealed := blobOf(t, ring, "nb|one", pattern(2*blobChunk+100))
	for i := range len(sealed) {
		if i > blobHeader+64 && i < len(sealed)-300 && i%997 != 0 {
			continue
		}
		bad := bytes.Clone(sealed)
		bad[i] ^= 0x20
		if _, err := readBlob(ring, "nb|one", bad); err == nil {
			t.Fatalf("byte %d: opened", i)
		}
	}
	for n := range len(sealed) {
		if n > blobHeader+64 && n%1009 != 0 {
			continue
		}
		if _, err := readBlob(ring, "nb|one", sealed[:n]); err == nil || errors.Is(err, io.EOF) {
			t.Fatalf("cut at %d: %v", n, err)
		}
	}
	stranger, _, _ := newRing(t)
	if _, err := readBlob(stranger, "nb|one", sealed); !errors.Is(err, ErrNotGenuine) {
		t.Errorf("by another house: %v", err)
	}
}

// blobRecipe says how a bad blob is made of the good one and of another of the same house, so that the vectors stay small
// and what is expected does not come from the reader: stretches of files, one behind the other, then one byte changed.
type blobRecipe struct {
	Name   string     `json:"name"`
	Pieces []blobPart `json:"pieces"`
	At     int        `json:"change_at,omitempty"`
	To     byte       `json:"change_xor,omitempty"`
	Why    string     `json:"why,omitempty"` // empty: it opens
}

type blobPart struct {
	File string `json:"file"`
	From int    `json:"from"`
	Till int    `json:"till"`
}

const (
	blobGood, blobOther = "whole.nbb", "other.nbb"
	blobPlain           = 2*blobChunk + 100
	blobLength          = blobHeader + 2*blobSealed + 100 + overhead
)

func blobRecipes() []blobRecipe {
	part := func(from, till int) blobPart { return blobPart{blobGood, from, till} }
	chunk := func(n int) blobPart {
		return part(blobHeader+n*blobSealed, min(blobLength, blobHeader+(n+1)*blobSealed))
	}
	head := part(0, blobHeader)
	cut := func(name string, till int) blobRecipe {
		return blobRecipe{Name: name, Pieces: []blobPart{part(0, till)}, Why: "cut"}
	}
	of := func(name string, pieces ...blobPart) blobRecipe {
		return blobRecipe{Name: name, Pieces: pieces, Why: "damaged"}
	}
	changed := func(name string, at int, xor byte, why string) blobRecipe {
		return blobRecipe{Name: name, Pieces: []blobPart{part(0, blobLength)}, At: at, To: xor, Why: why}
	}
	return []blobRecipe{
		{Name: "whole", Pieces: []blobPart{part(0, blobLength)}},
		cut("cut at a boundary", blobHeader+2*blobSealed), cut("cut inside", blobHeader+blobSealed+500), cut("cut in the header", 100),
		cut("cut behind the header", blobHeader), cut("empty", 0),
		of("swapped", head, chunk(1), chunk(0), chunk(2)), of("first dropped", head, chunk(1), chunk(2)),
		of("middle dropped", head, chunk(0), chunk(2)), of("duplicated", head, chunk(0), chunk(0), chunk(1), chunk(2)),
		of("longer", part(0, blobLength), part(0, 1)), {Name: "twice the last", Pieces: []blobPart{part(0, blobLength), chunk(2)}, Why: "damaged"},
		of("chunk of another", head, chunk(0), blobPart{blobOther, blobHeader + blobSealed, blobHeader + 2*blobSealed}, chunk(2)),
		of("header of another", blobPart{blobOther, 0, blobHeader}, part(blobHeader, blobLength)),
		changed("id", 25, 1, "damaged"), changed("wrapped key", 80, 1, "damaged"), changed("commitment", 140, 1, "damaged"),
		changed("reserved", 50, 1, "damaged"), changed("reserved behind the key", 126, 1, "damaged"),
		changed("ciphertext", blobHeader+blobSealed+100, 1, "damaged"), changed("nonce", blobHeader+3, 1, "damaged"),
		changed("last tag", blobLength-1, 1, "damaged"), changed("chunk size", 14, 1, "damaged"),
		changed("future version", 9, 3, "version"), changed("future suite", 11, 3, "version"),
		changed("unknown key version", 19, 8, "key"), changed("magic", 1, 1, "magic"),
	}
}

func (r blobRecipe) cook(files map[string][]byte) []byte {
	var b []byte
	for _, p := range r.Pieces {
		b = append(b, files[p.File][p.From:p.Till]...)
	}
	if r.To != 0 {
		b[r.At] ^= r.To
	}
	return b
}

type blobVectors struct {
	Label  string       `json:"label"`
	Key    string       `json:"backup_key"` // version 1
	SHA256 string       `json:"plaintext_sha256"`
	Cases  []blobRecipe `json:"cases"`
}

func remakeBlobs(t *testing.T) {
	ring, _, _ := newRing(t)
	raw, err := ring.SecretOf(Backup, 1)
	if err != nil {
		t.Fatal(err)
	}
	plain := pattern(blobPlain)
	v := blobVectors{"nb.backup.v1|repository|part|vector", hex.EncodeToString(raw), fmt.Sprintf("%x", sha256.Sum256(plain)), blobRecipes()}
	b, err := json.MarshalIndent(v, "", "  ")
	err = errors.Join(err, os.MkdirAll(blobFolder, 0o755), os.WriteFile(filepath.Join(blobFolder, "vectors.json"), append(b, '\n'), 0o644))
	for _, name := range []string{blobGood, blobOther} {
		err = errors.Join(err, os.WriteFile(filepath.Join(blobFolder, name), blobOf(t, ring, v.Label, plain), 0o644))
	}
	if err != nil {
		t.Fatal(err)
	}
}

func readBlobVectors(t *testing.T) (v blobVectors, files map[string][]byte) {
	t.Helper()
	files = map[string][]byte{}
	for _, name := range []string{blobGood, blobOther, "vectors.json"} {
		b, err := os.ReadFile(filepath.Join(blobFolder, name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = b
	}
	if err := json.Unmarshal(files["vectors.json"], &v); err != nil || len(v.Cases) < 25 {
		t.Fatal(len(v.Cases), err)
	}
	return v, files
}

func TestBlobVectors(t *testing.T) {
	if *remake {
		remakeBlobs(t)
	}
	v, files := readBlobVectors(t)
	raw, err := hex.DecodeString(v.Key)
	if err != nil {
		t.Fatal(err)
	}
	ring := &Ring{keys: map[place]*lineage{}}
	if err := ring.insert(WrappedKey{Purpose: Backup, Version: 1}, "", raw); err != nil {
		t.Fatal(err)
	}
	for _, c := range v.Cases {
		plain, err := readBlob(ring, v.Label, c.cook(files))
		switch {
		case c.Why == "" && (err != nil || fmt.Sprintf("%x", sha256.Sum256(plain)) != v.SHA256):
			t.Errorf("%s: %v", c.Name, err)
		case c.Why != "" && !errors.Is(err, blobFaults[c.Why]):
			t.Errorf("%s: %v, expected: %s", c.Name, err, c.Why)
		}
	}
}

func TestAFileDigestIsTheOneOnRecord(t *testing.T) {
	for _, n := range []int{0, 1, transcribed, transcribed + 5, headerSize - 1, headerSize, headerSize + 1, 20000} {
		b := pattern(n)
		want, err := digest(bytes.NewReader(b), int64(n))
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range []int{1, 100, 4096, 50000} {
			d := NewFileDigest()
			for at := 0; at < n; at += step {
				_, _ = d.Write(b[at:min(at+step, n)])
			}
			if d.Sum() != want {
				t.Errorf("%d bytes in steps of %d: another digest", n, step)
			}
		}
	}
}

func FuzzOpenBlob(f *testing.F) {
	ring := &Ring{keys: map[place]*lineage{}}
	if err := ring.insert(WrappedKey{Purpose: Backup, Version: 1}, "", make([]byte, 32)); err != nil {
		f.Fatal(err)
	}
	f.Add(blobOf(f, ring, "l", pattern(100)))
	f.Add([]byte("NBBLOB\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = readBlob(ring, "l", b)
	})
}
