package sip

import (
	"crypto/tls"
	"errors"
	"log/slog"
	"net/netip"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// This file is the seam between the two halves of the room. The wire (flows, transactions, validation) knows nothing
// of trunks, phones and dialogs; it asks a Core. Everything a Core is called with has passed validation.

// Core decides. Each callback runs on the lane of its connection (on UDP: of its Call-ID), in the order of the wire,
// one at a time, never under a lock of ours; a panic in it is caught and counted. A callback must not block: it would
// hold up that connection. From within a callback every method of Flow, ServerTx and ClientTx may be called.
type Core interface {
	// FlowOpened comes first, after the handshake. Where the connection itself says who it is (client certificate,
	// address range) the core calls Admit on the flow.
	FlowOpened(*Flow)
	// Request is a new request, never ACK or CANCEL. The core answers it now or later with tx.Respond.
	Request(*ServerTx)
	// Ack is an ACK to a 2xx (one to another final answer ends in the transaction).
	Ack(*Flow, *sipmsg.Request)
	// StrayResponse2xx is a 2xx to an INVITE that no client transaction waits for any more (RFC 3261 §13.2.2.4): the
	// dialog acknowledges it again or ends it by ACK and BYE.
	StrayResponse2xx(*Flow, *sipmsg.Response)
	// FlowClosed is the last callback of a flow. Transactions on it have ended with ErrFlowClosed before.
	FlowClosed(*Flow)
}

// Network is a listener's transport.
type Network string

const (
	TLS Network = "tls"
	TCP Network = "tcp" // only while a trunk's signalling exception lives
	UDP Network = "udp" // likewise
)

// Listen is one listener. Only TLS serves everybody; TCP and UDP serve the addresses that Allow lets in, and nobody
// when Allow is nil.
type Listen struct {
	Name       string // for reports; empty: "tls 192.0.2.1:5061"
	Network    Network
	Bind       netip.AddrPort
	Advertised netip.AddrPort // in Via and Contact; zero address: the connection's local one; port 0: the bound port

	// Certificate loads the server's certificate: once at the start and at every ReloadTLS.
	Certificate func() (*tls.Certificate, error)
	// TLS, where set, gives the configuration of each handshake and takes the place of Certificate (ACME). Version
	// floor, client certificate request and Verify are laid over it.
	TLS func(*tls.ClientHelloInfo) (*tls.Config, error)
	// Allow is the read filter by source address, asked before a byte is parsed.
	Allow func(netip.Addr) bool
}

// WireConfig is all the wire needs.
type WireConfig struct {
	Listeners []Listen
	Core      Core
	// Verify judges a TLS connection in its handshake, resumption included (tls.Config.VerifyConnection). A client
	// certificate is requested, never required: without one, or with one nobody knows, Verify returns nil and the
	// core does not admit the flow. An error breaks the handshake off.
	Verify func(*Listen, tls.ConnectionState) error
	// Passes lets an INVITE through that crowding and draining would turn away. May be nil.
	Passes func(*ServerTx) bool
	// Methods are answered by the core; any other gets 405 with Allow. Empty: those of RFC 3261.
	Methods []sipmsg.RequestMethod
	// Extensions are the option tags that may stand in Require; any other gets 420.
	Extensions []string
	OnTrouble  func(Trouble) // may be nil; must not block
	Log        *slog.Logger  // nil: silent
	Capture    *Capture      // nil: nothing is copied
	Limits     Limits        // zero fields: defaults
}

// Limits bound what a stranger can cost. A zero field takes the default in brackets.
type Limits struct {
	Message           int           // bytes of one message, body included [64 KiB]
	Headers           int           // header fields of one message [128]
	Line              int           // bytes of one header line, folded lines together [8 KiB]
	Connections       int           // all flows of all listeners [8192]
	PerAddress        int           // flows of one address: a whole office may stand behind it [2048]
	OpensPerSecond    int           // new connections per second of one address, burst twice that [200]
	MessagesPerSecond int           // of one flow, burst twice that [2000]; a stream is slowed down, UDP drops
	Transactions      int           // server transactions on one flow that wait for an answer [4096]
	Handshake         time.Duration // TLS handshake [5 s]
	Nameless          time.Duration // life of a flow that nobody admits [5 s]
	Arrival           time.Duration // from the first to the last byte of one message [10 s]
	Idle              time.Duration // silence after which an admitted flow is closed [2 h]
	Write             time.Duration // one write to a peer that does not read [5 s]
	Outbound          int           // bytes queued to a flow; over it the flow is cut, at a quarter the peer is heard no more [1 MiB]
	Drain             time.Duration // Retry-After of a 503 [60 s]
}

// Trouble is something an operator or a defence may want to know. It never holds a name, a number or SIP text.
type Trouble struct {
	Kind   TroubleKind
	Listen string // name of the listener
	Remote netip.AddrPort
	Detail string // closed words
	Err    error
}

// TroubleKind is a closed list; the dialog half adds its own.
type TroubleKind string

const (
	HandshakeRefused TroubleKind = "handshake_refused"
	AddressRefused   TroubleKind = "address_refused" // limits or the read filter
	Unframed         TroubleKind = "unframed"        // the stream made no sense and was closed
	Invalid          TroubleKind = "invalid"         // a message was refused by validation
	Unidentified     TroubleKind = "unidentified"    // closed after Nameless without a byte of ours
	SlowReader       TroubleKind = "slow_reader"
	Panicked         TroubleKind = "panicked"
	ReloadRefused    TroubleKind = "reload_refused" // the old certificate stays
)

// Reload is what became of one listener's certificate.
type Reload struct {
	Listen   string
	NotAfter time.Time // of the certificate in use now
	Err      error     // nil: the new one is in use
}

// Errors of flows and transactions.
var (
	ErrFlowClosed = errors.New("flow closed")
	ErrSlowReader = errors.New("peer does not read")
	ErrTimeout    = errors.New("no final response") // Timer B or F (RFC 3261 §17.1)
	ErrNoAck      = errors.New("no ACK")            // Timer H (RFC 3261 §17.2.1)
	ErrTxState    = errors.New("transaction already answered")

	errUnidentified = errors.New("nobody identified")
	errUnframed     = errors.New("not SIP")
	errCrowded      = errors.New("too many flows")
	errManyFlows    = errors.New("too many flows of one address")
	errManyOpens    = errors.New("too many openings of one address")
	errNotAllowed   = errors.New("address not allowed")
)

// T1, T2, T4 are the timers of RFC 3261 §17.1.1.1.
const (
	T1 = 500 * time.Millisecond
	T2 = 4 * time.Second
	T4 = 5 * time.Second
)
