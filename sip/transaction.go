package sip

import (
	"strconv"
	"strings"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// txState is shared by the four machines of RFC 3261 §17 with RFC 6026.
type txState uint8

const (
	calling    txState = iota // client: nothing came back ("Trying" of a non-INVITE)
	proceeding                // provisional, or a server that has not answered finally
	completed                 // final answer other than 2xx to INVITE; retransmissions absorbed
	confirmed                 // server INVITE: the ACK has come
	accepted                  // 2xx to INVITE: further 2xx pass (RFC 6026 §7)
	terminated
)

// life64 is how long either side waits for the other: timers B, F, H, J, L, M.
const life64 = 64 * T1

// serverKey finds a server transaction (RFC 3261 §17.2.3). ACK and CANCEL ask with the INVITE's method. A branch
// without the cookie is RFC 2543's: the request is then known by its parts.
func serverKey(req *sipmsg.Request, method sipmsg.RequestMethod) string {
	branch, sentBy := branchOf(req)
	if isCookied(branch) {
		return string(method) + " " + branch + " " + sentBy
	}
	return strings.Join([]string{
		string(method), "rfc2543", req.Recipient.String(), tagOf(req.From().Params), string(*req.CallID()),
		strconv.FormatUint(uint64(req.CSeq().SeqNo), 10), req.Via().Value(),
	}, " ")
}

// mergeKey is what two copies of one request share that came by different paths (RFC 3261 §8.2.2.2); "" inside a
// dialog.
func mergeKey(req *sipmsg.Request) string {
	if tagOf(req.To().Params) != "" {
		return ""
	}
	return string(req.Method) + " " + strconv.FormatUint(uint64(req.CSeq().SeqNo), 10) + " " +
		tagOf(req.From().Params) + " " + string(*req.CallID())
}

// clientKey finds a client transaction (RFC 3261 §17.1.3).
func clientKey(branch string, method sipmsg.RequestMethod) string {
	return string(method) + " " + branch
}

// takeRequest sorts a request: ACK and CANCEL to their INVITE, a copy to its transaction, the new to the core.
func (f *Flow) takeRequest(req *sipmsg.Request) {
	switch req.Method {
	case sipmsg.ACK:
		f.takeAck(req)
		return
	case sipmsg.CANCEL:
		f.takeCancel(req)
		return
	}
	tx := newServerTx(f, req, serverKey(req, req.Method))
	if known := f.adopt(tx); known != nil {
		f.w.count.absorbed.Add(1)
		known.again()
		return
	}
	f.w.count.requests.Add(1)
	if f.turnAway(tx) {
		return
	}
	tx.begin()
	f.deliver(tx)
}

// adopt registers a new transaction, or gives the one that the request is a copy of.
func (f *Flow) adopt(tx *ServerTx) (known *ServerTx) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if known = f.server[tx.key]; known != nil {
		return known
	}
	f.server[tx.key] = tx
	f.w.count.serverTx.Add(1)
	f.unanswered.Add(1)
	if tx.merge == "" {
		return nil
	}
	if f.merges[tx.merge] != nil {
		tx.merged = true
		return nil
	}
	f.merges[tx.merge] = tx
	return nil
}

// turnAway answers what the core need not see. Only an admitted peer hears anything. Too many at once are those that wait
// for an answer: an INVITE that got its 2xx stays for another 32 s (Timer L), and a busy carrier has thousands of these.
// What belongs to a dialog is never turned away, or nobody could hang up.
func (f *Flow) turnAway(tx *ServerTx) bool {
	outside := tagOf(tx.req.To().Params) == ""
	if passes := f.w.cfg.Passes; outside && tx.invite && !tx.merged && passes != nil && passes(tx) {
		return false
	}
	var res *sipmsg.Response
	switch {
	case tx.merged:
		f.w.count.merged.Add(1)
		res = tx.Response(482, "Loop Detected")
	case outside && f.unanswered.Load() > int64(f.w.limits.Transactions):
		f.w.count.crowded.Add(1)
		res = tx.unavailable(5 * time.Second)
	case outside && tx.invite && f.Admitted() && f.w.Draining():
		f.w.count.drained.Add(1)
		res = tx.unavailable(f.w.limits.Drain)
	case !f.w.allows(tx.req.Method) && f.Admitted():
		res = tx.Response(405, "Method Not Allowed")
		res.AppendHeader(sipmsg.NewHeader("Allow", f.w.allow))
	default:
		return false
	}
	if !f.Admitted() {
		tx.terminate(nil)
		return true
	}
	_ = tx.Respond(res)
	return true
}

// deliver hands a request to the core; a panic there still gets the peer an answer.
func (f *Flow) deliver(tx *ServerTx) {
	done := false
	defer func() {
		if !done && f.Admitted() {
			_ = tx.Respond(tx.Response(500, "Server Internal Error"))
		}
	}()
	f.w.cfg.Core.Request(tx)
	done = true
}

func (f *Flow) findServer(key string) *ServerTx {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.server[key]
}

// takeAck: the transaction keeps an ACK to a refusal; one to a 2xx is the dialog's.
func (f *Flow) takeAck(req *sipmsg.Request) {
	if tx := f.findServer(serverKey(req, sipmsg.INVITE)); tx != nil && tx.acknowledged() {
		return
	}
	f.w.cfg.Core.Ack(f, req)
}

// takeCancel answers a CANCEL and tells the core of the INVITE (RFC 3261 §9.2). The INVITE is looked for on this flow
// only: nobody can cancel what came by another connection.
func (f *Flow) takeCancel(req *sipmsg.Request) {
	tx := newServerTx(f, req, serverKey(req, sipmsg.CANCEL))
	if known := f.adopt(tx); known != nil {
		f.w.count.absorbed.Add(1)
		known.again()
		return
	}
	f.w.count.requests.Add(1)
	invite := f.findServer(serverKey(req, sipmsg.INVITE))
	switch {
	case !f.Admitted():
		tx.terminate(nil)
	case invite == nil:
		f.w.count.stray.Add(1)
		_ = tx.Respond(tx.Response(481, "Call/Transaction Does Not Exist"))
	default:
		tx.tag = invite.tag
		_ = tx.Respond(tx.Response(200, "OK"))
	}
	if invite != nil {
		invite.cancel(req)
	}
}

// takeResponse brings a response to its client transaction, by branch and method on this flow.
func (f *Flow) takeResponse(res *sipmsg.Response) {
	branch, sentBy := branchOf(res)
	f.mu.Lock()
	tx := f.client[clientKey(branch, res.CSeq().MethodName)]
	f.mu.Unlock()
	if tx != nil && tx.sentBy == sentBy {
		f.w.count.responses.Add(1)
		tx.take(res)
		return
	}
	f.w.count.stray.Add(1)
	if res.IsSuccess() && res.CSeq().MethodName == sipmsg.INVITE {
		f.w.cfg.Core.StrayResponse2xx(f, res)
	}
}

// dismiss takes an ended transaction out of the flow's books and posts its last callback; false: the flow has ended
// meanwhile and its own farewell will run the callback.
func (f *Flow) dismiss(callID string, remove, last func()) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	remove()
	if f.err != nil {
		return false
	}
	f.lane(callID).post(last)
	return true
}
