package main

import (
	"context"
	"io"
	"strconv"
	"time"

	"nightbell/console"
	"nightbell/sip"
)

type trunksHealthCmd struct{}

func (trunksHealthCmd) Help() string {
	return `Trunks that dial outward: registered until when, the latest OPTIONS and its round trip, calls, the server in use, and
what is wrong where one is down. Exit 1 when one is.

Example:
  nightbell trunks health`
}

func (trunksHealthCmd) Run(ctx context.Context, s *session) error {
	down := false
	err := table(ctx, s, "/api/v1/trunks/health", func(w io.Writer, items []console.CarrierHealth) {
		row(w, "TRUNK", "STATE", "SINCE", "REGISTERED UNTIL", "OPTIONS", "CALLS", "SERVER", "WORDS")
		for _, c := range items {
			down = down || !c.Up
			row(w, c.ID, map[bool]string{true: "up", false: "DOWN"}[c.Up], clockCell(c.Since), clockCell(c.Registered), optionsCell(c), c.Calls, cell(c.Target), c.Words)
		}
	})
	if err == nil && down {
		return errTold
	}
	return err
}

func clockCell(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}

func optionsCell(c console.CarrierHealth) string {
	if c.Answer == 0 {
		return "-"
	}
	return strconv.Itoa(c.Answer) + " in " + strconv.FormatInt(c.RoundTrip, 10) + " ms"
}

// Carriers is console.Carriers.
func (s *server) Carriers(context.Context) ([]console.CarrierHealth, error) {
	all := []console.CarrierHealth{}
	for _, c := range s.sip.CarrierStates() {
		v := console.CarrierHealth{ID: c.ID, Name: c.Name, Up: c.Up, Since: c.Since.UTC(), Trouble: string(c.Trouble), Code: c.Code,
			Words: carrierWords(c.Trouble, c.Code), Registered: c.Registered.UTC(), Asked: c.Asked.UTC(), Answer: c.Answer,
			RoundTrip: c.RoundTrip.Milliseconds(), Calls: c.Calls, Target: c.Target}
		if c.Registered.IsZero() {
			v.Registered = time.Time{}
		}
		if c.Asked.IsZero() {
			v.Asked = time.Time{}
		}
		if c.Address.IsValid() {
			v.Address = c.Address.String()
		}
		all = append(all, v)
	}
	return all, nil
}

// carriersUp is how many carriers are up, or down.
func (s *server) carriersUp(up bool) float64 {
	n := 0
	for _, c := range s.sip.CarrierStates() {
		if c.Up == up && c.Trouble != sip.Untried {
			n++
		}
	}
	return float64(n)
}
