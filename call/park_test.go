package call

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestParkAndRetrieve(t *testing.T) {
	for name, fetch := range map[string]func(*stage){
		"by command": func(s *stage) { s.must(Command{Do: RetrieveCaller, User: "bo"}) },
		"by phone": func(s *stage) {
			l := &leg{s: s, id: "fetch"}
			if err := s.board.Guest(Guest{User: "bo", Offer: []byte("offer"), Leg: l, Listen: l.listen, Want: Retrieve, Slot: "1"}); err != nil {
				s.t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, r := talk(t, func(s *stage, _, amy *leg) {
				s.must(Command{Do: ParkCaller, By: "amy"})
				s.ear(0, "music")
				said(t, amy, "end completed")
				if p := s.board.Parked(); len(p) != 1 || p[0].Slot != "1" || p[0].By != "amy" {
					t.Errorf("parked %+v", p)
				}
				if v := s.view(); v.State != Parked || v.Slot != "1" {
					t.Errorf("state %s, slot %q", v.State, v.Slot)
				}
				time.Sleep(time.Minute)
				s.ear(0, "music")
				fetch(s)
				time.Sleep(2 * time.Second)
				s.ear(0, "", 2)
				if p := s.board.Parked(); len(p) != 0 {
					t.Errorf("still parked: %+v", p)
				}
			})
			want(t, r, Completed, "caller")
			s.allFree()
		})
	}
}

func TestAParkedCallerWhomNobodyFetchesComesBack(t *testing.T) {
	s, _ := talk(t, func(s *stage, _, _ *leg) {
		s.must(Command{Do: ParkCaller, Slot: "7"})
		time.Sleep(parkTime + 2*time.Second)
		s.ear(0, "", 2)
		if v := s.view(); v.Agent != "amy" {
			t.Errorf("she is with %q", v.Agent)
		}
		s.phones["amy"].script = ringsForEver
		s.must(Command{Do: ParkCaller, Slot: "7"})
		time.Sleep(parkTime + ringBackTime + time.Second)
		s.ear(0, "please_hold")
	})
	s.allFree()
}

func TestSlots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		c := &Call{}
		for _, bad := range []string{"0", "100", "x", "07", "-1", "999999999999999999999"} {
			if _, ok := s.board.park(bad, c); ok {
				t.Errorf("slot %q was taken", bad)
			}
		}
		for range parkSlots {
			if _, ok := s.board.park("", c); !ok {
				t.Fatal("no slot is free")
			}
		}
		if _, ok := s.board.park("", c); ok {
			t.Error("a slot too many")
		}
		clear(s.board.slots)
	})
}

func TestAGuestWhoMeansNoCall(t *testing.T) {
	talk(t, func(s *stage, _, _ *leg) {
		for _, g := range []Guest{
			{User: "bo", Want: Retrieve, Slot: "1"}, {User: "bo", Want: Consult}, {User: "bo", Want: PickUp},
			{User: "bo", Want: Replace, Replaces: "nothing"}, {User: "bo", Want: Monitor}, {User: "bo", Want: "dance"},
		} {
			if err := s.board.Guest(g); err == nil {
				t.Errorf("%s: taken", g.Want)
			}
		}
	})
}

func TestAnAgentPicksUpAWaitingCaller(t *testing.T) {
	s, _, r := story(t, func(s *stage) {
		s.step("", 60*time.Second, "amy")
		s.phone("amy", ringsForEver)
		s.phone("bo", ringsForEver)
	}, func(s *stage, caller *leg) {
		time.Sleep(20 * time.Second)
		l := &leg{s: s}
		if err := s.board.Guest(Guest{User: "bo", Offer: []byte("offer"), Leg: l, Listen: l.listen, Want: PickUp}); err != nil {
			t.Error(err)
		}
		time.Sleep(10 * time.Second)
		s.ear(0, "", 2)
		said(t, s.phones["amy"].leg, "end elsewhere")
		bye(caller)
	})
	want(t, r, Completed, "caller")
	s.allFree()
}

func TestAPhoneReplacesTheAgentsLeg(t *testing.T) {
	s, r := talk(t, func(s *stage, _, amy *leg) {
		desk := &leg{s: s, id: "desk"}
		g := Guest{User: "amy-desk", Person: "amy", Offer: []byte("offer"), Leg: desk, Listen: desk.listen, Want: Replace, Replaces: amy.ID()}
		s.phone("amy-desk", ringsForEver)
		if err := s.board.Guest(g); err != nil {
			t.Fatal(err)
		}
		s.ear(0, "", 2)
		said(t, amy, "end completed")
	})
	want(t, r, Completed, "caller")
	s.allFree()
}
