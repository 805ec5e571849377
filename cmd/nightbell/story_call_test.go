//go:build stories

package main

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"nightbell/media/mediatest"
	"nightbell/sip/siptest"
)

// office of the call stories: numbers that are answered at once and when an agent does, each with steps of its own.
const callHead = `format = 1
catch_all = "talk"
[[trunks]]
id = "carrier"
name = "Carrier"
certificate = ["carrier.demo.nightbell.test"]
`

// callBook writes a book: a clinic a line, "id number answer person,person:seconds ...".
func callBook(clinics ...string) string {
	var b strings.Builder
	b.WriteString(callHead)
	people := map[string]bool{}
	for _, line := range clinics {
		f := strings.Fields(line)
		fmt.Fprintf(&b, "[[clinics]]\nid = %[1]q\nname = \"Clinic %[1]s\"\nzone = \"America/New_York\"\ngreeting = \"\"\nannounce = \"\"\n"+
			"last_resort = \"last_resort\"\nrecord = false\n", f[0])
		for _, step := range f[3:] {
			who, ring, _ := strings.Cut(step, ":")
			names := strings.Split(who, ",")
			fmt.Fprintf(&b, "[[clinics.closed]]\nname = %q\nring = %q\npeople = [\"%s\"]\n", who, ring+"s", strings.Join(names, `", "`))
			for _, name := range names {
				people[name] = true
			}
		}
		fmt.Fprintf(&b, "[[numbers]]\nnumber = %q\nclinic = %q\nanswer = %q\n", f[1], f[0], f[2])
	}
	for name := range people {
		fmt.Fprintf(&b, "[[people]]\nid = %[1]q\nname = \"Invented %[1]s\"\n[[devices]]\nuser = %[1]q\nperson = %[1]q\n", name)
	}
	return b.String()
}

// callStand serves a book of that form.
func callStand(t *testing.T, clinics ...string) *stand {
	s := newStand(t, func(string) string { return callBook(clinics...) })
	s.serve()
	return s
}

// silence and friends: what a phone may do with a call instead of answering.
func (s *stand) refusing(ctx context.Context, user string, code int) {
	s.t.Helper()
	s.phone(ctx, user, s.secret(user), func(d *siptest.Dialog) {
		_ = d.Ring(nil)
		_ = d.Reject(code)
	})
}

// legCauses is how the phones' legs of a call ended, by user.
func (s *stand) legCauses(id string) map[string]string {
	s.t.Helper()
	var v struct {
		Legs []struct{ User, Cause string }
	}
	s.ask(&v, "calls", "show", id)
	out := map[string]string{}
	for _, l := range v.Legs {
		out[l.User] = l.Cause
	}
	return out
}

// tells fails unless what was heard holds the prompt's words.
func tells(t *testing.T, what string, heard []int16, prompt string) {
	t.Helper()
	words := soundOfWAV(t, filepath.Join("../../media/prompts", prompt+".wav"), 0)
	if score := mediatest.Correlate(words, heard, len(heard)+len(words)).Score; score < sameVoice {
		t.Errorf("%s: correlation %.3f with the words of %s", what, score, prompt)
	}
}

