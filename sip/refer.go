package sip

import (
	"strconv"
	"strings"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"nightbell/phi"
)

// This file is a transfer that the peer of a dialog asks for: REFER and what it is told afterwards (RFC 3515, RFC 4488,
// RFC 7647). Who is joined to whom is decided elsewhere. One REFER at a time; no answer that would end the dialog too
// (RFC 5057 §5.1) is ever given to one.

// Referral is what a REFER asks for: Number is joined to the one whom its sender talks with.
type Referral struct {
	Number   phi.Phone // user part of Refer-To, as it was sent
	Replaces string    // ID of the leg of ours that the Refer-To's Replaces names; empty: blind
	Attended bool      // Replaces is set
}

// AcceptRefer answers 202 and tells that it is tried.
func (l *Leg) AcceptRefer() error { return l.referVerb(happening{refer: doAccept}) }

// RefuseRefer answers no; the dialog stands.
func (l *Leg) RefuseRefer(r Refusal) error {
	return l.referVerb(happening{refer: doDecline, refusal: r})
}

// TellRefer tells how far it is, as the SIP code of the call to the new party; a final one ends the telling. It may come
// after the peer has hung up (RFC 5057 §4.1). To a peer that wants to be told nothing, nothing is sent.
func (l *Leg) TellRefer(code int) error {
	e := doTell
	if code >= 200 {
		e = doTellLast
	}
	return l.referVerb(happening{refer: e, refusal: Refusal{Code: code}})
}

// referState is where a REFER of the peer's stands.
type referState uint8

const (
	referIdle    referState = iota
	referAsked              // it waits for our answer
	referTelling            // 202 went out; NOTIFYs follow
	referSilent             // 202 went out; the peer wants no NOTIFY (RFC 4488)
	referStates
)

type referEvent uint8

const (
	gotRefer     referEvent = iota
	doAccept                // verbs
	doDecline               //
	doTell                  // provisional
	doTellLast              // final
	gotDeaf                 // 408, 481 or 489 to a NOTIFY: nobody listens any more
	referOverdue            // nobody answered it here
	gotLeft                 // the dialog has ended
	referEvents
)

type referAction uint8

const (
	referNothing referAction = iota
	referMisfit
	reportRefer
	sendReferPending // 491
	sendAccepted
	sendDecline
	sendProgress
	sendOutcome
	sendLeft // 487
	referActions
)

type referRow struct {
	next referState
	do   referAction
	rule string
}

var referTable = [referStates]map[referEvent]referRow{
	referIdle: {
		gotRefer: {referAsked, reportRefer, "RFC 3515 §2.4.2"},
	},
	referAsked: {
		doAccept:     {referTelling, sendAccepted, "RFC 3515 §2.4.2"},
		doDecline:    {referIdle, sendDecline, "RFC 3515 §2.4.2"},
		referOverdue: {referIdle, sendDecline, "RFC 3261 §17.1.2.2"},
		gotLeft:      {referIdle, sendLeft, "RFC 3261 §15.1.2"},
	},
	referTelling: {
		doTell:     {referTelling, sendProgress, "RFC 3515 §2.4.5"},
		doTellLast: {referIdle, sendOutcome, "RFC 3515 §2.4.7"},
		gotDeaf:    {referSilent, referNothing, "RFC 6665 §4.2.2"},
	},
	referSilent: {
		doTell:     {referSilent, referNothing, "RFC 4488 §4"},
		doTellLast: {referIdle, referNothing, "RFC 4488 §4"},
	},
}

var usualRefer = [referEvents]referRow{
	gotRefer:     {do: sendReferPending, rule: "RFC 3261 §21.4.27"},
	doAccept:     {do: referMisfit, rule: "RFC 3515 §2.4.2"},
	doDecline:    {do: referMisfit, rule: "RFC 3515 §2.4.2"},
	doTell:       {do: referMisfit, rule: "RFC 3515 §2.4.7"},
	doTellLast:   {do: referMisfit, rule: "RFC 3515 §2.4.7"},
	gotDeaf:      {do: referNothing, rule: "RFC 6665 §4.2.2"},
	referOverdue: {do: referNothing, rule: "RFC 3261 §17.1.2.2"},
	gotLeft:      {do: referNothing, rule: "RFC 5057 §4.1"},
}

func lookupRefer(s referState, e referEvent) referRow {
	if r, ok := referTable[s][e]; ok {
		return r
	}
	r := usualRefer[e]
	r.next = s
	return r
}

// referring is the REFER of a leg.
type referring struct {
	state referState
	tx    *ServerTx // while it waits
	what  Referral
	id    uint32 // CSeq of the REFER: names its NOTIFYs (§2.4.6)
	quiet bool   // Refer-Sub: false
}

// How long our house may think about a REFER, and how long a transfer may take: its ringing, and some words before.
const (
	referThink = 10 * time.Second
	referLife  = 3 * time.Minute
)

func (l *Leg) referVerb(h happening) error {
	l.mu.Lock()
	defer l.unlock()
	return l.referStep(h)
}

