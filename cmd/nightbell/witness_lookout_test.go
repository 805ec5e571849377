package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// lookingOut is a lookout over a house whose state the story decides.
func lookingOut(state func() error, page func() error) (*lookout, func() []string) {
	var told []string
	began := time.Now()
	u, _ := url.Parse("https://house.example:8443")
	l := &lookout{targets: []*url.URL{u}, now: time.Now, log: slog.New(slog.DiscardHandler), stands: map[string]*trouble{}}
	l.look = func(context.Context, *url.URL) error { return state() }
	l.page = append(l.page, func(_ context.Context, b []byte) error {
		if err := page(); err != nil {
			return err
		}
		var v struct {
			Trouble string
			Over    bool
		}
		err := json.Unmarshal(b, &v)
		told = append(told, fmt.Sprintf("%s %s %v", time.Since(began), v.Trouble, v.Over))
		return err
	})
	return l, func() []string { return slices.Clone(told) }
}

// Two rounds in trouble page, five minutes later again, and once that it is over; one lost packet wakes nobody.
func TestTheLookoutPagesWhileTheHouseIsDead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		l, told := lookingOut(func() error {
			switch at := time.Since(began); {
			case at == time.Minute, at >= 10*time.Minute && at < 17*time.Minute:
				return unreachableHouse
			}
			return nil
		}, func() error { return nil })
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		l.Run(ctx)
		want := []string{"10m30s unreachable false", "15m30s unreachable false", "17m0s unreachable true"}
		if got := told(); !slices.Equal(got, want) {
			t.Errorf("%v", got)
		}
	})
}

func TestAPageThatFailsIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		l, told := lookingOut(func() error { return errors.New("anything else") }, func() error {
			if time.Since(began) < 2*time.Minute {
				return errors.New("no network")
			}
			return nil
		})
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
		defer cancel()
		l.Run(ctx)
		if got := told(); !slices.Equal(got, []string{"2m0s unreachable false"}) {
			t.Errorf("%v", got)
		}
	})
}

// readyHouse is a console that answers readyz, with a certificate of the wanted length.
func readyHouse(t *testing.T, status int, body string, life time.Duration) (*url.URL, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	c := &x509.Certificate{SerialNumber: serial(), DNSNames: []string{"localhost"}, NotBefore: now.Add(-90 * 24 * time.Hour), NotAfter: now.Add(life),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, _ := x509.ParseCertificate(der)
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/readyz" {
			t.Errorf("asked for %s", r.URL.Path)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	srv.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	srv.StartTLS()
	t.Cleanup(srv.Close)
	u, _ := url.Parse(srv.URL)
	u.Host = "localhost:" + u.Port()
	return u, pool
}

func TestTheLookoutTellsWhatIsWrong(t *testing.T) {
	year := 365 * 24 * time.Hour
	for want, c := range map[error]struct {
		status int
		body   string
		life   time.Duration
	}{
		nil:                {200, `{"status":"ready"}`, year},
		sealedHouse:        {503, `{"status":"sealed"}`, year},
		notReadyHouse:      {503, `no JSON`, year},
		certificateEnds:    {200, ``, 24 * time.Hour},
		certificateExpired: {200, ``, -time.Hour},
	} {
		u, pool := readyHouse(t, c.status, c.body, c.life)
		e := eyes{&tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, time.Now}
		if got := e.look(t.Context(), u); got != want {
			t.Errorf("%v: %v", want, got)
		}
	}
	u, pool := readyHouse(t, 200, "", year)
	if got := (eyes{&tls.Config{}, time.Now}).look(t.Context(), u); got != certificateStrange {
		t.Errorf("a stranger's certificate: %v", got)
	}
	plain := *u
	plain.Scheme = "tls"
	if got := (eyes{&tls.Config{RootCAs: pool}, time.Now}).look(t.Context(), &plain); got != nil {
		t.Errorf("a listener for telephones: %v", got)
	}
	dead, _ := url.Parse("tls://127.0.0.1:1")
	if got := (eyes{&tls.Config{RootCAs: pool}, time.Now}).look(t.Context(), dead); got != unreachableHouse {
		t.Errorf("a dead machine: %v", got)
	}
}

func TestTheLookoutRefusesWhatItCannotWatch(t *testing.T) {
	for _, f := range []lookoutFlags{
		{Watch: []string{"http://house.example"}, PageURL: "https://pager.example"},
		{Watch: []string{"tls://house.example"}, PageURL: "https://pager.example"},
		{Watch: []string{"house.example"}, PageURL: "https://pager.example"},
		{Watch: []string{"https://house.example"}},
		{Watch: []string{"https://house.example"}, PageURL: "http://pager.example"},
		{Watch: []string{"https://house.example"}, PageURL: "https://pager.example", WatchCA: "/nowhere"},
	} {
		if l, err := f.open(slog.New(slog.DiscardHandler)); err == nil || l != nil {
			t.Errorf("%+v was taken", f)
		}
	}
}
