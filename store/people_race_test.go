package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"nightbell/access"
)

// races is how often each of them is run: 10,000 times in the soak.
func races() int {
	if soak() {
		return 10_000
	}
	return 25
}

// oneWins lets eight try at once and wants exactly one to succeed; the others get the error.
func oneWins(t *testing.T, what string, lose error, try func(n int) error) {
	t.Helper()
	var won atomic.Int32
	var wg sync.WaitGroup
	start := make(chan struct{})
	for n := range 8 {
		wg.Go(func() {
			<-start
			err := try(n)
			if err == nil {
				won.Add(1)
			} else if !errors.Is(err, lose) {
				t.Errorf("%s: %v", what, err)
			}
		})
	}
	close(start)
	wg.Wait()
	if won.Load() != 1 {
		t.Fatalf("%s: %d of 8 won", what, won.Load())
	}
}

func TestOneOfManyTakesATOTPStep(t *testing.T) {
	s, _ := staffed(t)
	ctx := context.Background()
	joined(t, s, "amy")
	f, err := s.AddFactor(ctx, amy, access.Factor{Person: "amy", Kind: access.TOTP, Secret: []byte("s")})
	if err != nil {
		t.Fatal(err)
	}
	for step := range races() {
		f := f
		f.LastStep = int64(step + 1)
		oneWins(t, fmt.Sprintf("step %d", step), ErrConflict, func(int) error { return s.TouchFactor(ctx, f) })
	}
}

func TestOneOfManyTakesARecoveryCode(t *testing.T) {
	s, _ := staffed(t)
	ctx := context.Background()
	joined(t, s, "amy")
	codes := make([][]byte, races())
	for i := range codes {
		codes[i] = hashOf(fmt.Sprint("code ", i))
	}
	if err := s.PutRecoveryCodes(ctx, amy, "amy", codes); err != nil {
		t.Fatal(err)
	}
	for _, c := range codes {
		oneWins(t, "code", ErrConflict, func(int) error { return s.UseRecoveryCode(ctx, "amy", c) })
	}
}

func TestOneOfManyTakesAnInvitation(t *testing.T) {
	s, now := staffed(t)
	ctx := context.Background()
	for i := range races() {
		in := access.Invitation{Person: "amy", Hash: hashOf(fmt.Sprint(i)), Expires: now.Add(access.InvitationLife)}
		if _, err := s.Invite(ctx, root, in); err != nil {
			t.Fatal(err)
		}
		oneWins(t, "invitation", ErrNotFound, func(n int) error {
			return second(s.UseInvitation(ctx, amy, in.Hash, fmt.Sprintf("$%d-%d", i, n)))
		})
	}
}

func TestOneOfManyMakesALoginLive(t *testing.T) {
	s, _ := staffed(t)
	ctx := context.Background()
	joined(t, s, "amy")
	for i := range races() {
		l, err := s.CreateLogin(ctx, access.Login{Person: "amy", Hash: hashOf(fmt.Sprint("pending ", i))})
		if err != nil {
			t.Fatal(err)
		}
		oneWins(t, "promotion", ErrConflict, func(n int) error {
			_, _, err := s.PromoteLogin(ctx, amy, Promotion{Login: l.ID, Hash: hashOf(fmt.Sprint(i, n)), Factor: "f", Kind: "totp"})
			return err
		})
		oneWins(t, "end", ErrNotFound, func(int) error { return s.EndLogin(ctx, amy, l.ID, access.EndLogout) })
	}
}

func TestOneOfManyDecidesAProposal(t *testing.T) {
	s, _ := staffed(t)
	ctx := context.Background()
	joined(t, s, "amy")
	for range races() {
		p, err := s.Propose(ctx, root, proposal(""))
		if err != nil {
			t.Fatal(err)
		}
		oneWins(t, "decision", ErrConflict, func(n int) error {
			q := approved(p, fmt.Sprint("officer", n))
			if n%2 == 1 {
				q.State, q.Decisions[0].What = access.ProposalRejected, "rejected"
			}
			return s.PutProposal(ctx, root, q, access.ProposalOpen)
		})
		stands, err := s.Proposal(ctx, p.ID)
		if err != nil || stands.State == access.ProposalRejected {
			continue
		}
		stands.State = access.ProposalCarried
		oneWins(t, "carrying out", ErrConflict, func(int) error {
			return second(s.CarryGrant(ctx, root, stands, access.Grant{Person: "amy", Role: access.Agent}))
		})
	}
	holds(t, s)
}
