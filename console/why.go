package console

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// whyView is one screen about what did happen.
type whyView struct {
	ID    string   `json:"id"`
	Lines []string `json:"lines" nullable:"false"`
}

func whyCall(c *Console, ctx context.Context, in *Named) (*answer[whyView], error) {
	s, err := c.story(ctx, in.ID, "")
	if err != nil {
		return nil, err
	}
	return say(whyView{s.ID, Why(s)}, nil)
}

// Why tells a call in sentences: trunk, plan with reasons, who rang and what became of it, sound in both directions, the
// recording. No PHI: people are ids, the caller is not named.
func Why(s CallStory) []string {
	lines := []string{
		fmt.Sprintf("call %s arrived %s on trunk %s, known by %s, %s", s.ID, clock(s.Arrived), s.Trunk, or(s.KnownBy, "nothing"), or(s.Protection, "protection not noted")),
		fmt.Sprintf("it dialled %s: clinic %s, %s", or(s.Plan.Number, "a number of nobody (the catch-all took it)"), or(s.Plan.ClinicName, s.Clinic), opening(s)),
	}
	lines = append(lines, s.Plan.Words()...)
	for _, leg := range s.Legs {
		lines = append(lines, legLines(leg, s.Arrived)...)
	}
	lines = append(lines, eventLines(s)...)
	return append(lines, ending(s))
}

func opening(s CallStory) string {
	if s.Plan.Open {
		return "open at that time"
	}
	return "closed at that time"
}

func legLines(leg LegView, since time.Time) []string {
	who := "caller"
	if leg.User != "" {
		who = leg.User
		if leg.Person != "" {
			who += " (" + leg.Person + ")"
		}
	}
	words := InWords(leg.Cause, leg.Code)
	line := fmt.Sprintf("%s: %s", who, words)
	switch {
	case leg.User != "" && !leg.Answered.IsZero():
		line = fmt.Sprintf("%s rang after %s, answered after %s: %s", who, after(since, leg.Invited), after(since, leg.Answered), words)
	case leg.User != "":
		line = fmt.Sprintf("%s rang after %s: %s", who, after(since, leg.Invited), words)
	}
	lines := []string{line}
	if v := leg.Sound; v != nil {
		lines = append(lines, fmt.Sprintf("   sound %s, %s: %d packets in, %d out, %.1f%% lost, jitter %.1f ms, MOS %.1f",
			or(v.Codec, "codec not noted"), or(v.Suite, "not encrypted"), v.Received, v.Sent, v.LossPercent, v.JitterMS, v.MOS))
	}
	return lines
}

// eventLines keeps the turning points; legs have told the rest.
func eventLines(s CallStory) []string {
	told := []string{"greeted", "announced", "bridged", "held", "resumed", "unrecorded", "media_silent", "flow_gone", "stepped", "last_resort"}
	var lines []string
	for _, e := range s.Events {
		if slices.Contains(told, e.Kind) {
			line := strings.TrimSpace(fmt.Sprintf("after %s: %s %s", after(s.Arrived, e.At), strings.ReplaceAll(e.Kind, "_", " "), e.Leg))
			if why := e.Data["reason"]; why != "" {
				line += ": " + strings.ReplaceAll(why, "_", " ")
			}
			lines = append(lines, line)
		}
	}
	return lines
}

func ending(s CallStory) string {
	served := "nobody spoke with the caller"
	if s.Served {
		served = "somebody spoke with the caller"
	}
	recorded := "not recorded"
	if s.Recording != "" {
		recorded = "recording " + s.Recording
	}
	if s.Ended.IsZero() {
		return "it is still going on; " + served + "; " + recorded
	}
	return fmt.Sprintf("it ended after %s: %s, by %s; %s; %s", after(s.Arrived, s.Ended), InWords(s.Outcome, 0), or(s.By, "nobody"), served, recorded)
}

var words = map[string]string{
	"completed":      "hung up in the ordinary way",
	"caller_gone":    "the caller hung up first",
	"elsewhere":      "another phone answered",
	"busy":           "busy",
	"declined":       "declined",
	"no_answer":      "no answer",
	"unreachable":    "not reachable",
	"not_acceptable": "no common codec or no usable keys",
	"no_media":       "no sound could be set up, or it went silent",
	"last_resort":    "the last resort was announced",
	"draining":       "the server was draining",
	"overload":       "over the trunk's limits",
	"fault":          "a fault of ours",
	"cut_off":        "cut off: the server died in the middle of it",
}

// InWords says a cause, and the SIP code behind it, in words.
func InWords(cause string, code int) string {
	w := words[cause]
	if w == "" {
		w = or(cause, "nothing noted")
	}
	if code >= 300 {
		w += fmt.Sprintf(" (%d)", code)
	}
	return w
}

func clock(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func after(start, t time.Time) string {
	if t.IsZero() {
		return "?"
	}
	return t.Sub(start).Round(100 * time.Millisecond).String()
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
