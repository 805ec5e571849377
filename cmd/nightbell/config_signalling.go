package main

import "slices"

// StirConfig is where the certificates of callers' signatures are; no folder: Identity headers are not read.
type StirConfig struct {
	Folder string `toml:"folder"`
}

// CaptureConfig is the server that gets a redacted copy of signalling as HEP3; no address: none.
type CaptureConfig struct {
	Address string `toml:"address"` // HOST:PORT
	Network string `toml:"network"` // udp, tcp, tls
	Agent   uint32 `toml:"agent"`   // our number there
	Name    string `toml:"name"`    // in its certificate; empty: the address's host
	Pin     string `toml:"pin"`
	CA      string `toml:"ca"`
}

func (c *Config) checkSignalling(wrong func(field, text string)) {
	if c.Capture.Address != "" && !slices.Contains([]string{"udp", "tcp", "tls"}, c.Capture.Network) {
		wrong("capture.network", "not udp, tcp or tls")
	}
}
