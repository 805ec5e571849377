package sip

import (
	"crypto/rand"
	"errors"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"nightbell/phi"
)

// Event is what a leg reports, in the order it happened on the wire.
type Event struct {
	Kind   Kind
	Reason Reason // of Refused, Ended, and of Agreed when the offer was refused
	Code   int    // the SIP code behind it
	SDP    []byte // of Ringing (early media), Answered, Confirmed, Offered, Agreed
	Digit  string // of Digit: 0-9, *, #, A-D
	Text   string // standard words and causes only; no PHI
	Refer  *Referral
	Moved  []string // of Refused by a 3xx: its Contacts, best first; they hold numbers
}

// Kind is the word for an event.
type Kind string

const (
	Trying    Kind = "trying"
	Ringing   Kind = "ringing"   // 180 or 183
	Answered  Kind = "answered"  // 2xx to our INVITE; the leg has acknowledged it
	Refused   Kind = "refused"   // other final answer, timeout, unreachable: nothing follows
	Confirmed Kind = "confirmed" // ACK to our 2xx; SDP set when the offer was ours
	// Offered is a re-INVITE or UPDATE: meet it with Answer or Refuse; SDP nil: make an offer. When the peer takes it
	// back meanwhile, both give ErrState.
	Offered  Kind = "offered"
	Agreed   Kind = "agreed" // answer to our re-INVITE; Code >= 300: refused, the old session stands
	Digit    Kind = "digit"
	FlowLost Kind = "flow_lost"
	FlowBack Kind = "flow_back"
	// Referred is a REFER: meet it with AcceptRefer or RefuseRefer; once accepted, say by TellRefer what comes of it.
	Referred Kind = "referred"
	Ended    Kind = "ended" // nothing follows
)

// Facts is what a caller's INVITE said and how its sender is known. Numbers are raw user parts, as they were sent.
type Facts struct {
	TrunkID, TrunkName string
	KnownBy            string     // "certificate NAME", "address PREFIX", "digest"
	Protection         string     // "TLSv1.3 TLS_AES_128_GCM_SHA256", or the clear network's name
	Listener           string     // its Listen.Name
	Local              netip.Addr // our end of the connection it came by
	Number             string     // dialled
	Caller             phi.Phone  `json:"-"` // zero: withheld
	Diverted           bool       // Number came from Diversion or History-Info
	Device             string     // user of the registered phone that dialled; then there is no trunk
	Replaces           string     // ID of the leg of ours that this one is to take the place of (RFC 3891); empty: none
}

// ErrState says that a verb does not fit the leg's state; nothing was sent.
var ErrState = errors.New("leg: verb does not fit the state")

// Leg is one party's INVITE dialog, ours to answer (a caller's) or ours to ask (a phone's). Verbs may be called from
// any goroutine; none waits for the network. What becomes of them arrives as events.
type Leg struct {
	id    string
	core  *core
	facts Facts
	uac   bool // we sent the INVITE
	over  atomic.Bool

	mu        sync.Mutex
	flow      *Flow // nil while adrift
	state     state
	talk      talk
	dlg       dialog
	alarm     alarm
	session   sessionTimer
	outbox    []Event
	listen    func(Event)
	posting   bool
	silent    bool // Ended or Refused was posted
	remoteSDP []byte
	localSDP  []byte
	wanted    []byte    // our offer that waits for its turn (§14.1)
	asked     *ServerTx // the INVITE or UPDATE we have not answered, or whose 2xx waits for its ACK
	accept    *sipmsg.Response
	interval  time.Duration // between retransmissions of accept
	peerAllow methods

	server  *ServerTx // the caller's INVITE
	early   reliable  // its reliable provisionals (RFC 3262)
	client  *ClientTx // our INVITE
	invite  *sipmsg.Request
	invSeq  uint32
	ackSeq  uint32          // the latest re-INVITE of ours that was acknowledged
	byed    map[string]bool // forks that were ended, by tag
	retried bool            // 422 was met once
	refer   referring       // a REFER of the peer's

	attested attestation // by the caller's Identity

	why     Reason       // of an End whose BYE is still to come
	device  device       // whose phone this is
	limit   string       // trunk that counts this call
	remote  netip.Addr   // where the caller's INVITE came from
	sign    *countersign // what a carrier's challenge is answered with; nil: none is
	carrier string       // by whose connection of ours it goes; empty: by none
	watch   func(Event)  // sees every event before anybody listens; never blocks
	final   *sipmsg.Response
}

