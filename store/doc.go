// Package store is the only place that knows SQL. It answers: what is kept, and since when is it safe?
//
// One SQLite file in WAL mode. One goroutine writes: it gathers what waits into one transaction, appends the audit
// leaves of all of it to the Merkle tree, signs one checkpoint, commits with synchronous=FULL, and only then tells each
// caller. A pool of read-only connections reads. Exported methods open the transaction, unexported ones take it.
//
// Whatever identifies a patient or a person lies in field cells, sealed for their table, column, row and clinic through
// the Sealer port; a caller's number is found again by a blind index. Errors hold ids and column names, never values.
//
// A change and its audit event are one transaction: either both stand or neither. The story of a call comes in through
// Journal, which never keeps a call waiting: while the database is locked or its disk is full, the story goes to a
// Spool and is merged later, in order, once, marked late.
//
// It never opens a network connection, never holds a key of its own, and never decides anything about a call.
//
// Start with Open, then writer.go, then whatever you came for: book_load.go, calls_list.go, recordings.go, journal.go.
package store
