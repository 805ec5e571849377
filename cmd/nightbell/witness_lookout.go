package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"
)

// lookoutFlags are what a witness watches of other machines, and whom it tells.
type lookoutFlags struct {
	Watch    []string `help:"Watch a house from here: https://HOST:8443 (is it ready?) or tls://HOST:5061 (does it answer?)." placeholder:"URL"`
	WatchCA  string   `help:"Authorities of its certificates; the system's if absent." placeholder:"FILE" name:"watch-ca"`
	PageURL  string   `help:"Gets an HTTPS POST of JSON when something is wrong, and when it is over; no PHI." placeholder:"URL" name:"page-url"`
	PageHook string   `help:"A program that gets the same on standard input." placeholder:"FILE" name:"page-hook"`
}

// lookout watches houses from another machine: what a house cannot tell of itself, that it is dead, that its certificate has
// ended, that its keys are sealed. It pages by a path of its own.
type lookout struct {
	targets []*url.URL
	look    func(context.Context, *url.URL) error
	page    []func(context.Context, []byte) error
	now     func() time.Time
	log     *slog.Logger
	stands  map[string]*trouble
}

// trouble is what is wrong with a target.
type trouble struct {
	word  lookoutWord
	since time.Time
	times int
	paged time.Time // zero: nobody was told yet
}

// lookoutWord is what is wrong, in a closed word.
type lookoutWord string

func (w lookoutWord) Error() string { return string(w) }

const (
	unreachableHouse   lookoutWord = "unreachable"
	certificateExpired lookoutWord = "certificate_expired"
	certificateStrange lookoutWord = "certificate_not_trusted"
	certificateEnds    lookoutWord = "certificate_ends"
	notReadyHouse      lookoutWord = "not_ready"
	sealedHouse        lookoutWord = "sealed"
)

const (
	lookoutEvery = 30 * time.Second
	lookoutWait  = 10 * time.Second
	lookoutTwice = 2 // rounds in trouble before anybody is told: one lost packet wakes nobody
	lookoutAgain = 5 * time.Minute
	lookoutEnds  = 14 * 24 * time.Hour
)

// open reads the flags; nil: nothing is watched.
func (f lookoutFlags) open(log *slog.Logger) (*lookout, error) {
	if len(f.Watch) == 0 {
		return nil, nil
	}
	l := &lookout{now: time.Now, log: log, stands: map[string]*trouble{}}
	for _, text := range f.Watch {
		u, err := url.Parse(text)
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "tls" || u.Scheme == "tls" && u.Port() == "" {
			return nil, errUsage("--watch: https://HOST[:PORT] or tls://HOST:PORT")
		}
		l.targets = append(l.targets, u)
	}
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	if f.WatchCA != "" {
		pem, err := os.ReadFile(f.WatchCA)
		if err != nil {
			return nil, err
		}
		if cfg.RootCAs = x509.NewCertPool(); !cfg.RootCAs.AppendCertsFromPEM(pem) {
			return nil, errors.New("--watch-ca: no certificate in it")
		}
	}
	l.look = eyes{cfg, time.Now}.look
	if f.PageURL != "" {
		if u, err := url.Parse(f.PageURL); err != nil || u.Scheme != "https" || u.Host == "" {
			return nil, errUsage("--page-url: not https://...")
		}
		l.page = append(l.page, postPage(f.PageURL))
	}
	if f.PageHook != "" {
		l.page = append(l.page, runHook(f.PageHook))
	}
	if len(l.page) == 0 {
		return nil, errUsage("--watch needs --page-url or --page-hook: whom to tell?")
	}
	return l, nil
}

