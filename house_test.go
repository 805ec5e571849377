package nightbell

import (
	"bufio"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The import law of docs/ARCHITECTURE.md. Files are parsed here, by hand: `go list` inside a test is served stale
// from the test cache.

// mayImport says which rooms a room may import; phi is everyone's. A room that is not listed does not exist.
var mayImport = map[string][]string{
	"cmd/nightbell":   {"*"},
	"console":         {"call", "message", "access", "policy", "audit"},
	"store":           {"policy", "call", "message", "access", "audit"},
	"call":            {"policy", "media", "audit"},
	"message":         {"policy", "audit"},
	"access":          {"policy", "audit"},
	"book":            {"policy"},
	"keep":            {"seal", "audit", "store"},
	"report":          {"policy", "call", "message", "audit"},
	"policy":          {},
	"media":           {},
	"media/mediatest": {"media"}, // its sound files, nothing of its path
	"audit":           {},
	"seal":            {},
	"sip":             {},
	"sip/siptest":     {},
	"notice":          {},
	"phi":             {},
	"phi/phivet":      {}, // the review by machine: a command of `make check`
	"configs":         {},
	".":               {},
}

// door says which rooms may import what lies outside, by prefix of the import path. Tests of a room may too.
var door = map[string][]string{
	"github.com/emiago/sipgo":             {"sip", "sip/siptest"},
	"github.com/icholy/digest":            {"sip", "sip/siptest"},
	"github.com/pion/":                    {"media", "media/mediatest"},
	"database/sql":                        {"store"},
	"github.com/mattn/go-sqlite3":         {"store"},
	"github.com/pressly/goose":            {"store"},
	"crypto/aes":                          {"seal"},
	"crypto/cipher":                       {"seal"},
	"crypto/hkdf":                         {"seal"},
	"crypto/hpke":                         {"seal"},
	"github.com/google/go-tpm":            {"seal"},
	"golang.org/x/crypto/chacha20":        {"seal"},
	"golang.org/x/crypto/argon2":          {"seal", "access"},
	"github.com/go-webauthn/":             {"access"},
	"github.com/pquerna/otp":              {"access"},
	"github.com/boombuler/barcode":        {"access", "cmd/nightbell"},
	"crypto/ed25519":                      {"audit", "seal"},
	"golang.org/x/mod/sumdb":              {"audit", "store"},
	"github.com/danielgtaylor/huma":       {"console"},
	"github.com/pelletier/go-toml":        {"book", "cmd/nightbell"},
	"github.com/alecthomas/kong":          {"cmd/nightbell"},
	"github.com/nyaruka/phonenumbers":     {"policy"},
	"github.com/gotranspile/g722":         {"media"},
	"net/smtp":                            {"notice", "keep"},
	"github.com/minio/":                   {"keep"},
	"github.com/prometheus/client_golang": {"console", "cmd/nightbell"},
}

// Names that hide what a thing is.
var badRoom = []string{"pkg", "internal", "util", "utils", "common", "types", "models", "services", "helpers"}

func TestImportLaw(t *testing.T) {
	for _, f := range goFiles(t) {
		room := filepath.ToSlash(filepath.Dir(f.path))
		law, known := mayImport[room]
		if !known {
			t.Errorf("%s: room %q is not on the map in house_test.go", f.path, room)
			continue
		}
		for _, imp := range f.ast.Imports {
			path, _ := strconv.Unquote(imp.Path.Value)
			checkDoor(t, f, room, path)
			ours, is := strings.CutPrefix(path, "nightbell/")
			if !is || ours == "phi" || ours == room || slices.Contains(law, "*") || slices.Contains(law, ours) {
				continue
			}
			if f.test && (strings.HasPrefix(ours, room+"/") || slices.Contains(testsMay[room], ours)) {
				continue // a room's scripted peers serve its own tests
			}
			t.Errorf("%s: %s must not import %s", f.path, room, ours)
		}
	}
}

// testsMay are the rooms that a room's tests join beside its law.
var testsMay = map[string][]string{
	"keep":    {"policy"},
	"store":   {"seal"},
	"console": {"seal", "store"},
}

func checkDoor(t *testing.T, f goFile, room, path string) {
	for prefix, rooms := range door {
		if strings.HasPrefix(path, prefix) && !slices.Contains(rooms, room) && !f.test {
			t.Errorf("%s: %s comes in by %v only", f.path, path, rooms)
		}
	}
	if path == "github.com/emiago/sipgo/sip" {
		for _, imp := range f.ast.Imports {
			if p, _ := strconv.Unquote(imp.Path.Value); p == path && (imp.Name == nil || imp.Name.Name != "sipmsg") {
				t.Errorf("%s: sipgo/sip is imported as sipmsg", f.path)
			}
		}
	}
}

func TestEveryRoomIsExplained(t *testing.T) {
	docs := map[string]string{}
	for _, f := range goFiles(t) {
		room := filepath.ToSlash(filepath.Dir(f.path))
		if f.test {
			continue
		}
		if f.ast.Doc != nil {
			docs[room] += f.ast.Doc.Text()
		} else if _, ok := docs[room]; !ok {
			docs[room] = ""
		}
		for _, bad := range badRoom {
			if slices.Contains(strings.Split(room, "/"), bad) {
				t.Errorf("room %s: %q says nothing", room, bad)
			}
		}
	}
	for room, doc := range docs {
		if len(strings.Fields(doc)) < 12 {
			t.Errorf("room %s: its package comment does not say what it answers and what it never does", room)
		}
	}
}

// A function is one screen, a file one thought.
func TestScreensAndThoughts(t *testing.T) {
	for _, f := range goFiles(t) {
		if f.test {
			continue
		}
		if n := f.set.File(f.ast.Pos()).LineCount(); n > 520 {
			t.Errorf("%s: %d lines hold more than one thought", f.path, n)
		}
		for _, d := range f.ast.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if n := f.set.Position(fn.End()).Line - f.set.Position(fn.Pos()).Line; n > 70 {
				t.Errorf("%s: %s is %d lines, more than a screen", f.path, fn.Name.Name, n)
			}
		}
	}
}

// The repository stands alone: no machine's paths, no registry's hosts.
func TestNothingOfOneMachine(t *testing.T) {
	words := []string{"/work" + "/main", "/root" + "/", "proxy.golang" + ".org", "registry.npmjs" + ".org", "deb.debian" + ".org"}
	walk(t, func(path string) {
		if !slices.Contains([]string{".go", ".md", ".toml", ".sh", ".yml", ".json", ".service", ".sql", ".py", ""}, filepath.Ext(path)) {
			return
		}
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		lines := bufio.NewScanner(file)
		lines.Buffer(nil, 1<<20)
		for n := 1; lines.Scan(); n++ {
			for _, w := range words {
				if strings.Contains(lines.Text(), w) {
					t.Errorf("%s:%d: %q belongs to one machine", path, n, w)
				}
			}
		}
	})
}

type goFile struct {
	path string
	test bool
	ast  *ast.File
	set  *token.FileSet
}

func goFiles(t *testing.T) []goFile {
	t.Helper()
	var files []goFile
	walk(t, func(path string) {
		if filepath.Ext(path) != ".go" || strings.Contains(filepath.ToSlash(path), "/testdata/") {
			return
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, goFile{filepath.ToSlash(path), strings.HasSuffix(path, "_test.go"), file, set})
	})
	if len(files) == 0 {
		t.Fatal("no Go files found")
	}
	return files
}

func walk(t *testing.T, visit func(path string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == ".git" || d.Name() == "bin" || d.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if d.Type().IsRegular() {
			visit(path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
