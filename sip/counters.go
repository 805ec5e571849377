package sip

import "sync/atomic"

// Counters count since the start, but for Flows.
type Counters struct {
	Flows int // open now

	Opened, Closed     uint64
	Handshakes         uint64 // completed
	HandshakesRefused  uint64
	AddressesRefused   uint64
	Unidentified       uint64
	SlowReaders        uint64
	Pings              uint64 // RFC 5626 keepalives
	Requests           uint64 // that reached a new server transaction
	Responses          uint64 // that reached a client transaction
	Sent               uint64 // messages
	Retransmitted      uint64 // by us
	Absorbed           uint64 // retransmissions of the peer
	Invalid            uint64 // messages refused by validation
	Unframed           uint64 // streams closed because they made no sense
	Stray              uint64 // responses and ACKs that match nothing
	Merged             uint64 // 482
	Drained            uint64 // 503 while draining
	Crowded            uint64 // 503 because too many on one flow wait for an answer
	Panics             uint64
	RateDropped        uint64 // datagrams over the rate
	TimedOut           uint64 // client transactions without an answer
	ServerTransactions int    // now
	ClientTransactions int    // now
}

// counters is the live form.
type counters struct {
	flows, serverTx, clientTx                                   atomic.Int64
	opened, closed, handshakes, handshakesRefused               atomic.Uint64
	addressesRefused, unidentified, slowReaders, pings          atomic.Uint64
	requests, responses, sent, retransmitted, absorbed, invalid atomic.Uint64
	unframed, stray, merged, drained, crowded, panics           atomic.Uint64
	rateDropped, timedOut                                       atomic.Uint64
}

// Counters is a snapshot for metrics.
func (w *Wire) Counters() Counters {
	c := &w.count
	return Counters{
		Flows:              int(c.flows.Load()),
		Opened:             c.opened.Load(),
		Closed:             c.closed.Load(),
		Handshakes:         c.handshakes.Load(),
		HandshakesRefused:  c.handshakesRefused.Load(),
		AddressesRefused:   c.addressesRefused.Load(),
		Unidentified:       c.unidentified.Load(),
		SlowReaders:        c.slowReaders.Load(),
		Pings:              c.pings.Load(),
		Requests:           c.requests.Load(),
		Responses:          c.responses.Load(),
		Sent:               c.sent.Load(),
		Retransmitted:      c.retransmitted.Load(),
		Absorbed:           c.absorbed.Load(),
		Invalid:            c.invalid.Load(),
		Unframed:           c.unframed.Load(),
		Stray:              c.stray.Load(),
		Merged:             c.merged.Load(),
		Drained:            c.drained.Load(),
		Crowded:            c.crowded.Load(),
		Panics:             c.panics.Load(),
		RateDropped:        c.rateDropped.Load(),
		TimedOut:           c.timedOut.Load(),
		ServerTransactions: int(c.serverTx.Load()),
		ClientTransactions: int(c.clientTx.Load()),
	}
}
