package sip

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"nightbell/phi"
)

// ErrNotKept says that a dialog cannot go on in another process now: it is not confirmed, or somebody's offer is open.
var ErrNotKept = errors.New("leg: dialog cannot be kept")

// keptLeg is what another process needs to go on with a dialog whose process was killed. It holds numbers: seal it.
type keptLeg struct {
	ID        string                 `json:"id"`
	UAC       bool                   `json:"uac"`
	CallID    string                 `json:"call_id"`
	LocalTag  string                 `json:"local_tag"`
	RemoteTag string                 `json:"remote_tag"`
	Local     string                 `json:"local"`
	Remote    string                 `json:"remote"`
	LocalSeq  uint32                 `json:"local_seq"`
	RemoteSeq uint32                 `json:"remote_seq"`
	Target    string                 `json:"target"`
	Routes    []string               `json:"routes,omitempty"`
	RemoteSDP []byte                 `json:"remote_sdp"`
	LocalSDP  []byte                 `json:"local_sdp"`
	InviteSeq uint32                 `json:"invite_seq"`
	AckSeq    uint32                 `json:"ack_seq"`
	Allow     []sipmsg.RequestMethod `json:"allow,omitempty"`
	Interval  time.Duration          `json:"interval,omitempty"`
	Ours      bool                   `json:"ours,omitempty"`
	Expires   time.Time              `json:"expires,omitzero"`
	User      string                 `json:"user,omitempty"`
	Instance  string                 `json:"instance,omitempty"`
	Carrier   string                 `json:"carrier,omitempty"`
	Limit     string                 `json:"limit,omitempty"`
	From      netip.Addr             `json:"from,omitzero"`
	Facts     Facts                  `json:"facts"`
	Caller    string                 `json:"caller,omitempty"`
}

// seqAhead is how many requests may have left after a dialog was last written down.
const seqAhead = 32

// Keep writes down a confirmed dialog. The bytes hold numbers and are for sealing; ErrNotKept: not now.
func (l *Leg) Keep() ([]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.state != isConfirmed && l.state != isAdrift {
		return nil, ErrNotKept
	}
	d := &l.dlg
	k := keptLeg{
		ID: l.id, UAC: l.uac, CallID: d.callID, LocalTag: d.localTag, RemoteTag: d.remoteTag,
		Local: d.local.String(), Remote: d.remote.String(), LocalSeq: d.localSeq, RemoteSeq: d.remoteSeq, Target: d.target.String(),
		RemoteSDP: l.remoteSDP, LocalSDP: l.localSDP, InviteSeq: l.invSeq, AckSeq: l.ackSeq, Allow: l.peerAllow,
		Interval: l.session.interval, Ours: l.session.ours, Expires: l.alarm.due[expire],
		User: l.device.user, Instance: l.device.instance, Carrier: l.carrier, Limit: l.limit, From: l.remote,
		Facts: l.facts, Caller: l.facts.Caller.Reveal(),
	}
	for _, r := range d.routes {
		k.Routes = append(k.Routes, r.String())
	}
	return json.Marshal(k)
}

// Resume goes on with a dialog that another process kept. It is adrift: its connection died with that process, and it is
// there again when the same phone registers, when its trunk connects, or when a request of the dialog comes. What it was
// doing with its peer beside the conversation (an open offer) is forgotten; the peer repeats it.
func (s *Server) Resume(kept []byte) (*Leg, error) { return s.core.resume(kept) }

func (c *core) resume(kept []byte) (*Leg, error) {
	var k keptLeg
	if err := json.Unmarshal(kept, &k); err != nil {
		return nil, errors.New("resume: not a dialog")
	}
	l := &Leg{
		id: k.ID, core: c, uac: k.UAC, facts: k.Facts, state: isAdrift, talk: talkStable,
		remoteSDP: k.RemoteSDP, localSDP: k.LocalSDP, invSeq: k.InviteSeq, ackSeq: k.AckSeq, peerAllow: k.Allow,
		device: device{k.User, k.Instance}, carrier: k.Carrier, limit: k.Limit, remote: k.From,
	}
	l.facts.Caller = phi.NewPhone(k.Caller)
	if err := k.dialog(&l.dlg); err != nil {
		return nil, err
	}
	if !c.recall(l) {
		return nil, fmt.Errorf("resume: %w: it is here already", ErrNotKept)
	}
	l.mu.Lock()
	l.session.interval, l.session.ours = k.Interval, k.Ours
	if k.Interval > 0 {
		l.set(expire, max(time.Until(k.Expires), time.Second))
		if k.Ours {
			l.set(refresh, max(time.Until(k.Expires)-k.Interval/2, time.Second))
		}
	}
	l.post(Event{Kind: FlowLost})
	l.unlock()
	return l, nil
}

// dialog brings the state of RFC 3261 §12 back. Our next request is numbered past those that may have left unseen.
func (k *keptLeg) dialog(d *dialog) error {
	*d = dialog{callID: k.CallID, localTag: k.LocalTag, remoteTag: k.RemoteTag, localSeq: k.LocalSeq + seqAhead, remoteSeq: k.RemoteSeq}
	if k.CallID == "" || k.LocalTag == "" {
		return errors.New("resume: not a dialog")
	}
	d.routes = make([]sipmsg.Uri, len(k.Routes))
	uris := []struct {
		text string
		to   *sipmsg.Uri
	}{{k.Local, &d.local}, {k.Remote, &d.remote}, {k.Target, &d.target}}
	for i, r := range k.Routes {
		uris = append(uris, struct {
			text string
			to   *sipmsg.Uri
		}{r, &d.routes[i]})
	}
	for _, u := range uris {
		if sipmsg.ParseUri(u.text, u.to) != nil {
			return errors.New("resume: not an address")
		}
	}
	return nil
}

// recall makes a leg findable that no flow brought. False: its dialog is here.
func (c *core) recall(l *Leg) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.legs[l.dlg.key()] != nil {
		return false
	}
	c.legs[l.dlg.key()] = l
	c.adrift[l] = struct{}{}
	c.totals.Legs++
	if !l.uac {
		c.merged[mergedKey{l.dlg.callID, l.dlg.remoteTag, l.invSeq}] = l
	}
	if l.limit != "" || !l.uac {
		if c.load[l.limit] == nil {
			c.load[l.limit] = &load{}
		}
		c.load[l.limit].calls++
	}
	return true
}
