package main

import (
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"testing"
	"time"

	"nightbell/audit"
	"nightbell/policy"
	"nightbell/sip"
)

func fromAddress(n int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, byte(n >> 8), byte(n)}), 5061)
}

// A flood of one source is one row a minute; another source, word or object is a row of its own; memory is bounded.
func TestAFloodIsOneRowAMinuteAndSource(t *testing.T) {
	now := time.Date(2026, 7, 1, 3, 0, 0, 0, time.UTC)
	r := newRare(func() time.Time { return now })
	refused := func(object string, n int) audit.Event {
		return audit.Event{Action: audit.TrunkRefused, Object: object, Actor: audit.Actor{IP: fromAddress(n).Addr().String()}}
	}
	for range 10_000 {
		if !r.tell(refused("trunk:pbx", 1)) {
			t.Fatal("a flood is not remembered at all")
		}
	}
	r.tell(refused("trunk:pbx", 2))
	r.tell(refused("trunk:lan", 1))
	if len(r.rows) != 3 {
		t.Errorf("%d rows, want 3", len(r.rows))
	}
	now = now.Add(rareEvery)
	if r.tell(refused("trunk:pbx", 1)); len(r.rows) != 4 {
		t.Errorf("%d rows after a minute, want 4", len(r.rows))
	}
	now = now.Add(-time.Hour) // a clock that was set back silences nobody
	if r.tell(refused("trunk:pbx", 1)); len(r.rows) != 5 {
		t.Errorf("%d rows after the clock was set back, want 5", len(r.rows))
	}
	for n := range 2 * rareKept {
		r.tell(refused("trunk:pbx", 10+n))
		for len(r.rows) > 0 {
			<-r.rows
		}
	}
	if len(r.told) != rareKept || r.tell(refused("trunk:pbx", 5*rareKept)) {
		t.Errorf("%d sources are told apart", len(r.told))
	}
	if now = now.Add(rareEvery); !r.tell(refused("trunk:pbx", 5*rareKept)) || len(r.told) != 1 {
		t.Errorf("after a minute %d sources are kept", len(r.told))
	}
}

// What strangers, phones and trunks do by exception stands in the log, and what they do without one does not.
func TestRefusalsAndExceptionsAreRemembered(t *testing.T) {
	s := houseIn(t, "")
	s.rare = newRare(time.Now)
	until := time.Now().Add(time.Hour)
	lan := &policy.Trunk{ID: "lan", Exceptions: []policy.Exception{{Scope: []string{"signalling", "media"}, Until: until}}}
	clear, srtp := []byte("m=audio 4000 RTP/AVP 0\r\n"), []byte("m=audio 4000 RTP/SAVP 0\r\n")
	s.trunkExcepted(lan, sip.Facts{Protection: "udp", KnownBy: "address 192.0.2.0/24"}, clear)
	s.trunkExcepted(lan, sip.Facts{Protection: "TLSv1.3", KnownBy: "digest"}, srtp) // no MD5 exception stands
	s.trunkExcepted(&policy.Trunk{ID: "ran-out", Exceptions: []policy.Exception{{Scope: []string{"media"}, Until: time.Now()}}}, sip.Facts{Protection: "TLSv1.3"}, clear)
	s.trunkExcepted(&policy.Trunk{ID: "pbx", Exceptions: []policy.Exception{{Scope: []string{"md5"}, Until: until}}}, sip.Facts{Protection: "TLSv1.3", KnownBy: "digest"}, srtp)
	for range 50 {
		s.sipTrouble(sip.Trouble{Kind: sip.CertificateUnknown, Remote: fromAddress(1)})
		s.sipTrouble(sip.Trouble{Kind: sip.AnswerWrong, Remote: fromAddress(1), Detail: "pbx"})
		s.deviceRefused(sip.BindingEvent{Kind: sip.BindingFailed, User: "amy", Remote: fromAddress(2)})
	}
	s.sipTrouble(sip.Trouble{Kind: sip.Unidentified, Remote: fromAddress(3)}) // it claimed nothing
	for len(s.rare.rows) > 0 {
		if err := insist(t.Context(), s.office.Store, <-s.rare.rows, slog.New(slog.DiscardHandler)); err != nil {
			t.Fatal(err)
		}
	}
	for action, want := range map[audit.Action][]string{
		audit.ExceptionUsed: {"trunk:lan/media", "trunk:lan/signalling", "trunk:pbx/md5"},
		audit.TrunkRefused:  {"trunk:", "trunk:pbx"},
		audit.DeviceRefused: {"device:amy"},
	} {
		var got []string
		for _, e := range remembered(t, s, action) {
			got = append(got, e.Object)
		}
		if slices.Sort(got); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %v, want %v", action, got, want)
		}
	}
}
