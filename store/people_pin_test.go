package store

import (
	"context"
	"errors"
	"testing"

	"nightbell/audit"
)

func TestAPINIsKeptBesideTheFactorsAndIsNone(t *testing.T) {
	s, _ := staffed(t)
	ctx, amy := context.Background(), audit.Actor{Type: "person", ID: "amy"}
	if err := s.SetPIN(ctx, amy, "amy", "$argon2id$x"); !errors.Is(err, ErrConflict) && !errors.Is(err, ErrNotFound) {
		t.Errorf("a PIN without an account: %v", err)
	}
	joined(t, s, "amy")
	if _, err := s.PIN(ctx, "amy"); !errors.Is(err, ErrNotFound) {
		t.Errorf("before: %v", err)
	}
	for _, hash := range []string{"$argon2id$first", "$argon2id$second"} {
		if err := s.SetPIN(ctx, amy, "amy", hash); err != nil {
			t.Fatal(err)
		}
		if got, err := s.PIN(ctx, "amy"); err != nil || got != hash {
			t.Errorf("%q %v", got, err)
		}
	}
	if list, err := s.Factors(ctx, "amy"); err != nil || len(list) != 0 {
		t.Errorf("a PIN is listed as a second factor: %v %v", list, err)
	}
	if _, err := s.Terminate(ctx, root, "amy", "left"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.PIN(ctx, "amy"); !errors.Is(err, ErrNotFound) {
		t.Errorf("after she left: %v", err)
	}
}
