package sip

import (
	"strconv"
	"sync"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// ServerTx is a request that waits for its answer (RFC 3261 §17.2, RFC 6026 §7.1).
type ServerTx struct {
	f          *Flow
	req        *sipmsg.Request
	invite     bool
	callID     string
	key, merge string
	merged     bool
	tag        string

	mu       sync.Mutex
	state    txState
	last     []byte      // the answer to repeat
	soon     *time.Timer // 100 Trying, then Timer G
	life     *time.Timer // Timer H, I, J or L
	interval time.Duration
	onCancel func(*sipmsg.Request)
	onEnd    func(error)
	gone     bool // CANCEL has come
	settled  bool // has its final answer, or needs none any more
	ended    error
	done     chan struct{}
}

func newServerTx(f *Flow, req *sipmsg.Request, key string) *ServerTx {
	tx := &ServerTx{
		f: f, req: req, invite: req.Method == sipmsg.INVITE, callID: string(*req.CallID()),
		key: key, merge: mergeKey(req), tag: tagOf(req.To().Params), state: proceeding,
	}
	if tx.tag == "" {
		tx.tag = newTag()
	}
	return tx
}

// Request is the message as it was validated. Read only.
func (tx *ServerTx) Request() *sipmsg.Request { return tx.req }

// Flow is where it came from and where the answers go.
func (tx *ServerTx) Flow() *Flow { return tx.f }

// Tag is our To tag, the same in every answer: the request's own where it has one.
func (tx *ServerTx) Tag() string { return tx.tag }

// OnCancel is called on the lane when a CANCEL matches the unanswered INVITE, after the CANCEL got its 200. The core
// answers the INVITE with 487. Set it within Core.Request; without it the wire answers 487 itself.
func (tx *ServerTx) OnCancel(fn func(cancel *sipmsg.Request)) {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	tx.onCancel = fn
}

// OnEnd is called once on the lane when the transaction is over: nil, ErrNoAck or ErrFlowClosed.
func (tx *ServerTx) OnEnd(fn func(error)) {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if tx.state != terminated {
		tx.onEnd = fn
	}
}

// Done is closed when the transaction is over.
func (tx *ServerTx) Done() <-chan struct{} {
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

// Response makes an answer: Via, From, To with our tag, Call-ID, CSeq, Record-Route where RFC 3261 §12.1.1 asks for it.
func (tx *ServerTx) Response(code int, reason string) *sipmsg.Response {
	res := sipmsg.NewResponse(code, reason)
	if code > 100 && code < 300 && tx.req.Method != sipmsg.REGISTER {
		sipmsg.CopyHeaders("Record-Route", tx.req, res)
	}
	sipmsg.CopyHeaders("Via", tx.req, res)
	res.AppendHeader(sipmsg.HeaderClone(tx.req.From()))
	to := sipmsg.HeaderClone(tx.req.To()).(*sipmsg.ToHeader)
	if code > 100 {
		to.Params.Add("tag", tx.tag)
	} else {
		sipmsg.CopyHeaders("Timestamp", tx.req, res)
	}
	res.AppendHeader(to)
	res.AppendHeader(sipmsg.HeaderClone(tx.req.CallID()))
	res.AppendHeader(sipmsg.HeaderClone(tx.req.CSeq()))
	return res
}

// begin starts the clock of an INVITE: 100 Trying unless the core is quicker (RFC 3261 §17.2.1).
func (tx *ServerTx) begin() {
	if !tx.invite || !tx.f.Admitted() {
		return
	}
	tx.mu.Lock()
	defer tx.mu.Unlock()
	tx.soon = time.AfterFunc(200*time.Millisecond, func() {
		tx.mu.Lock()
		defer tx.mu.Unlock()
		if tx.state == proceeding && tx.last == nil {
			tx.last = encode(tx.Response(100, "Trying"))
			_ = tx.f.write(tx.last)
		}
	})
}

// Respond sends an answer. After a final one only further 2xx to the same INVITE are taken (the leg retransmits its
// 2xx by itself, RFC 3261 §13.3.1.4); everything else is ErrTxState.
func (tx *ServerTx) Respond(res *sipmsg.Response) error {
	if to := res.To(); to != nil && res.StatusCode > 100 && tagOf(to.Params) != tx.tag {
		to.Params.Add("tag", tx.tag)
	}
	tx.mu.Lock()
	defer tx.mu.Unlock()
	switch {
	case tx.ended != nil:
		return tx.ended
	case tx.state == proceeding:
	case tx.state == accepted && res.IsSuccess():
		return tx.f.write(encode(res))
	default:
		return ErrTxState
	}
	b := encode(res)
	stop(tx.soon)
	tx.last = b
	err := tx.f.write(b)
	if res.StatusCode >= 200 {
		tx.answered(res.StatusCode)
	}
	return err
}

// unavailable is 503 with the time after which another try is worth it.
func (tx *ServerTx) unavailable(wait time.Duration) *sipmsg.Response {
	res := tx.Response(503, "Service Unavailable")
	res.AppendHeader(sipmsg.NewHeader("Retry-After", strconv.Itoa(int(wait/time.Second))))
	return res
}

// settle counts the transaction out of those that wait for an answer.
func (tx *ServerTx) settle() {
	if !tx.settled {
		tx.settled = true
		tx.f.unanswered.Add(-1)
	}
}

// answered moves on after a final response.
func (tx *ServerTx) answered(code int) {
	tx.settle()
	switch {
	case tx.invite && code < 300:
		tx.state, tx.last = accepted, nil
		tx.expire(life64, nil) // Timer L
	case tx.invite:
		tx.state = completed
		tx.expire(life64, ErrNoAck) // Timer H
		if !tx.f.reliable {
			tx.interval = T1
			tx.repeat()
		}
	case tx.f.reliable:
		tx.finish(nil) // Timer J is zero
	default:
		tx.state = completed
		tx.expire(life64, nil) // Timer J
	}
}

// repeat is Timer G: the refusal again until the ACK, on unreliable transports.
func (tx *ServerTx) repeat() {
	tx.soon = time.AfterFunc(tx.interval, func() {
		tx.mu.Lock()
		defer tx.mu.Unlock()
		if tx.state != completed {
			return
		}
		tx.f.w.count.retransmitted.Add(1)
		_ = tx.f.write(tx.last)
		tx.interval = min(2*tx.interval, T2)
		tx.repeat()
	})
}

// again answers a copy of the request: what was said last is said once more.
func (tx *ServerTx) again() {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if tx.last != nil && (tx.state == proceeding || tx.state == completed) {
		tx.f.w.count.retransmitted.Add(1)
		_ = tx.f.write(tx.last)
	}
}

// acknowledged takes the ACK to a refusal; false: the ACK is none of the transaction's.
func (tx *ServerTx) acknowledged() bool {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	switch tx.state {
	case completed:
		stop(tx.soon)
		if tx.f.reliable {
			tx.finish(nil) // Timer I is zero
			return true
		}
		tx.state = confirmed
		tx.expire(T4, nil) // Timer I
		return true
	case confirmed:
		return true
	default:
		return false
	}
}

// cancel tells the core once, on the lane, while the INVITE is unanswered.
func (tx *ServerTx) cancel(req *sipmsg.Request) {
	tx.mu.Lock()
	if tx.state != proceeding || tx.gone {
		tx.mu.Unlock()
		return
	}
	tx.gone = true
	fn := tx.onCancel
	tx.mu.Unlock()
	switch {
	case fn != nil:
		fn(req)
	case tx.f.Admitted():
		_ = tx.Respond(tx.Response(487, "Request Terminated"))
	default:
		tx.terminate(nil)
	}
}

// expire ends the transaction after d, unless its state has moved on by then.
func (tx *ServerTx) expire(d time.Duration, why error) {
	stop(tx.life)
	state := tx.state
	tx.life = time.AfterFunc(d, func() {
		tx.mu.Lock()
		defer tx.mu.Unlock()
		if tx.state == state {
			tx.finish(why)
		}
	})
}

// finish ends the transaction, under its lock, and posts OnEnd.
func (tx *ServerTx) finish(why error) {
	if tx.state == terminated {
		return
	}
	tx.settle()
	tx.state, tx.ended, tx.last = terminated, why, nil
	stop(tx.soon)
	stop(tx.life)
	if tx.done != nil {
		close(tx.done)
	}
	tx.f.w.count.serverTx.Add(-1)
	tx.f.dismiss(tx.callID, tx.remove, tx.farewell)
}

func (tx *ServerTx) remove() {
	delete(tx.f.server, tx.key)
	if tx.f.merges[tx.merge] == tx {
		delete(tx.f.merges, tx.merge)
	}
}

// farewell runs OnEnd, once, on the lane.
func (tx *ServerTx) farewell() {
	tx.mu.Lock()
	fn := tx.onEnd
	tx.onEnd = nil
	tx.mu.Unlock()
	if fn != nil {
		fn(tx.ended)
	}
}

// terminate ends it from the lane, for instance with its flow.
func (tx *ServerTx) terminate(why error) {
	tx.mu.Lock()
	tx.finish(why)
	tx.mu.Unlock()
	tx.farewell()
}

func stop(t *time.Timer) {
	if t != nil {
		t.Stop()
	}
}
