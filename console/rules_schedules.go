package console

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"nightbell/audit"
	"nightbell/policy"
)

func listSchedules(c *Console, ctx context.Context, in *ClinicScope) (*answer[list[ScheduleView]], error) {
	items, err := perClinic(ctx, in.Clinic, func(only string) ([]ScheduleView, error) { return c.ports.Schedules.List(ctx, only) })
	return say(paged(items, err, in.Bulk, func(v ScheduleView) string { return v.ID }))
}

// schedule finds a schedule that the caller may see.
func (c *Console) schedule(ctx context.Context, id string) (ScheduleView, error) {
	v, err := c.ports.Schedules.Find(ctx, id)
	if err = may(ctx, v.Clinic, err); err != nil {
		return ScheduleView{}, err
	}
	return v, nil
}

func showSchedule(c *Console, ctx context.Context, in *Named) (*tagged[ScheduleView], error) {
	v, err := c.schedule(ctx, in.ID)
	return tag(v, v.Tag, err)
}

type putScheduleIn struct {
	Named
	Condition
	Body struct {
		ScheduleBody
		Motive
	}
}

// putSchedule makes one only for a clinic that the caller sees, and changes only what she sees.
func putSchedule(c *Console, ctx context.Context, in *putScheduleIn) (*tagged[Saved], error) {
	if err := c.mayPut(ctx, in.ID, in.Body.Clinic); err != nil {
		return nil, err
	}
	r, err := in.revision(ctx, in.ID, in.Body.Motive)
	if err != nil {
		return nil, err
	}
	return saved(ctx)(c.ports.Schedules.Put(ctx, r, in.Body.ScheduleBody))
}

