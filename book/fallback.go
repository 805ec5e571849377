package book

import (
	"cmp"
	"net/netip"
	"reflect"
	"strings"
	"time"

	"nightbell/policy"
)

// sipsPort is where SIP over TLS is spoken (RFC 3261 §19.1.2).
const sipsPort = 5061

// fallback reads the trunk that calls go out by while the server is sealed. Its secret stands elsewhere.
func (r *reader) fallback(path string, f fallback) policy.FallbackTrunk {
	if f == (fallback{}) {
		return policy.FallbackTrunk{}
	}
	made := policy.FallbackTrunk{Host: f.Host, Port: cmp.Or(f.Port, sipsPort), User: f.User, Roots: f.Roots}
	r.oneOf(path+".transport", f.Transport, "tls")
	if _, err := netip.ParseAddr(f.Host); err != nil && !hostname(f.Host) {
		r.wrong(path+".host", "is neither a DNS name nor an address")
	}
	if made.Port < 1 || made.Port > 65535 {
		r.wrong(path+".port", "is not a port")
	}
	if f.User != "" {
		r.text(path+".user", f.User)
	}
	if f.Roots != "" && !roots(f.Roots) {
		r.wrong(path+".certificate_roots", "is not a list of PEM certificates")
	}
	if !f.MD5.isZero() {
		made.MD5Until = r.instant(path+".md5_until", f.MD5, time.UTC)
		r.until(path+".md5_until", made.MD5Until)
	}
	return made
}

// hostname takes names of letters, digits and hyphens with dots between them.
func hostname(name string) bool {
	if name == "" || len(name) > 253 {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || strings.Trim(strings.ToLower(label), "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return false
		}
	}
	return true
}

// telephone reads a number that may be missing.
func (r *reader) telephone(path, number string) string {
	if number == "" {
		return ""
	}
	e164, ok := policy.NormaliseNumber(number, "US")
	if !ok {
		r.wrong(path, "is not a telephone number")
	}
	return e164
}

func renderFallback(f policy.FallbackTrunk) table {
	if f == (policy.FallbackTrunk{}) {
		return nil
	}
	return table{
		"host": f.Host, "port": f.Port, "transport": "tls", "user": f.User, "certificate_roots": f.Roots, "md5_until": f.MD5Until,
	}.trim()
}

// fallbackDiff names what differs of the fallback trunk.
func fallbackDiff(old, new policy.FallbackTrunk) []Change {
	none := policy.FallbackTrunk{}
	switch {
	case old == new:
		return nil
	case old == none:
		return []Change{{Kind: "added", Of: "trunk", ID: policy.FallbackTrunkID}}
	case new == none:
		return []Change{{Kind: "removed", Of: "trunk", ID: policy.FallbackTrunkID}}
	}
	w := walk{of: "trunk", id: policy.FallbackTrunkID}
	w.values("", reflect.ValueOf(old), reflect.ValueOf(new))
	return w.found
}
