package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"nightbell/audit"
	"nightbell/console"
	"nightbell/media"
	"nightbell/policy"
	"nightbell/store"
)

// tokens are the API's bearer tokens.
type tokens struct{ *office }

func tokenOf(t store.Token) console.Token {
	v := console.Token{ID: t.ID, Name: t.Name, Created: t.Made, Expires: t.Expires, Revoked: t.Revoked}
	for _, s := range t.Scopes {
		v.Scopes = append(v.Scopes, console.Scope(s))
	}
	if len(t.Clinics) > 0 {
		v.Clinic = t.Clinics[0]
	}
	return v
}

func (t tokens) Create(ctx context.Context, want console.Token, by audit.Actor) (console.Token, string, error) {
	row := store.Token{Name: want.Name, Clinics: only(want.Clinic), Expires: want.Expires}
	for _, s := range want.Scopes {
		row.Scopes = append(row.Scopes, string(s))
	}
	made, secret, err := t.Store.CreateToken(ctx, by, row)
	return tokenOf(made), secret, known(err)
}

func (t tokens) List(ctx context.Context) ([]console.Token, error) {
	rows, err := t.Store.Tokens(ctx)
	out := make([]console.Token, len(rows))
	for i, r := range rows {
		out[i] = tokenOf(r)
	}
	return out, known(err)
}

func (t tokens) Revoke(ctx context.Context, id string, by audit.Actor) error {
	return known(t.Store.RevokeToken(ctx, by, id))
}

func (t tokens) Check(ctx context.Context, secret string) (console.Token, error) {
	row, err := t.Store.TokenOf(ctx, secret)
	return tokenOf(row), known(err)
}

// agents are the people who answer.
type agents struct {
	*office
	running running
}

func (a agents) List(ctx context.Context) ([]console.Agent, error) {
	b, err := a.Store.Book(ctx)
	if err != nil {
		return nil, known(err)
	}
	pauses, err := a.Store.Pauses(ctx)
	if err != nil {
		return nil, known(err)
	}
	bindings := a.running.Registered()
	var out []console.Agent
	for _, p := range b.People {
		one := console.Agent{Person: p.ID, Role: p.Role, Active: p.Active, Devices: []string{}, Registered: []string{}}
		one.Paused = slices.ContainsFunc(pauses, func(x store.Pause) bool { return x.Person == p.ID })
		for _, d := range b.Devices {
			if d.Person != p.ID {
				continue
			}
			one.Devices = append(one.Devices, d.User)
			if bindings[d.User] > 0 {
				one.Registered = append(one.Registered, d.User)
			}
		}
		out = append(out, one)
	}
	return a.seen(ctx, out)
}

func (a agents) Pause(ctx context.Context, person string, by audit.Actor) error {
	if err := a.Store.PauseAgent(ctx, by, person, "paused by the operator"); err != nil {
		return known(err)
	}
	a.running.AgentsChanged()
	return nil
}

func (a agents) Resume(ctx context.Context, person string, by audit.Actor) error {
	if err := a.Store.ResumeAgent(ctx, by, person); err != nil {
		return known(err)
	}
	a.running.AgentsChanged()
	return nil
}

// viewSound shows a leg's figures.
func viewSound(s media.Stats) *console.SoundView {
	v := &console.SoundView{
		Codec: fmt.Sprint(s.Codec), Suite: fmt.Sprint(s.Suite), Received: s.Received, Sent: s.Sent, Lost: s.Lost,
		JitterMS: float64(s.Jitter.Microseconds()) / 1000, MOS: s.MOS,
	}
	if all := s.Received + s.Lost; all > 0 {
		v.LossPercent = 100 * float64(s.Lost) / float64(all)
	}
	return v
}

// trunks are the connections to clinics and carriers.
type trunks struct {
	*office
	running running
}

func (t trunks) List(ctx context.Context) ([]console.TrunkView, error) {
	b, err := t.Store.Book(ctx)
	if err != nil {
		return nil, known(err)
	}
	calls := t.running.TrunkCalls()
	out := make([]console.TrunkView, len(b.Trunks))
	for i, tr := range b.Trunks {
		has, err := t.hasSecret(ctx, tr.ID)
		if err != nil {
			return nil, err
		}
		out[i] = console.TrunkView{ID: tr.ID, Name: tr.Name, KnownBy: waysOf(tr.Identity), HasSecret: has, Calls: calls[tr.ID], Exceptions: []string{}}
		for _, x := range tr.Exceptions {
			out[i].Exceptions = append(out[i].Exceptions, strings.Join(x.Scope, "+")+" until "+x.Until.UTC().Format("2006-01-02"))
		}
	}
	return out, nil
}

func (t trunks) hasSecret(ctx context.Context, id string) (bool, error) {
	_, err := t.Store.TrunkSecret(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil, known(err)
}

func waysOf(i policy.TrunkIdentity) []string {
	ways := []string{}
	for _, n := range i.CertNames {
		ways = append(ways, "certificate "+n)
	}
	for _, a := range i.Addresses {
		ways = append(ways, "address "+a.String())
	}
	if i.Digest != "" {
		ways = append(ways, "digest "+i.Digest)
	}
	return ways
}

func (t trunks) Secret(ctx context.Context, id, secret string, by audit.Actor) error {
	return known(t.Store.SetTrunkSecret(ctx, by, id, []byte(secret)))
}
