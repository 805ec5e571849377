package policy

import (
	"fmt"
	"strings"
	"time"
)

// Mistake is one thing that is wrong, and where: a path like layers[2].rotation.members.
type Mistake struct {
	Field string `json:"field"`
	Text  string `json:"text"`
}

func (m Mistake) Error() string {
	if m.Field == "" {
		return m.Text
	}
	return m.Field + ": " + m.Text
}

// Mistakes is everything that is wrong at once; none is nil.
type Mistakes []Mistake

func (m Mistakes) Error() string {
	texts := make([]string, len(m))
	for i, one := range m {
		texts[i] = one.Error()
	}
	return strings.Join(texts, "; ")
}

// Err is the list as an error; nil when it is empty.
func (m Mistakes) Err() error {
	if len(m) == 0 {
		return nil
	}
	return m
}

func (m *Mistakes) add(field, format string, args ...any) {
	*m = append(*m, Mistake{Field: field, Text: fmt.Sprintf(format, args...)})
}

// CheckSchedule finds what is wrong with a schedule that is about to be stored. Its edits are checked by CheckEdit as each
// is made; here the whole must still compile.
func CheckSchedule(s Schedule, b *Book, z *Zones, now time.Time) Mistakes { return nil }

// CheckEdit finds what is wrong with an edit that is about to be appended to a schedule. An edit of a person for every
// schedule (absence, dnd, deactivate, and their undo and change) is checked with the zero Schedule.
func CheckEdit(s Schedule, e Edit, b *Book, z *Zones, now time.Time) Mistakes { return nil }

// CheckClinic finds what is wrong with a clinic's name, zone, hours and holidays.
func CheckClinic(c Clinic, z *Zones) Mistakes { return nil }

// CheckPerson finds what is wrong with a person.
func CheckPerson(p Person) Mistakes { return nil }

// Warnings lists what is allowed and rarely meant.
func Warnings(s Schedule, b *Book, z *Zones) []string { return nil }
