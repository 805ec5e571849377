package console

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"nightbell/access"
)

// Config is what a console is made of.
type Config struct {
	Ports   Ports
	Metrics prometheus.Gatherer // nil: /metrics answers 404
	Log     *slog.Logger        // never gets PHI
	Now     func() time.Time
}

// Console answers HTTP. Make it with New, serve it with Serve (TLS, bearer tokens) and ServeControl (the local socket).
type Console struct {
	ports    Ports
	metrics  http.Handler
	log      *slog.Logger
	now      func() time.Time
	mux      http.Handler
	document *huma.OpenAPI
	origins  *http.CrossOriginProtection
	guesses  guesses
	doors    *access.Throttle
	turns    turns
	refusals refusals
	stream   *ring
	unread   time.Duration // how long a reader of the stream may not read
}

// New makes a console; nothing listens yet.
func New(cfg Config) *Console {
	c := &Console{ports: cfg.Ports, log: cfg.Log, now: cfg.Now, origins: http.NewCrossOriginProtection(), doors: access.NewThrottle(), stream: newRing(newID()), unread: patienceFor}
	if c.now == nil {
		c.now = time.Now
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if cfg.Metrics != nil {
		c.metrics = promhttp.HandlerFor(cfg.Metrics, promhttp.HandlerOpts{})
	}
	mux := http.NewServeMux()
	c.document = c.api(mux).OpenAPI()
	mux.HandleFunc("GET /api/openapi.json", c.serveDocument)
	mux.HandleFunc("GET "+feedPath+"{file}", c.serveFeed)
	mux.HandleFunc("GET /healthz", serveAlive)
	mux.HandleFunc("GET /readyz", c.serveReady)
	mux.HandleFunc("GET /metrics", c.serveMetrics)
	c.mux = c.survives(problems(mux))
	return c
}

// Handler is the API for people's logins and bearer tokens.
func (c *Console) Handler() http.Handler { return c.careful(c.ours(c.bearer(c.mux))) }

// Operator is the API for somebody whom the kernel, or the lock on the data folder, has already let in.
func (c *Console) Operator(id string) http.Handler {
	local := http.NewServeMux()
	local.HandleFunc("GET /debug/{profile}", c.serveDebug)
	local.Handle("/", c.mux)
	return c.careful(c.ours(c.operator(id, local)))
}

// careful is what every answer goes through.
func (c *Console) careful(next http.Handler) http.Handler { return guarded(c.survives(next)) }

// guarded sets the headers of every answer: nothing is kept, framed, sniffed or shared with other sites.
func guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("Cross-Origin-Embedder-Policy", "require-corp")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Origin-Agent-Cluster", "?1")
		h.Set("Permissions-Policy", "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("X-Permitted-Cross-Domain-Policies", "none")
		if r.TLS != nil {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// survives turns a panic into a 500 that says nothing.
func (c *Console) survives(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer c.recovered(w, r)
		next.ServeHTTP(w, r)
	})
}

// recovered logs where, never what: a panic's value may hold a caller's number.
func (c *Console) recovered(w http.ResponseWriter, r *http.Request) {
	v := recover()
	if v == nil {
		return
	}
	if v == http.ErrAbortHandler {
		panic(v)
	}
	a := askingOf(r.Context())
	c.log.Error("panic in a request", "route", a.route.ID, "request", a.request, "stack", string(debug.Stack()))
	p := problem(http.StatusInternalServerError, "fault", "internal error")
	p.Request = a.request
	p.write(w)
}

// problems gives the mux's own 404 and 405 the form of RFC 9457.
func problems(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := mux.Handler(r); pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		probe := &statusOnly{header: w.Header()}
		mux.ServeHTTP(probe, r)
		status := probe.status
		if status != http.StatusMethodNotAllowed {
			status = http.StatusNotFound
		}
		problem(status, "about:blank", detailFor(status)).write(w)
	})
}

// statusOnly lets the mux say which refusal it would send (and set Allow) and drops its text.
type statusOnly struct {
	header http.Header
	status int
}

func (s *statusOnly) Header() http.Header         { return s.header }
func (s *statusOnly) Write(b []byte) (int, error) { return len(b), nil }
func (s *statusOnly) WriteHeader(status int)      { s.status = status }

func (c *Console) serveDocument(w http.ResponseWriter, _ *http.Request) {
	doc, err := c.OpenAPI()
	if err != nil {
		problem(http.StatusInternalServerError, "fault", "internal error").write(w)
		return
	}
	w.Header().Set("Content-Type", "application/openapi+json")
	_, _ = w.Write(doc)
}

// serveAlive says that the process answers, nothing more: a sealed or draining server is alive.
func serveAlive(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte("{\"status\":\"alive\"}\n"))
}

// serveReady says whether new calls are welcome here.
func (c *Console) serveReady(w http.ResponseWriter, _ *http.Request) {
	state := c.ports.Floor.State()
	w.Header().Set("Content-Type", "application/json")
	if state != Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(map[string]State{"status": state})
}

// serveMetrics answers this machine without a token, so that a local scraper needs no secret, and others with the scope.
// No label holds PHI: the registry's owner sees to that and the canary test proves it.
func (c *Console) serveMetrics(w http.ResponseWriter, r *http.Request) {
	if c.metrics == nil {
		problem(http.StatusNotFound, "about:blank", "no metrics here").write(w)
		return
	}
	a := askingOf(r.Context())
	a.route = Route{ID: "metrics", Scope: MetricsRead, Reach: Clinic}
	if !isLocal(r) {
		if p := c.refusal(a); p != nil {
			c.rememberRefusal(r.Context(), a)
			p.write(w)
			return
		}
	}
	c.metrics.ServeHTTP(w, r)
}
