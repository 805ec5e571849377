package sip

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// Carrier is a trunk's outbound side: a house that we call by, and that calls us by the connection that we made. What
// comes in there is the trunk of the same id.
type Carrier struct {
	ID, Name    string
	Host        string                           // domain (SRV, then addresses), name with Port, or address; the certificate must hold it
	Port        int                              // zero: SRV, else 5061
	Network     Network                          // empty: TLS; TCP only before ClearUntil
	ClearUntil  time.Time                        // end of the signalling exception
	Roots       *x509.CertPool                   // nil: the system's
	CertName    string                           // what the certificate must hold where that is not Host
	Certificate func() (*tls.Certificate, error) // ours, where the carrier asks for one; nil: none
	User        string                           // digest user name, and the one that registers; empty: a challenge is a refusal
	Secret      func() string                    // of User; "" while sealed
	MD5Until    time.Time                        // end of the MD5 exception; zero: SHA-256 only
	Domain      string                           // of From and of registration; empty: Host

	Register     bool
	Expires      time.Duration // asked for; zero: an hour
	OptionsEvery time.Duration // between two questions whether it is there; zero: 30 s; negative: never
	MaxCalls     int           // at once, both ways; 0: no limit
	MaxRate      int           // new calls a second, both ways; 0: no limit
	Mark         string        // another one with every change of its terms: it is then approached anew
}

func (cr *Carrier) domain() string { return cmp.Or(cr.Domain, cr.Host) }

func (cr *Carrier) network() Network { return cmp.Or(cr.Network, TLS) }

// CarrierState is how a carrier stands, in words that hold no name of a person and no number.
type CarrierState struct {
	ID, Name   string
	Up         bool
	Since      time.Time      // of Up as it is
	Trouble    CarrierTrouble // why it is not up
	Code       int            // the SIP code behind it; 0: none
	Registered time.Time      // until when we are registered; zero: we are not
	Asked      time.Time      // the latest OPTIONS that was answered
	Answer     int            // its code
	RoundTrip  time.Duration  // its round trip
	Calls      int            // now, both ways
	Address    netip.AddrPort // in use; zero: no connection
	Target     string         // the server's name behind it
}

// CarrierTrouble is a closed list: what is wrong with a carrier.
type CarrierTrouble string

const (
	Untried            CarrierTrouble = "untried" // nothing was asked of it yet
	NoName             CarrierTrouble = "dns"     // its name is not known, or no name server answers
	ConnectionRefused  CarrierTrouble = "connection_refused"
	NoConnection       CarrierTrouble = "no_connection" // nothing answers at that address
	TLSFailed          CarrierTrouble = "tls"
	CertificateName    CarrierTrouble = "tls_name"            // its certificate is another one's
	CertificateExpired CarrierTrouble = "certificate_expired" // or not yet valid
	CertificateStrange CarrierTrouble = "certificate_unknown" // of roots that are not ours
	OwnCertificate     CarrierTrouble = "own_certificate"     // ours cannot be read
	Unauthorized       CarrierTrouble = "unauthorized"        // 401, 407: it does not take our secret, or we may not answer its way
	Forbidden          CarrierTrouble = "forbidden"           // 403
	Unavailable        CarrierTrouble = "unavailable"         // 503
	NoResponse         CarrierTrouble = "no_answer"           // connected, and nothing comes back
	Rejected           CarrierTrouble = "rejected"            // any other code
	ConnectionLost     CarrierTrouble = "connection_lost"
	NoException        CarrierTrouble = "no_exception" // in clear, and its exception is over
)

// CarrierError is why a call did not leave by a carrier.
type CarrierError struct {
	Trouble CarrierTrouble
	Code    int
	Err     error
}

func (e *CarrierError) Error() string {
	text := "carrier: " + string(e.Trouble)
	if e.Code != 0 {
		text += fmt.Sprintf(" (%d)", e.Code)
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

func (e *CarrierError) Unwrap() error { return e.Err }

// Errors of DialCarrier beside CarrierError.
var (
	ErrNoCarrier   = errors.New("carrier: not known")
	ErrCarrierFull = errors.New("carrier: as many calls as it may have")
)

// DialCarrier sends an INVITE to a number behind a carrier and waits until it rings, answers, or refuses for good: until
// then the next of its servers is tried where one is not there, fails, says 503 or nothing at all (RFC 3263 §4.3). Events
// wait until Listen is called. From and P-Asserted-Identity hold inv.Number alone. ctx ends the waiting, and the INVITE with it.
func (s *Server) DialCarrier(ctx context.Context, id, number string, inv Invite) (*Leg, error) {
	u := s.core.carriers.find(id)
	if u == nil {
		return nil, ErrNoCarrier
	}
	return u.dial(ctx, number, inv)
}

// CarrierStates is how the carriers stand, by id.
func (s *Server) CarrierStates() []CarrierState { return s.core.carriers.states() }

// CarriersChanged looks at Config.Carriers anew: those that left are un-registered, changed ones are approached afresh.
// Calls go on.
func (s *Server) CarriersChanged() { s.core.carriers.changed() }
