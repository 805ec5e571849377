package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"nightbell/policy"
)

// A version of the book is filed as what differs from the one before, and now and then whole: an edit of one clinic among
// a thousand must not cost a thousand. Schedules stand in their own versions; the history says which.

// wholeEvery bounds how many differences a past book is put together from.
const wholeEvery = 32

// scheduleRef names a schedule's version.
type scheduleRef struct {
	ID      string `json:"id"`
	Version int64  `json:"version"`
}

// delta is a version as its difference from the last one that was filed.
type delta struct {
	CatchAll  string               `json:"catch_all"`
	Fallback  policy.FallbackTrunk `json:"fallback_trunk,omitzero"`
	Laws      []policy.ConsentLaw  `json:"consent_laws,omitempty"`
	Emergency policy.EmergencyLine `json:"emergency_line,omitzero"`
	Queues    part[policy.Queue]   `json:"queues,omitzero"`
	Clinics   part[policy.Clinic]  `json:"clinics,omitzero"`
	Numbers   part[policy.Number]  `json:"numbers,omitzero"`
	Trunks    part[policy.Trunk]   `json:"trunks,omitzero"`
	People    part[clearPerson]    `json:"people,omitzero"`
	Devices   *[]policy.Device     `json:"devices,omitempty"` // whole, where they may differ
	Schedules part[scheduleRef]    `json:"schedules,omitzero"`
}

// part is the difference of one list: what is new or changed, and the order of keys where that changed.
type part[T any] struct {
	Order []string `json:"order,omitempty"`
	Put   []T      `json:"put,omitempty"`
	None  bool     `json:"none,omitempty"` // the list is empty now
}

func partOf[T any](old, new []T, key func(T) string) part[T] {
	p := part[T]{None: len(new) == 0 && len(old) > 0}
	if moved(old, new, key) {
		p.Order = keysOf(new, key)
	}
	was := make(map[string]T, len(old))
	for _, v := range old {
		was[key(v)] = v
	}
	for _, v := range new {
		if before, had := was[key(v)]; !had || !reflect.DeepEqual(v, before) {
			p.Put = append(p.Put, v)
		}
	}
	return p
}

func keysOf[T any](list []T, key func(T) string) []string {
	keys := make([]string, len(list))
	for i, v := range list {
		keys[i] = key(v)
	}
	return keys
}

// over lays the difference over the list before.
func (p part[T]) over(base []T, key func(T) string) []T {
	if p.None {
		return nil
	}
	have := make(map[string]T, len(base)+len(p.Put))
	for _, v := range slices.Concat(base, p.Put) {
		have[key(v)] = v
	}
	order := p.Order
	if order == nil {
		order = keysOf(base, key)
	}
	out := make([]T, 0, len(order))
	for _, k := range order {
		if v, ok := have[k]; ok {
			out = append(out, v)
		}
	}
	return out
}

// reordered says that a list has another order: rows were moved, so that it is another version.
func reordered(old, b *policy.Book) bool {
	return moved(old.Clinics, b.Clinics, clinicKey) || moved(old.Numbers, b.Numbers, numberKey) ||
		moved(old.Trunks, b.Trunks, trunkKey) || moved(old.People, b.People, personKey) ||
		moved(old.Schedules, b.Schedules, scheduleKey) || moved(old.Devices, b.Devices, deviceKey) ||
		moved(old.Queues, b.Queues, queueKey)
}

func moved[T any](old, new []T, key func(T) string) bool {
	return !slices.EqualFunc(old, new, func(a, b T) bool { return key(a) == key(b) })
}

func deviceKey(d policy.Device) string     { return d.User }
func clinicKey(c policy.Clinic) string     { return c.ID }
func trunkKey(t policy.Trunk) string       { return t.ID }
func personKey(p policy.Person) string     { return p.ID }
func scheduleKey(s policy.Schedule) string { return s.ID }
func scheduleRefKey(r scheduleRef) string  { return r.ID }
func numberKey(n policy.Number) string {
	if n.Trunk == "" {
		return n.Number
	}
	return n.Number + "@" + n.Trunk
}

// difference is what a change makes of the book, list by list, with the values as they will be read.
type difference struct {
	clinics   part[policy.Clinic]
	numbers   part[policy.Number]
	trunks    part[policy.Trunk]
	people    part[policy.Person]
	schedules part[policy.Schedule]
	queues    part[policy.Queue]
	laws      []policy.ConsentLaw
}

func differenceOf(old, b *policy.Book) (d difference, err error) {
	d = difference{
		clinics: partOf(old.Clinics, b.Clinics, clinicKey), numbers: partOf(old.Numbers, b.Numbers, numberKey),
		trunks: partOf(old.Trunks, b.Trunks, trunkKey), people: partOf(old.People, b.People, personKey),
		schedules: partOf(old.Schedules, b.Schedules, scheduleKey), queues: partOf(old.Queues, b.Queues, queueKey),
		laws: b.Laws,
	}
	people, err := clearPeople(d.people.Put)
	if err != nil {
		return d, err
	}
	if d.people.Put, err = peopleOf(people); err != nil {
		return d, err
	}
	return d, errors.Join(asRead(&d.clinics.Put), asRead(&d.numbers.Put), asRead(&d.trunks.Put), asRead(&d.schedules.Put),
		asRead(&d.queues.Put), asRead(&d.laws))
}

