package media

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

//go:embed prompts/*.wav
var spoken embed.FS

// Prompt is a sound that can be played. It is immutable and may be played on any number of sessions at once: every
// codec's form of it is made beforehand, so that playing never encodes.
type Prompt struct {
	name  string
	forms [codecForms]form // by codec
}

// form is a prompt as payload bytes of one codec, 8 for each millisecond. G.722 is predictive: its bytes mean something
// only after those that came before, so what is played again is encoded as it follows upon itself.
type form struct{ first, again []byte }

// Sum names what is heard: SHA-256 of its G.711 µ-law form, in hexadecimal.
func (p *Prompt) Sum() string {
	sum := sha256.Sum256(p.forms[formOf(PCMU)].first)
	return hex.EncodeToString(sum[:])
}

// settle is the silence with which every G.722 form begins: a decoder that has just heard somebody else comes to rest
// in it. Without it the first bytes can burst out at full level.
const settle = 3 * frameBytes

func newPrompt(name string, samples []int16) *Prompt {
	p := &Prompt{name: name}
	for _, c := range []Codec{PCMU, PCMA, G722} {
		p.forms[formOf(c)] = newForm(samples, c)
	}
	return p
}

func newForm(samples []int16, c Codec) form {
	if c != G722 {
		whole := make([]byte, len(samples))
		newEncoder(c).encode(whole, samples)
		return form{whole, whole}
	}
	if len(samples) == 0 {
		return form{}
	}
	twice := slices.Concat(make([]int16, settle), samples, samples)
	wide := make([]int16, 2*len(twice))
	new(upsampler).convert(wide, twice)
	whole := make([]byte, len(twice))
	newG722Encoder().encode(whole, wide)
	end := settle + len(samples)
	return form{whole[:end], whole[end:]}
}

// Prompts are the built-in ones by name: the spoken greeting, announcement, please_hold, last_resort and emergency,
// starting and starting_alone for callers who come while the keys are sealed (with somebody to be led to, and without), the
// desk's words for a person who logs in from a hard phone, the words of patches to clinicians, of voice messages, of placed
// calls and of alarms, and the computed ringback, music, busy, congestion, beep, joined, left and parked. The map is the caller's own: an operator's prompts may be laid over it.
func Prompts() map[string]*Prompt {
	all := make(map[string]*Prompt)
	for _, p := range builtIn() {
		all[p.name] = p
	}
	return all
}

var builtIn = sync.OnceValue(func() []*Prompt {
	var all []*Prompt
	for name, sound := range computed {
		all = append(all, newPrompt(name, sound()))
	}
	files, err := spoken.ReadDir("prompts")
	if err != nil {
		panic("media: there are no prompts in the program") // a broken build; a test reads them all
	}
	for _, file := range files {
		name := strings.TrimSuffix(file.Name(), ".wav")
		wav, err := spoken.ReadFile("prompts/" + file.Name())
		if err != nil {
			panic("media: prompt " + name + " is not in the program")
		}
		p, err := LoadPrompt(name, bytes.NewReader(wav))
		if err != nil {
			panic("media: " + err.Error())
		}
		all = append(all, p)
	}
	return all
})

// LoadPrompt reads a prompt from a WAV file of 16-bit PCM at 8 to 96 kHz.
func LoadPrompt(name string, wav io.Reader) (*Prompt, error) {
	s, err := ReadWAV(wav)
	if err != nil {
		return nil, fmt.Errorf("prompt %s: %w", name, err)
	}
	return newPrompt(name, narrowed(s)), nil
}

// Name is what the prompt is called in a book.
func (p *Prompt) Name() string { return p.name }

// Duration is how long one playing takes; in G.722 it is 60 ms longer.
func (p *Prompt) Duration() time.Duration {
	return time.Duration(len(p.forms[0].first)) * time.Second / 8000
}

// codecForms is how many codecs there are.
const codecForms = 3

// formOf numbers them.
func formOf(c Codec) int {
	switch c {
	case PCMA:
		return 1
	case G722:
		return 2
	}
	return 0
}
