// Package mediatest answers: does sound really get through? It is a phone's sound half that can be scripted, and the
// judge of what it heard.
//
// A Peer makes and reads its own descriptions, keys SRTP by SDES with pion, speaks G.711 at a pace of 20 ms, presses
// keys, and keeps what it hears as linear sound. It shares no session code with package media, so that a mistake there
// cannot cancel itself out here. It never signals: whoever uses it carries the descriptions (sip/siptest, or a test).
//
// Start at Listen, then Peer.Offer and Accept, or Answer; judge with Correlate. Caller and Agent are two voices to
// speak with.
package mediatest
