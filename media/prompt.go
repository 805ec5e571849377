package media

import (
	"bytes"
	"embed"
	"fmt"
	"io"
	"sync"
	"time"
)

//go:embed prompts/*.wav
var spoken embed.FS

// Prompt is a sound that can be played: spoken words, a tone or music. It is immutable and may be played on any
// number of sessions at once; each codec's form of it is made once, when it is first needed.
type Prompt struct {
	name    string
	samples []int16 // 8 kHz
	forms   [3]form
}

// form is a prompt as payload bytes of one codec, 8 for each millisecond in all three of them.
type form struct {
	once    sync.Once
	payload []byte
}

// Prompts are the built-in ones by name: the spoken greeting, announcement, please_hold, last_resort and emergency,
// and the computed ringback and music. The map is the caller's own: an operator's prompts may be laid over it.
func Prompts() map[string]*Prompt {
	all := make(map[string]*Prompt)
	for _, p := range builtIn() {
		all[p.name] = p
	}
	return all
}

var builtIn = sync.OnceValue(func() []*Prompt {
	all := []*Prompt{{name: "ringback", samples: ringback()}, {name: "music", samples: music()}}
	for _, name := range []string{"greeting", "announcement", "please_hold", "last_resort", "emergency"} {
		wav, err := spoken.ReadFile("prompts/" + name + ".wav")
		if err != nil {
			panic("media: prompt " + name + " is not in the program") // a broken build; a test reads them all
		}
		p, err := LoadPrompt(name, bytes.NewReader(wav))
		if err != nil {
			panic("media: " + err.Error())
		}
		all = append(all, p)
	}
	return all
})

// LoadPrompt reads a prompt from a WAV file of 16-bit PCM at 8, 16 or 48 kHz.
func LoadPrompt(name string, wav io.Reader) (*Prompt, error) {
	s, err := ReadWAV(wav)
	if err != nil {
		return nil, fmt.Errorf("prompt %s: %w", name, err)
	}
	return &Prompt{name: name, samples: s.at8k()}, nil
}

// Name is what the prompt is called in a book.
func (p *Prompt) Name() string { return p.name }

// Duration is how long one playing takes.
func (p *Prompt) Duration() time.Duration {
	return time.Duration(len(p.samples)) * time.Second / 8000
}

// payload is the prompt in one codec. The first use of a codec encodes: 20 ms for a minute of G.711.
func (p *Prompt) payload(c Codec) []byte {
	f := &p.forms[formOf(c)]
	f.once.Do(func() { f.payload = encodedWhole(p.samples, c) })
	return f.payload
}

func formOf(c Codec) int {
	switch c {
	case PCMA:
		return 1
	case G722:
		return 2
	}
	return 0
}

func encodedWhole(samples []int16, c Codec) []byte {
	if c != G722 {
		out := make([]byte, len(samples))
		newEncoder(c).encode(out, samples)
		return out
	}
	wide := make([]int16, 2*len(samples))
	new(upsampler).convert(wide, samples)
	out := make([]byte, len(samples))
	newG722Encoder().encode(out, wide)
	return out
}
