package seal

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var paperDay = time.Date(2026, 3, 1, 15, 4, 5, 0, time.UTC)

func split(t testing.TB, threshold, n int) (RecoveryKey, []Share) {
	t.Helper()
	k := NewRecoveryKey()
	shares, err := k.Split(threshold, n, paperDay)
	if err != nil {
		t.Fatal(err)
	}
	return k, shares
}

// The field is AES's: FIPS 197 §4.2 multiplies {57} by {83} and {13}; every element but 0 has its inverse.
func TestTheFieldIsAES(t *testing.T) {
	if mulGF(0x57, 0x83) != 0xC1 || mulGF(0x57, 0x13) != 0xFE {
		t.Error("products of FIPS 197")
	}
	for a := 1; a < 256; a++ {
		if mulGF(byte(a), invGF(byte(a))) != 1 {
			t.Errorf("1/%02x", a)
		}
	}
}

func TestAnyThreeOfFiveGiveTheKey(t *testing.T) {
	k, shares := split(t, 3, 5)
	for a := range shares {
		for b := range shares {
			for c := range shares {
				if a == b || b == c || a == c {
					continue
				}
				got, err := CombineShares(shares[a], shares[b], shares[c])
				if err != nil || got.seed != k.seed {
					t.Fatalf("shares %d, %d, %d: %v", a+1, b+1, c+1, err)
				}
			}
		}
	}
	if got, err := CombineShares(shares...); err != nil || got.seed != k.seed {
		t.Errorf("all five: %v", err)
	}
}

// Two shares fit every key there is: for each byte value of the secret, some third share completes them.
func TestTwoSharesSayNothing(t *testing.T) {
	_, shares := split(t, 3, 5)
	seen := map[byte]bool{}
	for guess := range 256 {
		third := shares[2]
		third.value[0] = byte(guess)
		var at0 byte
		three := []Share{shares[0], shares[1], third}
		for i, s := range three {
			at0 ^= mulGF(lagrange(three, i), s.value[0])
		}
		seen[at0] = true
	}
	if len(seen) != 256 {
		t.Errorf("%d of 256 values are left", len(seen))
	}
	if _, err := CombineShares(shares[0], shares[4]); !errors.Is(err, ErrTooFew) {
		t.Errorf("two of three: %v", err)
	}
}

func TestSharesThatDoNotBelongAreRefused(t *testing.T) {
	_, ours := split(t, 3, 5)
	_, theirs := split(t, 3, 5)
	_, err := CombineShares(ours[0], ours[1], theirs[2])
	if !errors.Is(err, ErrOtherSet) || !strings.Contains(err.Error(), ours[0].Set.String()) || !strings.Contains(err.Error(), theirs[0].Set.String()) {
		t.Errorf("two sets: %v", err)
	}
	if _, err := CombineShares(ours[0], ours[1], ours[1]); !errors.Is(err, ErrShareTwice) {
		t.Errorf("twice the same: %v", err)
	}
	forged := ours[2]
	forged.value[9] ^= 1
	if _, err := CombineShares(ours[0], ours[1], forged); !errors.Is(err, ErrShareForged) {
		t.Errorf("forged: %v", err)
	}
	lying := ours[2]
	lying.Threshold = 2
	if _, err := CombineShares(ours[0], ours[1], lying); !errors.Is(err, ErrShareDiffer) {
		t.Errorf("another threshold: %v", err)
	}
	if _, err := AddShare(ours[:1], theirs[1]); !errors.Is(err, ErrOtherSet) {
		t.Errorf("added: %v", err)
	}
	if _, err := AddShare(ours[:1], ours[0]); !errors.Is(err, ErrShareTwice) {
		t.Errorf("added twice: %v", err)
	}
	for _, n := range [][2]int{{1, 5}, {6, 5}, {3, 17}} {
		if _, err := NewRecoveryKey().Split(n[0], n[1], paperDay); !errors.Is(err, ErrThreshold) {
			t.Errorf("%v: %v", n, err)
		}
	}
}

func TestAShareIsReadAsPeopleTypeIt(t *testing.T) {
	_, shares := split(t, 3, 5)
	s := shares[3]
	groups := s.Groups()
	lines := strings.Join(groups[:5], " ") + "\n" + strings.Join(groups[5:], "  ")
	sloppy := strings.NewReplacer("0", "o", "1", "l").Replace(strings.ToLower(lines))
	for what, text := range map[string]string{
		"as scanned": s.Text(), "lines": lines, "sloppy": sloppy, "in one": strings.ReplaceAll(strings.Join(groups, ""), "-", ""),
	} {
		got, err := ParseShare(text)
		if err != nil || got != s {
			t.Errorf("%s: %v", what, err)
		}
	}
	for i, g := range groups {
		if err := CheckGroup(i+1, strings.ToLower(g)); err != nil {
			t.Error(err)
		}
	}
	if sprint("%v %+v %#v %s", s, s, s, s) != strings.Join([]string{redacted, redacted, redacted, redacted}, " ") {
		t.Error("a share prints itself")
	}
}

