package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"testing"

	"nightbell/call"
	"nightbell/sip"
)

// Every word of the one room has one in the other.
func TestEveryCauseIsAReasonOnTheWire(t *testing.T) {
	for _, word := range closedWords(t, "../../call", "Cause") {
		_, told := causes[call.Cause(word)]
		if _, over := outcomes[call.Cause(word)]; told == over {
			t.Errorf("cause %s stands in both lists, or in none", word)
		}
	}
	for _, word := range closedWords(t, "../../sip", "Reason") {
		if _, ok := reasons[sip.Reason(word)]; !ok {
			t.Errorf("reason %s means no cause", word)
		}
	}
}

// A call that came to something is no fault of ours: its legs end as any other.
func TestLegsOfACallThatCameToSomethingEndAsCompleted(t *testing.T) {
	for _, c := range []call.Cause{call.Completed, call.FaxCall, call.ToBeCalled, call.MessageLeft, call.Acknowledged} {
		if got := reasonOf(c); got != sip.Completed {
			t.Errorf("%s ends a leg as %s", c, got)
		}
	}
	if got := causeOf(sip.Completed); got != call.Completed {
		t.Errorf("a peer who hangs up is told as %s", got)
	}
}

// closedWords are the constants of a closed list in a room's source.
func closedWords(t *testing.T, room, list string) (words []string) {
	t.Helper()
	names, err := filepath.Glob(room + "/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if of, ok := spec.Type.(*ast.Ident); ok && of.Name == list && len(spec.Values) == 1 {
				if lit, ok := spec.Values[0].(*ast.BasicLit); ok {
					word, _ := strconv.Unquote(lit.Value)
					words = append(words, word)
				}
			}
			return true
		})
	}
	if len(words) < 10 {
		t.Fatalf("%s.%s: only %v", room, list, words)
	}
	return words
}
