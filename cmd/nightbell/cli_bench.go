package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"nightbell/console"
)

type benchCmd struct {
	Fixture fixtureCmd `cmd:"" help:"Give people of the book accounts, second factors and phones, for tests and load runs; development mode only."`
	Ready   crowdCmd   `cmd:"" help:"Log a fixture's people in with both factors and make them ready, each on a phone of her own name."`
}

// fixtureCmd works on the data folder itself: no route of the server makes people without their own doing.
type fixtureCmd struct {
	People []string `arg:"" optional:"" placeholder:"PERSON=ROLE[+ROLE][@CLINIC[+CLINIC]]" help:"Who gets what; everybody of the book by the book's role if absent."`
	Phones int      `help:"Telephones for each who takes calls." default:"0"`
}

func (fixtureCmd) Help() string {
	return `Makes accounts with password, TOTP, recovery codes, role, training and phones, and prints their secrets once. Nobody is made
ready and no check is left out: whoever uses a fixture logs in with both factors, like people. Stop the server first.

Examples:
  nightbell bench fixture --dir ./try --phones 1 --json
  nightbell bench fixture --dir ./try amy=agent@harbor sue=supervisor cora=compliance`
}

func (c fixtureCmd) Run(ctx context.Context, s *session) error {
	cfg, err := s.config()
	if err != nil {
		return err
	}
	if cfg.Mode != Development {
		return errNoFixture
	}
	if console.ControlAnswers(cfg.path(console.ControlName)) {
		return errUsage("stop the server first: a fixture works on the data folder itself")
	}
	o, err := openOffice(ctx, cfg, s.unsealing())
	if err != nil {
		return err
	}
	defer o.Close()
	if o.Sealed != nil {
		return fmt.Errorf("%w: %w", console.ErrSealed, o.Sealed)
	}
	list, err := c.wishes(ctx, o)
	if err != nil {
		return err
	}
	made, err := o.fix(ctx, list)
	if err != nil {
		return err
	}
	return s.show(map[string]any{"items": made}, func(w io.Writer) {
		row(w, "PERSON", "ROLES", "PASSWORD", "TOTP", "DEVICES")
		for _, f := range made {
			var phones []string
			for _, d := range f.Devices {
				phones = append(phones, d.User+":"+d.Secret)
			}
			row(w, f.Person, f.Roles, f.Password, f.TOTP, phones)
		}
	})
}

func (c fixtureCmd) wishes(ctx context.Context, o *office) ([]fixtureWish, error) {
	if len(c.People) == 0 {
		b, err := o.Store.Book(ctx)
		if err != nil {
			return nil, err
		}
		return wishes(b, c.Phones), nil
	}
	var list []fixtureWish
	for _, text := range c.People {
		w, err := wish(text)
		if err != nil {
			return nil, err
		}
		w.Devices = c.Phones
		list = append(list, w)
	}
	return list, nil
}

// crowdCmd lets many people in as they would come: password, code, ready. It knows no shorter way.
type crowdCmd struct {
	File string `arg:"" help:"What bench fixture --json printed."`
}

func (crowdCmd) Help() string { return "Example:\n  nightbell bench ready people.json" }

func (c crowdCmd) Run(ctx context.Context, s *session) error {
	cfg, err := s.config()
	if err != nil {
		return err
	}
	text, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	var crowd struct{ Items []fixture }
	if err := json.Unmarshal(text, &crowd); err != nil {
		return fmt.Errorf("%s: not what bench fixture --json prints", c.File)
	}
	queue, results := make(chan fixture), make(chan error)
	for range crowdDoors {
		go func() {
			for f := range queue {
				results <- s.as(ctx, cfg, "", func(api *client) error { return f.come(ctx, api) })
			}
		}()
	}
	go func() {
		defer close(queue)
		for _, f := range crowd.Items {
			queue <- f
		}
	}()
	var all []error
	for range crowd.Items {
		all = append(all, <-results)
	}
	if err := errors.Join(all...); err != nil {
		return err
	}
	return s.show(map[string]int{"ready": len(crowd.Items)}, func(w io.Writer) { fmt.Fprintln(w, len(crowd.Items), "people are ready") })
}

// crowdDoors is how many come at once: each password takes the server a fifth of a second.
const crowdDoors = 2

func (f fixture) come(ctx context.Context, api *client) error {
	_, err := api.logIn(ctx, f.Person, f.Password, "totp", func() (string, error) { return totpNow(f.TOTP) })
	if err == nil {
		err = makeReady(ctx, api, f.Person)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", f.Person, err)
	}
	return nil
}
