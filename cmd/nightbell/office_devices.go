package main

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"

	"nightbell/access"
	"nightbell/audit"
	"nightbell/console"
	"nightbell/store"
)

// newSecret is 160 random bits that a person can type.
func newSecret() string {
	var b [20]byte
	_, _ = rand.Read(b[:])
	return strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))
}

// devices are agents' phones. What the store keeps sealed of a device is its credential: a secret, or certificateMark
// and the fingerprint of its client certificate.
type devices struct {
	*office
	running running
}

const certificateMark = "certificate sha-256 "

func (d devices) Enrol(ctx context.Context, want console.Enrolment, by audit.Actor) ([]console.Enrolled, error) {
	if strings.HasPrefix(want.Secret, certificateMark) {
		return nil, console.Mistakes{{Field: "body.secret", Text: "not a secret"}}
	}
	have, err := d.Store.Devices(ctx)
	if err != nil {
		return nil, known(err)
	}
	if want.User != "" && !slices.ContainsFunc(have, func(h store.Device) bool { return h.User == want.User && h.Person == want.Person }) {
		return nil, fmt.Errorf("%w: device of the person", console.ErrNotFound)
	}
	var out []console.Enrolled
	for range max(1, want.Count) {
		user := want.User
		if user == "" {
			user = freeUser(want.Person, have)
		}
		one, err := d.enrol(ctx, user, want, by)
		if err != nil {
			return out, err
		}
		have = append(slices.DeleteFunc(have, func(o store.Device) bool { return o.User == user }), store.Device{User: user, Person: want.Person, HasSecret: true})
		out = append(out, one)
	}
	d.running.AgentsChanged()
	return out, nil
}

// enrol gives one device its credential.
func (d devices) enrol(ctx context.Context, user string, want console.Enrolment, by audit.Actor) (console.Enrolled, error) {
	out := console.Enrolled{User: user, Person: want.Person, AOR: d.Config.aor(user)}
	out.Authority = d.houseRoots()
	credential := want.Secret
	switch {
	case want.CSR != "":
		csr, err := signingRequest(want.CSR)
		if err != nil {
			return out, err
		}
		ca, err := d.authority()
		if err != nil {
			return out, known(err)
		}
		var fingerprint string
		if out.Certificate, fingerprint, err = ca.device(holder{user, want.Person, d.Config.Realm}, csr, d.now()); err != nil {
			return out, err
		}
		credential = certificateMark + fingerprint
	case credential == "":
		credential = newSecret()
		fallthrough
	default:
		out.Secret = credential
	}
	e := store.Enrolment{User: user, Person: want.Person, Secret: []byte(credential), MD5Until: want.MD5Until}
	if err := d.Store.EnrolDevice(ctx, by, e); err != nil {
		return out, known(err)
	}
	out.Setups = d.Config.setups(out)
	return out, nil
}

// houseRoots is the private CA, in PEM; empty: the folder has none.
func (o *office) houseRoots() string {
	text, err := os.ReadFile(o.Config.path("ca.pem"))
	if err != nil {
		return ""
	}
	return string(text)
}

// freeUser is the next user of a person that has no credential: first those the book names, then person, person-2, ...
func freeUser(person string, have []store.Device) string {
	taken := map[string]bool{}
	for _, h := range have {
		if h.Person == person && !h.HasSecret && h.Revoked.IsZero() {
			return h.User
		}
		taken[h.User] = true
	}
	user := person
	for n := 2; taken[user]; n++ {
		user = fmt.Sprintf("%s-%d", person, n)
	}
	return user
}

// aor is the address of record of a device: what a phone is told to register as.
func (c *Config) aor(user string) string {
	if at := c.phonePort(); at.IsValid() {
		return "sip:" + user + "@" + at.String() + ";transport=tls"
	}
	return "sip:" + user + "@" + c.Realm
}

// phonePort is where phones find us.
func (c *Config) phonePort() netip.AddrPort {
	for _, l := range c.Listen {
		if l.Network == "tls" {
			return reach(l)
		}
	}
	return netip.AddrPort{}
}

