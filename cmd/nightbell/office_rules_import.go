package main

import (
	"context"

	"nightbell/console"
	"nightbell/policy"
)

// readLog reads a vendor's call log.
func readLog(string) ([]policy.PastCall, []console.Mistake, error) {
	return nil, nil, console.ErrNotRunning
}

func (p previews) Compare(context.Context, string, console.RotaFile) (console.RotaDifference, error) {
	return console.RotaDifference{}, console.ErrNotRunning
}

func (p previews) Import(context.Context, console.Revision, console.RotaFile) (console.Saved, error) {
	return console.Saved{}, console.ErrNotRunning
}
