package call

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"nightbell/media"
	"nightbell/policy"
)

// The promise that a caller is never dropped into silence, as a property: whatever agents, phones, clinicians, supervisors
// and the network do in whatever order, from the answer to the end she hears somebody, a prompt or music.

func TestNoCallerIsEverInSilence(t *testing.T) {
	for seed := range uint64(many(2000)) {
		synctest.Test(t, func(t *testing.T) {
			d := newDrama(t, seed)
			d.play()
			if t.Failed() {
				t.Fatalf("seed %d:\n%s", seed, d.told())
			}
		})
		if t.Failed() {
			return
		}
	}
}

// drama is one random night of one call.
type drama struct {
	*stage
	t      *testing.T
	rand   *rand.Rand
	caller *leg
	script []string
	guests []*leg
}

func newDrama(t *testing.T, seed uint64) *drama {
	d := &drama{stage: newStage(t), t: t, rand: rand.New(rand.NewPCG(seed, 7))}
	d.plan.Greeting, d.plan.Announce = "greeting", ""
	d.plan.Outbound.Trunks = []string{"carrier"}
	if d.chance(3) {
		d.plan.Consent.Rule = policy.AllParties
	}
	d.step(policy.Together, 20*time.Second, "amy", "bo")
	d.step(policy.InOrder, 20*time.Second, "carol", "amy")
	for _, user := range []string{"amy", "bo", "carol", "sue"} {
		d.phone(user, d.temper())
	}
	d.line(lee, d.temper())
	return d
}

func (d *drama) chance(n int) bool { return d.rand.IntN(n) == 0 }

// temper is how somebody meets a ringing phone.
func (d *drama) temper() func(*leg) {
	after := time.Duration(d.rand.IntN(8000)) * time.Millisecond
	switch d.rand.IntN(7) {
	case 0:
		return refuses(after, Busy, 486)
	case 1:
		return ringsForEver
	case 2:
		return nil
	}
	return answers(after)
}

func (d *drama) play() {
	d.caller = d.ring()
	d.name(d.caller)
	d.wait(12 * time.Second)
	for range 6 + d.rand.IntN(20) {
		d.act()
		d.wait(time.Duration(d.rand.IntN(12000)) * time.Millisecond)
		if d.happened(Finished) || d.t.Failed() {
			break
		}
	}
	if !d.happened(Finished) {
		bye(d.caller)
	}
	<-d.done
	time.Sleep(10 * time.Minute)
	synctest.Wait()
	d.allFree()
	d.nobodyHangs()
}

// wait lets time pass and listens all the while.
func (d *drama) wait(span time.Duration) {
	const tick = 500 * time.Millisecond
	for ; span > 0 && !d.t.Failed(); span -= tick {
		d.judge()
		time.Sleep(min(span, tick))
	}
	d.judge()
}

// judge asks what the caller hears now. One who holds us by her own phone hears nothing of us, and wants that.
func (d *drama) judge() {
	d.t.Helper()
	synctest.Wait()
	if d.happened(Finished) || !slices.Contains(d.caller.story(), "answer") {
		return
	}
	v := d.voice(0)
	if dir := v.Direction(); dir == media.SendOnly || dir == media.Inactive {
		return
	}
	whom, plays := d.hears(0)
	for _, n := range whom {
		if !d.voice(n).isClosed() {
			return
		}
	}
	if plays == "" {
		d.t.Errorf("the caller hears nothing: state %s, view %+v", d.view().State, d.view())
	}
}

// act lets somebody do something.
func (d *drama) act() {
	switch d.rand.IntN(10) {
	case 0, 1, 2, 3, 4:
		d.command()
	case 5, 6:
		d.phoneActs()
	case 7:
		d.guest()
	case 8:
		d.trouble()
	case 9:
		dir := []string{"sendonly", "sendrecv"}[d.rand.IntN(2)]
		d.tell("caller %s", dir)
		d.caller.says(LegEvent{Kind: Offered, SDP: []byte(dir)})
	}
}

