package store

import "nightbell/audit"

// Cell names the place of a field cell. A cell that is moved to another place does not open.
type Cell struct {
	Table, Column, Row string
	Clinic             string // empty: of the house, not of a clinic
}

// Sealer seals and opens field cells and makes blind indexes; seal's key ring stands behind it. OpenCell fails for
// a cell of another place, and its error never quotes the cell. SealCell, OpenCell and the indexes are called from many
// goroutines, the writer's too, and must not come back to the store; EnsureClinic may, through the key vault.
type Sealer interface {
	SealCell(c Cell, plaintext []byte) ([]byte, error)
	OpenCell(c Cell, sealed []byte) ([]byte, error)
	Index(clinic, e164 string) ([16]byte, error)     // under the current key: what is written
	Indexes(clinic, e164 string) ([][16]byte, error) // under every key that stands: what is searched for
	EnsureClinic(clinic string) error                // makes the keys of a new clinic before its first row
}

// Signer signs the checkpoints of the audit log; *audit.Signer is one.
type Signer interface {
	SignIn(epoch int, size int64, root audit.Hash) ([]byte, error)
	VerifierKeys() []string // the current one first, then those that signed before
}

// Spool keeps sealed entries on disk while the database cannot be written. Append returns when the entry is safe.
// Replay gives the entries in the order they were appended and stops at the first error, which it returns; entries
// behind a torn tail do not exist. Truncate forgets what was replayed. One goroutine of store uses it.
type Spool interface {
	Append(entry []byte) error
	Replay(func(entry []byte) error) error
	Truncate() error
}

// Trouble is something that a person must hear of. Detail holds no PHI.
type Trouble struct {
	Kind   TroubleKind
	Detail string
}

// TroubleKind is a closed list.
type TroubleKind string

const (
	JournalSpools TroubleKind = "journal_spools" // call events go to the spool: the database cannot be written
	JournalMerged TroubleKind = "journal_merged" // over: the spool is in the database
	JournalHolds  TroubleKind = "journal_holds"  // neither database nor spool takes events; they wait in memory
	JournalLost   TroubleKind = "journal_lost"   // memory is full too: events are gone, counted
	AuditDamaged  TroubleKind = "audit_damaged"  // the log's end does not fit its last checkpoint
)
