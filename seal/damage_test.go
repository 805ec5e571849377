package seal

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// Files damaged at random, 60 of them (3,000 under NIGHTBELL_SOAK=1): both readers say the same of each.
func TestIndependentReaderAgreesOnRandomDamage(t *testing.T) {
	n := 60
	if os.Getenv("NIGHTBELL_SOAK") == "1" {
		n = 3000
	}
	random := rand.New(rand.NewPCG(7, 11))
	dir := t.TempDir()
	s := newSpecimen(t, PCMA, 2, 8000)
	all := make([]vector, n)
	for i := range all {
		all[i] = vector{File: sprint("%04d.nbr", i), Key: s.key.Hex(), bytes: damage(random, s)}
		if err := os.WriteFile(filepath.Join(dir, all[i].File), all[i].bytes, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	list, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "vectors.json"), list, 0o600); err != nil {
		t.Fatal(err)
	}
	var opinions []secondOpinion
	if err := json.Unmarshal(python(t, "vectors", dir), &opinions); err != nil {
		t.Fatal(err)
	}
	verdicts := map[Verdict]int{}
	for i, v := range all {
		want := ourOpinion(t, v)
		verdicts[want.Verdict]++
		if opinions[i] != want {
			t.Errorf("independent reader: %+v\nours:               %+v", opinions[i], want)
		}
	}
	if verdicts[Damaged] == 0 || verdicts[Incomplete] == 0 {
		t.Errorf("too tame: %v", verdicts)
	}
}

// damage does one to three things to a file that a disk, a crash or a person might.
func damage(random *rand.Rand, s specimen) []byte {
	s = s.clone()
	if random.IntN(2) == 0 {
		s = s.unfinished()
	}
	if random.IntN(3) == 0 {
		i, j := random.IntN(len(s.records)), random.IntN(len(s.records))
		swap(&s, i, j)
	}
	if random.IntN(4) == 0 {
		i := random.IntN(len(s.records))
		s.records = slices.Insert(s.records, random.IntN(len(s.records)), bytes.Clone(s.records[i]))
	}
	b := s.join()
	switch random.IntN(4) {
	case 0: // a bit anywhere behind the header
		b[headerSize+random.IntN(len(b)-headerSize)] ^= 1 << random.IntN(8)
	case 1: // cut
		b = b[:headerSize+random.IntN(len(b)-headerSize)]
	case 2: // a page of zeros
		from := headerSize + random.IntN(len(b)-headerSize)
		clear(b[from:min(len(b), from+512)])
	case 3: // more than was written
		b = append(b, make([]byte, random.IntN(64))...)
	}
	return b
}
