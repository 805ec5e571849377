package audit

import (
	"bytes"
	"fmt"
	"iter"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 123456000, time.UTC)

func event(n int) Event {
	return Event{
		Time: noon.Add(time.Duration(n) * time.Second), Actor: Actor{Type: "system", ID: "nightbell"},
		Action: CallArrived, Object: fmt.Sprintf("call:c%d", n), Clinic: "elm", Outcome: Done,
		Facts: map[string]string{"b": "2", "a": "1"},
	}
}

func testSigner(t testing.TB) (*Signer, *Verifier) {
	t.Helper()
	s, err := NewSigner(Origin("test"), bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	v, err := NewVerifier(s.VerifierKey())
	if err != nil {
		t.Fatal(err)
	}
	return s, v
}

// memory is a whole log in memory; tests bend it.
type memory struct {
	rows   []Row
	hashes []StoredHash
	points []Kept
}

func (m *memory) log() Log {
	return Log{Leaves: all(m.rows), Hashes: all(m.hashes), Checkpoints: all(m.points)}
}

func all[T any](list []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, x := range list {
			if !yield(x, nil) {
				return
			}
		}
	}
}

// written makes a log of n leaves with a checkpoint after every group.
func written(t testing.TB, n, group int) (*memory, *Verifier) {
	t.Helper()
	s, v := testSigner(t)
	m, tree := &memory{}, NewTree()
	for i := range n {
		leaf, err := Leaf(event(i), int64(i))
		if err != nil {
			t.Fatal(err)
		}
		hashes, err := tree.Append(leaf)
		if err != nil {
			t.Fatal(err)
		}
		m.rows = append(m.rows, Row{Seq: int64(i), Leaf: leaf, Copy: CopyOf(event(i))})
		m.hashes = append(m.hashes, hashes...)
		if (i+1)%group == 0 || i == n-1 {
			root, err := tree.Root()
			if err != nil {
				t.Fatal(err)
			}
			signed, err := s.Sign(tree.Size(), root)
			if err != nil {
				t.Fatal(err)
			}
			m.points = append(m.points, Kept{tree.Size(), signed})
		}
	}
	return m, v
}

func TestWholeLogHolds(t *testing.T) {
	for _, n := range []int{0, 1, 2, 3, 7, 8, 9, 100} {
		m, v := written(t, n, 3)
		r, err := Verify(m.log(), v)
		if err != nil || !r.OK || r.Size != int64(n) || r.Checkpoints != (n+2)/3 || r.FirstBad != -1 {
			t.Errorf("log of %d: %+v, %v", n, r, err)
		}
	}
}

func TestFirstBadSeqIsNamed(t *testing.T) {
	other := func(m *memory, n int) []byte { return bytes.Replace(m.rows[n].Leaf, []byte("elm"), []byte("oak"), 1) }
	for name, c := range map[string]struct {
		bend  func(*memory)
		first int64
	}{
		"leaf edited":                        {func(m *memory) { m.rows[11].Leaf = other(m, 11) }, 11},
		"search copy edited":                 {func(m *memory) { m.rows[11].Copy.Clinic = "oak" }, 11},
		"leaf deleted":                       {func(m *memory) { m.rows = append(m.rows[:11:11], m.rows[12:]...) }, 11},
		"last leaf deleted":                  {func(m *memory) { m.rows = m.rows[:19] }, 19},
		"first leaf deleted":                 {func(m *memory) { m.rows = m.rows[1:] }, 0},
		"leaf inserted":                      {func(m *memory) { insert(m, 11) }, 11},
		"two leaves swapped":                 {func(m *memory) { swap(m, 11, 12) }, 11},
		"leaf appended":                      {func(m *memory) { m.rows = append(m.rows, Row{Seq: 20, Leaf: m.rows[3].Leaf, Copy: m.rows[3].Copy}) }, 20},
		"leaf hash edited":                   {func(m *memory) { m.hashes[hashOf(m, 11)].Hash[3] ^= 1 }, 11},
		"inner hash edited":                  {func(m *memory) { m.hashes[hashOf(m, 11)+1].Hash[3] ^= 1 }, 11},
		"last hash deleted":                  {func(m *memory) { m.hashes = m.hashes[:len(m.hashes)-1] }, 19},
		"hash appended":                      {func(m *memory) { m.hashes = append(m.hashes, StoredHash{int64(len(m.hashes)), Hash{1}}) }, 20},
		"checkpoint edited":                  {func(m *memory) { m.points[2].Note[20] ^= 1 }, 11},
		"checkpoint of another":              {func(m *memory) { m.points[2].Note = m.points[1].Note }, 11},
		"last checkpoint gone":               {func(m *memory) { m.points = m.points[:4] }, 16},
		"checkpoints swapped":                {func(m *memory) { m.points[1], m.points[2] = m.points[2], m.points[1] }, 7},
		"checkpoint ahead":                   {func(m *memory) { m.points[4].Size = 40 }, 20},
		"rewritten, not signed":              {func(m *memory) { rewrite(t, m, 11) }, 8},
		"leaf and checkpoint of another key": {func(m *memory) { resign(t, m) }, 3},
	} {
		m, v := written(t, 20, 4)
		c.bend(m)
		r, err := Verify(m.log(), v)
		if err != nil || r.OK || r.FirstBad != c.first || r.Why == "" || r.LastBad < r.FirstBad {
			t.Errorf("%s: %+v, %v; want first bad %d", name, r, err, c.first)
		}
	}
}

