package main

import (
	"context"
)

type pinCmd struct {
	Set   pinSetCmd   `cmd:"" help:"Set your PIN for a hard phone; it comes from standard input."`
	Clear pinClearCmd `cmd:"" help:"Remove your PIN."`
}

type pinSetCmd struct{}

func (pinSetCmd) Help() string {
	return `With it and the code of your authenticator you make yourself ready from a phone without a console: dial *10 there;
*11 ends it. It opens nothing else. Your second factor must have been shown within the last five minutes.

Example:
  nightbell pin set`
}

func (pinSetCmd) Run(ctx context.Context, s *session) error {
	pin, err := s.secretLine("PIN, 6 to 12 digits: ")
	if err != nil {
		return err
	}
	return s.change(ctx, "PUT", "/api/v1/me/pin", map[string]string{"pin": pin}, "set")
}

type pinClearCmd struct{}

func (pinClearCmd) Help() string { return "Example:\n  nightbell pin clear" }

func (pinClearCmd) Run(ctx context.Context, s *session) error {
	return s.change(ctx, "PUT", "/api/v1/me/pin", map[string]string{"pin": ""}, "removed")
}
