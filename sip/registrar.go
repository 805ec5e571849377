package sip

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// Binding is where a device can be reached now: one flow, until a time (RFC 3261 §10, RFC 5626).
type Binding struct {
	ID       string // random
	User     string
	Instance string // +sip.instance; may be empty
	Remote   netip.AddrPort
	Local    netip.Addr // our end of its connection
	Since    time.Time  // of the first REGISTER on this flow
	Expires  time.Time

	mark    string // of the credential it was made with
	regID   string
	contact sipmsg.Uri
	path    []sipmsg.Uri // RFC 3327
	flow    *Flow
	callID  string
	seq     uint32
	timer   *time.Timer
}

// Flow is the connection the device registered on; a call to it goes there and nowhere else.
func (b Binding) Flow() *Flow { return b.flow }

// device is how the same device is known again: its instance, else the user part of its Contact.
func (b *Binding) device() device {
	if b.Instance != "" {
		return device{b.User, b.Instance}
	}
	return device{b.User, "contact:" + b.contact.User}
}

// BindingEvent tells what became of a device's reachability. Refreshes are counted only.
type BindingEvent struct {
	Kind    BindingKind
	User    string // of a known device; empty for a stranger's name
	Binding string
	Remote  netip.AddrPort
	Reason  string // of BindingGone: "unregistered", "expired", "flow_closed", "replaced", "revoked"; of BindingFailed: "certificate_..."
}

// BindingKind is a closed list.
type BindingKind string

const (
	BindingMade   BindingKind = "made"
	BindingMoved  BindingKind = "moved" // the same device from another connection
	BindingGone   BindingKind = "gone"
	BindingFailed BindingKind = "failed" // wrong answer to the challenge, or a certificate that must not be used here
)

const (
	expiresLeast   = time.Minute
	expiresMost    = time.Hour
	contactsPerAOR = 10
)

// registrar keeps the bindings. They live as long as their flow, at most until they expire.
type registrar struct {
	core *core
	mu   sync.Mutex
	of   map[string][]*Binding // by user, oldest first
}

// register answers a REGISTER. Known and unknown names are met alike until the answer is right.
func (r *registrar) register(tx *ServerTx, v *visitor) {
	if tx.Flow().TLS() == nil {
		answer(tx, 403)
		return
	}
	if r.core.cfg.Closed != nil {
		if wait := r.core.cfg.Closed(); wait > 0 {
			_ = tx.Respond(tx.unavailable(wait))
			return
		}
	}
	user := userOf(&tx.Request().To().Address)
	if !r.core.isDevice(tx, v, user) {
		return
	}
	v.prove(user)
	tx.Flow().Admit()
	asks, code := readContacts(tx.Request())
	if code != 0 {
		r.reject(tx, code)
		return
	}
	r.bind(tx, user, asks)
}

func (r *registrar) reject(tx *ServerTx, code int) {
	res := tx.Response(code, phrase(code))
	if code == 423 {
		res.AppendHeader(sipmsg.NewHeader("Min-Expires", seconds(expiresLeast)))
	}
	_ = tx.Respond(res)
}

// ask is one Contact of a REGISTER.
type ask struct {
	uri             sipmsg.Uri
	instance, regID string
	expires         time.Duration // zero: remove
	all             bool          // Contact: *
}

// readContacts reads all of them before any is acted on (RFC 3261 §10.3): it answers all or nothing.
func readContacts(req *sipmsg.Request) (asks []ask, code int) {
	most, given := parseExpires(headerValue(req, "Expires"))
	hs := req.GetHeaders("Contact")
	for _, h := range hs {
		c, ok := h.(*sipmsg.ContactHeader)
		if !ok {
			return nil, 400
		}
		if c.Address.Wildcard {
			if len(hs) != 1 || !given || most != 0 {
				return nil, 400
			}
			return []ask{{all: true}}, 0
		}
		a := ask{uri: *c.Address.Clone(), expires: expiresMost}
		a.uri.Headers = nil
		if given {
			a.expires = most
		}
		for _, p := range c.Params {
			switch value := strings.Trim(p.V, `"`); strings.ToLower(p.K) {
			case "expires":
				if d, ok := parseExpires(value); ok {
					a.expires = d
				}
			case "+sip.instance":
				a.instance = value
			case "reg-id":
				a.regID = value
			}
		}
		if a.uri.Host == "" {
			return nil, 400
		}
		if a.expires > 0 && a.expires < expiresLeast {
			return nil, 423
		}
		a.expires = min(a.expires, expiresMost)
		asks = append(asks, a)
	}
	if len(asks) > contactsPerAOR {
		return nil, 403
	}
	return asks, 0
}

