package main

import (
	"testing"
	"time"

	"nightbell/access"
	"nightbell/audit"
	"nightbell/media"
	"nightbell/phi"
	"nightbell/policy"
	"nightbell/store"
)

// deskRules are rules of a book that a test made up.
func deskRules(b *policy.Book) *rules {
	r := &rules{}
	r.now.Store(&standing{policy: policy.Index(b, nil)})
	return r
}

func TestAPINAtTheTelephoneIsHersOrNobodys(t *testing.T) {
	k, _, now := deskHouseStage(t)
	k.now = func() time.Time { return *now }
	p := &callPINs{desk: k, rules: deskRules(&policy.Book{}), throttle: access.NewThrottle()}
	for typed, want := range map[string]bool{"471158": true, "471159": false, "": false} {
		if ok, err := p.CheckPIN(t.Context(), "amy", typed); err != nil || ok != want {
			t.Errorf("PIN of %d digits: %v, %v", len(typed), ok, err)
		}
	}
	if ok, err := p.CheckPIN(t.Context(), "bo", "471158"); err != nil || ok {
		t.Errorf("somebody without a PIN: %v, %v", ok, err)
	}
	for range 12 {
		_, _ = p.CheckPIN(t.Context(), "amy", "000000")
	}
	if ok, _ := p.CheckPIN(t.Context(), "amy", "471158"); ok {
		t.Error("a guesser is not slowed down")
	}
	*now = now.Add(time.Minute)
	if ok, err := p.CheckPIN(t.Context(), "amy", "471158"); err != nil || !ok {
		t.Errorf("she is locked out by somebody else's guesses: %v, %v", ok, err)
	}
	found := 0
	page, err := k.Store.AuditList(t.Context(), store.AuditQuery{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range page.Rows {
		if e := row.Event; e.Action == audit.LoginFailed && e.Object == "person:amy" && e.Reason == "PIN at the telephone" {
			found++
		}
	}
	if found < 2 {
		t.Errorf("%d wrong PINs are in the log", found)
	}
}

func TestATelephoneIsAnActivePersons(t *testing.T) {
	lee := phi.NewPhone("+12125550161")
	p := &callPINs{rules: deskRules(&policy.Book{People: []policy.Person{
		{ID: "lee", Phone: lee, Active: true}, {ID: "ray", Phone: lee},
	}})}
	if who := p.rules.known(lee); len(who) != 1 || who[0] != "lee" || len(p.rules.known(phi.Phone{})) != 0 {
		t.Errorf("%v call from that telephone", who)
	}
	if p.Telephone("lee") != lee || !p.Telephone("ray").IsZero() || !p.Telephone("nobody").IsZero() {
		t.Error("a number of nobody who works here is dialled")
	}
}

func TestTheMeterAddsUpBlocks(t *testing.T) {
	m, tap := newMeter(), new(media.Tap)
	m.hears(tap, nil)
	if said, quiet := m.spoken(); said != 0 || quiet != 0 {
		t.Errorf("said %v, quiet %v", said, quiet)
	}
	m.settle(media.Continued)
	select {
	case <-m.settled:
		t.Error("the next part is still to come")
	default:
	}
	m.settle(media.Complete)
	m.settle(media.Aborted)
	<-m.settled
}
