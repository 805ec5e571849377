//go:build !linux

package main

import "errors"

func inMemory(string) error { return errors.New("not on this system") }
