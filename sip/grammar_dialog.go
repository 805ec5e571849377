package sip

import (
	"strconv"
	"strings"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// This file reads the headers that sipgo leaves as text and that only dialogs care for.

type headered interface {
	GetHeaders(string) []sipmsg.Header
}

// headerValue is the first value of a header, or "".
func headerValue(msg headered, name string) string {
	if hs := msg.GetHeaders(name); len(hs) > 0 {
		return strings.TrimSpace(hs[0].Value())
	}
	return ""
}

// hasOption looks for an option tag in Supported or Require.
func hasOption(msg headered, name, tag string) bool {
	for _, h := range msg.GetHeaders(name) {
		for part := range strings.SplitSeq(h.Value(), ",") {
			if strings.EqualFold(strings.TrimSpace(part), tag) {
				return true
			}
		}
	}
	return false
}

// methods is what a peer's Allow says; nil: it said nothing.
type methods []sipmsg.RequestMethod

func allowOf(msg headered) methods {
	var out methods
	for _, h := range msg.GetHeaders("Allow") {
		for part := range strings.SplitSeq(h.Value(), ",") {
			out = append(out, sipmsg.RequestMethod(strings.ToUpper(strings.TrimSpace(part))))
		}
	}
	return out
}

func (m methods) has(method sipmsg.RequestMethod) bool {
	for _, x := range m {
		if x == method {
			return true
		}
	}
	return false
}

// parseSessionExpires reads "1800;refresher=uac", and Min-SE alike (RFC 4028 §4, §5).
func parseSessionExpires(value string) (interval time.Duration, refresher string, ok bool) {
	head, rest, _ := strings.Cut(value, ";")
	n, err := strconv.ParseUint(strings.TrimSpace(head), 10, 32)
	if err != nil || n == 0 {
		return 0, "", false
	}
	for part := range strings.SplitSeq(rest, ";") {
		k, v, _ := strings.Cut(part, "=")
		if !strings.EqualFold(strings.TrimSpace(k), "refresher") {
			continue
		}
		switch v = strings.ToLower(strings.TrimSpace(v)); v {
		case "uac", "uas":
			refresher = v
		}
	}
	return time.Duration(n) * time.Second, refresher, true
}

// parseRAck reads "776656 1 INVITE" (RFC 3262 §7.2).
func parseRAck(value string) (rseq, cseq uint32, ok bool) {
	fields := strings.Fields(value)
	if len(fields) != 3 || !strings.EqualFold(fields[2], "INVITE") {
		return 0, 0, false
	}
	r, err1 := strconv.ParseUint(fields[0], 10, 32)
	c, err2 := strconv.ParseUint(fields[1], 10, 32)
	return uint32(r), uint32(c), err1 == nil && err2 == nil
}

// parseDigit reads a digit from INFO: "Signal=5" lines of dtmf-relay, or the digit alone of application/dtmf.
func parseDigit(contentType string, body []byte) (string, bool) {
	kind, _, _ := strings.Cut(contentType, ";")
	switch strings.ToLower(strings.TrimSpace(kind)) {
	case "application/dtmf-relay":
		for line := range strings.Lines(string(body)) {
			k, v, ok := strings.Cut(line, "=")
			if ok && strings.EqualFold(strings.TrimSpace(k), "signal") {
				return digitOf(v)
			}
		}
	case "application/dtmf":
		return digitOf(string(body))
	}
	return "", false
}

func digitOf(s string) (string, bool) {
	switch s = strings.ToUpper(strings.TrimSpace(s)); s {
	case "10":
		return "*", true
	case "11":
		return "#", true
	case "12", "13", "14", "15":
		return string(rune('A' + s[1] - '2')), true
	}
	if len(s) == 1 && strings.Contains("0123456789*#ABCD", s) {
		return s, true
	}
	return "", false
}

func isSDP(contentType string) bool {
	kind, _, _ := strings.Cut(contentType, ";")
	return strings.EqualFold(strings.TrimSpace(kind), "application/sdp")
}

// quote makes a quoted-string (RFC 3261 §25.1) without control characters.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	b.WriteString(escaped(s))
	b.WriteByte('"')
	return b.String()
}

func escaped(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r < ' ' || r == 0x7f:
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// userPart makes a text safe as the user part of a URI (RFC 3261 §25.1, unreserved and user-unreserved).
func userPart(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || strings.IndexByte("-_.!~*'()&=+$,", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		const hex = "0123456789ABCDEF"
		b.Write([]byte{'%', hex[c>>4], hex[c&15]})
	}
	return b.String()
}

// reasonText is the cause a BYE or CANCEL gave, or the phrase of a code: never the peer's words.
func reasonText(req *sipmsg.Request, code int) string {
	if req != nil {
		if protocol, cause := parseReason(headerValue(req, "Reason")); protocol != "" {
			return protocol + " " + strconv.Itoa(cause)
		}
	}
	if code == 0 {
		return ""
	}
	return phrase(code)
}
