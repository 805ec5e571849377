// Package phi holds the types of values that identify a patient or a person: telephone numbers, names, free text.
//
// Every one of them redacts itself: fmt (all verbs), slog, JSON and text marshalling give "[phi:phone]" and the
// like. The clear value comes out of Reveal alone, so a search for Reveal is the privacy review (45 CFR 164.502(b),
// minimum necessary). The value lies behind a pointer, so that even a struct that holds one in an unexported
// field, printed with %+v, shows an address and never the digits.
//
// phi never does I/O and knows nothing of the other rooms; every room may import it.
package phi

import (
	"fmt"
	"io"
	"log/slog"
	"unique"
)

// secret is the common part: comparable by value, printed as its kind only.
type secret struct{ h unique.Handle[string] }

func seal(s string) secret {
	if s == "" {
		return secret{}
	}
	return secret{unique.Make(s)}
}

func (s secret) reveal() string {
	if s == (secret{}) {
		return ""
	}
	return s.h.Value()
}

// Phone is a telephone number of a caller or a person, E.164 where it is one ("+12125550123"). Comparable.
type Phone struct{ s secret }

// Name is a person's name. Comparable.
type Name struct{ s secret }

// Text is free text that may say anything about a patient. Comparable.
type Text struct{ s secret }

// NewPhone takes a number as it was sent; it does not normalise. The empty string gives the zero Phone.
func NewPhone(s string) Phone { return Phone{seal(s)} }

// NewName takes a name; the empty string gives the zero Name.
func NewName(s string) Name { return Name{seal(s)} }

// NewText takes free text; the empty string gives the zero Text.
func NewText(s string) Text { return Text{seal(s)} }

// Reveal gives the clear value. Every caller of it is a place that the privacy review reads.
func (p Phone) Reveal() string { return p.s.reveal() }

// Reveal gives the clear value. Every caller of it is a place that the privacy review reads.
func (n Name) Reveal() string { return n.s.reveal() }

// Reveal gives the clear value. Every caller of it is a place that the privacy review reads.
func (t Text) Reveal() string { return t.s.reveal() }

// IsZero reports whether there is no value.
func (p Phone) IsZero() bool { return p.s == (secret{}) }

// IsZero reports whether there is no value.
func (n Name) IsZero() bool { return n.s == (secret{}) }

// IsZero reports whether there is no value.
func (t Text) IsZero() bool { return t.s == (secret{}) }

const (
	phone = "[phi:phone]"
	name  = "[phi:name]"
	text  = "[phi:text]"
)

func (Phone) String() string { return phone }
func (Name) String() string  { return name }
func (Text) String() string  { return text }

func (Phone) GoString() string { return phone }
func (Name) GoString() string  { return name }
func (Text) GoString() string  { return text }

// Format answers every verb alike.
func (Phone) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, phone) }

// Format answers every verb alike.
func (Name) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, name) }

// Format answers every verb alike.
func (Text) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, text) }

func (Phone) LogValue() slog.Value { return slog.StringValue(phone) }
func (Name) LogValue() slog.Value  { return slog.StringValue(name) }
func (Text) LogValue() slog.Value  { return slog.StringValue(text) }

// MarshalText covers JSON, TOML, XML and map keys. There is no UnmarshalText: a redacted value cannot be read back.
func (Phone) MarshalText() ([]byte, error) { return []byte(phone), nil }

// MarshalText covers JSON, TOML, XML and map keys.
func (Name) MarshalText() ([]byte, error) { return []byte(name), nil }

// MarshalText covers JSON, TOML, XML and map keys.
func (Text) MarshalText() ([]byte, error) { return []byte(text), nil }
