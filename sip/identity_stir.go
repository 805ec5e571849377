package sip

import (
	"bytes"
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// This file judges what an authenticated trunk says about who calls: the Identity header (RFC 8224) with its PASSporT
// (RFC 8225, RFC 8588). No certificate is ever fetched: who calls us must not make us call somebody. It happens beside
// the call, which never waits for it.

// Stir is what Identity headers are judged by.
type Stir struct {
	// Certificates gives the chain that an x5u names, its leaf first; none: unknown.
	Certificates func(x5u string) []*x509.Certificate
	Roots        func() *x509.CertPool // of the STI certificate authorities (RFC 8226)
}

// What an Identity header comes to; beside these "A", "B" and "C", the attestations of RFC 8588 §4, and Spoiled words.
const (
	Unsigned           = "none"                // there is no Identity header that we know
	Signed             = "signed"              // a PASSporT without attestation, and it holds
	UnknownCertificate = "unknown_certificate" // its certificate is not in the folder
)

// spoiled is why a signature counts for nothing.
type spoiled string

const (
	badFormat      spoiled = "invalid:format"
	badAlgorithm   spoiled = "invalid:algorithm"
	badCertificate spoiled = "invalid:certificate"
	badSignature   spoiled = "invalid:signature"
	badTime        spoiled = "invalid:time"
	badNumber      spoiled = "invalid:number"
	badAttestation spoiled = "invalid:attestation"
)

func (s spoiled) Error() string { return string(s) }

// stirFresh is how old a PASSporT may be, or how young (RFC 8224 §6.2 step 4).
const stirFresh = 60 * time.Second

// attestation is what an INVITE's Identity came to, once it is known.
type attestation struct {
	mu   sync.Mutex
	word string
	tell func(string)
}

// Attested lets tell hear, once, what the caller's Identity came to; at once where that is known. It stays unheard where
// no Stir is configured or the leg is not a trunk's. The func must not block.
func (l *Leg) Attested(tell func(word string)) {
	a := &l.attested
	a.mu.Lock()
	word := a.word
	a.tell = tell
	a.mu.Unlock()
	if word != "" {
		tell(word)
	}
}

func (a *attestation) settle(word string) {
	a.mu.Lock()
	a.word = word
	tell := a.tell
	a.mu.Unlock()
	if tell != nil {
		tell(word)
	}
}

// attest judges beside the lane.
func (c *core) attest(l *Leg, tx *ServerTx) {
	if c.cfg.Stir == nil {
		return
	}
	w, req := tx.Flow().w, tx.Request()
	w.work.Go(func() {
		w.guard(func() { l.attested.settle(c.cfg.Stir.judge(req, time.Now())) })
	})
}

// judge gives the word for an INVITE.
func (s *Stir) judge(req *sipmsg.Request, now time.Time) string {
	token, ok := identityOf(values(req, "Identity"))
	if !ok {
		return Unsigned
	}
	word, err := s.verify(token, req, now)
	if err != nil {
		return err.Error()
	}
	return word
}

// signedIdentity is one Identity header, taken apart (RFC 8224 §4).
type signedIdentity struct{ header, claims, signature, info, alg, ppt string }

// identityOf picks the header that says who calls: SHAKEN's before one without an extension. Those of other extensions
// (a diversion, a priority) say something else.
func identityOf(headers []string) (id signedIdentity, ok bool) {
	for _, want := range []string{"shaken", ""} {
		for _, v := range headers {
			if id = parseIdentity(v); strings.EqualFold(id.ppt, want) {
				return id, true
			}
		}
	}
	return signedIdentity{}, false
}

func parseIdentity(v string) (id signedIdentity) {
	token, rest := splitParams(v)
	parts := strings.Split(token, ".")
	if len(parts) == 3 {
		id.header, id.claims, id.signature = parts[0], parts[1], parts[2]
	}
	id.alg, id.ppt = param(rest, "alg"), param(rest, "ppt")
	id.info = strings.Trim(param(rest, "info"), "<>")
	return id
}

// passport is the PASSporT's header and claims (RFC 8225 §4, §5, RFC 8588 §4).
type passport struct {
	Alg    string `json:"alg"`
	Typ    string `json:"typ"`
	PPT    string `json:"ppt"`
	X5U    string `json:"x5u"`
	Attest string `json:"attest"`
	Dest   struct {
		TN  []string `json:"tn"`
		URI []string `json:"uri"`
	} `json:"dest"`
	IAT  int64 `json:"iat"`
	Orig struct {
		TN  string `json:"tn"`
		URI string `json:"uri"`
	} `json:"orig"`
	OrigID string `json:"origid"`
}

func (s *Stir) verify(id signedIdentity, req *sipmsg.Request, now time.Time) (string, error) {
	if id.header == "" && id.claims == "" && id.signature != "" && id.ppt == "" {
		id = id.filled(req) // the compact form (RFC 8225 §7)
	}
	p, err := id.passport()
	if err != nil {
		return "", err
	}
	if age := now.Sub(time.Unix(p.IAT, 0)); age > stirFresh || age < -stirFresh {
		return "", badTime
	}
	if !p.names(req) {
		return "", badNumber
	}
	chain := s.Certificates(p.X5U)
	if len(chain) == 0 {
		return UnknownCertificate, nil
	}
	if err := s.signedBy(chain, id, now); err != nil {
		return "", err
	}
	return cmp.Or(p.Attest, Signed), nil
}

// passport reads the token and checks all that needs no key.
func (id signedIdentity) passport() (p passport, err error) {
	for _, part := range []string{id.header, id.claims} {
		clear, err := base64.RawURLEncoding.DecodeString(part)
		if err != nil || json.Unmarshal(clear, &p) != nil {
			return p, badFormat
		}
	}
	switch {
	case p.Typ != "passport" || p.X5U == "" || p.X5U != id.info || p.PPT != strings.ToLower(id.ppt):
		return p, badFormat
	case p.Alg != "ES256" || id.alg != "" && id.alg != "ES256":
		return p, badAlgorithm
	case p.PPT == "" && p.Attest == "":
		return p, nil
	case p.PPT == "" || !slices.Contains([]string{"A", "B", "C"}, p.Attest) || p.OrigID == "":
		return p, badAttestation
	}
	return p, nil
}

// names compares what was signed with what the INVITE says: both numbers, in any of the fields where they may stand
// (RFC 8224 §6.2 step 3, §8).
func (p *passport) names(req *sipmsg.Request) bool {
	from, to := []string{userOf(&req.From().Address)}, []string{userOf(&req.To().Address), userOf(&req.Recipient)}
	for _, v := range values(req, "P-Asserted-Identity") {
		from = append(from, addressUser(v))
	}
	called := slices.ContainsFunc(p.Dest.TN, func(tn string) bool { return anyNumber(to, tn) }) ||
		slices.Contains(p.Dest.URI, req.To().Address.String())
	return called && (anyNumber(from, p.Orig.TN) || p.Orig.URI != "" && p.Orig.URI == req.From().Address.String())
}

func anyNumber(have []string, tn string) bool {
	want := canonicalNumber(tn)
	return want != "" && slices.ContainsFunc(have, func(n string) bool { return canonicalNumber(n) == want })
}

// canonicalNumber is RFC 8224 §8.3: digits alone, with the country's code, which is added to North America's ten.
func canonicalNumber(n string) string {
	var b strings.Builder
	for _, r := range n {
		switch {
		case r >= '0' && r <= '9', r == '*', r == '#':
			b.WriteRune(r)
		case !strings.ContainsRune("+-.() ", r):
			return ""
		}
	}
	if digits := b.String(); len(digits) == 10 && !strings.HasPrefix(n, "+") {
		return "1" + digits
	}
	return b.String()
}

// filled rebuilds what the compact form leaves out from the INVITE itself.
func (id signedIdentity) filled(req *sipmsg.Request) signedIdentity {
	at, err := time.Parse("Mon, 2 Jan 2006 15:04:05 GMT", headerValue(req, "Date"))
	if err != nil {
		return id
	}
	quoted := func(s string) string { b, _ := json.Marshal(s); return string(b) }
	encode := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	id.header = encode(`{"alg":"ES256","typ":"passport","x5u":` + quoted(id.info) + `}`)
	id.claims = encode(`{"dest":{"tn":[` + quoted(canonicalNumber(userOf(&req.To().Address))) + `]},"iat":` +
		strconv.FormatInt(at.Unix(), 10) + `,"orig":{"tn":` + quoted(canonicalNumber(userOf(&req.From().Address))) + `}}`)
	return id
}

// tnAuthList is the extension that says for which numbers a certificate speaks (RFC 8226 §9).
var tnAuthList = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 26}

