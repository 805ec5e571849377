package main

import (
	"net/netip"
	"testing"

	"nightbell/media"
)

// What SDP says of us follows from the configuration and from the address at which the peer reached us.
func TestSoundIsAdvertisedWhereThePeerFindsUs(t *testing.T) {
	addr := netip.MustParseAddr
	wildcards := []MediaAddress{{Bind: addr("0.0.0.0")}, {Bind: addr("::")}}
	for name, c := range map[string]struct {
		addresses []MediaAddress
		local     string
		want4     string // in SDP for a peer of IPv4
		want6     string
	}{
		"one address":             {[]MediaAddress{{Bind: addr("192.0.2.1")}}, "192.0.2.1", "192.0.2.1", "192.0.2.1"},
		"behind a translation":    {[]MediaAddress{{Bind: addr("0.0.0.0"), Advertised: addr("203.0.113.7")}}, "10.0.0.5", "203.0.113.7", "203.0.113.7"},
		"wildcards, IPv4":         {wildcards, "192.0.2.1", "192.0.2.1", "192.0.2.1"},
		"wildcards, IPv4 mapped":  {wildcards, "::ffff:192.0.2.1", "192.0.2.1", "192.0.2.1"},
		"wildcards, IPv6":         {wildcards, "2001:db8::1", "2001:db8::1", "2001:db8::1"},
		"an address each":         {[]MediaAddress{{Bind: addr("192.0.2.1")}, {Bind: addr("2001:db8::1")}}, "192.0.2.1", "192.0.2.1", "2001:db8::1"},
		"IPv6 wildcard, IPv4 set": {[]MediaAddress{{Bind: addr("::")}, {Bind: addr("192.0.2.1")}}, "192.0.2.1", "192.0.2.1", "192.0.2.1"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := Config{Media: MediaConfig{Address: c.addresses}}
			for remote, want := range map[string]string{"198.51.100.1": c.want4, "2001:db8::99": c.want6} {
				p := cfg.profile(addr(c.local), sameFamily(addr(remote)))
				if got := shown(p); got != addr(want) {
					t.Errorf("a peer at %s is told %v, want %s", remote, got, want)
				}
			}
		})
	}
}

// shown is what media makes of a profile.
func shown(p media.Profile) netip.Addr {
	if p.Advertised.IsValid() {
		return p.Advertised
	}
	return p.Bind
}
