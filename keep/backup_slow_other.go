//go:build !linux

package keep

func yieldThread() {}
