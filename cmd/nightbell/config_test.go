package main

import (
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAnnotatedExampleLoads(t *testing.T) {
	c, err := LoadConfig("../../configs/nightbell.toml", "/var/lib/nightbell")
	if err != nil {
		t.Fatal(err)
	}
	if c.Mode != Production || len(c.Listen) != 2 || c.Listen[0].Advertised.Port() != 5061 || c.Media.Ports != (Ports{10000, 32767}) {
		t.Errorf("%+v", c)
	}
	if cert, key := c.serverCertificate(); cert != "/var/lib/nightbell/tls/server.crt" || key != "/var/lib/nightbell/tls/server.key" {
		t.Errorf("certificate %s %s", cert, key)
	}
}

const least = `
[[listen]]
network = "tls"
bind = "127.0.0.1:5061"
[[media.address]]
bind = "127.0.0.1"
[keys]
unseal = "passphrase"
`

func TestConfigurationIsReadStrictlyAndNamesLines(t *testing.T) {
	if _, err := parseConfig("n.toml", []byte(least)); err != nil {
		t.Fatalf("the least configuration: %v", err)
	}
	for text, want := range map[string]string{
		"mod = 1\n" + least:                             "n.toml:1:1: mod: unknown key",
		least + "[media2]\nx = 1\n":                     "media2",
		least + "pass_phrase = \"x\"\n":                 "n.toml:9:1: keys.pass_phrase: unknown key",
		strings.Replace(least, "5061", "99999", 1):      "n.toml:4:",
		"mode = \"test\"\n" + least:                     "mode: neither production nor development",
		strings.Replace(least, `"tls"`, `"sctp"`, 1):    "listen[0].network",
		strings.Replace(least, "[keys]", "[key]", 1):    "unknown key",
		"[limits]\ndrain = \"soon\"\n" + least:          "n.toml:2:",
		"[tls]\ncertificate = \"a.pem\"\n" + least:      "tls: certificate and key belong together",
		"[media]\nports = \"9-8\"\n" + least:            "n.toml:2:",
		strings.Replace(least, "passphrase", "hope", 1): "keys.unseal",
		"realm = \"a\nb\"\n":                            "n.toml:1:",
	} {
		if _, err := parseConfig("n.toml", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

func FuzzConfig(f *testing.F) {
	example, err := os.ReadFile("../../configs/nightbell.toml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(example))
	f.Add(least)
	f.Fuzz(func(t *testing.T, text string) {
		if c, err := parseConfig("n.toml", []byte(text)); err == nil && len(c.Listen) == 0 {
			t.Error("a configuration without a listener passed")
		}
	})
}

// A taken port gives way to the next free one, the file says so, and nothing else in it changes.
func TestTakenPortsGiveWay(t *testing.T) {
	held, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	at := netip.MustParseAddrPort(held.Addr().String())
	path := filepath.Join(t.TempDir(), configName)
	text := "# mine\n" + strings.Replace(least, "127.0.0.1:5061", at.String(), 1) +
		"[console]\nbind = \"" + at.String() + "\"\nurl = \"https://localhost:" + strings.TrimPrefix(at.String(), "127.0.0.1:") + "\"\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := freePorts(path); err != nil {
		t.Fatal(err)
	}
	c, err := LoadConfig(path, "")
	if err != nil {
		t.Fatal(err)
	}
	sip, web := c.Listen[0].Bind, c.Console.Bind
	if sip.Port() == at.Port() || web.Port() == at.Port() || sip == web {
		t.Errorf("held %s, sip %s, console %s", at, sip, web)
	}
	if !strings.HasSuffix(c.Console.URL, ":"+strings.TrimPrefix(web.String(), "127.0.0.1:")) {
		t.Errorf("url %s", c.Console.URL)
	}
	b, _ := os.ReadFile(path)
	if !strings.HasPrefix(string(b), "# mine\n") {
		t.Error("the file's own words are gone")
	}
	again, _ := os.ReadFile(path)
	if err := freePorts(path); err != nil || string(again) != string(b) {
		t.Errorf("free ports were changed: %v", err)
	}
}
