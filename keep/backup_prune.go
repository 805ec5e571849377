package keep

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Policy says which snapshots stay: the newest of each of so many days, weeks and months that have one, in UTC. The newest
// of all always stays.
type Policy struct {
	Days, Weeks, Months int
}

// DefaultPolicy is a week of days, a month of weeks, a year of months.
var DefaultPolicy = Policy{Days: 7, Weeks: 5, Months: 12}

// String is the policy as ParsePolicy reads it.
func (p Policy) String() string { return fmt.Sprintf("%dd %dw %dm", p.Days, p.Weeks, p.Months) }

// ParsePolicy reads "7d 5w 12m".
func ParsePolicy(text string) (Policy, error) {
	var p Policy
	for _, word := range strings.Fields(text) {
		n, err := strconv.Atoi(word[:len(word)-1])
		if err != nil || n < 0 || n > 9999 {
			return Policy{}, errPolicy
		}
		switch word[len(word)-1] {
		case 'd':
			p.Days = n
		case 'w':
			p.Weeks = n
		case 'm':
			p.Months = n
		default:
			return Policy{}, errPolicy
		}
	}
	if p == (Policy{}) {
		return Policy{}, errPolicy
	}
	return p, nil
}

var errPolicy = errors.New(`not a policy such as "7d 5w 12m"`)

// Keeps gives the ids of the snapshots that stay.
func (p Policy) Keeps(list []Snapshot) map[string]bool {
	newestFirst := slices.Clone(list)
	slices.SortFunc(newestFirst, func(a, b Snapshot) int { return strings.Compare(b.ID, a.ID) })
	stays := map[string]bool{}
	if len(newestFirst) > 0 {
		stays[newestFirst[0].ID] = true
	}
	for _, rule := range []struct {
		n  int
		of func(time.Time) string
	}{
		{p.Days, func(t time.Time) string { return t.Format(time.DateOnly) }},
		{p.Weeks, func(t time.Time) string { y, w := t.ISOWeek(); return fmt.Sprint(y, "-", w) }},
		{p.Months, func(t time.Time) string { return t.Format("2006-01") }},
	} {
		seen := map[string]bool{}
		for _, s := range newestFirst {
			span := rule.of(s.Made.UTC())
			if !seen[span] && len(seen) < rule.n {
				seen[span] = true
				stays[s.ID] = true
			}
		}
	}
	return stays
}

// grace is how old an object that no snapshot names must be before it goes: another backup may be about to name it.
const grace = 24 * time.Hour

// Pruned is what Prune took away.
type Pruned struct {
	Kept, Snapshots int
	Shredded        int // recordings whose keys were destroyed
	Objects         int // that no snapshot names any more
	Bytes           int64
}

// Prune takes away what must go: recordings that were shredded, at once and whatever snapshot names them; snapshots that
// the policy does not keep; and what no snapshot names any more. As long as one of the snapshots that stay cannot be
// opened, nothing is taken for unnamed.
func (r *Repository) Prune(ctx context.Context, by Keys, p Policy) (Pruned, error) {
	var done Pruned
	if err := r.prune(ctx, by, p, &done); err != nil {
		return done, fmt.Errorf("prune %s: %w", r.place, err)
	}
	return done, nil
}

func (r *Repository) prune(ctx context.Context, by Keys, p Policy, done *Pruned) error {
	list, err := r.List(ctx)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return nil
	}
	gone, err := r.shredded(ctx, by)
	if err != nil {
		return err
	}
	if err := r.dropShredded(ctx, gone, done); err != nil {
		return err
	}
	stays := p.Keeps(list)
	for _, s := range list {
		if stays[s.ID] {
			done.Kept++
			continue
		}
		if err := r.dropSnapshot(ctx, s); err != nil {
			return err
		}
		done.Snapshots++
	}
	return r.dropUnnamed(ctx, by, stays, done)
}

func (r *Repository) dropShredded(ctx context.Context, gone map[string]bool, done *Pruned) error {
	if len(gone) == 0 {
		return nil
	}
	for o, err := range r.place.List(ctx, "recordings/") {
		if err != nil {
			return err
		}
		if !gone[strings.TrimPrefix(o.Name, "recordings/")] {
			continue
		}
		if err := r.place.Remove(ctx, o.Name); err != nil {
			return err
		}
		done.Shredded++
		done.Bytes += o.Size
	}
	return nil
}

// dropSnapshot takes the note first: from then on it is no snapshot, wherever this breaks off.
func (r *Repository) dropSnapshot(ctx context.Context, s Snapshot) error {
	for _, name := range []string{noteObject, manifestObject, keysObject, slotsObject} {
		if err := r.place.Remove(ctx, s.object(name)); err != nil {
			return err
		}
	}
	return nil
}

func (r *Repository) dropUnnamed(ctx context.Context, by Keys, stays map[string]bool, done *Pruned) error {
	needed := map[string]bool{identityName: true}
	for id := range stays {
		if err := r.named(ctx, id, by, needed); err != nil {
			return err
		}
	}
	now := r.now()
	var idle []Object
	for o, err := range r.place.List(ctx, "") {
		if err != nil {
			return err
		}
		part, _, _ := strings.Cut(o.Name, "/")
		ours := part == "parts" || part == "recordings" || part == "snapshots" || strings.HasPrefix(path.Base(o.Name), unfinished)
		if ours && !needed[o.Name] && now.Sub(o.Made) > grace {
			idle = append(idle, o)
		}
	}
	for _, o := range idle {
		if err := r.place.Remove(ctx, o.Name); err != nil {
			return err
		}
		done.Objects++
		done.Bytes += o.Size
	}
	return nil
}

// named adds what a snapshot needs.
func (r *Repository) named(ctx context.Context, id string, by Keys, needed map[string]bool) error {
	o, err := r.Open(ctx, id, by)
	if err != nil {
		return err
	}
	defer o.Close()
	for _, name := range []string{noteObject, manifestObject, keysObject, slotsObject} {
		needed[o.object(name)] = true
	}
	return o.walk(ctx, func(l line) error {
		switch {
		case l.File != nil:
			needed[l.File.Object] = true
		case l.Recording != nil:
			needed[l.Recording.object()] = true
		}
		return nil
	})
}
