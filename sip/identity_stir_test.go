package sip

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

const stirURL = "https://certs.carrier.example/709J.pem"

// signer is a carrier that signs, with an authority of its own.
type signer struct {
	key     *ecdsa.PrivateKey
	chain   []*x509.Certificate
	roots   *x509.CertPool
	header  string
	claims  string
	dropped bool // its certificate is not in the folder
}

func newSigner(t testing.TB, now time.Time, list bool) *signer {
	t.Helper()
	rootKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ok(t, err)
	root := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "STI"}, NotBefore: now.Add(-time.Hour),
		NotAfter: now.Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, root, root, rootKey.Public(), rootKey)
	ok(t, err)
	root, err = x509.ParseCertificate(der)
	ok(t, err)
	s := &signer{roots: x509.NewCertPool(), header: `{"alg":"ES256","ppt":"shaken","typ":"passport","x5u":"` + stirURL + `"}`}
	s.roots.AddCert(root)
	s.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ok(t, err)
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "709J"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour)}
	if list {
		leaf.ExtraExtensions = []pkix.Extension{{Id: tnAuthList, Critical: true, Value: []byte{0x30, 0}}}
	}
	der, err = x509.CreateCertificate(rand.Reader, leaf, root, s.key.Public(), rootKey)
	ok(t, err)
	leaf, err = x509.ParseCertificate(der)
	ok(t, err)
	s.chain = []*x509.Certificate{leaf}
	s.claims = s.said("A", now, "12125550199", "12125550100")
	return s
}

func (s *signer) said(attest string, at time.Time, orig, dest string) string {
	return fmt.Sprintf(`{"attest":%q,"dest":{"tn":[%q]},"iat":%d,"orig":{"tn":%q},"origid":"de305d54"}`, attest, dest, at.Unix(), orig)
}

func (s *signer) stir() *Stir {
	return &Stir{Roots: func() *x509.CertPool { return s.roots }, Certificates: func(x5u string) []*x509.Certificate {
		if s.dropped || x5u != stirURL {
			return nil
		}
		return s.chain
	}}
}

func (s *signer) identity(t testing.TB) string {
	t.Helper()
	encode := base64.RawURLEncoding.EncodeToString
	token := encode([]byte(s.header)) + "." + encode([]byte(s.claims))
	sum := sha256.Sum256([]byte(token))
	r, v, err := ecdsa.Sign(rand.Reader, s.key, sum[:])
	ok(t, err)
	raw := append(r.FillBytes(make([]byte, 32)), v.FillBytes(make([]byte, 32))...)
	return "Identity: " + token + "." + encode(raw) + ";info=<" + stirURL + ">;alg=ES256;ppt=shaken\r\n"
}

func stirInvite(t testing.TB, head string) *sipmsg.Request {
	t.Helper()
	d, no := cut([]byte("INVITE sip:+12125550100@nightbell SIP/2.0\r\nVia: SIP/2.0/TLS 192.0.2.9;branch=z9hG4bKa\r\nFrom: <sip:+12125550199@carrier.example>;tag=a\r\n"+
		"To: <sip:+1-212-555-0100@nightbell>\r\nCall-ID: a\r\nCSeq: 1 INVITE\r\n"+head+"Content-Length: 0\r\n"), Limits{}.withDefaults())
	if no != nil {
		t.Fatal(no.reason)
	}
	msg, no := parse(d)
	if no != nil {
		t.Fatal(no.reason)
	}
	return msg.(*sipmsg.Request)
}

