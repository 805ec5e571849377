//go:build stories

package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/zaf/g711"

	"nightbell/media/mediatest"
	"nightbell/sip/siptest"
)

// evening is a call whose every input holds a canary.
type evening struct {
	*stand
	looking *search
	number  map[string]string // ten national digits, 555-01xx
	name    map[string]string
	digits  string
	voice   counter
	caller  *talk
	agent   *talk
	id      string

	secretOfAmy string
	taken       <-chan *talk
	speaking    *siptest.Carrier

	tmp   string
	pcap  string
	shark *process
}

// What goes in by a caller's headers, her sound, her keys and the book is nowhere in clear afterwards: not in the data
// folder or its spool, in temporary files, on the terminal, in metrics, in /proc, or on the wire; neither while she talks
// nor after the server was killed.
func TestStoryNothingOfACallIsAnywhereInClear(t *testing.T) {
	ctx := storyTime(t, 2*time.Minute)
	e := newEvening(t)
	e.looking.proveSearch()
	e.capture()
	e.serveLoudly()
	e.connect(ctx)
	e.mumble(ctx)
	held := e.lock() // the call begins while the database is locked: its first entries go through the spool
	e.converse(ctx)
	e.everywhere("while the caller talks and the database is locked")
	held.release()
	e.srv.await("over=journal_merged", 30*time.Second)
	e.id = e.lastKnown(ctx)
	e.answersOfCommands()
	e.metrics()
	e.everywhere("while the caller talks")
	e.agreesThatItWentIn()
	e.srv.kill()
	e.everywhereAtRest("after kill -9")
	e.serveLoudly()
	e.answersOfCommands()
	e.metrics()
	e.everywhere("after the restart")
	e.wire()
}

func newEvening(t *testing.T) *evening {
	e := &evening{number: map[string]string{}, name: map[string]string{}, voice: newCounter(time.Second), tmp: t.TempDir()}
	e.looking = &search{t: t}
	for i, who := range []string{"From", "P-Asserted-Identity", "Diversion", "Contact", "History-Info", "clinician's phone"} {
		e.number[who] = fmt.Sprintf("%d55501%02d", 601+i*7, 13+i*11) // an area of its own each
		e.looking.canaries = append(e.looking.canaries, numberCanary("number in "+who, e.number[who]))
	}
	for _, who := range []string{"From", "P-Asserted-Identity", "Diversion", "User-Agent", "Subject", "SDP s=", "SDP i=", "SDP o=", "SDP e=", "agent", "clinician"} {
		e.name[who] = "Quill" + strings.ToLower(rand.Text()[:10])
		e.looking.canaries = append(e.looking.canaries, textCanary("name in "+who, e.name[who]))
	}
	n, _ := rand.Int(rand.Reader, big.NewInt(1e12))
	e.digits = fmt.Sprintf("%012d", n)
	e.looking.canaries = append(e.looking.canaries, textCanary("keys pressed", e.digits), soundCanary("the caller's voice", formsOf(e.voice.sound)))
	e.stand = newStand(t, func(book string) string {
		book = onlyAmy(book)
		book = strings.Replace(book, "Amy Adler", "Amy "+e.name["agent"], 1)
		book = strings.Replace(book, "Dr. Morgan Lee", "Dr. "+e.name["clinician"], 1)
		return strings.Replace(book, "+12125550142", "+1"+e.number["clinician's phone"], 1)
	})
	return e
}

// formsOf is a moment of the loop as it would lie in a file that is not sealed. The agent says silence.
func formsOf(sound []int16) map[string][]byte {
	var ulaw, alaw, little, big []byte
	for _, v := range sound[1000:1040] {
		ulaw = append(ulaw, g711.EncodeUlawFrame(v))
		alaw = append(alaw, g711.EncodeAlawFrame(v))
		heard := g711.DecodeUlawFrame(g711.EncodeUlawFrame(v))
		little = binary.LittleEndian.AppendUint16(little, uint16(heard))
		big = binary.BigEndian.AppendUint16(big, uint16(heard))
	}
	forms := map[string][]byte{"PCMU": ulaw, "PCMA": alaw, "PCM little": little, "PCM big": big}
	for other, silence := range map[string]byte{"of silence": 0xFF, "of nothing": 0} {
		var both []byte
		for _, b := range ulaw {
			both = append(both, b, silence)
		}
		forms["PCMU beside a channel "+other] = both
	}
	return forms
}

