package book

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"time"

	"nightbell/policy"
)

// What a clinic's calls do besides ringing people is read straight into policy's own types: a field is named in the file as
// in their JSON, a time is written like 20s, and a flow is the list of its steps.

var (
	durationType = reflect.TypeFor[time.Duration]()
	timeType     = reflect.TypeFor[time.Time]()
	flowType     = reflect.TypeFor[policy.Flow]()
	stepType     = reflect.TypeFor[policy.StepRule]()
)

// keyOf is how a field is written; empty: it is not in the file.
func keyOf(of reflect.Type, f reflect.StructField) string {
	if name, ok := f.Tag.Lookup("toml"); ok {
		return name
	}
	if of == stepType && f.Name == "For" {
		return "ring"
	}
	if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
		return strings.TrimPrefix(name, "-")
	}
	return field("", f.Name)
}

// keysOf maps what may stand in a table to the fields it is for; those of an embedded struct stand beside the others.
func keysOf(into reflect.Value) map[string]reflect.Value {
	all := map[string]reflect.Value{}
	for i := range into.NumField() {
		f := into.Type().Field(i)
		if f.Anonymous {
			for k, v := range keysOf(into.Field(i)) {
				all[k] = v
			}
		} else if key := keyOf(into.Type(), f); key != "" {
			all[key] = into.Field(i)
		}
	}
	return all
}

// bindSpecial fills the types that are not written as what they are; false: it is none of them.
func (r *report) bindSpecial(path string, from any, into reflect.Value) bool {
	switch into.Type() {
	case momentType:
		r.bindMoment(path, from, into.Addr().Interface().(*moment))
	case durationType:
		text, ok := from.(string)
		d, err := time.ParseDuration(text)
		if !ok || err != nil {
			r.wrong(path, "is not a time like 20s or 5m")
		}
		into.SetInt(int64(d))
	case timeType:
		var m moment
		if text, ok := from.(string); ok {
			if t, err := time.Parse(time.RFC3339, text); err == nil {
				from = t
			}
		}
		if r.bindMoment(path, from, &m); m.local != "" {
			m.instant, _ = time.Parse("2006-01-02T15:04:05", m.local)
		}
		into.Set(reflect.ValueOf(m.instant.UTC()))
	case flowType:
		r.bind(path, from, into.Field(0))
	default:
		return false
	}
	return true
}

// bindMap fills a table whose keys are not fixed.
func (r *report) bindMap(path string, from any, into reflect.Value) {
	table, ok := from.(map[string]any)
	if !ok {
		r.wrong(path, "is %s, must be a table", kind(from))
		return
	}
	if len(table) == 0 {
		return
	}
	into.Set(reflect.MakeMapWithSize(into.Type(), len(table)))
	for key, v := range table {
		one := reflect.New(into.Type().Elem()).Elem()
		r.bind(join(path, key), v, one)
		into.SetMapIndex(reflect.ValueOf(key), one)
	}
}

// Read fills a value of policy's from a table, as it stands in a book or came as JSON: the mistakes have no lines.
func Read[T any](table map[string]any) (v T, _ Mistakes) {
	r := report{}
	r.bind("", table, reflect.ValueOf(&v).Elem())
	for i := range r.mistakes {
		if r.mistakes[i].Field == "book" {
			r.mistakes[i].Field = ""
		}
	}
	return v, sorted(r.mistakes)
}

// ReadJSON is Read for a JSON object.
func ReadJSON[T any](text []byte) (v T, _ Mistakes) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var table map[string]any
	if err := d.Decode(&table); err != nil {
		return v, Mistakes{{Text: "is not a JSON object"}} // the decoder's error could quote it
	}
	return Read[T](asTOML(table).(map[string]any))
}

// asTOML makes whole numbers and lists of JSON what they are in TOML, and leaves out null.
func asTOML(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		return 0.5 // no field takes it
	case []any:
		for i := range v {
			v[i] = asTOML(v[i])
		}
		return v
	case map[string]any:
		for k, one := range v {
			if one == nil {
				delete(v, k)
				continue
			}
			v[k] = asTOML(one)
		}
		return v
	}
	return v
}

// Table is a value of policy's as the table that Read takes. What is empty is left out.
func Table(v any) map[string]any { return tableOf(reflect.ValueOf(v)) }

func tableOf(v reflect.Value) table {
	made := table{}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Anonymous {
			for k, one := range tableOf(v.Field(i)) {
				made[k] = one
			}
			continue
		}
		if key := keyOf(v.Type(), f); key != "" && !v.Field(i).IsZero() {
			if one := written(v.Field(i)); one != nil {
				made[key] = one
			}
		}
	}
	return made
}

// written is a value as the file has it; nil: it is empty.
func written(v reflect.Value) any {
	switch v.Type() {
	case durationType:
		return shortTime(time.Duration(v.Int()))
	case timeType:
		return v.Interface()
	case flowType:
		return written(v.Field(0))
	}
	switch v.Kind() {
	case reflect.Pointer:
		return written(v.Elem())
	case reflect.Struct:
		return tableOf(v)
	case reflect.String:
		return v.String()
	case reflect.Slice:
		return writtenList(v)
	case reflect.Map:
		made := table{}
		for _, key := range v.MapKeys() {
			if one := written(v.MapIndex(key)); one != nil {
				made[key.String()] = one
			}
		}
		if len(made) == 0 {
			return nil
		}
		return made
	}
	return v.Interface()
}

func writtenList(v reflect.Value) any {
	switch {
	case v.Len() == 0:
		return nil
	case v.Type().Elem().Kind() == reflect.String:
		made := make([]string, v.Len())
		for i := range made {
			made[i] = v.Index(i).String()
		}
		return made
	}
	made := make([]table, v.Len())
	for i := range made {
		made[i] = tableOf(v.Index(i))
	}
	return made
}

// shortTime writes 5m and not 5m0s.
func shortTime(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
