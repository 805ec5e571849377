package sip

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// refusal is why a message is not taken: the answer where one is due, and whether the stream can still be read.
type refusal struct {
	code   int
	reason string
	extra  []field
	fatal  bool // framing is lost: answer, then close
}

func refuse(code int, reason string, extra ...field) *refusal {
	return &refusal{code: code, reason: reason, extra: extra}
}

// rules is what the server can do, as far as validation must know.
type rules struct {
	extensions []string // option tags taken in Require
}

// validate judges a draft and tidies its fields on the way. Nothing of a draft that it refuses goes further.
func (r *rules) validate(d *draft) *refusal {
	if strings.HasPrefix(strings.ToUpper(d.start), "SIP/") {
		return validateResponse(d)
	}
	method, no := startLine(d)
	if no != nil {
		return no
	}
	for _, rule := range []func(*draft, string) *refusal{
		singles, mandatory, vias, parties, sequence, hops, contacts, date, r.require, content,
	} {
		if no := rule(d, method); no != nil {
			return no
		}
	}
	return nil
}

// validateResponse: a bad response is dropped, so the code never travels.
func validateResponse(d *draft) *refusal {
	version, rest, _ := strings.Cut(d.start, " ")
	code, reason, _ := strings.Cut(rest, " ")
	if !strings.EqualFold(version, "SIP/2.0") || len(code) != 3 || !isDigits(code) || code < "100" || code > "699" {
		return refuse(400, "Malformed Status Line")
	}
	d.start = "SIP/2.0 " + code + " " + reason
	for _, rule := range []func(*draft, string) *refusal{singles, mandatory, vias, parties, sequence, contacts} {
		if no := rule(d, ""); no != nil {
			return no
		}
	}
	if d.count("Via") != 1 { // RFC 3261 §8.1.3.3
		return refuse(400, "Response Not For Us")
	}
	return nil
}

// startLine checks the request line: RFC 3261 §7.1, one blank between the parts, none after.
func startLine(d *draft) (method string, no *refusal) {
	parts := strings.Split(d.start, " ")
	if len(parts) != 3 || !isToken(parts[0]) {
		return "", refuse(400, "Malformed Request Line")
	}
	method, uri, version := parts[0], parts[1], parts[2]
	if !strings.EqualFold(version, "SIP/2.0") {
		return "", versionRefusal(version)
	}
	switch kind := scheme(uri); {
	case kind == "":
		return "", refuse(400, "Malformed Request-URI")
	case kind != "sip" && kind != "sips" && kind != "tel":
		return "", refuse(416, "Unsupported URI Scheme")
	case !isURI(uri) || strings.Contains(hostPart(uri), "?"):
		// RFC 3261 §19.1.1: headers have no place in a Request-URI.
		return "", refuse(400, "Malformed Request-URI")
	}
	d.start = method + " " + uri + " SIP/2.0"
	return method, nil
}

func hostPart(uri string) string {
	_, rest, _ := strings.Cut(uri, ":")
	if _, after, ok := strings.Cut(rest, "@"); ok {
		return after
	}
	return rest
}

func versionRefusal(version string) *refusal {
	major, minor, ok := strings.Cut(version[min(len(version), 4):], ".")
	if ok && strings.EqualFold(version[:4], "SIP/") && isDigits(major) && isDigits(minor) {
		return refuse(505, "Version Not Supported")
	}
	return refuse(400, "Malformed Request Line")
}

// once are the headers of a single value (RFC 3261 §7.3.1).
var once = []string{"From", "To", "Call-ID", "CSeq", "Max-Forwards", "Content-Length", "Content-Type", "Date", "Expires",
	"Session-Expires", "Min-SE", "Refer-To", "Replaces", "Event", "RAck", "RSeq"}

func singles(d *draft, _ string) *refusal {
	for i, f := range d.fields {
		if !slices.Contains(once, f.name) {
			continue
		}
		for _, g := range d.fields[i+1:] {
			if g.name == f.name {
				no := refuse(400, "Repeated "+f.name)
				no.fatal = f.name == "Content-Length" && d.stream
				return no
			}
		}
	}
	return nil
}

