package nightbell

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What the documents promise is there: every test, every file, every module, every metric that they name.

// pages are the documents whose words are checked; promising are those that may name tests.
func pages(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, pattern := range []string{"README.md", "CHANGELOG.md", "docs/*.md", "docs/decisions/*.md", "docs/templates/*.md"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: no page (%v)", pattern, err)
		}
		for _, name := range names {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			all[filepath.ToSlash(name)] = string(b)
		}
	}
	return all
}

var (
	testName = regexp.MustCompile(`\b(?:Test|Fuzz)[A-Z][A-Za-z0-9_]*\b`)
	testFunc = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Z][A-Za-z0-9_]*)\(`)
	quoted   = regexp.MustCompile("`([^`\n]+)`")
	linked   = regexp.MustCompile(`\]\(([^)#:]+)\)`)
	module   = regexp.MustCompile(`(?m)^\t([a-z][a-z0-9.-]*/\S+) v\S+$`)
	figured  = regexp.MustCompile(`\b(gauge|counter)\("([a-z_]+)"`)
	raised   = regexp.MustCompile(`alarms\.raise\("([a-z_]+)"|Alarm = "([a-z_]+)"`)
	troubled = regexp.MustCompile(`TroubleKind = "([a-z_]+)"`)
)

func TestEveryTestThatADocumentNamesExists(t *testing.T) {
	there := map[string]bool{}
	for _, f := range goFiles(t) {
		if !f.test {
			continue
		}
		b, err := os.ReadFile(f.path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range testFunc.FindAllStringSubmatch(string(b), -1) {
			there[m[1]] = true
		}
	}
	for page, text := range pages(t) {
		for _, name := range testName.FindAllString(text, -1) {
			if !there[name] {
				t.Errorf("%s: no test is called %s", page, name)
			}
		}
	}
}

// A path is a quoted word that begins with a room or folder of this repository and names a file by its ending, or a link.
func TestEveryFileThatADocumentNamesExists(t *testing.T) {
	for page, text := range pages(t) {
		for _, m := range linked.FindAllStringSubmatch(text, -1) {
			exists(t, page, filepath.Join(filepath.Dir(page), m[1]))
		}
		for _, m := range quoted.FindAllStringSubmatch(text, -1) {
			for _, word := range strings.Fields(m[1]) {
				if ours(word) {
					exists(t, page, word)
				}
			}
		}
	}
}

// ours reports whether a word is meant as a path in this repository.
func ours(word string) bool {
	room, _, nested := strings.Cut(word, "/")
	if !nested || strings.ContainsAny(word, "*{}<>$=,:") {
		return false
	}
	if info, err := os.Stat(room); err != nil || !info.IsDir() || room == "bin" {
		return false
	}
	known := []string{".go", ".md", ".toml", ".sh", ".py", ".service", ".conf", ".json", ".sql", ".txt", ".zip"}
	return slices.Contains(known, filepath.Ext(word))
}

func exists(t *testing.T, page, path string) {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		t.Errorf("%s: %s is not there", page, path)
	}
}

func TestEveryModuleHasItsReason(t *testing.T) {
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	direct, _, _ := strings.Cut(string(mod), "\n)")
	text := pages(t)["docs/decisions/0000-dependencies.md"]
	for _, m := range module.FindAllStringSubmatch(direct, -1) {
		if !strings.Contains(text, "| "+m[1]+" |") {
			t.Errorf("%s has no reason in docs/decisions/0000-dependencies.md", m[1])
		}
	}
}

func TestEveryMetricIsExplained(t *testing.T) {
	source, err := os.ReadFile("cmd/nightbell/serve_metrics.go")
	if err != nil {
		t.Fatal(err)
	}
	text := pages(t)["docs/OPERATING.md"]
	found := figured.FindAllStringSubmatch(string(source), -1)
	if len(found) < 30 {
		t.Fatalf("only %d metrics found in serve_metrics.go", len(found))
	}
	for _, m := range found {
		name := "nightbell_" + m[2]
		if m[1] == "counter" {
			name += "_total"
		}
		if !strings.Contains(text, "`"+name+"`") {
			t.Errorf("docs/OPERATING.md does not explain %s", name)
		}
	}
}

// An alarm has a row that says what to do. A trouble of the store is an alarm by its own name, but for the end of one.
func TestEveryAlarmIsExplained(t *testing.T) {
	text, alarms := pages(t)["docs/OPERATING.md"], []string{}
	for _, f := range goFiles(t) {
		if f.test || !(strings.HasPrefix(f.path, "cmd/nightbell/") || f.path == "store/ports.go") {
			continue
		}
		b, err := os.ReadFile(f.path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range raised.FindAllStringSubmatch(string(b), -1) {
			alarms = append(alarms, m[1]+m[2])
		}
		for _, m := range troubled.FindAllStringSubmatch(string(b), -1) {
			alarms = append(alarms, m[1])
		}
	}
	if len(alarms) < 10 {
		t.Fatalf("only %v found", alarms)
	}
	for _, name := range alarms {
		if name != "journal_merged" && !strings.Contains(text, "| `"+name+"` |") {
			t.Errorf("docs/OPERATING.md does not say what to do about the alarm %s", name)
		}
	}
}

// The filter for fail2ban reads the lines that the program writes, and no others.
func TestBanFilterReadsOurLines(t *testing.T) {
	b, err := os.ReadFile("configs/fail2ban.conf")
	if err != nil {
		t.Fatal(err)
	}
	var filters []*regexp.Regexp
	for _, line := range strings.Split(string(b), "\n") {
		if at := strings.Index(line, "^"); at >= 0 && !strings.HasPrefix(line, "#") {
			filters = append(filters, regexp.MustCompile(strings.ReplaceAll(line[at:], "<ADDR>", `(?P<addr>[0-9a-f:.]+)`)))
		}
	}
	for line, want := range map[string]string{
		`time=2026-11-23T19:51:11.085Z level=WARN msg="wrong answer to a SIP challenge" remote=192.0.2.7 method=REGISTER`:                                                        "192.0.2.7",
		`time=2026-11-23T19:51:15.506Z level=INFO msg=sip trouble=unidentified listener="tls 0.0.0.0:5061" source=192.0.2.8 detail=""`:                                           "192.0.2.8",
		`Nov 23 19:51:10 bell nightbell[4711]: time=2026-11-23T19:51:10.481Z level=INFO msg=sip trouble=handshake_refused listener="tls [::]:5061" source=2001:db8::9 detail=""`: "2001:db8::9",
		`time=2026-11-23T19:51:23.654Z level=INFO msg=sip trouble=reload_refused listener="tls 0.0.0.0:5061" source="" detail=""`:                                                "",
		`time=2026-11-23T19:51:24.168Z level=INFO msg="certificate reloaded" listener="tls 0.0.0.0:5061" not_after=2027-12-26T19:50:04.000Z`:                                     "",
	} {
		got := ""
		for _, f := range filters {
			if m := f.FindStringSubmatch(line); m != nil {
				got = m[f.SubexpIndex("addr")]
			}
		}
		if got != want {
			t.Errorf("%q bans %q, want %q", line, got, want)
		}
	}
}