// signedBy checks the chain, then the signature (RFC 8225 §6, RFC 7518 §3.4).
func (s *Stir) signedBy(chain []*x509.Certificate, id signedIdentity, now time.Time) error {
	leaf := *chain[0]
	leaf.UnhandledCriticalExtensions = slices.DeleteFunc(slices.Clone(leaf.UnhandledCriticalExtensions),
		func(oid asn1.ObjectIdentifier) bool { return oid.Equal(tnAuthList) })
	rest := x509.NewCertPool()
	for _, c := range chain[1:] {
		rest.AddCert(c)
	}
	roots := x509.NewCertPool()
	if s.Roots != nil {
		if p := s.Roots(); p != nil {
			roots = p
		}
	}
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: rest, CurrentTime: now,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
		return badCertificate
	}
	key, ok := leaf.PublicKey.(*ecdsa.PublicKey)
	if !ok || key.Curve != elliptic.P256() || !slices.ContainsFunc(leaf.Extensions, func(e pkix.Extension) bool { return e.Id.Equal(tnAuthList) }) {
		return badCertificate
	}
	raw, err := base64.RawURLEncoding.DecodeString(id.signature)
	if err != nil || len(raw) != 64 {
		return badFormat
	}
	sum := sha256.Sum256(bytes.Join([][]byte{[]byte(id.header), []byte(id.claims)}, []byte(".")))
	if !ecdsa.Verify(key, sum[:], new(big.Int).SetBytes(raw[:32]), new(big.Int).SetBytes(raw[32:])) {
		return badSignature
	}
	return nil
}