func mandatory(d *draft, _ string) *refusal {
	for _, name := range []string{"Via", "From", "To", "Call-ID", "CSeq"} {
		if v, _ := d.first(name); v == "" {
			return refuse(400, "Missing "+name)
		}
	}
	return nil
}

// vias splits Via into one value a field and tidies each: "SIP/2.0/TLS host:port;params".
func vias(d *draft, _ string) *refusal {
	return each(d, "Via", func(v string) (string, bool) {
		protocol, rest, ok := cutVia(v)
		end := until(rest, ";")
		if !ok || end < 0 {
			return "", false
		}
		sentBy := strings.ReplaceAll(strings.ReplaceAll(trim(rest[:end]), " ", ""), "\t", "")
		p, ok := params(rest[end:])
		// RFC 3261 §8.1.1.7: after the magic cookie something must follow, or it identifies nothing.
		if !ok || !isHostPort(sentBy) || p == ";branch="+cookie || strings.Contains(p+";", ";branch="+cookie+";") {
			return "", false
		}
		return protocol + " " + sentBy + p, true
	})
}

// cookie is what every RFC 3261 branch starts with.
const cookie = "z9hG4bK"

func cutVia(v string) (protocol, rest string, ok bool) {
	name, rest, ok1 := strings.Cut(v, "/")
	version, rest, ok2 := strings.Cut(rest, "/")
	rest = trim(rest)
	end := strings.IndexAny(rest, " \t")
	if !ok1 || !ok2 || end < 0 {
		return "", "", false
	}
	name, version = trim(name), trim(version)
	if !strings.EqualFold(name, "SIP") || version != "2.0" || !isToken(rest[:end]) {
		return "", "", false
	}
	return "SIP/2.0/" + strings.ToUpper(rest[:end]), trim(rest[end:]), true
}

// each replaces every value of a listed header by what tidy makes of it.
func each(d *draft, name string, tidy func(string) (string, bool)) *refusal {
	out := make([]field, 0, len(d.fields)+2)
	for _, f := range d.fields {
		if f.name != name {
			out = append(out, f)
			continue
		}
		values := list(f.value)
		if values == nil {
			return refuse(400, "Malformed "+name)
		}
		for _, v := range values {
			v, ok := tidy(v)
			if !ok {
				return refuse(400, "Malformed "+name)
			}
			out = append(out, field{name, v})
		}
	}
	d.fields = out
	return nil
}

func tidyAddress(v string) (string, bool) {
	a, ok := parseAddress(v)
	return a.String(), ok
}

// parties checks From, To and the route set. A registrar's To is a SIP URI (RFC 3261 §10.2).
func parties(d *draft, method string) *refusal {
	for i, f := range d.fields {
		if f.name != "From" && f.name != "To" {
			continue
		}
		a, ok := parseAddress(f.value)
		kind := scheme(a.uri)
		if !ok || method == "REGISTER" && f.name == "To" && kind != "sip" && kind != "sips" {
			return refuse(400, "Malformed "+f.name)
		}
		d.fields[i].value = a.String()
	}
	if no := each(d, "Route", tidyAddress); no != nil {
		return no
	}
	return each(d, "Record-Route", tidyAddress)
}

// sequence checks CSeq: below 2^31 (RFC 3261 §8.1.1.5), with the request's own method.
func sequence(d *draft, method string) *refusal {
	for i, f := range d.fields {
		if f.name != "CSeq" {
			continue
		}
		words := strings.Fields(f.value)
		if len(words) != 2 || !isDigits(words[0]) || !isToken(words[1]) {
			return refuse(400, "Malformed CSeq")
		}
		n, err := strconv.ParseUint(words[0], 10, 31)
		if err != nil {
			return refuse(400, "CSeq Out Of Range")
		}
		if method != "" && words[1] != method {
			return refuse(400, "CSeq Method Mismatch")
		}
		d.fields[i].value = strconv.FormatUint(n, 10) + " " + words[1]
	}
	return nil
}

