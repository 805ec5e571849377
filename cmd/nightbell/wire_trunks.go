package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"nightbell/media"
	"nightbell/policy"
	"nightbell/sip"
)

// This file is the trunks' outbound side: what the book says of carriers, in the words of signalling, and what becomes of
// them.

// secrets opens the digest secrets of all trunks that have one.
func (r *rules) secrets(ctx context.Context, b *policy.Book) (func(id string) string, error) {
	all := map[string]string{}
	for _, id := range digestTrunks(b) {
		secret, err := r.office.Store.TrunkSecret(ctx, id)
		if err != nil && !isNotFound(err) {
			return nil, err
		}
		all[id] = string(secret)
	}
	return func(id string) string { return all[id] }, nil
}

// Carriers is sip.Config.Carriers.
func (r *rules) Carriers() []sip.Carrier { return r.now.Load().carriers }

// sipCarriers are the book's trunks that dial outward. shown is the certificate that one of them shows where it is asked.
func sipCarriers(b *policy.Book, secret func(id string) string, shown func(trunk string) (*tls.Certificate, error)) (all []sip.Carrier) {
	for _, t := range b.Trunks {
		c := t.Carrier
		if c == nil || c.Host == "" {
			continue
		}
		out := sip.Carrier{ID: t.ID, Name: t.Name, Host: c.Host, Port: c.Port, User: c.User, Domain: c.Domain, Register: c.Register,
			OptionsEvery: c.OptionsEvery, MD5Until: c.MD5Until, MaxCalls: t.MaxCalls, MaxRate: t.MaxRate}
		if c.User != "" {
			out.Secret = func() string { return secret(t.ID) }
		}
		if c.Roots != "" {
			out.Roots = x509.NewCertPool()
			out.Roots.AppendCertsFromPEM([]byte(c.Roots))
		}
		if c.Certificate {
			out.Certificate = func() (*tls.Certificate, error) { return shown(t.ID) }
		}
		mark := sha256.Sum256(fmt.Appendf(nil, "%s\x00%t\x00%s\x00%s", c.Roots, c.Certificate, secret(t.ID), c.MD5Until))
		out.Mark = fmt.Sprintf("%x", mark[:8])
		all = append(all, out)
	}
	return all
}

// shown is the certificate that a carrier is shown: the pair in carriers/ named for the trunk, else the server's own.
func (o *office) shown(trunk string) (*tls.Certificate, error) {
	base := o.Config.path("carriers/" + trunk)
	if pair, err := certificate(base+".crt", base+".key")(); err == nil {
		return pair, nil
	}
	return certificate(o.Config.serverCertificate())()
}

// shownSealed is shown while the keys are sealed: the bundle's pair stands for the server's own.
func (s *server) shownSealed(trunk string) (*tls.Certificate, error) {
	base := s.office.Config.path("carriers/" + trunk)
	if pair, err := certificate(base+".crt", base+".key")(); err == nil {
		return pair, nil
	}
	return s.certificate()
}

// carrierChanged follows a carrier that came up or went down. It never blocks.
func (s *server) carrierChanged(c sip.CarrierState) {
	if c.Up {
		s.log.Info("carrier up", "trunk", c.ID)
	} else {
		s.log.Warn("carrier down", "trunk", c.ID, "trouble", string(c.Trouble), "code", c.Code)
	}
	s.lookAtCarriers()
}

// carrierDown begins the name of the alarm of each carrier; its id follows.
const carrierDown = "carrier_down: "

// lookAtCarriers raises an alarm for each of them that is down, with what is wrong, and clears those of the others.
func (s *server) lookAtCarriers() {
	if s.sip == nil {
		return
	}
	var down []string
	for _, c := range s.sip.CarrierStates() {
		if !c.Up && c.Trouble != sip.Untried {
			down = append(down, carrierDown+c.ID)
			s.alarms.raise(carrierDown+c.ID, carrierWords(c.Trouble, c.Code))
		}
	}
	s.alarms.clearAll(carrierDown, down...)
}

// carrierWords say what is wrong with a carrier, and where to look.
func carrierWords(t sip.CarrierTrouble, code int) string {
	words, ok := map[sip.CarrierTrouble]string{
		"":                     "all is well",
		sip.Untried:            "nothing was asked of it yet",
		sip.NoName:             "its name cannot be resolved: check the host, and this machine's name service",
		sip.ConnectionRefused:  "it refuses the connection: check host and port",
		sip.NoConnection:       "no connection: nothing answers at its address; check the network and the firewall",
		sip.ConnectionLost:     "the connection was lost and is being made again",
		sip.TLSFailed:          "no TLS: it speaks no TLS there, or wants a client certificate",
		sip.CertificateName:    "its certificate is for another name than its host",
		sip.CertificateExpired: "its certificate has expired, or is not valid yet; check the clock",
		sip.CertificateStrange: "its certificate is of an authority that is not trusted: set roots",
		sip.OwnCertificate:     "our own certificate for it cannot be read",
		sip.Unauthorized:       "it does not take our user and secret: nightbell trunks secret; MD5 alone needs an exception",
		sip.Forbidden:          "it forbids us: ask the carrier whether the account is in order",
		sip.Unavailable:        "it says that it is unavailable",
		sip.NoResponse:         "connected, but it does not answer",
		sip.NoException:        "it is in clear, and no exception lives",
	}[t]
	if !ok {
		words = "it refuses"
	}
	if code != 0 {
		words += fmt.Sprintf(" (%d)", code)
	}
	return words
}

// outward says where and how sound travels over a trunk that we call by.
func (r *rules) outward(t *policy.Trunk, local netip.Addr) media.Profile {
	if a := advertised(t); a.IsValid() && !local.IsValid() {
		local = a
	}
	p := r.office.Config.profile(local, sameFamily(local))
	if a := advertised(t); a.IsValid() && a.Is4() == p.Bind.Unmap().Is4() {
		p.Advertised = a
	}
	for _, name := range t.Suites {
		p.Suites = append(p.Suites, media.Suite(name))
	}
	p.Plain = time.Now().Before(exception(*t, "media"))
	return p
}

// facing tells which address of ours faces a peer. The kernel's routes are asked; no packet is sent.
type facing struct {
	mu   sync.Mutex
	seen map[netip.AddrPort]faced
}

type faced struct {
	local netip.Addr
	until time.Time
}

// abroad stands for a peer whose address is not known yet: the way that most go (RFC 5737).
var abroad = netip.MustParseAddrPort("192.0.2.1:5061")

func (f *facing) towards(c sip.CarrierState, t *policy.Trunk) netip.Addr {
	peer := c.Address
	if !peer.IsValid() {
		peer = abroad
		if a, err := netip.ParseAddr(strings.Trim(t.Carrier.Host, "[]")); err == nil {
			peer = netip.AddrPortFrom(a, uint16(cmp.Or(t.Carrier.Port, 5061)))
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if have, ok := f.seen[peer]; ok && time.Now().Before(have.until) {
		return have.local
	}
	conn, err := net.Dial("udp", peer.String())
	if err != nil {
		return netip.Addr{}
	}
	defer conn.Close()
	local := conn.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap()
	if f.seen == nil || len(f.seen) > 64 {
		f.seen = map[netip.AddrPort]faced{}
	}
	f.seen[peer] = faced{local, time.Now().Add(localKept)}
	return local
}
