package sip

import (
	"strconv"
	"strings"
)

// Reason is why a leg ended or an offer was not taken: a closed list of words, turned into codes here and nowhere else.
type Reason string

const (
	Completed     Reason = "completed"      // ordinary BYE
	CallerGone    Reason = "caller_gone"    // CANCEL, or BYE before the answer
	Elsewhere     Reason = "elsewhere"      // another phone answered
	Busy          Reason = "busy"           // 486, 600
	Declined      Reason = "declined"       // 603, 480 by hand
	Moved         Reason = "moved"          // 3xx: it wants us to call somebody else
	NoAnswer      Reason = "no_answer"      // 408, 487
	Unreachable   Reason = "unreachable"    // lost flow, 5xx, nothing there
	NotAcceptable Reason = "not_acceptable" // 488
	NoMedia       Reason = "no_media"
	NotReady      Reason = "not_ready" // the offer was taken back: its person takes no calls any more
	LastResort    Reason = "last_resort"
	Draining      Reason = "draining" // 503 with Retry-After
	Overload      Reason = "overload" // limits of the trunk
	Fault         Reason = "fault"    // ours
)

// Refusal is a final answer other than 2xx. A zero Code is chosen by Reason, a zero WarnCode is 399 (RFC 3261 §20.43).
type Refusal struct {
	Code     int
	Reason   Reason
	WarnCode int
	Warning  string // text of the Warning header; no PHI; empty: no header
}

// codeOf chooses the answer to an INVITE that is not taken.
var codeOf = map[Reason]int{
	Completed: 480, CallerGone: 487, Elsewhere: 486, Busy: 486, Declined: 603, Moved: 480, NoAnswer: 480, Unreachable: 480,
	NotAcceptable: 488, NoMedia: 500, NotReady: 480, LastResort: 480, Draining: 503, Overload: 503, Fault: 500,
}

func (r Refusal) code() int {
	if r.Code >= 300 && r.Code <= 699 {
		return r.Code
	}
	if code, ok := codeOf[r.Reason]; ok {
		return code
	}
	return 500
}

// reasonOf reads a final answer to our INVITE.
func reasonOf(code int) Reason {
	if code < 400 {
		return Moved
	}
	switch code {
	case 486, 600:
		return Busy
	case 603, 480, 403, 607:
		return Declined
	case 408, 487:
		return NoAnswer
	case 415, 488, 606:
		return NotAcceptable
	}
	return Unreachable
}

// reasonHeader is what CANCEL and BYE say (RFC 3326); Q.850 causes where SIP has no code for it.
func reasonHeader(r Reason) string {
	switch r {
	case Elsewhere:
		return `SIP;cause=200;text="Call completed elsewhere"`
	case NoAnswer:
		return `Q.850;cause=19;text="No answer"`
	case CallerGone:
		return `SIP;cause=487;text="Request Terminated"`
	case NoMedia:
		return `Q.850;cause=41;text="No media"`
	case NotAcceptable:
		return `SIP;cause=488;text="Not Acceptable Here"`
	case Fault, Overload, Draining, Unreachable:
		return `Q.850;cause=41;text="Temporary failure"`
	case Busy:
		return `Q.850;cause=17;text="User busy"`
	}
	return `Q.850;cause=16;text="Normal call clearing"`
}

// parseReason reads "SIP ;cause=200 ;text=..." into "SIP 200": the text is a stranger's and is dropped.
func parseReason(value string) (protocol string, cause int) {
	head, rest, _ := strings.Cut(value, ";")
	switch protocol = strings.ToUpper(strings.TrimSpace(head)); protocol {
	case "SIP", "Q.850":
	default:
		return "", 0
	}
	for part := range strings.SplitSeq(rest, ";") {
		k, v, _ := strings.Cut(part, "=")
		if !strings.EqualFold(strings.TrimSpace(k), "cause") {
			continue
		}
		n, err := strconv.ParseUint(strings.TrimSpace(v), 10, 16)
		if err != nil || n > 999 {
			return "", 0
		}
		return protocol, int(n)
	}
	return "", 0
}

// phrase is the standard text of a code (RFC 3261 §21): never the peer's own words.
func phrase(code int) string {
	if text, ok := phrases[code]; ok {
		return text
	}
	return phrases[code/100*100]
}

var phrases = map[int]string{
	100: "Trying", 180: "Ringing", 183: "Session Progress", 200: "OK", 202: "Accepted", 300: "Redirected", 400: "Bad Request",
	401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 408: "Request Timeout",
	410: "Gone", 415: "Unsupported Media Type", 420: "Bad Extension", 421: "Extension Required",
	422: "Session Interval Too Small", 423: "Interval Too Brief", 469: "Bad Info Package",
	480: "Temporarily Unavailable", 481: "Call/Transaction Does Not Exist", 482: "Loop Detected", 486: "Busy Here",
	487: "Request Terminated", 488: "Not Acceptable Here", 489: "Bad Event", 491: "Request Pending",
	500: "Server Internal Error", 501: "Not Implemented", 503: "Service Unavailable", 504: "Server Time-out",
	600: "Busy Everywhere", 603: "Decline", 606: "Not Acceptable", 607: "Unwanted",
}
