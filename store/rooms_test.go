package store

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"nightbell/audit"
)

func TestDeviceFromEnrolmentToRevocation(t *testing.T) {
	opt := made(t)
	changed := make(chan struct{}, 100)
	opt.Changed = func() { changed <- struct{}{} }
	s := opened(t, opt)
	ctx := context.Background()
	apply(t, s, demoBook())
	<-changed
	if _, err := s.DeviceSecret(ctx, "amy-desk"); !errors.Is(err, ErrNotFound) {
		t.Errorf("before the enrolment: %v", err)
	}
	for _, e := range []Enrolment{{User: "amy-desk", Person: "amy", Secret: []byte("one")}, {User: "amy-home", Person: "amy", Secret: []byte("two")}} {
		if err := s.EnrolDevice(ctx, amy, e); err != nil {
			t.Fatal(err)
		}
		<-changed
	}
	if got, err := s.DeviceSecret(ctx, "amy-home"); err != nil || string(got) != "two" {
		t.Errorf("%q %v", got, err)
	}
	if b := bookOf(t, s); len(b.Devices) != 2 || b.Version != "b3" {
		t.Errorf("%s %v", b.Version, b.Devices)
	}
	if err := s.SawDevice(ctx, "amy-home", arrived); err != nil {
		t.Error(err)
	}
	if err := s.RevokeDevice(ctx, amy, "amy-home", "lost in a taxi"); err != nil {
		t.Fatal(err)
	}
	<-changed
	if _, err := s.DeviceSecret(ctx, "amy-home"); !errors.Is(err, ErrNotFound) {
		t.Errorf("after the revocation: %v", err)
	}
	list, err := s.Devices(ctx)
	if err != nil || len(list) != 2 || !list[1].LastSeen.Equal(arrived) || list[1].Revoked.IsZero() || list[1].HasSecret || !list[0].HasSecret {
		t.Errorf("%+v %v", list, err)
	}
	for what, err := range map[string]error{
		"revoked twice": s.RevokeDevice(ctx, amy, "amy-home", ""),
		"of nobody":     s.EnrolDevice(ctx, amy, Enrolment{User: "z", Person: "zoe", Secret: []byte("x")}),
		"never seen":    s.SawDevice(ctx, "z", arrived),
	} {
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := s.EnrolDevice(ctx, amy, Enrolment{User: "z", Person: "amy"}); !errors.Is(err, ErrInvalid) {
		t.Errorf("without a secret: %v", err)
	}
	holds(t, s)
}

func TestAgentPausesAndComesBack(t *testing.T) {
	s := fresh(t)
	ctx := context.Background()
	apply(t, s, demoBook())
	for range 2 {
		if err := s.PauseAgent(ctx, amy, "amy", "lunch"); err != nil {
			t.Fatal(err)
		}
	}
	b := demoBook()
	b.People[0].Role = "supervisor" // an edit of the book does not end a pause
	apply(t, s, b)
	if p, err := s.Pauses(ctx); err != nil || len(p) != 1 || p[0].Person != "amy" || p[0].Why != "lunch" {
		t.Errorf("%+v %v", p, err)
	}
	if err := s.ResumeAgent(ctx, amy, "amy"); err != nil {
		t.Fatal(err)
	}
	if p, err := s.Pauses(ctx); err != nil || len(p) != 0 {
		t.Errorf("%+v %v", p, err)
	}
	if err := s.PauseAgent(ctx, amy, "zoe", ""); !errors.Is(err, ErrNotFound) {
		t.Errorf("%v", err)
	}
}

func TestTrunkSecretGoesWithItsTrunk(t *testing.T) {
	s := fresh(t)
	ctx := context.Background()
	b := demoBook()
	apply(t, s, b)
	if err := s.SetTrunkSecret(ctx, amy, "carrier", []byte("s3")); err != nil {
		t.Fatal(err)
	}
	if got, err := s.TrunkSecret(ctx, "carrier"); err != nil || string(got) != "s3" {
		t.Errorf("%q %v", got, err)
	}
	b.Trunks[0].Name = "Renamed"
	apply(t, s, b)
	if got, err := s.TrunkSecret(ctx, "carrier"); err != nil || string(got) != "s3" {
		t.Errorf("renamed: %q %v", got, err)
	}
	b.Trunks = nil
	apply(t, s, b)
	b.Trunks = demoBook().Trunks
	apply(t, s, b)
	if _, err := s.TrunkSecret(ctx, "carrier"); !errors.Is(err, ErrNotFound) {
		t.Errorf("came back with the trunk: %v", err)
	}
}

func TestTokenLivesUntilItExpiresOrIsRevoked(t *testing.T) {
	opt := made(t)
	now := arrived
	opt.Clock = func() time.Time { return now }
	s := opened(t, opt)
	ctx := context.Background()
	made, secret, err := s.CreateToken(ctx, amy, Token{Name: "ci", Scopes: []string{"calls", "audit"}, Clinics: []string{"elm"}, Expires: now.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.TokenOf(ctx, secret)
	if err != nil || got.ID != made.ID || len(got.Scopes) != 2 || got.Clinics[0] != "elm" || len(secret) != 47 {
		t.Errorf("%+v %v", got, err)
	}
	for _, wrong := range []string{"", "nbt_", secret[:46], secret + "x", made.ID} {
		if _, err := s.TokenOf(ctx, wrong); !errors.Is(err, ErrNotFound) {
			t.Errorf("%v", err)
		}
	}
	now = now.Add(time.Hour)
	if _, err := s.TokenOf(ctx, secret); !errors.Is(err, ErrNotFound) {
		t.Errorf("expired: %v", err)
	}
	_, second, err := s.CreateToken(ctx, amy, Token{Name: "other", Scopes: []string{"calls"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.RevokeToken(ctx, amy, "other"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.TokenOf(ctx, second); !errors.Is(err, ErrNotFound) {
		t.Errorf("revoked: %v", err)
	}
	if err := s.RevokeToken(ctx, amy, "other"); !errors.Is(err, ErrNotFound) {
		t.Errorf("revoked twice: %v", err)
	}
	if list, err := s.Tokens(ctx); err != nil || len(list) != 2 {
		t.Errorf("%v %v", list, err)
	}
	if _, _, err := s.CreateToken(ctx, amy, Token{Name: "none"}); !errors.Is(err, ErrInvalid) {
		t.Errorf("without scopes: %v", err)
	}
}

func openRow(call string, part int) Recording {
	return Recording{
		Call: call, Clinic: "elm", Part: part, FileID: bytes.Repeat([]byte{byte(part)}, 16), FileName: string(rune('a'+part)) + ".nbr",
		HeaderHash: bytes.Repeat([]byte{1}, 32), WrappedKey: []byte("wrapped canary key"), KeyVersion: 1,
	}
}

func TestRecordingFromOpeningToShredding(t *testing.T) {
	s := fresh(t)
	ctx := context.Background()
	id, err := s.OpenRecording(ctx, openRow("c1", 1))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.RecordingLive(ctx, id); err != nil {
		t.Fatal(err)
	}
	if err := s.RecordingLive(ctx, id); !errors.Is(err, ErrConflict) {
		t.Errorf("live twice: %v", err)
	}
	if err := s.ShredRecording(ctx, amy, id, "x"); !errors.Is(err, ErrConflict) {
		t.Errorf("shredded while live: %v", err)
	}
	end := Ending{State: Final, Records: 12, Samples: 96000, SHA256: bytes.Repeat([]byte{2}, 32), Transcript: bytes.Repeat([]byte{3}, 32)}
	if err := s.EndRecording(ctx, id, end); err != nil {
		t.Fatal(err)
	}
	if err := s.EndRecording(ctx, id, end); !errors.Is(err, ErrConflict) {
		t.Errorf("ended twice: %v", err)
	}
	if err := s.RewrapRecording(ctx, id, []byte("again canary key"), 2); err != nil {
		t.Fatal(err)
	}
	r, err := s.Recording(ctx, id)
	if err != nil || r.State != Final || r.Records != 12 || r.KeyVersion != 2 || !bytes.Equal(r.SHA256, end.SHA256) || r.Ended.IsZero() || r.LiveSince.IsZero() {
		t.Errorf("%+v %v", r, err)
	}
	page, err := s.AuditList(ctx, AuditQuery{Object: "recording:" + id, Actions: []audit.Action{audit.RecordingEnded}})
	if err != nil || len(page.Rows) != 1 || page.Rows[0].Event.Facts["transcript"][:4] != "0303" || page.Rows[0].Event.Facts["samples"] != "96000" {
		t.Errorf("%+v %v", page, err)
	}
	if err := s.ShredRecording(ctx, amy, id, "retention"); err != nil {
		t.Fatal(err)
	}
	if r, err := s.Recording(ctx, id); err != nil || r.State != Shredded || r.WrappedKey != nil {
		t.Errorf("%+v %v", r, err)
	}
	noTrace(t, s, "canary key")
	holds(t, s)
}

// noTrace looks for a text in the raw bytes of the database's files.
func noTrace(t *testing.T, s *Store, text string) {
	t.Helper()
	files, err := filepath.Glob(s.opt.Path + "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if raw := readAll(t, f); bytes.Contains(raw, []byte(text)) {
			t.Errorf("%s still holds it", filepath.Base(f))
		}
	}
}

func TestOpenRecordingsAreFoundAfterACrash(t *testing.T) {
	s := fresh(t)
	ctx := context.Background()
	var ids []string
	for part := range 5 {
		id, err := s.OpenRecording(ctx, openRow("c1", part))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if err := errors.Join(s.RecordingLive(ctx, ids[0]), s.EndRecording(ctx, ids[1], Ending{State: Lost, Reason: "no file"})); err != nil {
		t.Fatal(err)
	}
	page, err := s.Recordings(ctx, RecordingQuery{States: []RecordingState{Opening, Live}})
	if err != nil || len(page.Rows) != 4 {
		t.Errorf("%d %v", len(page.Rows), err)
	}
	seen := 0
	for q := (RecordingQuery{Call: "c1", Limit: 2}); ; {
		page, err := s.Recordings(ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		seen += len(page.Rows)
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	if seen != 5 {
		t.Errorf("%d of 5", seen)
	}
	if _, err := s.OpenRecording(ctx, openRow("c2", 1)); !errors.Is(err, ErrConflict) {
		t.Errorf("the same file twice: %v", err)
	}
	if _, err := s.OpenRecording(ctx, Recording{Call: "c2"}); !errors.Is(err, ErrInvalid) {
		t.Errorf("half a row: %v", err)
	}
	if err := s.EndRecording(ctx, ids[2], Ending{State: Live}); !errors.Is(err, ErrInvalid) {
		t.Errorf("ended as live: %v", err)
	}
	if _, err := s.Recording(ctx, "none"); !errors.Is(err, ErrNotFound) {
		t.Errorf("%v", err)
	}
}
