package console

import (
	"context"

	"nightbell/policy"
)

// ClinicScope narrows a list to one clinic.
type ClinicScope struct {
	Clinic string `query:"clinic" maxLength:"64" doc:"clinic id; empty: all that may be seen"`
	Bulk
}

func listClinics(c *Console, ctx context.Context, in *ClinicScope) (*answer[list[ClinicView]], error) {
	items, err := perClinic(ctx, in.Clinic, func(only string) ([]ClinicView, error) { return c.ports.Clinics.List(ctx, only) })
	return say(paged(items, err, in.Bulk, func(v ClinicView) string { return v.ID }))
}

func (c *Console) clinic(ctx context.Context, id string) (ClinicView, error) {
	if err := may(ctx, id, nil); err != nil {
		return ClinicView{}, err
	}
	return c.ports.Clinics.Find(ctx, id)
}

func showClinic(c *Console, ctx context.Context, in *Named) (*tagged[ClinicView], error) {
	v, err := c.clinic(ctx, in.ID)
	return tag(v, v.Tag, err)
}

type putClinicIn struct {
	Named
	Condition
	Body struct {
		ClinicBody
		Motive
	}
}

func putClinic(c *Console, ctx context.Context, in *putClinicIn) (*tagged[Saved], error) {
	r, err := in.revision(ctx, in.ID, in.Body.Motive)
	if err != nil {
		return nil, err
	}
	return saved(ctx)(c.ports.Clinics.Put(ctx, r, in.Body.ClinicBody))
}

type putHoursIn struct {
	Named
	Condition
	Body struct {
		Hours []WindowBody `json:"hours" nullable:"false" maxItems:"64"`
		Motive
	}
}

func putHours(c *Console, ctx context.Context, in *putHoursIn) (*tagged[Saved], error) {
	r, err := in.revision(ctx, in.ID, in.Body.Motive)
	if err = may(ctx, in.ID, err); err != nil {
		return nil, err
	}
	return saved(ctx)(c.ports.Clinics.Hours(ctx, r, in.Body.Hours))
}

type putHolidaysIn struct {
	Named
	Condition
	Body struct {
		Holidays []HolidayBody `json:"holidays" nullable:"false" maxItems:"64"`
		Motive
	}
}

func putHolidays(c *Console, ctx context.Context, in *putHolidaysIn) (*tagged[Saved], error) {
	r, err := in.revision(ctx, in.ID, in.Body.Motive)
	if err = may(ctx, in.ID, err); err != nil {
		return nil, err
	}
	return saved(ctx)(c.ports.Clinics.Holidays(ctx, r, in.Body.Holidays))
}

func federalHolidays(_ *Console, _ context.Context, _ *struct{}) (*answer[list[HolidayBody]], error) {
	return say(listed(FederalHolidays(), ""), nil)
}

// FederalHolidays is policy's list in the form of the API.
func FederalHolidays() []HolidayBody {
	var out []HolidayBody
	for _, h := range policy.FederalHolidays() {
		out = append(out, HolidayBody{Name: h.Name, Month: int(h.Month), Day: h.Day, Weekday: h.Weekday, Nth: h.Nth, Observed: string(h.Observed)})
	}
	return out
}
