package book

import (
	"fmt"
	"slices"
	"strings"
)

// Mistake is one thing wrong with a book file, where it stands.
type Mistake struct {
	File   string `json:"file"`
	Line   int    `json:"line"`   // from 1; 0: the file as a whole
	Column int    `json:"column"` // from 1
	Field  string `json:"field"`  // "clinics[0].zone"
	Text   string `json:"text"`
}

func (m Mistake) Error() string {
	if m.Line == 0 {
		return fmt.Sprintf("%s: %s: %s", m.File, m.Field, m.Text)
	}
	return fmt.Sprintf("%s:%d:%d: %s: %s", m.File, m.Line, m.Column, m.Field, m.Text)
}

// Mistakes is every mistake of a file, in its order. As an error it has one line for each.
type Mistakes []Mistake

func (m Mistakes) Error() string {
	lines := make([]string, len(m))
	for i, one := range m {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// maxMistakes is where reading gives up: a file that is no book at all need not be taken apart to its end.
const maxMistakes = 200

// report collects mistakes and warnings by the path of the field.
type report struct {
	file     string
	at       positions
	mistakes Mistakes
	warnings Mistakes
}

func (r *report) wrong(path, format string, args ...any) {
	if len(r.mistakes) < maxMistakes {
		r.mistakes = append(r.mistakes, r.make(path, format, args...))
	}
}

func (r *report) warn(path, format string, args ...any) {
	if len(r.warnings) < maxMistakes {
		r.warnings = append(r.warnings, r.make(path, format, args...))
	}
}

func (r *report) make(path, format string, args ...any) Mistake {
	p := r.at.find(path)
	if path == "" {
		path = "book"
	}
	return Mistake{File: r.file, Line: p.line, Column: p.column, Field: path, Text: fmt.Sprintf(format, args...)}
}

func sorted(m Mistakes) Mistakes {
	slices.SortStableFunc(m, func(a, b Mistake) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	return m
}
