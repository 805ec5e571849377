package seal

import (
	"os"

	"golang.org/x/sys/unix"
)

// syncFilesystem brings everything written to the folder's filesystem to its disk: one call for 400 files, where as many
// fsyncs in a row take seconds. From Linux 5.8 on it reports what could not be written.
func syncFilesystem(dir *os.File) error {
	var err error
	for {
		if err = unix.Syncfs(int(dir.Fd())); err != unix.EINTR {
			return err
		}
	}
}

func measure(path string) (Space, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(path, &s); err != nil {
		return Space{}, err
	}
	block := uint64(s.Bsize)
	return Space{Free: s.Bavail * block, Total: s.Blocks * block}, nil
}

// allocate takes real room: a file with holes would be none when the disk is full.
func allocate(f *os.File, size int64) error {
	for {
		if err := unix.Fallocate(int(f.Fd()), 0, 0, size); err != unix.EINTR {
			return err
		}
	}
}

// filesystem identifies what a path lies on.
func filesystem(path string) (uint64, error) {
	var s unix.Stat_t
	if err := unix.Stat(path, &s); err != nil {
		return 0, err
	}
	return uint64(s.Dev), nil
}
