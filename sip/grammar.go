package sip

import (
	"net/netip"
	"strings"
)

// The grammar of RFC 3261 §25, as far as a validator needs it: it says yes or no and gives the pieces back without the
// white space that may stand between them.

// isToken is token = 1*(alphanum / "-" / "." / "!" / "%" / "*" / "_" / "+" / "`" / "'" / "~").
func isToken(s string) bool {
	for i := range len(s) {
		if !tokenByte[s[i]] {
			return false
		}
	}
	return s != ""
}

var tokenByte = func() (t [256]bool) {
	for c := range 256 {
		t[c] = c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c < 128 && strings.IndexByte("-.!%*_+`'~", byte(c)) >= 0
	}
	return t
}()

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// trim takes linear white space off both ends.
func trim(s string) string { return strings.Trim(s, " \t") }

// quotedLen reads a quoted-string at the start of s; n is its length with both quotes, 0 when it does not end.
func quotedLen(s string) (n int) {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		case 0:
			return 0 // NUL stands in a quoted-pair only
		}
	}
	return 0
}

// until finds the first of the bytes in set outside quoted strings and, where brackets are not what is looked for,
// outside <...>; len(s) when there is none, -1 when a quote or bracket stays open.
func until(s, set string) int {
	deep := false
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !deep && strings.IndexByte(set, c) >= 0 {
			return i
		}
		switch c {
		case '"':
			if deep {
				continue
			}
			n := quotedLen(s[i:])
			if n == 0 {
				return -1
			}
			i += n - 1
		case '<':
			deep = true
		case '>':
			deep = false
		}
	}
	if deep {
		return -1
	}
	return len(s)
}

// list splits a comma-separated header value; nil: unbalanced or an empty element.
func list(s string) []string {
	var out []string
	for {
		n := until(s, ",")
		if n < 0 {
			return nil
		}
		v := trim(s[:n])
		if v == "" {
			return nil
		}
		out = append(out, v)
		if n == len(s) {
			return out
		}
		s = s[n+1:]
	}
}

// params reads *( SEMI name [ EQUAL value ] ) and gives it back without white space, names in lower case.
func params(s string) (string, bool) {
	s = trim(s)
	if s == "" {
		return "", true
	}
	var b strings.Builder
	for s != "" {
		if s[0] != ';' {
			return "", false
		}
		n := until(s[1:], ";")
		if n < 0 {
			return "", false
		}
		name, value, has := strings.Cut(s[1:1+n], "=")
		name, value = trim(name), trim(value)
		if !isToken(name) || has && !isParamValue(value) {
			return "", false
		}
		b.WriteByte(';')
		b.WriteString(strings.ToLower(name))
		if has {
			b.WriteByte('=')
			b.WriteString(value)
		}
		s = s[1+n:]
	}
	return b.String(), true
}

// isParamValue is token / host / quoted-string; bytes of unquoted values are taken liberally, separators never.
func isParamValue(s string) bool {
	if s == "" {
		return false
	}
	if s[0] == '"' {
		return quotedLen(s) == len(s)
	}
	return !strings.ContainsAny(s, " \t\",;<>\x00")
}

// address is a name-addr or addr-spec with its header parameters (RFC 3261 §20.10).
type address struct {
	display string // with its quotes
	uri     string
	params  string // ";a=b;c"
}

func (a address) String() string {
	if a.display == "" {
		return "<" + a.uri + ">" + a.params
	}
	return a.display + " <" + a.uri + ">" + a.params
}

func parseAddress(s string) (a address, ok bool) {
	s = trim(s)
	rest := ""
	switch open := until(s, "<;"); {
	case open < 0:
		return a, false
	case open < len(s) && s[open] == '<':
		a.display = trim(s[:open])
		end := strings.IndexByte(s[open:], '>')
		if end < 0 || !isDisplay(a.display) {
			return a, false
		}
		a.uri, rest = s[open+1:open+end], s[open+end+1:]
	default:
		// Without brackets a question mark or comma cannot be told from the header's own (RFC 3261 §20).
		a.uri, rest = trim(s[:open]), s[open:]
		if strings.ContainsAny(a.uri, "?,") {
			return a, false
		}
	}
	a.params, ok = params(rest)
	return a, ok && isURI(a.uri)
}

// isDisplay is *(token LWS) / quoted-string. A name in UTF-8 without quotes is common and harmless: taken.
func isDisplay(s string) bool {
	if s == "" {
		return true
	}
	if s[0] == '"' {
		return quotedLen(s) == len(s)
	}
	for i := range len(s) {
		if c := s[i]; !tokenByte[c] && c < 0x80 && c != ' ' && c != '\t' {
			return false
		}
	}
	return true
}

// scheme gives the URI's scheme in lower case, "" when there is none.
func scheme(uri string) string {
	s, _, ok := strings.Cut(uri, ":")
	if !ok || s == "" || s[0]|0x20 < 'a' || s[0]|0x20 > 'z' {
		return ""
	}
	for i := range len(s) {
		c := s[i] | 0x20
		if (c < 'a' || c > 'z') && (s[i] < '0' || s[i] > '9') && strings.IndexByte("+-.", s[i]) < 0 {
			return ""
		}
	}
	return strings.ToLower(s)
}

// isURI checks a SIP or SIPS URI as a whole (RFC 3261 §19.1.1), of any other only that it is an absolute URI.
func isURI(uri string) bool {
	kind := scheme(uri)
	if kind == "" || !isPrintable(uri) {
		return false
	}
	if kind != "sip" && kind != "sips" {
		return true
	}
	_, rest, _ := strings.Cut(uri, ":")
	if user, after, ok := strings.Cut(rest, "@"); ok {
		if user == "" {
			return false
		}
		rest = after
	}
	if n := strings.IndexAny(rest, ";?"); n >= 0 {
		rest = rest[:n]
	}
	return isHostPort(rest)
}

// isPrintable: no blank, control, bracket or quote, and every % opens an escape.
func isPrintable(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c <= ' ' || c == 0x7f || c == '<' || c == '>' || c == '"':
			return false
		case c == '%' && (i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2])):
			return false
		}
	}
	return true
}

func isHostPort(s string) bool {
	host, port := s, ""
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return false
		}
		if a, err := netip.ParseAddr(s[1:end]); err != nil || !a.Is6() {
			return false
		}
		if port = s[end+1:]; port == "" {
			return true
		}
		return port[0] == ':' && isPort(port[1:])
	}
	if i := strings.IndexByte(s, ':'); i >= 0 {
		host, port = s[:i], s[i+1:]
		if !isPort(port) {
			return false
		}
	}
	for i := range len(host) {
		if c := host[i]; !tokenByte[c] || strings.IndexByte("!%*+`'~", c) >= 0 {
			return false
		}
	}
	return host != ""
}

func isPort(s string) bool {
	if !isDigits(s) || len(s) > 5 {
		return false
	}
	n := 0
	for i := range len(s) {
		n = n*10 + int(s[i]-'0')
	}
	return n <= 65535
}
