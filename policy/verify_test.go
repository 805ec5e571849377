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
