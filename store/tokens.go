package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"nightbell/audit"
	"nightbell/phi"
)

// Token is a bearer token of the API as it is shown. Its secret was shown once; only its SHA-256 is kept, which is
// enough for 256 random bits.
type Token struct {
	ID      string
	Name    string
	Scopes  []string
	Clinics []string // empty: all
	Person  string   // who made it; empty: the operator. It ends when she leaves
	Made    time.Time
	Expires time.Time // zero: never
	Revoked time.Time
}

const tokenMark = "nbt_"

// CreateToken makes a token and gives its secret, once. ID, Person and Made are set here.
func (s *Store) CreateToken(ctx context.Context, actor audit.Actor, want Token) (Token, string, error) {
	if want.Name == "" || len(want.Scopes) == 0 {
		return Token{}, "", fmt.Errorf("create token: name and scopes: %w", ErrInvalid)
	}
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails: crypto/rand ends the program instead
	secret := tokenMark + base64.RawURLEncoding.EncodeToString(raw)
	want.ID, want.Made, want.Revoked = newID(), s.now(), time.Time{}
	if want.Person = ""; actor.Type == "person" {
		want.Person = actor.ID
	}
	scopes, clinics, err := tokenLists(want)
	if err != nil {
		return Token{}, "", fmt.Errorf("create token: %w", err)
	}
	hash := sha256.Sum256([]byte(secret))
	err = s.write(ctx, func(t *tx) error {
		if err := t.stays(want.Person); err != nil {
			return err
		}
		_, err := t.exec("INSERT INTO tokens (id, hash, name, scopes, clinics, person, made, expires) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
			want.ID, hash[:], want.Name, scopes, clinics, want.Person, want.Made.UnixMicro(), micros(want.Expires))
		if err != nil {
			return err
		}
		facts := map[string]string{"name": want.Name, "scopes": strings.Join(want.Scopes, " ")}
		if !want.Expires.IsZero() {
			facts["expires"] = want.Expires.UTC().Format(time.RFC3339)
		}
		return t.remember(audit.Event{
			Actor: actor, Action: audit.TokenCreated, Object: "token:" + want.ID, Facts: facts,
		}, phi.Text{})
	})
	if err != nil {
		return Token{}, "", fmt.Errorf("create token: %w", err)
	}
	return want, secret, nil
}

func tokenLists(t Token) (scopes, clinics string, err error) {
	a, err := json.Marshal(t.Scopes)
	if err != nil {
		return "", "", err
	}
	if t.Clinics == nil {
		t.Clinics = []string{}
	}
	b, err := json.Marshal(t.Clinics)
	return string(a), string(b), err
}

// TokenOf finds the live token of a secret. Unknown, revoked and expired are all ErrNotFound.
func (s *Store) TokenOf(ctx context.Context, secret string) (Token, error) {
	hash := sha256.Sum256([]byte(secret))
	list, err := s.tokens(ctx, " WHERE hash = ? AND revoked IS NULL AND (expires IS NULL OR expires > ?)",
		hash[:], s.now().UnixMicro())
	if err != nil {
		return Token{}, fmt.Errorf("token: %w", err)
	}
	if len(list) == 0 {
		return Token{}, fmt.Errorf("token: %w", ErrNotFound)
	}
	return list[0], nil
}

// Tokens lists all tokens, oldest first.
func (s *Store) Tokens(ctx context.Context) ([]Token, error) {
	list, err := s.tokens(ctx, "")
	if err != nil {
		return nil, fmt.Errorf("tokens: %w", err)
	}
	return list, nil
}

func (s *Store) tokens(ctx context.Context, where string, args ...any) ([]Token, error) {
	var list []Token
	query := "SELECT id, name, scopes, clinics, person, made, expires, revoked FROM tokens" + where + " ORDER BY made, id"
	err := each(ctx, s.read, query, func(rows *sql.Rows) error {
		var t Token
		var scopes, clinics []byte
		var made, expires, revoked sql.NullInt64
		if err := rows.Scan(&t.ID, &t.Name, &scopes, &clinics, &t.Person, &made, &expires, &revoked); err != nil {
			return err
		}
		t.Made, t.Expires, t.Revoked = instant(made), instant(expires), instant(revoked)
		if err := json.Unmarshal(scopes, &t.Scopes); err != nil {
			return err
		}
		list = append(list, t)
		return json.Unmarshal(clinics, &list[len(list)-1].Clinics)
	}, args...)
	return list, err
}

// RevokeToken ends a token, by id or by name; one that is not live is ErrNotFound.
func (s *Store) RevokeToken(ctx context.Context, actor audit.Actor, id string) error {
	err := s.write(ctx, func(t *tx) error {
		n, err := t.exec("UPDATE tokens SET revoked = ? WHERE (id = ? OR name = ?) AND revoked IS NULL", s.now().UnixMicro(), id, id)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrNotFound
		}
		return t.remember(audit.Event{Actor: actor, Action: audit.TokenRevoked, Object: "token:" + id}, phi.Text{})
	})
	if err != nil {
		return fmt.Errorf("revoke token: %w", err)
	}
	return nil
}
