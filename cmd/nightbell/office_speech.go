package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"

	"nightbell/audit"
	"nightbell/console"
	"nightbell/media"
)

// A text becomes a prompt through espeak-ng, where the machine has it: a program beside ours, without a shell, which gets
// the words on its standard input and gives a WAV back.
const (
	speaker     = "espeak-ng"
	speakTime   = 20 * time.Second
	usualVoice  = "en-us"
	usualSpeed  = 150 // words a minute
	speakerLost = "espeak-ng is not installed here: upload a file, or apt install espeak-ng"
)

var voiceForm = regexp.MustCompile(`^[a-z]{2,3}(-[a-z0-9]{1,8}){0,3}$`)

func (p prompts) Speak(ctx context.Context, at console.PromptPlace, words console.Spoken, by audit.Actor) (console.PromptView, error) {
	voice := strings.ToLower(cmp.Or(words.Voice, at.Language, usualVoice))
	if !voiceForm.MatchString(voice) {
		return console.PromptView{}, console.Mistakes{{Field: "body.voice", Text: "is not a voice like en-us"}}
	}
	if err := p.place(ctx, at); err != nil {
		return console.PromptView{}, err
	}
	wav, err := speech(ctx, words.Text, voice, cmp.Or(words.Speed, usualSpeed))
	if err != nil {
		return console.PromptView{}, &console.Refusal{Text: err.Error()}
	}
	sound, err := media.ImportSound(wav)
	if err != nil {
		return console.PromptView{}, &console.Refusal{Text: "what was spoken is " + err.Error()}
	}
	v, err := p.keep(ctx, by, at, kept{sound: sound.Sound, source: "text", text: words.Text})
	v.Warnings = append(v.Warnings, "callers hear these words: no patient may be named in them")
	return v, err
}

// speech asks the speaker. Its own messages are not repeated: they could hold the words.
func speech(ctx context.Context, text, voice string, speed int) ([]byte, error) {
	path, err := exec.LookPath(speaker)
	if err != nil {
		return nil, errors.New(speakerLost)
	}
	ctx, cancel := context.WithTimeout(ctx, speakTime)
	defer cancel()
	var wav bytes.Buffer
	c := exec.CommandContext(ctx, path, "-v", voice, "-s", strconv.Itoa(speed), "--stdin", "--stdout")
	c.Stdin, c.Stdout, c.Env, c.Dir = strings.NewReader(text), &bounded{&wav, media.MaxImport}, []string{"LC_ALL=C.UTF-8"}, "/"
	c.WaitDelay = time.Second
	if err := c.Run(); err != nil {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("%s took longer than %s", speaker, speakTime)
		}
		return nil, fmt.Errorf("%s does not speak with the voice %s", speaker, voice)
	}
	return wav.Bytes(), nil
}

// bounded is a writer that takes so much and no more.
type bounded struct {
	to   io.Writer
	left int
}

func (b *bounded) Write(p []byte) (int, error) {
	if len(p) > b.left {
		return 0, io.ErrShortWrite
	}
	b.left -= len(p)
	return b.to.Write(p)
}