// Run looks until ctx ends.
func (l *lookout) Run(ctx context.Context) {
	tick := time.NewTicker(lookoutEvery)
	defer tick.Stop()
	for {
		for _, u := range l.targets {
			err := l.look(ctx, u)
			if ctx.Err() != nil {
				return
			}
			l.saw(ctx, u.String(), err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// saw tells people of trouble that stands for two rounds, again while it stands, and once that it is over.
func (l *lookout) saw(ctx context.Context, target string, err error) {
	t := l.stands[target]
	if err == nil {
		if t != nil && (t.paged.IsZero() || l.tell(ctx, target, t, true) == nil) {
			delete(l.stands, target)
		}
		return
	}
	var word lookoutWord
	if !errors.As(err, &word) {
		word = unreachableHouse
	}
	if t == nil {
		t = &trouble{since: l.now().UTC()}
		l.stands[target] = t
	}
	if t.word != word {
		t.word, t.paged = word, time.Time{}
	}
	if t.times++; t.times < lookoutTwice || !t.paged.IsZero() && l.now().Sub(t.paged) < lookoutAgain {
		return
	}
	if l.tell(ctx, target, t, false) == nil {
		t.paged = l.now()
	}
}

// tell pages by every way; one that works is enough.
func (l *lookout) tell(ctx context.Context, target string, t *trouble, over bool) error {
	l.log.Warn("lookout", "watch", target, "trouble", string(t.word), "over", over)
	b, err := json.Marshal(struct {
		Watch   string      `json:"watch"`
		Trouble lookoutWord `json:"trouble"`
		Since   time.Time   `json:"since"`
		Over    bool        `json:"over"`
	}{target, t.word, t.since, over})
	if err != nil {
		return err
	}
	var all []error
	for _, page := range l.page {
		if err := page(ctx, b); err != nil {
			l.log.Error("page", "err", err)
			all = append(all, err)
		}
	}
	if len(all) == len(l.page) {
		return errors.Join(all...)
	}
	return nil
}

// eyes look at a house over TLS.
type eyes struct {
	tls *tls.Config
	now func() time.Time
}

func (e eyes) look(ctx context.Context, u *url.URL) error {
	ctx, cancel := context.WithTimeout(ctx, lookoutWait)
	defer cancel()
	port := u.Port()
	if port == "" {
		port = "443"
	}
	cfg := e.tls.Clone()
	cfg.ServerName = u.Hostname()
	conn, err := (&tls.Dialer{Config: cfg}).DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return ofHandshake(err)
	}
	defer conn.Close()
	if left := conn.(*tls.Conn).ConnectionState().PeerCertificates[0].NotAfter.Sub(e.now()); left < lookoutEnds {
		return certificateEnds
	}
	if u.Scheme == "tls" {
		return nil
	}
	return isReady(ctx, conn, u)
}

// ofHandshake tells an expired certificate from one of a stranger, and both from a machine that is not there.
func ofHandshake(err error) error {
	var invalid x509.CertificateInvalidError
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return certificateExpired
	case errors.As(err, &invalid), errors.As(err, &unknown), errors.As(err, &name):
		return certificateStrange
	}
	return unreachableHouse
}

// isReady asks a house whether calls are welcome there.
func isReady(ctx context.Context, conn net.Conn, u *url.URL) error {
	way := &http.Transport{DialTLSContext: func(context.Context, string, string) (net.Conn, error) { return conn, nil }}
	defer way.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+u.Host+"/readyz", nil)
	if err != nil {
		return unreachableHouse
	}
	resp, err := way.RoundTrip(req)
	if err != nil {
		return unreachableHouse
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	var v struct {
		Status string `json:"status"`
	}
	_ = json.NewDecoder(io.LimitReader(resp.Body, 4096)).Decode(&v)
	if v.Status == "sealed" {
		return sealedHouse
	}
	return notReadyHouse
}

// postPage is an HTTPS POST of JSON.
func postPage(address string) func(context.Context, []byte) error {
	return func(ctx context.Context, told []byte) error {
		ctx, cancel := context.WithTimeout(ctx, lookoutWait)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(told))
		if err != nil {
			return errors.New("page: not an address")
		}
		req.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return fmt.Errorf("page: %w", errors.Unwrap(err))
		}
		defer resp.Body.Close()
		if resp.StatusCode >= 300 {
			return fmt.Errorf("page: status %d", resp.StatusCode)
		}
		return nil
	}
}
