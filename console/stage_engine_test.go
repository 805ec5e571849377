package console

import (
	"context"
	"time"

	"nightbell/audit"
	"nightbell/phi"
)

type stageEngine struct{ *stage }

func (e stageEngine) Trace(context.Context, time.Duration, audit.Actor) error { return nil }
func (e stageEngine) Traced(context.Context, string) ([]TracedMessage, error) {
	return []TracedMessage{{Text: "INVITE <sip:*@192.0.2.1>"}}, nil
}

type stagePseudonyms struct{ *stage }

func (stagePseudonyms) Resolve(context.Context, string, []string) (string, phi.Phone, error) {
	return "harbor", phi.NewPhone(canary), nil
}

func init() {
	example["start-trace"] = `{"minutes":10,"reason":"one-way audio"}`
	example["resolve-pseudonym"] = `{"pseudonym":"caller-abcdefghijklm","reason":"the caller complains"}`
}
