package keep

import "golang.org/x/sys/unix"

// yieldThread makes this thread's work wait for everybody else's: nice 10, and I/O of the idle class (ioprio_set(2)),
// which schedulers that know no classes ignore. Neither needs a privilege; a refusal changes nothing but the manners.
func yieldThread() {
	const (
		whoProcess = 1
		idleClass  = 3 << 13
	)
	tid := unix.Gettid()
	_ = unix.Setpriority(unix.PRIO_PROCESS, tid, 10)
	_, _, _ = unix.Syscall(unix.SYS_IOPRIO_SET, whoProcess, uintptr(tid), idleClass)
}
