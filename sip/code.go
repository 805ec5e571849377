package sip

import (
	"slices"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// This file is what a phone may dial: the codes of Config.Codes and nothing else. Agents are called; they do not call
// out.

// dialled takes an INVITE of a phone that is registered on this very connection.
func (c *core) dialled(tx *ServerTx, v *visitor) {
	f, req := tx.Flow(), tx.Request()
	user, code := userOf(&req.From().Address), userOf(&req.Recipient)
	if !c.isDevice(tx, v, user) {
		return
	}
	if c.cfg.OnCode == nil || !slices.Contains(c.cfg.Codes, code) || !c.registrar.boundOn(f, []string{user}) {
		answer(tx, 403)
		return
	}
	if refuseBody(tx) || refuseShort(tx) {
		return
	}
	desk := Trunk{ID: "device " + user, MaxCalls: 1, MaxRate: 1}
	if !c.take(desk) {
		c.refuseLoad(tx)
		return
	}
	leg := newCalled(c, tx, Facts{
		Device: user, KnownBy: "device", Protection: protection(f), Listener: f.Listen().Name, Local: f.Local().Addr(), Number: code,
	})
	leg.limit = desk.ID
	if !c.enlist(leg) {
		c.giveBack(desk.ID)
		answer(tx, 482)
		return
	}
	answer(tx, 100)
	tx.OnCancel(func(cancel *sipmsg.Request) { _ = leg.verb(happening{event: gotCancel, req: cancel}) })
	c.cfg.OnCode(leg)
}

// deviceCredential is what a device must know; for a stranger's name nobody knows it.
func (c *core) deviceCredential(user string) credential {
	cred := credential{user: user}
	if c.cfg.Devices == nil {
		return cred
	}
	if d, ok := c.cfg.Devices.Device(user); ok && d.Secret != nil {
		cred.secret, cred.md5 = d.Secret(), time.Now().Before(d.MD5Until)
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
