package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"nightbell/audit"
	"nightbell/policy"
	"nightbell/store"
)

// ladders runs escalations: it hands time and events to policy's machine, keeps every state before anything is done about
// it, and does it. One goroutine owns it all, and takes what people did before what the clock says: who acknowledges in
// the very instant of the timer wins. What a state asks to be done is kept with it until it was done: after a crash an
// attempt may be made twice, and is never lost.
type ladders struct {
	shelf ladderShelf
	rung  func(policy.Rung, time.Time) []string // whom a rung means now
	kinds map[string]climber                    // by Ladder.Kind
	now   func() time.Time
	fault func(error)
	asks  chan ladderAsk
	over  chan struct{} // closed when Run ends
}

// ladderShelf is where ladders are kept; *store.Store is one.
type ladderShelf interface {
	PutLadder(context.Context, audit.Actor, store.LadderRow) (int64, error)
	Ladder(context.Context, string) (store.LadderRow, error)
	DueLadders(context.Context, time.Time) ([]store.LadderRow, error)
	NextLadder(context.Context) (time.Time, error)
}

// climber does what a ladder of its kind asks. It must not wait for people; an error is tried again.
type climber func(context.Context, policy.Ladder, []policy.Action) error

// ladderAsk is something that somebody wants of the owner.
type ladderAsk struct {
	ctx   context.Context
	actor audit.Actor
	begin *policy.Ladder // a new one
	id    string
	event policy.LadderEvent
	reply chan ladderReply
}

type ladderReply struct {
	ladder  policy.Ladder
	actions []policy.Action
	err     error
}

// keptLadder is the body of a row: the machine, and what it asked for that was not done yet.
type keptLadder struct {
	Ladder  policy.Ladder   `json:"ladder"`
	Pending []policy.Action `json:"pending,omitempty"`
}

const (
	ladderAgain = 5 * time.Second // after a climber's or the store's failure
	ladderLook  = time.Minute     // at the latest: a clock that was set does not leave a patient waiting
)

func newLadders(shelf ladderShelf, rung func(policy.Rung, time.Time) []string, fault func(error)) *ladders {
	return &ladders{
		shelf: shelf, rung: rung, kinds: map[string]climber{}, fault: fault, asks: make(chan ladderAsk), over: make(chan struct{}),
		now: func() time.Time { return time.Now().UTC() },
	}
}

// Begin keeps a new ladder; its first attempt is made when it is due.
func (l *ladders) Begin(ctx context.Context, actor audit.Actor, ladder policy.Ladder) error {
	return l.ask(ladderAsk{ctx: ctx, actor: actor, begin: &ladder}).err
}

// Send tells a ladder what somebody did, and gives what became of it. It answers when that is kept.
func (l *ladders) Send(ctx context.Context, actor audit.Actor, id string, e policy.LadderEvent) (policy.Ladder, []policy.Action, error) {
	r := l.ask(ladderAsk{ctx: ctx, actor: actor, id: id, event: e})
	return r.ladder, r.actions, r.err
}

func (l *ladders) ask(a ladderAsk) ladderReply {
	a.reply = make(chan ladderReply, 1)
	select {
	case l.asks <- a:
		return <-a.reply
	case <-l.over:
		return ladderReply{err: fmt.Errorf("ladders: %w", context.Canceled)}
	case <-a.ctx.Done():
		return ladderReply{err: a.ctx.Err()}
	}
}

// Run owns the ladders until ctx ends. What was due while nobody ran is done once, now.
func (l *ladders) Run(ctx context.Context) {
	defer close(l.over)
	var least time.Duration
	for ctx.Err() == nil {
		timer := time.NewTimer(max(least, l.wait(ctx)))
		select {
		case <-ctx.Done():
		case a := <-l.asks:
			a.reply <- l.answer(a)
			l.others()
		case <-timer.C:
			l.others()
			least = l.climb(ctx)
		}
		timer.Stop()
	}
}

// others answers those that wait already: people before the clock.
func (l *ladders) others() {
	for {
		select {
		case a := <-l.asks:
			a.reply <- l.answer(a)
		default:
			return
		}
	}
}

func (l *ladders) wait(ctx context.Context) time.Duration {
	next, err := l.shelf.NextLadder(ctx)
	switch {
	case err != nil:
		if ctx.Err() == nil {
			l.fault(err)
		}
		return ladderAgain
	case next.IsZero():
		return ladderLook
	}
	return min(max(next.Sub(l.now()), 0), ladderLook)
}

