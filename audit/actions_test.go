package audit

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

const eventsPage = "../docs/AUDIT-EVENTS.md"

// eventsText is the page as it must be: the list in the program is the source.
func eventsText() string {
	var b strings.Builder
	b.WriteString("# Audit events\n\nThe closed list of what Nightbell remembers. A word is never renamed or reused; the list only grows.\n" +
		"`go test ./audit` compares this page with `audit/actions.go`, which is the source.\n\n| event | stands for |\n|---|---|\n")
	for _, m := range Actions() {
		fmt.Fprintf(&b, "| `%s` | %s |\n", m.Action, m.Means)
	}
	return b.String()
}

func TestEventsPageIsTheList(t *testing.T) {
	got, err := os.ReadFile(eventsPage)
	if err != nil || string(got) != eventsText() {
		t.Errorf("docs/AUDIT-EVENTS.md is not the list (%v); it must be:\n%s", err, eventsText())
	}
}

var word = regexp.MustCompile(`^[a-z_]+\.[a-z0-9_]+$`)

func TestEveryWordIsListedOnceWithItsMeaning(t *testing.T) {
	listed := map[string]bool{}
	for _, m := range Actions() {
		if listed[string(m.Action)] || !word.MatchString(string(m.Action)) || !strings.HasSuffix(m.Means, ".") {
			t.Errorf("%s: twice, not a word, or without a sentence", m.Action)
		}
		listed[string(m.Action)] = true
	}
	file, err := parser.ParseFile(token.NewFileSet(), "actions.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok || len(v.Values) != 1 {
			return true
		}
		if lit, ok := v.Values[0].(*ast.BasicLit); ok {
			if name, _ := strconv.Unquote(lit.Value); !listed[name] {
				t.Errorf("%s is declared and not listed", name)
			}
		}
		return true
	})
}

// A word that nothing writes is a promise that nobody keeps: each is used by the program outside this room, or written by
// this room's own code.
func TestEveryWordIsWritten(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "actions.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	unused := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok && fmt.Sprint(v.Type) == "Action" {
			unused[v.Names[0].Name] = true
		}
		return true
	})
	if len(unused) < 100 {
		t.Fatalf("only %d words are declared", len(unused))
	}
	uses := regexp.MustCompile(`\baudit\.([A-Z]\w*)`)
	err = filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		b, err := os.ReadFile(path)
		for _, m := range uses.FindAllSubmatch(b, -1) {
			delete(unused, string(m[1]))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range unused {
		t.Errorf("nothing writes %s", name)
	}
}
