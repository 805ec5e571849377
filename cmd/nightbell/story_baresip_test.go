//go:build stories

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"nightbell/media/mediatest"
)

// baresip is Debian's softphone, headless: an agent nobody here wrote.
type baresip struct {
	*process
	dir  string
	ctrl net.Conn
	rest []byte
}

const baresipConfig = `poll_method epoll
sip_listen %[1]s:0
sip_cafile %[2]s
sip_certificate %[3]s
sip_verify_server yes
audio_source aufile,%[4]s
audio_player aufile,%[5]s/heard.wav
audio_alert aufile,%[5]s/alert.wav
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
ausrc_format s16
auplay_format s16
rtp_ports 42000-42100
module_path /usr/lib/baresip/modules
module g711.so
module g722.so
module srtp.so
module aufile.so
module sndfile.so
module_tmp uuid.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:%[6]d
snd_path %[5]s
`

// softphone is one account of a baresip.
type softphone struct {
	user, secret string
	control      int // port of ctrl_tcp
	voice        []int16
	codec        string // "pcmu", "g722", ...
	more         string // further account parameters
}

// newBaresip registers it as an agent that answers by itself and says voice.
func (s *stand) newBaresip(user, secret string, port int, voice []int16) *baresip {
	s.t.Helper()
	return s.baresip(softphone{user, secret, port, voice, "pcmu", "answermode=auto;regint=300"})
}

func (s *stand) baresip(p softphone) *baresip {
	s.t.Helper()
	// Any pair: baresip wants one, and is known by its digest.
	return s.baresipKnownBy(p, filepath.Join(s.dir, "tls", "server.crt"), filepath.Join(s.dir, "tls", "server.key"))
}

// baresipKnownBy is a baresip that shows a certificate.
func (s *stand) baresipKnownBy(p softphone, cert, key string) *baresip {
	s.t.Helper()
	dir := s.t.TempDir()
	b := &baresip{dir: dir}
	speech := filepath.Join(dir, "speech.wav")
	fail(s.t, os.WriteFile(speech, wavOf(p.voice), 0o600))
	pair := filepath.Join(dir, "pair.pem")
	fail(s.t, os.WriteFile(pair, append(readFile(s.t, cert), readFile(s.t, key)...), 0o600))
	config := fmt.Sprintf(baresipConfig, standAddr, filepath.Join(s.dir, "ca.pem"), pair, speech, dir, p.control)
	account := fmt.Sprintf("<sip:%[1]s@%[2]s;transport=tls>;auth_user=%[1]s;auth_pass=%[3]s;mediaenc=srtp-mand;"+
		"audio_codecs=%[4]s;%[5]s;outbound=\"sip:%[2]s;transport=tls\"\n", p.user, s.sipAddr(), p.secret, p.codec, p.more)
	fail(s.t, os.WriteFile(filepath.Join(dir, "config"), []byte(config), 0o600))
	fail(s.t, os.WriteFile(filepath.Join(dir, "accounts"), []byte(account), 0o600))
	b.process = start(s.t, exec.Command("baresip", "-f", dir))
	return b
}

// command speaks ctrl_tcp: netstrings of JSON.
func (b *baresip) command(ctx context.Context, port int, command, params string) string {
	b.t.Helper()
	if b.ctrl == nil {
		until(ctx, b.t, "baresip does not open its control port", func() (ok bool) {
			var err error
			b.ctrl, err = net.Dial("tcp", "127.0.0.1:"+strconv.Itoa(port))
			return err == nil
		})
		b.t.Cleanup(func() { b.ctrl.Close() })
	}
	m, _ := json.Marshal(map[string]string{"command": command, "params": params, "token": "t"})
	fmt.Fprintf(b.ctrl, "%d:%s,", len(m), m)
	for {
		text, err := b.netstring(ctx)
		if err != nil {
			b.t.Fatalf("baresip %s: %v", command, err)
		}
		if bytes.Contains(text, []byte(`"response"`)) {
			return string(text)
		}
	}
}

func (b *baresip) netstring(ctx context.Context) ([]byte, error) {
	deadline, _ := ctx.Deadline()
	_ = b.ctrl.SetReadDeadline(deadline)
	for {
		if at := bytes.IndexByte(b.rest, ':'); at > 0 {
			n, err := strconv.Atoi(string(b.rest[:at]))
			if err != nil {
				return nil, err
			}
			if len(b.rest) >= at+1+n+1 {
				text := b.rest[at+1 : at+1+n]
				b.rest = b.rest[at+n+2:]
				return text, nil
			}
		}
		buf := make([]byte, 65536)
		n, err := b.ctrl.Read(buf)
		if err != nil {
			return nil, err
		}
		b.rest = append(b.rest, buf[:n]...)
	}
}

