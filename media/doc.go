// Package media answers: what is heard on each leg of a call, by whom, and what of it reaches the recorder?
//
// It negotiates (SDP offer and answer with SDES keys, RFC 3264, RFC 4568), owns the UDP ports, decrypts and encrypts
// (SRTP, RFC 3711, RFC 7714), joins two legs, plays prompts, relays keys (RFC 4733), measures (RTCP, RFC 3550) and
// hands a copy of every payload to a tap.
//
// It never speaks SIP, never decides who may talk to whom, never touches a disk or a database, never waits for one,
// and never sends or takes a packet in clear unless Profile.Plain says so.
//
// Start at Engine: Open, Run, NewCall, NewSession; then Session.Answer and Session.Offer. The path of a packet is
// loop.receive -> Session.rtp -> Session.forward. A Call pins its sessions to one loop, one goroutine that owns their
// sockets and keys, so a packet takes no lock; whatever else wants something of a session posts a function to that loop.
package media
