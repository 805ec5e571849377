package store

import (
	"encoding/json"

	"nightbell/audit"
	"nightbell/policy"
)

// clearPerson is a person in clear, to compare and to seal; never kept or shown as it is.
type clearPerson struct {
	Body        json.RawMessage `json:"body"`
	Name, Phone string
}

func personImage(p policy.Person) (any, error) {
	body, err := personBody(p)
	return clearPerson{body, p.Name.Reveal(), p.Phone.Reveal()}, err
}

func (a *applying) people(old, b *policy.Book) error {
	return diff[policy.Person]{
		kind: "person", key: func(p policy.Person) string { return p.ID }, image: personImage,
		put: a.putPerson,
		drop: func(p policy.Person) error {
			return a.remove("UPDATE people SET removed = ?, active = 0 WHERE id = ?", p.ID)
		},
		note: func(p policy.Person, ch change) error { return a.note(audit.PersonChanged, "person", p.ID, "", ch) },
	}.run(old.People, b.People)
}

func (a *applying) putPerson(rank int, p policy.Person) error {
	body, err := personBody(p)
	if err != nil {
		return err
	}
	name, err := sealCell(a.k, personCell("name_cell", p.ID), p.Name.Reveal())
	if err != nil {
		return err
	}
	phone, err := sealCell(a.k, personCell("phone_cell", p.ID), p.Phone.Reveal())
	if err != nil {
		return err
	}
	_, err = a.t.exec(`INSERT INTO people (id, rank, role, active, name_cell, phone_cell, body) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET rank = excluded.rank, role = excluded.role, active = excluded.active,
		name_cell = excluded.name_cell, phone_cell = excluded.phone_cell, body = excluded.body, removed = NULL`,
		p.ID, rank, p.Role, p.Active, name, phone, string(body))
	return err
}

func (a *applying) devices(old, b *policy.Book) error {
	return diff[policy.Device]{
		kind: "device", key: func(d policy.Device) string { return d.User }, image: plainImage[policy.Device],
		put: func(rank int, d policy.Device) error {
			_, err := a.t.exec(`INSERT INTO devices (user, rank, person, md5_until) VALUES (?, ?, ?, ?) ON CONFLICT (user)
				DO UPDATE SET rank = excluded.rank, person = excluded.person, md5_until = excluded.md5_until, revoked = NULL`,
				d.User, rank, d.Person, micros(d.MD5Until))
			return err
		},
		drop: func(d policy.Device) error {
			if err := a.t.unreadyDevice(a.actor, d.User); err != nil {
				return err
			}
			return a.remove("UPDATE devices SET secret_cell = NULL, revoked = ? WHERE user = ?", d.User)
		},
		note: func(d policy.Device, ch change) error {
			action := audit.DeviceChanged
			if ch.After == nil {
				action = audit.DeviceRevoked
			}
			return a.note(action, "device", d.User, "", ch)
		},
	}.run(old.Devices, b.Devices)
}