// Every single wrong character, every two that changed places, and every two groups that did, are seen and the group named.
func TestTypingErrorsNameTheirGroup(t *testing.T) {
	_, shares := split(t, 3, 5)
	groups := shares[0].Groups()
	for g, group := range groups {
		plain := strings.ReplaceAll(group, "-", "")
		for i := range plain {
			for _, c := range []byte(letters + "U!") {
				bad := []byte(plain)
				if bad[i] == c {
					continue
				}
				bad[i] = c
				if err := CheckGroup(g+1, string(bad)); !errors.Is(err, ErrShareTyped) {
					t.Fatalf("group %d, place %d: %v", g+1, i, err)
				}
			}
			for j := range plain {
				bad := []byte(plain)
				bad[i], bad[j] = bad[j], bad[i]
				if string(bad) != plain && CheckGroup(g+1, string(bad)) == nil {
					t.Fatalf("group %d, places %d and %d swapped", g+1, i, j)
				}
			}
		}
	}
	wrong := slices.Clone(groups)
	wrong[2], wrong[6] = wrong[6], wrong[2]
	wrong[10] = wrong[10][:5]
	_, err := ParseShare(strings.Join(wrong, " "))
	for _, name := range []string{"group 3", "group 7", "group 11"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not named: %v", name, err)
		}
	}
	if _, err := ParseShare(strings.Join(groups[:14], " ")); !errors.Is(err, ErrShareLength) {
		t.Errorf("a group short: %v", err)
	}
}

// Groups of two shares that are right one by one are no share.
func TestASharePatchedFromTwoIsDamaged(t *testing.T) {
	_, shares := split(t, 3, 5)
	a, b := shares[0].Groups(), shares[1].Groups()
	if _, err := ParseShare(strings.Join(append(a[:7], b[7:]...), " ")); !errors.Is(err, ErrShareDamaged) {
		t.Errorf("patched: %v", err)
	}
}

type shareVector struct {
	Seed      string   `json:"seed"`
	Public    string   `json:"public_sha256_set"`
	Threshold int      `json:"threshold"`
	Made      string   `json:"made"`
	Shares    []string `json:"shares"`
}

var shareVectorsPath = filepath.Join(vectorFolder, "shares.json")

func TestShareVectorsStillOpen(t *testing.T) {
	if *remake {
		k, shares := split(t, 3, 5)
		v := shareVector{Seed: hex.EncodeToString(k.seed[:]), Public: shares[0].Set.String(), Threshold: 3, Made: "2026-03-01"}
		for _, s := range shares {
			v.Shares = append(v.Shares, s.Text())
		}
		b, _ := json.MarshalIndent([]shareVector{v}, "", "  ")
		if err := os.WriteFile(shareVectorsPath, append(b, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(shareVectorsPath)
	if err != nil {
		t.Fatal(err)
	}
	var all []shareVector
	if err := json.Unmarshal(b, &all); err != nil || len(all) == 0 {
		t.Fatalf("vectors: %v", err)
	}
	for _, v := range all {
		var shares []Share
		for i, text := range v.Shares {
			s, err := ParseShare(text)
			if err != nil {
				t.Fatal(err)
			}
			if int(s.Number) != i+1 || int(s.Threshold) != v.Threshold || s.Set.String() != v.Public || s.Made.Format(time.DateOnly) != v.Made {
				t.Errorf("share %d: %s, %d of %d, %s", i+1, s.Set, s.Threshold, s.Of, s.Made)
			}
			shares = append(shares, s)
		}
		k, err := CombineShares(shares[4], shares[0], shares[2])
		if err != nil || hex.EncodeToString(k.seed[:]) != v.Seed {
			t.Errorf("combined: %v", err)
		}
	}
}

// A hundred random splits of every size give back what went in.
func TestSplittingIsUndoneByAnyThreshold(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 1))
	for range 100 {
		n := 2 + r.IntN(7)
		threshold := 2 + r.IntN(n-1)
		k, shares := split(t, threshold, n)
		r.Shuffle(n, func(i, j int) { shares[i], shares[j] = shares[j], shares[i] })
		got, err := CombineShares(shares[:threshold]...)
		if err != nil || got.seed != k.seed {
			t.Fatalf("%d of %d: %v", threshold, n, err)
		}
		if _, err := CombineShares(shares[:threshold-1]...); err == nil {
			t.Fatalf("%d of %d: one fewer was enough", threshold, n)
		}
	}
}

func FuzzParseShare(f *testing.F) {
	k := NewRecoveryKey()
	shares, err := k.Split(3, 5, paperDay)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(shares[0].Text())
	f.Add(strings.Join(shares[1].Groups(), "\n"))
	f.Add("NBSHARE1:")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseShare(text)
		if err != nil {
			return
		}
		again, err := ParseShare(s.Text())
		if err != nil || again != s || !bytes.Equal(again.encode(), s.encode()) {
			t.Errorf("a share that was read is not written alike: %v", err)
		}
	})
}
