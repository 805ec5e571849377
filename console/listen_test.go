package console

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"nightbell/access"
	"nightbell/audit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSoundComesInRangesAndIsRememberedFirst(t *testing.T) {
	s := newStage()
	h, secret := s.console().Handler(), s.as(access.Agent)
	whole := asks(t, h, get("/api/v1/recordings/r1/audio"), secret)
	if whole.Code != 200 || whole.Body.String() != string(sound) || whole.Header().Get("Content-Type") != "audio/wav" {
		t.Fatalf("whole: %d %q", whole.Code, whole.Body)
	}
	if whole.Header().Get("Accept-Ranges") != "bytes" || whole.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("header %v", whole.Header())
	}
	part := get("/api/v1/recordings/r1/audio")
	part.Header.Set("Range", "bytes=8-11")
	if w := asks(t, h, part, secret); w.Code != http.StatusPartialContent || w.Body.String() != "WAVE" {
		t.Errorf("range: %d %q", w.Code, w.Body)
	}
	end := get("/api/v1/recordings/r1/audio")
	end.Header.Set("Range", "bytes=-4")
	if w := asks(t, h, end, secret); w.Code != http.StatusPartialContent || w.Body.String() != string(sound[len(sound)-4:]) {
		t.Errorf("end: %d %q", w.Code, w.Body)
	}
	beyond := get("/api/v1/recordings/r1/audio")
	beyond.Header.Set("Range", "bytes=9999-")
	if w := asks(t, h, beyond, secret); w.Code != http.StatusRequestedRangeNotSatisfiable {
		t.Errorf("beyond: %d", w.Code)
	}
	events := s.remembered(audit.RecordingPlayed)
	if len(events) != 4 || events[1].Facts["range"] != "bytes=8-11" || events[0].Classes[0] != "audio" {
		t.Errorf("events %+v", events)
	}
	s.broken = errors.New("disk full")
	before := s.opened
	if w := asks(t, h, get("/api/v1/recordings/r1/audio"), secret); w.Code != 503 || s.opened != before {
		t.Errorf("audit down: %d, opened %d", w.Code, s.opened-before)
	}
}

// pair is a fresh self-signed certificate with a serial number to tell it by.
func pair(t *testing.T, serial int64) *tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// serial reads which certificate a listener shows.
func serial(t *testing.T, address string, cfg *tls.Config) (int64, error) {
	t.Helper()
	conn, err := tls.Dial("tcp", address, cfg)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64(), nil
}

func TestRenewedCertificateIsShownWithoutARestart(t *testing.T) {
	s := newStage()
	c := s.console()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var now atomic.Pointer[tls.Certificate]
	now.Store(pair(t, 1))
	load := func() (*tls.Certificate, error) {
		if c := now.Load(); c != nil {
			return c, nil
		}
		return nil, errors.New("unreadable")
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- c.Serve(ctx, l, load) }()
	trust := &tls.Config{InsecureSkipVerify: true}
	if got, err := serial(t, l.Addr().String(), trust); got != 1 || err != nil {
		t.Errorf("first: %d %v", got, err)
	}
	if _, err := serial(t, l.Addr().String(), &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11}); err == nil {
		t.Error("TLS 1.1 was taken")
	}
	now.Store(pair(t, 2))
	s.later(2 * freshness)
	if got, _ := serial(t, l.Addr().String(), trust); got != 2 {
		t.Errorf("renewed: %d", got)
	}
	now.Store(nil)
	s.later(2 * freshness)
	if got, _ := serial(t, l.Addr().String(), trust); got != 2 {
		t.Errorf("a failed load: %d", got)
	}
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
}

// The control socket: 0600, and the kernel says who is asking.
func TestControlSocketKnowsItsPeer(t *testing.T) {
	s := newStage()
	path := filepath.Join(t.TempDir(), ControlName)
	if err := os.WriteFile(path, nil, 0o600); err != nil { // left behind by a server that is gone
		t.Fatal(err)
	}
	l, err := ListenControl(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v %v", info.Mode(), err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.console().ServeControl(ctx, l) }()
	if !ControlAnswers(path) {
		t.Error("nobody answers")
	}
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", path)
	}}
	resp, err := (&http.Client{Transport: transport}).Get("http://nightbell/api/v1/calls")
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	transport.CloseIdleConnections()
	if resp.StatusCode != 200 || !strings.Contains(string(body), "[phi:phone]") {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	if e := s.remembered(audit.CallsListed); len(e) != 1 || e[0].Actor.Type != "operator" || !strings.HasPrefix(e[0].Actor.ID, "uid:") {
		t.Errorf("events %+v", e)
	}
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
	if ControlAnswers(path) {
		t.Error("still answers")
	}
}

func TestStoryIsToldInSentences(t *testing.T) {
	lines := Why(CallStory{
		Call: Call{
			ID: "c1", Trunk: "carrier", Arrived: callTime, Ended: callTime.Add(65 * time.Second), Outcome: "completed",
			By: "caller", Served: true, Recording: "r1",
		},
		KnownBy: "certificate pbx.example", Protection: "TLSv1.3",
		Legs: []LegView{
			{Cause: "completed", Sound: &SoundView{Codec: "PCMU", Suite: "AEAD_AES_256_GCM", Received: 3000, Sent: 2990, MOS: 4.4}},
			{User: "amy", Person: "amy", Invited: callTime.Add(2 * time.Second), Cause: "busy", Code: 486},
			{User: "bo", Person: "bo", Invited: callTime.Add(3 * time.Second), Answered: callTime.Add(9 * time.Second), Cause: "completed"},
		},
		Events: []CallEvent{{At: callTime.Add(9 * time.Second), Kind: "bridged", Leg: "bo"}},
	})
	story := strings.Join(lines, "\n")
	for _, want := range []string{
		"known by certificate pbx.example", "amy (amy) rang after 2s: busy (486)", "bo (bo) rang after 3s, answered after 9s",
		"AEAD_AES_256_GCM: 3000 packets in, 2990 out", "after 9s: bridged bo", "it ended after 1m5s: hung up in the ordinary way, by caller", "recording r1",
	} {
		if !strings.Contains(story, want) {
			t.Errorf("no %q in:\n%s", want, story)
		}
	}
}
