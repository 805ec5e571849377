package sip

import (
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// This file is what a phone may dial. Who may be called, and in whose name, is decided elsewhere: here it is made sure
// that it is her phone, on the connection it registered on.

// What one phone may have at once and begin in a second: a caller on hold, a consult, and one that is just ending. An
// urgent call is not counted.
const (
	phoneCalls = 4
	phoneRate  = 3
)

// dialled takes an INVITE of a phone that is registered on this very connection.
func (c *core) dialled(tx *ServerTx, v *visitor) {
	f, req := tx.Flow(), tx.Request()
	user, number := userOf(&req.From().Address), userOf(&req.Recipient)
	if !c.isDevice(tx, v, user) {
		return
	}
	if c.cfg.OnPhone == nil || !c.registrar.boundOn(f, []string{user}) {
		answer(tx, 403)
		return
	}
	limits := Trunk{ID: "device " + user, MaxCalls: phoneCalls, MaxRate: phoneRate}
	if c.urgent(number) {
		limits = Trunk{ID: "urgent " + user}
	} else if refuseShort(tx) {
		return
	}
	if refuseBody(tx) {
		return
	}
	other, ok := c.mayReplace(tx)
	if !ok {
		return
	}
	if !c.take(limits) {
		c.refuseLoad(tx)
		return
	}
	leg := newCalled(c, tx, Facts{
		Device: user, KnownBy: "device", Protection: protection(f), Listener: f.Listen().Name, Local: f.Local().Addr(), Number: number,
		Replaces: other,
	})
	leg.limit = limits.ID
	if !c.enlist(leg) {
		c.giveBack(limits.ID)
		answer(tx, 482)
		return
	}
	answer(tx, 100)
	tx.OnCancel(func(cancel *sipmsg.Request) { _ = leg.verb(happening{event: gotCancel, req: cancel}) })
	if !c.handReplacing(leg) {
		c.cfg.OnPhone(leg)
	}
}

// urgent says that a number is one that nothing may hold up.
func (c *core) urgent(number string) bool { return c.cfg.Urgent != nil && c.cfg.Urgent(number) }

// passes lets an urgent INVITE of a registered phone through where others are turned away.
func (c *core) passes(tx *ServerTx) bool {
	v := visitorOf(tx.Flow())
	return !v.ours && c.urgent(userOf(&tx.Request().Recipient)) && c.registrar.boundOn(tx.Flow(), v.users())
}

// deviceCredential is what a device must know; for a stranger's name nobody knows it.
func (c *core) deviceCredential(user string) credential {
	cred := credential{user: user}
	if c.cfg.Devices == nil {
		return cred
	}
	if d, ok := c.cfg.Devices.Device(user); ok && d.Secret != nil {
		cred.secret, cred.a1, cred.md5 = d.Secret(), d.A1, time.Now().Before(d.MD5Until)
	}
	return cred
}

// mark names the credential that a device has now.
func (c *core) mark(user string) string {
	if c.cfg.Devices == nil {
		return ""
	}
	d, _ := c.cfg.Devices.Device(user)
	return d.Mark
}
