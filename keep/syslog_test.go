package keep

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"nightbell/audit"
)

func removed(path string) error { return os.Remove(path) }

// receiver reads octet-counted frames and keeps the seqs, in order.
type receiver struct {
	mu    sync.Mutex
	lines []string
	seqs  []int64
	deaf  bool // takes connections and reads nothing
	gone  bool
	conns []net.Conn
}

var seqField = regexp.MustCompile(`\[nightbell@32473 seq="(\d+)"`)

func (r *receiver) dial(context.Context) (net.Conn, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.gone {
		return nil, errors.New("connection refused")
	}
	ours, theirs := net.Pipe()
	r.conns = append(r.conns, theirs)
	if !r.deaf {
		go r.read(theirs)
	}
	return ours, nil
}

func (r *receiver) read(conn net.Conn) {
	in := bufio.NewReader(conn)
	for {
		size, err := in.ReadString(' ')
		if err != nil {
			conn.Close()
			return
		}
		n, err := strconv.Atoi(strings.TrimSpace(size))
		b := make([]byte, n)
		if _, failed := io.ReadFull(in, b); err != nil || failed != nil {
			conn.Close()
			return
		}
		r.mu.Lock()
		r.lines = append(r.lines, string(b))
		if m := seqField.FindStringSubmatch(string(b)); m != nil {
			seq, _ := strconv.ParseInt(m[1], 10, 64)
			r.seqs = append(r.seqs, seq)
		}
		r.mu.Unlock()
	}
}

func (r *receiver) set(f func(*receiver)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f(r)
}

// cut breaks every connection.
func (r *receiver) cut() {
	r.set(func(r *receiver) {
		for _, c := range r.conns {
			_ = c.Close()
		}
		r.conns = nil
	})
}

// has fails unless every leaf up to n came, first occurrences in order, and gives how many came more than once.
func (r *receiver) has(t *testing.T, n int64) (twice int) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	want := int64(0)
	for _, seq := range r.seqs {
		switch {
		case seq == want:
			want++
		case seq < want:
			twice++
		default:
			t.Fatalf("leaf %d came before %d", seq, want)
		}
	}
	if want != n {
		t.Fatalf("%d leaves came, want %d", want, n)
	}
	return twice
}

func newSyslog(t *testing.T, log *ledger, r *receiver, position string) (*Syslog, func() SyslogState) {
	t.Helper()
	var mu sync.Mutex
	var last SyslogState
	s := &Syslog{
		Leaves: log, Dial: r.dial, Position: PositionFile(position), Form: Form{Host: "bell.example"}, Max: 500, Now: time.Now,
		Told: func(st SyslogState) { mu.Lock(); defer mu.Unlock(); last = st },
	}
	return s, func() SyslogState { mu.Lock(); defer mu.Unlock(); return last }
}

func TestEveryLeafGoesOutAndAfterARestartNoneIsMissing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, r, position := newLedger(t, 700), &receiver{}, filepath.Join(t.TempDir(), "position")
		for round := range 4 {
			s, _ := newSyslog(t, log, r, position)
			ctx, stop := context.WithCancel(t.Context())
			var running sync.WaitGroup
			running.Go(func() { _ = s.Run(ctx) })
			after(20 * time.Second)
			log.write(t, "x", 100)
			after(time.Duration(round) * 3 * time.Second) // some are settled by then, some are not
			stop()
			running.Wait()
		}
		s, _ := newSyslog(t, log, r, position)
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { _ = s.Run(ctx) })
		after(20 * time.Second)
		stop()
		running.Wait()
		if twice := r.has(t, 1100); twice > 300 {
			t.Errorf("%d came twice: more than what was under way", twice)
		}
	})
}

