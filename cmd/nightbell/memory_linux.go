package main

import (
	"errors"

	"golang.org/x/sys/unix"
)

// inMemory reports an error where a folder does not lie on a memory filesystem: what is stored there must not wait for a
// disk, and must not outlive the machine.
func inMemory(folder string) error {
	var st unix.Statfs_t
	if err := unix.Statfs(folder, &st); err != nil {
		return err
	}
	if st.Type != unix.TMPFS_MAGIC && st.Type != unix.RAMFS_MAGIC {
		return errors.New("not a memory filesystem")
	}
	return nil
}
