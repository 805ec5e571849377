package sip

import (
	"errors"
	"sync"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// ClientTx is a request of ours (RFC 3261 §17.1, RFC 6026 §7.2).
type ClientTx struct {
	f      *Flow
	req    *sipmsg.Request
	invite bool
	callID string
	key    string
	sentBy string

	response func(*sipmsg.Response)
	fail     func(error)

	mu       sync.Mutex
	state    txState
	raw      []byte // the request, to repeat on UDP
	ack      []byte
	soon     *time.Timer // Timer A or E
	life     *time.Timer // Timer B, D, F, K or M
	interval time.Duration
	cancel   cancelState
	extra    []sipmsg.Header
	failed   error // to be told by farewell
	done     chan struct{}
}

type cancelState uint8

const (
	notCancelled cancelState = iota
	cancelWanted             // waits for a provisional answer
	cancelSent
)

var errNotARequest = errors.New("ACK and CANCEL are no requests of their own")

// Request starts a client transaction (INVITE or not; never ACK, never CANCEL). Via with a new branch is put on top,
// Max-Forwards added where missing. response is called on the lane for every provisional, the final answer, and each
// further 2xx to an INVITE within 64*T1 (retransmissions and forks, RFC 6026); fail once, instead of a final answer.
func (f *Flow) Request(req *sipmsg.Request, response func(*sipmsg.Response), fail func(error)) (*ClientTx, error) {
	if req.Method == sipmsg.ACK || req.Method == sipmsg.CANCEL {
		return nil, errNotARequest
	}
	f.prepare(req)
	return f.start(req, response, fail)
}

// start sends a request that has its Via.
func (f *Flow) start(req *sipmsg.Request, response func(*sipmsg.Response), fail func(error)) (*ClientTx, error) {
	branch, sentBy := branchOf(req)
	tx := &ClientTx{
		f: f, req: req, invite: req.Method == sipmsg.INVITE, callID: string(*req.CallID()),
		key: clientKey(branch, req.Method), sentBy: sentBy, response: response, fail: fail,
	}
	tx.mu.Lock()
	defer tx.mu.Unlock()
	f.mu.Lock()
	if f.err != nil {
		f.mu.Unlock()
		return nil, f.err
	}
	f.client[tx.key] = tx
	f.mu.Unlock()
	f.w.count.clientTx.Add(1)

	tx.raw = encode(req)
	if err := f.write(tx.raw); err != nil {
		tx.fail = nil // told by the returned error
		tx.finish(err)
		return nil, err
	}
	tx.expire(life64, ErrTimeout) // Timer B or F
	if f.reliable {
		tx.raw = nil
		return tx, nil
	}
	tx.interval = T1
	tx.repeat()
	return tx, nil
}

// Request is what was sent, Via included. Read only.
func (tx *ClientTx) Request() *sipmsg.Request { return tx.req }

// Done is closed when the transaction is over.
func (tx *ClientTx) Done() <-chan struct{} {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if tx.done == nil {
		tx.done = make(chan struct{})
		if tx.state == terminated {
			close(tx.done)
		}
	}
	return tx.done
}

// repeat is Timer A (INVITE: doubling, until anything comes) or E (doubling up to T2, and T2 once provisional).
func (tx *ClientTx) repeat() {
	tx.soon = time.AfterFunc(tx.interval, func() {
		tx.mu.Lock()
		defer tx.mu.Unlock()
		if tx.state != calling && (tx.invite || tx.state != proceeding) {
			return
		}
		tx.f.w.count.retransmitted.Add(1)
		_ = tx.f.write(tx.raw)
		tx.interval *= 2
		if !tx.invite {
			tx.interval = min(tx.interval, T2)
			if tx.state == proceeding {
				tx.interval = T2
			}
		}
		tx.repeat()
	})
}

// take is called on the lane for every response that matches.
func (tx *ClientTx) take(res *sipmsg.Response) {
	tx.mu.Lock()
	tell := tx.advance(res)
	tx.mu.Unlock()
	if tell && tx.response != nil {
		tx.response(res)
	}
}

// advance is the machine: does the core hear of this response?
func (tx *ClientTx) advance(res *sipmsg.Response) bool {
	switch {
	case tx.state == terminated:
		return false
	case tx.state == accepted:
		return res.IsSuccess()
	case tx.state == completed:
		if tx.ack != nil && res.StatusCode >= 300 {
			_ = tx.f.write(tx.ack)
		}
		return false
	case res.StatusCode < 200:
		tx.ringing()
		return true
	case tx.invite:
		tx.settle(res)
		return true
	default:
		tx.state = completed
		tx.linger(T4) // Timer K
		return true
	}
}

// ringing: any provisional answer stops the INVITE's clock and lets a waiting CANCEL go.
func (tx *ClientTx) ringing() {
	tx.state = proceeding
	if !tx.invite {
		return
	}
	stop(tx.soon)
	if tx.cancel != cancelSent {
		stop(tx.life)
		tx.life = nil
	}
	if tx.cancel == cancelWanted {
		tx.sendCancel()
	}
}

// settle is the final answer to an INVITE: a refusal is acknowledged here, a 2xx by the dialog.
func (tx *ClientTx) settle(res *sipmsg.Response) {
	stop(tx.soon)
	if res.IsSuccess() {
		tx.state, tx.raw = accepted, nil
		tx.expire(life64, nil) // Timer M
		return
	}
	tx.state = completed
	tx.ack = encode(tx.ackTo(res))
	_ = tx.f.write(tx.ack)
	tx.linger(life64) // Timer D: at least 32 s
}

// linger absorbs retransmissions for d where the transport makes any.
func (tx *ClientTx) linger(d time.Duration) {
	stop(tx.soon)
	tx.raw = nil
	if tx.f.reliable {
		tx.finish(nil)
		return
	}
	tx.expire(d, nil)
}

// ackTo builds the ACK to a refusal: same branch, the To of the response (RFC 3261 §17.1.1.3).
func (tx *ClientTx) ackTo(res *sipmsg.Response) *sipmsg.Request {
	ack := tx.sibling(sipmsg.ACK)
	ack.ReplaceHeader(sipmsg.HeaderClone(res.To()))
	return ack
}

// sibling is a request that shares branch, parties and sequence number with this one.
func (tx *ClientTx) sibling(method sipmsg.RequestMethod) *sipmsg.Request {
	req := sipmsg.NewRequest(method, *tx.req.Recipient.Clone())
	req.AppendHeader(tx.req.Via().Clone())
	sipmsg.CopyHeaders("Route", tx.req, req)
	hops := sipmsg.MaxForwardsHeader(70)
	req.AppendHeader(&hops)
	req.AppendHeader(sipmsg.HeaderClone(tx.req.From()))
	req.AppendHeader(sipmsg.HeaderClone(tx.req.To()))
	req.AppendHeader(sipmsg.HeaderClone(tx.req.CallID()))
	req.AppendHeader(&sipmsg.CSeqHeader{SeqNo: tx.req.CSeq().SeqNo, MethodName: method})
	return req
}

// Cancel sends CANCEL for an INVITE, at once or with the first provisional answer (RFC 3261 §9.1); extra headers
// (Reason) go with it. After a final answer it does nothing. Without a final answer in 64*T1 fail gets ErrTimeout.
func (tx *ClientTx) Cancel(extra ...sipmsg.Header) {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if !tx.invite || tx.cancel != notCancelled || tx.state > proceeding {
		return
	}
	tx.cancel, tx.extra = cancelWanted, extra
	if tx.state == proceeding {
		tx.sendCancel()
	}
}

// sendCancel starts the CANCEL's own transaction and the clock of the INVITE's end.
func (tx *ClientTx) sendCancel() {
	tx.cancel = cancelSent
	req := tx.sibling(sipmsg.CANCEL)
	for _, h := range tx.extra {
		req.AppendHeader(h)
	}
	tx.expire(life64, ErrTimeout)
	_, _ = tx.f.start(req, nil, nil) // a flow that is gone tells the INVITE itself
}

// expire ends the transaction after d, unless it was given another term by then.
func (tx *ClientTx) expire(d time.Duration, why error) {
	stop(tx.life)
	var mine *time.Timer
	mine = time.AfterFunc(d, func() {
		tx.mu.Lock()
		defer tx.mu.Unlock()
		if tx.life != mine {
			return
		}
		if why == ErrTimeout {
			tx.f.w.count.timedOut.Add(1)
		}
		tx.finish(why)
	})
	tx.life = mine
}

// finish ends the transaction, under its lock; a failure is told on the lane.
func (tx *ClientTx) finish(why error) {
	if tx.state == terminated {
		return
	}
	if tx.state == calling || tx.state == proceeding {
		tx.failed = why
	}
	tx.state, tx.raw = terminated, nil
	stop(tx.soon)
	stop(tx.life)
	if tx.done != nil {
		close(tx.done)
	}
	tx.f.w.count.clientTx.Add(-1)
	tx.f.dismiss(tx.callID, tx.remove, tx.farewell)
}

func (tx *ClientTx) remove() { delete(tx.f.client, tx.key) }

// farewell tells a failure, once, on the lane.
func (tx *ClientTx) farewell() {
	tx.mu.Lock()
	fn, why := tx.fail, tx.failed
	tx.failed = nil
	tx.mu.Unlock()
	if fn != nil && why != nil {
		fn(why)
	}
}

// terminate ends it from the lane, with its flow.
func (tx *ClientTx) terminate(why error) {
	tx.mu.Lock()
	tx.finish(why)
	tx.mu.Unlock()
	tx.farewell()
}
