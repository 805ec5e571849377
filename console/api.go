package console

import (
	"context"
	"net/http"
	"reflect"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"nightbell/policy"
)

const (
	maxBody     = 4 << 20  // a book of ten thousand clinics is below this
	maxSound    = 21 << 20 // a sound file of 20 MB
	maxForm     = 64 << 10 // what a person types, or her passkey answers
	bodyTimeout = 20 * time.Second
	bearerName  = "token"
	sessionName = "login"
)

// binding puts a route of the table on the API; with makes one out of a typed function.
type binding func(*Console, huma.API, Route)

// with joins a typed function to its route: the gate before it, problems after it.
func with[I, O any](f func(*Console, context.Context, *I) (*O, error)) binding {
	return func(c *Console, api huma.API, route Route) {
		huma.Register(api, c.operation(route), func(ctx context.Context, in *I) (*O, error) {
			err := plain(in)
			var out *O
			if err == nil {
				out, err = f(c, ctx, in)
			}
			if err != nil {
				return nil, c.fail(ctx, err)
			}
			return out, nil
		})
	}
}

func (c *Console) operation(route Route) huma.Operation {
	op := huma.Operation{
		OperationID:      route.ID,
		Method:           route.Method,
		Path:             route.Path,
		Summary:          route.Summary,
		Tags:             []string{tagOf(route.Path)},
		MaxBodyBytes:     route.mostBody(),
		BodyReadTimeout:  bodyTimeout,
		Middlewares:      huma.Middlewares{c.gate(route)},
		Errors:           []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusConflict, http.StatusPreconditionFailed, http.StatusUnprocessableEntity, http.StatusPreconditionRequired, http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusServiceUnavailable},
		Security:         security(route),
		Extensions:       map[string]any{"x-nightbell-scope": route.Scope},
		SkipValidateBody: false,
	}
	if route.StepUp == Fresh {
		op.Extensions["x-nightbell-step-up"] = stepUpAge.String()
	}
	if route.Action != "" {
		op.Extensions["x-nightbell-audit"] = route.Action
	}
	if len(route.Classes) > 0 {
		op.Extensions["x-nightbell-phi"] = route.Classes
	}
	return op
}

// security says how a caller shows who she is; the first steps of a login ask nobody.
func security(r Route) []map[string][]string {
	if r.Scope == Open {
		return []map[string][]string{{}}
	}
	return []map[string][]string{{bearerName: {string(r.Scope)}}, {sessionName: {string(r.Scope)}}}
}

// forms are the scopes whose routes take what a person types, from somebody of whom little is known yet.
var forms = []Scope{
	Open, SecondFactor, Self, FactorsWrite, CallsAnswer, AccountsWrite, GrantsWrite, ProposalsDecide, TrainingWrite, ReadyWrite, CoverCalledIn,
}

func (r Route) mostBody() int64 {
	if slices.Contains(forms, r.Scope) {
		return maxForm
	}
	if r.ID == "put-prompt" {
		return maxSound
	}
	return maxBody
}

// fail makes the answer and keeps for the engineers what the caller must not see. Errors of ports hold no PHI by the
// house's rule; even so only their kind is shown outside.
func (c *Console) fail(ctx context.Context, err error) error {
	a := askingOf(ctx)
	p := *asProblem(err)
	p.Request = a.request
	if p.Status == http.StatusInternalServerError {
		c.log.Error("request failed", "route", a.route.ID, "request", a.request, "error", err)
	}
	return &p
}

// api puts the whole table on a mux.
func (c *Console) api(mux *http.ServeMux) huma.API {
	cfg := huma.DefaultConfig("Nightbell", "1")
	cfg.CreateHooks = nil // no $schema links in answers
	cfg.OpenAPIPath, cfg.DocsPath, cfg.SchemasPath = "", "", ""
	cfg.RejectUnknownQueryParameters = true
	cfg.AllowAdditionalPropertiesByDefault = false
	cfg.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	cfg.Info.Description = "Call handling for clinics. Numbers and names are redacted unless a reveal route is asked with a reason; every such answer is in the audit before it leaves."
	cfg.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		bearerName:  {Type: "http", Scheme: "bearer", Description: "a token (nbt_, nightbell token create) or a login (nbl_, POST /api/v1/login)"},
		sessionName: {Type: "apiKey", In: "cookie", Name: cookieName, Description: "a login, as browsers keep it"},
	}
	api := humago.New(mux, cfg)
	for _, route := range Routes() {
		route.serve(c, api, route)
	}
	return api
}

// schemaName keeps types of two rooms apart that have one name.
func schemaName(t reflect.Type, hint string) string {
	if t == reflect.TypeFor[policy.Difference]() {
		return "ReplayDifference"
	}
	return huma.DefaultSchemaNamer(t, hint)
}

// OpenAPI is the document of the table, as JSON.
func (c *Console) OpenAPI() ([]byte, error) { return c.document.MarshalJSON() }

func tagOf(path string) string {
	const prefix = "/api/v1/"
	rest := path[len(prefix):]
	for i := range len(rest) {
		if rest[i] == '/' {
			return rest[:i]
		}
	}
	return rest
}

// answer is a JSON body.
type answer[T any] struct{ Body T }

func say[T any](v T, err error) (*answer[T], error) {
	if err != nil {
		return nil, err
	}
	return &answer[T]{v}, nil
}

// list is every list of the API.
type list[T any] struct {
	Items []T    `json:"items" nullable:"false"`
	Next  string `json:"next,omitempty" doc:"cursor of the next page; absent on the last"`
}

func listed[T any](items []T, next string) list[T] {
	if items == nil {
		items = []T{}
	}
	return list[T]{items, next}
}

// Paging is the query part of every list.
type Paging struct {
	Cursor string `query:"cursor" maxLength:"256" doc:"opaque; from next of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

func (p Paging) page() Page { return Page{Cursor: p.Cursor, Limit: p.Limit} }

// Bulk is the query part of lists of rules: whoever edits them wants most of them at once.
type Bulk struct {
	Cursor string `query:"cursor" maxLength:"64" doc:"opaque; from next of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"1000"`
}

// paged cuts a page out of a list that stands in memory: what follows the thing that the cursor names.
func paged[T any](items []T, err error, b Bulk, id func(T) string) (list[T], error) {
	if err != nil {
		return list[T]{}, err
	}
	if b.Cursor != "" {
		at := slices.IndexFunc(items, func(v T) bool { return id(v) == b.Cursor })
		if at < 0 {
			return list[T]{}, Mistakes{{Field: "query.cursor", Text: "is no cursor of this list, or its thing is gone: begin again"}}
		}
		items = items[at+1:]
	}
	if len(items) > b.Limit && b.Limit > 0 {
		return listed(items[:b.Limit], id(items[b.Limit-1])), nil
	}
	return listed(items, ""), nil
}

// Named is the path part of a route about one thing.
type Named struct {
	ID string `path:"id" pattern:"^[A-Za-z0-9._~-]{1,64}$" patternDescription:"an id" doc:"opaque id"`
}
