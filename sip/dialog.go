package sip

import (
	sipmsg "github.com/emiago/sipgo/sip"
)

// dialog is the state of RFC 3261 §12: enough to make the next request and to judge theirs.
type dialog struct {
	callID              string
	localTag, remoteTag string
	local, remote       sipmsg.Uri
	localSeq, remoteSeq uint32
	target              sipmsg.Uri // the peer's Contact
	routes              []sipmsg.Uri
}

// dialogKey finds a leg. The remote tag is compared afterwards: a forked INVITE has several (§12.1.2).
type dialogKey struct{ callID, localTag string }

func (d *dialog) key() dialogKey { return dialogKey{d.callID, d.localTag} }

// calledDialog is the UAS side (§12.1.1).
func calledDialog(req *sipmsg.Request, tag string) dialog {
	d := dialog{
		callID:    req.CallID().Value(),
		localTag:  tag,
		remoteTag: req.From().Params.GetOr("tag", ""),
		local:     *req.To().Address.Clone(),
		remote:    *req.From().Address.Clone(),
		localSeq:  0,
		remoteSeq: req.CSeq().SeqNo,
		routes:    recordRoute(req),
	}
	d.retarget(req)
	return d
}

// establish is the UAC side (§12.1.2): called for each response that makes or changes the dialog.
func (d *dialog) establish(res *sipmsg.Response) {
	if tag := toTag(res); tag != d.remoteTag { // another fork counts its requests anew
		d.remoteTag, d.remoteSeq = tag, 0
	}
	d.routes = reversed(recordRoute(res))
	d.retarget(res)
}

// retarget takes the Contact of a target refresh request or of its 2xx (§12.2.1.2, §12.2.2).
func (d *dialog) retarget(msg interface {
	GetHeaders(string) []sipmsg.Header
}) {
	for _, h := range msg.GetHeaders("Contact") {
		if c, ok := h.(*sipmsg.ContactHeader); ok && !c.Address.Wildcard && c.Address.Host != "" {
			d.target = *c.Address.Clone()
			return
		}
	}
}

// request makes the next request of the dialog (§12.2.1.1). ACK carries the number of its INVITE and is made by ackTo.
func (d *dialog) request(method sipmsg.RequestMethod) *sipmsg.Request {
	d.localSeq++
	return d.numbered(method, d.localSeq)
}

func (d *dialog) numbered(method sipmsg.RequestMethod, seq uint32) *sipmsg.Request {
	target, routes := d.route()
	target.Headers = nil // a Request-URI has none (§19.1.1)
	req := sipmsg.NewRequest(method, target)
	for _, r := range routes {
		req.AppendHeader(&sipmsg.RouteHeader{Address: r})
	}
	from := &sipmsg.FromHeader{Address: d.local, Params: sipmsg.NewParams()}
	from.Params.Add("tag", d.localTag)
	req.AppendHeader(from)
	to := &sipmsg.ToHeader{Address: d.remote, Params: sipmsg.NewParams()}
	if d.remoteTag != "" {
		to.Params.Add("tag", d.remoteTag)
	}
	req.AppendHeader(to)
	id := sipmsg.CallIDHeader(d.callID)
	req.AppendHeader(&id)
	req.AppendHeader(&sipmsg.CSeqHeader{SeqNo: seq, MethodName: method})
	hops := sipmsg.MaxForwardsHeader(70)
	req.AppendHeader(&hops)
	return req
}

// route is the Request-URI and the Route headers: loose routing, or strict where the first hop knows no better.
func (d *dialog) route() (sipmsg.Uri, []sipmsg.Uri) {
	if len(d.routes) == 0 || d.routes[0].UriParams.Has("lr") {
		return *d.target.Clone(), d.routes
	}
	rest := append([]sipmsg.Uri{}, d.routes[1:]...)
	return *d.routes[0].Clone(), append(rest, *d.target.Clone())
}

func recordRoute(msg interface {
	GetHeaders(string) []sipmsg.Header
}) []sipmsg.Uri {
	var out []sipmsg.Uri
	for _, h := range msg.GetHeaders("Record-Route") {
		if r, ok := h.(*sipmsg.RecordRouteHeader); ok {
			out = append(out, *r.Address.Clone())
		}
	}
	return out
}

func reversed(in []sipmsg.Uri) []sipmsg.Uri {
	out := make([]sipmsg.Uri, 0, len(in))
	for i := len(in) - 1; i >= 0; i-- {
		out = append(out, in[i])
	}
	return out
}

func toTag(msg interface{ To() *sipmsg.ToHeader }) string {
	if to := msg.To(); to != nil {
		return to.Params.GetOr("tag", "")
	}
	return ""
}

func fromTag(msg interface{ From() *sipmsg.FromHeader }) string {
	if from := msg.From(); from != nil {
		return from.Params.GetOr("tag", "")
	}
	return ""
}
