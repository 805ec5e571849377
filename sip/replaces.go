package sip

import (
	"net/url"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"
)

// This file is Replaces (RFC 3891): a dialog of ours that another is to take the place of, in a Refer-To or an INVITE.

// replaced names a dialog from the side of whoever sent it: to is our tag, from is the peer's.
type replaced struct {
	callID, to, from string
	earlyOnly        bool
}

// parseReplaces reads "call-id;to-tag=a;from-tag=b;early-only" (RFC 3891 §6.1).
func parseReplaces(value string) (r replaced, ok bool) {
	callID, rest := splitParams(value)
	r.callID = callID
	for part := range strings.SplitSeq(rest, ";") {
		k, v, _ := strings.Cut(part, "=")
		k, v = strings.ToLower(trim(k)), trim(v)
		switch {
		case k == "to-tag" && r.to == "":
			r.to = v
		case k == "from-tag" && r.from == "":
			r.from = v
		case k == "early-only":
			r.earlyOnly = true
		case k == "to-tag" || k == "from-tag":
			return r, false
		}
	}
	return r, r.callID != "" && r.to != "" && r.from != ""
}

// splitParams cuts a value from its parameters.
func splitParams(value string) (head, params string) {
	head, params, _ = strings.Cut(value, ";")
	return trim(head), params
}

// target is whom a Refer-To names.
type target struct{ user, method string }

// referTarget takes a Refer-To URI apart: user, method and the Replaces among its headers (RFC 3261 §19.1.1).
func referTarget(uri string) (to target, replaces string, ok bool) {
	plain, headers, _ := strings.Cut(uri, "?")
	var u sipmsg.Uri
	if sipmsg.ParseUri(plain, &u) != nil {
		return to, "", false
	}
	to.user = userOf(&u)
	if m, has := u.UriParams.Get("method"); has {
		to.method = m
	}
	for part := range strings.SplitSeq(headers, "&") {
		k, v, _ := strings.Cut(part, "=")
		if !strings.EqualFold(k, "Replaces") {
			continue
		}
		clear, err := url.PathUnescape(v)
		if err != nil || replaces != "" || clear == "" {
			return to, "", false
		}
		replaces = clear
	}
	return to, replaces, true
}

// named finds the leg that a Replaces means, but not the one that it came by. Some phones write the tags the wrong way
// round; both must match either way, so nobody can guess.
func (c *core) named(r replaced, not *Leg) (*Leg, bool) {
	for _, tags := range [][2]string{{r.to, r.from}, {r.from, r.to}} {
		l := c.find(dialogKey{r.callID, tags[0]})
		if l == nil || l == not {
			continue
		}
		if l.standsWith(tags[1]) {
			return l, true
		}
	}
	return nil, false
}

// standsWith reports that the peer's tag is this one and the dialog has not ended.
func (l *Leg) standsWith(tag string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dlg.remoteTag == tag && l.state != isEnded
}

// mayReplace gives the id of the leg that an INVITE is to take the place of, "" for none; false: it has been refused.
func (c *core) mayReplace(tx *ServerTx) (id string, ok bool) {
	id, code := c.replaces(tx.Request())
	if code != 0 {
		answer(tx, code)
	}
	return id, code == 0
}

// replaces reads the Replaces of an INVITE that would make a dialog: the id of the leg that it means, "" where there is
// none, and the refusal where it cannot be (RFC 3891 §3).
func (c *core) replaces(req *sipmsg.Request) (id string, code int) {
	value := headerValue(req, "Replaces")
	if value == "" {
		return "", 0
	}
	r, ok := parseReplaces(value)
	if !ok || headerValue(req, "Join") != "" {
		return "", 400
	}
	for _, tags := range [][2]string{{r.to, r.from}, {r.from, r.to}} {
		if l := c.find(dialogKey{r.callID, tags[0]}); l != nil {
			if code := l.replaceable(tags[1], r.earlyOnly); code != 481 {
				return l.id, code
			}
		}
	}
	return "", 481
}

// replaceable is the rule of RFC 3891 §3 as a code; zero: it may be replaced.
func (l *Leg) replaceable(tag string, earlyOnly bool) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dlg.remoteTag != tag {
		return 481
	}
	switch l.state {
	case isEnded, isLeaving, isCancelling:
		return 603
	case isConfirmed, isAdrift, isAccepted:
		if earlyOnly {
			return 486
		}
		return 0
	case isProceeding: // an early dialog that we began: whoever rings is picked up for
		return 0
	}
	return 481 // an early dialog that we did not begin
}

// handReplacing gives an INVITE with Replaces to the house. False: it has none, and goes its usual way.
func (c *core) handReplacing(l *Leg) bool {
	switch {
	case l.facts.Replaces == "":
		return false
	case c.cfg.OnReplaces == nil:
		_ = l.Refuse(Refusal{Reason: Declined})
	default:
		c.cfg.OnReplaces(l)
	}
	return true
}
