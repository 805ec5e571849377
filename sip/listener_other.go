//go:build !linux

package sip

import "syscall"

// unanswered is Linux's; elsewhere keepalive alone finds dead peers.
func unanswered(_, _ string, _ syscall.RawConn) error { return nil }
