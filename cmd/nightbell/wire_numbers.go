package main

import (
	"slices"

	"nightbell/call"
	"nightbell/phi"
	"nightbell/policy"
)

// numbers is call.Numbers over the rules: what a phone's digits mean, and whose phones a person has.
type numbers struct{ rules *rules }

// Meaning: the user of an enrolled phone is that phone with its owner's others, E.164 is outside; neither is nobody. Whether
// a number outside may be dialled the way out decides.
func (n numbers) Meaning(_ string, number phi.Phone) call.Target {
	dialled := number.Reveal()
	if person := n.rules.now.Load().owner[dialled]; person != "" {
		return call.Target{Person: person, Users: n.Users(person)}
	}
	if full, is := policy.NormaliseNumber(dialled, "US"); is {
		return call.Target{To: phi.NewPhone(full)}
	}
	return call.Target{}
}

// Users are the phones of a person, in order.
func (n numbers) Users(person string) []string {
	var users []string
	for user, owner := range n.rules.now.Load().owner {
		if owner == person {
			users = append(users, user)
		}
	}
	slices.Sort(users)
	return users
}
