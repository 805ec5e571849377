package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/analysistest"
)

// Each forbidden way is found, and nothing else is.
func TestReviewFindsWhatMustNotBeSaid(t *testing.T) {
	a := *Analyzer
	a.Run = func(pass *analysis.Pass) (any, error) {
		check(pass, reviewed("a/a.go reviewed because the test says so"))
		return nil, nil
	}
	analysistest.Run(t, analysistest.TestData(), &a, "a")
}

// A line of places.txt whose function reveals nothing any more is a door that stands open.
func TestEveryPlaceStillReveals(t *testing.T) {
	for place := range reviewed(places) {
		file, function, _ := strings.Cut(place, " ")
		text, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(file)))
		if err != nil {
			t.Errorf("%s: %v", place, err)
			continue
		}
		head := regexp.MustCompile(`(?m)^func (\([^)]*\) )?` + function + `[\[(]`).FindIndex(text)
		if head == nil {
			t.Errorf("%s: no such function any more", place)
			continue
		}
		body, _, _ := strings.Cut(string(text[head[0]:]), "\n}\n")
		if !strings.Contains(body, "Reveal()") {
			t.Errorf("%s: no Reveal there any more", place)
		}
	}
}
