package book

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"nightbell/phi"
	"nightbell/policy"
)

// whole reads the book that has every field.
func whole(t *testing.T) *policy.Book {
	t.Helper()
	text, err := os.ReadFile("../testdata/policy/whole.toml")
	if err != nil {
		t.Fatal(err)
	}
	res, err := Parse(text, reading())
	if err != nil {
		t.Fatal(err)
	}
	return res.Book
}

// reparse reads a rendered book again.
func reparse(t *testing.T, b *policy.Book) *policy.Book {
	t.Helper()
	text, err := Render(b, Clear)
	if err != nil {
		t.Fatal(err)
	}
	res, err := Parse(text, reading())
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return res.Book
}

func TestRenderedBookReadsBackTheSame(t *testing.T) {
	for name, b := range map[string]*policy.Book{"demo": parseDemo(t), "whole": whole(t)} {
		again := reparse(t, b)
		again.Version = b.Version
		opts := cmp.Options{
			cmp.Comparer(func(a, b phi.Name) bool { return a == b }),
			cmp.Comparer(func(a, b phi.Phone) bool { return a == b }),
			cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }),
			cmpopts.EquateEmpty(),
		}
		if d := Diff(b, again); len(d) > 0 {
			t.Errorf("%s: %v", name, d)
		}
		if d := cmp.Diff(b, again, opts); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestDifferenceSpeaksOfPeopleByID(t *testing.T) {
	old, changed := parseDemo(t), parseDemo(t)
	changed.People[0].Name = phi.NewName("Amanda Secret")
	changed.People[9].Phone = phi.NewPhone("+12125550177")
	changed.Clinics[0].Hours[0].End = 18 * 60
	changed.Schedules[0].Layers[0].Rotation.Members = []string{"amy", "bo"}
	changed.Numbers = append(changed.Numbers, policy.Number{Number: "+12125550101", Clinic: "harbor"})
	changed.Devices = changed.Devices[:2]
	var lines []string
	for _, c := range Diff(old, changed) {
		lines = append(lines, c.String())
	}
	got := strings.Join(lines, "\n")
	want := strings.Join([]string{
		`~ clinic harbor: hours[0].end: 17:00 -> 18:00`,
		`+ number +12125550101`,
		`~ person amy: name differs`,
		`~ person dr-lee: phone differs`,
		`- device carol`,
		`~ schedule agents: layers[0].rotation.members: ["amy","bo","carol"] -> ["amy","bo"]`,
	}, "\n")
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if all := fmt.Sprintf("%+v", Diff(nil, changed)); strings.Contains(all, "Amanda") || strings.Contains(all, "0177") {
		t.Errorf("a name or number shows: %s", all)
	}
}

func TestRedactedBookShowsNobody(t *testing.T) {
	text, err := Render(parseDemo(t), Redacted)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"Adler", "Lee", "+12125550142"} {
		if bytes.Contains(text, []byte(secret)) {
			t.Errorf("%q shows in\n%s", secret, text)
		}
	}
	if !bytes.Contains(text, []byte("dr-lee")) {
		t.Error("people are not named by id")
	}
	if got := mistakes(t, string(text)); !strings.Contains(got, "people[0].name: is hidden") {
		t.Errorf("read back: %s, want every hidden name refused", got)
	}
}
