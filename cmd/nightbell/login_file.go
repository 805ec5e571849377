package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"nightbell/console"
)

// A login of the command line lives where a browser's would: in memory. Its secret stands in a file on a memory
// filesystem, readable by its owner alone, one for each data folder, until `nightbell logout`, the login's end, or the
// machine's.

// loginPath is the file of this user's login to a data folder. NIGHTBELL_LOGIN names another.
func loginPath(dir string) (string, error) {
	if path := os.Getenv("NIGHTBELL_LOGIN"); path != "" {
		return path, nil
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("login: %w", err)
	}
	base := os.Getenv("XDG_RUNTIME_DIR")
	if base == "" {
		base = "/dev/shm"
	}
	sum := sha256.Sum256([]byte(abs))
	return filepath.Join(base, "nightbell-"+strconv.Itoa(os.Geteuid()), hex.EncodeToString(sum[:8])+".login"), nil
}

// readLogin gives the secret of the login that stands; empty: nobody is logged in. A file that others can read, or that
// somebody else put there, is refused.
func readLogin(dir string) (string, error) {
	path, err := loginPath(dir)
	if err != nil {
		return "", err
	}
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("login: %w", err)
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !info.Mode().IsRegular() || info.Mode().Perm()&0o077 != 0 || !ok || int(owner.Uid) != os.Geteuid() {
		return "", fmt.Errorf("login: %s is open to others: remove it and log in again: %w", path, console.ErrNotAllowed)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("login: %w", err)
	}
	return strings.TrimSpace(string(b)), nil
}

// keepLogin puts the secret in its file.
func keepLogin(dir, secret string) error {
	path, err := loginPath(dir)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("login: %w", err)
	}
	if err := writeWhole(path, []byte(secret+"\n"), 0o600); err != nil {
		return fmt.Errorf("login: %w", err)
	}
	return nil
}

// dropLogin forgets it; one that is gone is no error.
func dropLogin(dir string) error {
	path, err := loginPath(dir)
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("login: %w", err)
	}
	return nil
}
