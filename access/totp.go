package access

import (
	"bytes"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"errors"
	"fmt"
	"image/png"
	"time"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"
)

// TOTP as every authenticator program knows it (RFC 6238): SHA-1, six digits, thirty seconds, one step of grace either way.
const (
	totpBytes  = 20 // RFC 4226 §4 R6 recommends 160 bits
	totpStep   = 30 * time.Second
	totpGrace  = 1
	totpDigits = otp.DigitsSix
)

// NewTOTP makes a secret and the otpauth address that an authenticator reads from a QR code.
func NewTOTP(issuer, account string) (secret []byte, uri string, err error) {
	secret = make([]byte, totpBytes)
	rand.Read(secret)
	key, err := totp.Generate(totp.GenerateOpts{
		Issuer: issuer, AccountName: account, Secret: secret, Period: uint(totpStep / time.Second), Digits: totpDigits, Algorithm: otp.AlgorithmSHA1,
	})
	if err != nil {
		return nil, "", fmt.Errorf("totp secret: %w", err)
	}
	return secret, key.URL(), nil
}

// TOTPText is the secret as a person types it into an authenticator.
func TOTPText(secret []byte) string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)
}

// TOTPCode is the code of the step that holds at the moment; tools that log in like people need it.
func TOTPCode(secret []byte, now time.Time) (string, error) { return codeOf(secret, stepAt(now)) }

// CheckTOTP says whether the code is right now, and which step it belongs to. A step up to lastStep never works again,
// whatever the clock says: whoever gets a yes stores the step, on the condition that it is still higher than the stored one
// (RFC 6238 §5.2).
func CheckTOTP(secret []byte, code string, now time.Time, lastStep int64) (step int64, ok bool) {
	if len(code) != totpDigits.Length() {
		return 0, false
	}
	for s := stepAt(now) - totpGrace; s <= stepAt(now)+totpGrace; s++ {
		want, err := codeOf(secret, s)
		if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 && s > lastStep && !ok {
			step, ok = s, true
		}
	}
	return step, ok
}

func stepAt(now time.Time) int64 { return now.Unix() / int64(totpStep/time.Second) }

func codeOf(secret []byte, step int64) (string, error) {
	if step < 0 {
		return "", errors.New("totp: before 1970")
	}
	return hotp.GenerateCodeCustom(TOTPText(secret), uint64(step), hotp.ValidateOpts{Digits: totpDigits, Algorithm: otp.AlgorithmSHA1})
}

// QR draws a text of at most 2 kB as a QR code: a PNG of about 400 pixels.
func QR(text string) ([]byte, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return nil, fmt.Errorf("qr code: %w", err)
	}
	side := code.Bounds().Dx()
	code, err = barcode.Scale(code, side*max(1, 400/side), side*max(1, 400/side))
	if err != nil {
		return nil, fmt.Errorf("qr code: %w", err)
	}
	var out bytes.Buffer
	if err := png.Encode(&out, code); err != nil {
		return nil, fmt.Errorf("qr code: %w", err)
	}
	return out.Bytes(), nil
}
