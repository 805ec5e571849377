package report

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/HIPAA.md anew")

const page = "../docs/HIPAA.md"

func TestPageIsTheTable(t *testing.T) {
	if *update {
		if err := os.WriteFile(page, []byte(Page()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil || string(got) != Page() {
		t.Errorf("docs/HIPAA.md is not the table (%v): review, then go test ./report -update", err)
	}
}

// The clauses that must be answered, by rule and number. Those of the sections that speak of software or of its operator.
var clauses = strings.Fields(`
	164.308(a)(1)(i) 164.308(a)(1)(ii)(A) 164.308(a)(1)(ii)(B) 164.308(a)(1)(ii)(C) 164.308(a)(1)(ii)(D) 164.308(a)(2)
	164.308(a)(3)(i) 164.308(a)(3)(ii)(A) 164.308(a)(3)(ii)(B) 164.308(a)(3)(ii)(C)
	164.308(a)(4)(i) 164.308(a)(4)(ii)(A) 164.308(a)(4)(ii)(B) 164.308(a)(4)(ii)(C)
	164.308(a)(5)(i) 164.308(a)(5)(ii)(A) 164.308(a)(5)(ii)(B) 164.308(a)(5)(ii)(C) 164.308(a)(5)(ii)(D)
	164.308(a)(6)(i) 164.308(a)(6)(ii)
	164.308(a)(7)(i) 164.308(a)(7)(ii)(A) 164.308(a)(7)(ii)(B) 164.308(a)(7)(ii)(C) 164.308(a)(7)(ii)(D) 164.308(a)(7)(ii)(E)
	164.308(a)(8) 164.308(b)(1)
	164.310(a)(1) 164.310(a)(2)(i) 164.310(a)(2)(ii) 164.310(a)(2)(iii) 164.310(a)(2)(iv) 164.310(b) 164.310(c)
	164.310(d)(1) 164.310(d)(2)(i) 164.310(d)(2)(ii) 164.310(d)(2)(iii) 164.310(d)(2)(iv)
	164.312(a)(1) 164.312(a)(2)(i) 164.312(a)(2)(ii) 164.312(a)(2)(iii) 164.312(a)(2)(iv) 164.312(b) 164.312(c)(1) 164.312(c)(2)
	164.312(d) 164.312(e)(1) 164.312(e)(2)(i) 164.312(e)(2)(ii)
	164.314(a)(1) 164.314(a)(2)(i) 164.314(a)(2)(iii) 164.314(b)(1)
	164.316(a) 164.316(b)(1) 164.316(b)(2)(i) 164.316(b)(2)(ii) 164.316(b)(2)(iii)
	164.502(b) 164.514(d)(2) 164.514(d)(3) 164.514(d)(4) 164.524 164.528
	164.400 164.402 164.404 164.406 164.408 164.410 164.412 164.414`)

func TestEveryClauseIsAnswered(t *testing.T) {
	var have []string
	for _, c := range Controls() {
		if c.Status == InForce {
			have = append(have, c.Clause)
		}
	}
	for _, want := range clauses {
		if !slices.Contains(have, want) {
			t.Errorf("%s has no answer", want)
		}
	}
	if len(have) != len(clauses) {
		t.Errorf("%d clauses in force, %d answers", len(clauses), len(have))
	}
	for _, want := range []string{"164.308(a)(1)", "164.308(a)(9)", "164.308(a)(13)", "164.312(b)", "164.312(f)(2)(ii)"} {
		if !slices.ContainsFunc(proposed, func(c Control) bool { return c.Clause == want && c.Status == Proposed }) {
			t.Errorf("%s of the proposal has no answer", want)
		}
	}
}

func TestEveryPromiseHasItsAttack(t *testing.T) {
	for _, want := range strings.Fields("P1 P2 P3 P4 P5 P6 P7 P8 P9 P10 R1 R2 R3") {
		found := Under(want)
		if len(found) != 1 || found[0].Status != Ours || len(found[0].Tests) < 2 || len(found[0].Evidence) == 0 {
			t.Errorf("%s: %+v", want, found)
		}
	}
}

// An answer has a mechanism with files, tests and evidence, or says whose it is instead.
func TestAnswersAreWhole(t *testing.T) {
	sentence, seen := regexp.MustCompile(`(?s)^[A-Z0-9\x60].*\.$`), map[string]bool{}
	for _, c := range Controls() {
		key := string(c.Status) + c.Clause
		if seen[key] {
			t.Errorf("%s: twice", c.Clause)
		}
		seen[key] = true
		if c.Title == "" || c.Needed == "" || c.Status == "" {
			t.Errorf("%s: no title, need or status", c.Clause)
		}
		if c.Mechanism == "" && c.Duty == "" {
			t.Errorf("%s: neither served nor anybody's duty", c.Clause)
		}
		if served := c.Mechanism != ""; served != (len(c.Files) > 0) || served != (len(c.Tests) > 0) || served != (len(c.Evidence) > 0) {
			t.Errorf("%s: a mechanism has files, tests and evidence, and nothing else has", c.Clause)
		}
		for _, text := range []string{c.Mechanism, c.Duty, c.Gap} {
			if text != "" && !sentence.MatchString(text) {
				t.Errorf("%s: %q is no sentence", c.Clause, text)
			}
		}
		if strings.Contains(strings.ToLower(c.Mechanism+c.Duty), "compliant") {
			t.Errorf("%s: nobody here certifies anything", c.Clause)
		}
	}
}

func TestNamedFilesAndTestsExist(t *testing.T) {
	there := map[string]bool{}
	named := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Z]\w*)\(`)
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && (d.Name() == ".git" || d.Name() == "bin") {
			return filepath.SkipDir
		}
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		b, err := os.ReadFile(path)
		for _, m := range named.FindAllSubmatch(b, -1) {
			there[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range Controls() {
		for _, name := range c.Tests {
			if !there[name] {
				t.Errorf("%s: no test is called %s", c.Clause, name)
			}
		}
		for _, file := range c.Files {
			if _, err := os.Stat(filepath.Join("..", file)); err != nil {
				t.Errorf("%s: %s is not there", c.Clause, file)
			}
		}
	}
}

func TestClausesAreFoundFromAbove(t *testing.T) {
	for clause, want := range map[string]int{"164.312(b)": 2, "P1": 1, "p10": 1, "164.528": 1, "§ 164.312 (d)": 1, "164.31": 0, "164.5": 0, "": 0} {
		if got := len(Under(clause)); got != want {
			t.Errorf("%q: %d, want %d", clause, got, want)
		}
	}
	if got := len(Under("164.312")); got < len(technical) {
		t.Errorf("164.312: %d", got)
	}
}
