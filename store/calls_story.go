package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"nightbell/call"
)

func storyParts(ctx context.Context, q querier, c *CallStory) error {
	for _, load := range []func(context.Context, querier, *CallStory) error{storyLegs, storyEvents, storyRecordings} {
		if err := load(ctx, q, c); err != nil {
			return err
		}
	}
	return nil
}

func storyLegs(ctx context.Context, q querier, c *CallStory) error {
	const query = "SELECT user, person, invited, answered, ended, cause, code, sound FROM legs WHERE call = ? ORDER BY n"
	return each(ctx, q, query, func(rows *sql.Rows) error {
		var l Leg
		var invited, answered, ended sql.NullInt64
		var sound []byte
		err := rows.Scan(&l.User, &l.Person, &invited, &answered, &ended, &l.Cause, &l.Code, &sound)
		l.Invited, l.Answered, l.Ended, l.Sound = instant(invited), instant(answered), instant(ended), sound
		c.Legs = append(c.Legs, l)
		return err
	}, c.ID)
}

func storyEvents(ctx context.Context, q querier, c *CallStory) error {
	const query = "SELECT at, kind, leg, data FROM call_events WHERE call = ? ORDER BY n"
	return each(ctx, q, query, func(rows *sql.Rows) error {
		e := call.Event{Call: c.ID}
		var at int64
		var data []byte
		if err := rows.Scan(&at, &e.Kind, &e.Leg, &data); err != nil {
			return err
		}
		e.At = time.UnixMicro(at).UTC()
		if data != nil {
			if err := json.Unmarshal(data, &e.Data); err != nil {
				return err
			}
		}
		c.Events = append(c.Events, e)
		return nil
	}, c.ID)
}

func storyRecordings(ctx context.Context, q querier, c *CallStory) error {
	return each(ctx, q, "SELECT "+recordingColumns+" FROM recordings WHERE call = ? ORDER BY part, opened, id", func(rows *sql.Rows) error {
		r, err := scanRecording(rows)
		c.Recordings = append(c.Recordings, r)
		return err
	}, c.ID)
}