func (e *evening) serveLoudly() {
	e.t.Helper()
	path := filepath.Join(e.dir, configName)
	text := string(readFile(e.t, path))
	if !strings.Contains(text, "[log]") {
		fail(e.t, os.WriteFile(path, []byte(text+"\n[log]\nlevel = \"debug\"\n"), 0o600))
	}
	cmd := exec.Command(program(e.t), "serve", "--dir", e.dir)
	cmd.Env = append(os.Environ(), "TMPDIR="+e.tmp)
	e.srv = start(e.t, cmd)
	e.srv.await(`msg=console`, 30*time.Second)
}

func (e *evening) capture() {
	e.pcap = filepath.Join(e.t.TempDir(), "all.pcap")
	e.shark = start(e.t, exec.Command("tshark", "-i", "lo", "-i", "nb0", "-n", "-F", "pcap", "-w", e.pcap, "-f", "udp or tcp"))
	e.shark.await("Capture started", 30*time.Second)
}

// connect brings phone and carrier, with a canary in the carrier's Contact.
func (e *evening) connect(ctx context.Context) {
	e.t.Helper()
	e.secretOfAmy = e.secret("amy")
	e.taken = e.answeringWith(ctx, "amy", e.secretOfAmy)
	cert, key := trunkPaths(e.dir, "carrier")
	pair, err := tls.LoadX509KeyPair(cert, key)
	fail(e.t, err)
	e.speaking, err = siptest.Dial(ctx, siptest.Options{Addr: e.sipAddr(), RootCAs: e.pool(), Cert: &pair, Contact: "+1" + e.number["Contact"]})
	fail(e.t, err)
	e.t.Cleanup(e.speaking.Close)
}

// mumble says canaries in messages that cannot be read: what a parser complains of must not be quoted.
func (e *evening) mumble(ctx context.Context) {
	e.t.Helper()
	cert, key := trunkPaths(e.dir, "carrier")
	pair, err := tls.LoadX509KeyPair(cert, key)
	fail(e.t, err)
	from := `From: "` + e.name["From"] + `" <sip:+1` + e.number["From"] + "@carrier.example>;tag=x\r\n"
	rest := "Via: SIP/2.0/TLS 10.99.0.1:5999;branch=z9hG4bKm\r\nTo: <sip:x@y>\r\nCall-ID: m\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\n"
	for _, broken := range []string{
		"INVITE sip:+1" + e.number["Diversion"] + "@nightbell SIP/2.0\r\n" + from + "Content-Length: 0\r\n\r\n",
		"INVITE sip:x@nightbell SIP/2.0\r\n" + strings.Replace(from, ">;", "<<;", 1) + rest + "Content-Length: 0\r\n\r\n",
		"INVITE sip:x@nightbell SIP/2.0\r\n" + from + rest + e.name["Subject"] + " is no header\r\nContent-Length: 0\r\n\r\n",
		"INVITE sip:x@nightbell SIP/2.0\r\n" + from + rest + "Content-Length: " + e.digits + "\r\n\r\n",
		e.name["User-Agent"] + " " + e.name["From"] + "\r\n\r\n",
	} {
		peer, err := siptest.Dial(ctx, siptest.Options{Addr: e.sipAddr(), RootCAs: e.pool(), Cert: &pair})
		fail(e.t, err)
		e.t.Cleanup(peer.Close)
		fail(e.t, peer.Send(broken))
	}
}

