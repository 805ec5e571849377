package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nightbell/audit"
	"nightbell/console"
)

// crowd is a book of n clinics; the first has 50 people in a rota of nights, days, weekends and a backup.
func crowd(n int) string {
	var b strings.Builder
	b.WriteString("format = 1\ncatch_all = \"c0\"\n")
	for c := range n {
		people := 4
		if c == 0 {
			people = 50
		}
		fmt.Fprintf(&b, "[[clinics]]\nid = \"c%d\"\nname = \"Clinic %d\"\nzone = \"America/New_York\"\nfederal_holidays = true\n", c, c)
		var members []string
		for p := range people {
			id := fmt.Sprintf("p%d-%d", c, p)
			members = append(members, `"`+id+`"`)
			fmt.Fprintf(&b, "[[people]]\nid = \"%s\"\nname = \"Person %d\"\nrole = \"clinician\"\nphone = \"+1212555%04d\"\n", id, p, 100+p)
		}
		fmt.Fprintf(&b, "[[schedules]]\nid = \"s%d\"\nclinic = \"c%d\"\nname = \"On call\"\n", c, c)
		for i, layer := range []string{
			"days = [\"mon-fri\"]\nstart = \"08:00\"\nend = \"17:00\"", "days = [\"mon-fri\"]\nstart = \"17:00\"\nend = \"08:00\"",
			"days = [\"sat\", \"sun\"]\nstart = \"08:00\"\nend = \"08:00\"", "",
		} {
			fmt.Fprintf(&b, "[[schedules.layers]]\nid = \"l%d\"\ntier = %d\n", i, 1+i/3)
			if layer != "" {
				b.WriteString("[[schedules.layers.windows]]\n" + layer + "\n")
			}
			fmt.Fprintf(&b, "[schedules.layers.rotation]\nanchor = 2026-11-02T08:00:00\nevery = \"1d\"\nmembers = [%s]\n", strings.Join(members, ", "))
		}
	}
	return b.String()
}

// BenchmarkSave is one edit through the API with its whole report, audited, on disk: alone, and among 1,000 clinics.
// The bar is 200 ms for a clinic of 50 people.
func BenchmarkSave(b *testing.B) {
	for _, n := range []int{1, 1000} {
		b.Run(fmt.Sprintf("%d-clinics", n), func(b *testing.B) {
			dir := filepath.Join(b.TempDir(), "data")
			if got := says([]string{"setup", "--development", "--dir", dir}, ""); got.code != exitDone {
				b.Fatal(got.err)
			}
			cfg, err := LoadConfig(filepath.Join(dir, configName), "")
			if err != nil {
				b.Fatal(err)
			}
			o, err := openOffice(b.Context(), cfg, nil)
			if err != nil {
				b.Fatal(err)
			}
			defer o.Close()
			o.now = func() time.Time { return monday }
			if _, err := (books{o}).Apply(b.Context(), console.BookFile{Name: "crowd", TOML: []byte(crowd(n))}, audit.Actor{Type: "operator", ID: "bench"}); err != nil {
				b.Fatal(err)
			}
			h := console.New(console.Config{Ports: o.ports(stopped{o.Config.Mode}), Now: o.now}).Operator("bench")
			for i := 0; b.Loop(); i++ {
				start := monday.Add(time.Duration(i+1) * time.Hour).Format(time.RFC3339)
				end := monday.Add(time.Duration(i+9) * time.Hour).Format(time.RFC3339)
				body := fmt.Sprintf(`{"edits":[{"do":"assign","person":"p0-%d","start":"%s","end":"%s"}]}`, i%50, start, end)
				if r := ask(h, "POST", "/api/v1/schedules/s0/edits", map[string]string{"If-Match": "*"}, body); r.code != 200 {
					b.Fatal(r.body)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N)/200, "of-bar")
		})
	}
}
