package store

import (
	"database/sql"
	"errors"
)

// hot are the statements that every request asks, prepared once.
type hot struct {
	login  *sql.Stmt
	grants *sql.Stmt
}

func (h *hot) prepare(db *sql.DB) error {
	var err error
	if h.login, err = db.Prepare(loginByHash); err != nil {
		return named(err)
	}
	h.grants, err = db.Prepare(grantsOf)
	return named(err)
}

func (h *hot) close() error { return errors.Join(h.login.Close(), h.grants.Close()) }
