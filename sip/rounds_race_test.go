//go:build race

package sip

// rounds is fewer where the race detector watches each: ten times slower, and it needs no luck.
func rounds() int { return 500 }
