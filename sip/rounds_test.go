//go:build !race

package sip

// rounds is how often a race is run in a bubble.
func rounds() int { return 10000 }