// converse places the call with a canary in everything that a caller can say, and waits until it has been said.
func (e *evening) converse(ctx context.Context) {
	e.t.Helper()
	sound := e.sound(mediatest.Options{})
	offer, err := sound.Offer()
	fail(e.t, err)
	line := func(kind string) string { return kind + "=" + e.name["SDP "+kind+"="] + "\r\n" }
	offer = bytes.Replace(offer, []byte("o=-"), []byte("o="+e.name["SDP o="]), 1)
	offer = bytes.Replace(offer, []byte("s=-\r\n"), []byte(line("s")+line("i")+"e="+e.name["SDP e="]+"@clinic.example\r\n"), 1)
	e.keysOf(offer)
	uri := func(who string) string { return "<sip:+1" + e.number[who] + "@carrier.example>" }
	named := func(who string) string { return `"` + e.name[who] + `" ` + uri(who) }
	head := "P-Asserted-Identity: " + named("P-Asserted-Identity") + "\r\nDiversion: " + named("Diversion") + ";reason=unconditional\r\n" +
		"User-Agent: " + e.name["User-Agent"] + "/1.0\r\nSubject: " + e.name["Subject"] + "\r\nHistory-Info: " + uri("History-Info") + ";index=1\r\n"
	dialog, err := e.speaking.Call(ctx, "+12125550100", named("From"), offer, head)
	fail(e.t, err)
	answer, err := dialog.Wait(ctx, "200", "closed", "400", "403", "480", "488", "500")
	if err != nil || answer.Word != "200" {
		e.t.Fatalf("call: %q, %v\n%s", answer.Word, err, e.srv.output())
	}
	fail(e.t, sound.Accept(answer.SDP))
	e.caller, e.agent = &talk{e.t, dialog, sound}, next(ctx, e.t, e.taken)
	e.agent.sound.Speak(nil)
	began := sound.Speak(e.voice.sound)
	fail(e.t, sound.SendDigits(ctx, e.digits))
	for _, d := range e.digits {
		if code, err := dialog.Info(ctx, string(d)); err != nil || code != 200 {
			e.t.Fatalf("INFO: %d, %v", code, err)
		}
	}
	fail(e.t, e.agent.sound.AwaitSound(ctx, began, 3*time.Second))
	e.srv.await("trouble=journal_spools", 30*time.Second)
}

// keysOf makes the media key of the offer a canary as well: as text and as what it means.
func (e *evening) keysOf(offer []byte) {
	_, rest, ok := bytes.Cut(offer, []byte("inline:"))
	if !ok || len(rest) < 40 {
		e.t.Fatal("no key in the offer")
	}
	key, err := base64.StdEncoding.DecodeString(string(rest[:40]))
	fail(e.t, err)
	e.looking.canaries = append(e.looking.canaries, textCanary("media key, as written", string(rest[:40])),
		soundCanary("media key", map[string][]byte{"bytes": key}), textCanary("phone's secret", e.secretOfAmy))
}

// lastKnown is the newest call's id, while it runs.
func (e *evening) lastKnown(ctx context.Context) (id string) {
	e.t.Helper()
	var v struct{ Items []callRow }
	until(ctx, e.t, "the call is not in the list", func() bool {
		e.ask(&v, "calls", "list")
		return len(v.Items) > 0
	})
	return v.Items[0].ID
}

// answersOfCommands are those that nobody authorised to reveal anything.
func (e *evening) answersOfCommands() {
	e.t.Helper()
	until(storyTime(e.t, 15*time.Second), e.t, "the recording's row was not adopted", func() bool { return len(e.recordings(e.id)) > 0 }) // a part for each kill that the call outlived
	recording := e.recordings(e.id)[0].ID
	for _, args := range [][]string{{"calls", "list"}, {"calls", "show", e.id}, {"why", e.id}, {"recordings", "list"}, {"recordings", "verify", recording},
		{"audit", "list", "--limit", "200"}, {"audit", "verify"}, {"book", "show"}, {"agents", "list"}, {"devices", "list"}, {"trunks", "list"},
		{"token", "list"}, {"keys", "status"}, {"doctor"}, {"plan", "+12125550100"}, {"oncall", "at", "agents"}, {"version"}} {
		for _, form := range [][]string{nil, {"--json"}} {
			out, errs, _ := e.run(append(args, form...)...)
			e.looking.in("answer of "+strings.Join(args, " "), []byte(out+errs))
		}
	}
}

