package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"

	"nightbell/console"
	"nightbell/media"
)

type promptsCmd struct {
	List    promptsListCmd    `cmd:"" help:"What callers hear."`
	Put     promptsPutCmd     `cmd:"" help:"Upload a sound file: WAV, FLAC, Ogg or MP3."`
	Speak   promptsSpeakCmd   `cmd:"" help:"Make a prompt from text, by espeak-ng."`
	Save    promptsSaveCmd    `cmd:"" help:"Write a prompt to a WAV file."`
	Remove  promptsRemoveCmd  `cmd:"" help:"Remove a prompt; the one below it, or the program's own, is played again."`
	Restore promptsRestoreCmd `cmd:"" help:"Play a removed prompt again."`
}

type promptsListCmd struct {
	Clinic string `help:"Of this clinic, and the house's."`
}

func (promptsListCmd) Help() string {
	return "Example:\n  nightbell prompts list --clinic harbor"
}

func (c promptsListCmd) Run(ctx context.Context, s *session) error {
	return table(ctx, s, "/api/v1/prompts"+query("clinic", c.Clinic), func(w io.Writer, items []console.PromptView) {
		row(w, "ID", "CLINIC", "NAME", "LANGUAGE", "SECONDS", "KIND", "FROM", "PLAYED")
		for _, p := range items {
			played := map[bool]string{true: "yes", false: "no"}[p.Played]
			if !p.Removed.IsZero() {
				played = "removed"
			}
			row(w, p.ID, p.Clinic, p.Name, p.Language, fmt.Sprintf("%.1f", p.Seconds), p.Kind, p.Source, played)
		}
	})
}

// promptPlaced says whose prompt is put, and which.
type promptPlaced struct {
	Name     string `arg:"" help:"As the rules name it: greeting, main_menu."`
	Clinic   string `help:"Of this clinic; the house's if absent."`
	Language string `help:"Of callers in this language: es."`
	Music    bool   `help:"Kept plain, not sealed: it names nobody."`
}

func (p promptPlaced) path(does string) string {
	kind := "sealed"
	if p.Music {
		kind = "plain"
	}
	return "/api/v1/prompts/" + url.PathEscape(p.Name) + does + query("clinic", p.Clinic, "language", p.Language, "kind", kind)
}

type promptsPutCmd struct {
	promptPlaced
	File string `arg:"" help:"Sound file, 20 MB and ten minutes at most; - for standard input."`
}

func (promptsPutCmd) Help() string {
	return `The file is checked, converted once, and played from the next call on. Exit 1 when it is no sound.

Examples:
  nightbell prompts put greeting hello.flac --clinic harbor
  nightbell prompts put greeting hola.ogg --clinic harbor --language es
  nightbell prompts put music piano.mp3 --music`
}

func (c promptsPutCmd) Run(ctx context.Context, s *session) error {
	from := s.in
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return fmt.Errorf("prompt: %w", err)
		}
		defer f.Close()
		from = f
	}
	file, err := io.ReadAll(io.LimitReader(from, media.MaxImport+1))
	if err != nil {
		return fmt.Errorf("prompt: %w", err)
	}
	return s.with(ctx, func(api *client) error {
		var v console.PromptView
		if err := api.ask(ctx, "POST", c.path(""), file, &v); err != nil {
			return s.mistakes(err)
		}
		return s.show(v, func(w io.Writer) { printPrompt(w, v) })
	})
}

func printPrompt(w io.Writer, v console.PromptView) {
	fmt.Fprintf(w, "%s: %s, %.1f s, played from the next call on\n", v.ID, promptPlace(v.Clinic, v.Name, v.Language), v.Seconds)
	for _, text := range v.Warnings {
		fmt.Fprintln(w, "warning:", plain(text))
	}
}

type promptsSpeakCmd struct {
	promptPlaced
	Text  string `arg:"" help:"What callers hear; - for standard input. No patient in it."`
	Voice string `help:"Of espeak-ng: en-us, es."`
	Speed int    `help:"Words a minute." default:"150"`
}

func (promptsSpeakCmd) Help() string {
	return `Needs Debian's espeak-ng beside the server.

Example:
  nightbell prompts speak closed "We are closed. Please hold for the answering service." --clinic harbor`
}

func (c promptsSpeakCmd) Run(ctx context.Context, s *session) error {
	text := c.Text
	if text == "-" {
		all, err := io.ReadAll(io.LimitReader(s.in, 1<<16))
		if err != nil {
			return fmt.Errorf("prompt: %w", err)
		}
		text = strings.TrimSpace(string(all))
	}
	return s.with(ctx, func(api *client) error {
		var v console.PromptView
		body := console.Spoken{Text: text, Voice: c.Voice, Speed: c.Speed}
		if err := api.ask(ctx, "POST", c.path("/speak"), body, &v); err != nil {
			return s.mistakes(err)
		}
		return s.show(v, func(w io.Writer) { printPrompt(w, v) })
	})
}

type promptsSaveCmd struct {
	ID  string `arg:"" help:"Prompt id: nightbell prompts list."`
	Out string `arg:"" help:"WAV file to write; - for standard output."`
}

func (promptsSaveCmd) Help() string { return "Example:\n  nightbell prompts save 4uv2 greeting.wav" }

func (c promptsSaveCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(api *client) (err error) {
		body, err := api.stream(ctx, "GET", "/api/v1/prompts/"+url.PathEscape(c.ID)+"/audio", nil)
		if err != nil {
			return err
		}
		defer body.Close()
		if c.Out == "-" {
			_, err = io.Copy(s.out, body)
			return err
		}
		f, err := os.OpenFile(c.Out, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
		if err != nil {
			return fmt.Errorf("prompt: %w", err)
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		_, err = io.Copy(f, body)
		return err
	})
}

type promptsRemoveCmd struct {
	ID string `arg:"" help:"Prompt id."`
}

func (promptsRemoveCmd) Help() string { return "Example:\n  nightbell prompts remove 4uv2" }

func (c promptsRemoveCmd) Run(ctx context.Context, s *session) error {
	return s.turnPrompt(ctx, "DELETE", c.ID, "")
}

type promptsRestoreCmd struct {
	ID string `arg:"" help:"Prompt id."`
}

func (promptsRestoreCmd) Help() string { return "Example:\n  nightbell prompts restore 4uv2" }

func (c promptsRestoreCmd) Run(ctx context.Context, s *session) error {
	return s.turnPrompt(ctx, "POST", c.ID, "/restore")
}

func (s *session) turnPrompt(ctx context.Context, method, id, does string) error {
	return s.with(ctx, func(api *client) error {
		body, err := api.stream(ctx, method, "/api/v1/prompts/"+url.PathEscape(id)+does, nil)
		if err != nil {
			return err
		}
		return body.Close()
	})
}