// device is who a phone's leg belongs to, for re-attachment.
type device struct{ user, instance string }

// ID is random and says nothing.
func (l *Leg) ID() string { return l.id }

// Facts is frozen; zero for a leg to a phone.
func (l *Leg) Facts() Facts { return l.facts }

// User is whose phone rings; empty for a caller.
func (l *Leg) User() string { return l.device.user }

// RemoteSDP is the peer's latest description; nil: it has not sent one.
func (l *Leg) RemoteSDP() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.remoteSDP
}

// Listen sets who hears the events, once; earlier ones are delivered at once. The func must not block. A verb may
// deliver its leg's events before it returns: hold no lock over it that the func takes.
func (l *Leg) Listen(listen func(Event)) {
	l.mu.Lock()
	l.listen = listen
	l.unlock()
}

// Ring sends 180, or 183 where sdp is early media.
func (l *Leg) Ring(sdp []byte) error {
	return l.verb(happening{event: doRing, sdp: sdp})
}

// Answer sends 200: to the INVITE, or to the offer last reported by Offered.
func (l *Leg) Answer(sdp []byte) error {
	l.mu.Lock()
	defer l.unlock()
	if l.state == isConfirmed {
		return l.converse(happening{talk: askAnswer, sdp: sdp})
	}
	h := happening{event: doAnswer, sdp: sdp}
	if l.state == isAlerting && l.earlyHolds() {
		l.early.answer = &h
		return nil
	}
	return l.step(h)
}

// Refuse sends the final answer to the INVITE, or to the offer last reported by Offered (the old session stands).
func (l *Leg) Refuse(r Refusal) error {
	l.mu.Lock()
	defer l.unlock()
	if l.state == isConfirmed {
		return l.converse(happening{talk: askRefuse, refusal: r})
	}
	return l.step(happening{event: doRefuse, refusal: r})
}

// Offer sends a re-INVITE. While our 2xx waits for its ACK it is kept until then.
func (l *Leg) Offer(sdp []byte) error {
	l.mu.Lock()
	defer l.unlock()
	if l.state != isConfirmed && l.state != isAccepted {
		return ErrState
	}
	return l.converse(happening{talk: askOffer, sdp: sdp})
}

// End leaves: CANCEL, BYE or a refusal, whichever fits the state. Idempotent; Ended is reported once.
func (l *Leg) End(why Reason) {
	_ = l.verb(happening{event: doEnd, refusal: Refusal{Reason: why}})
}

func (l *Leg) verb(h happening) error {
	l.mu.Lock()
	defer l.unlock()
	return l.step(h)
}

// post queues an event; unlock delivers it.
func (l *Leg) post(e Event) {
	if l.silent {
		return
	}
	if e.Kind == Ended || e.Kind == Refused {
		l.silent = true
	}
	l.outbox = append(l.outbox, e)
	if l.watch != nil {
		l.watch(e)
	}
}

// unlock lets go of the leg and delivers what was posted, in order, one goroutine at a time, under no lock.
func (l *Leg) unlock() {
	if l.listen == nil || l.posting {
		l.mu.Unlock()
		return
	}
	l.posting = true
	for len(l.outbox) > 0 {
		batch, listen := l.outbox, l.listen
		l.outbox = nil
		l.mu.Unlock()
		for _, e := range batch {
			listen(e)
		}
		l.mu.Lock()
	}
	l.posting = false
	if l.silent { // transactions remember the leg for 32 s more (RFC 6026); the call behind it need not stay
		l.listen = deaf
	}
	l.mu.Unlock()
}

func deaf(Event) {}

// random makes ids, tags and Call-IDs: 128 bits from crypto/rand (RFC 3261 §19.3).
func random() string { return rand.Text() }
