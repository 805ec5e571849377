package sip

import (
	"net/url"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"

	"nightbell/phi"
)

// facts reads what an authenticated trunk's INVITE says. Values are the user parts as they were sent; what they mean
// is policy's to say. None of it is ever logged.
func facts(req *sipmsg.Request, who identity, f *Flow) Facts {
	out := Facts{
		TrunkID: who.trunk.ID, TrunkName: who.trunk.Name, KnownBy: who.knownBy, Protection: protection(f),
		Listener: f.Listen().Name, Local: f.Local().Addr(), Caller: phi.NewPhone(callerOf(req, who.trunk.Caller)),
	}
	out.Number, out.Diverted = numberOf(req, who.trunk.Number)
	return out
}

func numberOf(req *sipmsg.Request, from NumberSource) (number string, diverted bool) {
	switch from {
	case FromTo:
		if to := req.To(); to != nil {
			return userOf(&to.Address), false
		}
	case FromDiversion:
		if n := diversion(values(req, "Diversion")); n != "" {
			return n, true
		}
		if n := historyInfo(values(req, "History-Info")); n != "" {
			return n, true
		}
	}
	return userOf(&req.Recipient), false
}

// diversion is who forwarded to us: the topmost entry is the latest (RFC 5806 §4).
func diversion(entries []string) string {
	for _, e := range entries {
		if user := addressUser(e); user != "" {
			return user
		}
	}
	return ""
}

// historyInfo is who forwarded to us: the entry that the latest target (the last one) was mapped from, or else the one
// before it (RFC 7044 §5.1, §10.2). One entry alone is the request itself: nobody forwarded.
func historyInfo(entries []string) string {
	if len(entries) < 2 {
		return ""
	}
	last := entries[len(entries)-1]
	for _, name := range []string{"mp", "rc"} {
		index := param(afterAddress(last), name)
		if index == "" {
			continue
		}
		for _, e := range entries[:len(entries)-1] {
			if param(afterAddress(e), "index") == index {
				return addressUser(e)
			}
		}
	}
	return addressUser(entries[len(entries)-2])
}

// callerOf is the caller's number, or "" where it is withheld.
func callerOf(req *sipmsg.Request, from CallerSource) string {
	if restricted(req) {
		return ""
	}
	if from != FromFrom {
		for _, v := range values(req, "P-Asserted-Identity") { // RFC 3325 §9.1: one SIP and one tel URI at most
			if user := number(addressUser(v)); user != "" {
				return user
			}
		}
	}
	h := req.From()
	if h == nil || strings.EqualFold(h.Address.Host, "anonymous.invalid") {
		return ""
	}
	return number(userOf(&h.Address))
}

// restricted reports that the caller asked not to be shown (RFC 3323 §4.2, RFC 3325 §7).
func restricted(req *sipmsg.Request) bool {
	for _, v := range values(req, "Privacy") {
		for token := range strings.FieldsFuncSeq(v, func(r rune) bool { return r == ';' || r == ',' || r == ' ' }) {
			switch strings.ToLower(token) {
			case "id", "user", "header", "session", "critical":
				return true
			}
		}
	}
	return false
}

// number drops the words that stand for no number.
func number(user string) string {
	switch strings.ToLower(user) {
	case "anonymous", "unavailable", "unknown", "restricted", "private", "withheld", "asterisk":
		return ""
	}
	return user
}

// userOf is the user part of a SIP URI or the number of a tel URI, unescaped, without parameters (RFC 3966 §3).
func userOf(u *sipmsg.Uri) string {
	user := u.User
	if raw := u.Raw(); raw != "" {
		user = raw
	}
	user, _, _ = strings.Cut(user, ";")
	if clear, err := url.PathUnescape(user); err == nil {
		user = clear
	}
	if len(user) > maxUser || strings.ContainsFunc(user, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return ""
	}
	return user
}

// maxUser is longer than any number or extension.
const maxUser = 64

// addressUser is the user part of a name-addr or addr-spec.
func addressUser(s string) string {
	var u sipmsg.Uri
	if _, uri, ok := nameAddr(s); ok && sipmsg.ParseUri(uri, &u) == nil {
		return userOf(&u)
	}
	return ""
}

// afterAddress is what follows the ">" of a name-addr.
func afterAddress(s string) string {
	rest, _, ok := nameAddr(s)
	if !ok {
		return ""
	}
	return rest
}

// nameAddr splits `"Display" <uri>;params` or `uri;params` into its URI and its header parameters.
func nameAddr(s string) (params, uri string, ok bool) {
	quote, escape := false, false
	for i := range len(s) {
		switch c := s[i]; {
		case escape:
			escape = false
		case quote && c == '\\':
			escape = true
		case c == '"':
			quote = !quote
		case c == '<' && !quote:
			inner, rest, found := strings.Cut(s[i+1:], ">")
			return rest, strings.TrimSpace(inner), found
		}
	}
	uri, params, _ = strings.Cut(s, ";")
	return ";" + params, strings.TrimSpace(uri), !quote && uri != ""
}

// param finds ";name=value" in header parameters; quotes are taken off.
func param(s, name string) string {
	for part := range strings.SplitSeq(s, ";") {
		k, v, _ := strings.Cut(part, "=")
		if strings.EqualFold(strings.TrimSpace(k), name) {
			return strings.Trim(strings.TrimSpace(v), `"`)
		}
	}
	return ""
}

// values is every value of a header, with those that share a line taken apart (RFC 3261 §7.3.1).
func values(msg headered, name string) []string {
	var out []string
	for _, h := range msg.GetHeaders(name) {
		out = append(out, splitList(h.Value())...)
	}
	return out
}

// splitList cuts at commas outside quotes and angle brackets.
func splitList(s string) []string {
	var out []string
	start, quote, escape, angle := 0, false, false, false
	for i := range len(s) {
		switch c := s[i]; {
		case escape:
			escape = false
		case quote && c == '\\':
			escape = true
		case c == '"':
			quote = !quote
		case quote:
		case c == '<':
			angle = true
		case c == '>':
			angle = false
		case c == ',' && !angle:
			out = append(out, strings.TrimSpace(s[start:i]))
			start = i + 1
		}
	}
	return append(out, strings.TrimSpace(s[start:]))
}
