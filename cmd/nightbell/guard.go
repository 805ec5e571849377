package main

import (
	"errors"
	"os"
	"runtime/debug"
	"strings"

	"golang.org/x/sys/unix"

	"nightbell/console"
)

// guard keeps the memory of a process that holds keys and calls off the disk and away from the neighbours: no core file,
// whatever the machine's limits or GOTRACEBACK say, and no ptrace or /proc/PID/mem for programs of the same user
// (prctl(2), PR_SET_DUMPABLE). Swap is the unit's (MemorySwapMax=0) or the machine's business: doctor looks at it.
func guard() error {
	debug.SetTraceback("single")
	err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{})
	return errors.Join(err, unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0))
}

// swapFinding says whether memory may reach a disk in clear: no swap, or swap that is compressed memory, is fine; a swap
// on a mapped device may be encrypted, which the kernel does not tell.
func swapFinding(path string) console.Finding {
	b, err := os.ReadFile(path)
	if err != nil {
		return found("swap", console.Warn, "the kernel does not say whether there is any")
	}
	var mapped, clear []string
	for i, line := range strings.Split(string(b), "\n") {
		f := strings.Fields(line)
		switch {
		case i == 0 || len(f) == 0 || strings.HasPrefix(f[0], "/dev/zram"):
		case strings.HasPrefix(f[0], "/dev/dm-") || strings.HasPrefix(f[0], "/dev/mapper/"):
			mapped = append(mapped, f[0])
		default:
			clear = append(clear, f[0])
		}
	}
	switch {
	case len(clear) > 0:
		return found("swap", console.Warn, "%s: keys and calls in memory could reach the disk; the systemd unit keeps them off (MemorySwapMax=0), else swapoff", strings.Join(clear, ", "))
	case len(mapped) > 0:
		return found("swap", console.Warn, "%s: make sure that it is encrypted, or swapoff", strings.Join(mapped, ", "))
	}
	return found("swap", console.Fine, "none on a disk")
}
