package policy

import "fmt"

// Artefact is a kind of thing that is kept for a time and then destroyed.
type Artefact string

// The closed list of artefacts.
const (
	KeptRecordings  Artefact = "recording"  // the sound of a call
	KeptCalls       Artefact = "call"       // who rang when, legs and events of a call
	KeptAudit       Artefact = "audit"      // leaves of the audit log
	KeptDisclosures Artefact = "disclosure" // the accounting of disclosures
)

// Retention says how an artefact may be kept. Days; a year is 365.25 of them.
type Retention struct {
	Artefact Artefact
	Floor    int // no setting goes below: a law, or what a dispute needs
	Usual    int // where nothing is set
	Basis    string
}

const sixYears = 2192

// Retentions lists every artefact, its floor compiled in: no console and no administrator can lower it.
func Retentions() []Retention {
	return []Retention{
		{KeptRecordings, 30, 730, "a complaint must still find the call; 45 CFR 164.502(b) asks for no longer than needed"},
		{KeptCalls, 400, sixYears, "thirteen months of statements"},
		{KeptAudit, sixYears, sixYears, "45 CFR 164.316(b)(2)(i): six years"},
		{KeptDisclosures, sixYears, sixYears, "45 CFR 164.528(a)(1): six years of disclosures"},
	}
}

// RetentionOf finds an artefact's retention.
func RetentionOf(a Artefact) (Retention, bool) {
	for _, r := range Retentions() {
		if r.Artefact == a {
			return r, true
		}
	}
	return Retention{}, false
}

// Keep is a setting: how long an artefact of a clinic is kept. An empty clinic is the house's own setting, which holds for
// every clinic that has none.
type Keep struct {
	Clinic   string   `json:"clinic"`
	Artefact Artefact `json:"artefact"`
	Days     int      `json:"days"`
}

// mostDays is a hundred years: longer is a slip of the finger.
const mostDays = 36525

// Check refuses a setting below the floor, beyond a hundred years, or per clinic where the log is one for all.
func (k Keep) Check() error {
	r, ok := RetentionOf(k.Artefact)
	switch {
	case !ok:
		return fmt.Errorf("artefact: not one of ours")
	case k.Days < r.Floor:
		return fmt.Errorf("days: at least %d: %s", r.Floor, r.Basis)
	case k.Days > mostDays:
		return fmt.Errorf("days: more than a hundred years")
	case k.Clinic != "" && k.Artefact == KeptAudit:
		return fmt.Errorf("clinic: the audit log is one for the whole house")
	}
	return nil
}

// KeptFor is for how many days an artefact of a clinic is kept: the clinic's setting, else the house's, else the usual; never
// below the floor, whatever stands in the list.
func KeptFor(list []Keep, clinic string, a Artefact) int {
	r, ok := RetentionOf(a)
	if !ok {
		return mostDays // unknown is kept
	}
	days, own := r.Usual, false
	for _, k := range list {
		if k.Artefact != a || (k.Clinic != clinic && (k.Clinic != "" || own)) {
			continue
		}
		days, own = k.Days, k.Clinic == clinic && clinic != ""
	}
	return max(days, r.Floor)
}
