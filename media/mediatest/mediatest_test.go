package mediatest

import (
	"bytes"
	"context"
	"math"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/zaf/g711"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// told is a sound as G.711 µ-law delivers it, late by some samples.
func told(x []int16, late int) []int16 {
	out := make([]int16, late, late+len(x))
	for _, v := range x {
		out = append(out, g711.DecodeUlawFrame(g711.EncodeUlawFrame(v)))
	}
	return out
}

func TestJudgeKnowsAVoiceFromTheOther(t *testing.T) {
	voices := map[string][2][]int16{"caller": {Caller(), Agent()}, "agent": {Agent(), Caller()}}
	for name, v := range voices {
		for _, late := range []int{0, 1, 777, 7999} {
			if m := Correlate(v[0], told(v[0], late), 8000); m.Score < 0.9 || m.Lag != late {
				t.Errorf("%s heard %d samples late: %+v", name, late, m)
			}
		}
		if m := Correlate(v[0], told(v[1], 0), 8000); m.Score > 0.3 {
			t.Errorf("%s taken for the other voice: %+v", name, m)
		}
	}
}

func TestJudgeIsNotFooledByNothing(t *testing.T) {
	if m := Correlate(Caller(), make([]int16, 64000), 8000); m.Score != 0 {
		t.Errorf("silence scores %g", m.Score)
	}
	if m := Correlate(Caller(), nil, 8000); m.Score != 0 {
		t.Errorf("nothing scores %g", m.Score)
	}
	hum := make([]int16, 64000)
	for i := range hum {
		hum[i] = int16(8000 * math.Sin(float64(i)/3))
	}
	if m := Correlate(Caller(), hum, 8000); m.Score > 0.3 {
		t.Errorf("a hum scores %g", m.Score)
	}
}

func TestJudgeAgreesWithTheSchoolbook(t *testing.T) {
	sent, heard := Caller()[4000:4400], told(Caller()[4000:4300], 25)
	best := Match{Score: -1}
	for lag := -40; lag <= 40; lag++ {
		var sum, a, b float64
		from, to := max(0, -lag), min(len(sent), len(heard)-lag)
		for i := from; i < to; i++ {
			sum += float64(sent[i]) * float64(heard[i+lag])
			a += float64(sent[i]) * float64(sent[i])
			b += float64(heard[i+lag]) * float64(heard[i+lag])
		}
		if score := sum / math.Sqrt(a*b); to-from >= min(len(sent), len(heard)) && score > best.Score {
			best = Match{score, lag}
		}
	}
	got := Correlate(sent, heard, 40)
	if got.Lag != best.Lag || math.Abs(got.Score-best.Score) > 1e-9 {
		t.Errorf("got %+v, want %+v", got, best)
	}
}

func TestVoicesAreTheOnesInTestdata(t *testing.T) {
	for _, name := range []string{"caller", "agent"} {
		want, err := os.ReadFile("../../testdata/audio/" + name + ".wav")
		if err != nil {
			t.Fatal(err)
		}
		got, err := voices.ReadFile("voices/" + name + ".wav")
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s.wav differs from testdata/audio: run scripts/make-prompts.sh", name)
		}
	}
}

func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func phone(t *testing.T, o Options) *Peer {
	t.Helper()
	p, err := Listen(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func connect(t *testing.T, a, b *Peer) {
	t.Helper()
	offer, err := a.Offer()
	if err != nil {
		t.Fatal(err)
	}
	answer, err := b.Answer(offer)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Accept(answer); err != nil {
		t.Fatal(err)
	}
}

func TestTwoPhonesHearEachOther(t *testing.T) {
	cases := map[string]Options{
		"GCM-256":   {Suites: []string{"AEAD_AES_256_GCM"}},
		"A-law":     {Suites: []string{"AES_256_CM_HMAC_SHA1_80"}, Codecs: []string{"PCMA"}},
		"IPv6":      {Addr: netip.IPv6Loopback()},
		"in clear":  {Suites: []string{"-"}},
		"preferred": {Suites: []string{"AES_CM_128_HMAC_SHA1_80", "AEAD_AES_128_GCM"}},
	}
	for name, o := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := phone(t, o), phone(t, o)
			connect(t, a, b)
			fromA, fromB := a.Speak(Caller()), b.Speak(Agent())
			ctx := within(t, 20*time.Second)
			if err := b.AwaitSound(ctx, fromA, 3500*time.Millisecond); err != nil {
				t.Fatal(err)
			}
			if err := a.AwaitSound(ctx, fromB, 3500*time.Millisecond); err != nil {
				t.Fatal(err)
			}
			if m := Correlate(Caller(), b.Heard(fromA), 8000); m.Score < 0.9 {
				t.Errorf("b heard a: %+v", m)
			}
			if m := Correlate(Agent(), a.Heard(fromB), 8000); m.Score < 0.9 {
				t.Errorf("a heard b: %+v", m)
			}
			if m := Correlate(Caller(), a.Heard(fromB), 8000); m.Score > 0.3 {
				t.Errorf("a heard itself: %+v", m)
			}
		})
	}
}

func TestKeysArrive(t *testing.T) {
	t.Parallel()
	a, b := phone(t, Options{}), phone(t, Options{})
	connect(t, a, b)
	ctx := within(t, 20*time.Second)
	if err := a.SendDigits(ctx, "1*5#"); err != nil {
		t.Fatal(err)
	}
	if err := b.Await(ctx, func(p *Peer) bool { return len(p.Digits()) >= 4 }); err != nil {
		t.Fatal(err)
	}
	if got := b.Digits(); got != "1*5#" {
		t.Errorf("heard %q", got)
	}
}

func TestHeldPhoneIsSilentAndARestartIsHeard(t *testing.T) {
	t.Parallel()
	a, b := phone(t, Options{}), phone(t, Options{})
	connect(t, a, b)
	from := a.Speak(Caller())
	ctx := within(t, 20*time.Second)
	if err := b.AwaitSound(ctx, from, 200*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	a.Restart()
	if err := b.Await(ctx, func(p *Peer) bool { return p.Counts().SSRCs == 2 }); err != nil {
		t.Fatal(err)
	}
	a.Direct("sendonly")
	connect(t, a, b)
	if got := b.Direction(); got != "sendonly" {
		t.Fatalf("b sees %s", got)
	}
	before := b.Counts().Sent
	if err := b.AwaitSound(ctx, time.Now(), 200*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if got := b.Counts().Sent; got != before {
		t.Errorf("b sent %d packets while it was held", got-before)
	}
}

func TestDescriptionsThatCannotBe(t *testing.T) {
	p := phone(t, Options{})
	for _, bad := range []string{"", "v=0\r\n", "nonsense",
		"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 0 RTP/SAVP 0\r\n",
		"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/SAVP 0\r\n",
		"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:short\r\n",
	} {
		if _, err := p.Answer([]byte(bad)); err == nil {
			t.Errorf("answered %q", bad)
		}
	}
}
