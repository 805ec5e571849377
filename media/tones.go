package media

import (
	"math"
	"time"
)

// Sounds that are computed: nobody's licence, nobody's recording.

const toneRate = 8000

// ringback is the North American one: 440 and 480 Hz at -19 dBm0 each, 2 s on, 4 s off (Telcordia GR-506, ITU-T E.180
// supplement 2).
func ringback() []int16 {
	out := make([]int16, 6*toneRate)
	on := out[:2*toneRate]
	for i := range on {
		on[i] = level(0.055*(tone(440, i)+tone(480, i)), i, len(on))
	}
	return out
}

// computed are the prompts that are made here.
var computed = map[string]func() []int16{
	"ringback": ringback, "music": music, "busy": busy, "congestion": congestion,
	"beep": beep, "joined": joined, "left": left, "parked": parked,
}

// busy and congestion are 480 and 620 Hz at -24 dBm0 each, half a second or a quarter on and as long off (Telcordia GR-506,
// ITU-T E.180 supplement 2).
func busy() []int16 { return interrupted(toneRate / 2) }

func congestion() []int16 { return interrupted(toneRate / 4) }

func interrupted(length int) []int16 {
	out := make([]int16, 2*length)
	for i := range length {
		out[i] = level(0.032*(tone(480, i)+tone(620, i)), i, length)
	}
	return out
}

// beep tells everybody that the call is recorded: 1400 Hz for 200 ms (what North America knows as the recorder tone;
// whoever plays it does so every 12 to 15 s). It is soft enough to speak over.
func beep() []int16 { return notes(200*time.Millisecond, 1400) }

// joined rises, left falls; parked is told to the agent who put a caller there.
func joined() []int16 { return notes(120*time.Millisecond, 660, 880) }

func left() []int16 { return notes(120*time.Millisecond, 880, 660) }

func parked() []int16 { return notes(100*time.Millisecond, 880, 880, 1320) }

// notes are soft tones one after the other.
func notes(each time.Duration, hz ...float64) []int16 {
	length := int(each * toneRate / time.Second)
	out := make([]int16, 0, length*len(hz))
	for _, f := range hz {
		for i := range length {
			out = append(out, level(0.08*tone(f, i), i, length))
		}
	}
	return out
}

// keyTone is a key by its row and column (ITU-T Q.23). An unknown key is silence.
func keyTone(digit byte, d time.Duration) []int16 {
	code, ok := keyCode(digit)
	out := make([]int16, max(0, int(d*toneRate/time.Second)))
	if !ok {
		return out
	}
	rows, columns := [4]float64{697, 770, 852, 941}, [4]float64{1209, 1336, 1477, 1633}
	const pad = "123A456B789C*0#D"
	at := 0
	for pad[at] != keys[code] {
		at++
	}
	for i := range out {
		out[i] = level(0.2*tone(rows[at/4], i)+0.25*tone(columns[at%4], i), i, len(out))
	}
	return out
}

// music is what a caller hears on hold: four slow chords (C, a, F, G), each arpeggiated in soft, decaying notes that
// overlap; 16 s that end where they begin. Quiet (-26 dBFS), nothing sudden, nothing above 1 kHz, so that it stays
// smooth through a telephone.
func music() []int16 {
	chords := [4][4]float64{
		{261.63, 329.63, 392.00, 523.25},
		{220.00, 261.63, 329.63, 440.00},
		{174.61, 220.00, 261.63, 349.23},
		{196.00, 246.94, 293.66, 392.00},
	}
	pattern := [8]int{0, 1, 2, 3, 2, 1, 2, 1}
	const step = toneRate / 2
	sum := make([]float64, len(chords)*len(pattern)*step)
	for bar, chord := range chords {
		for beat, note := range pattern {
			pluck(sum, (bar*len(pattern)+beat)*step, chord[note])
		}
	}
	out := make([]int16, len(sum))
	for i, x := range sum {
		out[i] = int16(x * 32767)
	}
	return out
}

// pluck adds one note that fades over 2.5 s; what runs past the end goes on at the beginning, so that the loop has no
// seam.
func pluck(sum []float64, at int, hz float64) {
	const length = 5 * toneRate / 2
	for i := range length {
		t := float64(i) / toneRate
		rise := min(1, t/0.02)
		fall := math.Exp(-1.8*t) * (1 - float64(i)/length)
		wave := math.Sin(2*math.Pi*hz*t) + 0.25*math.Sin(4*math.Pi*hz*t)
		sum[(at+i)%len(sum)] += 0.11 * rise * fall * wave
	}
}

func tone(hz float64, at int) float64 {
	return math.Sin(2 * math.Pi * hz * float64(at) / toneRate)
}

// level scales to 16 bits and takes the click out of both ends by 5 ms of fading.
func level(x float64, at, length int) int16 {
	const fade = toneRate / 200
	edge := float64(min(at, length-1-at, fade)) / fade
	return int16(x * edge * 32767)
}
