package keep

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// syncTree brings a folder and everything below it to the disk: one syncfs(2) for all of it.
func syncTree(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(unix.Syncfs(int(d.Fd())), d.Close())
}
