package access

import (
	_ "embed"
	"errors"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A password has 12 to 128 characters of any kind. No composition rules, no expiry: only what is guessed first is refused.
const (
	leastPassword     = 12
	mostPassword      = 128
	mostPasswordBytes = 2048 // before NFC; what is longer is not even looked at
)

// Why a password is not taken.
var (
	ErrPasswordShort  = errors.New("password: at least 12 characters")
	ErrPasswordLong   = errors.New("password: at most 128 characters")
	ErrPasswordText   = errors.New("password: not text that a keyboard makes")
	ErrPasswordCommon = errors.New("password: among the first that are guessed")
	ErrPasswordOwn    = errors.New("password: made of your own name or the house's")
	ErrPasswordSimple = errors.New("password: a repetition or a row of keys")
)

//go:embed blocklist.txt
var blocklistText string

// blocklist holds the words on which common passwords are built, as folded gives them.
var blocklist = sync.OnceValue(func() map[string]bool {
	words := make(map[string]bool, 22_000)
	for line := range strings.Lines(blocklistText) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			words[line] = true
		}
	}
	return words
})

// CheckPassword refuses a new password that is too short or among those that are guessed first. Hints are what belongs to the
// person or the house: her id, a clinic's name.
func CheckPassword(password string, hints ...string) error {
	if len(password) > mostPasswordBytes {
		return ErrPasswordLong
	}
	if !utf8.ValidString(password) || strings.ContainsFunc(password, unicode.IsControl) {
		return ErrPasswordText
	}
	password = norm.NFC.String(password)
	switch length := utf8.RuneCountInString(password); {
	case length < leastPassword:
		return ErrPasswordShort
	case length > mostPassword:
		return ErrPasswordLong
	case simple(password):
		return ErrPasswordSimple
	case common(password, length):
		return ErrPasswordCommon
	case own(password, hints):
		return ErrPasswordOwn
	}
	return nil
}

// common reports whether at least half of the password is one word of the blocklist.
func common(password string, length int) bool {
	word := folded(password)
	return 2*len(word) >= length && blocklist()[word]
}

// own reports whether fewer than eight characters remain without the hints.
func own(password string, hints []string) bool {
	rest := strings.ToLower(password)
	for _, h := range append([]string{"nightbell"}, hints...) {
		if h = strings.ToLower(h); len(h) >= 3 {
			rest = strings.ReplaceAll(rest, h, "")
		}
	}
	return len(rest) < len(password) && utf8.RuneCountInString(rest) < 8
}

var letterFor = map[rune]rune{'0': 'o', '1': 'i', '3': 'e', '4': 'a', '5': 's', '7': 't', '@': 'a', '$': 's', '!': 'i'}

// folded is the word under a password's decorations: "P4ssword2026!" is "password". Only a to z remain.
func folded(password string) string {
	core := strings.TrimFunc(strings.ToLower(password), func(r rune) bool { return r < 'a' || r > 'z' })
	return strings.Map(func(r rune) rune {
		if l, ok := letterFor[r]; ok {
			return l
		}
		if r < 'a' || r > 'z' {
			return -1
		}
		return r
	}, core)
}

// rows of a keyboard and the two rows everybody knows.
var rows = []string{"abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./", "qwertzuiop", "azertyuiop"}

// simple reports a repetition of a short text, or a walk in which three of four steps go to the neighbour.
func simple(password string) bool {
	text := []rune(strings.ToLower(password))
	if repeats(text) {
		return true
	}
	near := 0
	for i := 1; i < len(text); i++ {
		if neighbours(text[i-1], text[i]) {
			near++
		}
	}
	return 4*near >= 3*(len(text)-1)
}

// repeats reports whether the text is a shorter one of at most eight characters over and over.
func repeats(text []rune) bool {
	for unit := 1; unit <= 8 && unit <= len(text)/2; unit++ {
		same := true
		for i := unit; i < len(text) && same; i++ {
			same = text[i] == text[i-unit]
		}
		if same {
			return true
		}
	}
	return false
}

func neighbours(a, b rune) bool {
	if a == b {
		return true
	}
	for _, row := range rows {
		i, j := strings.IndexRune(row, a), strings.IndexRune(row, b)
		if i >= 0 && j >= 0 && (i-j == 1 || j-i == 1) {
			return true
		}
	}
	return false
}