func TestIdentityOfACallerIsJudged(t *testing.T) {
	now := time.Now()
	for _, c := range []struct {
		what, want string
		change     func(*signer)
	}{
		{"full", "A", func(*signer) {}},
		{"partial", "B", func(s *signer) { s.claims = s.said("B", now, "2125550199", "12125550100") }},
		{"gateway", "C", func(s *signer) { s.claims = s.said("C", now, "12125550199", "12125550100") }},
		{"a fourth", "invalid:attestation", func(s *signer) { s.claims = s.said("D", now, "12125550199", "12125550100") }},
		{"another caller", "invalid:number", func(s *signer) { s.claims = s.said("A", now, "12125550111", "12125550100") }},
		{"another called", "invalid:number", func(s *signer) { s.claims = s.said("A", now, "12125550199", "12125550111") }},
		{"yesterday's", "invalid:time", func(s *signer) { s.claims = s.said("A", now.Add(-61*time.Second), "12125550199", "12125550100") }},
		{"tomorrow's", "invalid:time", func(s *signer) { s.claims = s.said("A", now.Add(62*time.Second), "12125550199", "12125550100") }},
		{"another algorithm", "invalid:algorithm", func(s *signer) { s.header = strings.Replace(s.header, "ES256", "none", 1) }},
		{"another place", "invalid:format", func(s *signer) { s.header = strings.Replace(s.header, "709J", "709K", 1) }},
		{"no JSON", "invalid:format", func(s *signer) { s.claims = "{" }},
		{"not in the folder", UnknownCertificate, func(s *signer) { s.dropped = true }},
		{"another authority", "invalid:certificate", func(s *signer) { s.roots = x509.NewCertPool() }},
		{"another key", "invalid:signature", func(s *signer) { s.key, _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }},
	} {
		s := newSigner(t, now, true)
		c.change(s)
		if got := s.stir().judge(stirInvite(t, s.identity(t)), now); got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
	s := newSigner(t, now, false)
	if got := s.stir().judge(stirInvite(t, s.identity(t)), now); got != "invalid:certificate" {
		t.Errorf("a certificate that speaks for no number: %s", got)
	}
	if got := s.stir().judge(stirInvite(t, ""), now); got != Unsigned {
		t.Errorf("without: %s", got)
	}
}

// The vectors are made by openssl: its signature is read as well as ours.
func TestIdentityMadeByOpenSSL(t *testing.T) {
	read := func(name string) string {
		b, err := os.ReadFile(filepath.Join("..", "testdata", "sip", "stir", name))
		ok(t, err)
		return string(b)
	}
	certificate := func(name string) *x509.Certificate {
		block, _ := pem.Decode([]byte(read(name)))
		c, err := x509.ParseCertificate(block.Bytes)
		ok(t, err)
		return c
	}
	roots := x509.NewCertPool()
	roots.AddCert(certificate("root.pem"))
	leaf := certificate("leaf.pem")
	stir := &Stir{Roots: func() *x509.CertPool { return roots }, Certificates: func(string) []*x509.Certificate { return []*x509.Certificate{leaf} }}
	at := time.Unix(1800000000, 0)
	for name, want := range map[string]string{"identity.txt": "A", "compact.txt": Signed} {
		head := strings.ReplaceAll(read(name), "\n", "\r\n")
		if got := stir.judge(stirInvite(t, head), at.Add(30*time.Second)); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
		if got := stir.judge(stirInvite(t, head), at.Add(90*time.Second)); got != "invalid:time" {
			t.Errorf("%s, late: %s", name, got)
		}
	}
}

// The call does not wait for the verdict: it is told when it is there.
func TestCallersIdentityIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		s := newSigner(t, time.Now(), true)
		hold := make(chan struct{})
		stir := s.stir()
		certificates := stir.Certificates
		stir.Certificates = func(x5u string) []*x509.Certificate { <-hold; return certificates(x5u) }
		b.core.cfg.Stir = stir
		_, err := b.carrier().Call(t.Context(), "+12125550100", "+12125550199", offerSDP, s.identity(t))
		ok(t, err)
		leg := listen(t, <-b.legs)
		told := make(chan string, 2)
		leg.Attested(func(word string) { told <- word })
		ok(t, leg.Answer(answerSDP))
		leg.want(Confirmed)
		select {
		case word := <-told:
			t.Errorf("told %s before it was known", word)
		default:
		}
		close(hold)
		if word := <-told; word != "A" {
			t.Errorf("told %s", word)
		}
		leg.End(Completed)
	})
}

func FuzzIdentity(f *testing.F) {
	f.Add("..c2ln;info=<https://a.example/b>;alg=ES256")
	f.Add("e30.e30.c2ln;info=<https://a.example/b>;alg=ES256;ppt=\"shaken\"")
	f.Fuzz(func(t *testing.T, value string) {
		id, found := identityOf([]string{value})
		if !found {
			return
		}
		if p, err := id.passport(); err == nil && (p.Alg != "ES256" || p.X5U != id.info) {
			t.Errorf("%q was believed", value)
		}
	})
}
