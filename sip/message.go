package sip

import (
	"bytes"
	"crypto/rand"
	"strconv"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"
)

var parser = sipmsg.NewParser()

// parse hands a validated draft to the parser. What it still refuses is answered 400.
func parse(d *draft) (sipmsg.Message, *refusal) {
	var b bytes.Buffer
	d.bytes(&b)
	msg, _, err := parser.ParseHeaders(b.Bytes(), false)
	if err != nil || msg.Via() == nil || msg.From() == nil || msg.To() == nil || msg.CallID() == nil || msg.CSeq() == nil {
		return nil, refuse(400, "Malformed Message")
	}
	if req, ok := msg.(*sipmsg.Request); ok {
		// The parser folds methods to upper case; RFC 3261 §7.1 has them case-sensitive.
		method, _, _ := strings.Cut(d.start, " ")
		req.Method = sipmsg.RequestMethod(method)
	}
	if len(d.body) > 0 {
		msg.SetBody(d.body)
		unwrap(msg)
	}
	return msg, nil
}

// answerTo writes the answer to a request that could not be taken, from its own lines, without any state
// (RFC 3261 §8.2.7). Nil: it is a response, an ACK, or lacks the Via to answer by.
func answerTo(d *draft, no *refusal) []byte {
	if _, ok := d.first("Via"); !ok || strings.HasPrefix(d.start, "SIP/") || strings.HasPrefix(d.start, "ACK ") {
		return nil
	}
	var b bytes.Buffer
	b.WriteString("SIP/2.0 " + strconv.Itoa(no.code) + " " + no.reason + "\r\n")
	for _, f := range d.fields {
		switch f.name {
		case "Via", "From", "Call-ID", "CSeq":
			b.WriteString(f.name + ": " + f.value + "\r\n")
		case "To":
			b.WriteString("To: " + f.value)
			if !strings.Contains(f.value, "tag") {
				b.WriteString(";tag=" + newTag())
			}
			b.Write(crlf)
		}
	}
	for _, f := range no.extra {
		b.WriteString(f.name + ": " + f.value + "\r\n")
	}
	b.WriteString("Content-Length: 0\r\n\r\n")
	return b.Bytes()
}

// encode serialises a message of ours; Content-Length is always there (RFC 3261 §20.14).
func encode(msg sipmsg.Message) []byte {
	if msg.ContentLength() == nil {
		msg.SetBody(msg.Body())
	}
	var b strings.Builder
	b.Grow(1024)
	msg.StringWrite(&b)
	return []byte(b.String())
}

// newTag, newBranch and ids come from crypto/rand: guessing one must not let a stranger into a dialog.
func newTag() string { return rand.Text()[:16] }

func newBranch() string { return cookie + rand.Text() }

// isCookied reports whether a branch identifies its transaction by itself (RFC 3261 §17.2.3).
func isCookied(branch string) bool { return strings.HasPrefix(branch, cookie) }

// branchOf gives the top Via's branch and sent-by.
func branchOf(msg sipmsg.Message) (branch, sentBy string) {
	via := msg.Via()
	branch, _ = via.Params.Get("branch")
	return branch, strings.ToLower(via.Host) + ":" + strconv.Itoa(via.Port)
}

func tagOf(p sipmsg.HeaderParams) string {
	tag, _ := p.Get("tag")
	return tag
}
