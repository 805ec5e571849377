package media

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
)

// cases reads a table of testdata/sip/crypto: what it shows, and the attribute's value.
func cryptoCases(t testing.TB, name string) [][2]string {
	t.Helper()
	text, err := os.ReadFile("../testdata/sip/crypto/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var out [][2]string
	for line := range strings.Lines(string(text)) {
		if what, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t"); ok {
			out = append(out, [2]string{what, value})
		}
	}
	return out
}

// Each bad line alone gets 488 and leaves the session as it was: a good offer is taken next.
func TestBadCryptoLines(t *testing.T) {
	bad := cryptoCases(t, "bad.tsv")
	if len(bad) < 50 {
		t.Fatalf("%d cases", len(bad))
	}
	call := runEngine(t, Config{}).NewCall()
	s := newLeg(t, call, loopback)
	p := newPhone(t, AES128CM80)
	for _, c := range bad {
		body := cryptoOf.ReplaceAllLiteralString(string(p.sdp()), "a=crypto:"+c[1])
		_, err := s.Answer([]byte(body))
		var r *Refusal
		if !errors.As(err, &r) || r.Code != 488 || r.WarnCode == 0 || r.Text == "" {
			t.Errorf("%s: %v", c[0], err)
		}
		if s.Codec() != NoCodec {
			t.Errorf("%s: the session has agreed to something", c[0])
		}
	}
	p.call(s)
}

func TestGoodCryptoLines(t *testing.T) {
	for _, c := range cryptoCases(t, "good.tsv") {
		line, err := parseCrypto(c[1])
		if err != nil {
			t.Errorf("%s: %v", c[0], err)
			continue
		}
		again, err := parseCrypto(strings.TrimPrefix(line.attribute(), "crypto:"))
		if err != nil || again != line {
			t.Errorf("%s: written and read again: %v", c[0], err)
		}
	}
}

// A line that cannot be used does not spoil one beside it.
func TestLineWithMKIIsPassedOver(t *testing.T) {
	call := runEngine(t, Config{}).NewCall()
	s := newLeg(t, call, loopback)
	p := newPhone(t, AES128CM80)
	good := "a=" + cryptoLine{1, p.key}.attribute()
	withMKI := strings.Replace(good, "crypto:1 ", "crypto:3 ", 1) + "|2^20|1:4"
	body := strings.Replace(string(p.sdp()), good, withMKI+"\r\na=crypto:9 MAGIC inline:x\r\n"+strings.Replace(good, ":1 ", ":7 ", 1), 1)
	answer, err := s.Answer([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	if got := cryptoOf.FindAllStringSubmatch(string(answer), -1); len(got) != 1 || got[0][1] != "7" {
		t.Errorf("answered with %d lines: %s", len(got), answer)
	}
}

func TestShortTagIsByOptInOnly(t *testing.T) {
	call := runEngine(t, Config{}).NewCall()
	p := newPhone(t, AES128CM32)
	var r *Refusal
	if _, err := newLeg(t, call, loopback).Answer(p.sdp()); !errors.As(err, &r) {
		t.Errorf("taken without being asked for: %v", err)
	}
	wished := loopback
	wished.Suites = []Suite{AES128CM32}
	p.call(newLeg(t, call, wished))
}

func TestKeysDoNotPrint(t *testing.T) {
	k := newMasterKey(AES256GCM)
	for _, verb := range []string{"%v", "%+v", "%s"} {
		if got := fmt.Sprintf(verb, k); strings.Contains(got, k.inline) || got != "[key]" {
			t.Errorf("%s: %q", verb, got)
		}
	}
}

func FuzzCrypto(f *testing.F) {
	for _, name := range []string{"bad.tsv", "good.tsv"} {
		for _, c := range cryptoCases(f, name) {
			f.Add(c[1])
		}
	}
	f.Fuzz(func(t *testing.T, value string) {
		line, err := parseCrypto(value)
		if err != nil {
			return
		}
		again, err := parseCrypto(strings.TrimPrefix(line.attribute(), "crypto:"))
		if err != nil || again != line {
			t.Fatalf("%q does not come back", value)
		}
		if _, err := line.key.inbound(); err != nil {
			t.Fatal(err)
		}
	})
}
