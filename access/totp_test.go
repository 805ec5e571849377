package access

import (
	"bytes"
	"image/png"
	"strings"
	"testing"
	"time"
)

// RFC 6238 appendix B, SHA-1, cut to six digits.
func TestTOTPOfTheRFC(t *testing.T) {
	secret := []byte("12345678901234567890")
	for unix, code := range map[int64]string{59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130"} {
		step, ok := CheckTOTP(secret, code, time.Unix(unix, 0), 0)
		if !ok || step != unix/30 {
			t.Errorf("%d: %v step %d", unix, ok, step)
		}
	}
}

// A step once used never works again: not at once, not in the grace of the next step, not with the clock set back a day.
func TestTOTPStepWorksOnce(t *testing.T) {
	secret, uri, err := NewTOTP("Nightbell", "amy")
	if err != nil || !strings.HasPrefix(uri, "otpauth://totp/Nightbell:amy?") {
		t.Fatalf("%q %v", uri, err)
	}
	code, err := TOTPCode(secret, noon)
	if err != nil {
		t.Fatal(err)
	}
	last, ok := CheckTOTP(secret, code, noon, 0)
	if !ok {
		t.Fatal("a fresh code was refused")
	}
	for _, at := range []time.Duration{0, 30 * time.Second, -30 * time.Second} {
		if _, ok := CheckTOTP(secret, code, noon.Add(at), last); ok {
			t.Errorf("the same code again after %v", at)
		}
	}
	yesterday := noon.AddDate(0, 0, -1)
	for at := -time.Minute; at <= time.Minute; at += 30 * time.Second {
		old, err := TOTPCode(secret, yesterday.Add(at))
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := CheckTOTP(secret, old, yesterday, last); ok {
			t.Errorf("clock set back a day: yesterday's code of %v works", at)
		}
	}
	next, _ := TOTPCode(secret, noon.Add(30*time.Second))
	if step, ok := CheckTOTP(secret, next, noon, last); !ok || step != last+1 {
		t.Errorf("the next step, a little early: %v %d", ok, step)
	}
}

func TestTOTPGraceIsOneStep(t *testing.T) {
	secret := bytes.Repeat([]byte{7}, 20)
	code, _ := TOTPCode(secret, noon)
	for steps, want := range map[int]bool{-2: false, -1: true, 0: true, 1: true, 2: false} {
		if _, ok := CheckTOTP(secret, code, noon.Add(time.Duration(steps)*30*time.Second), 0); ok != want {
			t.Errorf("%d steps off: %v", steps, ok)
		}
	}
	for _, bad := range []string{"", "12345", "1234567", "١٢٣٤٥٦", code + " ", strings.Repeat("1", 1<<20)} {
		if _, ok := CheckTOTP(secret, bad, noon, 0); ok {
			t.Errorf("%.20q taken", bad)
		}
	}
	if _, ok := CheckTOTP(secret, code, time.Unix(-100, 0), 0); ok {
		t.Error("a clock before 1970")
	}
}

func TestQRIsAPicture(t *testing.T) {
	_, uri, err := NewTOTP("Nightbell", "amy")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := QR(uri)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(raw))
	if err != nil || img.Bounds().Dx() < 200 || img.Bounds().Dx() != img.Bounds().Dy() {
		t.Errorf("%v %v", img.Bounds(), err)
	}
	if _, err := QR(strings.Repeat("x", 1<<20)); err == nil {
		t.Error("a megabyte fits into a QR code")
	}
}

func TestRecoveryCodesAreTyped(t *testing.T) {
	codes, hashes := NewRecoveryCodes()
	if len(codes) != RecoveryCodes || len(hashes) != RecoveryCodes {
		t.Fatalf("%d codes, %d hashes", len(codes), len(hashes))
	}
	seen := map[string]bool{}
	for i, code := range codes {
		for _, typed := range []string{code, strings.ToUpper(code), strings.ReplaceAll(code, "-", " "), " " + strings.ReplaceAll(code, "-", "") + " "} {
			if hash, ok := HashRecoveryCode(typed); !ok || !SameHash(hash, hashes[i]) {
				t.Errorf("%q not recognised", typed)
			}
		}
		seen[code] = true
	}
	if len(seen) != RecoveryCodes {
		t.Error("two codes are the same")
	}
	for _, bad := range []string{"", "abcd-efgh-ijkl", codes[0] + "a", "0000-0000-0000-0000", strings.Repeat("a", 1<<20), "аbcd-efgh-ijkl-mnop"} {
		if _, ok := HashRecoveryCode(bad); ok {
			t.Errorf("%.20q taken", bad)
		}
	}
}