// asRead makes values what they are when they come back.
func asRead[T any](list *[]T) error {
	text, err := json.Marshal(*list)
	if err != nil {
		return err
	}
	*list = nil
	return json.Unmarshal(text, list)
}

// after is the book as it now stands, without reading it; nil: it must be read.
func (d difference) after(old, b *policy.Book, version string) *policy.Book {
	if !reflect.DeepEqual(old.Devices, b.Devices) || slices.ContainsFunc(b.Schedules, twice) {
		return nil
	}
	return &policy.Book{
		Version: version, CatchAll: b.CatchAll, Fallback: b.Fallback, Clinics: d.clinics.over(old.Clinics, clinicKey),
		Numbers: d.numbers.over(old.Numbers, numberKey), Trunks: d.trunks.over(old.Trunks, trunkKey),
		People: d.people.over(old.People, personKey), Devices: old.Devices,
		Schedules: d.schedules.over(old.Schedules, scheduleKey), Edits: b.Edits,
		Queues: d.queues.over(old.Queues, queueKey), Laws: d.laws, Emergency: b.Emergency,
	}
}

// twice says that an override's id is used twice: such a list does not come back as it went.
func twice(s policy.Schedule) bool {
	seen := make(map[string]bool, len(s.Overrides))
	for _, o := range s.Overrides {
		if seen[o.ID] {
			return true
		}
		seen[o.ID] = true
	}
	return false
}

// body is what the history files of this change, and the version it differs from; 0: it is whole.
func (a *applying) body(d difference, b *policy.Book) (body string, base int64, err error) {
	var whole int64
	err = a.t.scan(`SELECT coalesce(max(version), 0), coalesce(max(CASE WHEN base = 0 THEN version END), 0)
		FROM book_versions WHERE length(body_cell) > 0`, nil, &base, &whole)
	if err != nil {
		return "", 0, err
	}
	if whole == 0 || a.book-whole >= wholeEvery {
		body, err = a.whole(b)
		return body, 0, err
	}
	filed := delta{
		CatchAll: b.CatchAll, Fallback: b.Fallback, Laws: b.Laws, Emergency: b.Emergency,
		Clinics: d.clinics, Numbers: d.numbers, Trunks: d.trunks, Queues: d.queues,
		People:    part[clearPerson]{Order: d.people.Order, None: d.people.None},
		Schedules: part[scheduleRef]{Order: d.schedules.Order, None: d.schedules.None, Put: a.appended},
	}
	if base != a.book-1 || a.counts["device"] > 0 { // devices alone may have changed since
		filed.Devices = &b.Devices
	}
	if filed.People.Put, err = clearPeople(d.people.Put); err != nil {
		return "", 0, err
	}
	text, err := json.Marshal(filed)
	return string(text), base, err
}

// whole is the book as it now stands, without what has versions of its own.
func (a *applying) whole(b *policy.Book) (string, error) {
	h := history{Book: *b, Apart: true}
	h.Book.People, h.Book.Schedules, h.Book.Edits, h.Book.Version = nil, nil, nil, versionText(a.book)
	var err error
	if h.People, err = clearPeople(b.People); err != nil {
		return "", err
	}
	const query = `SELECT id, (SELECT max(version) FROM schedule_versions WHERE schedule = s.id) FROM schedules s
		WHERE removed IS NULL ORDER BY rank, id`
	err = each(context.Background(), a.t.w.conn, query, func(rows *sql.Rows) error {
		var r scheduleRef
		err := rows.Scan(&r.ID, &r.Version)
		h.Schedules = append(h.Schedules, r)
		return err
	})
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(h)
	return string(text), err
}

func clearPeople(people []policy.Person) ([]clearPerson, error) {
	var list []clearPerson
	for _, p := range people {
		body, err := personBody(p)
		if err != nil {
			return nil, err
		}
		list = append(list, clearPerson{body, p.Name.Reveal(), p.Phone.Reveal()})
	}
	return list, nil
}

// past is a past book while it is put together.
type past struct {
	book policy.Book
	refs []scheduleRef
}

// under lays a later difference over it.
func (p *past) under(d delta) error {
	b := &p.book
	b.CatchAll, b.Fallback, b.Laws, b.Emergency = d.CatchAll, d.Fallback, d.Laws, d.Emergency
	b.Queues = d.Queues.over(b.Queues, queueKey)
	b.Clinics = d.Clinics.over(b.Clinics, clinicKey)
	b.Numbers = d.Numbers.over(b.Numbers, numberKey)
	b.Trunks = d.Trunks.over(b.Trunks, trunkKey)
	if d.Devices != nil {
		b.Devices = *d.Devices
	}
	put, err := peopleOf(d.People.Put)
	if err != nil {
		return err
	}
	b.People = part[policy.Person]{Order: d.People.Order, None: d.People.None, Put: put}.over(b.People, personKey)
	p.refs = d.Schedules.over(p.refs, scheduleRefKey)
	return nil
}

// schedules fetches what the references name.
func (p *past) schedules(ctx context.Context, q querier, n int64) (err error) {
	for _, r := range p.refs {
		v, err := versionIn(ctx, q, r.ID, r.Version)
		if err != nil {
			return fmt.Errorf("schedule %s: %w", r.ID, err)
		}
		p.book.Schedules = append(p.book.Schedules, v.Body)
	}
	p.book.Edits, err = editsAt(ctx, q, everybody, n)
	return err
}
