package sip

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Device is an agent's SIP identity. It is known by a digest secret or by a client certificate, never by both.
type Device struct {
	User        string        // user part of the AOR and digest user name
	Person      string        // whose it is; a certificate must say the same. Empty: not known here
	Secret      func() string // "" while sealed: nobody gets in; nil: known by its certificate alone
	A1          bool          // Secret gives the hash of user, realm and secret in its stead (RFC 7616 §3.4.2)
	MD5Until    time.Time     // end of the MD5 exception; zero: SHA-256 only
	Certificate string        // Fingerprint of its client certificate; empty: none
	Mark        string        // another one with every credential: what was bound under the old one ends
}

// Devices finds a device by its user name; it must not block.
type Devices interface {
	Device(user string) (Device, bool)
}

// Fingerprint names a certificate: SHA-256 of its DER, in hexadecimal.
func Fingerprint(der []byte) string {
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}

// DeviceName is how a device's certificate names it, among its subject alternative names: sip:USER@REALM.
func DeviceName(user, realm string) *url.URL {
	return &url.URL{Scheme: "sip", Opaque: url.PathEscape(user) + "@" + realm}
}

// namedDevice is the user that a certificate names; empty: it is no device's of ours.
func namedDevice(leaf *x509.Certificate, realm string) string {
	for _, u := range leaf.URIs {
		user, at, ok := strings.Cut(u.Opaque, "@")
		if u.Scheme != "sip" || !ok || !strings.EqualFold(at, realm) {
			continue
		}
		if clear, err := url.PathUnescape(user); err == nil {
			return clear
		}
	}
	return ""
}

// showing is what the client certificate of a connection says about a user.
type showing struct {
	proof proof
	user  string // whom the certificate names
	why   string // of proofWrong, a closed word
}

type proof uint8

const (
	proofNone  proof = iota // it names no device, or is not of our CA: the digest decides
	proofRight              // it is this user's
	proofWrong              // it is ours and must not be used here
)

// shown judges the client certificate of a connection for a user. It is judged anew at every REGISTER: a certificate
// that ran out or was revoked meanwhile is refused on a connection that stands.
func (c *core) shown(f *Flow, user string, now time.Time) showing {
	cs := f.TLS()
	if cs == nil || len(cs.PeerCertificates) == 0 || c.cfg.DeviceRoots == nil {
		return showing{}
	}
	leaf := cs.PeerCertificates[0]
	named := namedDevice(leaf, c.cfg.Realm)
	if named == "" {
		return showing{}
	}
	d, known := Device{}, false
	if c.cfg.Devices != nil {
		d, known = c.cfg.Devices.Device(user)
	}
	// Its dates are judged apart, so that a stranger's certificate is a stranger's whatever its dates.
	if !c.ids.ofOurs(cs.PeerCertificates, c.cfg.DeviceRoots(), now) {
		if known && d.Certificate != "" && named == user {
			return showing{proofNone, user, "certificate_foreign"}
		}
		return showing{}
	}
	switch {
	case now.Before(leaf.NotBefore):
		return showing{proofWrong, named, "certificate_early"}
	case now.After(leaf.NotAfter):
		return showing{proofWrong, named, "certificate_expired"}
	case named != user:
		return showing{proofWrong, named, "certificate_of_another"}
	case known && d.Certificate == "":
		return showing{}
	case !known || d.Certificate != Fingerprint(leaf.Raw):
		return showing{proofWrong, named, "certificate_revoked"}
	case d.Person != "" && !slices.Contains(leaf.Subject.OrganizationalUnit, d.Person):
		return showing{proofWrong, named, "certificate_of_another"}
	}
	return showing{proofRight, named, ""}
}

// ofOurs reports that a certificate was issued under the roots, whether or not its time has come or gone.
func (ids *identities) ofOurs(certs []*x509.Certificate, roots string, now time.Time) bool {
	leaf := certs[0]
	switch {
	case now.Before(leaf.NotBefore):
		_, err := ids.verify(certs, roots, leaf.NotBefore)
		return err == nil
	case now.After(leaf.NotAfter):
		_, err := ids.verify(certs, roots, leaf.NotAfter)
		return err == nil
	}
	return ids.holds(certs, roots, now)
}

// isDevice reports that a request is the user's device's: by the certificate of its connection, or by a right answer to
// a challenge. Else it was answered.
func (c *core) isDevice(tx *ServerTx, v *visitor, user string) bool {
	s := c.shown(tx.Flow(), user, time.Now())
	if s.why != "" && v.refusedFor(s.why) {
		c.count(&c.totals.WrongAnswers)
		remote := tx.Flow().Remote()
		c.log.Warn("wrong answer to a SIP challenge", "remote", remote.Addr().Unmap().String(), "method", string(tx.Request().Method))
		c.tellBinding(BindingEvent{Kind: BindingFailed, User: s.user, Remote: remote, Reason: s.why})
	}
	switch s.proof {
	case proofRight:
		return true
	case proofWrong:
		answer(tx, 403)
		return false
	}
	return c.authentic(tx, v, c.deviceCredential(user))
}

// refusedFor reports whether this is the first time on this connection: who tries again and again is told of once.
func (v *visitor) refusedFor(why string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if slices.Contains(v.refusals, why) {
		return false
	}
	v.refusals = append(v.refusals, why)
	return true
}

// ringTime is how long the connection of a revoked device may still wait for the end of what rang there.
const ringTime = 2 * time.Second

// farewell closes the connection of a device that was revoked, as soon as nobody talks over it: a revocation never cuts
// a call.
func (c *core) farewell(f *Flow) {
	if c.registrar.boundOn(f, visitorOf(f).users()) {
		return // another device's too
	}
	c.mu.Lock()
	_, twice := c.leaving[f]
	busy := c.busy(f)
	if busy && !twice {
		c.leaving[f] = time.AfterFunc(ringTime, func() { c.leave(f) })
	}
	c.mu.Unlock()
	if !busy {
		f.Close()
	}
}

// busy reports a leg on the connection that is not over. The book is locked.
func (c *core) busy(f *Flow) bool {
	for l := range c.onFlow[f] {
		if !l.over.Load() {
			return true
		}
	}
	return false
}

// leave closes a connection that was said farewell to, unless somebody still talks over it: then the end of the talk
// does.
func (c *core) leave(f *Flow) {
	c.mu.Lock()
	legs := make([]*Leg, 0, len(c.onFlow[f]))
	for l := range c.onFlow[f] {
		legs = append(legs, l)
	}
	c.mu.Unlock()
	for _, l := range legs {
		l.mu.Lock()
		talks := l.state == isConfirmed || l.state == isAccepted
		l.mu.Unlock()
		if talks {
			return
		}
	}
	f.Close()
}

// left closes the connection on which a leg was the last, where it was said farewell to.
func (c *core) left(f *Flow) {
	c.mu.Lock()
	_, leaving := c.leaving[f]
	busy := c.busy(f)
	c.mu.Unlock()
	if leaving && !busy {
		f.Close()
	}
}

// forgetFlow drops what is remembered of a connection that has closed.
func (c *core) forgetFlow(f *Flow) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if timer, ok := c.leaving[f]; ok {
		timer.Stop()
		delete(c.leaving, f)
	}
}
