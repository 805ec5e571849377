//go:build stories

package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// sealed is a recording's file taken apart, as docs/RECORDING-FORMAT.md lays it out.
type sealed struct {
	header  []byte
	records [][]byte
	footer  []byte
}

const (
	sealedHeader = 4096
	sealedHead   = 16 // of a record
)

func takeApart(t *testing.T, file []byte) sealed {
	t.Helper()
	s := sealed{header: bytes.Clone(file[:sealedHeader])}
	for at := sealedHeader; at+sealedHead < len(file); {
		end := at + sealedHead + int(binary.BigEndian.Uint32(file[at:]))
		s.records = append(s.records, bytes.Clone(file[at:end]))
		if at = end; s.records[len(s.records)-1][4] == 4 {
			s.footer = bytes.Clone(file[at:])
			return s
		}
	}
	t.Fatal("no FINAL")
	return s
}

func (s sealed) clone() sealed {
	c := sealed{bytes.Clone(s.header), nil, bytes.Clone(s.footer)}
	for _, r := range s.records {
		c.records = append(c.records, bytes.Clone(r))
	}
	return c
}

func (s sealed) file() []byte { return slices.Concat(s.header, bytes.Join(s.records, nil), s.footer) }

// before is how many frames stand in the records before one: two channels of PCMU, no pauses.
func (s sealed) before(record int) (frames int) {
	for _, r := range s.records[:record] {
		if r[4] == 2 {
			frames += (len(r) - sealedHead - 28 - 8) / 2
		}
	}
	return frames
}

// sound is the n-th audio record.
func (s sealed) sound(n int) int {
	for i, r := range s.records {
		if r[4] == 2 {
			if n--; n < 0 {
				return i
			}
		}
	}
	return -1
}

// tampering is one case of the format page's list. bad is the first record whose sound must not come out; -1: none may.
type tampering struct {
	name, words string
	bad         int
	file        []byte
}

// tamperings applies every case to a recording; other is another one of the same clinic.
func tamperings(s, other sealed) (all []tampering) {
	second, third, last, final := s.sound(1), s.sound(2), s.sound(3), len(s.records)-1
	add := func(name, words string, bad int, change func(c *sealed)) {
		c := s.clone()
		change(&c)
		all = append(all, tampering{name, words, bad, c.file()})
	}
	flip := func(at int) func(*sealed) { return func(c *sealed) { c.header[at] ^= 1 } }
	add("flipped bit in audio", "tag does not hold", second, func(c *sealed) { c.records[second][200] ^= 1 })
	add("flipped bit in the salt", "key or header of another", -1, flip(40))
	add("flipped bit in the codec", "", -1, flip(64))
	add("flipped bit in the commitment", "key or header of another", -1, flip(100))
	add("flipped bit in a record's sequence", "out of sequence", second, func(c *sealed) { c.records[second][15] ^= 1 })
	add("flipped bit in a record's length", "", second, func(c *sealed) { c.records[second][3] ^= 1 })
	add("type changed", "tag does not hold", second, func(c *sealed) { c.records[second][4] = 3 })
	add("cut inside a record", "cut short", last, func(c *sealed) { c.records, c.footer = append(c.records[:last], c.records[last][:300]), nil })
	add("cut at a record's end", "no final record", last, func(c *sealed) { c.records, c.footer = c.records[:last], nil })
	add("last record dropped, FINAL kept", "out of sequence", final-1, func(c *sealed) { c.records = slices.Delete(c.records, final-1, final) })
	add("two records swapped", "out of sequence", second, func(c *sealed) {
		c.records[second], c.records[third] = c.records[third], c.records[second]
	})
	add("swapped and renumbered", "tag does not hold", second, func(c *sealed) {
		a, b := c.records[second], c.records[third]
		for i := 8; i < 16; i++ {
			a[i], b[i] = b[i], a[i]
		}
		c.records[second], c.records[third] = b, a
	})
	add("a record twice", "out of sequence", third, func(c *sealed) { c.records = slices.Insert(c.records, third, c.records[second]) })
	add("a record of another file", "tag does not hold", second, func(c *sealed) {
		copy(other.records[other.sound(1)][8:16], c.records[second][8:16])
		c.records[second] = other.records[other.sound(1)]
	})
	add("the header of another file", "key or header of another", -1, func(c *sealed) { c.header = other.header })
	add("bytes after the footer", "", final, func(c *sealed) { c.footer = append(c.footer, "more"...) })
	add("a tail of zeros", "", last, func(c *sealed) {
		c.records, c.footer = append(c.records[:last], make([]byte, 4096)), nil
	})
	add("bad record in the middle of an unfinished file", "tag does not hold", second, func(c *sealed) {
		c.records[second][200] ^= 1
		c.records, c.footer = c.records[:final], nil
	})
	add("a future version", "unknown version", -1, func(c *sealed) { c.header[9] = 2 })
	add("reserved bytes in the header", "reserved", -1, func(c *sealed) { c.header[80] = 1 })
	add("reserved bytes in a record", "reserved", second, func(c *sealed) { c.records[second][6] = 1 })
	return all
}

