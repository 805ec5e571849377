package main

import (
	"io"
	"net/http"
	"sync"
)

// direct is a transport that calls a handler in this process. The body streams through a pipe, so that an hour of sound
// never stands in memory.
type direct struct {
	handler http.Handler
	running sync.WaitGroup
}

// RoundTrip returns as soon as the handler has written its header.
func (d *direct) RoundTrip(req *http.Request) (*http.Response, error) {
	r, w := io.Pipe()
	a := &answering{header: make(http.Header), body: w, began: make(chan struct{})}
	in := req.Clone(req.Context())
	if in.Body == nil {
		in.Body = http.NoBody
	}
	in.RemoteAddr, in.RequestURI, in.Host = "local", req.URL.RequestURI(), req.URL.Host
	d.running.Go(func() {
		d.handler.ServeHTTP(a, in)
		a.WriteHeader(http.StatusOK)
		_ = w.Close()
	})
	<-a.began
	return &http.Response{
		Status: http.StatusText(a.status), StatusCode: a.status, Header: a.sent, Body: r, Request: req,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, ContentLength: -1,
	}, nil
}

// wait returns when no handler runs any more.
func (d *direct) wait() { d.running.Wait() }

// answering is the handler's side of one exchange; one goroutine writes it.
type answering struct {
	header, sent http.Header
	status       int
	body         *io.PipeWriter
	began        chan struct{}
}

func (a *answering) Header() http.Header { return a.header }

func (a *answering) WriteHeader(status int) {
	if a.status != 0 {
		return
	}
	a.status, a.sent = status, a.header.Clone()
	close(a.began)
}

func (a *answering) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(b)
}
