// Package sip is the wire: it answers who is calling, carries each party's dialog, and knows which phone can be reached
// on which connection.
//
// It has two halves. The wire half (wire.go is the seam, open.go the start) knows listeners, flows, framing, validation
// and the transactions of RFC 3261 §17 and RFC 6026; it decides nothing. The dialog half (core.go, leg.go) is the Core
// that the wire asks: identity of trunks, digest, registrar, the INVITE dialog as a table.
//
// What a reader should know before changing it:
//
//   - Order. Every callback of a connection runs on its lane, one at a time, in the order of the wire; on UDP a lane
//     serves a Call-ID. A lane's goroutine lives only while there is work, so an established call costs none.
//   - Binding. A transaction belongs to the flow it came by. Nobody can answer, cancel or acknowledge another's.
//   - Silence. Until the core admits a flow the wire sends it no byte of its own accord, and closes it after 5 s.
//   - Bounds. Message, header, line, connections, openings, rates, queue and every wait have a limit (Limits).
//   - Validation comes first. A Core never sees a message that lacks From, To, Call-ID, CSeq or Via, or whose lines the
//     parser could read in two ways. RFC 4475's verdicts stand in testdata/sip/rfc4475/verdicts.txt.
//
// The package never dials a registered phone, never trusts a header for identity, never logs a number, a name or SIP
// text, and does no I/O but on its own sockets. SDP passes through as bytes. Of the foreign module only the parser and
// its message types are used.
//
// Start with wire.go for the words, transaction.go for what happens to a request, leg_table.go for a dialog's life.
package sip
