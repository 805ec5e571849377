package main

import (
	"context"
	"encoding/base32"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"nightbell/access"
	"nightbell/audit"
	"nightbell/configs"
	"nightbell/console"
)

// deskHouseStage is a whole house whose Amy has an authenticator, a PIN and a phone, and whose clock the test moves.
func deskHouseStage(t *testing.T) (*deskKeys, fixture, *time.Time) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	says([]string{"setup", "--development", "--dir", dir}, "")
	o := unsealedOffice(t, dir)
	o.lobby.passwords = quick{}
	now := time.Now()
	o.now = func() time.Time { return now }
	if _, err := (books{o}).Apply(t.Context(), console.BookFile{Name: "book.toml", TOML: []byte(configs.Demo)}, fixer); err != nil {
		t.Fatal(err)
	}
	made, err := o.fix(t.Context(), []fixtureWish{{Person: "amy", Roles: []access.Role{access.Agent}, Devices: 1}})
	if err != nil {
		t.Fatal(err)
	}
	k := newDeskKeys(o, stopped{Development}, func(ctx context.Context, device string, by audit.Actor) error {
		_, err := readiness{o, stopped{Development}}.Make(ctx, device, by)
		return err
	})
	if err := (pins{o}).Set(t.Context(), "471158", audit.Actor{Type: "person", ID: "amy"}); err != nil {
		t.Fatal(err)
	}
	return k, made[0], &now
}

var amysDesk = deskCaller{Device: "amy", Person: "amy"}

// shows is what Amy's authenticator shows now.
func shows(t *testing.T, f fixture, now time.Time) string {
	t.Helper()
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(f.TOTP)
	if err != nil {
		t.Fatal(err)
	}
	code, err := access.TOTPCode(raw, now)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func TestTheDeskTakesAPINAndACodeOnce(t *testing.T) {
	k, amy, now := deskHouseStage(t)
	ctx := t.Context()
	code := shows(t, amy, *now)
	for name, typed := range map[string]deskSecrets{
		"wrong PIN": {"471159", code}, "wrong code": {"471158", "000000"}, "nothing": {"", ""}, "another's": {code, "471158"},
	} {
		if err := k.Ready(ctx, amysDesk, typed); !errors.Is(err, errDeskWrong) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := k.Ready(ctx, deskCaller{Device: "bo", Person: "bo"}, deskSecrets{"471158", code}); !errors.Is(err, errDeskWrong) {
		t.Errorf("somebody without an account: %v", err)
	}
	if list, _ := k.Store.Readiness(ctx); len(list) != 0 {
		t.Fatal("ready by a wrong answer")
	}
	if err := k.Ready(ctx, amysDesk, deskSecrets{"471158", code}); err != nil {
		t.Fatal(err)
	}
	list, err := k.Store.Readiness(ctx)
	if err != nil || len(list) != 1 || list[0].Device != "amy" || list[0].Mode != access.ReadyFull {
		t.Fatalf("%+v %v", list, err)
	}
	if err := k.NotReady(ctx, amysDesk, deskSecrets{"471158", code}); !errors.Is(err, errDeskWrong) {
		t.Errorf("a code was taken twice: %v", err)
	}
	*now = now.Add(30 * time.Second)
	if err := k.NotReady(ctx, amysDesk, deskSecrets{"471158", shows(t, amy, *now)}); err != nil {
		t.Errorf("the next code: %v", err)
	}
	if list, _ := k.Store.Readiness(ctx); len(list) != 0 {
		t.Error("still ready")
	}
}

// Guessing slows the desk down: even the right answer waits. It locks nobody out for long.
func TestTheDeskSlowsDownWhoGuesses(t *testing.T) {
	k, amy, now := deskHouseStage(t)
	for range 6 {
		_ = k.Ready(t.Context(), amysDesk, deskSecrets{"000001", "000000"})
	}
	if err := k.Ready(t.Context(), amysDesk, deskSecrets{"471158", shows(t, amy, *now)}); !errors.Is(err, errDeskWrong) {
		t.Errorf("while she has to wait: %v", err)
	}
	*now = now.Add(time.Minute)
	if err := k.Ready(t.Context(), amysDesk, deskSecrets{"471158", shows(t, amy, *now)}); err != nil {
		t.Errorf("a minute later: %v", err)
	}
}

// Right answers do not open the gate: training that is missing is said, and the login that was made for it is over.
func TestTheDeskStandsBehindTheGate(t *testing.T) {
	k, amy, now := deskHouseStage(t)
	k.Config.Access.Courses = append(k.Config.Access.Courses, "stroke")
	err := k.Ready(t.Context(), amysDesk, deskSecrets{"471158", shows(t, amy, *now)})
	var gate *console.GateClosed
	if !errors.As(err, &gate) || errors.Is(err, errDeskWrong) {
		t.Fatalf("%v", err)
	}
	if list, _ := k.Store.Readiness(t.Context()); len(list) != 0 {
		t.Error("ready without training")
	}
	logins, err := k.Store.LoginsOf(t.Context(), "amy")
	for _, l := range logins {
		if l.Ended.IsZero() {
			t.Errorf("a login stands: %+v %v", l, err)
		}
	}
}
