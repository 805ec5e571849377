package console

import (
	"testing"

	"nightbell/access"
)

// An emergency access opens the one call it was opened for, to the one who opened it, and nothing when it is over.
func TestBrokenGlassOpensOneCall(t *testing.T) {
	s := newStage()
	h := s.console().Handler()
	secret := s.as(access.Compliance)
	reveal := func(id string) int {
		return asks(t, h, post("/api/v1/calls/"+id+"/reveal", `{"reason":"emergency access"}`), secret).Code
	}
	if got := reveal("c1"); got != 403 {
		t.Errorf("before: %d", got)
	}
	v := s.doors.visitors[secret]
	v.Openings = []GlassOpening{{Kind: "call", Object: "c1", Clinic: "harbor"}}
	s.doors.visitors[secret] = v
	if got := reveal("c1"); got != 200 {
		t.Errorf("the call: %d", got)
	}
	if got := asks(t, h, post("/api/v1/recordings/r1/export", `{"reason":"emergency access"}`), secret).Code; got != 403 {
		t.Errorf("export: %d", got)
	}
	v.Openings = []GlassOpening{{Kind: "call", Object: "another", Clinic: "harbor"}}
	s.doors.visitors[secret] = v
	if got := reveal("c1"); got != 404 {
		t.Errorf("with another call opened: %d", got)
	}
	v.Openings = []GlassOpening{{Kind: "clinic", Object: "harbor", Clinic: "harbor"}}
	s.doors.visitors[secret] = v
	if got := reveal("c1"); got != 200 {
		t.Errorf("with the clinic opened: %d", got)
	}
}

func TestExportStandsInTheAccountingOfDisclosures(t *testing.T) {
	s := newStage()
	h := s.console().Handler()
	body := `{"reason":"records request 12","recipient":"the patient's new practice"}`
	if got := asks(t, h, post("/api/v1/recordings/r1/export", body), s.as(access.Supervisor)).Code; got != 200 {
		t.Fatalf("export: %d", got)
	}
	if len(s.disclosed) != 1 || s.disclosed[0].Recipient != "the patient's new practice" || s.disclosed[0].Object != "recording:r1" {
		t.Errorf("%+v", s.disclosed)
	}
	if got := asks(t, h, post("/api/v1/recordings/r1/export", body), s.as(access.Agent)).Code; got != 403 || len(s.disclosed) != 1 {
		t.Errorf("an agent's export: %d, %d disclosures", got, len(s.disclosed))
	}
}
