package sip

import (
	"bytes"
	"strings"
)

// draft is a message on its way in: cut into header fields, names spelt as in the RFC, folded lines joined, but not
// yet believed. Validation works on it, and an error response is made from it even where no parser could.
type draft struct {
	start  string
	fields []field
	body   []byte
	stream bool // framed by Content-Length
	cut    int  // bytes of the body that Content-Length promises and the datagram lacks
}

type field struct{ name, value string }

// canonical spells the header names that we or the parser look at; compact forms are those of the IANA registry.
var canonical = func() map[string]string {
	m := map[string]string{
		"v": "Via", "f": "From", "t": "To", "i": "Call-ID", "m": "Contact", "c": "Content-Type", "l": "Content-Length",
		"k": "Supported", "s": "Subject", "e": "Content-Encoding", "x": "Session-Expires", "r": "Refer-To",
		"b": "Referred-By", "o": "Event", "u": "Allow-Events", "a": "Accept-Contact", "j": "Reject-Contact",
		"d": "Request-Disposition", "y": "Identity", "n": "Identity-Info",
	}
	for _, name := range []string{"Via", "From", "To", "Call-ID", "CSeq", "Contact", "Content-Type", "Content-Length",
		"Supported", "Subject", "Content-Encoding", "Session-Expires", "Refer-To", "Referred-By", "Event", "Allow-Events",
		"Max-Forwards", "Route", "Record-Route", "Require", "Proxy-Require", "Unsupported", "Allow", "Accept",
		"Accept-Encoding", "Authorization", "Proxy-Authorization", "WWW-Authenticate", "Proxy-Authenticate", "Expires",
		"Min-Expires", "Min-SE", "Date", "Diversion", "History-Info", "P-Asserted-Identity", "P-Preferred-Identity",
		"Privacy", "Remote-Party-ID", "RSeq", "RAck", "Reason", "Replaces", "Retry-After", "Warning", "User-Agent",
		"Server", "Timestamp", "Subscription-State", "Content-Disposition", "MIME-Version", "Path", "Service-Route",
		"Accept-Contact", "Reject-Contact", "Request-Disposition", "Identity", "Identity-Info"} {
		m[strings.ToLower(name)] = name
	}
	return m
}()

// headerName trims and spells a name; it allocates for unknown or oddly spelt names only.
func headerName(raw []byte) string {
	raw = bytes.TrimRight(raw, " \t")
	var low [32]byte
	if len(raw) > len(low) {
		return string(raw)
	}
	for i, c := range raw {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		low[i] = c
	}
	if name, ok := canonical[string(low[:len(raw)])]; ok {
		return name
	}
	return string(raw)
}

var crlf = []byte("\r\n")

// cut splits a header section (start line and fields, each ended by CRLF) into a draft. It goes on after the first
// mistake: the Content-Length further down keeps the stream in step, and the connection carries other people's calls.
func cut(head []byte, limits Limits) (d *draft, no *refusal) {
	line, rest, _ := bytes.Cut(head, crlf)
	d = &draft{start: string(line), fields: make([]field, 0, 16)}
	if bytes.ContainsAny(line, "\r\n\x00") {
		no = refuse(400, "Malformed Start Line")
	}
	for len(rest) > 0 {
		line, rest = unfold(rest)
		f, bad := cutField(line, limits)
		if bad == nil && len(d.fields) >= limits.Headers {
			bad = refuse(400, "Too Many Header Fields")
		}
		if bad == nil || f.name == "Content-Length" {
			d.fields = append(d.fields, f)
		}
		if no == nil {
			no = bad
		}
	}
	return d, no
}

func cutField(line []byte, limits Limits) (field, *refusal) {
	if len(line) > limits.Line {
		return field{}, refuse(400, "Header Line Too Long")
	}
	name, value, ok := bytes.Cut(line, []byte(":"))
	f := field{headerName(name), string(bytes.Trim(value, " \t"))}
	if !ok || bytes.ContainsAny(line, "\r\n") || !isToken(f.name) {
		return f, refuse(400, "Malformed Header Line")
	}
	return f, nil
}

// unfold takes one header line off b, its continuation lines joined by a single blank (RFC 3261 §7.3.1).
func unfold(b []byte) (line, rest []byte) {
	line, rest, _ = bytes.Cut(b, crlf)
	if len(rest) == 0 || rest[0] != ' ' && rest[0] != '\t' {
		return line, rest
	}
	joined := append([]byte(nil), bytes.TrimRight(line, " \t")...)
	for len(rest) > 0 && (rest[0] == ' ' || rest[0] == '\t') {
		line, rest, _ = bytes.Cut(rest, crlf)
		joined = append(append(joined, ' '), bytes.Trim(line, " \t")...)
	}
	return joined, rest
}

// first gives a header's first value.
func (d *draft) first(name string) (string, bool) {
	for _, f := range d.fields {
		if f.name == name {
			return f.value, true
		}
	}
	return "", false
}

func (d *draft) count(name string) (n int) {
	for _, f := range d.fields {
		if f.name == name {
			n++
		}
	}
	return n
}

// bytes writes the draft for the parser: one value a line for the headers that the parser would split wrongly.
func (d *draft) bytes(b *bytes.Buffer) {
	b.WriteString(d.start)
	b.Write(crlf)
	for _, f := range d.fields {
		b.WriteString(f.name)
		b.WriteString(": ")
		b.WriteString(f.value)
		b.Write(crlf)
	}
	b.Write(crlf)
}
