package store

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestAgentSeesTheCallsSheTook(t *testing.T) {
	s, now, recordings := aging(t)
	ctx := context.Background()
	for _, c := range []struct {
		what string
		in   Within
		want int
	}{
		{"everything", Within{}, 2},
		{"her clinic", Within{Clinics: []string{"elm"}}, 2},
		{"another clinic", Within{Clinics: []string{"oak"}}, 0},
		{"nothing", Within{Clinics: []string{}}, 0},
		{"what amy took", Within{Clinics: []string{}, Took: "amy"}, 0}, // she was rung, another answered: no leg of hers did
		{"what amy took, too long ago", Within{Clinics: []string{}, Took: "amy", Since: now.Add(time.Hour)}, 0},
	} {
		calls, err := s.Calls(ctx, CallQuery{Within: c.in})
		if err != nil || len(calls.Rows) != c.want {
			t.Errorf("%s: %d calls, %v", c.what, len(calls.Rows), err)
		}
		rows, err := s.Recordings(ctx, RecordingQuery{Within: c.in})
		if err != nil || len(rows.Rows) != c.want {
			t.Errorf("%s: %d recordings, %v", c.what, len(rows.Rows), err)
		}
	}
	if err := s.write(ctx, func(t *tx) error {
		_, err := t.exec("UPDATE legs SET answered = invited WHERE call = 'c1' AND person = 'amy'")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	hers := Within{Clinics: []string{}, Took: "amy", Since: arrived}
	calls, err := s.Calls(ctx, CallQuery{Within: hers})
	if err != nil || len(calls.Rows) != 1 || calls.Rows[0].ID != "c1" || len(calls.Rows[0].Took) != 1 {
		t.Errorf("%+v %v", calls.Rows, err)
	}
	rows, err := s.Recordings(ctx, RecordingQuery{Within: hers})
	if err != nil || len(rows.Rows) != 1 || rows.Rows[0].ID != recordings[0] || rows.Rows[0].Took[0] != "amy" {
		t.Errorf("%+v %v", rows.Rows, err)
	}
	hers.Since = arrived.Add(24 * time.Hour)
	if calls, err := s.Calls(ctx, CallQuery{Within: hers}); err != nil || len(calls.Rows) != 0 {
		t.Errorf("after a day: %+v %v", calls.Rows, err)
	}
	if took, err := s.Took(ctx, "c1"); err != nil || len(took) != 1 || took[0] != "amy" {
		t.Errorf("%v %v", took, err)
	}
}

func TestPseudonymIsOneCallersInOneClinic(t *testing.T) {
	s, _, _ := aging(t)
	ctx := context.Background()
	page, err := s.Calls(ctx, CallQuery{})
	if err != nil || len(page.Rows) != 2 {
		t.Fatal(page, err)
	}
	name := page.Rows[0].Pseudonym
	if len(name) < 15 || name != page.Rows[1].Pseudonym {
		t.Errorf("two calls of one caller: %q, %q", name, page.Rows[1].Pseudonym)
	}
	got, err := s.Resolve(ctx, name, []string{"elm"})
	if err != nil || got.Clinic != "elm" || got.Number.Reveal() != "+12125550123" {
		t.Errorf("%+v %v", got, err)
	}
	for text, want := range map[string]error{
		"caller-aaaaaaaaaaaaa": ErrNotFound, "caller-": ErrInvalid, "+12125550123": ErrInvalid, name + "a": ErrInvalid, "": ErrInvalid,
	} {
		if _, err := s.Resolve(ctx, text, nil); !errors.Is(err, want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := s.Resolve(ctx, name, []string{"oak"}); !errors.Is(err, ErrNotFound) {
		t.Errorf("asked by another clinic: %v", err)
	}
}
