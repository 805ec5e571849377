package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema up to this program's version. A schema that is newer than the program is refused: an old
// program would write rows that the new one cannot trust. Migrations only add; each runs in a transaction of its own.
func migrate(ctx context.Context, db *sql.DB) error {
	steps, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, steps, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	have, err := p.GetDBVersion(ctx)
	if err != nil {
		return fmt.Errorf("schema version: %w", named(err))
	}
	all := p.ListSources()
	newest := all[len(all)-1].Version
	if have > newest {
		return fmt.Errorf("schema version %d is newer than this program's %d: %w", have, newest, ErrMode)
	}
	if have == newest {
		return nil
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("schema %d to %d: %w", have, newest, named(err))
	}
	return nil
}
