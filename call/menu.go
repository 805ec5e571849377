package call

import (
	"cmp"
	"context"
	"time"
)

// How long a menu waits, and how often it is read, where it does not say.
const (
	menuWait  = 5 * time.Second
	menuTries = 2
)

// askMenu reads a menu and does what the caller's key says: a key typed early counts. After the tries her silence does what
// the menu has for it, or she goes on.
func (c *Call) askMenu(ctx context.Context, id string) (*party, error) {
	m, known := c.plan.Menus[id]
	if !known {
		c.pass(1)
		return nil, nil
	}
	c.show(Menu)
	for range cmp.Or(max(m.Tries, 0), menuTries) {
		c.note(Asked, "caller", with("menu", m.ID))
		_, words := c.prompt(m.Prompt)
		key, err := c.askKey(ctx, c.caller, cmp.Or(max(m.Wait, 0), menuWait), words)
		if err != nil {
			return nil, err
		}
		if chosen, means := m.Keys[string(rune(key))]; means {
			return c.act(ctx, chosen)
		}
	}
	if m.Default != nil {
		return c.act(ctx, *m.Default)
	}
	c.pass(1)
	return nil, nil
}