// house is a stand with two finished recordings: in the first the caller holds twice.
type house struct {
	*stand
	taken <-chan *talk
	place func() *talk
	calls []callRow // newest first
}

func newHouse(ctx context.Context, t *testing.T) *house {
	t.Helper()
	h := &house{stand: newStand(t, onlyAmy)}
	h.settings("[survival]\nfolder = \"off\"\n") // a kill ends its call and recording: what is judged is the seal of both
	h.serve()
	h.taken = h.answering(ctx, "amy")
	carrier := h.carrier(ctx)
	h.place = func() *talk { return h.call(ctx, carrier, "+12125550100") }
	voice := newCounter(30 * time.Second)
	for n := range 2 {
		c := h.conversation(ctx, h.place, h.taken, voice)
		for range 2 * (1 - n) {
			c.hold(ctx, "sendonly")
			c.goesOnHeld(ctx)
			c.hold(ctx, "sendrecv")
		}
		c.goesOn(ctx, voice, time.Second)
		fail(t, c.agent.sound.AwaitSound(ctx, c.began, 4200*time.Millisecond))
		fail(t, c.caller.dialog.Bye(ctx))
		h.calls = h.callsInOrder(ctx, n+1)
		h.closed(ctx, h.calls[0].Recording)
	}
	return h
}

// hold re-invites with a direction.
func (c conversation) hold(ctx context.Context, direction string) {
	t := c.caller.t
	t.Helper()
	c.caller.sound.Direct(direction)
	offer, err := c.caller.sound.Offer()
	fail(t, err)
	code, answer, err := c.caller.dialog.ReInvite(ctx, offer)
	if err != nil || code != 200 {
		t.Fatalf("re-INVITE: %d, %v", code, err)
	}
	fail(t, c.caller.sound.Accept(answer))
}

// goesOnHeld waits until the agent has heard some music.
func (c conversation) goesOnHeld(ctx context.Context) {
	fail(c.caller.t, c.agent.sound.AwaitSound(ctx, time.Now(), 500*time.Millisecond))
}

// What the server sealed holds against whoever can write to the disk, and opens for whoever has the key.
func TestStorySealHolds(t *testing.T) {
	ctx := storyTime(t, 2*time.Minute)
	h := newHouse(ctx, t)
	for _, act := range []struct {
		name string
		play func(context.Context, *house)
	}{{"tampered recordings", tamperedRecordings}, {"edited database", editedDatabase}, {"independent reader and new keys", independentAndRotated}} {
		t.Run(act.name, func(t *testing.T) {
			own, stand := *h, *h.stand
			own.stand, stand.t = &stand, t
			act.play(ctx, &own)
		})
	}
}

