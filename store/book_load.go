package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"nightbell/phi"
	"nightbell/policy"
)

// Book reads the rules that hold now, as one consistent snapshot. Its Version changes with every change of any rule.
// ZoneData is left to whoever loads zone data.
func (s *Store) Book(ctx context.Context) (*policy.Book, error) {
	k, err := s.sealer()
	if err != nil {
		return nil, fmt.Errorf("book: %w", err)
	}
	view, err := s.read.BeginTx(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("book: %w", named(err))
	}
	defer func() { _ = view.Rollback() }()
	version, err := bookVersion(ctx, view)
	if err != nil {
		return nil, fmt.Errorf("book: %w", err)
	}
	if b := s.shelf.take(version); b != nil {
		return b, nil
	}
	b, err := loadBook(ctx, view, k)
	if err != nil {
		return nil, fmt.Errorf("book: %w", err)
	}
	s.shelf.put(b)
	return b, nil
}

// BookVersion is the version of the rules that hold now, without reading them.
func (s *Store) BookVersion(ctx context.Context) (string, error) { return bookVersion(ctx, s.read) }

func bookVersion(ctx context.Context, q querier) (string, error) {
	var n int64
	err := q.QueryRowContext(ctx, "SELECT coalesce(max(version), 0) FROM book_versions").Scan(&n)
	return versionText(n), named(err)
}

func loadBook(ctx context.Context, q querier, k Sealer) (*policy.Book, error) {
	version, err := bookVersion(ctx, q)
	if err != nil {
		return nil, err
	}
	b := &policy.Book{Version: version}
	for _, part := range []struct {
		name string
		load func(context.Context, querier, *policy.Book, Sealer) error
	}{
		{"catch-all", loadCatchAll}, {"fallback trunk", loadFallback}, {"clinics", loadClinics}, {"numbers", loadNumbers}, {"trunks", loadTrunks},
		{"people", loadPeople}, {"devices", loadDevices}, {"schedules", loadSchedules}, {"overrides", loadOverrides},
		{"edits", loadEdits}, {"queues", loadQueues}, {"consent laws", loadLaws}, {"emergency line", loadEmergency},
	} {
		if err := part.load(ctx, q, b, k); err != nil {
			return nil, fmt.Errorf("%s: %w", part.name, err)
		}
	}
	return b, nil
}

// each runs a query and hands every row to scan.
func each(ctx context.Context, q querier, query string, scan func(*sql.Rows) error, args ...any) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return named(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return named(err)
		}
	}
	return named(rows.Err())
}

// textsOf reads one column.
func textsOf(ctx context.Context, q querier, query string, args ...any) ([]string, error) {
	var list []string
	err := each(ctx, q, query, func(rows *sql.Rows) error {
		var one string
		err := rows.Scan(&one)
		list = append(list, one)
		return err
	}, args...)
	return list, err
}

func loadCatchAll(ctx context.Context, q querier, b *policy.Book, _ Sealer) error {
	err := named(q.QueryRowContext(ctx, "SELECT value FROM meta WHERE name = 'catch_all'").Scan(&b.CatchAll))
	if err == ErrNotFound {
		return nil
	}
	return err
}

func loadClinics(ctx context.Context, q querier, b *policy.Book, _ Sealer) error {
	return each(ctx, q, "SELECT body FROM clinics WHERE removed IS NULL ORDER BY rank, id", func(rows *sql.Rows) error {
		c, err := scanJSON[policy.Clinic](rows)
		b.Clinics = append(b.Clinics, c)
		return err
	})
}

func loadTrunks(ctx context.Context, q querier, b *policy.Book, _ Sealer) error {
	const query = "SELECT body FROM trunks WHERE removed IS NULL AND id <> ? ORDER BY rank, id"
	return each(ctx, q, query, func(rows *sql.Rows) error {
		t, err := scanJSON[policy.Trunk](rows)
		b.Trunks = append(b.Trunks, t)
		return err
	}, policy.FallbackTrunkID)
}

func scanJSON[T any](rows *sql.Rows) (v T, err error) {
	var body []byte
	if err := rows.Scan(&body); err != nil {
		return v, err
	}
	return v, json.Unmarshal(body, &v)
}

