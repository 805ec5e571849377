package sip

import (
	"slices"
	"strconv"

	sipmsg "github.com/emiago/sipgo/sip"
)

// movedTo are the URIs of a 3xx, by q (RFC 3261 §8.1.3.4). Nobody follows them here: a phone's forwarding would take the
// call to a stranger.
func movedTo(res *sipmsg.Response) []string {
	if res == nil || res.StatusCode < 300 || res.StatusCode > 399 {
		return nil
	}
	type place struct {
		uri string
		q   float64
	}
	var places []place
	for _, v := range values(res, "Contact") {
		params, uri, ok := nameAddr(v)
		if !ok || !isURI(uri) || len(places) == maxForks {
			continue
		}
		q, err := strconv.ParseFloat(param(params, "q"), 64)
		if err != nil || q < 0 || q > 1 {
			q = 1
		}
		places = append(places, place{uri, q})
	}
	slices.SortStableFunc(places, func(a, b place) int {
		switch {
		case a.q > b.q:
			return -1
		case a.q < b.q:
			return 1
		}
		return 0
	})
	out := make([]string, len(places))
	for i, p := range places {
		out[i] = p.uri
	}
	return out
}
