package policy

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// cases reads a file of testdata/policy.
func cases(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "testdata", "policy", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEveryCaseFileHolds(t *testing.T) {
	files, err := filepath.Glob("../testdata/policy/*.json")
	if err != nil || len(files) < 2 {
		t.Fatalf("case files: %v, %v", files, err)
	}
	for _, f := range files {
		t.Run(filepath.Base(f), func(t *testing.T) {
			v, err := Verify(cases(t, filepath.Base(f)))
			if err != nil {
				t.Fatal(err)
			}
			if v.Total == 0 {
				t.Error("no case in the file")
			}
			for _, c := range v.Cases {
				if !c.OK {
					t.Errorf("%s: got %s, want %s", c.ID, c.Got, c.Expect)
				}
			}
		})
	}
}

func TestCaseFilesAreTheSharedOnes(t *testing.T) {
	for _, name := range []string{"oncall.json", "schedules.json"} {
		shared, err := os.ReadFile(filepath.Join("..", "..", "shared", "cases", name))
		if os.IsNotExist(err) {
			continue // the repository stands alone elsewhere
		}
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(shared, cases(t, name)) {
			t.Errorf("testdata/policy/%s differs from the shared one", name)
		}
	}
}

func TestVerifyCountsWrongAnswersAndRefusesUnknownKinds(t *testing.T) {
	right := `{"id":"r","kind":"rotation","zone":"UTC","anchor_local":"2026-01-01T00:00:00","every":"1d","users":["A","B"],"T":"2026-01-02T00:00:00Z","expect":"B"}`
	wrong := `{"id":"w","kind":"rotation","zone":"UTC","anchor_local":"2026-01-01T00:00:00","every":"1d","users":["A","B"],"T":"2026-01-02T00:00:00Z","expect":"A"}`
	v, err := Verify([]byte(`{"cases":[` + right + "," + wrong + `]}`))
	if err != nil || v.Total != 2 || v.Wrong != 1 || !v.Cases[0].OK || v.Cases[1].OK {
		t.Errorf("%+v, %v", v, err)
	}
	if got := string(v.Cases[1].Got); got != `{"person":"B"}` {
		t.Errorf("got = %s", got)
	}
	for _, broken := range []string{
		`{"cases":[{"id":"x","kind":"tarot","zone":"UTC"}]}`, `{"cases":[{"id":"x","zone":"UTC"}]}`, `{"cases":[7]}`, `[]`, ``, `{"cases":[]} {}`,
	} {
		if v, err := Verify([]byte(broken)); err == nil {
			t.Errorf("%s is taken: %+v", broken, v)
		}
	}
}

func TestCaseThatIsRefusedIsWrong(t *testing.T) {
	for _, refused := range []string{
		`{"kind":"rotation","zone":"Mars/Olympus","anchor_local":"2026-01-01T00:00:00","every":"1d","users":["A"],"T":"2026-01-02T00:00:00Z","expect":"A"}`,
		`{"kind":"rotation","zone":"UTC","anchor_local":"2026-13-01T00:00:00","every":"1d","users":["A"],"T":"2026-01-02T00:00:00Z","expect":"A"}`,
		`{"kind":"rotation","zone":"UTC","anchor_local":"2026-01-01T00:00:00","every":"1y","users":["A"],"T":"2026-01-02T00:00:00Z","expect":"A"}`,
		`{"kind":"rotation","zone":"UTC","anchor_local":"2026-01-01T00:00:00","every":"1d","users":[],"T":"2026-01-02T00:00:00Z","expect":"A"}`,
		`{"kind":"window","zone":"UTC","start_days":[8],"start":"08:00","end":"09:00","T":"2026-01-02T00:00:00Z","expect_active":false}`,
		`{"kind":"schedule","zone":"UTC","layers":[],"edits":[{"do":"explode"}],"T":"2026-01-02T00:00:00Z","expect":{"tiers":[]}}`,
		`{"kind":"schedule","zone":"UTC","layers":[],"edits":[{"do":"assign","person":"A","start":"2026-01-02T00:00:00Z","end":"2026-01-02T00:00:00Z"}],"T":"2026-01-02T00:00:00Z","expect":{"tiers":[]}}`,
	} {
		v, err := Verify([]byte(`{"cases":[` + refused + `]}`))
		if err != nil || v.Wrong != 1 || !bytes.Contains(v.Cases[0].Got, []byte(`"error"`)) {
			t.Errorf("%s: %+v, %v", refused, v, err)
		}
	}
}
