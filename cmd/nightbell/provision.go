package main

import (
	"encoding/xml"
	"fmt"
	"strings"

	"nightbell/console"
)

// This file writes what telephones take, so that nobody types a secret. Files that a text speaks of lie beside it: ca.pem
// is our CA, device.pem the certificate and its key.

// setups are the texts for every program we know.
func (c *Config) setups(e console.Enrolled) []console.ProvisionView {
	at := c.phonePort()
	if !at.IsValid() {
		return nil
	}
	p := telephone{Enrolled: e, server: at.String(), host: at.Addr().String(), realm: c.Realm}
	return []console.ProvisionView{
		{For: "linphone", Text: p.linphone()},
		{For: "linphone-xml", Text: p.linphoneXML()},
		{For: "baresip-accounts", Text: p.baresipAccount()},
		{For: "baresip-config", Text: p.baresipConfig()},
	}
}

// telephone is one device as its program must be told.
type telephone struct {
	console.Enrolled
	server, host, realm string
}

// scanned is what a QR code says: AOR and, where there is one, the secret.
func scanned(e console.Enrolled) string {
	if e.Secret == "" {
		return e.AOR
	}
	return e.AOR + "\n" + e.Secret
}

// setting is one entry of a section, in Linphone's words.
type setting struct{ section, key, value string }

func (p telephone) settings() []setting {
	proxy := "<sip:" + p.server + ";transport=tls>"
	all := []setting{
		{"sip", "media_encryption", "srtp"},
		{"sip", "media_encryption_mandatory", "1"},
		{"sip", "sip_port", "-1"},
		{"sip", "sip_tcp_port", "-1"},
		{"sip", "sip_tls_port", "-1"},
		{"sip", "verify_server_certs", "1"},
		{"sip", "verify_server_cn", "0"}, // Linphone compares names only; the CA is ours alone
		{"sip", "root_ca", "ca.pem"},
		{"sip", "default_proxy", "0"},
		{"proxy_0", "reg_proxy", proxy},
		{"proxy_0", "reg_route", proxy},
		{"proxy_0", "reg_identity", "<sip:" + p.User + "@" + p.host + ">"},
		{"proxy_0", "reg_expires", "300"},
		{"proxy_0", "reg_sendregister", "1"},
		{"proxy_0", "publish", "0"},
		{"video", "enabled", "0"},
	}
	if p.Secret == "" {
		return append(all, setting{"sip", "client_cert_chain", "device.crt"}, setting{"sip", "client_cert_key", "device.key"})
	}
	return append(all,
		setting{"auth_info_0", "username", p.User}, setting{"auth_info_0", "userid", p.User},
		setting{"auth_info_0", "passwd", p.Secret}, setting{"auth_info_0", "realm", p.realm},
		setting{"auth_info_0", "algorithm", "SHA-256"})
}

// sections are the settings by section, in the order in which sections first come.
func sections(all []setting) (names []string, of map[string][]setting) {
	of = map[string][]setting{}
	for _, s := range all {
		if of[s.section] == nil {
			names = append(names, s.section)
		}
		of[s.section] = append(of[s.section], s)
	}
	return names, of
}

// linphone is a linphonerc.
func (p telephone) linphone() string {
	var b strings.Builder
	names, of := sections(p.settings())
	for _, name := range names {
		fmt.Fprintf(&b, "[%s]\n", name)
		for _, s := range of[name] {
			fmt.Fprintf(&b, "%s=%s\n", s.key, s.value)
		}
	}
	return b.String()
}

// linphoneXML is the same for Linphone's remote provisioning.
func (p telephone) linphoneXML() string {
	type entry struct {
		Name      string `xml:"name,attr"`
		Overwrite string `xml:"overwrite,attr"`
		Value     string `xml:",chardata"`
	}
	type section struct {
		Name    string  `xml:"name,attr"`
		Entries []entry `xml:"entry"`
	}
	type config struct {
		XMLName  xml.Name  `xml:"http://www.linphone.org/xsds/lpconfig.xsd config"`
		Sections []section `xml:"section"`
	}
	var c config
	names, of := sections(p.settings())
	for _, name := range names {
		s := section{Name: name}
		for _, x := range of[name] {
			s.Entries = append(s.Entries, entry{x.key, "true", x.value})
		}
		c.Sections = append(c.Sections, s)
	}
	out, err := xml.MarshalIndent(c, "", "  ")
	if err != nil {
		return "" // nothing in it can fail
	}
	return xml.Header + string(out) + "\n"
}

// baresipAccount is the line in baresip's file "accounts". It is called and never calls, but for our codes.
func (p telephone) baresipAccount() string {
	auth := ""
	if p.Secret != "" {
		auth = ";auth_user=" + p.User + ";auth_pass=" + p.Secret
	}
	return fmt.Sprintf("<sip:%s@%s;transport=tls>%s;mediaenc=srtp-mand;regint=300;outbound=\"sip:%s;transport=tls\"\n",
		p.User, p.server, auth, p.server)
}

// baresipConfig is what its file "config" must hold beside the sound devices.
func (p telephone) baresipConfig() string {
	text := "sip_cafile\t\tca.pem\nsip_verify_server\tyes\n"
	if p.Secret == "" {
		text += "sip_certificate\t\tdevice.pem\n"
	}
	for _, m := range []string{"module g711.so", "module srtp.so", "module_tmp uuid.so", "module_tmp account.so", "module_app menu.so"} {
		text += m + "\n"
	}
	return text
}