// The independent reader agrees with us on what the server wrote: a call with two holds, one that was killed, and one
// under a new key; after a rotation what is new is under the new version, what is old comes under it by itself, and all open.
func independentAndRotated(ctx context.Context, h *house) {
	t := h.t
	held := h.calls[1]
	if n := h.happened(held.ID, "held"); n != 2 {
		t.Errorf("%d holds", n)
	}
	agrees := func(id string) {
		h.independent(id, h.export(ctx, id))
		h.must("recordings", "verify", id)
	}
	agrees(held.Recording)
	for _, purpose := range []string{"recordings", "fields"} {
		h.must("keys", "rotate", purpose, "--clinic", "harbor")
	}
	c := h.conversation(ctx, h.place, h.taken, newCounter(10*time.Second))
	fail(t, c.agent.sound.AwaitSound(ctx, c.began, 2500*time.Millisecond))
	h.srv.kill()
	h.serve()
	newest := h.callsInOrder(ctx, 3)[0]
	agrees(newest.Recording)
	agrees(held.Recording)
	for _, call := range []string{newest.ID, held.ID} {
		until(ctx, t, "recording of "+call+" is not under version 2", func() bool {
			return h.sql("SELECT key_version FROM recordings WHERE call = '"+call+"'") == "2"
		})
		until(ctx, t, "number of "+call+" is not under version 2", func() bool {
			return h.sql("SELECT hex(substr(from_cell, 2, 4)) FROM calls WHERE id = '"+call+"'") == "00000002"
		})
		if text := h.must("calls", "show", call, "--reveal", "--reason", "rotation test"); !strings.Contains(text, "12125550155") {
			t.Errorf("the number of %s does not open", call)
		}
	}
}

// sql runs the sqlite3 command on the folder's database.
func (s *stand) sql(query string) string {
	s.t.Helper()
	out, err := exec.Command("sqlite3", "-cmd", ".timeout 10000", databasePath(s.dir), query).CombinedOutput()
	if err != nil {
		s.t.Fatalf("sqlite3 %s: %v: %s", query, err, out)
	}
	return strings.TrimSpace(string(out))
}

// Every way of tampering that the format page lists is refused on a recording of the server: by verify, in words and by
// its exit code, and by playback, which gives nothing from the bad record on.
func tamperedRecordings(_ context.Context, h *house) {
	t := h.t
	row, other := h.recordings(h.calls[0].ID)[0], h.recordings(h.calls[1].ID)[0]
	genuine := h.played(row.ID)
	file := readFile(t, row.Path)
	parts := takeApart(t, file)
	if len(genuine) < 44+4*4*callRate || parts.before(len(parts.records)-1)*4 != len(genuine)-44 {
		t.Fatalf("%d bytes of sound in %d records", len(genuine), len(parts.records))
	}
	for _, c := range tamperings(parts, takeApart(t, readFile(t, other.Path))) {
		fail(t, os.WriteFile(row.Path, c.file, 0o600))
		out, _, code := h.run("recordings", "verify", row.ID)
		if code != 1 || !strings.Contains(out, "false") || !strings.Contains(out, c.words) {
			t.Errorf("%s: verify says %d, %s", c.name, code, out)
		}
		most := 0
		if c.bad >= 0 {
			most = 4 * parts.before(c.bad)
		}
		got := h.played(row.ID)
		if sound := got[min(44, len(got)):]; len(sound) > most || !bytes.HasPrefix(genuine[44:], sound) {
			t.Errorf("%s: playback gave %d bytes of sound, at most %d are genuine", c.name, len(sound), most)
		}
	}
	fail(t, os.WriteFile(row.Path, file, 0o600))
	h.must("recordings", "verify")

	// the data key of another recording
	swap := `UPDATE recordings SET wrapped_key = (SELECT wrapped_key FROM recordings r WHERE r.id = '%s') WHERE id = '%s'`
	was := h.sql("SELECT hex(wrapped_key) FROM recordings WHERE id = '" + row.ID + "'")
	h.sql(fmt.Sprintf(swap, other.ID, row.ID))
	if out, errs, code := h.run("recordings", "verify", row.ID); code != 1 {
		t.Errorf("the key of another recording: %d %s %s", code, out, errs)
	}
	if got := h.played(row.ID); len(got) != 0 {
		t.Errorf("the key of another recording plays %d bytes", len(got))
	}
	h.sql("UPDATE recordings SET wrapped_key = x'" + was + "' WHERE id = '" + row.ID + "'")
	h.must("recordings", "verify")
}

// played is what the API's playback gives before it breaks off; nothing where it refuses.
func (s *stand) played(id string) []byte {
	s.t.Helper()
	api := s.as("sue")
	defer func() { _ = api.close() }()
	body, err := api.stream(s.t.Context(), "GET", "/api/v1/recordings/"+id+"/audio?reason=tampering", nil)
	if err != nil {
		return nil
	}
	defer body.Close()
	sound, _ := io.ReadAll(body) // a body cut short is what is looked for
	return sound
}

