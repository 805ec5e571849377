package sip

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// Trunk is a SIP connection to a clinic or carrier: how it is known and how its INVITEs are read. Any identity that is
// set suffices; Prefixes stand alone, or say from where Digest is accepted. Nothing in a header identifies a trunk.
type Trunk struct {
	ID, Name   string
	CertNames  []string       // DNS or URI names of the client certificate's SAN
	CertRoots  string         // PEM: the trunk's own roots
	Prefixes   []netip.Prefix // source addresses
	Digest     string         // digest user name; empty: none
	Secret     func() string  // of Digest; "" while sealed: nobody gets in
	MD5Until   time.Time      // end of the MD5 exception; zero: SHA-256 only
	ClearUntil time.Time      // end of the signalling exception (TCP, UDP); zero: TLS only
	Advertised netip.Addr     // our address in Via and Contact as this trunk must see it; zero: the listener's
	Number     NumberSource
	Caller     CallerSource
	MaxCalls   int // at once; 0: no limit
	MaxRate    int // new calls a second; 0: no limit
}

// NumberSource says where an INVITE's dialled number stands.
type NumberSource string

const (
	FromRequest   NumberSource = "request" // Request-URI; the default
	FromTo        NumberSource = "to"
	FromDiversion NumberSource = "diversion" // last Diversion or History-Info, else the Request-URI
)

// CallerSource says where the caller's number stands.
type CallerSource string

const (
	FromAsserted CallerSource = "pai" // P-Asserted-Identity, else From; the default
	FromFrom     CallerSource = "from"
)

// identity is who a connection belongs to.
type identity struct {
	trunk   Trunk
	knownBy string
}

// identities judges connections. It is asked for every new call: a trunk that was taken out of the book is nobody from
// then on, and a certificate that ran out is too. Client certificates are judged here, with the roots and names of the
// trunk, and not by the handshake, so that phones with a certificate of their own, server-only certificates (public CAs
// issue no others) and connections older than the latest change of the book are all met by one rule.
type identities struct {
	trunks func() []Trunk
	roots  sync.Map // PEM -> *x509.CertPool
	proven sync.Map // chain -> time.Time until which it holds
}

// chain is a leaf that was verified against roots: the signature of the same certificate need not be checked for every
// call of a connection. Only chains that held are kept, so strangers cannot fill it.
type chain struct {
	leaf  [sha256.Size]byte
	roots string
}

// of tells whose connection f is by what the connection itself says.
func (ids *identities) of(f *Flow, now time.Time) (identity, bool) {
	cs, addr := f.TLS(), f.Remote().Addr().Unmap()
	for _, t := range ids.trunks() {
		if cs == nil && !now.Before(t.ClearUntil) {
			continue
		}
		if name, ok := ids.byCertificate(t, cs, now); ok {
			return identity{t, "certificate " + name}, true
		}
		if p, ok := within(t.Prefixes, addr); ok && t.Digest == "" {
			return identity{t, "address " + p.String()}, true
		}
	}
	return identity{}, false
}

// challenged tells which digest trunk may be challenged at this address.
func (ids *identities) challenged(f *Flow, user string, now time.Time) (Trunk, bool) {
	addr := f.Remote().Addr().Unmap()
	var first Trunk
	found := false
	for _, t := range ids.trunks() {
		if t.Digest == "" || f.TLS() == nil && !now.Before(t.ClearUntil) {
			continue
		}
		if _, ok := within(t.Prefixes, addr); !ok {
			continue
		}
		if t.Digest == user {
			return t, true
		}
		if !found {
			first, found = t, true
		}
	}
	return first, found
}

// byID finds a trunk whose digest was answered on this connection and still stands.
func (ids *identities) byID(f *Flow, id string, now time.Time) (identity, bool) {
	for _, t := range ids.trunks() {
		if t.ID != id || t.Digest == "" || f.TLS() == nil && !now.Before(t.ClearUntil) {
			continue
		}
		if _, ok := within(t.Prefixes, f.Remote().Addr().Unmap()); ok {
			return identity{t, "digest"}, true
		}
	}
	return identity{}, false
}

func (ids *identities) byCertificate(t Trunk, cs *tls.ConnectionState, now time.Time) (string, bool) {
	if cs == nil || len(cs.PeerCertificates) == 0 || len(t.CertNames) == 0 || t.CertRoots == "" {
		return "", false
	}
	leaf := cs.PeerCertificates[0]
	name, ok := pinned(leaf, t.CertNames)
	if !ok {
		return "", false
	}
	return name, ids.holds(cs.PeerCertificates, t.CertRoots, now)
}

// holds verifies a chain, or remembers that it did: until the first certificate of it ends.
func (ids *identities) holds(certs []*x509.Certificate, roots string, now time.Time) bool {
	key := chain{sha256.Sum256(certs[0].Raw), roots}
	if until, ok := ids.proven.Load(key); ok {
		if now.Before(until.(time.Time)) {
			return true
		}
		ids.proven.Delete(key)
	}
	until, err := ids.verify(certs, roots, now)
	if err != nil {
		return false
	}
	ids.proven.Store(key, until)
	return true
}

// verify checks a chain as of an instant, and says when the first certificate of it ends.
func (ids *identities) verify(certs []*x509.Certificate, roots string, at time.Time) (until time.Time, err error) {
	rest := x509.NewCertPool()
	for _, c := range certs[1:] {
		rest.AddCert(c)
	}
	chains, err := certs[0].Verify(x509.VerifyOptions{
		Roots: ids.pool(roots), Intermediates: rest, CurrentTime: at,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}, // public CAs no longer issue client certificates
	})
	if err != nil {
		return time.Time{}, err
	}
	until = certs[0].NotAfter
	for _, c := range chains[0] {
		if c.NotAfter.Before(until) {
			until = c.NotAfter
		}
	}
	return until, nil
}

// pinned compares whole names: no wildcards, no common names (RFC 5922 §7.1).
func pinned(leaf *x509.Certificate, names []string) (string, bool) {
	for _, want := range names {
		for _, have := range leaf.DNSNames {
			if strings.EqualFold(have, want) {
				return want, true
			}
		}
		for _, have := range leaf.URIs {
			if strings.EqualFold(have.String(), want) {
				return want, true
			}
		}
	}
	return "", false
}

func (ids *identities) pool(pem string) *x509.CertPool {
	if p, ok := ids.roots.Load(pem); ok {
		return p.(*x509.CertPool)
	}
	p := x509.NewCertPool()
	p.AppendCertsFromPEM([]byte(pem))
	ids.roots.Store(pem, p)
	return p
}

func within(prefixes []netip.Prefix, addr netip.Addr) (netip.Prefix, bool) {
	for _, p := range prefixes {
		if p.Contains(addr) {
			return p, true
		}
	}
	return netip.Prefix{}, false
}

// protection says what the connection is protected by, for the story of the call.
func protection(f *Flow) string {
	cs := f.TLS()
	if cs == nil {
		return string(f.Listen().Network)
	}
	return strings.ReplaceAll(tls.VersionName(cs.Version), " ", "v") + " " + tls.CipherSuiteName(cs.CipherSuite)
}
