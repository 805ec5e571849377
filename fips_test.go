package nightbell

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// cryptographic are the modules outside the standard library that compute something of the kind; a room that imports one is
// named in docs/FIPS.md with the reason.
var cryptographic = []string{
	"golang.org/x/crypto/", "golang.org/x/mod/sumdb/", "github.com/pion/srtp/", "github.com/icholy/digest", "github.com/pquerna/otp",
	"github.com/go-webauthn/", "github.com/google/go-tpm", "github.com/minio/",
}

// The written statement of what runs where is the source's: no import of a cryptographic package that it does not name with
// its room.
func TestFIPSStatementNamesEveryImport(t *testing.T) {
	page, err := os.ReadFile("docs/FIPS.md")
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for line := range strings.Lines(string(page)) {
		if strings.HasPrefix(line, "| ") {
			rows = append(rows, line)
		}
	}
	named := func(path, room string) bool {
		return slices.ContainsFunc(rows, func(row string) bool { return names(row, path) && slices.Contains(words(row), room) })
	}
	for _, f := range goFiles(t) {
		room := filepath.ToSlash(filepath.Dir(f.path))
		if f.test || strings.Contains(room, "testdata") {
			continue
		}
		for _, imp := range f.ast.Imports {
			path, _ := strconv.Unquote(imp.Path.Value)
			foreign := slices.ContainsFunc(cryptographic, func(p string) bool { return strings.HasPrefix(path, p) })
			if (path == "crypto" || strings.HasPrefix(path, "crypto/") || foreign) && !named(path, room) {
				t.Errorf("%s: docs/FIPS.md does not say that %s imports %s", f.path, room, path)
			}
		}
	}
}

// names reports whether a row has the import between backquotes, or a module that it lies in.
func names(row, path string) bool {
	for i, part := range strings.Split(row, "`") {
		if i%2 == 1 && (part == path || (strings.Contains(part, ".") && strings.HasPrefix(path, part+"/"))) {
			return true
		}
	}
	return false
}

func words(row string) []string {
	return strings.FieldsFunc(row, func(r rune) bool { return strings.ContainsRune(" ,|;()", r) })
}
