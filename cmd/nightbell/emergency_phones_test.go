package main

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"nightbell/policy"
	"nightbell/store"
)

// A phone is known again while sealed by what its registration is compared with, and by no name.
func TestAPhoneIsKnownWhileSealed(t *testing.T) {
	o := emergencyOffice(t)
	until := time.Now().Add(time.Hour)
	enrolled := store.Device{User: "amy-phone", Person: "amy", Enrolled: time.Now(), MD5Until: until}
	b := &bundle{Instance: o.Store.Instance(), Phones: []bundlePhone{
		o.bundlePhone(enrolled, "s3cret"), o.bundlePhone(store.Device{User: "bo-phone", Person: "bo"}, certificateMark+"0123"),
	}}
	text, err := json.Marshal(b)
	ours(t, err)
	for _, name := range []string{"amy", "bo-phone", "s3cret"} {
		if strings.Contains(string(text), name) {
			t.Errorf("%q stands in the bundle", name)
		}
	}
	find := phonesOf(b)
	d, ok := find("amy-phone")
	weak := md5.Sum([]byte("amy-phone:" + o.Config.Realm + ":s3cret"))
	if !ok || !d.A1 || d.Secret() != hex.EncodeToString(weak[:]) || d.Mark != deviceOf(enrolled, "s3cret").Mark {
		t.Errorf("amy-phone: %v %+v", ok, d)
	}
	b.Phones[0].MD5Until = time.Now().Add(-time.Second)
	d, _ = find("amy-phone")
	strong := sha256.Sum256([]byte("amy-phone:" + o.Config.Realm + ":s3cret"))
	if d.Secret() != hex.EncodeToString(strong[:]) {
		t.Error("the MD5 exception outlived its end")
	}
	if d, ok = find("bo-phone"); !ok || d.Certificate != "0123" || d.Secret != nil {
		t.Errorf("bo-phone: %+v", d)
	}
	if _, ok = find("carol"); ok {
		t.Error("a stranger is known")
	}
	line := unnamed(policy.EmergencyLine{Locations: map[string]policy.Location{"": {House: "1"}, "amy-phone": {House: "7"}}}, b.Instance)
	got := string(locationOf(line, []string{"amy-phone", phoneName(b.Instance, "amy-phone")}, time.Now()))
	if !strings.Contains(got, "<HNO>7</HNO>") || strings.Contains(got, "amy") {
		t.Errorf("location %s", got)
	}
}

// Without an emergency trunk the bundle knows no phone: none could reach 911.
func TestTheBundleKnowsPhonesForTheSakeOf911Alone(t *testing.T) {
	o := emergencyOffice(t)
	if b := o.madeBundle(t); len(b.Phones) != 0 || phonesOf(b) != nil {
		t.Errorf("%d phones", len(b.Phones))
	}
}
