package console

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"nightbell/access"
	"nightbell/audit"
)

func TestInternalsAreShownAtTheMachineToSomebodyWhoSteppedUp(t *testing.T) {
	s := newStage()
	c := s.console()
	local, outside := c.Operator("uid:0"), c.Handler()
	stale := s.as(access.Admin)
	v := s.doors.visitors[stale]
	v.SteppedUp = s.now().Add(-stepUpAge - time.Second)
	s.doors.visitors[stale] = v
	for _, try := range []struct {
		what   string
		h      http.Handler
		path   string
		secret string
		want   int
	}{
		{"an admin at the machine", local, "/debug/goroutine", s.as(access.Admin), 200},
		{"from outside", outside, "/debug/goroutine", s.as(access.Admin), 404},
		{"the operator without a login", local, "/debug/heap", "", 403},
		{"a supervisor", local, "/debug/heap", s.as(access.Supervisor), 403},
		{"a second factor of long ago", local, "/debug/heap", stale, 403},
		{"another profile", local, "/debug/secrets", s.as(access.Admin), 404},
	} {
		if got := asks(t, try.h, get(try.path), try.secret).Code; got != try.want {
			t.Errorf("%s: %d, want %d", try.what, got, try.want)
		}
	}
	if e := s.remembered(audit.DebugOpened); len(e) != 1 || e[0].Object != "debug:goroutine" {
		t.Errorf("remembered %+v", e)
	}
	s.broken = errors.New("disk full")
	if got := asks(t, local, get("/debug/heap"), s.as(access.Admin)); got.Code != 503 {
		t.Errorf("audit down: %d", got.Code)
	}
}
