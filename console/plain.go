package console

import (
	"fmt"
	"reflect"
	"strings"
	"unicode"
)

// free is the tag value of text that is somebody's own: secrets and whole files. Everywhere else a control character has no
// business: it would travel into logs, terminals and the audit.
const free = "free"

// longestText bounds what has no bound of its own in its schema, such as the members of a list.
const longestText = 256

// plain refuses an input that holds control characters, or texts without end, whichever field they are in.
func plain(in any) error {
	var m Mistakes
	v := reflect.ValueOf(in).Elem()
	if v.Kind() == reflect.Struct {
		plainFields(v, "", &m)
	}
	if len(m) > 0 {
		return m
	}
	return nil
}

// plainFields walks the fields of a struct under the names that the caller knows them by.
func plainFields(v reflect.Value, at string, m *Mistakes) {
	for n := range v.NumField() {
		f := v.Type().Field(n)
		if !f.IsExported() || f.Tag.Get("text") == free {
			continue
		}
		here := at
		if name := nameOf(f); name != "" {
			here = strings.TrimPrefix(at+"."+name, ".")
		}
		limit := longestText
		for _, bound := range []string{"maxLength", "pattern", "enum"} {
			if f.Tag.Get(bound) != "" {
				limit = maxBody
			}
		}
		plainValue(v.Field(n), here, limit, m)
	}
}

// nameOf is a field's name in the API; an embedded struct has none.
func nameOf(f reflect.StructField) string {
	for _, where := range []string{"query", "path", "header"} {
		if name, _, _ := strings.Cut(f.Tag.Get(where), ","); name != "" {
			return where + "." + name
		}
	}
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	switch {
	case name != "":
		return name
	case f.Anonymous:
		return ""
	}
	return strings.ToLower(f.Name)
}

func plainValue(v reflect.Value, at string, limit int, m *Mistakes) {
	switch v.Kind() {
	case reflect.String:
		if text := v.String(); len(text) > limit {
			*m = append(*m, Mistake{Field: at, Text: "is too long"})
		} else if strings.ContainsFunc(text, control) {
			*m = append(*m, Mistake{Field: at, Text: "holds a control character"})
		}
	case reflect.Struct:
		plainFields(v, at, m)
	case reflect.Pointer:
		if !v.IsNil() {
			plainValue(v.Elem(), at, limit, m)
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return // bytes that the console does not read as text
		}
		for n := range v.Len() {
			plainValue(v.Index(n), fmt.Sprintf("%s[%d]", at, n), longestText, m)
		}
	case reflect.Map:
		for entry := v.MapRange(); entry.Next(); {
			plainValue(entry.Key(), at, longestText, m)
			plainValue(entry.Value(), at, longestText, m)
		}
	}
}

// control are characters that are no text: they move a terminal's cursor, or turn the direction of writing round.
func control(r rune) bool {
	return unicode.IsControl(r) || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' || r == '\ufeff'
}
