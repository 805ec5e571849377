package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"nightbell/console"
)

// client speaks /api/v1 to whoever holds the data folder: as the person who is logged in on this terminal, else as the
// operator of the machine.
type client struct {
	http  *http.Client
	close func() error
	login string // secret of a login; empty: the operator
}

// connect finds the running server, or opens the data folder here. Close the client in either case.
func (s *session) connect(ctx context.Context) (*client, error) {
	cfg, err := s.config()
	if err != nil {
		return nil, err
	}
	login := ""
	if !s.operator {
		if login, err = readLogin(cfg.Dir); err != nil {
			return nil, err
		}
	}
	return s.connectAs(ctx, cfg, login)
}

// connectAs is connect with the secret of a login; empty: as the operator.
func (s *session) connectAs(ctx context.Context, cfg Config, login string) (*client, error) {
	socket := filepath.Join(cfg.Dir, console.ControlName)
	if console.ControlAnswers(socket) {
		api := dialControl(socket)
		api.login = login
		return api, nil
	}
	api, err := s.inProcess(ctx, cfg)
	if err == nil {
		api.login = login
	}
	return api, err
}

// absent stands for the tag of what is not there yet.
const absent = "*"

func dialControl(socket string) *client {
	t := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", socket)
	}}
	return &client{http: &http.Client{Transport: t}, close: func() error { t.CloseIdleConnections(); return nil }}
}

// inProcess opens the data folder under its lock and asks the same handler without a socket.
func (s *session) inProcess(ctx context.Context, cfg Config) (*client, error) {
	office, err := openOffice(ctx, cfg, s.unsealing())
	if err != nil {
		return nil, err
	}
	if office.Sealed != nil {
		fmt.Fprintln(s.err, "nightbell: sealed:", office.Sealed)
	}
	desk := console.New(console.Config{Ports: office.ports(stopped{mode: cfg.Mode})})
	t := &direct{handler: desk.Operator("uid:" + strconv.Itoa(os.Geteuid()))}
	return &client{http: &http.Client{Transport: t}, close: func() error {
		t.wait()
		return office.Close()
	}}, nil
}

// ask sends a request and reads the answer into out; a problem comes back as *console.Problem.
func (c *client) ask(ctx context.Context, method, path string, in, out any) error {
	return c.askIf(ctx, "", request{method, path, in}, out)
}

// request is what is asked: a value becomes JSON, bytes are sent as they are.
type request struct {
	method, path string
	in           any
}

// askIf asks for a change of what was read with this entity tag; a tag of "" says nothing about it.
func (c *client) askIf(ctx context.Context, tag string, r request, out any) error {
	body, err := c.streamIf(ctx, tag, r)
	if err != nil {
		return err
	}
	defer body.Close()
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(body).Decode(out); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	return nil
}

// stream is ask for an answer that is not JSON.
func (c *client) stream(ctx context.Context, method, path string, in any) (io.ReadCloser, error) {
	return c.streamIf(ctx, "", request{method, path, in})
}

// events is the stream of the live view, from after an event; empty: from now.
func (c *client) events(ctx context.Context, last string) (io.ReadCloser, error) {
	return c.streamIf(context.WithValue(ctx, lastEvent{}, last), "", request{http.MethodGet, "/api/v1/live/events", nil})
}

type lastEvent struct{}

func (c *client) streamIf(ctx context.Context, tag string, r request) (io.ReadCloser, error) {
	var body io.Reader
	if raw, ok := r.in.([]byte); ok {
		body = bytes.NewReader(raw)
	} else if r.in != nil {
		b, err := json.Marshal(r.in)
		if err != nil {
			return nil, fmt.Errorf("request: %w", err)
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, "http://nightbell"+r.path, body)
	if err != nil {
		return nil, fmt.Errorf("request: %w", err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.login != "" {
		req.Header.Set("Authorization", "Bearer "+c.login)
	}
	if last, _ := ctx.Value(lastEvent{}).(string); last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	switch tag {
	case "":
	case absent:
		req.Header.Set("If-None-Match", "*")
	default:
		req.Header.Set("If-Match", `"`+tag+`"`)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("server: %w", errors.Unwrap(err))
	}
	if resp.StatusCode < 300 {
		return resp.Body, nil
	}
	defer resp.Body.Close()
	err = readProblem(resp)
	switch {
	case c.login == "" && resp.StatusCode == http.StatusForbidden:
		err = fmt.Errorf("%w (nobody is logged in here, the operator may not: nightbell login PERSON)", err)
	case c.login != "" && resp.StatusCode == http.StatusUnauthorized && !strings.HasPrefix(r.path, "/api/v1/login"):
		err = fmt.Errorf("%w (the login kept here has ended: nightbell login PERSON, or nightbell logout)", err)
	}
	return nil, err
}

func readProblem(resp *http.Response) error {
	p := &console.Problem{Status: resp.StatusCode, Detail: resp.Status}
	_ = json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(p)
	return p
}

// query builds the query part of a path out of what is set.
func query(pairs ...string) string {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			v.Set(pairs[i], pairs[i+1])
		}
	}
	if len(v) == 0 {
		return ""
	}
	return "?" + v.Encode()
}
