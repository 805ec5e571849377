//go:build stories

package main

import (
	"context"
	"testing"
	"time"
)

// md5Secret enrols a phone that knows only MD5.
func (s *stand) md5Secret(person string) string {
	s.t.Helper()
	return s.secret(person, "--md5-until", time.Now().Add(24*time.Hour).UTC().Format(time.RFC3339))
}

// registered waits until a person's phone is there.
func (s *stand) registered(ctx context.Context, person string) {
	s.t.Helper()
	until(ctx, s.t, person+" does not register", func() bool {
		var v struct {
			Items []struct {
				Person     string
				Registered []string
			}
		}
		s.ask(&v, "agents", "list")
		for _, a := range v.Items {
			if a.Person == person && len(a.Registered) > 0 {
				return true
			}
		}
		return false
	})
}

var _ testing.T
