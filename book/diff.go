package book

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"nightbell/phi"
	"nightbell/policy"
)

// Change is one difference between two books. It holds no PHI: a person's name or number that differs is only said to.
type Change struct {
	Kind  string `json:"kind"` // "added", "removed", "changed"
	Of    string `json:"of"`   // "clinic", "number", "trunk", "person", "device", "schedule", "absence", "catch_all", "queue", "law", "emergency"
	ID    string `json:"id"`
	Field string `json:"field,omitempty"` // of a change: "hours[0].start"
	From  string `json:"from,omitempty"`
	To    string `json:"to,omitempty"`
}

// String is the change as a line a person reads.
func (c Change) String() string {
	switch c.Kind {
	case "added":
		return fmt.Sprintf("+ %s %s", c.Of, c.ID)
	case "removed":
		return fmt.Sprintf("- %s %s", c.Of, c.ID)
	}
	if c.From == "" && c.To == "" {
		return fmt.Sprintf("~ %s %s: %s differs", c.Of, c.ID, c.Field)
	}
	return fmt.Sprintf("~ %s %s: %s: %s -> %s", c.Of, c.ID, c.Field, or(c.From, "(none)"), or(c.To, "(none)"))
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// Diff lists what applying a book over another would change. No difference: nil. Versions are not compared.
func Diff(old, new *policy.Book) (all []Change) {
	if old == nil {
		old = &policy.Book{}
	}
	if old.CatchAll != new.CatchAll {
		all = append(all, Change{"changed", "catch_all", "book", "catch_all", old.CatchAll, new.CatchAll})
	}
	all = append(all, fallbackDiff(old.Fallback, new.Fallback)...)
	all = append(all, compare("clinic", old.Clinics, new.Clinics, func(c policy.Clinic) string { return c.ID })...)
	all = append(all, compare("number", old.Numbers, new.Numbers, dialled)...)
	all = append(all, compare("trunk", old.Trunks, new.Trunks, func(t policy.Trunk) string { return t.ID })...)
	all = append(all, compare("person", old.People, new.People, func(p policy.Person) string { return p.ID })...)
	all = append(all, compare("device", old.Devices, new.Devices, func(d policy.Device) string { return d.User })...)
	all = append(all, compare("schedule", old.Schedules, new.Schedules, func(s policy.Schedule) string { return s.ID })...)
	all = append(all, houseDiff(old, new)...)
	return append(all, compare("absence", old.Edits, new.Edits, func(e policy.Edit) string { return e.ID })...)
}

// dialled names a clinic's number; it is public, unlike a caller's.
func dialled(n policy.Number) string {
	if n.Trunk == "" {
		return n.Number
	}
	return n.Number + " on " + n.Trunk
}

func compare[T any](of string, old, new []T, id func(T) string) (all []Change) {
	before := map[string]T{}
	for _, o := range old {
		before[id(o)] = o
	}
	kept := map[string]bool{}
	for _, n := range new {
		o, was := before[id(n)]
		kept[id(n)] = true
		if !was {
			all = append(all, Change{Kind: "added", Of: of, ID: id(n)})
			continue
		}
		w := walk{of: of, id: id(n)}
		w.values("", reflect.ValueOf(o), reflect.ValueOf(n))
		all = append(all, w.found...)
	}
	for _, o := range old {
		if !kept[id(o)] {
			all = append(all, Change{Kind: "removed", Of: of, ID: id(o)})
		}
	}
	return all
}

// walk goes through two values of one type and notes the leaves that differ.
type walk struct {
	of, id string
	found  []Change
}

func (w *walk) note(path, from, to string) {
	w.found = append(w.found, Change{"changed", w.of, w.id, path, from, to})
}

func (w *walk) values(path string, a, b reflect.Value) {
	if reflect.DeepEqual(a.Interface(), b.Interface()) {
		return
	}
	switch {
	case private(a.Type()):
		w.note(path, "", "")
	case a.Kind() == reflect.Pointer:
		w.pointers(path, a, b)
	case a.Kind() == reflect.Map:
		w.maps(path, a, b)
	case a.Kind() == reflect.Slice && tables(a.Type()):
		w.lists(path, a, b)
	case a.Kind() == reflect.Struct && !leaf(a.Type()):
		for i := range a.NumField() {
			w.values(field(path, a.Type().Field(i).Name), a.Field(i), b.Field(i))
		}
	default:
		w.note(path, show(a), show(b))
	}
}

func (w *walk) lists(path string, a, b reflect.Value) {
	for i := range max(a.Len(), b.Len()) {
		at := index(path, i)
		switch {
		case i >= b.Len():
			w.note(at, label(a.Index(i)), "")
		case i >= a.Len():
			w.note(at, "", label(b.Index(i)))
		default:
			w.values(at, a.Index(i), b.Index(i))
		}
	}
}

// private types are those whose content must not be shown, whatever differs.
func private(t reflect.Type) bool {
	return t == reflect.TypeFor[phi.Name]() || t == reflect.TypeFor[phi.Phone]() || t == reflect.TypeFor[phi.Text]()
}

// leaf types print as one word.
func leaf(t reflect.Type) bool {
	_, ok := reflect.Zero(t).Interface().(fmt.Stringer)
	return ok
}

func tables(t reflect.Type) bool { return t.Elem().Kind() == reflect.Struct && !leaf(t.Elem()) }

// field writes a Go field's name as the file does.
func field(path, name string) string {
	var b strings.Builder
	for i, c := range name {
		if i > 0 && c >= 'A' && c <= 'Z' && name[i-1] >= 'a' {
			b.WriteByte('_')
		}
		b.WriteRune(c)
	}
	return join(path, strings.ToLower(b.String()))
}

func show(v reflect.Value) string {
	if s, ok := v.Interface().(fmt.Stringer); ok {
		if v.IsZero() && v.Kind() == reflect.Struct {
			return ""
		}
		return s.String()
	}
	if v.Kind() == reflect.String {
		return plain(v.String())
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v.Interface()); err != nil || strings.TrimSpace(b.String()) == "null" {
		return ""
	}
	return plain(strings.TrimSpace(b.String()))
}

// label names a table of a list by what it is called.
func label(v reflect.Value) string {
	for _, name := range []string{"ID", "Name", "Reason", "Person", "Member"} {
		f := v.FieldByName(name)
		if f.IsValid() && f.Kind() == reflect.String && f.String() != "" {
			return plain(f.String())
		}
	}
	return "an entry"
}
