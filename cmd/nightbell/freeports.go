package main

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
)

// freePorts makes sure that every listener of a data folder's configuration can be bound: a port that is taken is
// replaced by the next free one, and the file is rewritten, so that it always says what is used. Nothing else in the file
// changes. It is for demo: a server keeps the ports that its peers know.
func freePorts(path string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	cfg, err := parseConfig(configName, b)
	if err != nil {
		return err
	}
	text, taken := string(b), map[netip.AddrPort]bool{}
	for _, l := range cfg.Listen {
		free, err := nextFree(l.Network, l.Bind, taken)
		if err != nil {
			return err
		}
		text = replacePort(text, l.Bind, free)
		if l.Advertised.Port() == l.Bind.Port() {
			text = replacePort(text, l.Advertised.AddrPort, netip.AddrPortFrom(l.Advertised.Addr(), free.Port()))
		}
	}
	free, err := nextFree("tls", cfg.Console.Bind, taken)
	if err != nil {
		return err
	}
	text = replacePort(text, cfg.Console.Bind, free)
	url := strings.Replace(cfg.Console.URL, fmt.Sprintf(":%d", cfg.Console.Bind.Port()), fmt.Sprintf(":%d", free.Port()), 1)
	text = strings.Replace(text, fmt.Sprintf("%q", cfg.Console.URL), fmt.Sprintf("%q", url), 1)
	if text == string(b) {
		return nil
	}
	return writeWhole(path, []byte(text), 0o600)
}

func replacePort(text string, from, to netip.AddrPort) string {
	if !from.IsValid() {
		return text
	}
	return strings.Replace(text, fmt.Sprintf("%q", from), fmt.Sprintf("%q", to), 1)
}

// nextFree tries a port and those above it.
func nextFree(network string, want netip.AddrPort, taken map[netip.AddrPort]bool) (netip.AddrPort, error) {
	const tries = 200
	for n := range uint16(tries) {
		if want.Port() > 65535-n {
			break
		}
		at := netip.AddrPortFrom(want.Addr(), want.Port()+n)
		if !taken[at] && bindable(network, at) == nil {
			taken[at] = true
			return at, nil
		}
	}
	return want, fmt.Errorf("no free port from %s on", want)
}

// bindable tries to bind, and lets go at once.
func bindable(network string, at netip.AddrPort) error {
	if network == "udp" {
		c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(at))
		if err != nil {
			return err
		}
		return c.Close()
	}
	l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(at))
	if err != nil {
		return err
	}
	return l.Close()
}