func insert(m *memory, at int) {
	rows := append([]Row{}, m.rows[:at]...)
	rows = append(rows, Row{Seq: int64(at), Leaf: m.rows[3].Leaf, Copy: m.rows[3].Copy})
	for _, r := range m.rows[at:] {
		r.Seq++
		rows = append(rows, r)
	}
	m.rows = rows
}

func swap(m *memory, a, b int) {
	m.rows[a], m.rows[b] = m.rows[b], m.rows[a]
	m.rows[a].Seq, m.rows[b].Seq = int64(a), int64(b)
}

// hashOf finds where the hashes of leaf n begin.
func hashOf(m *memory, n int) int {
	tree := NewTree()
	at := 0
	for i := range n {
		h, _ := tree.Append(m.rows[i].Leaf)
		at += len(h)
	}
	return at
}

// rewrite edits a leaf and makes every hash fit again, as an insider with the database but without the key would.
func rewrite(t *testing.T, m *memory, n int) {
	e := event(n)
	e.Clinic = "oak"
	leaf, err := Leaf(e, int64(n))
	if err != nil {
		t.Fatal(err)
	}
	m.rows[n].Leaf, m.rows[n].Copy = leaf, CopyOf(e)
	tree := NewTree()
	m.hashes = nil
	for _, r := range m.rows {
		h, err := tree.Append(r.Leaf)
		if err != nil {
			t.Fatal(err)
		}
		m.hashes = append(m.hashes, h...)
	}
}

func resign(t *testing.T, m *memory) {
	s, err := NewSigner(Origin("test"), bytes.Repeat([]byte{8}, 32))
	if err != nil {
		t.Fatal(err)
	}
	tree := NewTree()
	for _, r := range m.rows[:4] {
		if _, err := tree.Append(r.Leaf); err != nil {
			t.Fatal(err)
		}
	}
	root, _ := tree.Root()
	m.points[0].Note, err = s.Sign(4, root)
	if err != nil {
		t.Fatal(err)
	}
}

func TestLogCutBackIsSeenByTheWitness(t *testing.T) {
	m, v := written(t, 20, 4)
	witness := m.points[4].Note
	cut, _ := written(t, 12, 4)
	if r, err := Verify(cut.log(), v); err != nil || !r.OK {
		t.Fatalf("a log cut at a checkpoint looks whole by itself: %+v, %v", r, err)
	}
	log := cut.log()
	log.Witnesses = [][]byte{witness}
	if r, err := Verify(log, v); err != nil || r.OK || r.FirstBad != 12 {
		t.Fatalf("with a witness: %+v, %v", r, err)
	}
}

func TestProofOfOneLeaf(t *testing.T) {
	m, v := written(t, 20, 4)
	tree := NewTree()
	for _, r := range m.rows {
		if _, err := tree.Append(r.Leaf); err != nil {
			t.Fatal(err)
		}
	}
	for seq := range int64(20) {
		path, err := Prove(20, seq, reader(m.hashes))
		if err != nil {
			t.Fatal(err)
		}
		p := Proof{seq, m.rows[seq].Leaf, path, m.points[4].Note}
		if err := CheckProof(p, v); err != nil {
			t.Errorf("seq %d: %v", seq, err)
		}
		p.Leaf = m.rows[(seq+1)%20].Leaf
		if CheckProof(p, v) == nil {
			t.Errorf("seq %d: another leaf holds", seq)
		}
	}
}

type reader []StoredHash

func (r reader) ReadHashes(indexes []int64) ([]Hash, error) {
	out := make([]Hash, len(indexes))
	for i, x := range indexes {
		out[i] = r[x].Hash
	}
	return out, nil
}

func TestTreeResumesFromItsHashes(t *testing.T) {
	m, _ := written(t, 100, 9)
	whole := NewTree()
	for i, r := range m.rows {
		resumed, err := ResumeTree(whole.Size(), reader(m.hashes))
		if err != nil {
			t.Fatal(err)
		}
		a, errA := whole.Root()
		b, errB := resumed.Root()
		if errA != nil || errB != nil || a != b {
			t.Fatalf("size %d: %v %v %v %v", i, a, b, errA, errB)
		}
		if _, err := whole.Append(r.Leaf); err != nil {
			t.Fatal(err)
		}
		if len(whole.edge) > 8 {
			t.Fatalf("edge of %d leaves holds %d hashes", whole.Size(), len(whole.edge))
		}
	}
}

