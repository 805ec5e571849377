package sip

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"
)

// maxParts bounds how many parts of a body are looked at.
const maxParts = 16

// unwrap leaves of a body of several parts the session description alone (RFC 3261 §7.4, RFC 5621 §3): what else is there
// (a location, ISUP, a picture) is nothing to us. A response whose body is no description is taken as one without any: it
// cannot be refused.
func unwrap(msg sipmsg.Message) {
	kind := headerValue(msg, "Content-Type")
	if kind == "" || isSDP(kind) {
		return
	}
	if sdp := partSDP(kind, msg.Body()); sdp != nil {
		for _, name := range []string{"Content-Type", "Content-Length"} {
			for removeHeader(msg, name) {
			}
		}
		msg.AppendHeader(sipmsg.NewHeader("Content-Type", "application/sdp"))
		msg.SetBody(sdp)
		return
	}
	if _, is := msg.(*sipmsg.Response); is {
		msg.SetBody(nil)
	}
}

func removeHeader(msg sipmsg.Message, name string) bool {
	m, ok := msg.(interface{ RemoveHeader(string) bool })
	return ok && m.RemoveHeader(name)
}

// partSDP finds the first session description in a multipart body; nil: there is none.
func partSDP(kind string, body []byte) []byte {
	media, params, err := mime.ParseMediaType(kind)
	if err != nil || !strings.HasPrefix(media, "multipart/") || params["boundary"] == "" {
		return nil
	}
	parts := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	for range maxParts {
		part, err := parts.NextRawPart()
		if err != nil {
			return nil
		}
		if !isSDP(part.Header.Get("Content-Type")) || part.Header.Get("Content-Transfer-Encoding") == "base64" {
			continue
		}
		sdp, err := io.ReadAll(part)
		if err != nil || len(sdp) == 0 {
			return nil
		}
		return sdp
	}
	return nil
}
