//go:build stories

package main

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"
)

// canary is something that must never stand anywhere in clear: a text, or a piece of sound.
type canary struct {
	name   string
	needle []needle
}

// needle is one form of a canary.
type needle struct {
	form  string
	bytes []byte
	folds bool // upper and lower case are the same
}

// textCanary is a name, a digit string or a secret, in every form in which it might be written by accident.
func textCanary(name, text string) canary {
	c := canary{name: name}
	add := func(form string, b []byte) {
		c.needle = append(c.needle, needle{form, bytes.ToLower(b), true})
	}
	add("raw", []byte(text))
	add("hex", []byte(hex.EncodeToString([]byte(text))))
	add("percent", []byte(escaped(text, "%%%02x")))
	add("JSON", []byte(escaped(text, `\u%04x`)))
	add("UTF-16LE", wide(text, func(b []byte, u uint16) []byte { return append(b, byte(u), byte(u>>8)) }))
	add("UTF-16BE", wide(text, func(b []byte, u uint16) []byte { return append(b, byte(u>>8), byte(u)) }))
	if plus := strings.ReplaceAll(text, " ", "+"); plus != text {
		add("form", []byte(plus))
		add("URL", []byte(strings.ReplaceAll(text, " ", "%20")))
	}
	for shift := range 3 { // a base64 text shows the same bytes in three ways
		b := base64.RawStdEncoding.EncodeToString(append(make([]byte, shift), text...))
		b = b[[]int{0, 2, 3}[shift] : len(b)-len(b)%4] // what the neighbours do not touch
		c.needle = append(c.needle, needle{"base64", []byte(b), false})
		if url := strings.NewReplacer("+", "-", "/", "_").Replace(b); url != b {
			c.needle = append(c.needle, needle{"base64url", []byte(url), false})
		}
	}
	return c
}

// numberCanary is a telephone number: its ten national digits in every form, and the ways people group them.
func numberCanary(name, digits string) canary {
	c := textCanary(name, digits)
	a, b, d := digits[:3], digits[3:6], digits[6:]
	for _, form := range []string{a + "-" + b + "-" + d, a + "." + b + "." + d, "(" + a + ") " + b + "-" + d, a + " " + b + " " + d} {
		c.needle = append(c.needle, needle{"grouped", []byte(form), true})
	}
	return c
}

// soundCanary is a moment of sound: µ-law, A-law, PCM16, PCM with the other channel between.
func soundCanary(name string, forms map[string][]byte) canary {
	c := canary{name: name}
	for form, b := range forms {
		c.needle = append(c.needle, needle{form: form, bytes: b})
	}
	return c
}

func escaped(text, format string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		fmt.Fprintf(&b, format, c)
	}
	return b.String()
}

func wide(text string, put func([]byte, uint16) []byte) (b []byte) {
	for _, u := range utf16.Encode([]rune(text)) {
		b = put(b, u)
	}
	return b
}

// search looks for canaries wherever it is led, and keeps what it found.
type search struct {
	t        *testing.T
	canaries []canary
	found    []string
	looked   int // bytes
}

// in looks into one thing, and into what is packed in it.
func (s *search) in(where string, b []byte) {
	s.looked += len(b)
	b = withoutHoles(b)
	folded := bytes.ToLower(b)
	for _, c := range s.canaries {
		for _, n := range c.needle {
			hay := b
			if n.folds {
				hay = folded
			}
			if at := bytes.Index(hay, n.bytes); at >= 0 {
				s.found = append(s.found, fmt.Sprintf("%s: %s as %s at %d", where, c.name, n.form, at))
			}
		}
	}
	for _, inner := range unpacked(b) {
		s.in(where+" (unpacked)", inner)
	}
}

// withoutHoles leaves out whole pages of zeros: room that was taken in advance.
func withoutHoles(b []byte) []byte {
	const page = 4096
	var zero [page]byte
	var out []byte
	for len(b) > 0 {
		n := min(page, len(b))
		if !bytes.Equal(b[:n], zero[:n]) {
			out = append(out, b[:n]...)
		}
		b = b[n:]
	}
	return out
}

