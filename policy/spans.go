package policy

import (
	"cmp"
	"slices"
	"time"
)

// spans is a set of instants as a list of [start, end).
type spans []span

// merged is the same set in order, its parts neither meeting nor overlapping.
func (s spans) merged() spans {
	s = slices.Clone(s)
	slices.SortFunc(s, func(a, b span) int { return cmp.Compare(a.start, b.start) })
	out := s[:0]
	for _, one := range s {
		switch n := len(out); {
		case one.end <= one.start:
		case n > 0 && one.start <= out[n-1].end:
			out[n-1].end = max(out[n-1].end, one.end)
		default:
			out = append(out, one)
		}
	}
	return out
}

// within is what two merged sets have in common.
func (s spans) within(other spans) (both spans) {
	for i, j := 0, 0; i < len(s) && j < len(other); {
		start, end := max(s[i].start, other[j].start), min(s[i].end, other[j].end)
		if start < end {
			both = append(both, span{start: start, end: end})
		}
		if s[i].end < other[j].end {
			i++
		} else {
			j++
		}
	}
	return both
}

// without is what a merged set has that another has not.
func (s spans) without(other spans) (left spans) {
	j := 0
	for _, one := range s {
		start := one.start
		for j < len(other) && other[j].end <= start {
			j++
		}
		for k := j; k < len(other) && other[k].start < one.end; k++ {
			if start < other[k].start {
				left = append(left, span{start: start, end: other[k].start})
			}
			start = max(start, other[k].end)
		}
		if start < one.end {
			left = append(left, span{start: start, end: one.end})
		}
	}
	return left
}

func (s spans) hours() float64 {
	var sum int64
	for _, one := range s {
		sum += one.end - one.start
	}
	return (time.Duration(sum) * time.Second).Hours()
}
