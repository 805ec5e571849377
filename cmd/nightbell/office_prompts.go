package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"nightbell/audit"
	"nightbell/console"
	"nightbell/media"
	"nightbell/phi"
	"nightbell/policy"
	"nightbell/store"
)

// prompts is what callers hear, as people change it.
type prompts struct{ *office }

// List gives what is kept and, where nothing is laid over it, what the program brings.
func (p prompts) List(ctx context.Context, only string) ([]console.PromptView, error) {
	q := store.PromptQuery{Removed: true}
	if only != "" {
		q.Clinics = []string{only, ""}
	}
	rows, err := p.Store.Prompts(ctx, q)
	if err != nil {
		return nil, known(err)
	}
	all, taken := []console.PromptView{}, map[string]bool{}
	for _, row := range rows {
		v, place := promptView(row), promptPlace(row.Clinic, row.Name, row.Language)
		v.Played = row.Removed.IsZero() && !taken[place]
		taken[place] = taken[place] || v.Played
		all = append(all, v)
	}
	own := media.Prompts()
	for _, name := range slices.Sorted(maps.Keys(own)) {
		all = append(all, console.PromptView{
			Name: name, Kind: "built_in", Source: "built_in", Seconds: own[name].Duration().Seconds(), Played: !taken[name],
		})
	}
	return all, nil
}

func promptView(row store.Prompt) console.PromptView {
	return console.PromptView{
		ID: row.ID, Clinic: row.Clinic, Name: row.Name, Language: row.Language, Kind: string(row.Kind), Source: row.Source,
		Seconds: row.Duration().Seconds(), SHA256: fmt.Sprintf("%x", row.SHA256), Text: row.Text.Reveal(), Made: row.Made,
		MadeBy: row.MadeBy, Removed: row.Removed,
	}
}

func (p prompts) Find(ctx context.Context, id string) (console.PromptView, error) {
	row, err := p.Store.Prompt(ctx, id)
	if err != nil {
		return console.PromptView{}, known(err)
	}
	return promptView(row), nil
}

func (p prompts) Put(ctx context.Context, at console.PromptPlace, file []byte, by audit.Actor) (console.PromptView, error) {
	sound, err := media.ImportSound(file)
	if err != nil {
		return console.PromptView{}, console.Mistakes{{Field: "body", Text: "the file is " + err.Error()}}
	}
	v, err := p.keep(ctx, by, at, kept{sound: sound.Sound, source: "upload"})
	v.Warnings = append(v.Warnings, sound.Warnings...)
	return v, err
}

// kept is a sound on its way to the shelf.
type kept struct {
	sound  media.Sound // at media.ImportRate
	source string
	text   string
}

// keep stores a prompt and plays it from now on.
func (p prompts) keep(ctx context.Context, by audit.Actor, at console.PromptPlace, k kept) (console.PromptView, error) {
	if err := p.place(ctx, at); err != nil {
		return console.PromptView{}, err
	}
	row, err := p.Store.PutPrompt(ctx, by, store.Prompt{
		Clinic: at.Clinic, Name: at.Name, Language: at.Language, Source: k.source, Text: phi.NewText(k.text),
		Kind: cmp.Or(store.PromptKind(at.Kind), store.SealedPrompt),
	}, promptPCM(k.sound))
	if err != nil {
		return console.PromptView{}, known(err)
	}
	v := promptView(row)
	v.Played = true
	if err := p.shelf.read(ctx); err != nil {
		v.Warnings = append(v.Warnings, "a prompt cannot be read: "+err.Error())
	}
	v.Warnings = append(v.Warnings, p.concerned(ctx, at)...)
	return v, nil
}

// place checks whose prompt is put, and which.
func (p prompts) place(ctx context.Context, at console.PromptPlace) error {
	if p.Ring == nil {
		return console.ErrSealed
	}
	var wrong console.Mistakes
	if !policy.PromptName(at.Name) {
		wrong = append(wrong, console.Mistake{Field: "path.name", Text: "may hold a-z, 0-9, dot, underscore and hyphen only"})
	}
	if at.Language != "" && !policy.LanguageTag(at.Language) {
		wrong = append(wrong, console.Mistake{Field: "query.language", Text: "is not a tag like es"})
	}
	if len(wrong) > 0 {
		return wrong
	}
	if at.Clinic == "" {
		return nil
	}
	s, err := rulebook{p.office}.snapshot(ctx)
	if err != nil {
		return err
	}
	if _, ok := s.Clinic(at.Clinic); !ok {
		return console.ErrNotFound
	}
	return nil
}

// mostConcerned bounds the warnings of a prompt that every clinic plays.
const mostConcerned = 5

// concerned says what the prompt makes of the clinics that play it: words that are too long above all.
func (p prompts) concerned(ctx context.Context, at console.PromptPlace) (warnings []string) {
	s, err := rulebook{p.office}.snapshot(ctx)
	if err != nil {
		return nil
	}
	for _, c := range s.Book.Clinics {
		spoken := []string{c.Greeting, c.Announce, c.Features.Emergency, policy.DefaultAnnounce}
		if at.Clinic != "" && c.ID != at.Clinic || !slices.Contains(spoken, at.Name) {
			continue
		}
		for _, w := range policy.CallWarnings(c, s.Book, p.shelf.lengths(c.ID)) {
			if w.Field == "greeting" && len(warnings) < mostConcerned {
				warnings = append(warnings, "clinic "+c.ID+": "+w.Text)
			}
		}
	}
	return warnings
}

func (p prompts) Sound(ctx context.Context, id string) ([]byte, error) {
	pcm, err := p.Store.PromptSound(ctx, id)
	if err != nil {
		return nil, known(err)
	}
	var wav bytes.Buffer
	err = media.WriteWAV(&wav, promptSound(pcm))
	return wav.Bytes(), err
}

func (p prompts) Remove(ctx context.Context, id string, by audit.Actor) error {
	if err := p.Store.RemovePrompt(ctx, by, id); err != nil {
		return known(err)
	}
	return known(p.shelf.read(ctx))
}

func (p prompts) Restore(ctx context.Context, id string, by audit.Actor) error {
	if err := p.Store.RestorePrompt(ctx, by, id); err != nil {
		return known(err)
	}
	return known(p.shelf.read(ctx))
}

// PutPrompt keeps a prompt that somebody spoke over the telephone.
func (o *office) PutPrompt(ctx context.Context, by audit.Actor, at console.PromptPlace, s media.Sound) (console.PromptView, error) {
	var file bytes.Buffer
	if err := media.WriteWAV(&file, s); err != nil {
		return console.PromptView{}, err
	}
	sound, err := media.ImportSound(file.Bytes()) // the same rate and the same bounds as every other
	if err != nil {
		return console.PromptView{}, errors.New("prompt: " + err.Error())
	}
	return prompts{o}.keep(ctx, by, at, kept{sound: sound.Sound, source: "phone"})
}
