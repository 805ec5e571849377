package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"nightbell/media"
	"nightbell/policy"
	"nightbell/store"
)

// shelf is every prompt that callers may hear, in memory: a call asks by name and never waits for the database. Each change
// makes a new one; who asked before keeps what she got.
type shelf struct {
	store *store.Store
	one   sync.Mutex // who reads it anew
	now   atomic.Pointer[shelved]
}

// shelved are the prompts as they stand, by how a call names them: "greeting", "greeting.es", "harbor~greeting.es".
type shelved struct {
	prompts map[string]*media.Prompt
	ids     map[string]*media.Prompt // by id in the database; the program's own have none
}

func newShelf(s *store.Store) *shelf {
	f := &shelf{store: s}
	f.now.Store(&shelved{prompts: media.Prompts()})
	return f
}

// prompt finds a prompt by the name that a call uses; nil: there is none.
func (f *shelf) prompt(name string) *media.Prompt { return f.now.Load().prompts[name] }

// promptPlace is how a call names a prompt of a clinic, in a language.
func promptPlace(clinic, name, language string) string {
	if clinic != "" {
		name = clinic + "~" + name
	}
	if language != "" {
		name += "." + language
	}
	return name
}

// read fetches what changed. A prompt that cannot be read is left out, and the one below it, or the program's own, is played;
// the error names it.
func (f *shelf) read(ctx context.Context) error {
	f.one.Lock()
	defer f.one.Unlock()
	rows, err := f.store.Prompts(ctx, store.PromptQuery{})
	if err != nil {
		return fmt.Errorf("prompts: %w", err)
	}
	was, next := f.now.Load(), &shelved{prompts: media.Prompts(), ids: map[string]*media.Prompt{}}
	taken := map[string]bool{}
	var trouble []error
	for _, row := range rows { // the newest of a place comes first
		name := promptPlace(row.Clinic, row.Name, row.Language)
		if taken[name] {
			continue
		}
		p := was.ids[row.ID]
		if p == nil {
			pcm, err := f.store.PromptSound(ctx, row.ID)
			if err != nil {
				trouble = append(trouble, err)
				continue
			}
			p = media.PromptOf(row.Name, promptSound(pcm))
		}
		taken[name], next.prompts[name], next.ids[row.ID] = true, p, p
	}
	f.now.Store(next)
	return errors.Join(trouble...)
}

// promptSound is PCM as the store keeps it.
func promptSound(pcm []byte) media.Sound {
	s := media.Sound{Rate: store.PromptRate, Samples: make([]int16, len(pcm)/2)}
	for i := range s.Samples {
		s.Samples[i] = int16(binary.LittleEndian.Uint16(pcm[2*i:]))
	}
	return s
}

// promptPCM is a sound as the store keeps it.
func promptPCM(s media.Sound) []byte {
	pcm := make([]byte, 0, 2*len(s.Samples))
	for _, x := range s.Samples {
		pcm = binary.LittleEndian.AppendUint16(pcm, uint16(x))
	}
	return pcm
}

// lengths says how long a clinic's prompts play: its own, else the house's, else the program's.
func (f *shelf) lengths(clinic string) policy.Lengths {
	return func(name string) (time.Duration, bool) {
		for _, try := range []string{promptPlace(clinic, name, ""), name} {
			if p := f.prompt(try); p != nil {
				return p.Duration(), true
			}
		}
		return 0, false
	}
}