// reach is where a phone finds a listener.
func reach(l ListenConfig) netip.AddrPort {
	addr, port := l.Advertised.Addr(), l.Advertised.Port()
	if !addr.IsValid() {
		addr = l.Bind.Addr()
	}
	if addr.IsUnspecified() {
		addr = netip.MustParseAddr("127.0.0.1")
	}
	if port == 0 {
		port = l.Bind.Port()
	}
	return netip.AddrPortFrom(addr, port)
}

func (d devices) List(ctx context.Context) ([]console.Device, error) {
	rows, err := d.Store.Devices(ctx)
	if err != nil {
		return nil, known(err)
	}
	bindings := d.running.Registered()
	out := make([]console.Device, len(rows))
	for i, r := range rows {
		out[i] = console.Device{
			User: r.User, Person: r.Person, Algos: "SHA-256", MD5Until: r.MD5Until, Enrolled: r.Enrolled, Revoked: r.Revoked,
			HasSecret: r.HasSecret, LastSeen: r.LastSeen, Bindings: bindings[r.User],
		}
		switch {
		case d.byCertificate(ctx, r):
			out[i].Algos = "certificate"
		case r.MD5Until.After(d.now()):
			out[i].Algos = "MD5"
		}
	}
	return out, nil
}

// byCertificate reports that a device is known by its certificate; while sealed nobody can say.
func (d devices) byCertificate(ctx context.Context, r store.Device) bool {
	if !r.HasSecret || d.Ring == nil {
		return false
	}
	credential, err := d.Store.DeviceSecret(ctx, r.User)
	defer clear(credential)
	return err == nil && strings.HasPrefix(string(credential), certificateMark)
}

func (d devices) Revoke(ctx context.Context, user string, by audit.Actor) error {
	return d.revoke(ctx, user, "revoked by the operator", by)
}

func (d devices) revoke(ctx context.Context, user, reason string, by audit.Actor) error {
	if err := d.Store.RevokeDevice(ctx, by, user, reason); err != nil {
		return known(err)
	}
	d.running.AgentsChanged()
	return nil
}

// ownDevices are a person's own telephones, from a two-factor login.
type ownDevices struct{ devices }

// mostOwnDevices is how many telephones a person may enrol for herself.
const mostOwnDevices = 10

// Enrol gives another telephone its credential. Where a certificate is wanted without a request, the key is made here and
// shown once.
func (d ownDevices) Enrol(ctx context.Context, want console.DeviceBody, by audit.Actor) (console.DeviceKit, error) {
	mine, err := d.List(ctx, by.ID)
	if err != nil {
		return console.DeviceKit{}, err
	}
	live := slices.DeleteFunc(mine, func(m console.Device) bool { return !m.HasSecret })
	if len(live) >= mostOwnDevices {
		return console.DeviceKit{}, console.Mistakes{{Field: "body", Text: fmt.Sprintf("%d telephones are enrolled: revoke one first", mostOwnDevices)}}
	}
	var kit console.DeviceKit
	ask := console.Enrolment{Person: by.ID, Count: 1}
	if want.Kind == "certificate" {
		ask.CSR = want.CSR
		if ask.CSR == "" {
			if ask.CSR, kit.Key, err = freshRequest(); err != nil {
				return kit, err
			}
		}
	}
	made, err := d.devices.Enrol(ctx, ask, by)
	if err != nil {
		return console.DeviceKit{}, err
	}
	kit.Enrolled = made[0]
	kit.QR, err = access.QR(scanned(kit.Enrolled))
	return kit, err
}

func (d ownDevices) List(ctx context.Context, person string) ([]console.Device, error) {
	all, err := d.devices.List(ctx)
	return slices.DeleteFunc(all, func(x console.Device) bool { return x.Person != person }), err
}

func (d ownDevices) Revoke(ctx context.Context, user string, by audit.Actor) error {
	mine, err := d.List(ctx, by.ID)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(mine, func(m console.Device) bool { return m.User == user }) {
		return fmt.Errorf("%w: device", console.ErrNotFound)
	}
	return d.revoke(ctx, user, "revoked by its person", by)
}
