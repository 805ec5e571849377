package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	sqlite3 "github.com/mattn/go-sqlite3"
)

// What callers act on. Everything else is a fault of the machine or of ours.
var (
	ErrNotFound = errors.New("not found")
	ErrConflict = errors.New("conflict")
	ErrInvalid  = errors.New("not valid")
	ErrSealed   = errors.New("sealed")
	ErrBusy     = errors.New("database locked")
	ErrFull     = errors.New("disk full")
	ErrDamaged  = errors.New("database damaged")
	ErrMode     = errors.New("database settings")
	ErrClosed   = errors.New("store closed")
)

// named puts one of our errors in front of SQLite's, whose texts name tables and columns but never values.
func named(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return ErrBusy
	}
	var e sqlite3.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code {
	case sqlite3.ErrBusy, sqlite3.ErrLocked:
		return fmt.Errorf("%w: %w", ErrBusy, err)
	case sqlite3.ErrFull:
		return fmt.Errorf("%w: %w", ErrFull, err)
	case sqlite3.ErrCorrupt, sqlite3.ErrNotADB:
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	case sqlite3.ErrConstraint:
		return fmt.Errorf("%w: %w", ErrConflict, err)
	}
	return err
}