func parseExpires(value string) (time.Duration, bool) {
	n, err := strconv.ParseUint(value, 10, 32)
	if err != nil {
		return 0, false
	}
	return time.Duration(n) * time.Second, true
}

// bind applies the asks and answers with all that is bound now.
func (r *registrar) bind(tx *ServerTx, user string, asks []ask) {
	var news []BindingEvent
	var landed []*Binding
	r.mu.Lock()
	if r.outOfOrder(tx.Request(), user, asks) {
		r.mu.Unlock()
		answer(tx, 500) // §10.3 step 7
		return
	}
	for _, a := range asks {
		switch {
		case a.all:
			for _, b := range slices.Clone(r.of[user]) {
				news = append(news, r.remove(b, "unregistered"))
			}
		case a.expires == 0:
			if b := r.find(user, a); b != nil {
				news = append(news, r.remove(b, "unregistered"))
			}
		default:
			b, told := r.put(tx, user, a)
			news, landed = append(news, told...), append(landed, b)
		}
	}
	res := r.listing(tx, user)
	r.mu.Unlock()
	_ = tx.Respond(res)
	for _, e := range news {
		r.core.tellBinding(e)
	}
	for _, b := range landed {
		r.core.landed(b.device(), b.flow)
	}
}

func (r *registrar) outOfOrder(req *sipmsg.Request, user string, asks []ask) bool {
	for _, a := range asks {
		b := r.find(user, a)
		if b != nil && b.callID == req.CallID().Value() && req.CSeq().SeqNo < b.seq {
			return true
		}
	}
	return false
}

// find matches by instance and reg-id where both sides have them (RFC 5626 §6), else by the Contact's URI.
func (r *registrar) find(user string, a ask) *Binding {
	for _, b := range r.of[user] {
		if a.instance != "" && b.Instance == a.instance && b.regID == a.regID {
			return b
		}
		if a.instance == "" && b.Instance == "" && b.contact.String() == a.uri.String() {
			return b
		}
	}
	return nil
}

// put makes, refreshes or moves a binding; it is pinned to the connection the REGISTER came on.
func (r *registrar) put(tx *ServerTx, user string, a ask) (*Binding, []BindingEvent) {
	req, f, now := tx.Request(), tx.Flow(), time.Now()
	var news []BindingEvent
	b := r.find(user, a)
	switch {
	case b == nil:
		for len(r.of[user]) >= contactsPerAOR {
			news = append(news, r.remove(r.of[user][0], "replaced"))
		}
		b = r.pin(f, user, a)
		news = append(news, BindingEvent{Kind: BindingMade, User: user, Binding: b.ID, Remote: f.Remote()})
	case b.flow != f:
		// The identity of what is bound changes with its connection: a leg that rings on the old one ends with it.
		r.drop(b)
		b = r.pin(f, user, a)
		news = append(news, BindingEvent{Kind: BindingMoved, User: user, Binding: b.ID, Remote: f.Remote()})
	default:
		b.timer.Reset(a.expires)
		r.core.count(&r.core.totals.Refreshes)
	}
	b.contact, b.Expires = a.uri, now.Add(a.expires)
	b.callID, b.seq, b.mark = req.CallID().Value(), req.CSeq().SeqNo, r.core.mark(user)
	b.path = nil
	for _, v := range values(req, "Path") {
		var u sipmsg.Uri
		if _, uri, ok := nameAddr(v); ok && sipmsg.ParseUri(uri, &u) == nil {
			b.path = append(b.path, u)
		}
	}
	return b, news
}

// pin makes a binding on a connection.
func (r *registrar) pin(f *Flow, user string, a ask) *Binding {
	b := &Binding{
		ID: random(), User: user, Instance: a.instance, regID: a.regID, Since: time.Now(), flow: f, Remote: f.Remote(), Local: f.Local().Addr(),
	}
	r.of[user] = append(r.of[user], b)
	b.timer = time.AfterFunc(a.expires, func() { r.expired(b) })
	return b
}

