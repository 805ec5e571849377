package main

import (
	"bytes"
	"fmt"
	"image/png"
	"strings"
	"time"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"

	"nightbell/seal"
)

// sharePage is one share as it is printed: groups to type, a QR code to scan, and what a stranger who finds the page may
// know. Hand-made text: it must come out of any printer.
func sharePage(s seal.Share) (string, error) {
	code, err := qrText(s.Text())
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "NIGHTBELL RECOVERY KEY                         share %d of %d\n\n", s.Number, s.Of)
	fmt.Fprintf(&b, "Set %s     made %s     any %d of %d open it\n\n", s.Set, s.Made.Format(time.DateOnly), s.Threshold, s.Of)
	groups := s.Groups()
	for row := 0; row < len(groups); row += 3 {
		for i := row; i < row+3; i++ {
			fmt.Fprintf(&b, "  %2d  %s", i+1, groups[i])
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "\n%s\n", code)
	b.WriteString("Keep this page where the others are not. Alone it opens nothing. A typing\n")
	b.WriteString("error is found in its own group; letters I, L, O are read as 1, 1, 0.\n")
	fmt.Fprintf(&b, "To use it: nightbell keys recovery use, or nightbell unseal --recovery.\n")
	return b.String(), nil
}

func shareCode(text string) (barcode.Barcode, error) {
	code, err := qr.Encode(text, qr.M, qr.AlphaNumeric)
	if err != nil {
		return nil, fmt.Errorf("QR code: %w", err)
	}
	return code, nil
}

// qrMargin is the margin that ISO/IEC 18004 asks for, in modules.
const qrMargin = 4

// qrText draws two rows of modules a line, dark on light paper.
func qrText(text string) (string, error) {
	code, err := shareCode(text)
	if err != nil {
		return "", err
	}
	size := code.Bounds().Dx()
	dark := func(x, y int) bool {
		if x < 0 || y < 0 || x >= size || y >= size {
			return false
		}
		r, _, _, _ := code.At(x, y).RGBA()
		return r == 0
	}
	var b strings.Builder
	for y := -qrMargin; y < size+qrMargin; y += 2 {
		line := ""
		for x := -qrMargin; x < size+qrMargin; x++ {
			line += half[dark(x, y)][dark(x, y+1)]
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String(), nil
}

// half is the character for two modules, upper and lower.
var half = map[bool]map[bool]string{true: {true: "█", false: "▀"}, false: {true: "▄", false: " "}}

// sharePicture is the QR code as PNG, eight pixels a module.
func sharePicture(s seal.Share) ([]byte, error) {
	code, err := shareCode(s.Text())
	if err != nil {
		return nil, err
	}
	side := code.Bounds().Dx() * 8
	if code, err = barcode.Scale(code, side, side); err != nil {
		return nil, fmt.Errorf("QR code: %w", err)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, code); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
