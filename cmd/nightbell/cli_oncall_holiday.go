package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"nightbell/console"
)

type oncallHolidaysCmd struct {
	Clinic  string   `arg:"" help:"Clinic id."`
	Federal bool     `help:"Put the eleven US federal holidays in."`
	Set     []string `name:"set" sep:"none" help:"Add or change one: \"Founders Day=11-03\", \"Day after Thanksgiving=fri:4:11\" (weekday:nth:month)." placeholder:"NAME=DATE"`
	Remove  []string `sep:"none" help:"Take one out, by name." placeholder:"NAME"`
	motive
}

func (oncallHolidaysCmd) Help() string {
	return `Without a flag they are shown. A layer that holds on a holiday names it, so a name that a layer uses cannot go.

Examples:
  nightbell oncall holidays harbor
  nightbell oncall holidays harbor --federal
  nightbell oncall holidays harbor --set "Founders Day=11-03" --remove "Columbus Day"`
}

// holidaysJSON is the body that puts a clinic's holidays.
type holidaysJSON struct {
	Holidays []console.HolidayBody `json:"holidays"`
	motiveJSON
}

func (c oncallHolidaysCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(api *client) error {
		var v console.ClinicView
		if err := api.ask(ctx, "GET", pathOf("clinics", c.Clinic), nil, &v); err != nil {
			return err
		}
		if !c.Federal && len(c.Set) == 0 && len(c.Remove) == 0 {
			return s.show(listOf[console.HolidayBody]{Items: v.Holidays}, func(w io.Writer) { printHolidays(w, v.Holidays) })
		}
		clocks, err := s.clocks(ctx, api, rotaScope{Clinic: c.Clinic})
		if err != nil {
			return err
		}
		list, err := c.edited(v.Holidays)
		if err != nil {
			return err
		}
		if err := clocks.spoken(c.Remove); err != nil {
			return err
		}
		ch := &changing{s, api, clocks}
		var saved console.Saved
		r := request{"PUT", pathOf("clinics", c.Clinic, "holidays"), holidaysJSON{list, c.json()}}
		if err := api.askIf(ctx, v.Tag, r, &saved); err != nil {
			return ch.refused(err)
		}
		return ch.saved(saved)
	})
}

// spoken refuses to take away a holiday that a layer names: the layer would silently never stand again.
func (c *clocks) spoken(names []string) error {
	for _, s := range c.schedules {
		for _, l := range s.Layers {
			for _, name := range names {
				if slices.Contains(l.Holidays, name) {
					return fmt.Errorf("holiday %q: layer %s of schedule %s holds on it", plain(name), plain(l.ID), plain(s.ID))
				}
			}
		}
	}
	return nil
}

// edited makes the new list out of the old one.
func (c oncallHolidaysCmd) edited(old []console.HolidayBody) ([]console.HolidayBody, error) {
	list := append([]console.HolidayBody{}, old...)
	put := func(h console.HolidayBody) {
		for i := range list {
			if list[i].Name == h.Name {
				list[i] = h
				return
			}
		}
		list = append(list, h)
	}
	if c.Federal {
		for _, h := range console.FederalHolidays() {
			put(h)
		}
	}
	for _, text := range c.Set {
		h, err := holidayFrom(text)
		if err != nil {
			return nil, err
		}
		put(h)
	}
	for _, name := range c.Remove {
		before := len(list)
		kept := list[:0]
		for _, h := range list {
			if h.Name != name {
				kept = append(kept, h)
			}
		}
		if list = kept; len(list) == before {
			return nil, fmt.Errorf("no holiday %q", plain(name))
		}
	}
	return list, nil
}

// holidayFrom reads "NAME=11-03" or "NAME=fri:4:11".
func holidayFrom(text string) (h console.HolidayBody, err error) {
	name, date, ok := strings.Cut(text, "=")
	if h.Name = strings.TrimSpace(name); !ok || h.Name == "" {
		return h, errUsage("--set NAME=MM-DD or NAME=WEEKDAY:NTH:MONTH")
	}
	var day string
	if n, _ := fmt.Sscanf(date, "%d-%d", &h.Month, &h.Day); n == 2 {
		return h, nil
	}
	parts := strings.SplitN(date, ":", 2)
	day = strings.ToLower(parts[0])
	for i, known := range weekdayNames {
		if known == day {
			h.Weekday = i + 1
		}
	}
	if len(parts) == 2 {
		if n, _ := fmt.Sscanf(parts[1], "%d:%d", &h.Nth, &h.Month); n == 2 && h.Weekday > 0 {
			return h, nil
		}
	}
	return h, errUsage("--set NAME=MM-DD or NAME=WEEKDAY:NTH:MONTH, such as fri:4:11")
}

func printHolidays(w io.Writer, list []console.HolidayBody) {
	row(w, "HOLIDAY", "WHEN", "FROM A WEEKEND")
	for _, h := range list {
		month := time.Month(h.Month).String()
		when := fmt.Sprintf("%s %d", month, h.Day)
		if h.Weekday > 0 && h.Weekday <= 7 {
			when = fmt.Sprintf("%s number %d of %s", weekdayNames[h.Weekday-1], h.Nth, month)
			if h.Nth < 0 {
				when = fmt.Sprintf("last %s of %s", weekdayNames[h.Weekday-1], month)
			}
		}
		row(w, h.Name, when, h.Observed)
	}
}