func (l *ladders) answer(a ladderAsk) ladderReply {
	if a.begin != nil {
		row, err := rowOf(keptLadder{Ladder: *a.begin}, l.now())
		if err == nil {
			_, err = l.shelf.PutLadder(a.ctx, a.actor, row)
		}
		return ladderReply{ladder: *a.begin, err: err}
	}
	row, err := l.shelf.Ladder(a.ctx, a.id)
	if err != nil {
		return ladderReply{err: err}
	}
	a.event.Who = l.rung
	if a.event.At.IsZero() {
		a.event.At = l.now()
	}
	ladder, actions, err := l.step(a.ctx, a.actor, row, a.event)
	if errors.As(err, &undone{}) { // what somebody did is kept all the same
		l.fault(err)
		err = nil
	}
	return ladderReply{ladder, actions, err}
}

// undone is what could not be done, and will be tried again.
type undone struct{ error }

// climb does what is due, and says how long to wait at least: a ladder that cannot be kept is not tried again in the same
// instant. One that could not act is due later by itself, and holds up no other.
func (l *ladders) climb(ctx context.Context) time.Duration {
	due, err := l.shelf.DueLadders(ctx, l.now())
	var least time.Duration
	if err != nil {
		least = ladderAgain
	}
	for _, row := range due {
		tick := policy.LadderEvent{Kind: policy.Ticked, At: l.now(), Who: l.rung}
		_, _, failed := l.step(ctx, audit.Actor{Type: "system", ID: "nightbell"}, row, tick)
		if failed != nil && !errors.As(failed, &undone{}) {
			least = ladderAgain
		}
		err = errors.Join(err, failed)
		l.others()
	}
	if ctx.Err() == nil {
		l.fault(err)
	}
	return least
}

// step moves one ladder: the new state and what it asks for are kept, then done, then that it was done is kept.
func (l *ladders) step(ctx context.Context, by audit.Actor, row store.LadderRow, e policy.LadderEvent) (policy.Ladder, []policy.Action, error) {
	var kept keptLadder
	if err := json.Unmarshal(row.Body, &kept); err != nil {
		return kept.Ladder, nil, fmt.Errorf("ladder %s: %w", row.ID, err)
	}
	next, actions := kept.Ladder.On(e)
	pending := slices.DeleteFunc(slices.Clone(actions), func(a policy.Action) bool { return a.Do == policy.Refuse })
	if next.State == kept.Ladder.State || next.State == policy.Exhausted { // else it was stopped: nothing old is done any more
		pending = slices.Concat(kept.Pending, pending)
	}
	if len(pending) == 0 && reflect.DeepEqual(next, kept.Ladder) {
		return next, actions, nil
	}
	row, err := l.keep(ctx, by, row, keptLadder{next, pending})
	if err != nil || len(pending) == 0 {
		return next, actions, err
	}
	if err := l.act(ctx, next, pending); err != nil {
		return next, actions, undone{err} // it stays pending, and is due again
	}
	_, err = l.keep(ctx, by, row, keptLadder{Ladder: next})
	return next, actions, err
}

func (l *ladders) act(ctx context.Context, ladder policy.Ladder, pending []policy.Action) error {
	do := l.kinds[ladder.Kind]
	if do == nil {
		return fmt.Errorf("kind %q: nobody does what it asks: %w", ladder.Kind, errors.ErrUnsupported)
	}
	return do(ctx, ladder, pending)
}

// keep files a state. While something is pending it is due again soon, whatever the machine waits for.
func (l *ladders) keep(ctx context.Context, by audit.Actor, row store.LadderRow, k keptLadder) (store.LadderRow, error) {
	next, err := rowOf(k, l.now())
	if err != nil {
		return row, err
	}
	next.Revision = row.Revision
	next.Revision, err = l.shelf.PutLadder(ctx, by, next)
	return next, err
}

func rowOf(k keptLadder, now time.Time) (store.LadderRow, error) {
	body, err := json.Marshal(k)
	if err != nil {
		return store.LadderRow{}, err
	}
	r := store.LadderRow{ID: k.Ladder.ID, Kind: k.Ladder.Kind, Subject: k.Ladder.Subject, State: string(k.Ladder.State),
		Due: k.Ladder.Due, Body: body, Did: did(k.Pending)}
	if again := now.Add(ladderAgain); len(k.Pending) > 0 && (r.Due.IsZero() || again.Before(r.Due)) {
		r.Due = again
	}
	return r, nil
}

// did is what the audit log says of a state: what is about to be done, without anybody's name.
func did(pending []policy.Action) string {
	words := make([]string, len(pending))
	for i, a := range pending {
		words[i] = fmt.Sprintf("%s %d", a.Do, a.Attempt)
	}
	return strings.Join(words, ", ")
}
