package main

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"time"

	"nightbell/access"
)

// lobby is what the house remembers, in memory only, of people on their way in: ceremonies under way, secrets that are not
// confirmed yet, pages that idled out while their person is on shift. A restart forgets it; whoever was on her way begins
// that step again.
type lobby struct {
	passwords hashing
	passkeys  *access.Passkeys // nil: the console's URL is no name

	mu        sync.Mutex
	under     map[string]ceremony  // passkey ceremonies by what they are for and login
	fresh     map[string]freshTOTP // secrets to be confirmed, by id
	enrolling map[string]time.Time // pending logins of invitations: they may enrol the first factor
	locked    map[string]bool      // logins that idled out on shift
	clear     map[string]bool      // logins whose papers were in order when they began
	before    map[string]lastVisit // by person: how it was before her present login
	failed    map[string]int       // by person: wrong second factors and passwords since she was last in
}

// hashing is what the house asks of its passwords and PINs; *access.Passwords does it, slowly on purpose.
type hashing interface {
	Hash(ctx context.Context, password string) (string, error)
	Check(ctx context.Context, hash, password string) (ok, stale bool, err error)
	Nobody(ctx context.Context, password string) error
}

type ceremony struct {
	bytes []byte
	made  time.Time
}

type freshTOTP struct {
	person, login string
	secret        []byte
	made          time.Time
}

// lastVisit is an account as it was before a login, and how often somebody had tried in vain since.
type lastVisit struct {
	account access.Account
	failed  int
}

// mostUnderway bounds each of the lobby's memories; who comes when it is full begins again.
const mostUnderway = 4096

// newLobby checks as many passwords at once as half the machine can: calls have the other half.
func newLobby(cfg Config) *lobby {
	l := &lobby{
		passwords: access.NewPasswords(runtime.GOMAXPROCS(0) / 2),
		under:     map[string]ceremony{}, fresh: map[string]freshTOTP{}, enrolling: map[string]time.Time{},
		locked: map[string]bool{}, clear: map[string]bool{}, before: map[string]lastVisit{}, failed: map[string]int{},
	}
	if keys, err := access.NewPasskeys(strings.TrimSuffix(cfg.consoleURL(), "/"), "Nightbell"); err == nil {
		l.passkeys = keys
	}
	return l
}

var errNoPasskeys = errors.New("passkeys need console.url to be https and a name, not an address")

// begin keeps a ceremony's bytes; one of the same purpose and login before it is over.
func (l *lobby) begin(what string, bytes []byte, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	room(l.under, func(c ceremony) bool { return now.Sub(c.made) > access.CeremonyLife })
	l.under[what] = ceremony{bytes, now}
}

// finish takes a ceremony's bytes: once.
func (l *lobby) finish(what string) []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.under[what]
	delete(l.under, what)
	return c.bytes
}

func (l *lobby) offer(id string, f freshTOTP) {
	l.mu.Lock()
	defer l.mu.Unlock()
	room(l.fresh, func(old freshTOTP) bool { return f.made.Sub(old.made) > access.CeremonyLife })
	l.fresh[id] = f
}

// offered gives a secret that waits to be confirmed by this login.
func (l *lobby) offered(id, person, login string, now time.Time) ([]byte, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f, ok := l.fresh[id]
	age := now.Sub(f.made)
	return f.secret, ok && f.person == person && f.login == login && age >= -access.ClockSlack && age <= access.CeremonyLife
}

func (l *lobby) confirmed(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.fresh, id)
}

func (l *lobby) invited(login string, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	room(l.enrolling, func(made time.Time) bool { return now.Sub(made) > access.LimitsFor(nil).Pending })
	l.enrolling[login] = now
}

func (l *lobby) isInvited(login string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, ok := l.enrolling[login]
	return ok
}

// lock, unlock: an idle page of somebody on shift. Only a second factor unlocks it.
func (l *lobby) lock(login string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.locked[login] = true
}

func (l *lobby) isLocked(login string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.locked[login]
}

// inOrder remembers that a login's papers were in order when it began: a lapse bites at the next one.
func (l *lobby) inOrder(login string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	room(l.clear, func(bool) bool { return true })
	l.clear[login] = true
}

func (l *lobby) wasInOrder(login string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.clear[login]
}

// unlock takes a locked page back into use; over forgets a login that ended.
func (l *lobby) unlock(login string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.locked, login)
}

func (l *lobby) over(login string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.locked, login)
	delete(l.clear, login)
	delete(l.enrolling, login)
}

func (l *lobby) wrong(person string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.failed) < mostUnderway || l.failed[person] > 0 {
		l.failed[person]++
	}
}

// entered remembers how it was before this login.
func (l *lobby) entered(before access.Account) {
	l.mu.Lock()
	defer l.mu.Unlock()
	before.PasswordHash = ""
	room(l.before, func(lastVisit) bool { return true })
	l.before[before.Person] = lastVisit{before, l.failed[before.Person]}
	delete(l.failed, before.Person)
}

// lastTime gives how it was before the present login; ok is false after a restart.
func (l *lobby) lastTime(person string) (last lastVisit, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	last, ok = l.before[person]
	return last, ok
}

// room forgets what is old when a memory is full, and everything when nothing is.
func room[T any](memory map[string]T, old func(T) bool) {
	if len(memory) < mostUnderway {
		return
	}
	for key, v := range memory {
		if old(v) {
			delete(memory, key)
		}
	}
	if len(memory) >= mostUnderway {
		clear(memory)
	}
}