func TestLeafIsCanonical(t *testing.T) {
	e := event(1)
	e.Reason = "tab\tand \u2028 <angle> & é"
	e.Detail = []byte{1, 2, 3}
	got, err := Leaf(e, 41)
	want := `{"action":"call.arrived","actor":{"id":"nightbell","type":"system"},"clinic":"elm","detail":"AQID",` +
		`"facts":{"a":"1","b":"2"},"object":"call:c1","outcome":"done","reason":"tab` + "\uFFFD" + `and ` + "\uFFFD" +
		` <angle> & é","seq":41,"time":"2026-11-23T12:00:01.123456Z","v":1}`
	if err != nil || string(got) != want {
		t.Fatalf("%s\n%v", got, err)
	}
	back, seq, err := ParseLeaf(got)
	if err != nil || seq != 41 || back.Facts["a"] != "1" || !back.Time.Equal(e.Time) {
		t.Fatalf("%+v %d %v", back, seq, err)
	}
	for _, bad := range []string{"", "{}", want + " ", want[:len(want)-1] + `,"w":1}`, `{"v":1}`} {
		if _, _, err := ParseLeaf([]byte(bad)); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

func TestUnknownWordIsRefused(t *testing.T) {
	for _, e := range []Event{
		{Time: noon, Actor: Actor{Type: "system"}, Action: "call.dreamt"},
		{Time: noon, Action: CallArrived},
		{Actor: Actor{Type: "system"}, Action: CallArrived},
		{Time: noon, Actor: Actor{Type: "system"}, Action: CallArrived, Detail: make([]byte, MaxLeaf)},
	} {
		if _, err := Leaf(e, 1); err == nil {
			t.Errorf("%+v was taken", e.Action)
		}
	}
	if _, err := Leaf(event(1), -1); err == nil {
		t.Error("seq -1 was taken")
	}
}

func TestSignerIsC2SP(t *testing.T) {
	s, v := testSigner(t)
	signed, err := s.Sign(3, Hash{1})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(signed, []byte("nightbell/test\n3\nAQAAAAAA")) || !bytes.Contains(signed, []byte("\n\n\u2014 nightbell/test ")) {
		t.Fatalf("%s", signed)
	}
	c, err := v.Open(signed)
	if err != nil || c.Size != 3 || c.Root != (Hash{1}) {
		t.Fatalf("%+v %v", c, err)
	}
	if _, err := NewSigner("a b", make([]byte, 32)); err == nil {
		t.Error("an origin with a space was taken")
	}
	if _, err := NewSigner("a", make([]byte, 31)); err == nil {
		t.Error("a short seed was taken")
	}
	if _, err := NewVerifier(); err == nil {
		t.Error("a verifier without keys was made")
	}
}

func TestOldSignaturesHoldAfterANewKey(t *testing.T) {
	old, _ := testSigner(t)
	signed, err := old.Sign(3, Hash{1})
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSigner(Origin("test"), bytes.Repeat([]byte{9}, 32), bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	if v, err := NewVerifier(s.VerifierKey()); err != nil {
		t.Fatal(err)
	} else if _, err := v.Open(signed); err == nil {
		t.Error("the new key alone opens what the old one signed")
	}
	v, err := NewVerifier(s.VerifierKeys()...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Open(signed); err != nil {
		t.Error(err)
	}
	if again, err := s.Sign(4, Hash{2}); err != nil || bytes.Equal(again, signed) {
		t.Error(err)
	}
}

func FuzzParseLeaf(f *testing.F) {
	leaf, _ := Leaf(event(3), 3)
	f.Add(leaf)
	f.Add([]byte(`{"v":1,"time":"x"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, seq, err := ParseLeaf(b)
		if err != nil {
			return
		}
		again, err := Leaf(e, seq)
		if err != nil || !bytes.Equal(again, b) {
			t.Fatalf("read but not canonical: %q", b)
		}
	})
}

func FuzzCheckpoint(f *testing.F) {
	f.Add(Checkpoint{"nightbell/x", 9, Hash{1}}.text())
	f.Add("a\n01\nAA==\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseCheckpoint(text)
		if err == nil && len(text) < len(c.text()) {
			t.Fatalf("%q read as %+v", text, c)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	m, v := written(b, 1000, 50)
	for b.Loop() {
		if r, err := Verify(m.log(), v); err != nil || !r.OK {
			b.Fatal(r, err)
		}
	}
	b.ReportMetric(float64(b.N)*1000/b.Elapsed().Seconds(), "leaves/s")
}
