package policy

import "slices"

// AmendQueue is the book with a queue put in place of the one with its id, or added.
func AmendQueue(b *Book, q Queue) *Book {
	next := *b
	next.Queues = put(b.Queues, q, func(o Queue) bool { return o.ID == q.ID })
	return &next
}

// WithoutQueue is the book without a queue.
func WithoutQueue(b *Book, id string) *Book {
	next := *b
	next.Queues = slices.DeleteFunc(slices.Clone(b.Queues), func(q Queue) bool { return q.ID == id })
	return &next
}

// AmendTrunk is the book with a trunk put in place of the one with its id.
func AmendTrunk(b *Book, t Trunk) *Book {
	next := *b
	next.Trunks = put(b.Trunks, t, func(o Trunk) bool { return o.ID == t.ID })
	return &next
}

// QueueUsers lists the clinics whose flows use a queue.
func QueueUsers(b *Book, id string) (clinics []string) {
	for i := range b.Clinics {
		c := &b.Clinics[i]
		flows := [][]StepRule{c.Open.Steps, c.Closed.Steps}
		for _, f := range c.Features.Flows {
			flows = append(flows, f.Steps)
		}
		uses := func(s StepRule) bool { return s.Do == Wait && s.Queue == id }
		if slices.ContainsFunc(flows, func(steps []StepRule) bool { return slices.ContainsFunc(steps, uses) }) {
			clinics = append(clinics, c.ID)
		}
	}
	return clinics
}
