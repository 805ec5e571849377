// Package policy answers two questions: who is on call at an instant, and what should a call do.
//
// It is pure: no I/O, no clock, no logging, no cursor, no cache with a lifetime. The book and the zone data come in as
// values, the answer goes out as a value with its reasons. Start with Decide (decide.go) for a call, and with
// Roster.Resolve (resolve.go) for a schedule; wall.go holds the one rule (S2) on which every hand-off and window stands.
//
// What changes is a value too. CheckSchedule and CheckEdit name every mistake with its field, Report says what a change
// would do before it is stored, an Offer is a swap under way, a Ladder is an escalation under way.
package policy
