package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"nightbell/book"
	"nightbell/console"
	"nightbell/policy"
)

// callRules is what a clinic's calls do besides ringing people.
type callRules struct{ rulebook }

// bodyOf turns a body of the API into a rule: both have the names and the writing of a book.
func bodyOf[T any](body any) (v T, _ error) {
	text, err := json.Marshal(body)
	if err != nil {
		return v, err
	}
	v, wrong := book.ReadJSON[T](text)
	if len(wrong) == 0 {
		return v, nil
	}
	all := make(console.Mistakes, len(wrong))
	for i, m := range wrong {
		all[i] = console.Mistake{Field: strings.TrimSuffix("body."+m.Field, "."), Text: m.Text}
	}
	return v, all
}

// viewOf turns a rule into a body of the API.
func viewOf[V any](rule any) (v V, err error) {
	text, err := json.Marshal(book.Table(rule))
	if err != nil {
		return v, err
	}
	return v, json.Unmarshal(text, &v)
}

func (r callRules) Calls(ctx context.Context, clinic string) (v console.CallsView, err error) {
	s, err := r.snapshot(ctx)
	if err != nil {
		return v, err
	}
	c, ok := s.Clinic(clinic)
	if !ok {
		return v, console.ErrNotFound
	}
	v.ID = clinic
	if v.CallsBody, err = viewOf[console.CallsBody](c.Features); err != nil {
		return v, err
	}
	flows, err := viewOf[struct {
		Open   []console.CallStepBody `json:"open"`
		Closed []console.CallStepBody `json:"closed"`
	}](struct{ Open, Closed policy.Flow }{c.Open, c.Closed})
	v.Open, v.Closed = full(flows.Open), full(flows.Closed)
	v.Warnings = wordsOf(policy.CallWarnings(*c, s.Book, r.lengths(clinic)))
	v.Tag, _ = r.tag(aClinic, clinic, s.Book)
	return v, err
}

// wordsOf are warnings as sentences.
func wordsOf(m policy.Mistakes) []string {
	words := []string{}
	for _, one := range m {
		words = append(words, one.Error())
	}
	return words
}

// lengths asks the shelf of prompts.
func (o *office) lengths(clinic string) policy.Lengths {
	return o.shelf.lengths(clinic)
}

func (r callRules) PutCalls(ctx context.Context, rev console.Revision, b console.CallsBody) (console.Saved, error) {
	return r.change(ctx, rev, aClinic, func(d *draft) error {
		was, ok := d.before.Clinic(rev.ID)
		if !ok {
			return console.ErrNotFound
		}
		next := *was
		f, err := bodyOf[policy.Features](b)
		if err != nil {
			return err
		}
		read := reading{}
		f.Interpreter, f.Fax = read.telephone("body.interpreter", f.Interpreter), read.telephone("body.fax", f.Fax)
		f.CallerID, f.Closing = read.telephone("body.caller_id", f.CallerID), read.telephone("body.closing", f.Closing)
		next.Features = f
		return errors.Join(read.err(), d.putClinic(next), d.checkCalls(next))
	})
}

// checkCalls refuses what is wrong with a clinic's calls and warns of what is rarely meant.
func (d *draft) checkCalls(c policy.Clinic) error {
	prompts := d.lengths(c.ID)
	if err := mistaken("body", policy.CheckFeatures(c, d.book, prompts)); err != nil {
		return err
	}
	d.warnings = append(d.warnings, wordsOf(policy.CallWarnings(c, d.book, prompts))...)
	return nil
}

func (r callRules) Queues(ctx context.Context) ([]console.QueueView, error) {
	s, err := r.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	all := []console.QueueView{}
	for _, q := range s.Book.Queues {
		v := console.QueueView{ID: q.ID, Clinics: full(policy.QueueUsers(s.Book, q.ID))}
		if v.QueueBody, err = viewOf[console.QueueBody](q); err != nil {
			return nil, err
		}
		v.Tag, _ = r.tag(aQueue, q.ID, s.Book)
		all = append(all, v)
	}
	return all, nil
}

func (r callRules) PutQueue(ctx context.Context, rev console.Revision, b console.QueueBody) (console.Saved, error) {
	return r.change(ctx, rev, aQueue, func(d *draft) error {
		q, err := bodyOf[policy.Queue](b)
		if err != nil {
			return err
		}
		q.ID = rev.ID
		d.book = policy.AmendQueue(d.book, q)
		if err := mistaken("body", policy.CheckQueue(q, d.book)); err != nil {
			return err
		}
		return d.checkUsers(q.ID)
	})
}

// checkUsers holds a queue against every clinic that uses it: its keys lead into their flows.
func (d *draft) checkUsers(queue string) error {
	var all console.Mistakes
	for _, id := range policy.QueueUsers(d.book, queue) {
		i := slices.IndexFunc(d.book.Clinics, func(c policy.Clinic) bool { return c.ID == id })
		for _, m := range policy.CheckFeatures(d.book.Clinics[i], d.book, d.lengths(id)) {
			all = append(all, console.Mistake{Field: "body", Text: fmt.Sprintf("clinic %s: %s", id, m.Error())})
		}
		d.warnings = append(d.warnings, wordsOf(policy.CallWarnings(d.book.Clinics[i], d.book, nil))...)
	}
	if len(all) == 0 {
		return nil
	}
	return all
}

func (r callRules) RemoveQueue(ctx context.Context, rev console.Revision) (console.Saved, error) {
	return r.change(ctx, rev, aQueue, func(d *draft) error {
		if _, stands := d.tag(aQueue, rev.ID, d.book); !stands {
			return console.ErrNotFound
		}
		if len(policy.QueueUsers(d.book, rev.ID)) > 0 {
			return console.ErrInUse
		}
		d.book = policy.WithoutQueue(d.book, rev.ID)
		return nil
	})
}
