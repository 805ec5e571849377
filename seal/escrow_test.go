package seal

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

var escrowFolder = filepath.Join(vectorFolder, "escrow")

// escrowVector is a vector with the key that its slot may be opened by.
type escrowVector struct {
	vector
	Slot    SlotType `json:"slot"`
	Private string   `json:"private_key"` // 1: seed of 32 bytes; 3: X25519
	Opens   bool     `json:"opens"`
}

func escrowed(t testing.TB, r Recipient) ([]byte, DataKey, Summary) {
	t.Helper()
	h, err := NewHeader(PCMU, 2, 8000)
	if err != nil {
		t.Fatal(err)
	}
	h = r.For(h)
	key := NewDataKey()
	var out bytes.Buffer
	w, err := Create(&out, key, h, Meta{CallID: "call-1", ClinicID: "clinic-1", Direction: "in", Channels: []string{"caller", "agent"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Audio(0, tone(h, 0, 8000)), w.Finish(Complete, 8000)); err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), key, w.Summary()
}

func keepers(t testing.TB) map[SlotType]struct {
	keeper  EscrowKeeper
	private string
} {
	t.Helper()
	hybrid := NewRecoveryKey()
	one, err := hybrid.Keeper()
	if err != nil {
		t.Fatal(err)
	}
	raw := sha256.Sum256(hybrid.seed[:]) // any 32 bytes are an X25519 key
	three, err := X25519Keeper(raw[:])
	if err != nil {
		t.Fatal(err)
	}
	type entry = struct {
		keeper  EscrowKeeper
		private string
	}
	return map[SlotType]entry{SlotHybrid: {one, hex.EncodeToString(hybrid.seed[:])}, SlotX25519: {three, hex.EncodeToString(raw[:])}}
}

// The house is lost with its database; the file and the paper are left.
func TestSharesOpenARecordingWithoutTheHouse(t *testing.T) {
	key, shares := split(t, 3, 5)
	public, err := key.Public()
	if err != nil {
		t.Fatal(err)
	}
	file, dataKey, sum := escrowed(t, public.Recipient())
	together, err := CombineShares(shares[2], shares[0], shares[4])
	if err != nil {
		t.Fatal(err)
	}
	keeper, err := together.Keeper()
	if err != nil {
		t.Fatal(err)
	}
	got, err := keeper.Rescue(file[:headerSize])
	if err != nil || got != dataKey {
		t.Fatalf("rescued: %v", err)
	}
	rep := Verify(bytes.NewReader(file), int64(len(file)), got)
	if rep.Verdict != OK || rep.SHA256 != sum.SHA256 {
		t.Errorf("%+v, and the sum of the writer is the reader's: %v", rep, rep.SHA256 == sum.SHA256)
	}
	h, err := ParseHeader(file)
	if err != nil || !h.Escrow {
		t.Errorf("flag: %v", err)
	}
}

func TestASlotOpensForItsRecipientAlone(t *testing.T) {
	for kind, k := range keepers(t) {
		file, _, sum := escrowed(t, k.keeper.Recipient())
		for other, stranger := range keepers(t) {
			if _, err := stranger.keeper.Rescue(file); !errors.Is(err, ErrOtherEscrow) {
				t.Errorf("slot %d by a stranger's %d: %v", kind, other, err)
			}
		}
		second, _, _ := escrowed(t, k.keeper.Recipient())
		swapped := bytes.Clone(file)
		copy(swapped[transcribed:headerSize], second[transcribed:headerSize])
		if _, err := k.keeper.Rescue(swapped); !errors.Is(err, ErrNotGenuine) {
			t.Errorf("slot %d of another file: %v", kind, err)
		}
		for _, at := range []int{slotSealedAt, slotSealedAt + 33, 40, 100} {
			bad := bytes.Clone(file)
			bad[at] ^= 1
			if key, err := k.keeper.Rescue(bad); err == nil || key != (DataKey{}) {
				t.Errorf("slot %d, byte %d flipped: opened", kind, at)
			}
		}
		shredded := bytes.Clone(file)
		clear(shredded[transcribed:headerSize])
		if _, err := k.keeper.Rescue(shredded); !errors.Is(err, ErrNoEscrow) {
			t.Errorf("slot %d, zeroed: %v", kind, err)
		}
		if got, err := digest(bytes.NewReader(shredded), int64(len(shredded))); err != nil || got != sum.SHA256 {
			t.Errorf("slot %d: zeroing it changes what is on record: %v", kind, err)
		}
	}
}

func TestAHeaderSaysEscrowOnlyWithASlot(t *testing.T) {
	h, err := NewHeader(PCMU, 1, 8000)
	if err != nil {
		t.Fatal(err)
	}
	h.Escrow = true
	if _, err := Create(&bytes.Buffer{}, NewDataKey(), h, Meta{}); err == nil {
		t.Error("a flag without a slot")
	}
}

func makeEscrowVectors(t testing.TB) []escrowVector {
	var all []escrowVector
	add := func(name, why string, kind SlotType, private string, b []byte, key DataKey, opens bool) {
		n, sum := released(b, key)
		v := vector{File: name + ".nbr", Why: why, Key: key.Hex(), Verdict: OK, Released: n, Plaintext: sum, bytes: b}
		all = append(all, escrowVector{v, kind, private, opens})
	}
	for kind, name := range map[SlotType]string{SlotHybrid: "hybrid", SlotX25519: "x25519"} {
		k := keepers(t)[kind]
		b, key, _ := escrowed(t, k.keeper.Recipient())
		add(name, "a slot of type "+map[SlotType]string{1: "1", 3: "3"}[kind], kind, k.private, b, key, true)
		flipped := bytes.Clone(b)
		flipped[slotSealedAt+40] ^= 1
		add(name+"-flipped", "one bit of the sealed key: the recording is whole, the slot opens nothing", kind, k.private, flipped, key, false)
		zeroed := bytes.Clone(b)
		clear(zeroed[transcribed:headerSize])
		add(name+"-zeroed", "the slot zeroed, the flag standing: what a shred leaves", kind, k.private, zeroed, key, false)
		retyped := bytes.Clone(b)
		binary.BigEndian.PutUint16(retyped[slotAt:], uint16(SlotHybridP256))
		add(name+"-retyped", "the type changed to 2", kind, k.private, retyped, key, false)
	}
	return all
}

func (v escrowVector) keeper() (EscrowKeeper, error) {
	raw, err := hex.DecodeString(v.Private)
	if err != nil {
		return EscrowKeeper{}, err
	}
	if v.Slot == SlotX25519 {
		return X25519Keeper(raw)
	}
	return RecoveryKey{[32]byte(raw)}.Keeper()
}

func TestEscrowVectors(t *testing.T) {
	path := filepath.Join(escrowFolder, "vectors.json")
	if *remake {
		fresh := makeEscrowVectors(t)
		if err := os.MkdirAll(escrowFolder, 0o755); err != nil {
			t.Fatal(err)
		}
		list, _ := json.MarshalIndent(fresh, "", "  ")
		if err := os.WriteFile(path, append(list, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
		for _, v := range fresh {
			if err := os.WriteFile(filepath.Join(escrowFolder, v.File), v.bytes, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	list, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var all []escrowVector
	if err := json.Unmarshal(list, &all); err != nil || len(all) != 8 {
		t.Fatalf("%d vectors: %v", len(all), err)
	}
	for _, v := range all {
		t.Run(v.File, func(t *testing.T) {
			if v.bytes, err = os.ReadFile(filepath.Join(escrowFolder, v.File)); err != nil {
				t.Fatal(err)
			}
			v.check(t)
			keeper, err := v.keeper()
			if err != nil {
				t.Fatal(err)
			}
			key, err := keeper.Rescue(v.bytes)
			if (err == nil) != v.Opens || (v.Opens && key.Hex() != v.Key) {
				t.Errorf("rescued: %v", err)
			}
		})
	}
}

// The reader that shares no code with ours passes over the slot, whatever is in it.
func TestIndependentReaderPassesOverTheSlot(t *testing.T) {
	var opinions []secondOpinion
	if err := json.Unmarshal(python(t, "vectors", escrowFolder), &opinions); err != nil || len(opinions) != 8 {
		t.Fatalf("%d opinions: %v", len(opinions), err)
	}
	for _, o := range opinions {
		if o.Verdict != OK {
			t.Errorf("%s: %s %s", o.File, o.Verdict, o.Fault)
		}
	}
}

func BenchmarkEscrowSlot(b *testing.B) {
	public, err := NewRecoveryKey().Public()
	if err != nil {
		b.Fatal(err)
	}
	key, header := NewDataKey(), make([]byte, headerSize)
	for b.Loop() {
		if err := public.Recipient().escrow(header, key); err != nil {
			b.Fatal(err)
		}
	}
}
