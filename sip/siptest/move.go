package siptest

// Adopt lets a dialog go on over this connection: the one it began on is gone, as when the server's process was killed.
func (c *Carrier) Adopt(d *Dialog) { c.adopt(d) }

// Adopt lets a dialog go on over this phone's connection; register first, so that the server knows who it is.
func (p *Phone) Adopt(d *Dialog) { p.adopt(d) }

func (p *peer) adopt(d *Dialog) {
	d.mu.Lock()
	d.p = p
	d.mu.Unlock()
	p.mu.Lock()
	p.dialogs[d.callID] = d
	p.mu.Unlock()
	for { // what the old connection's end left behind
		select {
		case <-d.events:
		default:
			return
		}
	}
}
