package main

import (
	"fmt"
	"path/filepath"
	"time"
)

// AlarmsConfig is who is told of what stands wrong. The schedule's tiers are telephoned in turn about a patient's alarm, then
// the people, until one of them presses 1.
type AlarmsConfig struct {
	Schedule string   `toml:"schedule"`
	People   []string `toml:"people"`
	Clinic   string   `toml:"clinic"` // whose number they see; empty: the schedule's
	Again    Duration `toml:"again"`  // a patient's alarm is telephoned again after this
	Hook     string   `toml:"hook"`   // a program that is given the alarms as JSON: a patient's at once, tonight's once an hour
}

const alarmAgain = 5 * time.Minute

func (c *Config) checkAlarms(wrong func(key, text string)) {
	a := &c.Alarms
	if a.Again.Duration == 0 {
		a.Again.Duration = alarmAgain
	}
	if a.Again.Duration < time.Minute || a.Again.Duration > time.Hour {
		wrong("alarms.again", "not within 1m and 1h")
	}
	if a.Hook != "" && !filepath.IsAbs(a.Hook) {
		wrong("alarms.hook", "not an absolute path")
	}
	for n, p := range a.People {
		if p == "" {
			wrong(fmt.Sprintf("alarms.people[%d]", n), "empty")
		}
	}
}

// named reports whether anybody is to be telephoned at all.
func (a AlarmsConfig) named() bool { return a.Schedule != "" || len(a.People) > 0 }
