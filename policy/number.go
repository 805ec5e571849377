package policy

import (
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// NormaliseNumber brings a dialled or presented number into E.164 where it is one, read in region (ISO 3166, "US" when
// empty); true says it is one. Anything else, an extension above all, comes back as it was sent, without visual
// separators, and false.
func NormaliseNumber(raw, region string) (string, bool) {
	s := strings.TrimSpace(raw)
	if len(s) > 64 {
		return s, false
	}
	if region == "" {
		region = "US"
	}
	bare := strings.Map(separators, s)
	if !dialable(bare) {
		return s, false
	}
	e164, ok := international(bare, region)
	if !ok {
		return bare, false
	}
	if again, ok := international(e164, region); !ok || again != e164 {
		return bare, false // digits that read differently the second time (0000000000) are nobody's number
	}
	return e164, true
}

func international(s, region string) (string, bool) {
	n, err := phonenumbers.Parse(s, region)
	if err != nil || phonenumbers.IsPossibleNumberWithReason(n) != phonenumbers.IS_POSSIBLE {
		return "", false
	}
	return phonenumbers.Format(n, phonenumbers.E164), true
}

// separators drops what RFC 3966 §5.1.1 calls visual separators.
func separators(r rune) rune {
	if strings.ContainsRune("-.() ", r) {
		return -1
	}
	return r
}

func dialable(s string) bool {
	digits := strings.TrimPrefix(s, "+")
	return digits != "" && strings.Trim(digits, "0123456789") == ""
}
