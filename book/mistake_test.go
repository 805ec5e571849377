package book

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// change replaces a text of the demo by another; it must be there.
func change(t *testing.T, old, new string) string {
	t.Helper()
	text := string(demo(t))
	if !strings.Contains(text, old) {
		t.Fatalf("the demo has no %q", old)
	}
	return strings.Replace(text, old, new, 1)
}

// after puts a text behind the demo.
func after(t *testing.T, text string) string { return string(demo(t)) + "\n" + text }

const member = `members = ["amy", "bo", "carol"]`

func TestRulesThatMakeNoSenseAreRefused(t *testing.T) {
	override := func(person, start, end string) string {
		return after(t, fmt.Sprintf("[[schedules.overrides]]\nid = \"o\"\nperson = %q\nstart = %s\nend = %s\n", person, start, end))
	}
	for _, c := range []struct{ name, text, want string }{
		{"no format", change(t, "format = 1 ", "# "), "format: must be 1"},
		{"unknown zone", change(t, `"America/New_York"`, `"Mars/Olympus"`), `clinics[0].zone: unknown zone "Mars/Olympus"`},
		{"month 13", change(t, "month = 5", "month = 13"), "clinics[0].holidays[0].month"},
		{"no such day", change(t, "day = 4", "day = 32"), "clinics[0].holidays[0].day"},
		{"weekday", change(t, `"mon-fri"]`, `"mon-fry"]`), "clinics[0].hours[0].days[0]"},
		{"hour 25", change(t, `end = "17:00"`, `end = "25:00"`), "clinics[0].hours[0].end"},
		{"unknown schedule", change(t, `schedule = "agents"`, `schedule = "agent"`), `clinics[0].open[0].schedule: unknown schedule "agent"`},
		{"ring for ever", change(t, `ring = "20s"`, `ring = "20h"`), "clinics[0].open[0].ring"},
		{"rotation without members", change(t, member, "members = []"), "rotation.members: is missing"},
		{"unknown member", change(t, member, `members = ["amy", "eve"]`), `rotation.members[1]: unknown person "eve"`},
		{"anchor with offset", change(t, "2026-11-02T08:00:00 ", "2026-11-02T08:00:00Z "), "rotation.anchor: is a local time"},
		{"year 0", change(t, "anchor = 2026-11-02T08:00:00", "anchor = 0000-11-02T08:00:00"), "rotation.anchor"},
		{"end before start", override("amy", "2026-11-27", "2026-11-26"), "schedules[0].overrides[0].end: is not after the start"},
		{"end at start", override("amy", "2026-11-27", "2026-11-27"), "is not after the start"},
		{"unknown person", override("eve", "2026-11-27", "2026-11-28"), `unknown person "eve"`},
		{"duplicate number", after(t, "[[numbers]]\nnumber = \"212-555-0100\"\nclinic = \"harbor\"\n"), "numbers[1].number: stands already at line"},
		{"extension without trunk", after(t, "[[numbers]]\nnumber = \"204\"\nclinic = \"harbor\"\n"), "an extension needs its trunk"},
		{"unknown trunk", after(t, "[[numbers]]\nnumber = \"204\"\nclinic = \"harbor\"\ntrunk = \"pbx\"\n"), `unknown trunk "pbx"`},
		{"duplicate person", after(t, "[[people]]\nid = \"amy\"\nname = \"Amy Two\"\n"), "people[10].id: stands already at line"},
		{"duplicate edit", after(t, strings.Repeat("[[schedules.overrides]]\nid = \"o\"\nperson = \"amy\"\nstart = 2026-12-01\nend = 2026-12-02\n", 2)), "schedules[0].overrides[1].id: stands already at line"},
		{"MD5 too long", change(t, `# md5_until = 2027-01-31`, `md5_until = 2027-03-31`), "devices[2].md5_until: is more than 90 days ahead"},
		{"MD5 over", change(t, `# md5_until = 2027-01-31`, `md5_until = 2026-01-31`), "devices[2].md5_until: has expired"},
		{"exception over", after(t, "[[trunks]]\nid = \"t\"\ndigest = \"t\"\nexceptions = [{ scope = [\"media\"], until = 2026-11-01, reason = \"x\" }]\n"), "exceptions[0].until: has expired"},
		{"exception without end", after(t, "[[trunks]]\nid = \"t\"\ndigest = \"t\"\nexceptions = [{ scope = [\"media\"], reason = \"x\" }]\n"), "exceptions[0].until: is missing"},
		{"exception without reason", after(t, "[[trunks]]\nid = \"t\"\ndigest = \"t\"\nexceptions = [{ scope = [\"media\"], until = 2026-12-01 }]\n"), "exceptions[0].reason: is missing"},
		{"trunk without identity", after(t, "[[trunks]]\nid = \"t\"\n"), "trunks[1]: has no identity"},
		{"wildcard certificate", change(t, `["carrier.demo.nightbell.test"]`, `["*.demo.test"]`), "trunks[0].certificate[0]: names one certificate"},
		{"roots", after(t, "[[trunks]]\nid = \"t\"\ncertificate = [\"t.test\"]\ncertificate_roots = \"x\"\n"), "certificate_roots"},
		{"address", after(t, "[[trunks]]\nid = \"t\"\naddresses = [\"203.0.113.256\"]\n"), "trunks[1].addresses[0]"},
		{"suite", after(t, "[[trunks]]\nid = \"t\"\ndigest = \"t\"\nsuites = [\"NULL\"]\n"), "trunks[1].suites[0]: unknown suite"},
		{"control character", change(t, `"Harbor Family Practice"`, `"Harbor\u0007 Family"`), "clinics[0].name: holds a control character"},
		{"text turned round", change(t, `"Harbor Family Practice"`, `"Harbor\u202e Family"`), "clinics[0].name: holds a control character"},
		{"id", change(t, `id = "carrier"`, `id = "Carrier One"`), "trunks[0].id: may hold"},
		{"role", change(t, `role = "clinician"`, `role = "wizard"`), "people[9].role: must be one of"},
		{"phone", change(t, `"+12125550142"`, `"none"`), "people[9].phone: is not a telephone number"},
		{"catch-all", change(t, `catch_all = "harbor"`, `catch_all = "haven"`), `catch_all: unknown clinic "haven"`},
		{"as", change(t, `# as = "nights" `, `as = "nights" `), `schedules[0].layers[0].as: unknown layer "nights"`},
		{"holiday", change(t, `# holidays = ["Thanksgiving"]`, `holidays = ["Thanksgivin"]`), "layers[0].holidays[0]: unknown holiday"},
		{"too many layers", after(t, strings.Repeat("[[schedules.layers]]\nid = \"x\"\n", 10000)), "has 10001 entries, more than 64"},
		{"nobody without reason", after(t, "[[schedules.edits]]\nid = \"e\"\nat = 2026-11-20T00:00:00Z\ndo = \"nobody\"\nstart = 2026-12-01\nend = 2026-12-02\n"), "edits[0].reason"},
		{"covers herself", after(t, "[[schedules.edits]]\nid = \"e\"\nat = 2026-11-20T00:00:00Z\ndo = \"cover\"\nfrom = \"amy\"\nperson = \"amy\"\nstart = 2026-12-01\nend = 2026-12-02\n"), "covers herself"},
		{"undo of nothing", after(t, "[[schedules.edits]]\nid = \"e\"\nat = 2026-11-20T00:00:00Z\ndo = \"undo\"\nof = \"x\"\n"), "not before it"},
		{"unknown edit", after(t, "[[schedules.edits]]\nid = \"e\"\nat = 2026-11-20T00:00:00Z\ndo = \"explode\"\n"), "edits[0].do: must be one of"},
		{"wrong type", change(t, `zone = "America/New_York"`, `zone = 5`), "clinics[0].zone: is a whole number, must be a text"},
		{"table for list", change(t, `days = ["mon-fri"]`, `days = "mon-fri"`), "clinics[0].hours[0].days: is a text, must be a list"},
		{"not TOML", change(t, `catch_all = "harbor"`, `catch_all = harbor`), "not TOML"},
		{"key twice", change(t, `catch_all = "harbor"`, "catch_all = \"harbor\"\ncatch_all = \"harbor\""), "not TOML"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := mistakes(t, c.text)
			if !strings.Contains(got, c.want) {
				t.Errorf("want %q in\n%s", c.want, got)
			}
			for _, line := range strings.Split(got, "\n") {
				if !strings.HasPrefix(line, "book.toml:") {
					t.Errorf("a mistake without its place: %s", line)
				}
			}
		})
	}
}