// A break in the middle: what may have been lost comes again, nothing is missing.
func TestBrokenConnectionLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, r := newLedger(t, 100), &receiver{}
		s, state := newSyslog(t, log, r, filepath.Join(t.TempDir(), "position"))
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { _ = s.Run(ctx) })
		for range 10 {
			after(3 * time.Second)
			r.cut()
			log.write(t, "x", 50)
		}
		after(5 * time.Minute)
		r.has(t, 600)
		if st := state(); !st.Connected || st.Waiting != 0 || st.Behind {
			t.Errorf("%+v", st)
		}
		stop()
		running.Wait()
	})
}

// A peer that takes the connection and reads nothing, and one that is gone: nobody waits, the leaves do, and beyond the
// bound there is an alarm. When it reads again everything is there.
func TestStalledReceiverBlocksNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, r := newLedger(t, 100), &receiver{deaf: true}
		s, state := newSyslog(t, log, r, filepath.Join(t.TempDir(), "position"))
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { _ = s.Run(ctx) })
		after(time.Minute)
		if st := state(); st.Connected || st.Err == nil || st.Waiting != 100 || st.Behind {
			t.Errorf("stalled: %+v", st)
		}
		log.write(t, "x", 500) // the log takes them as ever
		r.cut()
		r.set(func(r *receiver) { r.deaf, r.gone = false, true })
		after(5 * time.Minute)
		if st := state(); st.Connected || st.Waiting != 600 || !st.Behind {
			t.Errorf("gone: %+v", st)
		}
		r.set(func(r *receiver) { r.gone = false })
		after(3 * time.Minute)
		r.has(t, 600)
		if st := state(); !st.Connected || st.Behind {
			t.Errorf("back: %+v", st)
		}
		stop()
		running.Wait()
	})
}

func TestMessageIsOfRFC5424(t *testing.T) {
	log := newLedger(t, 1)
	frame := string(Form{Host: "bell .example\x01", Process: "42"}.Leaf(nil, log.rows[0]))
	size, message, _ := strings.Cut(frame, " ")
	if n, err := strconv.Atoi(size); err != nil || n != len(message) {
		t.Errorf("frame of %s octets holds %d", size, len(message))
	}
	head := regexp.MustCompile(`^<110>1 1970-01-01T00:00:01\.000000Z bell\.example nightbell 42 calls\.listed \[nightbell@32473 seq="0" ` +
		`action="calls\.listed" outcome="done" actor="person:a\\"\\\]\\\\b" object="x" hash="[A-Za-z0-9+/]{43}="\] ` + "\xEF\xBB\xBF" + `\{"action"`)
	if !head.MatchString(message) {
		t.Errorf("%q", message)
	}
	long := audit.Row{Leaf: append([]byte{}, log.rows[0].Leaf...), State: audit.Archived}
	long.Leaf = append(long.Leaf, strings.Repeat(" ", 9000)...)
	if got := string(Form{}.Leaf(nil, long)); len(got) > syslogMost || !strings.Contains(got, `long="`) {
		t.Errorf("a leaf too long: %d octets", len(got))
	}
	k, _ := log.Checkpoint(t.Context())
	if got := string(Form{}.Checkpoint(nil, time.Unix(1, 0), k)); !strings.Contains(got, `audit.checkpoint [nightbell@32473 size="1" note="`) {
		t.Errorf("%q", got)
	}
}

func TestPositionThatIsDamagedLosesNothing(t *testing.T) {
	p := PositionFile(filepath.Join(t.TempDir(), "position"))
	if n, err := p.Load(); n != 0 || err != nil {
		t.Errorf("%d %v", n, err)
	}
	if err := p.Store(4711); err != nil {
		t.Fatal(err)
	}
	if n, err := p.Load(); n != 4711 || err != nil {
		t.Errorf("%d %v", n, err)
	}
	for _, text := range []string{"", "x", "-4"} {
		if err := os.WriteFile(string(p), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if n, err := p.Load(); n != 0 || err != nil {
			t.Errorf("%q: %d %v", text, n, err)
		}
	}
}
