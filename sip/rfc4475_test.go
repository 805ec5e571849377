package sip

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const tortures = "../testdata/sip/rfc4475"

type torture struct {
	name, section, verdict, code, transport string
	raw                                     string
}

func loadTortures(t testing.TB) []torture {
	t.Helper()
	table, err := os.ReadFile(filepath.Join(tortures, "verdicts.txt"))
	if err != nil {
		t.Fatal(err)
	}
	var out []torture
	for line := range strings.Lines(string(table)) {
		f := strings.Fields(line)
		if strings.HasPrefix(line, "#") || len(f) < 5 {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(tortures, f[0]+".dat"))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, torture{f[0], f[1], f[2], f[3], f[4], string(raw)})
	}
	return out
}

// TestTortureMessagesGetTheirVerdict sends all 49 messages of RFC 4475 as datagrams and again over a stream.
func TestTortureMessagesGetTheirVerdict(t *testing.T) {
	all := loadTortures(t)
	if len(all) != 49 {
		t.Fatalf("%d messages in the table, the RFC has 49", len(all))
	}
	for _, over := range []string{"udp", "stream"} {
		wrong := 0
		for _, m := range all {
			synctest.Test(t, func(t *testing.T) {
				if got, want := m.meet(t, over), m.expected(over); got != want {
					wrong++
					t.Errorf("%s over %s (RFC 4475 §%s): %s, want %s", m.name, over, m.section, got, want)
				}
			})
		}
		t.Logf("over %s: %d of %d verdicts right", over, len(all)-wrong, len(all))
	}
}

func (m torture) expected(over string) string {
	switch {
	case m.transport == "udp" && over == "stream" && m.name == "inv2543":
		return "reject 400" // no Content-Length: nobody knows where it ends
	case m.transport == "udp" && over == "stream":
		return "reject closed"
	case m.verdict == "accept":
		return "accept"
	case m.code == "-":
		return "reject dropped"
	}
	return "reject " + m.code
}

// meet sends one message to a fresh wire and says what became of it.
func (m torture) meet(t *testing.T, over string) string {
	core := newCoreLog()
	core.request = func(tx *ServerTx) {
		if !tx.invite {
			_ = tx.Respond(tx.Response(200, "OK"))
		}
	}
	w := testWire(t, core, Limits{})
	var sent func() string
	var f *Flow
	if over == "udp" {
		flow, out := attachParcel(t, w)
		f, sent = flow, out.starts
		datagram(f, m.raw)
	} else {
		flow, peer := attachPipe(t, w)
		f, sent = flow, collect(peer)
		_, _ = peer.Write([]byte(m.raw))
		synctest.Wait()
		time.Sleep(11 * time.Second) // an unfinished message is overdue by then
	}
	synctest.Wait()
	c := w.Counters()
	if c.Panics > 0 {
		t.Errorf("%s: panic", m.name)
	}
	switch {
	case c.Requests > 0 || c.Stray > 0:
		return "accept"
	case c.Invalid == 0 && f.Err() != nil:
		return "reject closed"
	}
	if codes := strings.Fields(sent()); len(codes) > 0 {
		return "reject " + codes[0]
	}
	return "reject dropped"
}