// listing is the 200 with every binding of the AOR (§10.3 step 8).
func (r *registrar) listing(tx *ServerTx, user string) *sipmsg.Response {
	res := tx.Response(200, phrase(200))
	now := time.Now()
	outbound := false
	for _, b := range r.of[user] {
		left := max(1, int64(b.Expires.Sub(now).Round(time.Second)/time.Second))
		value := "<" + b.contact.String() + ">;expires=" + strconv.FormatInt(left, 10)
		if b.Instance != "" {
			value += ";+sip.instance=" + quote(b.Instance)
		}
		if b.regID != "" {
			value += ";reg-id=" + strconv.Quote(b.regID)[1:len(strconv.Quote(b.regID))-1]
			outbound = outbound || b.flow == tx.Flow()
		}
		res.AppendHeader(sipmsg.NewHeader("Contact", value))
	}
	if outbound && hasOption(tx.Request(), "Supported", "outbound") { // RFC 5626 §6
		res.AppendHeader(sipmsg.NewHeader("Require", "outbound"))
		res.AppendHeader(sipmsg.NewHeader("Flow-Timer", "120"))
	}
	for _, h := range tx.Request().GetHeaders("Path") {
		res.AppendHeader(sipmsg.NewHeader("Path", h.Value()))
	}
	res.AppendHeader(sipmsg.NewHeader("Allow", allowed))
	res.AppendHeader(sipmsg.NewHeader("Supported", "outbound, path"))
	res.SetBody(nil)
	return res
}

func (r *registrar) remove(b *Binding, why string) BindingEvent {
	r.drop(b)
	return BindingEvent{Kind: BindingGone, User: b.User, Binding: b.ID, Remote: b.Remote, Reason: why}
}

func (r *registrar) drop(b *Binding) {
	b.timer.Stop()
	left := slices.DeleteFunc(r.of[b.User], func(x *Binding) bool { return x == b })
	if len(left) == 0 {
		delete(r.of, b.User)
		return
	}
	r.of[b.User] = left
}

func (r *registrar) expired(b *Binding) {
	r.mu.Lock()
	if !slices.Contains(r.of[b.User], b) || time.Now().Before(b.Expires) {
		r.mu.Unlock()
		return
	}
	e := r.remove(b, "expired")
	r.mu.Unlock()
	r.core.tellBinding(e)
}

// unbindUnknown makes devices unreachable that are in the book no more, or have another credential: whose credential was
// revoked is not called. Their connections close once nobody talks over them.
func (r *registrar) unbindUnknown() {
	if r.core.cfg.Devices == nil {
		return
	}
	var news []BindingEvent
	r.mu.Lock()
	var flows []*Flow
	for user, bound := range r.of {
		d, known := r.core.cfg.Devices.Device(user)
		for _, b := range slices.Clone(bound) {
			if known && d.Mark == b.mark {
				continue
			}
			news, flows = append(news, r.remove(b, "revoked")), append(flows, b.flow)
		}
	}
	r.mu.Unlock()
	for _, e := range news {
		r.core.tellBinding(e)
	}
	for _, f := range flows {
		r.core.farewell(f)
	}
}

// flowClosed makes everything that was registered on the connection unreachable at once.
func (r *registrar) flowClosed(f *Flow, users []string) {
	var news []BindingEvent
	r.mu.Lock()
	for _, user := range users {
		for _, b := range slices.Clone(r.of[user]) {
			if b.flow == f {
				news = append(news, r.remove(b, "flow_closed"))
			}
		}
	}
	r.mu.Unlock()
	for _, e := range news {
		r.core.tellBinding(e)
	}
}

// bindings are the live ones of the users, newest first; of no users: everybody's.
func (r *registrar) bindings(users []string) []Binding {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(users) == 0 {
		for user := range r.of {
			users = append(users, user)
		}
	}
	var out []Binding
	for _, user := range users {
		for _, b := range r.of[user] {
			out = append(out, *b)
		}
	}
	slices.SortStableFunc(out, func(a, b Binding) int { return b.Since.Compare(a.Since) })
	return out
}

func (r *registrar) boundOn(f *Flow, users []string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, user := range users {
		if slices.ContainsFunc(r.of[user], func(b *Binding) bool { return b.flow == f }) {
			return true
		}
	}
	return false
}

func (r *registrar) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, bs := range r.of {
		for _, b := range bs {
			b.timer.Stop()
		}
	}
	clear(r.of)
}
