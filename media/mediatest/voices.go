package mediatest

import (
	"bytes"
	"embed"

	"nightbell/media"
)

//go:embed voices/*.wav
var voices embed.FS

// Caller and Agent are two people who say different things for 8.5 s, at 8 kHz. Neither exists.
func Caller() []int16 { return voice("caller") }

// Agent is the other of the two voices.
func Agent() []int16 { return voice("agent") }

func voice(name string) []int16 {
	wav, err := voices.ReadFile("voices/" + name + ".wav")
	if err != nil {
		panic("mediatest: " + err.Error()) // a broken build; a test reads both
	}
	s, err := media.ReadWAV(bytes.NewReader(wav))
	if err != nil {
		panic("mediatest: " + err.Error())
	}
	return s.Samples
}
