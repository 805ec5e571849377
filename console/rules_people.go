package console

import "context"

func listPeople(c *Console, ctx context.Context, in *ClinicScope) (*answer[list[PersonView]], error) {
	only, err := own(ctx, in.Clinic)
	if err != nil {
		return nil, err
	}
	items, err := c.ports.People.List(ctx, only, Redacted)
	return say(paged(items, err, in.Bulk, func(v PersonView) string { return v.ID }))
}

type revealPeopleIn struct {
	ClinicScope
	Body Because
}

func revealPeople(c *Console, ctx context.Context, in *revealPeopleIn) (*answer[list[PersonView]], error) {
	only, err := own(ctx, in.Clinic)
	if err != nil {
		return nil, err
	}
	object := "people"
	if only != "" {
		object = "clinic:" + only
	}
	if err := c.remember(ctx, object, only, notice{reason: in.Body.Reason}); err != nil {
		return nil, err
	}
	items, err := c.ports.People.List(ctx, only, Clear)
	return say(paged(items, err, in.Bulk, func(v PersonView) string { return v.ID }))
}

// showPerson shows a token of one clinic those alone who stand in its schedules.
func showPerson(c *Console, ctx context.Context, in *Named) (*tagged[PersonView], error) {
	if clinic := askingOf(ctx).who.Clinic; clinic != "" {
		items, err := c.ports.People.List(ctx, clinic, Redacted)
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
