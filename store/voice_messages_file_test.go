package store

import (
	"testing"
	"time"

	"nightbell/call"
	"nightbell/policy"
)

func TestAMessageIsFiledWithItsCallOnce(t *testing.T) {
	s := fresh(t)
	r := recordOf("c1", "+12125550123")
	r.Served, r.Outcome = false, call.MessageLeft
	r.Message = &call.Message{Recording: "m1", Urgency: policy.Urgent, Spoken: 12 * time.Second}
	for range 2 {
		err := s.write(ctx, func(tx *tx) error { return tx.fileMessage(&r) })
		if err != nil {
			t.Fatal(err)
		}
	}
	page, err := s.VoiceMessages(ctx, VoiceQuery{})
	if err != nil || len(page.Rows) != 1 || page.Rows[0].Call != "c1" || page.Rows[0].Recording != "m1" || page.Rows[0].Clinic != "elm" {
		t.Fatalf("messages %+v, %v", page.Rows, err)
	}
	r.Message = nil
	if err := s.write(ctx, func(tx *tx) error { return tx.fileMessage(&r) }); err != nil {
		t.Fatal(err)
	}
}
