package console

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"nightbell/audit"
)

// The witness is a server of its own, on another machine: it takes checkpoints of logs that it was told of and signs what
// has grown. It has no route of the table, no identity but the TLS certificate, and nothing to tell but checkpoints.

// Cosigner is the witness behind the server; *audit.Witness is one.
type Cosigner interface {
	Add(context.Context, audit.Addition) (line []byte, err error)
	Latest(ctx context.Context, origin string) (signed []byte, err error)
}

const (
	maxAddition      = 64 << 10 // 63 hashes and a note with several signatures are below this
	witnessConns     = 64
	witnessBody      = 10 * time.Second
	addCheckpoint    = "/add-checkpoint"    // C2SP tlog-witness
	latestCheckpoint = "/latest-checkpoint" // ours: what a log compares itself with at its start
)

// ServeWitness answers on a listener until the context ends. The TLS configuration says whom it lets in.
func ServeWitness(ctx context.Context, l net.Listener, cfg *tls.Config, w Cosigner, lg *slog.Logger) error {
	srv := &http.Server{
		Handler: witnessMux(w, lg), ReadHeaderTimeout: headerTimeout, ReadTimeout: witnessBody, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader, ErrorLog: log.New(quiet{}, "", 0),
	}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(tls.NewListener(bounded(l, witnessConns), cfg)) }()
	select {
	case err := <-done:
		return fmt.Errorf("witness: %w", err)
	case <-ctx.Done():
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	if srv.Shutdown(closing) != nil {
		_ = srv.Close()
	}
	if err := <-done; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("witness: %w", err)
	}
	return nil
}

func witnessMux(w Cosigner, lg *slog.Logger) *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+addCheckpoint, func(out http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(out, r.Body, maxAddition))
		if err != nil {
			witnessSays(out, lg, audit.ErrBadRequest)
			return
		}
		a, err := audit.ParseAddition(body)
		if err != nil {
			witnessSays(out, lg, err)
			return
		}
		line, err := w.Add(r.Context(), a)
		if err != nil {
			witnessSays(out, lg, err)
			return
		}
		out.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = out.Write(line)
	})
	mux.HandleFunc("GET "+latestCheckpoint, func(out http.ResponseWriter, r *http.Request) {
		q, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			witnessSays(out, lg, audit.ErrBadRequest)
			return
		}
		signed, err := w.Latest(r.Context(), q.Get("origin"))
		switch {
		case err != nil:
			witnessSays(out, lg, err)
		case signed == nil:
			out.WriteHeader(http.StatusNoContent)
		default:
			out.Header().Set("Content-Type", "text/plain; charset=utf-8")
			_, _ = out.Write(signed)
		}
	})
	mux.HandleFunc("GET /healthz", serveAlive)
	return mux
}

// witnessSays answers a refusal with the status that C2SP tlog-witness gives it. A fork and a log taken back are what a
// witness is for: they go to its own log, too.
func witnessSays(out http.ResponseWriter, lg *slog.Logger, err error) {
	var stale audit.StaleError
	status := http.StatusInternalServerError
	switch {
	case errors.As(err, &stale):
		out.Header().Set("Content-Type", "text/x.tlog.size")
		out.WriteHeader(http.StatusConflict)
		_, _ = io.WriteString(out, strconv.FormatInt(stale.Size, 10)+"\n")
		return
	case errors.Is(err, audit.ErrUnknownLog):
		status = http.StatusNotFound
	case errors.Is(err, audit.ErrNotSigned):
		status = http.StatusForbidden
	case errors.Is(err, audit.ErrBadRequest):
		status = http.StatusBadRequest
	case errors.Is(err, audit.ErrBadProof):
		status = http.StatusUnprocessableEntity
	case errors.Is(err, audit.ErrFork):
		status = http.StatusConflict
	}
	if status == http.StatusInternalServerError || status == http.StatusConflict || status == http.StatusUnprocessableEntity {
		lg.Error("witness refuses", "why", err)
	}
	http.Error(out, http.StatusText(status), status)
}
