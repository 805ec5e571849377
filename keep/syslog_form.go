package keep

import (
	"context"
	"encoding/base64"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"nightbell/audit"
)

// Form writes messages of RFC 5424 in the octet-counting frames of RFC 5425 §4.3.
type Form struct {
	Host    string // HOSTNAME; empty: "-"
	Process string // PROCID; empty: "-"
}

// Facility 13, "log audit", with the severity of what happened (RFC 5424 §6.2.1).
const (
	syslogFacility = 13
	severityError  = 3
	severityWarn   = 4
	severityInfo   = 6

	syslogMost = 8192 // RFC 5425 §4.3.1: what a receiver should take; a longer leaf goes without its text
	// syslogID names our structured data. 32473 is the number that RFC 5612 keeps for documentation: we have none.
	syslogID = "nightbell@32473"
)

// Leaf appends the message of a leaf: its fields as structured data, with the RFC 6962 hash of the leaf, and the leaf.
func (f Form) Leaf(b []byte, r audit.Row) []byte {
	e, _, err := audit.ParseLeaf(r.Leaf)
	if err != nil {
		e = audit.Event{Action: audit.AuditDamaged, Outcome: audit.Broke}
	}
	hash := audit.LeafHash(r.Leaf)
	d := fields{}
	d.add("seq", strconv.FormatInt(r.Seq, 10))
	d.add("action", string(e.Action))
	d.add("outcome", string(e.Outcome))
	d.add("actor", e.Actor.Type+":"+e.Actor.ID)
	d.add("object", e.Object)
	d.add("clinic", e.Clinic)
	d.add("hash", base64.StdEncoding.EncodeToString(hash[:]))
	text := r.Leaf
	if len(text) > syslogMost-2048 {
		d.add("long", strconv.Itoa(len(text)))
		text = nil
	}
	return f.frame(b, message{severityOf(e.Outcome), e.Time, string(e.Action), d.String(), text})
}

// Checkpoint appends the message of a signed checkpoint: the note in base64, as it has lines of its own.
func (f Form) Checkpoint(b []byte, at time.Time, k audit.Kept) []byte {
	d := fields{}
	d.add("size", strconv.FormatInt(k.Size, 10))
	d.add("note", base64.StdEncoding.EncodeToString(k.Note))
	return f.frame(b, message{severityInfo, at, "audit.checkpoint", d.String(), nil})
}

func severityOf(o audit.Outcome) int {
	switch o {
	case audit.Refused:
		return severityWarn
	case audit.Broke:
		return severityError
	}
	return severityInfo
}

type message struct {
	severity   int
	at         time.Time
	id, fields string
	text       []byte
}

func (f Form) frame(b []byte, m message) []byte {
	at := "-"
	if !m.at.IsZero() {
		at = m.at.UTC().Format("2006-01-02T15:04:05.000000Z")
	}
	head := "<" + strconv.Itoa(syslogFacility*8+m.severity) + ">1 " + at + " " + header(f.Host, 255) + " nightbell " +
		header(f.Process, 128) + " " + header(m.id, 32) + " " + m.fields
	size := len(head)
	if len(m.text) > 0 {
		head += " \xEF\xBB\xBF" // the text is UTF-8, RFC 5424 §6.4
		size = len(head) + len(m.text)
	}
	b = append(strconv.AppendInt(b, int64(size), 10), ' ')
	return append(append(b, head...), m.text...)
}

// header is a field of the header: printable US-ASCII, so long at most, "-" for none.
func header(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return -1
		}
		return r
	}, s)
	if s == "" {
		return "-"
	}
	return s[:min(len(s), most)]
}

// fields is one element of structured data.
type fields struct{ b strings.Builder }

var fieldEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, `]`, `\]`)

func (d *fields) add(name, value string) {
	if value != "" {
		d.b.WriteString(" " + name + `="` + fieldEscapes.Replace(strings.ToValidUTF8(value, "\uFFFD")) + `"`)
	}
}

func (d *fields) String() string { return "[" + syslogID + d.b.String() + "]" }

// PositionFile is a Position in a file of its own.
type PositionFile string

// Load reads the position; without a file it is 0.
func (p PositionFile) Load() (int64, error) {
	b, err := os.ReadFile(string(p))
	if os.IsNotExist(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64)
	if err != nil || n < 0 {
		return 0, nil // a damaged position: everything is sent again, nothing is lost
	}
	return n, nil
}

// Store writes the position, whole or not at all.
func (p PositionFile) Store(n int64) error {
	f, err := os.OpenFile(string(p)+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(strconv.FormatInt(n, 10) + "\n")
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(string(p)+".new", string(p))
	}
	return err
}

// SyslogDialer connects to a receiver. The name is what its certificate must say; empty: the address's host.
func SyslogDialer(address, name string, trust Trust) (func(context.Context) (net.Conn, error), error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	cfg, err := trust.TLS()
	if err != nil {
		return nil, err
	}
	if cfg.ServerName = name; name == "" {
		cfg.ServerName = host
	}
	return func(ctx context.Context) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, syslogWrite)
		defer cancel()
		return dialTLS(ctx, address, cfg)
	}, nil
}