// mayPut: the clinic named must be the caller's, and so must be the schedule's, if there is one.
func (c *Console) mayPut(ctx context.Context, id, clinic string) error {
	if err := may(ctx, clinic, nil); err != nil {
		return err
	}
	v, err := c.ports.Schedules.Find(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return may(ctx, v.Clinic, err)
}

type removeScheduleIn struct {
	Named
	Condition
	Reason string `query:"reason" maxLength:"200"`
}

func removeSchedule(c *Console, ctx context.Context, in *removeScheduleIn) (*tagged[Saved], error) {
	if _, err := c.schedule(ctx, in.ID); err != nil {
		return nil, err
	}
	r, err := in.revision(ctx, in.ID, Motive{Reason: in.Reason})
	if err != nil {
		return nil, err
	}
	return saved(ctx)(c.ports.Schedules.Remove(ctx, r))
}

type editScheduleIn struct {
	Named
	Condition
	Body struct {
		Edits []EditBody `json:"edits" nullable:"false" minItems:"1" maxItems:"64" doc:"in order; all of them or none"`
		Motive
	}
}

// restructures are the edits that change the rota itself, not who stands for a time.
var restructures = []string{"members", "anchor", "every", "layers", "deactivate"}

func editSchedule(c *Console, ctx context.Context, in *editScheduleIn) (*tagged[Saved], error) {
	if _, err := c.schedule(ctx, in.ID); err != nil {
		return nil, err
	}
	m := in.Body.Motive
	for i, e := range in.Body.Edits {
		if slices.Contains(restructures, e.Do) && !askingOf(ctx).who.Has(RulesWrite) {
			return nil, ErrNotAllowed
		}
		if err := e.plain(fmt.Sprintf("body.edits[%d]", i)); err != nil {
			return nil, err
		}
		if m.Reason == "" {
			m.Reason = e.Reason
		}
	}
	r, err := in.revision(ctx, in.ID, m)
	if err != nil {
		return nil, err
	}
	return saved(ctx)(c.ports.Schedules.Edit(ctx, r, in.Body.Edits))
}

func (e *EditBody) plain(at string) error {
	if err := plainText(at+".reason", e.Reason); err != nil {
		return err
	}
	return plainText(at+".note", e.Note)
}

type previewIn struct {
	Named
	Body Proposal
}

// previewSchedule takes a schedule that does not stand yet too, for a clinic that the caller sees.
func previewSchedule(c *Console, ctx context.Context, in *previewIn) (*answer[Preview], error) {
	if err := c.mayPropose(ctx, in.ID, &in.Body); err != nil {
		return nil, err
	}
	p, err := c.ports.Previews.Preview(ctx, in.ID, in.Body)
	if err != nil {
		return nil, err
	}
	if err := c.rememberReplay(ctx, in.ID, p.Report.Replay); err != nil {
		return nil, err
	}
	hide(ctx, &p.Report)
	return say(p.tidy(), nil)
}

// rememberReplay: past calls were looked at, even if no number of theirs is shown.
func (c *Console) rememberReplay(ctx context.Context, schedule string, r *policy.Replay) error {
	if r == nil {
		return nil
	}
	facts := map[string]string{"calls": strconv.Itoa(r.Total), "differ": strconv.Itoa(r.Others + r.Nobody)}
	e := askingOf(ctx).event("schedule:"+schedule, askingOf(ctx).oneClinic(), notice{facts: facts})
	e.Action = audit.CallsReplayed
	return c.note(ctx, e)
}

func (c *Console) mayPropose(ctx context.Context, id string, p *Proposal) error {
	if p.Replay && !askingOf(ctx).who.Has(CallsRead) {
		return ErrNotAllowed
	}
	if p.Schedule != nil {
		return c.mayPut(ctx, id, p.Schedule.Clinic)
	}
	_, err := c.schedule(ctx, id)
	return err
}

func (p Preview) tidy() Preview {
	p.Warnings, p.Because = noNil(p.Warnings), noNil(p.Because)
	p.Shifts, p.Before = noNil(p.Shifts), noNil(p.Before)
	return p
}

// noNil makes an empty list of none: a JSON null is no list.
func noNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func listVersions(c *Console, ctx context.Context, in *Named) (*answer[list[VersionView]], error) {
	if _, err := c.schedule(ctx, in.ID); err != nil {
		return nil, err
	}
	items, err := c.ports.Versions.List(ctx, in.ID)
	return say(listed(items, ""), err)
}

type showVersionIn struct {
	Named
	Version int `path:"version" minimum:"1" maximum:"1000000000"`
}

func showVersion(c *Console, ctx context.Context, in *showVersionIn) (*answer[VersionView], error) {
	if _, err := c.schedule(ctx, in.ID); err != nil {
		return nil, err
	}
	v, err := c.ports.Versions.Find(ctx, in.ID, in.Version)
	v.Changes = noNil(v.Changes)
	return say(v, err)
}

type restoreIn struct {
	Named
	Condition
	Body struct {
		Restoration
		Motive
	}
}

func restoreVersion(c *Console, ctx context.Context, in *restoreIn) (*tagged[Saved], error) {
	if _, err := c.schedule(ctx, in.ID); err != nil {
		return nil, err
	}
	r, err := in.revision(ctx, in.ID, in.Body.Motive)
	if err != nil {
		return nil, err
	}
	return saved(ctx)(c.ports.Versions.Restore(ctx, r, in.Body.Restoration))
}

type checkRotaIn struct {
	Named
	Body RotaFile
}

func checkRota(c *Console, ctx context.Context, in *checkRotaIn) (*answer[RotaDifference], error) {
	if _, err := c.schedule(ctx, in.ID); err != nil {
		return nil, err
	}
	d, err := c.ports.Previews.Compare(ctx, in.ID, in.Body)
	d.Shifts, d.Added, d.Removed = noNil(d.Shifts), noNil(d.Added), noNil(d.Removed)
	hide(ctx, d.Report)
	d.Unknown, d.Warnings = noNil(d.Unknown), noNil(d.Warnings)
	return say(d, err)
}

type importRotaIn struct {
	Named
	Condition
	Body struct {
		RotaFile
		Motive
	}
}

func importRota(c *Console, ctx context.Context, in *importRotaIn) (*tagged[Saved], error) {
	if _, err := c.schedule(ctx, in.ID); err != nil {
		return nil, err
	}
	r, err := in.revision(ctx, in.ID, in.Body.Motive)
	if err != nil {
		return nil, err
	}
	return saved(ctx)(c.ports.Previews.Import(ctx, r, in.Body.RotaFile))
}
