package sip

import (
	"errors"
	"strconv"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// purpose is what a leg waits for. All share one timer, so an established call costs no goroutine.
type purpose uint8

const (
	again2xx   purpose = iota // §13.3.1.4
	ackLimit                  // 64*T1
	again1xx                  // RFC 3262 §3
	prackLimit                // 64*T1
	ringsOn                   // §13.3.1.1: a word each minute, or proxies give the call up after three
	glare                     // §14.1
	refresh                   // RFC 4028 §7.4: half the interval
	expire                    // RFC 4028 §10
	referLimit                // nobody here answered a REFER
	forget                    // late 2xx are still met for 64*T1
	purposes
)

type alarm struct {
	due   [purposes]time.Time
	timer *time.Timer
}

// set arms one purpose; the leg is locked.
func (l *Leg) set(p purpose, after time.Duration) {
	l.alarm.due[p] = time.Now().Add(after)
	l.rearm()
}

func (l *Leg) unset(p purpose) { l.alarm.due[p] = time.Time{} }

func (l *Leg) rearm() {
	var next time.Time
	for _, at := range l.alarm.due {
		if !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	switch {
	case next.IsZero() && l.alarm.timer != nil:
		l.alarm.timer.Stop()
	case next.IsZero():
	case l.alarm.timer == nil:
		l.alarm.timer = time.AfterFunc(time.Until(next), l.rang)
	default:
		l.alarm.timer.Reset(time.Until(next))
	}
}

func (l *Leg) rang() {
	l.mu.Lock()
	defer l.unlock()
	now := time.Now()
	for p := range purposes {
		if at := l.alarm.due[p]; !at.IsZero() && !at.After(now) {
			l.unset(p)
			l.due(p)
		}
	}
	l.rearm()
}

func (l *Leg) due(p purpose) {
	switch p {
	case again2xx:
		l.retransmit2xx()
	case ackLimit:
		l.unset(again2xx)
		_ = l.step(happening{event: ackOverdue, refusal: Refusal{Code: 408, Reason: Unreachable}})
	case again1xx:
		l.retransmit1xx()
	case ringsOn:
		l.ringOn()
	case prackLimit: // RFC 3262 §3: a 5xx
		_ = l.step(happening{event: doRefuse, refusal: Refusal{Code: 504, Reason: Unreachable}})
	case glare:
		_ = l.converse(happening{talk: backoffOver})
	case refresh:
		l.refresh()
	case expire:
		_ = l.step(happening{event: sessionOver, refusal: Refusal{Code: 408, Reason: Unreachable}})
	case referLimit:
		_ = l.referStep(happening{refer: referOverdue, refusal: Refusal{Code: 603}})
	case forget:
		l.core.forget(l)
	}
}

// sessionTimer is RFC 4028 for one dialog.
type sessionTimer struct {
	interval time.Duration // zero: none agreed
	ours     bool          // we refresh
	least    time.Duration // Min-SE a 422 told us
}

const (
	sessionInterval = 30 * time.Minute
	sessionLeast    = 90 * time.Second // RFC 4028 §4
	refreshAgain    = 10 * time.Second // after a refusal; two tries fit before the shortest session's end
)

// sessionStart (re)starts the timers after a 2xx to INVITE, re-INVITE or UPDATE (§7.2, §9).
func (l *Leg) sessionStart(interval time.Duration, ours bool) {
	l.session.interval, l.session.ours = interval, ours
	l.unset(refresh)
	l.unset(expire)
	if interval == 0 {
		return
	}
	if ours {
		l.set(refresh, interval/2)
	}
	l.set(expire, interval-min(32*time.Second, interval/3))
}

// sessionAsk puts our wish into an INVITE, re-INVITE or UPDATE (§7.1).
func (l *Leg) sessionAsk(req *sipmsg.Request) {
	interval, refresher := sessionInterval, ""
	if l.session.interval > 0 {
		interval, refresher = l.session.interval, ";refresher=uas"
		if l.session.ours {
			refresher = ";refresher=uac"
		}
	} else if l.state == isConfirmed {
		return // this dialog has no timer; a re-INVITE does not bring one in
	}
	req.AppendHeader(sipmsg.NewHeader("Session-Expires", seconds(max(interval, l.session.least))+refresher))
	req.AppendHeader(sipmsg.NewHeader("Min-SE", seconds(max(sessionLeast, l.session.least))))
}

// sessionAgreed reads the 2xx to a request of ours (§7.2).
func (l *Leg) sessionAgreed(res *sipmsg.Response) {
	interval, refresher, ok := parseSessionExpires(headerValue(res, "Session-Expires"))
	if !ok || interval < sessionLeast {
		l.sessionStart(0, false)
		return
	}
	l.sessionStart(interval, refresher != "uas")
}

// sessionAnswer writes our side of it into a 2xx (§9). A peer that knows no timers is refreshed by us.
func (l *Leg) sessionAnswer(req *sipmsg.Request, res *sipmsg.Response) {
	interval, refresher, ok := parseSessionExpires(headerValue(req, "Session-Expires"))
	knows := hasOption(req, "Supported", "timer") || hasOption(req, "Require", "timer")
	if !ok || interval < sessionLeast {
		interval, refresher = sessionInterval, "uas"
	}
	if least, _, ok := parseSessionExpires(headerValue(req, "Min-SE")); ok {
		interval = max(interval, least)
	}
	switch {
	case !knows:
		refresher = "uas"
	case refresher == "":
		refresher = "uac"
	}
	if refresher == "uac" {
		res.AppendHeader(sipmsg.NewHeader("Require", "timer"))
	}
	res.AppendHeader(sipmsg.NewHeader("Session-Expires", seconds(interval)+";refresher="+refresher))
	l.sessionStart(interval, refresher == "uas")
}

// tooShort answers 422 to an interval below ours (§8.1, §9).
func (l *Leg) tooShort(tx *ServerTx) bool { return refuseShort(tx) }

func refuseShort(tx *ServerTx) bool {
	interval, _, ok := parseSessionExpires(headerValue(tx.Request(), "Session-Expires"))
	if !ok || interval >= sessionLeast || !hasOption(tx.Request(), "Supported", "timer") {
		return false
	}
	res := tx.Response(422, phrase(422))
	res.AppendHeader(sipmsg.NewHeader("Min-SE", seconds(sessionLeast)))
	_ = tx.Respond(res)
	return true
}

// sessionRetry meets a 422 once, with the peer's Min-SE (§7.3).
func (l *Leg) sessionRetry(res *sipmsg.Response) bool {
	least, _, ok := parseSessionExpires(headerValue(res, "Min-SE"))
	if !ok || l.retried || least > 24*time.Hour || l.state != isCalling && l.state != isProceeding {
		return false
	}
	l.retried = true
	l.session.least = least
	again := l.inviteAgain()
	for _, name := range []string{"Session-Expires", "Min-SE"} {
		for again.RemoveHeader(name) {
		}
	}
	l.sessionAsk(again)
	return l.sendInvite(again) == nil
}

// refresh is due at half the interval: UPDATE without an offer where the peer takes it, else a re-INVITE (§7.4).
func (l *Leg) refresh() {
	if l.state != isConfirmed || l.flow == nil {
		return
	}
	if !l.peerAllow.has(sipmsg.UPDATE) {
		_ = l.converse(happening{talk: refreshByOffer})
		return
	}
	req := l.request(sipmsg.UPDATE)
	l.sessionAsk(req)
	req.SetBody(nil)
	_, _ = l.flow.Request(req, l.refreshed, func(err error) {
		if !errors.Is(err, ErrFlowClosed) { // else the dialog may come back
			l.refreshFailed(408)
		}
	})
}

func (l *Leg) refreshed(res *sipmsg.Response) {
	switch code := res.StatusCode; {
	case code < 200:
	case code < 300:
		l.mu.Lock()
		defer l.unlock()
		if l.state == isConfirmed {
			l.dlg.retarget(res)
			l.sessionAgreed(res)
		}
	default:
		l.refreshFailed(code)
	}
}

// refreshFailed ends a dialog that is gone; after any other refusal it is tried again until the session's end (§7.4).
func (l *Leg) refreshFailed(code int) {
	l.mu.Lock()
	defer l.unlock()
	switch code {
	case 408, 481:
		_ = l.step(happening{event: gotGone, refusal: Refusal{Code: code, Reason: Unreachable}})
		return
	case 405, 501:
		l.peerAllow = nil // it said UPDATE and did not mean it: re-INVITE from now on
	}
	if l.state == isConfirmed {
		l.set(refresh, refreshAgain)
	}
}

func seconds(d time.Duration) string { return strconv.FormatInt(int64(d/time.Second), 10) }
