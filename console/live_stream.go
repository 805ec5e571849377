package console

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

const (
	heartbeat   = 15 * time.Second
	recheck     = time.Second            // how often a reader is asked for: a revocation ends her stream well within two seconds
	gather      = 100 * time.Millisecond // what changes within it is told at once
	patienceFor = 10 * time.Second       // for a reader who does not read
)

type streamIn struct {
	Last string `header:"Last-Event-ID" maxLength:"64" doc:"id of the last event that was read; what came since follows, or event reset with a snapshot"`
}

// streamLive tells what changes (server-sent events, WHATWG HTML §9.2): `call`, `agent` and `alarm` with the whole new state
// of the thing, `queues` where who waits has changed, `reset` with a snapshot where something in between is not known any
// more. Without Last-Event-ID it begins with a reset.
func streamLive(c *Console, ctx context.Context, in *streamIn) (*huma.StreamResponse, error) {
	if _, err := c.ports.Floor.Live(ctx); err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		r, w := humago.Unwrap(hc)
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("X-Accel-Buffering", "no")
		s := &reader{console: c, r: r, w: w, wire: http.NewResponseController(w), queues: ""}
		c.stream.joined()
		err := s.run(hc.Context(), in.Last)
		var cut uint64
		if errors.Is(err, os.ErrDeadlineExceeded) {
			cut = 1
		}
		c.stream.left(cut)
	}}, nil
}

// reader is one who looks on.
type reader struct {
	console *Console
	r       *http.Request
	w       http.ResponseWriter
	wire    *http.ResponseController
	at      uint64 // of the last change she was told of
	queues  string // as she knows them
	beat    time.Time
}

// run tells her until she leaves, does not read, or may not any more.
func (s *reader) run(ctx context.Context, last string) error {
	_ = s.wire.SetReadDeadline(time.Time{}) // the listener's own would end the request
	at, known := s.console.stream.after(last)
	s.at, s.beat = at, s.console.now()
	if !known {
		if err := s.reset(ctx); err != nil {
			return err
		}
	}
	look := time.NewTicker(recheck)
	defer look.Stop()
	asked := ctx
	for {
		more, err := s.tell(ctx)
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-closing(ctx):
			return nil
		case <-more:
			if !wait(ctx, gather) {
				return nil
			}
		case <-look.C:
			if ctx = s.console.again(asked, s.r); ctx == nil {
				return s.send("over", "", []byte(`{}`))
			}
		}
	}
}

func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// tell sends what she has not seen yet, or a heartbeat where she has heard nothing for long.
func (s *reader) tell(ctx context.Context) (<-chan struct{}, error) {
	news, more, whole := s.console.stream.since(s.at)
	if !whole {
		return more, s.reset(ctx)
	}
	a, calls := askingOf(ctx), false
	for _, m := range news {
		s.at = m.seq
		if !a.shows(m) {
			continue
		}
		calls = calls || m.kind == "call"
		if err := s.send(m.kind, s.console.stream.name(m.seq), m.data); err != nil {
			return more, err
		}
	}
	if calls {
		return more, s.tellQueues(ctx)
	}
	if s.console.now().Sub(s.beat) >= heartbeat {
		return more, s.write([]byte(":\n\n"))
	}
	return more, nil
}

// tellQueues says who waits where, when that has changed.
func (s *reader) tellQueues(ctx context.Context) error {
	live, err := s.console.snapshot(ctx)
	if err != nil {
		return nil // the next change tells it
	}
	told := bytesOf(live.Queues)
	if string(told) == s.queues {
		return nil
	}
	s.queues = string(told)
	return s.send("queues", "", told)
}

// reset tells everything as it is now. What changed since the stream broke off is in it.
func (s *reader) reset(ctx context.Context) error {
	live, err := s.console.snapshot(ctx)
	if err != nil {
		return nil
	}
	s.at, _ = s.console.stream.after(live.Event)
	s.queues = string(bytesOf(live.Queues))
	return s.send("reset", live.Event, bytesOf(live))
}

func (s *reader) send(event, id string, data []byte) error {
	var b bytes.Buffer
	if id != "" {
		fmt.Fprintf(&b, "id: %s\n", id)
	}
	fmt.Fprintf(&b, "event: %s\ndata: %s\n\n", event, data)
	return s.write(b.Bytes())
}

// write gives her so long to read it; who does not is cut off, and may come again with her last id.
func (s *reader) write(b []byte) error {
	s.beat = s.console.now()
	_ = s.wire.SetWriteDeadline(time.Now().Add(s.console.unread))
	if _, err := s.w.Write(b); err != nil {
		return err
	}
	return s.wire.Flush()
}

// again looks whether whoever asked may still have what she asked for: nil where not. Her grants may have changed, and what
// she sees with them.
func (c *Console) again(ctx context.Context, r *http.Request) context.Context {
	a := askingOf(ctx)
	if a.who.Actor.Type == "operator" {
		return ctx
	}
	now := &asking{ip: a.ip, agent: a.agent, request: a.request, browser: a.browser, route: a.route}
	if c.credential(nobody{}, r, now) != nil || c.refusal(now) != nil {
		return nil
	}
	return context.WithValue(ctx, askingKey{}, now)
}

// nobody is who reads the headers of an answer that has been sent already.
type nobody struct{}

func (nobody) Header() http.Header         { return http.Header{} }
func (nobody) Write(b []byte) (int, error) { return len(b), nil }
func (nobody) WriteHeader(int)             {}
