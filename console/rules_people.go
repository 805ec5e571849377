package console

import (
	"context"
	"slices"
)

func listPeople(c *Console, ctx context.Context, in *ClinicScope) (*answer[list[PersonView]], error) {
	items, err := c.people(ctx, in.Clinic, Redacted)
	return say(paged(items, err, in.Bulk, func(v PersonView) string { return v.ID }))
}

// people are those who stand in schedules of the clinics that the caller sees, each once.
func (c *Console) people(ctx context.Context, asked string, sight Sight) ([]PersonView, error) {
	items, err := perClinic(ctx, asked, func(only string) ([]PersonView, error) { return c.ports.People.List(ctx, only, sight) })
	seen := map[string]bool{}
	items = slices.DeleteFunc(items, func(p PersonView) bool {
		twice := seen[p.ID]
		seen[p.ID] = true
		return twice
	})
	return items, err
}

type revealPeopleIn struct {
	ClinicScope
	Body Because
}

func revealPeople(c *Console, ctx context.Context, in *revealPeopleIn) (*answer[list[PersonView]], error) {
	only, object := firstText(in.Clinic, askingOf(ctx).oneClinic()), "people"
	if only != "" {
		object = "clinic:" + only
	}
	if only != "" && !askingOf(ctx).sees(only) {
		return nil, ErrNotFound
	}
	if err := c.remember(ctx, object, only, notice{reason: in.Body.Reason}); err != nil {
		return nil, err
	}
	items, err := c.people(ctx, in.Clinic, Clear)
	return say(paged(items, err, in.Bulk, func(v PersonView) string { return v.ID }))
}

func firstText(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// showPerson shows whoever is bound to clinics those alone who stand in their schedules.
func showPerson(c *Console, ctx context.Context, in *Named) (*tagged[PersonView], error) {
	if !askingOf(ctx).unbound() {
		items, err := c.people(ctx, "", Redacted)
		for _, p := range items {
			if p.ID == in.ID {
				return tag(p, p.Tag, err)
			}
		}
		return nil, firstOf(err, ErrNotFound)
	}
	p, err := c.ports.People.Find(ctx, in.ID)
	return tag(p, p.Tag, err)
}

func firstOf(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

type putPersonIn struct {
	Named
	Condition
	Body struct {
		PersonBody
		Motive
	}
}

func putPerson(c *Console, ctx context.Context, in *putPersonIn) (*tagged[Saved], error) {
	r, err := in.revision(ctx, in.ID, in.Body.Motive)
	if err != nil {
		return nil, err
	}
	return saved(ctx)(c.ports.People.Put(ctx, r, in.Body.PersonBody))
}

type editPersonIn struct {
	Named
	Condition
	Body struct {
		Edit        EditBody `json:"edit"`
		Acknowledge string   `json:"acknowledge_gap,omitempty" maxLength:"200"`
	}
}

func editPerson(c *Console, ctx context.Context, in *editPersonIn) (*tagged[Saved], error) {
	e := in.Body.Edit
	r, err := in.revision(ctx, in.ID, Motive{e.Reason, in.Body.Acknowledge})
	if err != nil {
		return nil, err
	}
	if err := plainText("body.edit.note", e.Note); err != nil {
		return nil, err
	}
	return saved(ctx)(c.ports.People.Edit(ctx, r, e))
}
