package main

import (
	"nightbell/policy"
	"nightbell/sip"
)

// This file is what a registered phone may dial, and who takes it.

// phoned is an INVITE of a registered phone. It never blocks.
func (s *server) phoned(l *sip.Leg) {
	switch deskCode(l.Facts().Number) {
	case dialReady, dialNotReady:
		s.desk.dialled(l)
	default:
		_ = l.Refuse(sip.Refusal{Code: 403, Reason: sip.Declined})
	}
}

// urgentNumber says of what a phone dialled that nothing may hold it up.
func urgentNumber(dialled string) bool { return policy.EmergencyNumber(dialled) != "" }
