package main

import (
	"fmt"
	"time"

	"nightbell/access"
)

// AccessConfig is what the access gate asks of everybody beside role and second factor.
type AccessConfig struct {
	Courses []string       `toml:"courses"` // trainings that must be current; absent: hipaa
	Policy  []PolicyConfig `toml:"policy"`  // policies to acknowledge
}

// PolicyConfig is one version of a policy in force.
type PolicyConfig struct {
	ID      string    `toml:"id"`
	Version string    `toml:"version"`
	From    time.Time `toml:"from"` // since when it has to be acknowledged; absent: always
}

func defaultAccess() AccessConfig { return AccessConfig{Courses: []string{"hipaa"}} }

func (c *Config) checkAccess(wrong func(key, text string)) {
	for i, course := range c.Access.Courses {
		if !access.ValidName(course) {
			wrong(fmt.Sprintf("access.courses[%d]", i), "not a-z, 0-9, dot, dash, underscore")
		}
	}
	for i, p := range c.Access.Policy {
		if !access.ValidName(p.ID) || p.Version == "" || len(p.Version) > 64 {
			wrong(fmt.Sprintf("access.policy[%d]", i), "needs an id of a-z, 0-9, dot, dash, underscore, and a version")
		}
	}
}

// courses are the trainings that everybody needs.
func (o *office) courses() []string { return o.Config.Access.Courses }

// policies are those that everybody acknowledges.
func (o *office) policies() []access.Policy {
	list := make([]access.Policy, len(o.Config.Access.Policy))
	for i, p := range o.Config.Access.Policy {
		list[i] = access.Policy{ID: p.ID, Version: p.Version, From: p.From}
	}
	return list
}
