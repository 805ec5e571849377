package store

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
)

// A cursor names the last row of a page; it is opaque to everybody else.

func cursor(keys ...any) string {
	parts := make([]string, len(keys))
	for i, k := range keys {
		parts[i] = fmt.Sprint(k)
	}
	return base64.RawURLEncoding.EncodeToString([]byte(strings.Join(parts, "|")))
}

var errCursor = fmt.Errorf("cursor: %w", ErrInvalid)

// before goes on behind a cursor of one whole number, in falling order.
func (w *where) before(text, column string) error {
	if text == "" {
		return nil
	}
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return errCursor
	}
	n, err := strconv.ParseInt(string(b), 10, 64)
	if err != nil {
		return errCursor
	}
	w.add(column+" < ?", n)
	return nil
}

// beforeBoth goes on behind a cursor of a time and an id, in falling order of both.
func (w *where) beforeBoth(text, at, id string) error {
	if text == "" {
		return nil
	}
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return errCursor
	}
	first, last, ok := strings.Cut(string(b), "|")
	n, err := strconv.ParseInt(first, 10, 64)
	if err != nil || !ok {
		return errCursor
	}
	w.add("("+at+" < ? OR "+at+" = ? AND "+id+" < ?)", n, n, last)
	return nil
}

func limitOf(n int) (int, error) {
	if n == 0 {
		return 100, nil
	}
	if n < 0 || n > 1000 {
		return 0, fmt.Errorf("limit %d, 1 to 1000: %w", n, ErrInvalid)
	}
	return n, nil
}
