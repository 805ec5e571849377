package call

import (
	"testing"
	"time"
)

// typing is a row of presses: m by media, i by INFO, and the key; a dot is a second without any.
func typing(row string) string {
	var k keypad
	now := time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC)
	for i := 0; i < len(row); i++ {
		switch row[i] {
		case '.':
			now = now.Add(time.Second)
		case 'm':
			i++
			k.press(row[i], byMedia, now)
		case 'i':
			i++
			k.press(row[i], byInfo, now)
		}
	}
	return string(k.typed)
}

func TestAPressThatComesTwoWaysCountsOnce(t *testing.T) {
	for row, want := range map[string]string{
		"m1m1m2":         "112", // one way alone
		"i1i1i2":         "112",
		"m1i1m2i2":       "12",  // both ways, one after the other
		"i1m1i2m2":       "12",  // the INFO first
		"m1.i1m2.i2":     "12",  // an INFO that was late
		"m1m1i1i1":       "11",  // the same key twice, INFOs behind
		"m1i1m2...i2m3":  "123", // who sends both ways was seen to: however late
		"m1m5.i7":        "157", // another key another way is another press
		"m1...i1":        "11",  // and so is the same one much later
		"m1...i2...m3i4": "1234",
	} {
		if got := typing(row); got != want {
			t.Errorf("%s: %s, want %s", row, got, want)
		}
	}
}
