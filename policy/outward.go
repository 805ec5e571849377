package policy

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// NotDialled is why a number is not dialled over a trunk, in a closed word. It never quotes the number.
type NotDialled string

// The closed list.
const (
	NotANumber  NotDialled = "not_a_number" // short codes and extensions too
	PremiumLine NotDialled = "premium"
	DeniedLine  NotDialled = "denied"
	OutOfArea   NotDialled = "out_of_area" // in no prefix that is allowed
	ByItself    NotDialled = "emergency"   // 911 and its like have a way of their own
)

func (n NotDialled) Error() string { return "not dialled: " + string(n) }

// MayDial says whether a number may be dialled under the rules; nil: it may. Premium lines, and the islands of +1 whose calls
// cost like them, are denied unless a prefix allows them by more than the country code.
func MayDial(r NumberRules, number string) error {
	if EmergencyNumber(number) != "" {
		return ByItself
	}
	e164, ok := NormaliseNumber(number, "")
	if !ok || e164 != number {
		return NotANumber
	}
	if slices.ContainsFunc(r.Deny, func(p string) bool { return strings.HasPrefix(e164, p) }) {
		return DeniedLine
	}
	allow := r.Allow
	if len(allow) == 0 {
		allow = []string{"+1"}
	}
	longest := ""
	for _, p := range allow {
		if strings.HasPrefix(e164, p) && len(p) > len(longest) {
			longest = p
		}
	}
	if longest == "" {
		return OutOfArea
	}
	if costly(e164) && len(longest) <= 4 {
		return PremiumLine
	}
	return nil
}

// costly reports premium lines, and NANP codes outside the United States and Canada.
func costly(e164 string) bool {
	if national, ok := strings.CutPrefix(e164, "+1"); ok && len(national) == 10 {
		area, exchange := national[:3], national[3:6]
		if area == "900" || exchange == "976" || area == "500" || area == "700" {
			return true
		}
		if state := states()[area]; state != "" && !strings.HasPrefix(state, "US-") && !strings.HasPrefix(state, "CA") {
			return true
		}
	}
	n, err := phonenumbers.Parse(e164, "")
	return err == nil && phonenumbers.GetNumberType(n) == phonenumbers.PREMIUM_RATE
}

// DialRules are a trunk's number rules with the default filled in: the United States and Canada, and the trunk's country.
func DialRules(t Trunk) NumberRules {
	if t.Carrier == nil {
		return NumberRules{}
	}
	r := t.Carrier.Numbers
	if len(r.Allow) > 0 {
		return r
	}
	r.Allow = []string{"+1"}
	if code := phonenumbers.GetCountryCodeForRegion(cmp.Or(t.Country, "US")); code > 1 {
		r.Allow = append(r.Allow, "+"+strconv.Itoa(code))
	}
	return r
}

// WrittenFor is an E.164 number as the rules want it in a Request-URI.
func (r NumberRules) WrittenFor(e164 string) string {
	switch r.Format {
	case "plain":
		return r.Prefix + strings.TrimPrefix(e164, "+")
	case "national":
		if n, err := phonenumbers.Parse(e164, ""); err == nil {
			return r.Prefix + phonenumbers.GetNationalSignificantNumber(n)
		}
	}
	return r.Prefix + e164
}

// EmergencyKind is a number that passes every gate, limit and queue.
type EmergencyKind string

// The closed list.
const (
	Emergency911 EmergencyKind = "911"
	Test933      EmergencyKind = "933" // reads back the location that 911 would get
	Crisis988    EmergencyKind = "988"
)

// EmergencyNumber recognises 911, also behind a 9 for an outside line that nobody needs here (47 CFR 9.16, Kari's Law), 933
// and 988; empty: it is none of them.
func EmergencyNumber(raw string) EmergencyKind {
	switch strings.Map(separators, strings.ReplaceAll(strings.TrimSpace(raw), ",", "")) { // a comma is a pause
	case "911", "9911", "+911":
		return Emergency911
	case "933":
		return Test933
	case "988":
		return Crisis988
	}
	return ""
}

// Route is the way out in a clinic's name: trunks with a carrier that may dial the number, lower ranks first. An empty number
// asks for every trunk. Because says in words what was left out.
func (s *Snapshot) Route(clinic, number string) (r OutboundRoute, because []string) {
	var usable []*Trunk
	for i := range s.Book.Trunks {
		t := &s.Book.Trunks[i]
		if t.Carrier == nil {
			continue
		}
		if number != "" {
			if err := MayDial(DialRules(*t), number); err != nil {
				because = append(because, "trunk "+t.ID+": "+err.Error())
				continue
			}
		}
		usable = append(usable, t)
	}
	slices.SortStableFunc(usable, func(a, b *Trunk) int { return cmp.Compare(a.Carrier.Rank, b.Carrier.Rank) })
	for _, t := range usable {
		r.Trunks = append(r.Trunks, t.ID)
	}
	if len(r.Trunks) == 0 {
		because = append(because, "no trunk dials outward")
	}
	if r.Shown = s.shown(clinic); r.Shown == "" && len(r.Trunks) > 0 {
		because = append(because, "the clinic has no number that could be shown")
	}
	return r, because
}

// shown is the number of the clinic that outside parties see.
func (s *Snapshot) shown(clinic string) string {
	o := s.clinics[clinic]
	if o == nil {
		return ""
	}
	if o.Features.CallerID != "" {
		return o.Features.CallerID
	}
	return s.first[clinic]
}