func TestMistakeShowsNoNameAndNoTelephone(t *testing.T) {
	text := strings.NewReplacer(`"Amy Adler"`, `"Amy\u0000 Adler"`, `"+12125550142"`, `"+1212555014x"`, `"Bo Brandt"`, `["Bo Brandt"]`).
		Replace(string(demo(t)))
	got := mistakes(t, text)
	for _, secret := range []string{"Adler", "Brandt", "212555014"} {
		if strings.Contains(got, secret) {
			t.Errorf("%q shows in\n%s", secret, got)
		}
	}
}

func TestLocalTimesThatClocksSkipOrRepeatAreWarnedAbout(t *testing.T) {
	text := after(t, "[[schedules.overrides]]\nid = \"o\"\nperson = \"amy\"\nstart = 2026-11-01T01:30:00\nend = 2027-03-14T02:30:00\n")
	res, err := Parse([]byte(text), reading())
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, w := range res.Warnings {
		all = append(all, w.Error())
	}
	got := strings.Join(all, "\n")
	for _, want := range []string{"overrides[0].start: this local time comes twice", "overrides[0].end: the clocks skip"} {
		if !strings.Contains(got, want) {
			t.Errorf("want %q in\n%s", want, got)
		}
	}
	o := res.Book.Schedules[0].Overrides[0]
	if got := o.Start.Format("15:04Z07:00"); got != "05:30Z" {
		t.Errorf("starts at %s", got)
	}
}

func TestFixedZoneIsWarnedAbout(t *testing.T) {
	res, err := Parse([]byte(change(t, `"America/New_York"`, `"EST"`)), reading())
	if err != nil || len(res.Warnings) != 1 || !strings.Contains(res.Warnings[0].Error(), "clinics[0].zone: EST has a fixed offset") {
		t.Errorf("%v, %v", res.Warnings, err)
	}
}

// A book file, however broken, is a book or a list of mistakes with their places, and a book that was read can be written.
func FuzzParse(f *testing.F) {
	f.Add(demo(f))
	if whole, err := os.ReadFile("../testdata/policy/whole.toml"); err == nil {
		f.Add(whole)
	}
	f.Add([]byte("format = 1"))
	f.Add([]byte("[[clinics]]\n[[clinics.hours]]\n[clinics.hours.x]\n"))
	f.Add([]byte("clinics = [{hours = [{days = [1, \"mon\", {}]}]}]\nformat = 1979-05-27"))
	f.Add([]byte("format = 1\n\"quoted key\".'lit.eral' = 1\n[[people]]\nid = \"\\u0061\"\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		res, err := Parse(text, reading())
		if (res.Book == nil) != (err != nil) {
			t.Fatalf("book %v and error %v", res.Book != nil, err)
		}
		if err == nil {
			if _, err := Render(res.Book, Clear); err != nil {
				t.Error(err)
			}
		}
	})
}
