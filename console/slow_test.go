package console

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// pipes is a listener whose connections are pipes, so that time is the bubble's.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	select {
	case <-p.done:
	default:
		close(p.done)
	}
	return nil
}

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "192.0.2.1:1" }

func (*pipes) Addr() net.Addr { return pipeAddr{} }

// visited runs a server, gives the test one connection to it, and waits for the server's end.
func visited(t *testing.T, talk func(net.Conn)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := newStage()
		c := s.console()
		l := &pipes{make(chan net.Conn), make(chan struct{})}
		ctx, stop := context.WithCancel(t.Context())
		served := make(chan error, 1)
		go func() { served <- c.run(ctx, l, c.Handler()) }()
		near, far := net.Pipe()
		l.conns <- far
		talk(near)
		_ = near.Close()
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
}

// dribble sends a byte a second until the other end has had enough, and says how long that took.
func dribble(conn net.Conn, text string) time.Duration {
	began := time.Now()
	for n := range len(text) {
		if _, err := conn.Write([]byte{text[n]}); err != nil {
			break
		}
		time.Sleep(time.Second)
	}
	return time.Since(began)
}

func TestDribbledHeadIsCutOff(t *testing.T) {
	visited(t, func(conn net.Conn) {
		go func() { _, _ = io.Copy(io.Discard, conn) }()
		if took := dribble(conn, "GET /api/v1/me HTTP/1.1\r\nHost: "+strings.Repeat("a", 500)); took > headerTimeout+2*time.Second {
			t.Errorf("it went on for %v", took)
		}
	})
}

func TestDribbledBodyIsCutOff(t *testing.T) {
	visited(t, func(conn net.Conn) {
		go func() { _, _ = io.Copy(io.Discard, conn) }()
		_, _ = io.WriteString(conn, "POST /api/v1/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n")
		if took := dribble(conn, `{"person":"`+strings.Repeat("a", 880)); took > readTimeout+2*time.Second {
			t.Errorf("it went on for %v", took)
		}
	})
}

// A reader who does not read holds an answer no longer than the server's patience.
func TestSlowReaderIsCutOff(t *testing.T) {
	visited(t, func(conn net.Conn) {
		began := time.Now()
		_, _ = io.WriteString(conn, "GET /api/openapi.json HTTP/1.1\r\nHost: a\r\n\r\n")
		var err error
		for one := make([]byte, 1); err == nil; _, err = conn.Read(one) {
			time.Sleep(time.Second)
		}
		if took := time.Since(began); took > writeTimeout+readTimeout {
			t.Errorf("it went on for %v", took)
		}
	})
}

// What is too large is refused by its announcement, before it is sent.
func TestHugeRequestsAreRefusedUnread(t *testing.T) {
	long := strings.Repeat("a", 2*maxHeader)
	for request, want := range map[string]int{
		"GET /api/v1/me HTTP/1.1\r\nHost: a\r\nCookie: " + long + "\r\n\r\n":                                                              431,
		"GET /" + long + " HTTP/1.1\r\nHost: a\r\n\r\n":                                                                                   431,
		fmt.Sprintf("POST /api/v1/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n{", maxForm+1): 413,
		"POST /api/v1/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n{":                413,
	} {
		visited(t, func(conn net.Conn) {
			go func() { _, _ = io.WriteString(conn, request) }()
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatalf("%.40s: %v", request, err)
			}
			_ = resp.Body.Close()
			if resp.StatusCode != want {
				t.Errorf("%.40s: %d", request, resp.StatusCode)
			}
		})
	}
}