// heard is what baresip decoded in its last call: its own recording.
func (b *baresip) heard() []int16 {
	b.t.Helper()
	return b.dump("dump-*-dec.wav")
}

func (b *baresip) dump(pattern string) []int16 {
	b.t.Helper()
	files, _ := filepath.Glob(filepath.Join(b.dir, pattern))
	if len(files) == 0 {
		b.t.Fatalf("baresip kept no %s:\n%s", pattern, b.output())
	}
	return soundOfWAV(b.t, files[len(files)-1], 0)
}

func TestStoryBaresipIsCalledAndTalks(t *testing.T) {
	ctx := storyTime(t, 90*time.Second)
	s := newStand(t, onlyAmy)
	s.serve()
	secret := s.secret("amy", "--md5-until", time.Now().Add(24*time.Hour).UTC().Format(time.RFC3339))
	b := s.newBaresip("amy", secret, 44441, mediatest.Agent())
	until(ctx, t, "baresip does not register:\n"+b.output(), func() bool {
		var v struct {
			Items []struct{ Registered []string }
		}
		s.ask(&v, "agents", "list")
		for _, a := range v.Items {
			if len(a.Registered) > 0 {
				return true
			}
		}
		return false
	})
	caller := s.call(ctx, s.carrier(ctx), "+12125550100")
	caller.sound.Speak(mediatest.Caller())
	s.bridged(ctx)
	since := time.Now()
	fail(t, caller.sound.AwaitSound(ctx, since, 6*time.Second))
	heard := caller.sound.Heard(since)
	fail(t, caller.dialog.Bye(ctx))

	similar(t, "caller heard", heard, mediatest.Agent(), mediatest.Caller())
	row := s.lastCall(ctx)
	if row.Outcome != "completed" || row.By != "caller" || !row.Served {
		t.Errorf("filed as %+v", row)
	}
	until(ctx, t, "baresip's recording is too short", func() bool { return len(b.heard()) > 5*callRate })
	sound := b.heard()
	similar(t, "baresip heard", sound[max(0, len(sound)-5*callRate):], mediatest.Caller(), mediatest.Agent())
	wav := s.export(ctx, row.Recording)
	both := [2][]int16{soundOfWAV(t, wav, 0), soundOfWAV(t, wav, 1)}
	tail := func(x []int16) []int16 { return x[max(0, len(x)-5*callRate):] }
	similar(t, "recorded caller", tail(both[0]), mediatest.Caller(), mediatest.Agent())
	similar(t, "recorded agent", tail(both[1]), mediatest.Agent(), mediatest.Caller())
	s.independent(row.Recording, wav)
}

// independent lets the reader that was written from the format page alone verify the file and export it; both WAVs
// must hold the same samples.
func (s *stand) independent(id, wav string) {
	s.t.Helper()
	var key struct{ Key string }
	s.ask(&key, "recordings", "key", id, "--reason", "independent verification")
	var list struct{ Items []struct{ ID, File string } }
	s.ask(&list, "recordings", "list")
	for _, r := range list.Items {
		if r.ID != id {
			continue
		}
		file, out := filepath.Join(s.dir, "recordings", r.File), filepath.Join(s.t.TempDir(), "independent.wav")
		for _, args := range [][]string{{"verify", file}, {"wav", file, "-o", out}} {
			reader := exec.Command("python3", append([]string{"../../scripts/nbr1.py", "--key-file", "-"}, args...)...)
			reader.Stdin = strings.NewReader(key.Key)
			if text, err := reader.CombinedOutput(); err != nil {
				s.t.Fatalf("nbr1.py %s: %v\n%s", args[0], err, text)
			}
		}
		for channel := range 2 {
			ours, theirs := soundOfWAV(s.t, wav, channel), soundOfWAV(s.t, out, channel)
			if fmt.Sprint(ours) != fmt.Sprint(theirs) {
				s.t.Errorf("channel %d: the independent reader hears something else", channel)
			}
		}
		return
	}
	s.t.Fatalf("recording %s is not in the list", id)
}
