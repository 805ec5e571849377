package main

import (
	"context"
	"crypto/tls"
	"encoding/base32"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"time"

	"nightbell/access"
)

// makePeople gives everybody in the book a way in, and those who take calls a telephone.
func (d *demo) makePeople(ctx context.Context) (string, error) {
	o := d.server.office
	book, err := o.Store.Book(ctx)
	if err != nil {
		return "", err
	}
	if d.result.People, err = o.fix(ctx, wishes(book, 1)); err != nil {
		return "", err
	}
	for _, p := range d.result.People {
		for _, e := range p.Devices {
			if slices.Contains(p.Roles, string(access.Agent)) {
				d.result.Agents = append(d.result.Agents, demoAgent{p.Person, e.User, e.Secret, e.AOR})
			}
		}
	}
	d.server.AgentsChanged()
	return fmt.Sprintf("%d accounts with password and authenticator, %d agents' softphones, each with a secret of its own", len(d.result.People), len(d.result.Agents)), nil
}

// logIn lets the agents make themselves ready as they would: both factors over HTTPS. The supervisor logs in as well.
func (d *demo) logIn(ctx context.Context) (string, error) {
	for _, p := range d.result.People {
		agent := slices.IndexFunc(d.result.Agents, func(a demoAgent) bool { return a.Person == p.Person })
		if agent < 0 && !slices.Contains(p.Roles, string(access.Supervisor)) {
			continue
		}
		api, err := d.enter(ctx, p)
		if err != nil {
			return "", fmt.Errorf("%s: %w", p.Person, err)
		}
		if agent < 0 {
			d.desk = api
			continue
		}
		d.logins = append(d.logins, api)
		if err := makeReady(ctx, api, d.result.Agents[agent].User); err != nil {
			return "", fmt.Errorf("%s: %w", p.Person, err)
		}
	}
	if d.desk == nil {
		return "", errors.New("the book has no supervisor")
	}
	return fmt.Sprintf("%d agents by password and authenticator over HTTPS, ready", len(d.logins)), nil
}

// enter logs somebody in over HTTPS.
func (d *demo) enter(ctx context.Context, p fixture) (*client, error) {
	pool, err := d.roots()
	if err != nil {
		return nil, err
	}
	api := dialConsole(nearby(d.cfg.Console.Bind), &tls.Config{RootCAs: pool, ServerName: "localhost"})
	_, err = api.logIn(ctx, p.Person, p.Password, "totp", func() (string, error) { return totpNow(p.TOTP) })
	return api, err
}

// totpNow is the code that the authenticator shows.
func totpNow(secret string) (string, error) {
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil {
		return "", fmt.Errorf("authenticator: %w", err)
	}
	return access.TOTPCode(raw, time.Now())
}

// dialConsole is a client of the console's own listener.
func dialConsole(addr string, cfg *tls.Config) *client {
	t := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&tls.Dialer{Config: cfg}).DialContext(ctx, "tcp", addr)
	}}
	return &client{http: &http.Client{Transport: t}, close: func() error { t.CloseIdleConnections(); return nil }}
}
