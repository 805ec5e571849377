package book

import (
	"sort"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// position is a place in the file, from 1.
type position struct{ line, column int }

// positions maps the path of a field ("clinics[0].hours[1].start") to where it stands.
type positions map[string]position

// find gives the nearest place that is known: a missing field is reported where its table begins.
func (p positions) find(path string) position {
	for path != "" {
		if at, ok := p[path]; ok {
			return at
		}
		cut := strings.LastIndexAny(path, ".[")
		if cut < 0 {
			break
		}
		path = path[:cut]
	}
	return position{}
}

// survey walks a file that is known to be valid TOML and notes where every field stands.
type survey struct {
	parser unstable.Parser
	lines  []int // offset of each line's first byte
	at     positions
	arrays map[string]int // how many tables of an array of tables have been opened
}

func locate(text []byte) positions {
	s := survey{lines: []int{0}, at: positions{}, arrays: map[string]int{}}
	for i, b := range text {
		if b == '\n' {
			s.lines = append(s.lines, i+1)
		}
	}
	s.parser.Reset(text)
	table := ""
	for s.parser.NextExpression() {
		switch e := s.parser.Expression(); e.Kind {
		case unstable.Table, unstable.ArrayTable:
			table = s.header(e)
		case unstable.KeyValue:
			s.keyValue(table, e)
		}
	}
	return s.at
}

// header enters a table; a part of its name that is an array of tables means the last one opened.
func (s *survey) header(e *unstable.Node) string {
	path := ""
	for key := e.Key(); key.Next(); {
		k := key.Node()
		path = join(path, string(k.Data))
		if key.IsLast() && e.Kind == unstable.ArrayTable {
			s.arrays[path]++
		}
		if n := s.arrays[path]; n > 0 {
			path += "[" + strconv.Itoa(n-1) + "]"
		}
		s.note(path, k.Raw)
	}
	return path
}

func (s *survey) keyValue(table string, e *unstable.Node) {
	path := table
	for key := e.Key(); key.Next(); {
		path = join(path, string(key.Node().Data))
		s.note(path, key.Node().Raw)
	}
	s.value(path, e.Value())
}

func (s *survey) value(path string, v *unstable.Node) {
	switch v.Kind {
	case unstable.Array:
		i := 0
		for it := v.Children(); it.Next(); i++ {
			element := path + "[" + strconv.Itoa(i) + "]"
			s.note(element, it.Node().Raw)
			s.value(element, it.Node())
		}
	case unstable.InlineTable:
		for it := v.Children(); it.Next(); {
			s.keyValue(path, it.Node())
		}
	}
}

// note keeps the first place of a path: an array of tables is where its first table stands.
func (s *survey) note(path string, r unstable.Range) {
	if _, known := s.at[path]; known || r.Length == 0 {
		return
	}
	offset := int(r.Offset)
	line := sort.SearchInts(s.lines, offset+1)
	s.at[path] = position{line: line, column: offset - s.lines[line-1] + 1}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