func TestStoryEveryWayThroughTheHunt(t *testing.T) {
	ctx := storyTime(t, 60*time.Second)
	s := callStand(t,
		"ends +12125550110 at_once amy:9 bo:9 carol:1 dora:9",
		"ends2 +12125550111 when_agent_answers amy:9 bo:9 carol:1 dora:9",
		"talk +12125550112 at_once amy:9 bo:9 carol:1 dora:9 eve:9",
		"talk2 +12125550113 when_agent_answers amy:9 bo:9 carol:1 dora:9 fay:9")
	s.refusing(ctx, "amy", 486)
	s.refusing(ctx, "bo", 603)
	_, carol := s.ringing(ctx, "carol", s.secret("carol")) // never answers; dora never registers
	eve, fay := s.answering(ctx, "eve"), s.answering(ctx, "fay")
	carrier := s.carrier(ctx)

	var callers []*talk
	for i, provisional := range []string{"200", "180", "200", "180"} {
		caller := s.dial(ctx, carrier, fmt.Sprintf("+1212555011%d", i))
		first := caller.word(ctx, "180", "200")
		if first.Word != provisional {
			t.Errorf("number %d: first %s, want %s", i, first.Word, provisional)
		}
		if first.Word == "200" {
			fail(t, caller.sound.Accept(first.SDP))
		}
		callers = append(callers, caller)
	}
	for range callers {
		if _, err := rang(ctx, t, carol).Wait(ctx, "CANCEL"); err != nil {
			t.Error("carol rings on: ", err)
		}
	}
	callers[1].up(ctx)
	callers[3].up(ctx)
	for i, agents := range []<-chan *talk{eve, fay} {
		agent := next(ctx, t, agents)
		heardEach(ctx, t, fmt.Sprint("number ", i+2), callers[i+2], agent)
		fail(t, agent.dialog.Bye(ctx))
		callers[i+2].word(ctx, "BYE")
	}
	for i, caller := range callers[:2] {
		caller.word(ctx, "BYE") // the words were said to their end, twice
		tells(t, fmt.Sprint("number ", i), caller.sound.Heard(time.Time{}), "last_resort")
	}
	s.quiet(ctx)
	var list struct{ Items []callRow }
	s.ask(&list, "calls", "list")
	ways := map[string]int{}
	for _, row := range list.Items {
		ways[fmt.Sprint(row.Outcome, " ", row.By, " ", s.legCauses(row.ID))]++
	}
	before := "amy:busy bo:declined carol:no_answer"
	for way, n := range map[string]int{"last_resort system map[:last_resort " + before + "]": 2,
		"completed eve map[:completed " + before + " eve:completed]": 1, "completed fay map[:completed " + before + " fay:completed]": 1} {
		if ways[way] != n {
			t.Errorf("%d calls %s, want %d, of %v", ways[way], way, n, ways)
		}
	}
}

func TestStoryCallerGoesWhileItRings(t *testing.T) {
	ctx := storyTime(t, 60*time.Second)
	s := callStand(t, "talk +12125550114 at_once amy,bo:20", "late +12125550115 when_agent_answers amy,bo:20")
	_, amy := s.ringing(ctx, "amy", s.secret("amy"))
	_, bo := s.ringing(ctx, "bo", s.secret("bo"))
	carrier := s.carrier(ctx)
	for _, number := range []string{"+12125550114", "+12125550115"} {
		caller := s.dial(ctx, carrier, number)
		a, b := rang(ctx, t, amy), rang(ctx, t, bo)
		if number == "+12125550114" {
			fail(t, caller.up(ctx).dialog.Bye(ctx))
		} else {
			fail(t, caller.dialog.Cancel(ctx))
			caller.word(ctx, "487")
		}
		for _, d := range []*siptest.Dialog{a, b} {
			if _, err := d.Wait(ctx, "CANCEL"); err != nil {
				t.Error("a phone rings on: ", err)
			}
		}
		if row := s.lastCall(ctx); row.Outcome != "caller_gone" || row.By != "caller" {
			t.Errorf("%s: filed as %+v", number, row)
		}
	}
	s.quiet(ctx)
}

// talking is a caller and an agent who are joined.
func (s *stand) talking(ctx context.Context, c *siptest.Carrier, agents <-chan *talk) (caller, agent *talk) {
	s.t.Helper()
	caller = s.call(ctx, c, "+12125550114")
	agent = next(ctx, s.t, agents)
	s.bridged(ctx)
	return caller, agent
}

// turn sends a re-INVITE with a direction and takes its answer.
func (c *talk) turn(ctx context.Context, direction string) {
	c.t.Helper()
	c.sound.Direct(direction)
	offer, err := c.sound.Offer()
	fail(c.t, err)
	code, answer, err := c.dialog.ReInvite(ctx, offer)
	if err != nil || code != 200 {
		c.t.Fatalf("re-INVITE %s: %d, %v", direction, code, err)
	}
	fail(c.t, c.sound.Accept(answer))
}

// tuneful is the share of a sound's power that lies on the notes of the music on hold.
func tuneful(sound []int16) float64 {
	var all, notes float64
	for _, v := range sound {
		all += float64(v) * float64(v)
	}
	for _, hz := range []float64{174.61, 196, 220, 246.94, 261.63, 293.66, 329.63, 349.23, 392, 440, 523.25} {
		var re, im float64
		for i, v := range sound {
			re += float64(v) * math.Cos(2*math.Pi*hz*float64(i)/callRate)
			im += float64(v) * math.Sin(2*math.Pi*hz*float64(i)/callRate)
		}
		notes += 2 * (re*re + im*im) / float64(len(sound))
	}
	return notes / max(all, 1)
}

