package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"nightbell/console"
)

// said is what a command left behind.
type said struct {
	out, err string
	code     int
}

func says(args []string, stdin string) said {
	var out, errs bytes.Buffer
	code := run(context.Background(), args, terminal{strings.NewReader(stdin), &out, &errs})
	return said{out.String(), errs.String(), code}
}

// Every file of testdata/stories is one evening at a terminal. A line
//
//	$ ARGS        runs nightbell ARGS; $DIR is the data folder, $WORK holds the files of the archive
//	< TEXT        is a line of its standard input (before the command)
//	= CODE        is its exit code (0 if not said)
//	> TEXT        stands on standard output;  >! TEXT does not
//	2> TEXT       stands on standard error;   2>! TEXT does not
//	: NAME TEXT   keeps the word that follows TEXT on standard output as $NAME
//	rm FILE       removes a file of $DIR
//	ports         gives $DIR ports that are free on this machine
//	login PERSON  logs a person of the book in on this terminal, with both factors
//	logout        leaves: what follows is the operator's
//
// and # begins a comment.
func TestStoriesAtTheTerminal(t *testing.T) {
	files, err := filepath.Glob("testdata/stories/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) { tell(t, file) })
	}
}

func tell(t *testing.T, file string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	work := t.TempDir()
	t.Setenv("NIGHTBELL_LOGIN", filepath.Join(work, "login"))
	for _, f := range archive.Files {
		if err := os.WriteFile(filepath.Join(work, f.Name), f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	places := strings.NewReplacer("$DIR", filepath.Join(work, "data"), "$WORK", work, "$CONFIGS", "../../configs")
	var last said
	var stdin, command string
	checked := true
	kept := []string{}
	for n, line := range strings.Split(places.Replace(string(archive.Comment)), "\n") {
		line = strings.NewReplacer(kept...).Replace(line)
		verb, rest, _ := strings.Cut(line, " ")
		fail := func(what string) {
			t.Errorf("line %d after %q: %s\n--- out\n%s--- err\n%s", n+1, command, what, last.out, last.err)
		}
		switch verb {
		case "<":
			stdin += rest + "\n"
		case "$":
			if !checked && last.code != 0 {
				fail("exit code " + strconv.Itoa(last.code))
			}
			command, checked = rest, false
			last = says(append([]string{"--dir", filepath.Join(work, "data")}, words(rest)...), stdin)
			stdin = ""
		case "=":
			checked = true
			if strconv.Itoa(last.code) != rest {
				fail("exit code " + strconv.Itoa(last.code) + ", want " + rest)
			}
		case ">":
			if !strings.Contains(last.out, rest) {
				fail("no " + rest)
			}
		case ">!":
			if strings.Contains(last.out, rest) {
				fail("there is " + rest)
			}
		case "2>":
			if !strings.Contains(last.err, rest) {
				fail("no error " + rest)
			}
		case "2>!":
			if strings.Contains(last.err, rest) {
				fail("there is an error " + rest)
			}
		case ":":
			name, before, _ := strings.Cut(rest, " ")
			_, after, found := strings.Cut(last.out, before)
			word := strings.Fields(after + " .")
			if !found {
				fail("no " + before)
			}
			kept = append(kept, "$"+name, strings.TrimSuffix(word[0], ":"))
		case "rm":
			if err := os.Remove(filepath.Join(work, "data", rest)); err != nil {
				t.Fatal(err)
			}
		case "login":
			enter(t, filepath.Join(work, "data"), rest)
		case "logout":
			if got := says([]string{"logout", "--dir", filepath.Join(work, "data")}, ""); got.code != exitDone {
				t.Fatal(got)
			}
		case "ports":
			if err := freePorts(filepath.Join(work, "data", configName)); err != nil {
				t.Fatal(err)
			}
		case "", "#":
		default:
			t.Fatalf("line %d: unknown verb %q", n+1, verb)
		}
	}
	if !checked && last.code != 0 {
		t.Errorf("%q: exit code %d: %s", command, last.code, last.err)
	}
}

// enter gives a person of the book an account in a folder, as the fixture does, and logs her in.
func enter(t *testing.T, dir, person string) {
	t.Helper()
	got := says([]string{"bench", "fixture", person + "=supervisor", "--json", "--dir", dir}, "")
	var made struct{ Items []fixture }
	if err := json.Unmarshal([]byte(got.out), &made); err != nil || len(made.Items) != 1 {
		t.Fatalf("fixture: %v %+v", err, got)
	}
	code, err := totpNow(made.Items[0].TOTP)
	if err != nil {
		t.Fatal(err)
	}
	if got := says([]string{"login", person, "--dir", dir}, made.Items[0].Password+"\n"+code+"\n"); got.code != exitDone {
		t.Fatalf("login: %+v", got)
	}
}

// words splits a line as a shell would, with double quotes alone.
func words(line string) []string {
	var out []string
	for i, part := range strings.Split(line, `"`) {
		if i%2 == 1 {
			out = append(out, part)
			continue
		}
		out = append(out, strings.Fields(part)...)
	}
	return out
}

// commands lists every command of the grammar with its words.
func commands(t reflect.Type, prefix []string) [][]string {
	var out [][]string
	for i := range t.NumField() {
		f := t.Field(i)
		if _, is := f.Tag.Lookup("cmd"); !is {
			continue
		}
		name := strings.ToLower(f.Name)
		if said := f.Tag.Get("name"); said != "" {
			name = said
		}
		path := append(slices.Clone(prefix), name)
		if below := commands(f.Type, path); len(below) > 0 {
			out = append(out, below...)
		} else {
			out = append(out, path)
		}
	}
	return out
}

func TestEveryCommandExplainsItselfWithAnExample(t *testing.T) {
	all := commands(reflect.TypeFor[cli](), nil)
	if len(all) < 35 {
		t.Errorf("only %d commands", len(all))
	}
	for _, path := range all {
		got := says(append(path, "--help"), "")
		name := strings.Join(path, " ")
		if got.code != exitDone || !strings.Contains(got.out, "Usage: nightbell "+name) {
			t.Errorf("%s --help: exit %d\n%s%s", name, got.code, got.out, got.err)
		}
		if !strings.Contains(got.out, "nightbell "+name) || !strings.Contains(got.out, "Example") {
			t.Errorf("%s --help has no example", name)
		}
	}
}

func TestNamesThatAreReliedUpon(t *testing.T) {
	var have []string
	for _, path := range commands(reflect.TypeFor[cli](), nil) {
		have = append(have, strings.Join(path, " "))
	}
	for _, want := range strings.Split("setup|serve|demo|devices enrol|devices list|devices revoke|trunks list|trunks test|trunks secret|"+
		"token create|token revoke|agents list|agents pause|agents resume|book apply|book check|book show|oncall at|oncall shifts|"+
		"oncall why|oncall timeline|oncall gaps|oncall fairness|oncall assign|oncall cover|oncall nobody|oncall swap|oncall give|"+
		"oncall take|oncall undo|oncall absence|oncall dnd|oncall note|oncall take-over|oncall holidays|oncall versions|"+
		"oncall restore|oncall preview|oncall replay|oncall feed create|oncall feed list|oncall feed revoke|oncall import|"+
		"oncall verify|plan|calls list|calls show|recordings list|recordings verify|recordings export|recordings key|audit list|"+
		"audit verify|keys status|keys rotate|why|doctor|version", "|") {
		if !slices.Contains(have, want) {
			t.Errorf("no command %q", want)
		}
	}
}

func TestWrongUsageIsTwo(t *testing.T) {
	for _, args := range [][]string{{}, {"nothing"}, {"calls"}, {"plan"}, {"calls", "list", "--nope"}, {"plan", "x", "--at", "yesterday"}, {"calls", "list", "--reveal"}} {
		if got := says(args, ""); got.code != exitUsage {
			t.Errorf("%v: exit %d: %s", args, got.code, got.err)
		}
	}
}

// developed is a fresh development folder with the demo book.
func developed(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	for _, args := range [][]string{{"setup", "--development"}, {"book", "apply", "../../configs/demo.toml", "--yes"}} {
		if got := says(append(args, "--dir", dir), ""); got.code != exitDone {
			t.Fatalf("%v: %s%s", args, got.out, got.err)
		}
	}
	return dir
}

// While the server holds the folder its socket answers; without the socket the folder is in use.
func TestCommandsAskWhoeverHoldsTheFolder(t *testing.T) {
	dir := developed(t)
	cfg, err := LoadConfig(filepath.Join(dir, configName), "")
	if err != nil {
		t.Fatal(err)
	}
	office, err := openOffice(t.Context(), cfg, nil)
	if err != nil || office.Sealed != nil {
		t.Fatal(err, office.Sealed)
	}
	defer office.Close()
	if got := says([]string{"agents", "list", "--dir", dir}, ""); got.code != exitWrong || !strings.Contains(got.err, "in use") {
		t.Errorf("held without a socket: %d %s", got.code, got.err)
	}
	socket, err := console.ListenControl(filepath.Join(dir, console.ControlName))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	desk := console.New(console.Config{Ports: office.ports(stopped{mode: cfg.Mode})})
	go func() { served <- desk.ServeControl(ctx, socket) }()
	for _, args := range [][]string{{"agents", "list"}, {"plan", "+12125550100"}, {"doctor"}, {"audit", "verify"}, {"oncall", "at", "--json"}} {
		if got := says(append(args, "--dir", dir), ""); got.code == exitWrong && args[0] != "doctor" {
			t.Errorf("%v: %s", args, got.err)
		}
	}
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
}

func TestExportStaysOutsideTheDataFolder(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "export"), 0o700); err != nil {
		t.Fatal(err)
	}
	for out, want := range map[string]bool{
		filepath.Join(dir, "a.wav"): false, filepath.Join(link, "a.wav"): false, filepath.Join(dir, "recordings", "..", "a.wav"): false,
		filepath.Join(t.TempDir(), "a.wav"): true, filepath.Join(dir, "export", "a.wav"): false,
	} {
		if got := outside(Config{Dir: dir, Mode: Production}, out) == nil; got != want {
			t.Errorf("%s: %t", out, got)
		}
	}
	if err := outside(Config{Dir: dir, Mode: Development}, filepath.Join(dir, "export", "a.wav")); err != nil {
		t.Errorf("demo's export: %v", err)
	}
}

func TestKeptFileIsNewPrivateAndWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.wav")
	if _, err := writeNew(path, io.MultiReader(strings.NewReader("RIFF"), broken{})); err == nil {
		t.Error("half a file passed")
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("half a file stayed")
	}
	if n, err := writeNew(path, strings.NewReader("RIFF")); n != 4 || err != nil {
		t.Errorf("%d %v", n, err)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	if _, err := writeNew(path, strings.NewReader("x")); err == nil {
		t.Error("an old file was overwritten")
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
