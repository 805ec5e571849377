//go:build !race

package sip

import "os"

// rounds is how often a race is run in a bubble: 10,000 times by `make soak`, enough to notice in every other run.
func rounds() int {
	if os.Getenv("NIGHTBELL_SOAK") == "1" {
		return 10000
	}
	return 1000
}
