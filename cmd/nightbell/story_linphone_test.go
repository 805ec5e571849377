//go:build stories

package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"nightbell/media/mediatest"
)

const linphoneConfig = `[sip]
sip_port=-1
sip_tcp_port=-1
sip_tls_port=-1
media_encryption=srtp
media_encryption_mandatory=1
root_ca=%[1]s
verify_server_certs=1
verify_server_cn=0
default_proxy=0
client_cert_chain=%[7]s
client_cert_key=%[8]s
[net]
mtu=1300
[rtp]
audio_rtp_port=43000-43100
[video]
enabled=0
capture=0
display=0
[misc]
contacts_migration_done=1
[storage]
call_logs_db_path=%[2]s/logs.db
friends_db_path=%[2]s/friends.db
zrtp_secrets_db_path=%[2]s/zrtp.db
[auth_info_0]
username=%[3]s
userid=%[3]s
passwd=%[4]s
realm=nightbell
algorithm=SHA-256
[proxy_0]
reg_proxy=<sip:%[5]s;transport=tls>
reg_route=<sip:%[5]s;transport=tls>
reg_identity=<sip:%[3]s@%[6]s>
reg_expires=300
reg_sendregister=1
publish=0
`

// linphone is Debian's linphonec, an agent that answers by itself and says voice; it keeps what it hears in a file.
type linphone struct {
	*process
	heard    string
	keyboard io.Writer
}

// types gives it a command.
func (p *linphone) types(line string) {
	p.t.Helper()
	_, err := io.WriteString(p.keyboard, line+"\n")
	fail(p.t, err)
}

func (s *stand) linphone(user, secret string, voice []int16) *linphone {
	s.t.Helper()
	dir := s.t.TempDir()
	speech, heard := filepath.Join(dir, "speech.wav"), filepath.Join(dir, "heard.wav")
	fail(s.t, os.WriteFile(speech, wavOf(voice), 0o600))
	fail(s.t, os.MkdirAll(filepath.Join(dir, ".local/share/linphone"), 0o700))
	rc := filepath.Join(dir, "linphonerc")
	text := fmt.Sprintf(linphoneConfig, filepath.Join(s.dir, "ca.pem"), dir, user, secret, s.sipAddr(), standAddr,
		filepath.Join(s.dir, "tls", "server.crt"), filepath.Join(s.dir, "tls", "server.key"))
	fail(s.t, os.WriteFile(rc, []byte(text), 0o600))
	cmd := exec.Command("linphonec", "-a", "-c", rc)
	cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir)
	in, err := cmd.StdinPipe()
	fail(s.t, err)
	p := &linphone{start(s.t, cmd), heard, in}
	p.types("soundcard use files\nplay " + speech + "\nrecord " + heard)
	return p
}

// sound is what it heard so far.
func (p *linphone) sound() []int16 {
	if _, err := os.Stat(p.heard); err != nil {
		return nil
	}
	return soundOfWAV(p.t, p.heard, 0)
}

func TestStoryLinphoneIsCalledAndTalks(t *testing.T) {
	ctx := storyTime(t, 60*time.Second)
	s := callStand(t, "talk +12125550114 at_once amy:20")
	p := s.linphone("amy", s.secret("amy"), mediatest.Agent()) // SHA-256: no exception
	s.registered(ctx, "amy")
	caller := s.call(ctx, s.carrier(ctx), "+12125550114")
	caller.sound.Speak(mediatest.Caller())
	s.bridged(ctx)
	since := time.Now()
	fail(t, caller.sound.AwaitSound(ctx, since, 6*time.Second))
	heard := caller.sound.Heard(since)
	fail(t, caller.dialog.Bye(ctx))
	similar(t, "the caller heard", heard[len(heard)-4*callRate:], mediatest.Agent(), mediatest.Caller())
	if row := s.lastCall(ctx); row.Outcome != "completed" || row.By != "caller" {
		t.Errorf("filed as %+v", row)
	}
	p.await("ended", 10*time.Second)
	until(ctx, t, "linphone kept nothing of what it heard", func() bool { return len(p.sound()) > 5*callRate })
	sound := p.sound()
	similar(t, "linphone heard", sound[len(sound)-5*callRate:], mediatest.Caller(), mediatest.Agent())
}