// hops checks Max-Forwards. An INVITE is carried on to a phone and ends at zero (RFC 7332 §6); every other request
// ends here anyway and is answered as an endpoint answers it (RFC 4475 §3.3.11).
func hops(d *draft, method string) *refusal {
	for i, f := range d.fields {
		if f.name != "Max-Forwards" {
			continue
		}
		n, err := strconv.ParseUint(f.value, 10, 8)
		if err != nil {
			return refuse(400, "Malformed Max-Forwards")
		}
		if n == 0 && method == "INVITE" {
			return refuse(483, "Too Many Hops")
		}
		d.fields[i].value = strconv.FormatUint(n, 10)
	}
	return nil
}

func contacts(d *draft, method string) *refusal {
	if v, _ := d.first("Contact"); v == "*" && method == "REGISTER" && d.count("Contact") == 1 {
		return nil
	}
	return each(d, "Contact", tidyAddress)
}

// date: RFC 3261 §20.17 allows GMT alone.
func date(d *draft, _ string) *refusal {
	v, ok := d.first("Date")
	if !ok {
		return nil
	}
	if _, err := time.Parse("Mon, 2 Jan 2006 15:04:05 GMT", v); err != nil {
		return refuse(400, "Malformed Date")
	}
	return nil
}

// require answers 420 to option tags we do not know (RFC 3261 §8.2.2.3); CANCEL and ACK carry none that count.
func (r *rules) require(d *draft, method string) *refusal {
	if method == "CANCEL" || method == "ACK" {
		return nil
	}
	var unknown []string
	for _, f := range d.fields {
		if f.name != "Require" {
			continue
		}
		for tag := range strings.SplitSeq(f.value, ",") {
			if tag = strings.ToLower(trim(tag)); tag != "" && !slices.Contains(r.extensions, tag) {
				unknown = append(unknown, tag)
			}
		}
	}
	if unknown == nil {
		return nil
	}
	for _, tag := range unknown {
		if !isToken(tag) {
			return refuse(400, "Malformed Require")
		}
	}
	return refuse(420, "Bad Extension", field{"Unsupported", strings.Join(unknown, ", ")})
}

// content checks length, type and what the caller takes back.
func content(d *draft, method string) *refusal {
	if d.cut > 0 {
		return refuse(400, "Content-Length Beyond Message")
	}
	if method != "INVITE" && method != "UPDATE" && method != "PRACK" {
		return nil
	}
	if no := bodyType(d); no != nil {
		return no
	}
	// RFC 4475 §3.3.15: who takes no SDP back cannot be answered.
	if v, ok := d.first("Accept"); ok && method == "INVITE" && !takesSDP(d) && v != "" {
		return refuse(406, "Not Acceptable")
	}
	return nil
}

func bodyType(d *draft) *refusal {
	if v, ok := d.first("Content-Encoding"); ok && !strings.EqualFold(v, "identity") {
		return refuse(415, "Unsupported Media Type", field{"Accept-Encoding", "identity"})
	}
	if len(d.body) == 0 {
		return nil
	}
	v, ok := d.first("Content-Type")
	if !ok {
		return refuse(400, "Missing Content-Type")
	}
	kind, _, _ := strings.Cut(strings.ToLower(v), ";")
	if kind = trim(kind); kind != "application/sdp" && !strings.HasPrefix(kind, "multipart/") {
		return refuse(415, "Unsupported Media Type", field{"Accept", "application/sdp"})
	}
	return nil
}

func takesSDP(d *draft) bool {
	for _, f := range d.fields {
		if f.name != "Accept" {
			continue
		}
		for v := range strings.SplitSeq(strings.ToLower(f.value), ",") {
			v, _, _ = strings.Cut(v, ";")
			if v = trim(v); v == "application/sdp" || v == "application/*" || v == "*/*" {
				return true
			}
		}
	}
	return false
}
