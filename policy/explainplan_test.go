package policy

import (
	"strings"
	"testing"
	"time"
)

func TestPlanIsToldInWords(t *testing.T) {
	b := answered()
	b.Clinics[0].Features.Beep, b.Clinics[0].Features.Decline = 15*time.Second, "9"
	b.Queues[0].Keys = map[string]Key{"1": {Do: KeyCallBack}}
	p := ask(b, "+12125550100")
	got := strings.Join(p.Words(), "\n")
	for _, want := range []string{
		"before anything else: emergency, greeting, announcement, a tone every 15s while it is recorded, key 9 declines the recording",
		`step 1 "welcome": asks menu main`,
		`step 2 "wait": waits in queue desk, longest idle, 1m0s at most; 1 is called back and keeps her place`,
		"   amy: member of queue desk",
		`step 3 "sorry": plays busy`,
		`step 5 "message": takes a voice message, and the call ends`,
		`flow billing, step 1 "bo": together, 20s` + "\n   rings bo at bo",
		"menu main: plays main; 1 goes on; 2 takes flow billing; nothing goes on",
		"patch to the clinician on call, 2 times round\n   patch 1 \"on call\": together, 30s\n      dr-lee: 0 devices and her telephone",
		"nobody reached: a voice message of 1m0s at most",
		"out over early, then late, showing +12125550100",
		"nobody at all: last_resort is played",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("not told: %s\nin:\n%s", want, got)
		}
	}
	if strings.Contains(got, "5550142") {
		t.Error("a person's telephone is told")
	}
	for _, k := range []KeyAction{KeyGoTo, KeyMenu, KeySay, KeyVoicemail, KeyPatch, KeyLanguage, KeyInterpreter, KeyDecline, KeyHangUp, "?"} {
		if (Key{Do: k}).words() == "" {
			t.Error(k)
		}
	}
}
