package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"reflect"

	"nightbell/audit"
	"nightbell/policy"
)

// Queues are rows as clinics are; the laws of consent and the emergency line are one value each.

func loadQueues(ctx context.Context, q querier, b *policy.Book, _ Sealer) error {
	return each(ctx, q, "SELECT body FROM queues WHERE removed IS NULL ORDER BY rank, id", func(rows *sql.Rows) error {
		v, err := scanJSON[policy.Queue](rows)
		b.Queues = append(b.Queues, v)
		return err
	})
}

func queueKey(q policy.Queue) string { return q.ID }

func (a *applying) queues(old, b *policy.Book) error {
	return diff[policy.Queue]{
		kind: "queue", key: queueKey, image: plainImage[policy.Queue],
		put: func(rank int, q policy.Queue) error {
			body, err := json.Marshal(q)
			if err != nil {
				return err
			}
			_, err = a.t.exec(`INSERT INTO queues (id, rank, body) VALUES (?, ?, ?) ON CONFLICT (id)
				DO UPDATE SET rank = excluded.rank, body = excluded.body, removed = NULL`, q.ID, rank, string(body))
			return err
		},
		drop: func(q policy.Queue) error { return a.remove("UPDATE queues SET removed = ? WHERE id = ?", q.ID) },
		note: func(q policy.Queue, ch change) error { return a.note(audit.QueueChanged, "queue", q.ID, "", ch) },
	}.run(old.Queues, b.Queues)
}

// Names of values in meta.
const (
	lawsName      = "consent_laws"
	emergencyName = "emergency_line"
)

func loadLaws(ctx context.Context, q querier, b *policy.Book, _ Sealer) error {
	return loadValue(ctx, q, lawsName, &b.Laws)
}

func loadEmergency(ctx context.Context, q querier, b *policy.Book, _ Sealer) error {
	return loadValue(ctx, q, emergencyName, &b.Emergency)
}

func loadValue(ctx context.Context, q querier, name string, into any) error {
	var value []byte
	err := named(q.QueryRowContext(ctx, "SELECT value FROM meta WHERE name = ?", name).Scan(&value))
	if err == ErrNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(value, into)
}

func (a *applying) laws(old, b *policy.Book) error {
	return a.value(lawsName, audit.LawsChanged, change{old.Laws, b.Laws})
}

func (a *applying) emergency(old, b *policy.Book) error {
	return a.value(emergencyName, audit.EmergencyChanged, change{old.Emergency, b.Emergency})
}

// value keeps a value of the book that stands alone.
func (a *applying) value(name string, action audit.Action, c change) error {
	if reflect.DeepEqual(c.Before, c.After) {
		return nil
	}
	if same, err := sameJSON(c.Before, c.After); err != nil || same {
		return err
	}
	body, err := json.Marshal(c.After)
	if err != nil {
		return err
	}
	_, err = a.t.exec("INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
		name, string(body))
	if err != nil {
		return err
	}
	return a.note(action, name, "book", "", c)
}
