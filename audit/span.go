package audit

import "math"

// KeySpan is a verifier key and its time: it signed the checkpoints of more than After leaves, until the next key's time.
type KeySpan struct {
	Key   string
	After int64
}

// NewSpanVerifier takes the keys that signed one log, one after the other. A signature holds only for a checkpoint of its
// key's time: an old key that is found somewhere signs nothing new, and a new one nothing old. Keys given beside them are
// good for any time.
func NewSpanVerifier(spans []KeySpan, more ...string) (*Verifier, error) {
	keys := make([]string, 0, len(spans)+len(more))
	times := make([]span, 0, len(spans)+len(more))
	for i, s := range spans {
		until := int64(math.MaxInt64)
		if i+1 < len(spans) {
			until = spans[i+1].After
		}
		keys, times = append(keys, s.Key), append(times, span{s.After, until})
	}
	for _, k := range more {
		keys, times = append(keys, k), append(times, span{-1, math.MaxInt64})
	}
	v, err := NewVerifier(keys...)
	if err != nil {
		return nil, err
	}
	v.times = times
	return v, nil
}

// span is the time of a key in sizes of the log: after the first, up to and with the last.
type span struct{ after, until int64 }

// inTime reports whether a key of this hash signs checkpoints of this size.
func (v *Verifier) inTime(hash uint32, c Checkpoint) bool {
	if v.times == nil {
		return true
	}
	for i, k := range v.keys {
		k.name = c.Origin
		if k.KeyHash() == hash && v.times[i].after < c.Size && c.Size <= v.times[i].until {
			return true
		}
	}
	return false
}