// metrics are read, and the other pages that need no call; a search that fails is told without its number.
func (e *evening) metrics() {
	e.t.Helper()
	api := dialControl(filepath.Join(e.dir, "control.sock"))
	defer func() { _ = api.close() }()
	for _, page := range []string{"/metrics", "/healthz", "/readyz", "/api/v1/live", "/api/v1/health"} {
		body, err := api.stream(e.t.Context(), "GET", page, nil)
		if err != nil {
			e.t.Errorf("%s: %v", page, err)
			continue
		}
		text, err := io.ReadAll(body)
		fail(e.t, err)
		if len(text) == 0 {
			e.t.Errorf("%s is empty", page)
		}
		e.looking.in("page "+page, text)
	}
	number := "+1" + e.number["From"]
	_, err := api.stream(e.t.Context(), "POST", "/api/v1/calls/search", map[string]any{"number": number, "limit": "x"})
	if err == nil {
		e.t.Error("a search with a wrong limit was answered")
	}
}

// agreesThatItWentIn proves that the canaries were there to be found: the authorised answers hold them.
func (e *evening) agreesThatItWentIn() {
	e.t.Helper()
	holds := func(what, text string, canaries ...string) {
		for _, c := range canaries {
			if !strings.Contains(text, c) {
				e.t.Errorf("%s does not hold a canary", what)
			}
		}
	}
	holds("revealed call", e.must("calls", "show", e.id, "--reveal", "--reason", "canary search"), e.number["P-Asserted-Identity"])
	holds("revealed book", e.must("book", "show", "--reveal", "--reason", "canary search"), e.name["agent"], e.name["clinician"], e.number["clinician's phone"])
	holds("the phone's screen", e.agent.dialog.Invite().Raw, e.number["P-Asserted-Identity"])
	if keys := e.agent.sound.Digits(); !strings.HasPrefix(keys, e.digits) {
		e.t.Errorf("the agent's phone heard the keys %s", keys)
	}
	out := filepath.Join(e.t.TempDir(), "authorised.wav")
	e.must("recordings", "export", e.recordings(e.id)[0].ID, "--out", out, "--reason", "canary search")
	wav := &search{t: e.t, canaries: []canary{soundCanary("voice", map[string][]byte{"signs": signs(e.voice.sound)[1000:1400]})}}
	if wav.in("export", signs(soundOfWAV(e.t, out, 0))); len(wav.found) == 0 {
		e.t.Error("the authorised export does not hold the voice")
	}
}

// everywhere is all that the running server has written, said or holds open.
func (e *evening) everywhere(when string) {
	e.t.Helper()
	e.looking.process(e.srv.cmd.Process.Pid)
	e.everywhereAtRest(when)
}

func (e *evening) everywhereAtRest(when string) {
	e.t.Helper()
	e.looking.tree(e.dir)
	e.looking.tree(e.tmp)
	e.looking.in("output", []byte(e.srv.output()))
	e.looking.clean(when)
}

// wire is what crossed on every interface from the first packet on; a word in clear proves that it was heard.
func (e *evening) wire() {
	e.t.Helper()
	const word = "spoken in clear on purpose"
	conn, err := net.Dial("udp", "127.0.0.1:10098")
	fail(e.t, err)
	defer conn.Close()
	until(storyTime(e.t, 30*time.Second), e.t, "the capture does not show the control", func() bool {
		_, _ = conn.Write([]byte(word)) // nobody listens: the next write may say so
		return bytes.Contains(readFile(e.t, e.pcap), []byte(word))
	})
	_ = e.shark.cmd.Process.Signal(os.Interrupt)
	<-e.shark.gone
	b := readFile(e.t, e.pcap)
	if len(b) < 100_000 {
		e.t.Errorf("only %d bytes captured", len(b))
	}
	e.looking.in("capture", b)
	e.looking.clean("on the wire")
}