// copied is the folder in another place, as a server that is killed now would leave it. Nothing may be happening.
func (s *stand) copied() *stand {
	s.t.Helper()
	to := s.t.TempDir()
	c := *s
	c.dir, c.files, c.entered = filepath.Join(to, "copy"), filepath.Join(to, "logins"), maps.Clone(s.entered)
	for from, to := range map[string]string{s.dir: c.dir, s.files: c.files} {
		if from == "" {
			continue // nobody has logged in here
		}
		if out, err := exec.Command("cp", "-a", from, to).CombinedOutput(); err != nil {
			s.t.Fatalf("copy: %v: %s", err, out)
		}
	}
	return &c
}

// Whoever edits the database by hand is found: audit entries by the first that does not hold, field cells in another
// place by being refused.
func editedDatabase(_ context.Context, h *house) {
	t := h.t
	for name, c := range map[string]struct{ edit, first string }{
		"edited":           {"UPDATE audit_leaves SET leaf = replace(leaf, '\"outcome\":\"done\"', '\"outcome\":\"dine\"') WHERE seq = 7", "7"},
		"index edited":     {"UPDATE audit_leaves SET action = 'call.ended' WHERE seq = 5", "5"},
		"deleted":          {"DELETE FROM audit_leaves WHERE seq = 6", "6"},
		"swapped":          {"UPDATE audit_leaves SET seq = -1 WHERE seq = 8; UPDATE audit_leaves SET seq = 8 WHERE seq = 9; UPDATE audit_leaves SET seq = 9 WHERE seq = -1", "8"},
		"inserted":         {"INSERT INTO audit_leaves SELECT SIZE, at, action, object, clinic, actor, correlation, leaf FROM audit_leaves WHERE seq = 3", "SIZE"},
		"hash edited":      {"UPDATE audit_hashes SET hash = zeroblob(32) WHERE idx = 4", ""},
		"cut short":        {"DELETE FROM audit_leaves WHERE seq >= SIZE - 3", ""},
		"checkpoint moved": {"UPDATE audit_checkpoints SET note = (SELECT note FROM audit_checkpoints ORDER BY size LIMIT 1) WHERE size = (SELECT max(size) FROM audit_checkpoints)", ""},
	} {
		v := h.copied()
		size := v.sql("SELECT count(*) FROM audit_leaves")
		c.first = strings.Replace(c.first, "SIZE", size, 1)
		v.sql(strings.ReplaceAll(c.edit, "SIZE", size))
		out, errs, code := v.run("audit", "verify")
		if code != 1 || !strings.Contains(out, "WRONG") {
			t.Errorf("%s: exit %d, %s%s", name, code, out, errs)
		}
		if c.first != "" && !strings.Contains(out, "does not hold: "+c.first+"\n") {
			t.Errorf("%s: first bad should be %s: %s", name, c.first, out)
		}
	}
	a, b := h.calls[0].ID, h.calls[1].ID
	for name, edit := range map[string]string{
		"another row":    fmt.Sprintf("UPDATE calls SET from_cell = (SELECT from_cell FROM calls WHERE id = '%s') WHERE id = '%s'", b, a),
		"another column": fmt.Sprintf("UPDATE calls SET from_cell = dialled_cell WHERE id = '%s'", a),
		"another clinic": fmt.Sprintf("UPDATE calls SET clinic = 'elsewhere' WHERE id = '%s'", a),
		"one bit":        fmt.Sprintf("UPDATE calls SET from_cell = CAST(substr(from_cell, 1, 20) || x'00' || substr(from_cell, 22) AS BLOB) WHERE id = '%s'", a),
	} {
		v := h.copied()
		v.sql(edit)
		out, errs, code := v.run("calls", "show", a, "--reveal", "--reason", "tamper test")
		if code == 0 || strings.Contains(out+errs, "5550155") || strings.Contains(out+errs, "5550100") {
			t.Errorf("cell of %s: exit %d\n%s%s", name, code, out, errs)
		}
	}
	h.must("audit", "verify")
}