// referStep is the only place where the state of a REFER changes. The leg is locked.
func (l *Leg) referStep(h happening) error {
	r := lookupRefer(l.refer.state, h.refer)
	if r.do == referMisfit {
		return ErrState
	}
	l.refer.state = r.next
	switch r.do {
	case reportRefer:
		l.refer = referring{state: referAsked, tx: h.tx, what: h.referral, id: h.tx.Request().CSeq().SeqNo, quiet: h.quiet}
		l.set(referLimit, referThink)
		what := h.referral
		l.post(Event{Kind: Referred, Refer: &what})
	case sendReferPending:
		answer(h.tx, 491)
	case sendAccepted:
		l.acceptRefer()
	case sendDecline:
		l.unset(referLimit)
		l.refuse(l.refer.tx, Refusal{Code: mildly(h.refusal), WarnCode: h.refusal.WarnCode, Warning: h.refusal.Warning})
		l.refer.tx = nil
	case sendLeft:
		answer(l.refer.tx, 487)
		l.refer.tx = nil
	case sendProgress:
		l.notify(h.refusal.Code, "active;expires="+seconds(referLife))
	case sendOutcome:
		l.notify(h.refusal.Code, "terminated;reason=noresource")
	}
	return nil
}

// acceptRefer answers 202. The first NOTIFY follows at once (RFC 3515 §2.4.4).
func (l *Leg) acceptRefer() {
	l.unset(referLimit)
	tx := l.refer.tx
	l.refer.tx = nil
	res := tx.Response(202, phrase(202))
	res.AppendHeader(l.contact())
	res.AppendHeader(sipmsg.NewHeader("Supported", supported))
	if l.refer.quiet {
		l.refer.state = referSilent
		res.AppendHeader(sipmsg.NewHeader("Refer-Sub", "false"))
	}
	_ = tx.Respond(res)
	if l.refer.state == referTelling {
		l.notify(100, "active;expires="+seconds(referLife))
	}
}

// notify sends a status line as message/sipfrag. Whether it arrives changes nothing but that nobody listens any more:
// the dialog is another usage (RFC 5057 §5.1).
func (l *Leg) notify(code int, state string) {
	if l.flow == nil {
		return
	}
	req := l.request(sipmsg.NOTIFY)
	req.AppendHeader(sipmsg.NewHeader("Event", "refer;id="+strconv.FormatUint(uint64(l.refer.id), 10)))
	req.AppendHeader(sipmsg.NewHeader("Subscription-State", state))
	req.AppendHeader(sipmsg.NewHeader("Content-Type", "message/sipfrag;version=2.0"))
	req.SetBody([]byte("SIP/2.0 " + strconv.Itoa(code) + " " + phrase(code) + "\r\n"))
	_, _ = l.flow.Request(req, func(res *sipmsg.Response) {
		if code := res.StatusCode; code == 481 || code == 489 {
			_ = l.referVerb(happening{refer: gotDeaf})
		}
	}, func(error) { _ = l.referVerb(happening{refer: gotDeaf}) })
}

// mildly is the code of a refusal that leaves the dialog as it is (RFC 5057 §5.1).
func mildly(r Refusal) int {
	switch code := r.code(); code {
	case 400, 403, 486, 488, 491, 500, 503, 603:
		return code
	}
	return 603
}

// referred takes a REFER within the dialog.
func (l *Leg) referred(h happening) {
	tx := h.tx
	if !l.mayRefer() {
		answer(tx, 403)
		return
	}
	if l.state != isConfirmed {
		answer(tx, 491)
		return
	}
	if code := h.refusal.Code; code != 0 {
		answer(tx, code)
		return
	}
	word, _ := splitParams(headerValue(tx.Request(), "Refer-Sub"))
	h.refer, h.quiet = gotRefer, strings.EqualFold(word, "false")
	_ = l.referStep(h)
}

// mayRefer asks the house; where it has no opinion, phones may and trunks may not.
func (l *Leg) mayRefer() bool {
	if may := l.core.cfg.MayRefer; may != nil {
		return may(l)
	}
	return l.device.user != "" || l.facts.Device != ""
}

// referral reads Refer-To; code is the refusal where it makes no sense here. It looks at other legs: by is not locked.
func (c *core) referral(req *sipmsg.Request, by *Leg) (what Referral, code int) {
	a, ok := parseAddress(headerValue(req, "Refer-To"))
	if !ok {
		return what, 400
	}
	switch scheme(a.uri) {
	case "sip", "sips", "tel":
	default:
		return what, 403
	}
	to, replaces, ok := referTarget(a.uri)
	if !ok {
		return what, 400
	}
	if to.method != "" && to.method != "INVITE" {
		return what, 403
	}
	what.Number = phi.NewPhone(to.user)
	if replaces == "" {
		if to.user == "" {
			return what, 400
		}
		return what, 0
	}
	key, ok := parseReplaces(replaces)
	if !ok {
		return what, 400
	}
	named, found := c.named(key, by)
	if !found {
		return what, 603
	}
	what.Replaces, what.Attended = named.id, true
	return what, 0
}

// notified answers a NOTIFY: we have subscribed to nothing (RFC 6665 §4.1.3).
func notified(tx *ServerTx) {
	if headerValue(tx.Request(), "Event") == "" {
		answer(tx, 400)
		return
	}
	answer(tx, 481)
}
