package main

import (
	"context"
	"time"

	"nightbell/book"
	"nightbell/console"
	"nightbell/policy"
)

// outwardRules is what belongs to the whole house: laws of consent, carriers, the way of 911.
type outwardRules struct{ rulebook }

func (r outwardRules) Laws(ctx context.Context) (v console.LawsView, err error) {
	s, err := r.snapshot(ctx)
	if err != nil {
		return v, err
	}
	table := s.Book.Laws
	if v.BuiltIn = len(table) == 0; v.BuiltIn {
		table = policy.BuiltInLaws()
	}
	v.Items = []console.LawBody{}
	for _, l := range table {
		one, err := viewOf[console.LawBody](l)
		if err != nil {
			return v, err
		}
		v.Items = append(v.Items, one)
	}
	v.Tag, _ = r.tag(theLaws, "laws", s.Book)
	return v, nil
}

func (r outwardRules) PutLaws(ctx context.Context, rev console.Revision, list []console.LawBody) (console.Saved, error) {
	return r.change(ctx, rev, theLaws, func(d *draft) error {
		table, err := bodyOf[struct {
			Laws []policy.ConsentLaw `json:"items"`
		}](map[string]any{"items": list})
		if err != nil {
			return err
		}
		next := *d.book
		next.Laws = table.Laws
		d.book = &next
		return mistaken("body", policy.CheckLaws(next.Laws))
	})
}

func (r outwardRules) Carrier(ctx context.Context, trunk string) (v console.CarrierView, err error) {
	s, err := r.snapshot(ctx)
	if err != nil {
		return v, err
	}
	t, ok := s.Trunk(trunk)
	if !ok {
		return v, console.ErrNotFound
	}
	v.ID = trunk
	if t.Carrier != nil {
		body, err := viewOf[console.CarrierBody](*t.Carrier)
		if err != nil {
			return v, err
		}
		v.Carrier = &body
	}
	v.Tag, _ = r.tag(aTrunk, trunk, s.Book)
	return v, nil
}

func (r outwardRules) PutCarrier(ctx context.Context, rev console.Revision, b *console.CarrierBody) (console.Saved, error) {
	return r.change(ctx, rev, aTrunk, func(d *draft) error {
		was, ok := d.before.Trunk(rev.ID)
		if !ok {
			return console.ErrNotFound
		}
		next := *was
		if next.Carrier = nil; b != nil {
			c, err := bodyOf[policy.Carrier](b)
			if err != nil {
				return err
			}
			if err := d.carrier(c); err != nil {
				return err
			}
			next.Carrier = &c
		}
		d.book = policy.AmendTrunk(d.book, next)
		d.warnings = append(d.warnings, wordsOf(policy.HouseWarnings(d.book))...)
		if err := mistaken("body.carrier", policy.CheckCarrier(next)); err != nil {
			return err
		}
		return mistaken("body.carrier", policy.CheckEmergency(d.book.Emergency, d.book))
	})
}

// carrier refuses certificates that cannot be read and exceptions that last too long.
func (d *draft) carrier(c policy.Carrier) error {
	var wrong console.Mistakes
	if c.Roots != "" && !book.Certificates(c.Roots) {
		wrong = append(wrong, console.Mistake{Field: "body.carrier.roots", Text: "is not a list of PEM certificates"})
	}
	if left := c.MD5Until.Sub(d.now); !c.MD5Until.IsZero() && (left <= 0 || left > 90*24*time.Hour) {
		wrong = append(wrong, console.Mistake{Field: "body.carrier.md5_until", Text: "is over, or more than 90 days ahead"})
	}
	if len(wrong) == 0 {
		return nil
	}
	return wrong
}

func (r outwardRules) Emergency(ctx context.Context) (v console.EmergencyView, err error) {
	s, err := r.snapshot(ctx)
	if err != nil {
		return v, err
	}
	if v.EmergencyBody, err = viewOf[console.EmergencyBody](s.Book.Emergency); err != nil {
		return v, err
	}
	if own, ok := v.Locations[""]; ok {
		delete(v.Locations, "")
		v.Locations[book.House] = own
	}
	v.Warnings = []string{}
	if s.Book.Emergency.Trunk == "" {
		v.Warnings = append(v.Warnings, "911 cannot be dialled from this house's phones: their labels have to say so")
	}
	v.Tag, _ = r.tag(theLine, "line", s.Book)
	return v, nil
}

func (r outwardRules) PutEmergency(ctx context.Context, rev console.Revision, b console.EmergencyBody) (console.Saved, error) {
	return r.change(ctx, rev, theLine, func(d *draft) error {
		line, err := bodyOf[policy.EmergencyLine](b)
		if err != nil {
			return err
		}
		read := reading{}
		line.CallBack = read.telephone("body.call_back", line.CallBack)
		if own, ok := line.Locations[book.House]; ok {
			delete(line.Locations, book.House)
			line.Locations[""] = own
		}
		if err := read.err(); err != nil {
			return err
		}
		next := *d.book
		next.Emergency = line
		d.book = &next
		d.warnings = append(d.warnings, wordsOf(policy.HouseWarnings(d.book))...)
		return mistaken("body", policy.CheckEmergency(line, d.book))
	})
}
