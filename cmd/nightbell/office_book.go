package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"nightbell/audit"
	"nightbell/book"
	"nightbell/console"
	"nightbell/policy"
)

// books keeps the rules.
type books struct{ *office }

func (b books) Show(ctx context.Context, sight console.Sight) (console.BookView, error) {
	now, err := b.Store.Book(ctx)
	if err != nil {
		return console.BookView{}, known(err)
	}
	how := book.Redacted
	if sight == console.Clear {
		how = book.Clear
	}
	text, err := book.Render(now, how)
	if err != nil {
		return console.BookView{}, err
	}
	return console.BookView{Version: now.Version, ZoneData: b.Zones().Version, TOML: string(text), Counts: map[string]int{
		"clinics": len(now.Clinics), "numbers": len(now.Numbers), "trunks": len(now.Trunks), "people": len(now.People),
		"devices": len(now.Devices), "schedules": len(now.Schedules),
	}}, nil
}

func (b books) Check(ctx context.Context, f console.BookFile) (console.Difference, error) {
	_, d, err := b.compare(ctx, f)
	return d, err
}

// compare reads a file and holds it against the rules that stand.
func (b books) compare(ctx context.Context, f console.BookFile) (*policy.Book, console.Difference, error) {
	read, err := book.Parse(f.TOML, book.Reading{File: f.Name, Now: b.now(), Zones: b.Zones()})
	if err != nil {
		return nil, console.Difference{}, mistakesOf(err)
	}
	now, err := b.Store.Book(ctx)
	if err != nil {
		return nil, console.Difference{}, known(err)
	}
	wanted := read.Book
	against := *now
	if wanted.Devices == nil {
		against.Devices = nil // a file that names no device leaves devices as they are
	}
	d := console.Difference{From: now.Version, To: now.Version, Changes: []console.Change{}, Warnings: []string{}}
	for _, c := range book.Diff(&against, wanted) {
		d.Changes = append(d.Changes, console.Change(c))
	}
	for _, w := range read.Warnings {
		d.Warnings = append(d.Warnings, w.Error())
	}
	d.Warnings = append(d.Warnings, b.unknownPrompts(wanted)...)
	return wanted, d, nil
}

// unknownPrompts warns of names that nothing can be played for: such a prompt takes no time, and a last resort without one
// falls back to the program's own.
func (b books) unknownPrompts(wanted *policy.Book) (warnings []string) {
	for _, c := range wanted.Clinics {
		known := b.shelf.lengths(c.ID)
		for field, name := range map[string]string{"greeting": c.Greeting, "announce": c.Announce, "last_resort": c.LastResort} {
			if _, stands := known(name); name != "" && !stands {
				warnings = append(warnings, fmt.Sprintf("clinic %s: %s: no prompt has this name: nothing will be played", c.ID, field))
			}
		}
	}
	slices.Sort(warnings)
	return warnings
}

// Apply makes the keys of new clinics before their first row is written, then changes everything in one transaction.
func (b books) Apply(ctx context.Context, f console.BookFile, by audit.Actor) (console.Difference, error) {
	wanted, d, err := b.compare(ctx, f)
	if err != nil {
		return d, err
	}
	if f.Expect != "" && f.Expect != d.From {
		return d, console.ErrConflict
	}
	if b.Ring == nil {
		return d, console.ErrSealed
	}
	for _, c := range wanted.Clinics {
		if err := b.Ring.EnsureClinic(c.ID); err != nil {
			return d, known(fmt.Errorf("keys of clinic %s: %w", c.ID, err))
		}
	}
	wanted.Version = d.From
	if d.To, err = b.Store.ApplyBook(ctx, by, *wanted); err != nil {
		return d, known(err)
	}
	d.Applied = true
	return d, nil
}

func mistakesOf(err error) error {
	var all book.Mistakes
	if !errors.As(err, &all) {
		return err
	}
	out := make(console.Mistakes, len(all))
	for i, m := range all {
		out[i] = console.Mistake(m)
	}
	return out
}
