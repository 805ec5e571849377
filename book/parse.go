package book

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"reflect"
	"time"

	"github.com/pelletier/go-toml/v2"

	"nightbell/policy"
)

// Reading is what a file is read with: its name for the mistakes, the clock's time for what expires, the zone data.
type Reading struct {
	File  string
	Now   time.Time
	Zones *policy.Zones // nil: the embedded copy
}

// Result is a file read: the book, and what is not wrong but worth a look.
type Result struct {
	Book     *policy.Book
	Warnings Mistakes
}

// maxFile bounds a book file: far above 10,000 clinics.
const maxFile = 64 << 20

// Parse reads a book file. The error is Mistakes, all of them in the order of the file, and then there is no book: nothing
// half-read can be applied.
func Parse(text []byte, with Reading) (Result, error) {
	if with.Zones == nil {
		with.Zones = policy.EmbeddedZones()
	}
	r := &reader{report: report{file: with.File}, Reading: with}
	if len(text) > maxFile {
		r.wrong("", "is larger than %d MiB", maxFile>>20)
		return Result{}, r.mistakes
	}
	var tree map[string]any
	if err := toml.Unmarshal(text, &tree); err != nil {
		return Result{}, Mistakes{r.syntax(err)}
	}
	r.at = locate(text)
	var f file
	r.bind("", tree, reflect.ValueOf(&f).Elem())
	sum := sha256.Sum256(text)
	made := r.book(&f, hex.EncodeToString(sum[:8]))
	if len(r.mistakes) > 0 {
		return Result{}, sorted(r.mistakes)
	}
	return Result{Book: made, Warnings: sorted(r.warnings)}, nil
}

// syntax says where the file stops being TOML. The library's message quotes nothing of the file.
func (r *reader) syntax(err error) Mistake {
	m := Mistake{File: r.File, Field: "book", Text: "not TOML"}
	var at *toml.DecodeError
	if errors.As(err, &at) {
		m.Line, m.Column = at.Position()
		m.Text = "not TOML: " + plain(at.Error())
	}
	return m
}

// reader turns the file's form into the book and checks it on the way.
type reader struct {
	report
	Reading
	clinics   map[string]*policy.Clinic
	people    map[string]bool
	trunks    map[string]*policy.Trunk
	schedules map[string]string // id -> clinic
}

// book converts part by part. References are checked against the ids collected first, so that order in the file is free.
func (r *reader) book(f *file, version string) *policy.Book {
	if f.Format != 1 {
		r.wrong("format", "must be 1, this program's form of the file")
	}
	b := &policy.Book{Version: version, ZoneData: r.Zones.Version, CatchAll: f.CatchAll}
	r.collect(f)
	b.Fallback = r.fallback("fallback_trunk", f.Fallback)
	b.People = each(r, "people", f.People, r.person)
	b.Trunks = each(r, "trunks", f.Trunks, r.trunk)
	for i := range b.Trunks {
		r.trunks[b.Trunks[i].ID] = &b.Trunks[i]
	}
	b.Clinics = each(r, "clinics", f.Clinics, r.clinic)
	for i := range b.Clinics {
		r.clinics[b.Clinics[i].ID] = &b.Clinics[i]
	}
	b.Numbers = each(r, "numbers", f.Numbers, r.number)
	b.Devices = each(r, "devices", f.Devices, r.device)
	b.Edits = r.edits(f)
	b.Schedules = each(r, "schedules", f.Schedules, func(path string, s schedule) policy.Schedule {
		return r.schedule(path, s, b.Edits)
	})
	b.Queues, b.Laws, b.Emergency = f.Queues, f.Laws, r.emergency("emergency", f.Emergency)
	r.unique(f)
	r.references(f)
	r.calls(b)
	return b
}

// each converts a list, telling every element its path.
func each[F, T any](r *reader, path string, list []F, convert func(string, F) T) []T {
	if len(list) == 0 {
		return nil
	}
	made := make([]T, 0, len(list))
	for i := range list {
		if len(r.mistakes) >= maxMistakes {
			break
		}
		made = append(made, convert(index(path, i), list[i]))
	}
	return made
}
