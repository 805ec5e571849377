package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"nightbell/policy"
)

type oncallVerifyCmd struct {
	File string `arg:"" help:"File of cases, or - for standard input."`
}

func (oncallVerifyCmd) Help() string {
	return `Runs the resolver on every case of the file, with the zone data inside the program. Prints each wrong case and a
count; exit 1 when one is wrong.

Examples:
  nightbell oncall verify cases/oncall.json
  nightbell oncall verify - --json < cases/schedules.json`
}

// Run asks no server: the resolver is a pure function, and so is this.
func (c oncallVerifyCmd) Run(_ context.Context, s *session) error {
	var b []byte
	var err error
	if c.File == "-" {
		b, err = io.ReadAll(s.in)
	} else {
		b, err = os.ReadFile(c.File)
	}
	if err != nil {
		return fmt.Errorf("cases: %w", err)
	}
	found, err := policy.Verify(b)
	if err != nil {
		return err
	}
	v := verdictOf(found)
	err = s.show(v, func(w io.Writer) {
		for _, one := range v.Cases {
			if !one.OK {
				fmt.Fprintf(w, "%s: got %s, expected %s\n", plain(one.ID), one.Got, one.Expect)
			}
		}
		fmt.Fprintf(w, "%d cases, %d wrong\n", v.Total, v.Wrong)
	})
	if err != nil || v.Wrong == 0 {
		return err
	}
	return errTold
}