func TestStoryHoldFromEitherSide(t *testing.T) {
	ctx := storyTime(t, 90*time.Second)
	s := callStand(t, "talk +12125550114 at_once amy:20")
	caller, agent := s.talking(ctx, s.carrier(ctx), s.answering(ctx, "amy"))
	caller.sound.Speak(mediatest.Caller())
	agent.sound.Speak(mediatest.Agent())
	for name, sides := range map[string][2]*talk{"caller holds": {caller, agent}, "agent holds": {agent, caller}} {
		holder, held := sides[0], sides[1]
		holder.turn(ctx, "sendonly")
		if d := holder.sound.Direction(); d != "recvonly" {
			t.Errorf("%s: sendonly was answered %s", name, d)
		}
		since := time.Now().Add(200 * time.Millisecond)
		fail(t, held.sound.AwaitSound(ctx, since, 4*time.Second))
		music := held.sound.Heard(since)[:3*callRate]
		if share := tuneful(music[callRate : 2*callRate]); share < 0.5 {
			t.Errorf("%s: %.2f of what the other hears is music", name, share)
		}
		holder.turn(ctx, "sendrecv")
		heardEach(ctx, t, name+", then not", caller, agent)
	}
	if id := s.bridged(ctx); s.happened(id, "held") != 2 || s.happened(id, "resumed") != 2 {
		t.Error("the story tells other holds")
	}
	fail(t, caller.dialog.Bye(ctx))
}

func TestStoryDigits(t *testing.T) {
	ctx := storyTime(t, 60*time.Second)
	s := callStand(t, "talk +12125550114 at_once amy:20")
	caller, agent := s.talking(ctx, s.carrier(ctx), s.answering(ctx, "amy"))
	pressed := func(by, at *talk, want string) {
		t.Helper()
		if err := at.sound.Await(ctx, func(p *mediatest.Peer) bool { return p.Digits() == want }); err != nil {
			t.Fatalf("heard %q, want %q: %v", at.sound.Digits(), want, err)
		}
	}
	fail(t, caller.sound.SendDigits(ctx, "15*0"))
	pressed(caller, agent, "15*0")
	fail(t, agent.sound.SendDigits(ctx, "#D9"))
	pressed(agent, caller, "#D9")
	if code, err := caller.dialog.Info(ctx, "7"); err != nil || code != 200 {
		t.Fatalf("INFO: %d, %v", code, err)
	}
	pressed(caller, agent, "15*07")
	if code, err := agent.dialog.Info(ctx, "A"); err != nil || code != 200 {
		t.Fatalf("INFO: %d, %v", code, err)
	}
	pressed(agent, caller, "#D9A")
	fail(t, agent.dialog.Bye(ctx))
	caller.word(ctx, "BYE")
}

func TestStoryOffersWithinACall(t *testing.T) {
	ctx := storyTime(t, 120*time.Second)
	s := callStand(t, "talk +12125550114 at_once amy:20")
	carrier, phones := s.carrier(ctx), s.answering(ctx, "amy")
	short := s.dial(ctx, carrier, "+12125550114", "Supported: timer\r\nSession-Expires: 30\r\n").word(ctx, "422", "200")
	if short.Word != "422" || short.Header("Min-SE") == "" {
		t.Errorf("a session of 30 s: %s, Min-SE %q", short.Word, short.Header("Min-SE"))
	}

	caller := s.dial(ctx, carrier, "+12125550114", "Supported: timer\r\nSession-Expires: 90;refresher=uas\r\n")
	ok := caller.word(ctx, "200")
	fail(t, caller.sound.Accept(ok.SDP))
	if v := ok.Header("Session-Expires"); v != "90;refresher=uas" {
		t.Errorf("Session-Expires: %q", v)
	}
	agent := next(ctx, t, phones)
	s.bridged(ctx)
	code, err := caller.dialog.Update(ctx, nil, "Supported: timer\r\nSession-Expires: 90;refresher=uas\r\n")
	if err != nil || code != 200 {
		t.Errorf("refresh by UPDATE: %d, %v", code, err)
	}

	for name, side := range map[string]*talk{"caller": caller, "agent": agent} {
		side.dialog.OnOffer(func(offer []byte) []byte {
			answer, err := side.sound.Answer(offer)
			if err != nil {
				t.Error(name, err)
			}
			return answer
		})
		if code, _, err := side.dialog.ReInvite(ctx, nil); err != nil || code != 200 {
			t.Errorf("%s asks for an offer: %d, %v", name, code, err)
		}
		heardEach(ctx, t, "after the "+name+"'s re-INVITE without SDP", caller, agent)
		offer, err := side.sound.Offer()
		fail(t, err)
		code, _, err := side.dialog.ReInvite(ctx, bytes.Replace(offer, []byte("RTP/SAVP"), []byte("RTP/AVP"), 1))
		if err != nil || code != 488 {
			t.Errorf("%s offers RTP in clear: %d, %v", name, code, err)
		}
	}
	heardEach(ctx, t, "on the old keys", caller, agent)
	if soak() {
		if e := caller.word(ctx, "UPDATE", "INVITE", "BYE"); e.Word == "BYE" {
			t.Error("the server did not refresh")
		}
	}
	fail(t, caller.dialog.Bye(ctx))
	s.calledWithoutOffer(ctx, carrier, phones)
}

