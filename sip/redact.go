package sip

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// Redaction is by what may stay, never by what must go: a start line, a field or a line of SDP is rebuilt out of words
// that we know and small numbers, and everything else becomes a star. So no header that somebody invents tomorrow, no
// user part, display name, Call-ID, key or credential can come through.

// redacted is a message as a trace may keep it.
func redacted(d *draft) string {
	var b strings.Builder
	b.WriteString(redactStart(d.start) + "\n")
	for _, f := range d.fields {
		if redact, ok := fields[f.name]; ok {
			b.WriteString(f.name + ": " + redact(f.value) + "\n")
			continue
		}
		if _, standard := canonical[strings.ToLower(f.name)]; standard {
			b.WriteString(f.name + ": *\n")
		} else {
			b.WriteString("*: *\n")
		}
	}
	if len(d.body) > 0 {
		b.WriteString("\n" + redactBody(d))
	}
	return b.String()
}

func redactStart(line string) string {
	f := strings.Fields(line)
	if len(f) >= 2 && f[0] == "SIP/2.0" {
		return "SIP/2.0 " + words(f[1])
	}
	if len(f) == 0 || !slices.Contains(sipWords, f[0]) {
		return "*"
	}
	if len(f) < 2 {
		return f[0]
	}
	return f[0] + " " + masked(f[1])
}

// fields says how each field that stays is rebuilt.
var fields = map[string]func(string) string{
	"Via": via, "From": masked, "To": masked, "Contact": masked, "Route": masked, "Record-Route": masked, "Path": masked,
	"P-Asserted-Identity": masked, "P-Preferred-Identity": masked, "Remote-Party-ID": masked, "Diversion": masked,
	"History-Info": masked, "Refer-To": masked, "Referred-By": masked, "Replaces": func(string) string { return "*" },
	"Call-ID": func(v string) string { return "#" + dialogID(v) },
	"CSeq":    words, "Max-Forwards": words, "Expires": words, "Min-Expires": words, "Session-Expires": words, "Min-SE": words,
	"Content-Length": words, "Content-Type": words, "Content-Disposition": words, "RSeq": words, "RAck": words,
	"Retry-After": words, "Reason": words, "Warning": words, "Allow": words, "Supported": words, "Require": words,
	"Proxy-Require": words, "Unsupported": words, "Accept": words, "Event": words, "Allow-Events": words,
	"Subscription-State": words, "Privacy": words,
}

// word is a run of letters and digits with the joints that closed words have.
var word = regexp.MustCompile(`[A-Za-z0-9][A-Za-z0-9+._/-]*|[^A-Za-z0-9]`)

// words keeps known words, numbers below a million, and punctuation that belongs between them.
func words(v string) string {
	var b strings.Builder
	for _, w := range word.FindAllString(v, -1) {
		switch {
		case strings.Contains(" ,;=", w), slices.Contains(sipWords, w), smallNumber(w):
			b.WriteString(w)
		default:
			b.WriteString("*")
		}
	}
	return b.String()
}

// smallNumber has at most six digits: no telephone number, no date of birth.
func smallNumber(w string) bool {
	return len(w) <= 6 && strings.Trim(w, "0123456789") == ""
}

// sipWords are methods, option tags, media types and parameters of the RFCs that docs/RFCS.md lists.
var sipWords = strings.Fields(`INVITE ACK CANCEL BYE OPTIONS REGISTER INFO PRACK UPDATE REFER NOTIFY SUBSCRIBE MESSAGE PUBLISH
	timer 100rel path outbound replaces norefersub gruu sec-agree precondition histinfo from-change answermode
	application/sdp application/dtmf-relay application/dtmf application/pidf+xml multipart/mixed text/plain message/sipfrag
	session handling required optional render refresher uac uas SIP Q.850 cause text active terminated pending presence dialog
	message-summary refer none id user header history`)

// masked keeps the scheme and a literal IP address with its port; tags become digests, so that dialogs can be told apart.
func masked(v string) string {
	out := "<sip:*@" + literal(v) + ">"
	if _, tag, ok := strings.Cut(v, ";tag="); ok {
		tag, _, _ = strings.Cut(tag, ";")
		out += ";tag=#" + dialogID(tag)
	}
	return out
}

func via(v string) string {
	out := "SIP/2.0 " + literal(v)
	if _, branch, ok := strings.Cut(v, "branch="); ok {
		branch, _, _ = strings.Cut(branch, ";")
		out += ";branch=#" + dialogID(branch)
	}
	return out
}

var (
	hostPort = regexp.MustCompile(`(?:[@ ]|sips?:)(\[[0-9A-Fa-f:.]+\]|[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+)(:[0-9]{1,5})?(?:[;>, ]|$)`)
	noHost   = "*"
)

// literal is the IP address in a value, a star where there is none.
func literal(v string) string {
	m := hostPort.FindStringSubmatch(v)
	if m == nil {
		return noHost
	}
	if _, err := netip.ParseAddr(strings.Trim(m[1], "[]")); err != nil {
		return noHost
	}
	return m[1] + m[2]
}

// redactBody keeps the frame of an SDP; other bodies (digits of INFO, texts) are gone whole.
func redactBody(d *draft) string {
	if kind, _ := d.first("Content-Type"); !strings.HasPrefix(strings.TrimSpace(kind), "application/sdp") {
		return "*\n"
	}
	var b strings.Builder
	for line := range strings.Lines(string(d.body)) {
		b.WriteString(sdpLine(strings.TrimRight(line, "\r\n")) + "\n")
	}
	return b.String()
}

var sdpWords = strings.Fields(`audio video image RTP/AVP RTP/SAVP RTP/SAVPF RTP/AVPF UDP/TLS/RTP/SAVPF UDP/TLS/RTP/SAVP IN IP4 IP6
	PCMU/8000 PCMA/8000 G722/8000 opus/48000/2 telephone-event/8000 telephone-event/48000 CN/8000 G729/8000 GSM/8000
	AES_CM_128_HMAC_SHA1_80 AES_CM_128_HMAC_SHA1_32 AES_256_CM_HMAC_SHA1_80 AEAD_AES_128_GCM AEAD_AES_256_GCM
	sendrecv sendonly recvonly inactive active passive actpass rtcp-mux ptime maxptime rtpmap crypto setup`)

func sdpLine(line string) string {
	kind, value, ok := strings.Cut(line, "=")
	switch {
	case !ok || len(kind) != 1:
		return "*"
	case kind == "m", kind == "t":
		return kind + "=" + sdpTokens(value, " ")
	case kind == "c":
		f := strings.Fields(value)
		if len(f) == 3 {
			if a, err := netip.ParseAddr(f[2]); err == nil {
				return "c=IN IP " + a.String()
			}
		}
	case kind == "a":
		name, rest, _ := strings.Cut(value, ":")
		if !slices.Contains(sdpWords, name) {
			return "a=*"
		}
		if name == "crypto" { // tag and suite; the key never
			if f := strings.Fields(rest); len(f) > 1 {
				return "a=crypto:" + sdpTokens(f[0]+" "+f[1], " ") + " *"
			}
			return "a=crypto:*"
		}
		if rest == "" {
			return "a=" + name
		}
		return "a=" + name + ":" + sdpTokens(rest, " ")
	}
	return kind + "=*"
}

func sdpTokens(v, by string) string {
	f := strings.Split(v, by)
	for i, w := range f {
		if !slices.Contains(sdpWords, w) && !smallNumber(w) {
			f[i] = "*"
		}
	}
	return strings.Join(f, by)
}
