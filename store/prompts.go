package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"strconv"
	"time"

	"nightbell/audit"
	"nightbell/phi"
)

// PromptKind says how a prompt's sound is kept.
type PromptKind string

// The closed list.
const (
	SealedPrompt PromptKind = "sealed" // words: they may name people
	PlainPrompt  PromptKind = "plain"  // music
)

// PromptRate is the rate at which every prompt is kept: 16-bit mono PCM, little-endian.
const PromptRate = 16000

// Prompt is a sound of a clinic or, with an empty Clinic, of the house.
type Prompt struct {
	ID        string
	Clinic    string
	Name      string
	Language  string // "es"; empty: the clinic's first
	Kind      PromptKind
	Source    string // "upload", "text", "phone"
	Samples   int64
	SHA256    [32]byte // of the PCM
	Text      phi.Text // what was spoken, where it was made from text
	Made      time.Time
	MadeBy    string
	Removed   time.Time
	RemovedBy string
}

// Duration is how long it plays.
func (p Prompt) Duration() time.Duration { return time.Duration(p.Samples) * time.Second / PromptRate }

// PromptQuery asks for prompts. Empty fields do not restrict.
type PromptQuery struct {
	Clinics []string // nil: all; the house's own is ""
	Name    string
	Removed bool // those that were removed, too
}

// PutPrompt keeps a sound of PCM at PromptRate and gives it with its id. It takes the place of the one of the same clinic,
// name and language, which stays below it.
func (s *Store) PutPrompt(ctx context.Context, actor audit.Actor, p Prompt, pcm []byte) (Prompt, error) {
	if p.Name == "" || len(pcm) == 0 || len(pcm)%2 != 0 || p.Kind != SealedPrompt && p.Kind != PlainPrompt {
		return Prompt{}, fmt.Errorf("prompt %s: %w", p.Name, ErrInvalid)
	}
	k, err := s.sealer()
	if err != nil {
		return Prompt{}, fmt.Errorf("prompt %s: %w", p.Name, err)
	}
	if p.Clinic != "" {
		if err := k.EnsureClinic(p.Clinic); err != nil {
			return Prompt{}, fmt.Errorf("prompt %s: %w", p.Name, err)
		}
	}
	p.ID, p.Made, p.MadeBy, p.Removed, p.RemovedBy = newID(), s.now(), actor.ID, time.Time{}, ""
	p.Samples, p.SHA256 = int64(len(pcm)/2), sha256.Sum256(pcm)
	var plain, sealed []byte
	if p.Kind == PlainPrompt {
		plain = pcm
	} else if sealed, err = k.SealCell(p.cell("sound_cell"), pcm); err != nil {
		return Prompt{}, fmt.Errorf("prompt %s: %w", p.Name, err)
	}
	text, err := sealCell(k, p.cell("text_cell"), p.Text.Reveal())
	if err != nil {
		return Prompt{}, fmt.Errorf("prompt %s: %w", p.Name, err)
	}
	err = s.write(ctx, func(t *tx) error {
		_, err := t.exec(`INSERT INTO prompts (id, clinic, name, language, kind, source, codec, samples, sha256, sound, sound_cell,
			text_cell, made, made_by) VALUES (?, ?, ?, ?, ?, ?, 'pcm16/16000', ?, ?, ?, ?, ?, ?, ?)`, p.ID, p.Clinic, p.Name, p.Language,
			string(p.Kind), p.Source, p.Samples, p.SHA256[:], plain, sealed, text, p.Made.UnixMicro(), p.MadeBy)
		if err != nil {
			return err
		}
		return t.remember(p.event(actor, audit.PromptStored), phi.Text{})
	})
	if err != nil {
		return Prompt{}, fmt.Errorf("prompt %s: %w", p.Name, err)
	}
	return p, nil
}

func (p Prompt) cell(column string) Cell {
	return Cell{Table: "prompts", Column: column, Row: p.ID, Clinic: p.Clinic}
}

func (p Prompt) event(actor audit.Actor, action audit.Action) audit.Event {
	return audit.Event{
		Actor: actor, Action: action, Object: "prompt:" + p.ID, Clinic: p.Clinic, Facts: map[string]string{
			"name": p.Name, "language": p.Language, "kind": string(p.Kind), "source": p.Source,
			"milliseconds": strconv.FormatInt(p.Duration().Milliseconds(), 10), "sha256": fmt.Sprintf("%x", p.SHA256),
		},
	}
}

const promptColumns = "id, clinic, name, language, kind, source, samples, sha256, text_cell, made, made_by, removed, removed_by"

