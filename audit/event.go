package audit

import "time"

// Event is one thing that must be remembered. It holds no PHI in clear: ids, pseudonyms and closed words only; what
// identifies a patient goes, sealed, into Detail.
type Event struct {
	Time        time.Time
	Actor       Actor
	Action      Action // from the closed list in actions.go
	Object      string // "call:ID", "recording:ID", "trunk:ID", ...
	Clinic      string
	Outcome     Outcome
	Reason      string
	Purpose     string
	Classes     []string          // PHI classes touched: "number", "name", "audio", "body"
	Correlation string            // call id, request id
	Facts       map[string]string // closed words, counts, hashes and versions in clear; never PHI
	Detail      []byte            // sealed cell; nil: none
	Late        bool              // merged from a spool after the fact
}

// Actor is who did it.
type Actor struct {
	Type   string // "person", "token", "device", "trunk", "operator" (control socket or offline CLI), "system"
	ID     string
	Role   string
	Login  string
	Device string
	IP     string // of a person or device of ours; never a caller's number
}

// Outcome is how it ended.
type Outcome string

const (
	Done    Outcome = "done"
	Refused Outcome = "refused"
	Broke   Outcome = "failed"
)

// Action is a word from the closed list; Actions lists them all with what each means.
type Action string
