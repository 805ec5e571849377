// Package access answers three questions: who is this, what may she do, and may she do it now.
//
// A person is a row of the book; her account, factors, logins, grants, trainings and readiness are values here. Passwords,
// TOTP, passkeys and recovery codes prove who she is; grants say what she may; the gate (Decide) says whether now, with
// every reason at once in words a person understands; the roster says who is ready for which clinic, and what an automatic
// rule may take away (never a clinic's last ready agent).
//
// It never reads a disk, a network or a clock: the moment comes in as a parameter, only randomness is its own. It knows no
// patient and no call, writes no audit and keeps no state but counters (Throttle) and the queue before the password hash.
//
// Start with Decide (gate.go), then Login.Live (login.go) and Roster (roster.go).
package access
