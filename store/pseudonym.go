package store

import (
	"context"
	"database/sql"
	"encoding/base32"
	"fmt"
	"strings"

	"nightbell/phi"
)

// A pseudonym stands for a caller where a number must not: in lists, in a log, on the telephone with an engineer. It is
// the beginning of the blind index, so one caller of one clinic has one pseudonym, two clinics share none, nobody without
// the clinic's key can make one from a number, and rotating the index key gives new ones.
const (
	pseudonymMark  = "caller-"
	pseudonymBytes = 8
)

var pseudonymText = base32.StdEncoding.WithPadding(base32.NoPadding)

func pseudonym(index []byte) string {
	if len(index) < pseudonymBytes {
		return ""
	}
	return pseudonymMark + strings.ToLower(pseudonymText.EncodeToString(index[:pseudonymBytes]))
}

// Alias is whom a pseudonym stands for.
type Alias struct {
	Clinic string
	Number phi.Phone
}

// Resolve finds the caller behind a pseudonym; clinics nil: of any. One that never called, or not them, is ErrNotFound. That
// somebody asked is for the caller of Resolve to audit, before.
func (s *Store) Resolve(ctx context.Context, name string, clinics []string) (Alias, error) {
	k, err := s.sealer()
	if err != nil {
		return Alias{}, fmt.Errorf("resolve pseudonym: %w", err)
	}
	text, ok := strings.CutPrefix(name, pseudonymMark)
	low, bad := pseudonymText.DecodeString(strings.ToUpper(text))
	if !ok || bad != nil || len(low) != pseudonymBytes {
		return Alias{}, fmt.Errorf("resolve pseudonym: %w", ErrInvalid)
	}
	w := &where{}
	w.add("from_index >= ? AND from_index <= ?", low, append(append([]byte{}, low...), 255, 255, 255, 255, 255, 255, 255, 255))
	w.in("clinic", clinics)
	var found []Alias
	query := "SELECT " + callColumns + " FROM calls" + w.text() + " ORDER BY arrived DESC LIMIT 1"
	err = each(ctx, s.read, query, func(rows *sql.Rows) error {
		r, err := scanCall(rows, k)
		found = append(found, Alias{r.Clinic, r.From})
		return err
	}, w.args...)
	if err == nil && len(found) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Alias{}, fmt.Errorf("resolve pseudonym: %w", err)
	}
	return found[0], nil
}
