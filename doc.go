// Package nightbell is the root of a call-handling server for medical answering services. There is no code here: the
// map of the rooms stands in docs/ARCHITECTURE.md, the law of who may import whom in house_test.go, and the best place
// to begin reading is call/call.go, the life of one call.
package nightbell
