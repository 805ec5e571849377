package console

import (
	"context"
	"io"
	"net/http"
	"runtime/pprof"
	"slices"
	"time"

	"nightbell/audit"
)

// profiles are what of the program's internals can be read: stacks and counts, names of our functions and addresses.
// Nothing of them holds a call's data.
var profiles = []string{"goroutine", "heap", "allocs", "mutex", "block", "threadcreate", "cpu"}

// cpuTime is how long the processor is watched.
const cpuTime = 10 * time.Second

// serveDebug exists on the control socket alone, for a person who may debug and has just shown her second factor. The
// operator without a login is refused, and it is remembered before a byte leaves.
func (c *Console) serveDebug(w http.ResponseWriter, r *http.Request) {
	a := askingOf(r.Context())
	a.route = Route{ID: "debug", Scope: DebugRead, Reach: House, Action: audit.DebugOpened, StepUp: Fresh}
	name := r.PathValue("profile")
	p := c.refusal(a)
	if p == nil && !slices.Contains(profiles, name) {
		p = problem(http.StatusNotFound, "about:blank", "no such profile")
	}
	if p == nil {
		if err := c.remember(r.Context(), "debug:"+name, "", notice{}); err != nil {
			p = asProblem(err)
		}
	} else {
		c.rememberRefusal(r.Context(), a)
	}
	if p != nil {
		p.Request = a.request
		p.write(w)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	if name == "cpu" {
		watchProcessor(r.Context(), w)
		return
	}
	_ = pprof.Lookup(name).WriteTo(w, 0)
}

// watchProcessor answers nothing where somebody else is watching already.
func watchProcessor(ctx context.Context, w io.Writer) {
	if pprof.StartCPUProfile(w) != nil {
		return
	}
	defer pprof.StopCPUProfile()
	select {
	case <-time.After(cpuTime):
	case <-ctx.Done():
	}
}
