package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"nightbell/audit"
	"nightbell/call"
	"nightbell/phi"
	"nightbell/policy"
)

// VoiceMessage is what a caller left when nobody could answer. Its sound is a recording.
type VoiceMessage struct {
	ID        string
	Call      string
	Clinic    string
	Recording string
	Urgency   policy.Urgency
	Made      time.Time
	Taken     time.Time // zero: nobody has taken it on
	TakenBy   string
}

// VoiceQuery asks for voice messages, newest first. Empty fields do not restrict.
type VoiceQuery struct {
	Clinics []string // nil: all
	Within  Within
	Open    bool // those that nobody has taken on
	Limit   int  // 1..1000; 0 means 100
	Cursor  string
}

// VoicePage is a page of a list; Next is empty at the end.
type VoicePage struct {
	Rows []VoiceMessage
	Next string
}

// AddVoiceMessage files a message and gives it with its id. One that has an id and stands already stays as it is.
func (s *Store) AddVoiceMessage(ctx context.Context, v VoiceMessage) (VoiceMessage, error) {
	if v.ID == "" {
		v.ID = newID()
	}
	if v.Made.IsZero() {
		v.Made = s.now()
	}
	err := s.write(ctx, func(t *tx) error {
		_, err := t.exec(`INSERT INTO voice_messages (id, call, clinic, recording, urgency, made) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (id) DO NOTHING`, v.ID, v.Call, v.Clinic, v.Recording, string(v.Urgency), v.Made.UnixMicro())
		return err
	})
	if err != nil {
		return VoiceMessage{}, fmt.Errorf("voice message of call %s: %w", v.Call, err)
	}
	return v, nil
}

// fileMessage files what the caller left, once a call: its recording names it.
func (t *tx) fileMessage(r *call.Record) error {
	m := r.Message
	if m == nil {
		return nil
	}
	_, err := t.exec(`INSERT INTO voice_messages (id, call, clinic, recording, urgency, made) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO NOTHING`, m.Recording, r.ID, r.Plan.Clinic, m.Recording, string(m.Urgency), r.Ended.UnixMicro())
	return err
}

// TakeVoiceMessage gives a message to whoever asks first; a second one is ErrConflict.
func (s *Store) TakeVoiceMessage(ctx context.Context, actor audit.Actor, id string) error {
	err := s.write(ctx, func(t *tx) error {
		var call, clinic, by string
		if err := t.scan("SELECT call, clinic, taken_by FROM voice_messages WHERE id = ?", []any{id}, &call, &clinic, &by); err != nil {
			return err
		}
		n, err := t.exec("UPDATE voice_messages SET taken = ?, taken_by = ? WHERE id = ? AND taken IS NULL", s.now().UnixMicro(), actor.ID, id)
		if err != nil {
			return err
		}
		if n == 0 {
			return fmt.Errorf("taken already: %w", ErrConflict)
		}
		return t.remember(audit.Event{
			Actor: actor, Action: audit.VoiceTaken, Object: "voice_message:" + id, Clinic: clinic, Correlation: call,
		}, phi.Text{})
	})
	if err != nil {
		return fmt.Errorf("take voice message %s: %w", id, err)
	}
	return nil
}

const voiceColumns = "id, call, clinic, recording, urgency, made, taken, taken_by"

// VoiceMessages lists messages. That they were read is for the caller to audit.
func (s *Store) VoiceMessages(ctx context.Context, q VoiceQuery) (VoicePage, error) {
	page, err := s.voiceMessages(ctx, q)
	if err != nil {
		return VoicePage{}, fmt.Errorf("voice messages: %w", err)
	}
	return page, nil
}

func (s *Store) voiceMessages(ctx context.Context, q VoiceQuery) (page VoicePage, err error) {
	limit, err := limitOf(q.Limit)
	if err != nil {
		return page, err
	}
	w := &where{}
	w.in("clinic", q.Clinics)
	w.within(q.Within, "clinic", "call", "made")
	if q.Open {
		w.add("taken IS NULL")
	}
	if err := w.beforeBoth(q.Cursor, "made", "id"); err != nil {
		return page, err
	}
	query := "SELECT " + voiceColumns + " FROM voice_messages" + w.text() + " ORDER BY made DESC, id DESC LIMIT ?"
	err = each(ctx, s.read, query, func(rows *sql.Rows) error {
		v, err := scanVoice(rows)
		page.Rows = append(page.Rows, v)
		return err
	}, append(w.args, limit+1)...)
	if err == nil && len(page.Rows) > limit {
		page.Rows = page.Rows[:limit]
		last := page.Rows[limit-1]
		page.Next = cursor(last.Made.UnixMicro(), last.ID)
	}
	return page, err
}

func scanVoice(rows *sql.Rows) (v VoiceMessage, err error) {
	var made, taken sql.NullInt64
	err = rows.Scan(&v.ID, &v.Call, &v.Clinic, &v.Recording, &v.Urgency, &made, &taken, &v.TakenBy)
	v.Made, v.Taken = instant(made), instant(taken)
	return v, err
}

// VoiceMessage reads one.
func (s *Store) VoiceMessage(ctx context.Context, id string) (v VoiceMessage, err error) {
	found := false
	err = each(ctx, s.read, "SELECT "+voiceColumns+" FROM voice_messages WHERE id = ?", func(rows *sql.Rows) error {
		v, err = scanVoice(rows)
		found = true
		return err
	}, id)
	if err == nil && !found {
		err = ErrNotFound
	}
	if err != nil {
		return VoiceMessage{}, fmt.Errorf("voice message %s: %w", id, err)
	}
	return v, nil
}
