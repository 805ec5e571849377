package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"nightbell/audit"
	"nightbell/phi"
)

// SigningKey is a key that signs the log, or signed it: its public half, which outlives the seed.
type SigningKey struct {
	Version     int64
	VerifierKey string
	After       int64 // it signed the checkpoints of more leaves than this, until the next key did
	Made        time.Time
}

// signingBody is what is sealed of one: nobody adds a key of his own with an editor.
type signingBody struct {
	Key   string `json:"key"`
	After int64  `json:"after"`
}

func signingCell(version int64) Cell {
	return Cell{Table: "audit_keys", Column: "body_cell", Row: strconv.FormatInt(version, 10)}
}

// SigningKeys lists every key that ever signed this log, the oldest first: what `audit verify` and witnesses are given.
func (s *Store) SigningKeys(ctx context.Context) ([]SigningKey, error) {
	list, err := s.signingKeys(ctx)
	if err != nil {
		return nil, fmt.Errorf("signing keys: %w", err)
	}
	return list, nil
}

func (s *Store) signingKeys(ctx context.Context) ([]SigningKey, error) {
	k, err := s.sealer()
	if err != nil {
		return nil, err
	}
	var list []SigningKey
	err = each(ctx, s.read, "SELECT version, made, body_cell FROM audit_keys ORDER BY version", func(rows *sql.Rows) error {
		var key SigningKey
		var made sql.NullInt64
		var cell []byte
		if err := rows.Scan(&key.Version, &made, &cell); err != nil {
			return err
		}
		clear, err := openCell(k, signingCell(key.Version), cell)
		if err != nil {
			return err
		}
		var body signingBody
		if err := json.Unmarshal([]byte(clear), &body); err != nil {
			return fmt.Errorf("%w: signing key %d", ErrDamaged, key.Version)
		}
		key.Made, key.VerifierKey, key.After = instant(made), body.Key, body.After
		list = append(list, key)
		return nil
	})
	return list, err
}

// verifier opens the checkpoints of this log, each under the key of its time.
func (s *Store) verifier(more []string) (*audit.Verifier, error) {
	k := s.keys.Load()
	if k == nil {
		return nil, ErrSealed
	}
	list, err := s.signingKeys(context.Background())
	if err != nil {
		return nil, err
	}
	if len(list) == 0 { // before the first Unseal ends
		return audit.NewVerifier(append(k.signer.VerifierKeys(), more...)...)
	}
	spans := make([]audit.KeySpan, len(list))
	for i, key := range list {
		spans[i] = audit.KeySpan{Key: key.VerifierKey, After: key.After}
	}
	return audit.NewSpanVerifier(spans, more...)
}

// settleSigner files the key that signs from now on. The first one is filed as it is; another one than the last that is
// filed is a rotation that a crash cut off, and is carried out.
func (s *Store) settleSigner(ctx context.Context) error {
	signer := s.keys.Load().signer
	list, err := s.signingKeys(ctx)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		keys := signer.VerifierKeys()
		first := signingBody{Key: keys[len(keys)-1]}
		if err := s.write(ctx, func(t *tx) error { return t.fileSigner(1, first) }); err != nil {
			return err
		}
	}
	return s.changeSigner(ctx, signer)
}

// ChangeSigner lets another key sign the log from now on. The signer must know the key that signed until now as an older
// one. The change is a leaf, and the first checkpoint that covers it is the first that the new key signs.
func (s *Store) ChangeSigner(ctx context.Context, signer Signer) error {
	if err := s.changeSigner(ctx, signer); err != nil {
		return fmt.Errorf("change signer: %w", err)
	}
	return nil
}

func (s *Store) changeSigner(ctx context.Context, signer Signer) error {
	list, err := s.signingKeys(ctx)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return ErrSealed
	}
	last := list[len(list)-1]
	keys := signer.VerifierKeys()
	if keys[0] == last.VerifierKey {
		return nil
	}
	at := slices.Index(keys, last.VerifierKey)
	if at < 0 {
		return fmt.Errorf("signer does not know the key before it: %w", ErrInvalid)
	}
	return s.write(ctx, func(t *tx) error {
		after := t.tree.Size()
		err := t.remember(audit.Event{
			Actor: system, Action: audit.KeyCreated, Object: "key:audit",
			Facts: map[string]string{"purpose": auditPurpose, "verifier_before": last.VerifierKey, "verifier": keys[0]},
		}, phi.Text{})
		if err != nil {
			return err
		}
		t.signer = signer
		for i := at - 1; i >= 0; i-- { // one that was passed over never signed: its time is empty
			if err := t.fileSigner(last.Version+int64(at-i), signingBody{Key: keys[i], After: after}); err != nil {
				return err
			}
		}
		return nil
	})
}

// fileSigner adds a row; two who change at once are one too many.
func (t *tx) fileSigner(version int64, body signingBody) error {
	k, err := t.w.store.sealer()
	if err != nil {
		return err
	}
	clear, err := json.Marshal(body)
	if err != nil {
		return err
	}
	cell, err := sealCell(k, signingCell(version), string(clear))
	if err != nil {
		return err
	}
	_, err = t.exec("INSERT INTO audit_keys (version, made, body_cell) VALUES (?, ?, ?)",
		version, t.w.store.now().UnixMicro(), cell)
	return err
}

// signs gives the signer of this transaction's checkpoint.
func (t *tx) signs() Signer {
	if t.signer != nil {
		return t.signer
	}
	return t.w.store.keys.Load().signer
}

// signed makes the signer of a committed transaction that of the store.
func (t *tx) signed() {
	if was := t.w.store.keys.Load(); t.signer != nil {
		t.w.store.keys.Store(&keys{was.sealer, t.signer})
	}
}

// signingUsage is 1 for the version that signs, and for one whose successor is not filed yet: its seed is still needed.
// Once the successor is filed, the public half is all that verification takes.
func (s *Store) signingUsage(ctx context.Context, version uint32) (int, error) {
	r, err := s.rekeyer()
	if err != nil {
		return 0, err
	}
	current, err := r.CurrentVersion(auditPurpose, "")
	if err != nil {
		return 0, err
	}
	list, err := s.signingKeys(ctx)
	if err != nil {
		return 0, err
	}
	ever, err := s.count(ctx, "SELECT count(*) FROM wrapped_keys WHERE purpose = ?", auditPurpose)
	if err != nil {
		return 0, err
	}
	if version == current || len(list) < ever { // a version is filed for every key there ever was, or its time is to come
		return 1, nil
	}
	return 0, nil
}

// settle is Unseal's part: a table of keys that somebody bent is reported, and does not keep calls from being answered.
func (s *Store) settle(ctx context.Context) error {
	err := s.settleSigner(ctx)
	if errors.Is(err, ErrDamaged) || errors.Is(err, ErrInvalid) {
		s.opt.Trouble(Trouble{AuditDamaged, "signing keys: " + err.Error()})
		return nil
	}
	return err
}