// calledWithoutOffer: an INVITE without an offer; the 200 holds ours, the ACK the answer.
func (s *stand) calledWithoutOffer(ctx context.Context, c *siptest.Carrier, phones <-chan *talk) {
	s.t.Helper()
	sound := s.sound(mediatest.Options{})
	d, err := c.Call(ctx, "+12125550114", "+12125550155", nil)
	fail(s.t, err)
	d.OnOffer(func(offer []byte) []byte {
		answer, err := sound.Answer(offer)
		if err != nil {
			s.t.Error(err)
		}
		return answer
	})
	caller := &talk{s.t, d, sound}
	caller.word(ctx, "200")
	heardEach(ctx, s.t, "called without an offer", caller, next(ctx, s.t, phones))
	fail(s.t, caller.dialog.Bye(ctx))
}

var cryptoLine = regexp.MustCompile(`a=crypto:1 (\S+) inline:(\S+)\r\n`)

func TestStoryOffersThatAreRefused(t *testing.T) {
	ctx := storyTime(t, 60*time.Second)
	s := callStand(t, "talk +12125550114 when_agent_answers amy:20")
	carrier, phones := s.carrier(ctx), s.answering(ctx, "amy")
	swap := func(pattern, by string) func(string) string {
		return func(sdp string) string { return regexp.MustCompile(pattern).ReplaceAllString(sdp, by) }
	}
	for name, edit := range map[string]func(string) string{
		"RTP in clear":         swap(`RTP/SAVP`, `RTP/AVP`),
		"no crypto":            swap(cryptoLine.String(), ``),
		"clear without crypto": swap(`(?s)RTP/SAVP(.*)a=crypto:1 \S+ \S+\r\n`, `RTP/AVP$1`),
		"a short key":          swap(cryptoLine.String(), "a=crypto:1 $1 inline:c2hvcnQ=\r\n"),
		"no base64":            swap(cryptoLine.String(), "a=crypto:1 $1 inline:****\r\n"),
		"unknown suite":        swap(cryptoLine.String(), "a=crypto:1 NULL_CIPHER inline:$2\r\n"),
		"unencrypted SRTP":     swap(cryptoLine.String(), "a=crypto:1 $1 inline:$2 UNENCRYPTED_SRTP\r\n"),
		"MKI alone":            swap(cryptoLine.String(), "a=crypto:1 $1 inline:$2|1:4\r\n"),
		"no common codec":      swap(`RTP/SAVP 0 8 101`, `RTP/SAVP 18`),
		"a fax":                swap(`m=audio (\d+) RTP/SAVP[^\r]*`, `m=image $1 udptl t38`),
	} {
		offer, err := s.sound(mediatest.Options{}).Offer()
		fail(t, err)
		edited := edit(string(offer))
		if edited == string(offer) {
			t.Fatalf("%s: the offer is as before", name)
		}
		d, err := carrier.Call(ctx, "+12125550114", "+12125550155", []byte(edited))
		fail(t, err)
		e, err := d.Wait(ctx, "488", "180", "200", "400", "415", "500", "603")
		if err != nil || e.Word != "488" || e.Header("Warning") == "" {
			t.Errorf("%s: %s, Warning %q, %v", name, e.Word, e.Header("Warning"), err)
		}
	}
	if len(phones) != 0 {
		t.Error("a phone rang for an offer that was refused")
	}
	sound := s.sound(mediatest.Options{})
	offer, err := sound.Offer()
	fail(t, err)
	both := cryptoLine.ReplaceAll(offer, []byte("a=crypto:7 $1 inline:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA|1:4\r\n$0"))
	d, err := carrier.Call(ctx, "+12125550114", "+12125550155", both)
	fail(t, err)
	caller := (&talk{t, d, sound}).up(ctx)
	heardEach(ctx, t, "MKI beside a usable line", caller, next(ctx, t, phones))
	fail(t, caller.dialog.Bye(ctx))
	s.quiet(ctx)
}
