package console

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// While the keys are sealed nothing of the house is shown and nothing is changed. The process says that it lives and that
// it is sealed, metrics are read, and who is at the machine may unseal: over the control socket, nowhere else.

// Unsealing opens a house that was sealed at its start.
type Unsealing interface {
	// Unseal answers ErrWrongKey for a key that does not fit and ErrConflict where nothing is sealed.
	Unseal(context.Context, Opening) error
}

// Opening is what a house is to be opened with.
type Opening struct {
	Kind       string   `json:"kind" enum:"passphrase,key-file,systemd-credential,tpm,recovery"`
	Passphrase string   `json:"passphrase,omitempty"`
	KeyFile    string   `json:"key_file,omitempty" doc:"on the server's machine; empty: the configured one"`
	Credential string   `json:"credential,omitempty" doc:"empty: the configured one"`
	Shares     []string `json:"shares,omitempty" doc:"of the recovery key"`
}

// Kinds of an Opening.
const (
	OpenByPassphrase = "passphrase"
	OpenByKeyFile    = "key-file"
	OpenByCredential = "systemd-credential"
	OpenByTPM        = "tpm"
	OpenByShares     = "recovery"
)

// ErrWrongKey says that a key was there and does not fit, or was not there.
var ErrWrongKey = errors.New("wrong key")

const (
	unsealPath = "/api/v1/unseal"
	unsealBody = 64 << 10
)

// whileSealed lets nothing through but what a sealed house may say.
func (c *Console) whileSealed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		open := r.Method == http.MethodGet && (r.URL.Path == "/healthz" || r.URL.Path == "/readyz" || r.URL.Path == "/metrics")
		if c.ports.Floor.State() != Sealed || open {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Retry-After", "30")
		guarded(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { asProblem(ErrSealed).write(w) })).ServeHTTP(w, r)
	})
}

// unsealing answers POST /api/v1/unseal; only the control socket has it before its other routes.
func (c *Console) unsealing(next http.Handler) http.Handler {
	desk := guarded(c.survives(&unsealDesk{c: c}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == unsealPath {
			desk.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// unsealDesk takes one try at a time; after a few wrong ones each has to wait longer.
type unsealDesk struct {
	c     *Console
	turn  sync.Mutex
	wrong guesses
}

const unsealSource = "control" // whoever is at the machine is one source: trying as root or as the service is all the same

func (d *unsealDesk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.turn.Lock()
	defer d.turn.Unlock()
	now := d.c.now()
	if wait := d.wrong.wait(unsealSource, now); wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)+1))
		problem(http.StatusTooManyRequests, "throttled", "too many wrong keys: wait").write(w)
		return
	}
	if r.Method != http.MethodPost || d.c.ports.Unsealing == nil {
		w.Header().Set("Allow", http.MethodPost)
		problem(http.StatusMethodNotAllowed, "about:blank", detailFor(http.StatusMethodNotAllowed)).write(w)
		return
	}
	var with Opening
	in := json.NewDecoder(io.LimitReader(r.Body, unsealBody))
	in.DisallowUnknownFields()
	if err := in.Decode(&with); err != nil {
		problem(http.StatusBadRequest, "about:blank", "body: not what an unsealing takes").write(w)
		return
	}
	switch err := d.c.ports.Unsealing.Unseal(r.Context(), with); {
	case err == nil:
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte("{\"state\":\"open\"}\n"))
	case errors.Is(err, ErrWrongKey):
		d.wrong.failed(unsealSource, now)
		problem(http.StatusForbidden, "wrong-key", err.Error()).write(w)
	case errors.Is(err, ErrConflict):
		problem(http.StatusConflict, "not-sealed", "the keys are open").write(w)
	default:
		var m Mistakes
		if errors.As(err, &m) {
			asProblem(err).write(w)
			return
		}
		d.c.log.Error("unseal", "err", err)
		problem(http.StatusServiceUnavailable, "sealed", "the key fits, but the house does not open: see the log").write(w)
	}
}
