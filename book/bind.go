package book

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/pelletier/go-toml/v2"
)

// moment is a date or time as it was written: with an offset it is an instant; a local one is read in the zone at hand.
type moment struct {
	instant time.Time // when written with an offset
	local   string    // "2006-01-02T15:04:05", when written without one
}

func (m moment) isZero() bool { return m.instant.IsZero() && m.local == "" }

var momentType = reflect.TypeFor[moment]()

// bind fills the Go form of the file from the decoded TOML. It goes on after a mistake so that all are found, and never
// shows a value: it may be a name or a number.
func (r *report) bind(path string, from any, into reflect.Value) {
	if r.bindSpecial(path, from, into) {
		return
	}
	switch into.Kind() {
	case reflect.Struct:
		r.bindTable(path, from, into)
	case reflect.Slice:
		list, ok := from.([]any)
		if !ok {
			r.wrong(path, "is %s, must be a list", kind(from))
			return
		}
		if len(list) == 0 {
			return
		}
		into.Set(reflect.MakeSlice(into.Type(), len(list), len(list)))
		for i := range list {
			r.bind(fmt.Sprintf("%s[%d]", path, i), list[i], into.Index(i))
		}
	case reflect.Map:
		r.bindMap(path, from, into)
	case reflect.Pointer:
		into.Set(reflect.New(into.Type().Elem()))
		r.bind(path, from, into.Elem())
	default:
		r.bindScalar(path, from, into)
	}
}

func (r *report) bindTable(path string, from any, into reflect.Value) {
	table, ok := from.(map[string]any)
	if !ok {
		r.wrong(path, "is %s, must be a table", kind(from))
		return
	}
	fields := keysOf(into)
	for _, key := range slices.Sorted(maps.Keys(table)) {
		f, known := fields[key]
		if !known {
			r.wrong(join(path, key), "unknown field")
			continue
		}
		r.bind(join(path, key), table[key], f)
	}
}

func (r *report) bindScalar(path string, from any, into reflect.Value) {
	switch v := from.(type) {
	case string:
		if into.Kind() == reflect.String {
			into.SetString(v)
			return
		}
	case bool:
		if into.Kind() == reflect.Bool {
			into.SetBool(v)
			return
		}
	case int64:
		if into.CanInt() && !into.OverflowInt(v) {
			into.SetInt(v)
			return
		}
	}
	r.wrong(path, "is %s, must be %s", kind(from), wanted(into.Kind()))
}

func (r *report) bindMoment(path string, from any, into *moment) {
	switch v := from.(type) {
	case time.Time:
		into.instant = v.UTC()
	case toml.LocalDateTime:
		into.local = v.AsTime(time.UTC).Format("2006-01-02T15:04:05")
	case toml.LocalDate:
		into.local = v.AsTime(time.UTC).Format("2006-01-02T15:04:05")
	default:
		r.wrong(path, "is %s, must be a date or time", kind(from))
	}
}

// kind names a TOML value's type in words.
func kind(v any) string {
	switch v.(type) {
	case string:
		return "a text"
	case bool:
		return "true or false"
	case int64:
		return "a whole number"
	case float64:
		return "a number"
	case []any:
		return "a list"
	case map[string]any:
		return "a table"
	}
	return "a date or time"
}

func wanted(k reflect.Kind) string {
	switch k {
	case reflect.String:
		return "a text"
	case reflect.Bool:
		return "true or false"
	}
	return "a whole number"
}
