package store

import (
	"encoding/json"
	"testing"
)

func FuzzCursor(f *testing.F) {
	f.Add(cursor(12))
	f.Add(cursor(int64(-5), "c|1"))
	f.Add("eHg")
	f.Fuzz(func(t *testing.T, text string) {
		one, both := &where{}, &where{}
		if err := one.before(text, "seq"); err == nil && text != "" && len(one.args) != 1 {
			t.Fatalf("%q: %v", text, one)
		}
		if err := both.beforeBoth(text, "at", "id"); err == nil && text != "" && len(both.args) != 3 {
			t.Fatalf("%q: %v", text, both)
		}
	})
}

func FuzzSpoolEntry(f *testing.F) {
	for i, e := range storyOf("c1") {
		b, err := entry{N: int64(i), Event: &e}.encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	r := recordOf("c1", "+12125550123")
	b, err := entry{N: 9, Record: &r}.encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := decodeEntry(b)
		if err != nil {
			return
		}
		again, err := e.encode()
		if err != nil || !json.Valid(again) {
			t.Fatalf("read, but not written again: %v", err)
		}
		if back, err := decodeEntry(again); err != nil || back.N != e.N {
			t.Fatalf("written, but not read again: %v", err)
		}
	})
}