// Prompts lists prompts without their sound: by clinic, name and language, the newest first, which is the one that is played.
func (s *Store) Prompts(ctx context.Context, q PromptQuery) ([]Prompt, error) {
	w := &where{}
	w.in("clinic", q.Clinics)
	w.equal("name", q.Name)
	if !q.Removed {
		w.add("removed IS NULL")
	}
	list, err := s.prompts(ctx, w.text()+" ORDER BY clinic, name, language, made DESC, id", w.args...)
	if err != nil {
		return nil, fmt.Errorf("prompts: %w", err)
	}
	return list, nil
}

// Prompt reads one, without its sound.
func (s *Store) Prompt(ctx context.Context, id string) (Prompt, error) {
	list, err := s.prompts(ctx, " WHERE id = ?", id)
	if err == nil && len(list) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Prompt{}, fmt.Errorf("prompt %s: %w", id, err)
	}
	return list[0], nil
}

func (s *Store) prompts(ctx context.Context, rest string, args ...any) ([]Prompt, error) {
	k, err := s.sealer()
	if err != nil {
		return nil, err
	}
	var list []Prompt
	err = each(ctx, s.read, "SELECT "+promptColumns+" FROM prompts"+rest, func(rows *sql.Rows) error {
		var p Prompt
		var sum, text []byte
		var made, removed sql.NullInt64
		err := rows.Scan(&p.ID, &p.Clinic, &p.Name, &p.Language, &p.Kind, &p.Source, &p.Samples, &sum, &text, &made, &p.MadeBy,
			&removed, &p.RemovedBy)
		if err != nil {
			return err
		}
		copy(p.SHA256[:], sum)
		p.Made, p.Removed = instant(made), instant(removed)
		clear, err := openCell(k, p.cell("text_cell"), text)
		if err != nil {
			clear = "" // a clinic that left took its words along
		}
		p.Text = phi.NewText(clear)
		list = append(list, p)
		return nil
	}, args...)
	return list, err
}

// PromptSound reads the PCM of a prompt and holds it against its digest.
func (s *Store) PromptSound(ctx context.Context, id string) ([]byte, error) {
	pcm, err := s.promptSound(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("sound of prompt %s: %w", id, err)
	}
	return pcm, nil
}

func (s *Store) promptSound(ctx context.Context, id string) ([]byte, error) {
	k, err := s.sealer()
	if err != nil {
		return nil, err
	}
	p := Prompt{ID: id}
	var plain, sealed, sum []byte
	row := s.read.QueryRowContext(ctx, "SELECT clinic, kind, sound, sound_cell, sha256 FROM prompts WHERE id = ?", id)
	if err := row.Scan(&p.Clinic, &p.Kind, &plain, &sealed, &sum); err != nil {
		return nil, named(err)
	}
	if p.Kind == SealedPrompt {
		if plain, err = k.OpenCell(p.cell("sound_cell"), sealed); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
		}
	}
	if got := sha256.Sum256(plain); string(got[:]) != string(sum) {
		return nil, ErrDamaged
	}
	return plain, nil
}

// RemovePrompt takes a prompt away: the one below it, or the built-in one, is played again. RestorePrompt undoes it.
func (s *Store) RemovePrompt(ctx context.Context, actor audit.Actor, id string) error {
	return s.turnPrompt(ctx, actor, id, audit.PromptRemoved)
}

// RestorePrompt plays a prompt again that was removed.
func (s *Store) RestorePrompt(ctx context.Context, actor audit.Actor, id string) error {
	return s.turnPrompt(ctx, actor, id, audit.PromptRestored)
}

// turnPrompt removes or restores; one that is so already is ErrNotFound.
func (s *Store) turnPrompt(ctx context.Context, actor audit.Actor, id string, what audit.Action) error {
	p, err := s.Prompt(ctx, id)
	if err != nil {
		return err
	}
	err = s.write(ctx, func(t *tx) error {
		query, args := "UPDATE prompts SET removed = ?, removed_by = ? WHERE id = ? AND removed IS NULL", []any{s.now().UnixMicro(), actor.ID, id}
		if what == audit.PromptRestored {
			query, args = "UPDATE prompts SET removed = NULL, removed_by = '' WHERE id = ? AND removed IS NOT NULL", []any{id}
		}
		if err := t.must(query, args...); err != nil {
			return err
		}
		return t.remember(p.event(actor, what), phi.Text{})
	})
	if err != nil {
		return fmt.Errorf("prompt %s: %w", id, err)
	}
	return nil
}
