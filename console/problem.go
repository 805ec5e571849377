package console

import (
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"nightbell/policy"
)

// Problem is RFC 9457. It names fields and never repeats a value that was sent: a refused number is PHI too.
type Problem struct {
	Type    string       `json:"type" doc:"about:blank, or nightbell:sealed, nightbell:audit-down, ..."`
	Title   string       `json:"title"`
	Status  int          `json:"status"`
	Detail  string       `json:"detail,omitempty"`
	Request string       `json:"request_id,omitempty" doc:"names the request in logs and audit"`
	Errors  []Mistake    `json:"errors,omitempty"`
	Tag     string       `json:"etag,omitempty" doc:"412: the entity tag that stands"`
	Changes []Change     `json:"changes,omitempty" doc:"412: what somebody else changed meanwhile"`
	Gaps    []policy.Gap `json:"gaps,omitempty" doc:"409 nightbell:gap: what the change opens; say why in acknowledge_gap"`

	retry time.Duration
}

func (p *Problem) Error() string {
	if len(p.Errors) > 0 {
		return p.Detail + ": " + Mistakes(p.Errors).Error()
	}
	return p.Detail
}

// GetStatus makes a Problem an answer of huma's.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders are what goes with the answer.
func (p *Problem) GetHeaders() http.Header {
	if p.retry == 0 {
		return nil
	}
	return http.Header{"Retry-After": {retryAfter(p.retry)}}
}

// ContentType is RFC 9457 §3.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

func problem(status int, kind, detail string) *Problem {
	if kind != "about:blank" {
		kind = "nightbell:" + kind
	}
	return &Problem{Type: kind, Title: http.StatusText(status), Status: status, Detail: detail}
}

// asProblem turns what a port answered into what the caller may know.
func asProblem(err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	var m Mistakes
	if errors.As(err, &m) {
		p := problem(http.StatusUnprocessableEntity, "mistakes", "input refused")
		p.Errors = m
		return p
	}
	if p := ofRules(err); p != nil {
		return p
	}
	if p := ofCall(err); p != nil {
		return p
	}
	if p := ofGate(err); p != nil {
		return p
	}
	for _, k := range known {
		if errors.Is(err, k.err) {
			return problem(k.status, k.kind, k.detail)
		}
	}
	return problem(http.StatusInternalServerError, "fault", "internal error")
}

var known = []struct {
	err          error
	status       int
	kind, detail string
}{
	{ErrWrong, http.StatusUnauthorized, "wrong", "name, password or second factor is wrong"},
	{ErrLoginOver, http.StatusUnauthorized, "login-over", "the login is over: log in again"},
	{ErrNotFound, http.StatusNotFound, "about:blank", "no such thing, or not yours"},
	{ErrConflict, http.StatusConflict, "conflict", "it changed meanwhile, or is done already: look again"},
	{ErrInUse, http.StatusConflict, "in-use", "still in use"},
	{ErrSealed, http.StatusServiceUnavailable, "sealed", "the house is sealed: unseal it first"},
	{ErrDiffers, http.StatusServiceUnavailable, "audit-differs", "the audit log is not the one that was witnessed: nothing of a patient is shown until two people have looked into it"},
	{ErrAuditDown, http.StatusServiceUnavailable, "audit-down", "the audit cannot be written: nothing is shown or changed"},
	{ErrNotAllowed, http.StatusForbidden, "not-allowed", "not allowed here"},
	{ErrNotRunning, http.StatusServiceUnavailable, "not-running", "needs the running server"},
}

// huma makes its own refusals (validation, parsing, negotiation) through these two variables. They are set once, before
// any API exists, so that no refusal of any kind carries the value that was refused.
func init() {
	huma.NewError = func(status int, _ string, errs ...error) huma.StatusError {
		p := problem(status, "about:blank", detailFor(status))
		for _, err := range errs {
			if m, ok := mistake(err); ok {
				p.Errors = append(p.Errors, m)
			}
		}
		return p
	}
}

func detailFor(status int) string {
	switch status {
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		return "input refused"
	case http.StatusRequestEntityTooLarge:
		return "body too large"
	case http.StatusRequestTimeout:
		return "body too slow"
	case http.StatusUnsupportedMediaType:
		return "body is not JSON"
	}
	return strings.ToLower(http.StatusText(status))
}

// mistake keeps the place and, of the text, only what speaks of the schema.
func mistake(err error) (Mistake, bool) {
	if err == nil {
		return Mistake{}, false
	}
	var d *huma.ErrorDetail
	if !errors.As(err, &d) {
		return Mistake{Text: "not readable"}, true
	}
	text := "not readable"
	if strings.HasPrefix(d.Message, "expected ") || d.Message == "unexpected property" || strings.HasPrefix(d.Message, "required ") {
		text, _, _ = strings.Cut(d.Message, ": ")
	}
	return Mistake{Field: place(d.Location), Text: text}, true
}

// ourName is a field as schemas name it, with the places in lists.
var ourName = regexp.MustCompile(`^[A-Za-z_-]{1,24}[0-9]{0,3}[a-z_]{0,16}(\[[0-9]{1,5}\])*$`)

// place is where a mistake is, as far as our own schema names it: a name is a value too, when somebody puts a number there.
func place(location string) string {
	parts := strings.Split(location, ".")
	for n, part := range parts {
		if !ourName.MatchString(part) {
			return strings.Join(parts[:n], ".")
		}
	}
	return location
}

// write sends a problem where huma is not yet, or no longer, in charge.
func (p *Problem) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p)
}
