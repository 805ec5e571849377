package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"nightbell/console"
)

type sentinelCmd struct {
	Run sentinelRunCmd `cmd:"" help:"Dial a clinic's public number and see whether the call comes to us."`
}

type sentinelRunCmd struct {
	Clinic string `arg:"" help:"Clinic id."`
}

func (sentinelRunCmd) Help() string {
	return `Nobody answers: the call that comes is refused, the one that went out is taken back. After closing time this happens by itself.

Example:
  nightbell sentinel run harbor`
}

func (c sentinelRunCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(api *client) error {
		var v console.Forwarding
		if err := api.ask(ctx, http.MethodPost, "/api/v1/clinics/"+url.PathEscape(c.Clinic)+"/forwarding", nil, &v); err != nil {
			return err
		}
		return s.show(v, func(w io.Writer) {
			fmt.Fprintf(w, "%s: %s, after %.1f s\n", plain(v.Clinic), plain(v.Result), v.Seconds)
		})
	})
}
