package book

import (
	"cmp"
	"crypto/x509"
	"encoding/pem"
	"net/netip"
	"slices"
	"strings"
	"time"

	"nightbell/phi"
	"nightbell/policy"
)

func (r *reader) person(path string, p person) policy.Person {
	made := policy.Person{
		ID: r.id(path+".id", p.ID), Name: phi.NewName(r.name(path+".name", p.Name)), Active: p.Active == nil || *p.Active,
		State: p.State,
		Role: r.oneOf(path+".role", p.Role, "agent", "clinician", "supervisor", "scheduler", "admin", "office",
			"compliance", "auditor"),
	}
	if p.State != "" && !policy.IsState(p.State) {
		r.wrong(path+".state", "is not a state like US-CA (ISO 3166-2)")
	}
	if p.Phone == "" {
		return made
	}
	e164, ok := policy.NormaliseNumber(p.Phone, "US")
	if !ok {
		r.wrong(path+".phone", "is not a telephone number")
	}
	made.Phone = phi.NewPhone(e164)
	return made
}

func (r *reader) device(path string, d device) policy.Device {
	r.isPerson(path+".person", d.Person)
	made := policy.Device{User: r.id(path+".user", d.User), Person: d.Person}
	if !d.MD5.isZero() {
		made.MD5Until = r.instant(path+".md5_until", d.MD5, time.UTC)
		r.until(path+".md5_until", made.MD5Until)
	}
	return made
}

func (r *reader) number(path string, n number) policy.Number {
	r.isClinic(path+".clinic", n.Clinic)
	if _, ok := r.trunks[n.Trunk]; n.Trunk != "" && !ok {
		r.wrong(path+".trunk", "unknown trunk %q", plain(n.Trunk))
	}
	e164, ok := policy.NormaliseNumber(n.Number, r.country(n.Trunk))
	switch {
	case n.Number == "":
		r.wrong(path+".number", "is missing")
	case !ok && n.Trunk == "":
		r.wrong(path+".number", "is not an E.164 number; an extension needs its trunk")
	case !ok:
		r.text(path+".number", n.Number)
	}
	answer := r.oneOf(path+".answer", n.Answer, string(policy.AtOnce), string(policy.WhenAgentAnswers))
	return policy.Number{Number: e164, Trunk: n.Trunk, Clinic: n.Clinic, Answer: policy.AnswerMode(answer)}
}

// Suites a trunk may name, in the RFC's words (RFC 4568, RFC 6188, RFC 7714).
var suites = []string{
	"AEAD_AES_256_GCM", "AEAD_AES_128_GCM", "AES_CM_128_HMAC_SHA1_80", "AES_256_CM_HMAC_SHA1_80",
	"AES_CM_128_HMAC_SHA1_32", "AES_256_CM_HMAC_SHA1_32",
}

func (r *reader) trunk(path string, t trunk) policy.Trunk {
	made := policy.Trunk{
		ID: r.id(path+".id", t.ID), Name: r.name(path+".name", cmp.Or(t.Name, t.ID)), Suites: t.Suites,
		NumberFrom: r.oneOf(path+".number_from", t.NumberFrom, "request", "to", "diversion"),
		Caller:     r.oneOf(path+".caller", t.Caller, "pai", "from"),
		Country:    cmp.Or(t.Country, "US"), MaxCalls: t.MaxCalls, MaxRate: t.MaxRate, Advertised: t.Advertised,
	}
	if t.ID == policy.FallbackTrunkID {
		r.wrong(path+".id", "%q is the fallback trunk's own", t.ID)
	}
	made.Identity = r.identity(path, t)
	for i, s := range t.Suites {
		if !slices.Contains(suites, s) {
			r.wrong(index(path+".suites", i), "unknown suite; known are %s", strings.Join(suites, ", "))
		}
	}
	if len(made.Country) != 2 || strings.ToUpper(made.Country) != made.Country {
		r.wrong(path+".country", "must be an ISO 3166 region of two capitals")
	}
	if t.MaxCalls < 0 {
		r.wrong(path+".max_calls", "is negative")
	}
	if t.MaxRate < 0 {
		r.wrong(path+".max_rate", "is negative")
	}
	if t.Advertised != "" {
		if _, err := netip.ParseAddr(t.Advertised); err != nil {
			r.wrong(path+".advertised", "is not an IP address")
		}
	}
	made.Exceptions = each(r, path+".exceptions", t.Exceptions, r.exception)
	made.Carrier = t.Carrier
	r.carrier(path+".carrier", made)
	return made
}

// identity needs one way at least in which the trunk is known; nothing in a SIP header is one.
func (r *reader) identity(path string, t trunk) policy.TrunkIdentity {
	made := policy.TrunkIdentity{CertNames: t.Certificate, CertRoots: t.Roots, Digest: t.Digest}
	for i, n := range t.Certificate {
		if r.name(index(path+".certificate", i), n); strings.Contains(n, "*") {
			r.wrong(index(path+".certificate", i), "names one certificate: no wildcard")
		}
	}
	if t.Roots != "" && !roots(t.Roots) {
		r.wrong(path+".certificate_roots", "is not a list of PEM certificates")
	}
	for i, a := range t.Addresses {
		prefix, ok := prefix(a)
		if !ok {
			r.wrong(index(path+".addresses", i), "is not an address or a range like 203.0.113.0/24")
			continue
		}
		made.Addresses = append(made.Addresses, prefix)
	}
	if t.Digest != "" {
		r.id(path+".digest", t.Digest)
	}
	if len(t.Certificate) == 0 && len(t.Addresses) == 0 && t.Digest == "" {
		r.wrong(path, "has no identity: certificate, addresses or digest")
	}
	return made
}

// Certificates reports a list of PEM certificates and nothing else.
func Certificates(text string) bool { return roots(text) }

func roots(text string) bool {
	rest, n := []byte(text), 0
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return n > 0 && strings.TrimSpace(string(rest)) == ""
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil || block.Type != "CERTIFICATE" {
			return false
		}
		n++
	}
}

func prefix(s string) (netip.Prefix, bool) {
	if p, err := netip.ParsePrefix(s); err == nil {
		return p.Masked(), true
	}
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(a, a.BitLen()), true
}

func (r *reader) exception(path string, e exception) policy.Exception {
	made := policy.Exception{
		Scope: e.Scope, Until: r.instant(path+".until", e.Until, time.UTC), Reason: r.name(path+".reason", e.Reason),
	}
	if len(e.Scope) == 0 {
		r.wrong(path+".scope", "is missing: signalling, media, md5")
	}
	for i, s := range e.Scope {
		r.oneOf(index(path+".scope", i), s, "signalling", "media", "md5")
	}
	r.until(path+".until", made.Until)
	return made
}
