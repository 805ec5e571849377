package policy

import (
	"errors"
	"slices"
	"time"
)

// Offer is a swap under way: a shift is offered to one, to many or to all, and changes hands when somebody takes it and,
// where that is asked, somebody approves. It is a value; each move gives the next one, and the edit to append once the swap
// comes into force. A and B are shifts by identity: they follow a moved hand-off.
type Offer struct {
	ID            string       `json:"id"`
	Schedule      string       `json:"schedule"`
	Layer         string       `json:"layer"`
	Kind          OfferKind    `json:"kind"`
	From          string       `json:"from"` // who offers
	A             Shift        `json:"a"`
	To            []string     `json:"to"` // one: to her; several: whoever takes first; none: anybody
	B             *Shift       `json:"b,omitempty"`
	NeedsApproval bool         `json:"needs_approval"`
	State         OfferState   `json:"state"`
	Made          time.Time    `json:"made"`
	Closes        time.Time    `json:"closes"` // an untaken offer ends here: the shift's start at the latest
	TakenBy       string       `json:"taken_by,omitempty"`
	Reason        string       `json:"reason,omitempty"`
	Events        []OfferEvent `json:"events"`
}

// OfferKind says what becomes of the shift.
type OfferKind string

const (
	OfferSwap OfferKind = "swap" // A for B
	OfferGive OfferKind = "give" // A goes to To
	OfferPool OfferKind = "pool" // A goes to the first who takes it
)

// OfferState is how far an offer is.
type OfferState string

const (
	OfferOpen      OfferState = "open"
	OfferTaken     OfferState = "taken"    // approval is awaited
	OfferApproved  OfferState = "approved" // in force
	OfferDeclined  OfferState = "declined"
	OfferWithdrawn OfferState = "withdrawn"
	OfferExpired   OfferState = "expired"
)

// OfferEvent is one thing that happened to an offer.
type OfferEvent struct {
	What   string    `json:"what"`
	By     string    `json:"by,omitempty"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason,omitempty"`
}

// Move is what somebody does about an offer.
type Move struct {
	By     string
	At     time.Time
	Edit   string // id of the edit that the move may give
	B      *Shift // Take of a swap that names no B yet: what the taker gives for A
	Reason string
}

// Why a move is not possible.
var (
	ErrOfferOver   = errors.New("the offer is no longer open")
	ErrOfferClosed = errors.New("the offer ended with the start of the shift")
	ErrOfferEarly  = errors.New("the offer has not ended yet")
	ErrNotOffered  = errors.New("the offer is made to somebody else")
	ErrNotTheirs   = errors.New("only who made the offer may withdraw it")
	ErrNoShift     = errors.New("a swap needs the shift that is given for it")
	ErrNotTaken    = errors.New("nobody has taken the offer yet")
	ErrOwnOffer    = errors.New("nobody can take, or approve, an offer of their own")
)

// NewOffer opens an offer.
func NewOffer(o Offer, at time.Time) Offer {
	o.State, o.Made, o.Events, o.TakenBy = OfferOpen, at, nil, ""
	return o.note("made", Move{By: o.From, At: at, Reason: o.Reason})
}

// note appends to a copy of the events: the offer before stays as it was.
func (o Offer) note(what string, m Move) Offer {
	o.Events = append(slices.Clip(o.Events), OfferEvent{What: what, By: m.By, At: m.At, Reason: m.Reason})
	return o
}

// Over reports an offer that nothing more can happen to.
func (o Offer) Over() bool { return o.State != OfferOpen && o.State != OfferTaken }

// Take is somebody's yes. Without approval the edit comes at once. The first who takes an offer has it: the second gets
// ErrOfferOver.
func (o Offer) Take(m Move) (Offer, *Edit, error) {
	switch {
	case o.State != OfferOpen:
		return o, nil, ErrOfferOver
	case !m.At.Before(o.Closes):
		return o, nil, ErrOfferClosed
	case m.By == "" || m.By == o.From:
		return o, nil, ErrOwnOffer
	case len(o.To) > 0 && !slices.Contains(o.To, m.By):
		return o, nil, ErrNotOffered
	}
	if o.Kind == OfferSwap && o.B == nil {
		if m.B == nil {
			return o, nil, ErrNoShift
		}
		b := *m.B
		o.B = &b
	}
	o.TakenBy = m.By
	o = o.note("taken", m)
	if o.NeedsApproval {
		o.State = OfferTaken
		return o, nil, nil
	}
	return o.inForce(m)
}

// Approve lets a taken offer come into force.
func (o Offer) Approve(m Move) (Offer, *Edit, error) {
	switch {
	case o.State == OfferOpen:
		return o, nil, ErrNotTaken
	case o.State != OfferTaken:
		return o, nil, ErrOfferOver
	case !m.At.Before(o.Closes):
		return o, nil, ErrOfferClosed
	case m.By == o.From || m.By == o.TakenBy:
		return o, nil, ErrOwnOffer
	}
	return o.note("approved", m).inForce(m)
}

// inForce makes the edit: what was offered is bound to the shifts, not to clock times.
func (o Offer) inForce(m Move) (Offer, *Edit, error) {
	if o.Kind == OfferSwap && o.B == nil {
		return o, nil, ErrNoShift
	}
	o.State = OfferApproved
	e := Edit{ID: m.Edit, At: m.At, Do: DoGive, Layer: o.Layer, A: o.A, Person: o.TakenBy, Reason: o.Reason}
	if o.Kind == OfferSwap {
		e.Do, e.B, e.Person = DoSwap, *o.B, ""
	}
	return o, &e, nil
}

// Decline is a no: of the one it is made to, of the last of several, or, once it is taken, of the one who approves.
func (o Offer) Decline(m Move) (Offer, *Edit, error) {
	if o.Over() {
		return o, nil, ErrOfferOver
	}
	if o.State == OfferTaken {
		o.State = OfferDeclined
		return o.note("refused", m), nil, nil
	}
	if len(o.To) > 0 && !slices.Contains(o.To, m.By) {
		return o, nil, ErrNotOffered
	}
	o = o.note("declined", m)
	for _, p := range o.To {
		if !slices.ContainsFunc(o.Events, func(e OfferEvent) bool { return e.What == "declined" && e.By == p }) {
			return o, nil, nil
		}
	}
	if len(o.To) > 0 {
		o.State = OfferDeclined
	}
	return o, nil, nil
}

// Withdraw takes an offer back before it is in force.
func (o Offer) Withdraw(m Move) (Offer, *Edit, error) {
	switch {
	case o.Over():
		return o, nil, ErrOfferOver
	case m.By != o.From:
		return o, nil, ErrNotTheirs
	}
	o.State = OfferWithdrawn
	return o.note("withdrawn", m), nil, nil
}

// Expire ends an offer that nobody took, or approved, before the shift began; both sides are to be told. Who offered keeps
// the shift.
func (o Offer) Expire(m Move) (Offer, *Edit, error) {
	switch {
	case o.Over():
		return o, nil, ErrOfferOver
	case m.At.Before(o.Closes):
		return o, nil, ErrOfferEarly
	}
	o.State = OfferExpired
	return o.note("expired", m), nil, nil
}
