package sip

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"strconv"
	"strings"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// Route is where a call of ours goes out to: a carrier over TLS. Its certificate must hold Host; nothing is sent to a peer
// that shows another.
type Route struct {
	Host        string // DNS name or address
	Port        int
	Roots       *x509.CertPool                   // nil: the system's
	Certificate func() (*tls.Certificate, error) // ours, where the carrier asks for one; nil: none
	User        string                           // digest user name; empty: a challenge is a refusal
	Secret      func() string                    // of User
	MD5Until    time.Time                        // end of the MD5 exception; zero: SHA-256 only
	Number      string                           // whom the carrier is to ring: user part of the Request-URI
}

func (r Route) addr() string { return net.JoinHostPort(r.Host, strconv.Itoa(r.Port)) }

// host is the host as a URI has it.
func (r Route) host() string {
	if strings.Contains(r.Host, ":") {
		return "[" + r.Host + "]"
	}
	return r.Host
}

// Dial sends an INVITE to a number behind a carrier (RFC 3261 §13.2). A connection that stands is used again, else one is
// made; Dial returns when the INVITE has left, or with what stood in its way. Events wait until Listen is called, and are
// those of a leg to a phone. A challenge is answered once, with the better of the algorithms that are allowed.
func (s *Server) Dial(ctx context.Context, r Route, inv Invite) (*Leg, error) {
	f, err := s.core.routes.flow(ctx, r)
	if err != nil {
		return nil, err
	}
	return s.core.dial(f, r, inv)
}

func (c *core) dial(f *Flow, r Route, inv Invite) (*Leg, error) {
	l := &Leg{id: random(), core: c, uac: true, flow: f, state: isCalling, talk: talkOffering, localSDP: inv.SDP}
	l.sign = &countersign{user: r.User, secret: r.Secret, md5Until: r.MD5Until}
	l.dlg = dialog{
		callID: random(), localTag: random(), local: inv.caller(f.Contact("")), localSeq: 1,
		remote: sipmsg.Uri{Scheme: "sip", User: userPart(r.Number), Host: r.host()},
		target: sipmsg.Uri{Scheme: "sip", User: userPart(r.Number), Host: r.host(), Port: r.Port,
			UriParams: sipmsg.HeaderParams{{K: "transport", V: string(TLS)}}},
	}
	return c.launch(l, inv)
}

// onRoute answers what comes by a connection that we made and belongs to no dialog: a carrier may ask whether we are
// there, and a carrier of the configuration may call by it.
func (c *core) onRoute(tx *ServerTx) {
	v := visitorOf(tx.Flow())
	_, known := c.who(tx.Flow(), v)
	switch method := tx.Request().Method; {
	case method == sipmsg.OPTIONS:
		answerOptions(tx)
	case known && method == sipmsg.INVITE:
		c.arrive(tx, v)
	case known && method != sipmsg.REGISTER:
		notAllowed(tx)
	default:
		answer(tx, 403)
	}
}
