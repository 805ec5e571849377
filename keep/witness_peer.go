package keep

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"nightbell/audit"
)

// Peer is a witness as a log sees it.
type Peer interface {
	// Add brings a checkpoint and gives the witness's signature line; audit.StaleError says from where to prove instead.
	Add(context.Context, audit.Addition) (line []byte, err error)
	// Latest is the last checkpoint of the origin that the witness has signed; nil: none.
	Latest(ctx context.Context, origin string) ([]byte, error)
}

// peerTime bounds one question to a witness.
const peerTime = 15 * time.Second

type remoteWitness struct {
	url  string
	http *http.Client
}

// RemoteWitness is the witness at an https address.
func RemoteWitness(address string, trust Trust) (Peer, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return nil, errors.New("witness: address is not https://HOST[:PORT]")
	}
	cfg, err := trust.TLS()
	if err != nil {
		return nil, fmt.Errorf("witness: %w", err)
	}
	t := &http.Transport{TLSClientConfig: cfg, MaxIdleConns: 1, IdleConnTimeout: time.Minute, Proxy: nil}
	return remoteWitness{strings.TrimSuffix(address, "/"), &http.Client{Transport: t, Timeout: peerTime}}, nil
}

// Close gives idle connections back.
func (w remoteWitness) Close() error { w.http.CloseIdleConnections(); return nil }

func (w remoteWitness) Add(ctx context.Context, a audit.Addition) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url+"/add-checkpoint", bytes.NewReader(a.Encode()))
	if err != nil {
		return nil, fmt.Errorf("witness: %w", err)
	}
	return w.do(req)
}

func (w remoteWitness) Latest(ctx context.Context, origin string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.url+"/latest-checkpoint?origin="+url.QueryEscape(origin), nil)
	if err != nil {
		return nil, fmt.Errorf("witness: %w", err)
	}
	return w.do(req)
}

func (w remoteWitness) do(req *http.Request) ([]byte, error) {
	resp, err := w.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("witness: %w", err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	switch {
	case err != nil:
		return nil, fmt.Errorf("witness: %w", err)
	case resp.StatusCode == http.StatusNoContent:
		return nil, nil
	case resp.StatusCode == http.StatusOK:
		return b, nil
	}
	return nil, refused(resp, b)
}

// refused is the witness's refusal in our own words.
func refused(resp *http.Response, body []byte) error {
	switch resp.StatusCode {
	case http.StatusNotFound:
		return audit.ErrUnknownLog
	case http.StatusForbidden:
		return audit.ErrNotSigned
	case http.StatusUnprocessableEntity:
		return audit.ErrBadProof
	case http.StatusConflict:
		size, err := strconv.ParseInt(strings.TrimSpace(string(body)), 10, 64)
		if err != nil || size < 0 {
			return audit.ErrFork
		}
		return audit.StaleError{Size: size}
	}
	return fmt.Errorf("witness: answered %d", resp.StatusCode)
}
