package sip

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata anew")

var stateNames = [states]string{"invited", "alerting", "accepted", "leaving", "calling", "proceeding", "cancelling",
	"confirmed", "adrift", "ended"}

var eventNames = [events]string{"do ring", "do answer", "do refuse", "do end", "got 1xx", "got 2xx", "got final",
	"got nothing", "got CANCEL", "got ACK", "ACK overdue", "got BYE", "got request", "got gone", "session over",
	"flow lost", "flow back"}

var actionNames = [actions]string{"nothing", "misfit", "send ringing", "send answer", "send refusal", "send 487",
	"200 to BYE and 487", "confirm", "take ACK", "promise BYE", "send BYE", "answer BYE", "send CANCEL", "alert",
	"take answer", "ACK again", "ACK and BYE", "refused", "lost", "serve", "481", "float", "land", "move", "drop"}

var talkNames = [talks]string{"stable", "offering", "backing off", "offered", "asked", "replied"}

var talkEventNames = [talkEvents]string{"ask offer", "ask answer", "ask refuse", "got re-INVITE", "got UPDATE",
	"got agreement", "got 491", "got rejection", "got ACK", "got withdrawal", "backoff over", "refresh by offer"}

var talkActionNames = [talkActions]string{"nothing", "misfit", "send offer", "send refresh", "keep offer", "send reply",
	"send updated", "send rejection", "send 491", "send 500", "report offer", "yield to offer", "report agreement",
	"report rejection", "back off", "settle", "withdraw"}

// Every pair of state and event is walked; what becomes of it stands in testdata, where a stranger can read it.
func TestDialogTable(t *testing.T) {
	var b strings.Builder
	for s := range states {
		for e := range events {
			r := lookup(s, e)
			if r.rule == "" {
				t.Errorf("%s, %s: no rule", stateNames[s], eventNames[e])
			}
			fmt.Fprintf(&b, "%-10s  %-12s  %-10s  %-18s  %s\n", stateNames[s], eventNames[e], stateNames[r.next], actionNames[r.do], r.rule)
			checkRow(t, s, e, r)
		}
	}
	golden(t, "dialog.txt", b.String())
}

// checkRow holds what no row may break.
func checkRow(t *testing.T, s state, e event, r row) {
	t.Helper()
	pair := stateNames[s] + ", " + eventNames[e]
	switch {
	case s == isEnded && r.next != isEnded:
		t.Errorf("%s: a dialog comes back to life", pair)
	case e <= doRefuse && s > isAlerting && r.do != misfit:
		t.Errorf("%s: a verb of the called side is taken", pair)
	case e == doEnd && r.do == misfit:
		t.Errorf("%s: End is not idempotent", pair)
	case (e == gotBye || e == gotRequest) && r.do == nothing:
		t.Errorf("%s: a request gets no answer", pair)
	case e == got2xx && (s >= isCalling) && s != isAdrift && r.do == nothing:
		t.Errorf("%s: a 2xx gets no ACK", pair)
	case s == isLeaving && r.do == sendBye && e != gotAck && e != ackOverdue:
		t.Errorf("%s: BYE before the ACK", pair)
	}
}

func TestTalkTable(t *testing.T) {
	var b strings.Builder
	for s := range talks {
		for e := range talkEvents {
			r := lookupTalk(s, e)
			if r.rule == "" {
				t.Errorf("%s, %s: no rule", talkNames[s], talkEventNames[e])
			}
			fmt.Fprintf(&b, "%-11s  %-16s  %-11s  %-16s  %s\n", talkNames[s], talkEventNames[e], talkNames[r.next], talkActionNames[r.do], r.rule)
			if (e == gotReinvite || e == gotUpdate) && r.do == talkNothing {
				t.Errorf("%s, %s: an offer gets no answer", talkNames[s], talkEventNames[e])
			}
		}
	}
	golden(t, "talk.txt", b.String())
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("..", "testdata", "sip", name)
	if *update {
		ok(t, os.MkdirAll(filepath.Dir(path), 0o755))
		ok(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	ok(t, err)
	if string(want) != got {
		t.Errorf("%s differs from the table (go test ./sip -run Table -update writes it):\n%s", path, got)
	}
}