func (d *drama) command() {
	kinds := []CommandKind{HoldCaller, ResumeCaller, ConsultThird, JoinAll, CompleteTransfer, CancelLine, TransferBlind, ParkCaller,
		RetrieveCaller, Listen, Whisper, Barge, LeaveCall, PauseRecording, ResumeRecording, SendKey, Requeue, BeginSecret, PatchCaller}
	cmd := Command{Do: kinds[d.rand.IntN(len(kinds))], By: "sue", Reason: "card", Key: '1', User: d.somebody()}
	if d.chance(3) && (cmd.Do == ConsultThird || cmd.Do == TransferBlind) {
		cmd.User, cmd.To = "", phoneOf(lee)
	}
	if cmd.Do == Listen || cmd.Do == Whisper || cmd.Do == Barge || cmd.Do == LeaveCall {
		cmd.User = "sue"
	}
	err := d.orders(cmd)
	d.tell("%s %s: %v", cmd.Do, cmd.User, err)
}

func (d *drama) somebody() string { return []string{"amy", "bo", "carol"}[d.rand.IntN(3)] }

// phoneActs: a phone or an outside party that is up says something.
func (d *drama) phoneActs() {
	who := append([]string{lee}, "amy", "bo", "carol", "sue")[d.rand.IntN(5)]
	p := d.phones[who]
	if who == lee {
		p = d.outside[lee]
	}
	l := p.now()
	if p.timesRung() == 0 || l.gone() != nil {
		return
	}
	events := []LegEvent{{Kind: Ended, Cause: Completed}, {Kind: Offered, SDP: []byte("sendonly")}, {Kind: Offered, SDP: []byte("sendrecv")},
		{Kind: FlowLost}, {Kind: FlowBack}, {Kind: Digit, Digit: "1"},
		{Kind: Referred, Refer: &Referral{To: phoneOf("102")}}, {Kind: Referred, Refer: &Referral{To: phoneOf(lee)}},
		{Kind: Referred, Refer: &Referral{To: phoneOf(lee), Replaces: "guest"}}}
	e := events[d.rand.IntN(len(events))]
	d.tell("phone %s: %s %s", who, e.Kind, e.SDP)
	l.says(e)
}

// guest: a registered phone calls into the conversation, or one that did hangs up.
func (d *drama) guest() {
	if len(d.guests) > 0 && d.chance(2) {
		d.tell("a guest hangs up")
		if l := d.guests[d.rand.IntN(len(d.guests))]; l.gone() == nil {
			bye(l)
		}
		return
	}
	l := &leg{s: d.stage, id: "guest", confirm: true}
	wish := []GuestWish{Retrieve, PickUp, Consult, Replace, Monitor}[d.rand.IntN(5)]
	g := Guest{User: d.somebody(), Offer: []byte("offer"), Leg: l, Listen: l.listen, Want: wish, Slot: "1", To: phoneOf(lee)}
	if wish == Replace {
		g.Replaces = d.phones["amy"].now().ID()
	}
	if wish == Monitor {
		g.User, g.To = "sue", phoneOf("101")
	}
	err := d.board.Guest(g)
	d.tell("guest %s of %s: %v", wish, g.User, err)
	if err == nil {
		d.guests = append(d.guests, l)
	}
}

// trouble: somebody's phone goes away or comes back, or her sound stops.
func (d *drama) trouble() {
	switch d.rand.IntN(3) {
	case 0:
		p := d.phones[d.somebody()]
		p.mu.Lock()
		p.away = !p.away
		p.mu.Unlock()
		d.tell("a phone is away: %v", p.isAway())
	case 1:
		d.mu.Lock()
		n := len(d.voices)
		d.mu.Unlock()
		if n < 2 {
			return
		}
		v := d.voice(1 + d.rand.IntN(n-1))
		if !v.isClosed() {
			v.tells(media.Event{Kind: media.Silent})
			d.tell("silence from a party")
		}
	case 2:
		for _, user := range []string{"amy", "bo", "carol", "sue"} {
			d.phones[user].script = d.temper()
		}
	}
}

// nobodyHangs: every leg that ever rang was ended or ended itself.
func (d *drama) nobodyHangs() {
	for who, p := range d.phones {
		if p.timesRung() > 0 && p.now().gone() == nil && len(p.now().story()) == 0 {
			d.t.Errorf("%s's phone still rings after the end", who)
		}
	}
}

func (d *drama) tell(format string, args ...any) {
	d.script = append(d.script, fmt.Sprintf(format, args...))
}

func (d *drama) told() string {
	var all string
	for _, line := range d.script {
		all += "  " + line + "\n"
	}
	return all + fmt.Sprint(d.kinds())
}
