package sip

import (
	"log/slog"
	"slices"
	"sync"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// core decides what the wire asks: who is there, whose dialog it is, who may ring.
type core struct {
	cfg       Config
	log       *slog.Logger
	ids       identities
	gate      *gate
	registrar *registrar
	routes    routes
	carriers  carriers

	mu      sync.Mutex
	legs    map[dialogKey]*Leg
	merged  map[mergedKey]*Leg
	onFlow  map[*Flow]map[*Leg]struct{}
	leaving map[*Flow]*time.Timer // of revoked devices, open for a talk alone
	adrift  map[*Leg]struct{}
	load    map[string]*load // by trunk, or by a device that dials
	totals  Totals
}

// mergedKey recognises one INVITE that came by two ways (RFC 3261 §8.2.2.2).
type mergedKey struct {
	callID, fromTag string
	seq             uint32
}

// Totals count since the start, but for Legs.
type Totals struct {
	Legs         int // that live now
	Invites      uint64
	Refreshes    uint64 // of bindings
	WrongAnswers uint64
	Silent       uint64 // requests that got no byte
	Overloads    uint64
	LateAnswers  uint64 // 2xx nobody wanted: acknowledged and ended
}

func newCore(cfg Config) *core {
	c := &core{
		cfg: cfg, log: cfg.Log, legs: make(map[dialogKey]*Leg),
		merged: make(map[mergedKey]*Leg), onFlow: make(map[*Flow]map[*Leg]struct{}),
		adrift: make(map[*Leg]struct{}), load: make(map[string]*load), leaving: make(map[*Flow]*time.Timer),
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if c.cfg.Realm == "" {
		c.cfg.Realm = "nightbell"
	}
	c.gate = newGate(c.cfg.Realm)
	c.ids.trunks = cfg.Trunks
	if c.ids.trunks == nil {
		c.ids.trunks = func() []Trunk { return nil }
	}
	c.registrar = &registrar{core: c, of: make(map[string][]*Binding)}
	c.carriers.core, c.carriers.of, c.carriers.finder = c, make(map[string]*upstream), newFinder(cfg.Resolver)
	return c
}

// FlowOpened admits a connection that says by itself who it is.
func (c *core) FlowOpened(f *Flow) {
	v := &visitor{ours: f.listen.out, carrier: f.listen.carrier}
	if v.ours { // the handshake has proved who is there
		f.SetOwner(v)
		f.Admit()
		return
	}
	f.SetOwner(v)
	if _, ok := c.who(f, v); ok {
		f.Admit()
		return
	}
	if cs := f.TLS(); cs != nil && len(cs.PeerCertificates) > 0 && namedDevice(cs.PeerCertificates[0], c.cfg.Realm) == "" {
		c.trouble(Trouble{Kind: CertificateUnknown, Listen: f.Listen().Name, Remote: f.Remote()})
	}
}

// Request answers every request but ACK and CANCEL.
func (c *core) Request(tx *ServerTx) {
	req, v := tx.Request(), visitorOf(tx.Flow())
	switch {
	case v.ours && toTag(req) == "":
		c.onRoute(tx)
	case req.Method == sipmsg.REGISTER:
		c.registrar.register(tx, v)
	case toTag(req) != "":
		c.within(tx, v)
	case req.Method == sipmsg.INVITE:
		c.arrive(tx, v)
	default:
		c.outside(tx, v)
	}
}

// outside answers requests that belong to no dialog and make none.
func (c *core) outside(tx *ServerTx, v *visitor) {
	who, ok := c.who(tx.Flow(), v)
	switch {
	case !ok && !c.registrar.boundOn(tx.Flow(), v.users()):
		c.silence()
		return
	case ok:
		c.trunkSeen(who.trunk.ID, tx.Flow())
	}
	if tx.Request().Method == sipmsg.OPTIONS {
		answerOptions(tx)
		return
	}
	notAllowed(tx)
}

// arrive takes an INVITE that would make a dialog.
func (c *core) arrive(tx *ServerTx, v *visitor) {
	f := tx.Flow()
	who, ok := c.who(f, v)
	if !ok {
		who, ok = c.challengeTrunk(tx, v)
	}
	if !ok {
		return
	}
	f.advertise(who.trunk.Advertised)
	c.trunkSeen(who.trunk.ID, f)
	if refuseBody(tx) || refuseShort(tx) {
		return
	}
	if !c.take(who.trunk) {
		c.refuseLoad(tx)
		return
	}
	said := facts(tx.Request(), who, f)
	if said.Replaces, ok = c.mayReplace(tx); !ok {
		c.giveBack(who.trunk.ID)
		return
	}
	leg := newCalled(c, tx, said)
	leg.carrier = v.carrier
	if !c.enlist(leg) {
		c.giveBack(who.trunk.ID)
		answer(tx, 482)
		return
	}
	answer(tx, 100)
	tx.OnCancel(func(cancel *sipmsg.Request) {
		_ = leg.verb(happening{event: gotCancel, req: cancel})
	})
	c.count(&c.totals.Invites)
	c.attest(leg, tx)
	if c.handReplacing(leg) {
		return
	}
	if c.cfg.OnInvite == nil {
		leg.End(Fault)
		return
	}
	c.cfg.OnInvite(leg)
}

func (c *core) refuseLoad(tx *ServerTx) {
	c.count(&c.totals.Overloads)
	res := tx.Response(503, phrase(503))
	res.AppendHeader(sipmsg.NewHeader("Retry-After", "5"))
	_ = tx.Respond(res)
}

// within finds the leg of a request that has a To tag. It must come on the leg's own connection, or on another of the
// very same party: then the leg moves there.
func (c *core) within(tx *ServerTx, v *visitor) {
	req, f := tx.Request(), tx.Flow()
	leg := c.find(dialogKey{req.CallID().Value(), toTag(req)})
	if leg == nil || !c.belongs(leg, f, v) {
		c.nobody(tx, v)
		return
	}
	h := happening{event: gotRequest, tx: tx}
	switch req.Method {
	case sipmsg.BYE:
		h.event = gotBye
	case sipmsg.REFER: // looks at other legs: before this one is locked
		h.referral, h.refusal.Code = c.referral(req, leg)
	}
	leg.mu.Lock()
	defer leg.unlock()
	if !leg.knows(fromTag(req)) {
		answer(tx, 481)
		return
	}
	if leg.flow != f {
		_ = leg.step(happening{event: flowBack, flow: f})
	}
	seq := req.CSeq().SeqNo
	if leg.dlg.remoteSeq != 0 && seq < leg.dlg.remoteSeq { // RFC 3261 §12.2.2
		answer(tx, 500)
		return
	}
	leg.dlg.remoteSeq = seq
	_ = leg.step(h)
}

// nobody answers 481 to those who are known, nothing to those who are not.
func (c *core) nobody(tx *ServerTx, v *visitor) {
	if _, ok := c.who(tx.Flow(), v); ok || c.registrar.boundOn(tx.Flow(), v.users()) {
		answer(tx, 481)
		return
	}
	c.silence()
}

// Ack takes the ACK to a 2xx.
func (c *core) Ack(f *Flow, ack *sipmsg.Request) {
	leg := c.find(dialogKey{ack.CallID().Value(), toTag(ack)})
	if leg == nil || !c.belongs(leg, f, visitorOf(f)) {
		return
	}
	leg.mu.Lock()
	defer leg.unlock()
	if leg.asked == nil || ack.CSeq().SeqNo != leg.asked.Request().CSeq().SeqNo || !leg.knows(fromTag(ack)) {
		return
	}
	_ = leg.step(happening{event: gotAck, req: ack})
}

// StrayResponse2xx acknowledges again, or ends what nobody wants (RFC 3261 §13.2.2.4).
func (c *core) StrayResponse2xx(f *Flow, res *sipmsg.Response) {
	leg := c.find(dialogKey{res.CallID().Value(), fromTag(res)})
	if leg == nil {
		return
	}
	leg.mu.Lock()
	defer leg.unlock()
	if leg.flow != f {
		return
	}
	if leg.uac && res.CSeq().SeqNo == leg.invSeq {
		_ = leg.step(happening{event: got2xx, res: res})
		return
	}
	leg.sendAck(res.CSeq().SeqNo)
}

// FlowClosed makes phones unreachable and tells every leg.
func (c *core) FlowClosed(f *Flow) {
	c.registrar.flowClosed(f, visitorOf(f).users())
	c.forgetFlow(f)
	c.mu.Lock()
	legs := make([]*Leg, 0, len(c.onFlow[f]))
	for leg := range c.onFlow[f] {
		legs = append(legs, leg)
	}
	c.mu.Unlock()
	for _, leg := range legs {
		leg.mu.Lock()
		if leg.flow == f {
			_ = leg.step(happening{event: flowLost})
		}
		leg.unlock()
	}
	if len(legs) > 0 {
		c.carriers.cut(f.listen.carrier)
	}
}

// who tells the trunk of a connection: by the connection itself, or by a digest answered on it before.
func (c *core) who(f *Flow, v *visitor) (identity, bool) {
	now := time.Now()
	if v.ours {
		return c.carriers.identity(v.carrier)
	}
	if id, ok := c.ids.of(f, now); ok {
		return id, true
	}
	if id := v.trunk(); id != "" {
		return c.ids.byID(f, id, now)
	}
	return identity{}, false
}

// challengeTrunk asks for a digest where a digest trunk may come from, or from a phone that is registered here; the
// rest gets no byte.
func (c *core) challengeTrunk(tx *ServerTx, v *visitor) (identity, bool) {
	user := ""
	if a, ok := parseAuthorization(tx.Request(), c.gate.realm); ok {
		user = a.Username
	}
	t, ok := c.ids.challenged(tx.Flow(), user, time.Now())
	switch {
	case ok:
		if !c.authentic(tx, v, trunkCredential(t, user)) {
			return identity{}, false
		}
		v.answered(t.ID)
		tx.Flow().Admit()
		return identity{t, "digest"}, true
	case c.registrar.boundOn(tx.Flow(), v.users()):
		c.dialled(tx, v)
	default:
		c.silence()
	}
	return identity{}, false
}

// authentic reports a right answer; else it has challenged.
func (c *core) authentic(tx *ServerTx, v *visitor, cred credential) bool {
	now := time.Now()
	got := c.gate.judge(tx.Request(), cred, tx.Flow().ID(), &v.nonces)
	if got == verdictRight && c.gate.locks.locked(cred.user, now) && !v.proved(cred.user) {
		got = verdictWrong
	}
	switch got {
	case verdictRight:
		c.gate.locks.succeeded(cred.user)
		return true
	case verdictWrong:
		c.wrongAnswer(tx, cred)
	}
	c.gate.challenge(tx, cred, got)
	return false
}

// wrongAnswer writes the one stable line a ban list reads. A first challenge never comes here.
func (c *core) wrongAnswer(tx *ServerTx, cred credential) {
	c.count(&c.totals.WrongAnswers)
	c.gate.locks.failed(cred.user, time.Now())
	remote := tx.Flow().Remote()
	c.log.Warn("wrong answer to a SIP challenge", "remote", remote.Addr().Unmap().String(), "method", string(tx.Request().Method))
	if cred.secret != "" && tx.Request().Method == sipmsg.REGISTER {
		c.tellBinding(BindingEvent{Kind: BindingFailed, User: cred.user, Remote: remote})
	}
	if cred.trunk != "" {
		c.trouble(Trouble{Kind: AnswerWrong, Listen: tx.Flow().Listen().Name, Remote: remote, Detail: cred.trunk})
	}
}

func trunkCredential(t Trunk, user string) credential {
	cred := credential{user: user, md5: time.Now().Before(t.MD5Until), trunk: t.ID}
	if t.Secret != nil && (user == t.Digest || user == "") {
		cred.user, cred.secret = t.Digest, t.Secret()
	}
	return cred
}

func (c *core) silence() { c.count(&c.totals.Silent) }

func (c *core) trouble(t Trouble) {
	if c.cfg.OnTrouble != nil {
		c.cfg.OnTrouble(t)
	}
}

func (c *core) tellBinding(e BindingEvent) {
	if c.cfg.OnBinding != nil {
		c.cfg.OnBinding(e)
	}
}

func (c *core) count(n *uint64) {
	c.mu.Lock()
	*n++
	c.mu.Unlock()
}

const (
	// CertificateUnknown: a client certificate was shown that no trunk pins.
	CertificateUnknown TroubleKind = "certificate_unknown"
	// AnswerWrong: a trunk's challenge was answered wrongly; the detail is the trunk's id.
	AnswerWrong TroubleKind = "answer_wrong"
)

// visitor is what the core knows of one connection.
type visitor struct {
	nonces  nonceCounts
	ours    bool   // we made the connection
	carrier string // to which carrier; empty: a route's

	mu       sync.Mutex
	known    []string // users whose device spoke here
	refusals []string // why a certificate was refused here
	digest   string   // id of the trunk whose digest was answered here
}

func visitorOf(f *Flow) *visitor {
	if v, ok := f.Owner().(*visitor); ok {
		return v
	}
	return &visitor{}
}

func (v *visitor) prove(user string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !slices.Contains(v.known, user) {
		v.known = append(v.known, user)
	}
}

func (v *visitor) proved(user string) bool { return slices.Contains(v.users(), user) }

func (v *visitor) users() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.known)
}

func (v *visitor) answered(trunk string) {
	v.mu.Lock()
	v.digest = trunk
	v.mu.Unlock()
}

func (v *visitor) trunk() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.digest
}
