// Package report answers which rule of the law asks for what, which mechanism of this program serves it, how that is tested,
// and which command produces the evidence.
//
// It never judges whether a house complies, and claims no certification: there is none for software. It reads no data
// and makes no request; cmd/nightbell gathers what the table names. The table is the source of docs/HIPAA.md and of
// `nightbell controls list`. Start at Control, then at administrative.go.
package report