// unpacked gives what gzip and zlib streams in b hold, as far as they can be read.
func unpacked(b []byte) (all [][]byte) {
	for at := 0; ; at++ {
		next := bytes.Index(b[at:], []byte{0x1f, 0x8b, 8})
		if next < 0 {
			break
		}
		at += next
		if r, err := gzip.NewReader(bytes.NewReader(b[at:])); err == nil {
			all = keepUnpacked(all, r)
		}
	}
	for _, head := range [][]byte{{0x78, 0x9c}, {0x78, 0x01}, {0x78, 0xda}} {
		for at := 0; ; at++ {
			next := bytes.Index(b[at:], head)
			if next < 0 {
				break
			}
			at += next
			all = keepUnpacked(all, flate.NewReader(bytes.NewReader(b[at+2:])))
		}
	}
	return all
}

func keepUnpacked(all [][]byte, r io.Reader) [][]byte {
	inner, _ := io.ReadAll(io.LimitReader(r, 1<<20))
	if len(inner) < 8 {
		return all // an accident of two bytes
	}
	return append(all, inner)
}

// tree looks into every file below a folder, and at the names.
func (s *search) tree(root string) {
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil // gone in between
		}
		s.in("name of "+path, []byte(filepath.Base(path)))
		if !d.Type().IsRegular() {
			return nil
		}
		b, err := os.ReadFile(path)
		if err == nil {
			s.in(path, b)
		}
		return nil
	})
	fail(s.t, err)
}

// process looks at what everybody on the machine can see of a process, and at its open files, unlinked ones too.
func (s *search) process(pid int) {
	proc := fmt.Sprintf("/proc/%d", pid)
	for _, name := range []string{"environ", "cmdline", "comm", "status", "maps"} {
		s.in(proc+"/"+name, readFile(s.t, filepath.Join(proc, name)))
	}
	files, err := os.ReadDir(proc + "/fd")
	fail(s.t, err)
	for _, f := range files {
		path := filepath.Join(proc, "fd", f.Name())
		to, _ := os.Readlink(path) // a file, unlinked or not; pipe:[1] and socket:[1] are none
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && strings.HasPrefix(to, "/") {
			s.in(path+" -> "+to, readFile(s.t, path))
		}
	}
}

// clean fails with whatever was found.
func (s *search) clean(when string) {
	s.t.Helper()
	if len(s.found) > 0 {
		s.t.Errorf("%s, in clear:\n%s", when, strings.Join(s.found, "\n"))
	}
	s.t.Logf("%s: %.1f MB searched for %d canaries", when, float64(s.looked)/1e6, len(s.canaries))
	s.found, s.looked = nil, 0
}

// proveSearch plants every form of every canary and lets the searcher find it: bare, between other bytes, and packed.
func (s *search) proveSearch() {
	s.t.Helper()
	secret := textCanary("text", "Quillfeather 6465550199")
	for _, before := range []string{"", "a", "ab"} {
		text := base64.StdEncoding.EncodeToString([]byte(before + "Quillfeather 6465550199" + "and after"))
		one := &search{t: s.t, canaries: []canary{secret}}
		if one.in("base64", []byte(text)); len(one.found) == 0 {
			s.t.Fatalf("the searcher does not find base64 after %q", before)
		}
	}
	dir := s.t.TempDir()
	for _, c := range s.canaries {
		for i, n := range c.needle {
			var packed bytes.Buffer
			z := gzip.NewWriter(&packed)
			_, _ = z.Write(append([]byte("before "), n.bytes...))
			fail(s.t, z.Close())
			for kind, b := range map[string][]byte{"bare": n.bytes, "packed": packed.Bytes()} {
				path := filepath.Join(dir, "planted")
				fail(s.t, os.WriteFile(path, append(append(bytes.Repeat([]byte("x\x00"), 5000), b...), " and after"...), 0o600))
				one := &search{t: s.t, canaries: []canary{{c.name, c.needle[i : i+1]}}}
				if one.tree(dir); len(one.found) == 0 {
					s.t.Fatalf("the searcher does not find %s as %s, %s", c.name, n.form, kind)
				}
			}
		}
	}
}
