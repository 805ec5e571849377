package policy

import "testing"

func TestNumbersBecomeE164WhereTheyAreOne(t *testing.T) {
	for _, c := range []struct {
		raw, region, want string
		ok                bool
	}{
		{"+12125550100", "US", "+12125550100", true},
		{"+1 (212) 555-0100", "", "+12125550100", true},
		{"2125550100", "US", "+12125550100", true},
		{"12125550100", "US", "+12125550100", true},
		{"212.555.0100", "US", "+12125550100", true},
		{"020 7946 0018", "GB", "+442079460018", true},
		{"+442079460018", "US", "+442079460018", true},
		{"204", "US", "204", false},
		{"911", "US", "911", false},
		{"5550100", "US", "5550100", false}, // a local number without its area is an extension, never +1555...
		{"anonymous", "US", "anonymous", false},
		{"", "US", "", false},
		{"+", "US", "+", false},
		{"+1212555010012345678", "US", "+1212555010012345678", false},
		{"amy;phone-context=x", "US", "amy;phone-context=x", false},
		{"*67", "US", "*67", false},
	} {
		got, ok := NormaliseNumber(c.raw, c.region)
		if got != c.want || ok != c.ok {
			t.Errorf("NormaliseNumber(%q, %q) = %q, %t; want %q, %t", c.raw, c.region, got, ok, c.want, c.ok)
		}
	}
}

// What has been normalised once stays as it is, whatever comes in.
func FuzzNormaliseNumber(f *testing.F) {
	for _, s := range []string{"+12125550100", "(212) 555-0100", "204", "911", "", "+", "\x00", "+٠١٢٣", "tel:+1;ext=4"} {
		f.Add(s, "US")
	}
	f.Add("020 7946 0018", "GB")
	f.Fuzz(func(t *testing.T, raw, region string) {
		once, ok := NormaliseNumber(raw, region)
		twice, again := NormaliseNumber(once, region)
		if ok && (!again || twice != once) {
			t.Errorf("%q -> %q -> %q, %t", raw, once, twice, again)
		}
		if ok && once[0] != '+' {
			t.Errorf("%q -> %q is no E.164", raw, once)
		}
	})
}
