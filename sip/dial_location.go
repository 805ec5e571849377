package sip

import (
	"bytes"
	"fmt"

	sipmsg "github.com/emiago/sipgo/sip"
)

// locate puts where the caller is beside the session description (RFC 6442 §4.1): a multipart body whose second part is
// the document that Geolocation names.
func locate(req *sipmsg.Request, location []byte) {
	id, edge := random()+"@nightbell.invalid", random()
	var b bytes.Buffer
	if sdp := req.Body(); len(sdp) > 0 {
		fmt.Fprintf(&b, "--%s\r\nContent-Type: application/sdp\r\n\r\n%s\r\n", edge, sdp)
	}
	fmt.Fprintf(&b, "--%s\r\nContent-Type: application/pidf+xml\r\nContent-ID: <%s>\r\n\r\n%s\r\n--%s--\r\n", edge, id, location, edge)
	for _, name := range []string{"Content-Type", "Content-Length"} {
		for req.RemoveHeader(name) {
		}
	}
	req.AppendHeader(sipmsg.NewHeader("Geolocation", "<cid:"+id+">"))
	req.AppendHeader(sipmsg.NewHeader("Geolocation-Routing", "yes"))
	req.AppendHeader(sipmsg.NewHeader("Priority", "emergency"))
	req.AppendHeader(sipmsg.NewHeader("Content-Type", `multipart/mixed;boundary="`+edge+`"`))
	req.SetBody(b.Bytes())
}