func loadNumbers(ctx context.Context, q querier, b *policy.Book, _ Sealer) error {
	return each(ctx, q, "SELECT number, trunk, clinic, answer FROM numbers ORDER BY rank, number, trunk", func(rows *sql.Rows) error {
		var n policy.Number
		err := rows.Scan(&n.Number, &n.Trunk, &n.Clinic, &n.Answer)
		b.Numbers = append(b.Numbers, n)
		return err
	})
}

func loadPeople(ctx context.Context, q querier, b *policy.Book, k Sealer) error {
	const query = "SELECT body, id, role, active, name_cell, phone_cell FROM people WHERE removed IS NULL ORDER BY rank, id"
	return each(ctx, q, query, func(rows *sql.Rows) error {
		var p policy.Person
		var body, name, phone []byte
		if err := rows.Scan(&body, &p.ID, &p.Role, &p.Active, &name, &phone); err != nil {
			return err
		}
		if err := personFields(body, &p); err != nil {
			return err
		}
		clear, err := openCell(k, personCell("name_cell", p.ID), name)
		if err != nil {
			return err
		}
		p.Name = phi.NewName(clear)
		if clear, err = openCell(k, personCell("phone_cell", p.ID), phone); err != nil {
			return err
		}
		p.Phone = phi.NewPhone(clear)
		b.People = append(b.People, p)
		return nil
	})
}

// personBody is the JSON of a person without what identifies her.
func personBody(p policy.Person) ([]byte, error) {
	p.Name, p.Phone = phi.Name{}, phi.Phone{}
	all, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(all, &fields); err != nil {
		return nil, err
	}
	delete(fields, "Name")
	delete(fields, "Phone")
	return json.Marshal(fields)
}

func personFields(body []byte, p *policy.Person) error { return json.Unmarshal(body, p) }

func personCell(column, id string) Cell { return Cell{Table: "people", Column: column, Row: id} }

func loadDevices(ctx context.Context, q querier, b *policy.Book, _ Sealer) error {
	const query = "SELECT user, person, md5_until FROM devices WHERE revoked IS NULL ORDER BY rank, user"
	return each(ctx, q, query, func(rows *sql.Rows) error {
		var d policy.Device
		var md5 sql.NullInt64
		err := rows.Scan(&d.User, &d.Person, &md5)
		d.MD5Until = instant(md5)
		b.Devices = append(b.Devices, d)
		return err
	})
}

func loadSchedules(ctx context.Context, q querier, b *policy.Book, _ Sealer) error {
	const query = `SELECT v.body, v.edits_in = 'rows' FROM schedules s JOIN schedule_versions v ON v.schedule = s.id
		AND v.version = (SELECT max(version) FROM schedule_versions WHERE schedule = s.id)
		WHERE s.removed IS NULL ORDER BY s.rank, s.id`
	return each(ctx, q, query, func(rows *sql.Rows) error {
		var body []byte
		var apart bool
		if err := rows.Scan(&body, &apart); err != nil {
			return err
		}
		var s policy.Schedule
		err := json.Unmarshal(body, &s)
		s.Overrides = nil // rows of their own
		if apart {
			s.Edits = nil
		}
		b.Schedules = append(b.Schedules, s)
		return err
	})
}

func loadOverrides(ctx context.Context, q querier, b *policy.Book, _ Sealer) error {
	of := make(map[string]*policy.Schedule, len(b.Schedules))
	for i := range b.Schedules {
		of[b.Schedules[i].ID] = &b.Schedules[i]
	}
	const query = "SELECT schedule, body FROM overrides WHERE removed IS NULL ORDER BY schedule, rank, id"
	return each(ctx, q, query, func(rows *sql.Rows) error {
		var schedule string
		var body []byte
		if err := rows.Scan(&schedule, &body); err != nil {
			return err
		}
		var o policy.Override
		if err := json.Unmarshal(body, &o); err != nil {
			return err
		}
		if s := of[schedule]; s != nil {
			s.Overrides = append(s.Overrides, o)
		}
		return nil
	})
}
