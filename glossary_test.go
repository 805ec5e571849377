package nightbell

import (
	"go/ast"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Whoever reads `calls show`, `calls live` or an answer of the API meets the closed words of the call room: each stands in
// docs/GLOSSARY.md.
func TestEveryClosedWordOfACallIsInTheGlossary(t *testing.T) {
	_, story, found := strings.Cut(pages(t)["docs/GLOSSARY.md"], "## The story of a call")
	if !found {
		t.Fatal("no story of a call")
	}
	there := map[string]bool{}
	for _, w := range regexp.MustCompile(`[a-z0-9_]+`).FindAllString(story, -1) {
		there[w] = true
	}
	lists := map[string]int{"EventKind": 60, "Eventual": 4, "Cause": 15, "State": 8, "AgentState": 8, "CommandKind": 20, "UnfitWord": 10, "PlacingKind": 4}
	for list, least := range lists {
		words := wordsOf(t, "call", list)
		if len(words) < least {
			t.Errorf("%s: only %q found", list, words)
		}
		for _, word := range words {
			if !there[word] {
				t.Errorf("docs/GLOSSARY.md does not explain %s %s", list, word)
			}
		}
	}
}

// wordsOf are the constants of a closed list in a room.
func wordsOf(t *testing.T, room, list string) (words []string) {
	t.Helper()
	for _, f := range goFiles(t) {
		if f.test || filepath.ToSlash(filepath.Dir(f.path)) != room {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if of, ok := spec.Type.(*ast.Ident); !ok || of.Name != list {
				return true
			}
			for _, v := range spec.Values {
				if lit, ok := v.(*ast.BasicLit); ok {
					word, _ := strconv.Unquote(lit.Value)
					words = append(words, word)
				}
			}
			return true
		})
	}
	return words
}
