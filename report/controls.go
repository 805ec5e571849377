package report

import (
	"slices"
	"strings"
)

// Needed is how the rule in force asks: required, addressable, or neither word.
type Needed string

const (
	Required    Needed = "R"
	Addressable Needed = "A" // reasonable and appropriate, or documented why not and what instead
	Standard    Needed = "-" // a standard, a rule of the Privacy or Breach Notification Rule, or a promise of ours
)

// Status says whether the clause is law.
type Status string

const (
	InForce  Status = "in force" // 45 CFR parts 160 and 164 as they stand
	Proposed Status = "proposed" // 90 FR 898 (6 January 2025): not law
	Beside   Status = "beside"   // law of telephone calls, not of HIPAA
	Ours     Status = "promise"  // asked by nobody but ourselves
)

// Control is one clause and what is done about it.
type Control struct {
	Clause    string   `json:"clause"` // such as 164.312(b); a clause may have one control as law and one as proposed
	Title     string   `json:"title"`
	Needed    Needed   `json:"needed"`
	Status    Status   `json:"status"`
	Mechanism string   `json:"mechanism,omitempty"` // what the program does
	Files     []string `json:"files,omitempty"`     // where
	Tests     []string `json:"tests,omitempty"`     // which try to break it
	Evidence  []string `json:"evidence,omitempty"`  // commands that show how it stands in this house
	Duty      string   `json:"duty,omitempty"`      // what remains the operator's
	Gap       string   `json:"gap,omitempty"`       // what is not served
}

// Section is a part of the table with its heading.
type Section struct {
	Title    string
	Controls []Control
}

// Sections is the whole table in the order of the law; what stands beside it, what is proposed and our own promises follow.
func Sections() []Section {
	return []Section{
		{"Administrative safeguards, 164.308", slices.Concat(administrative, contingency)},
		{"Physical safeguards, 164.310", physical},
		{"Technical safeguards, 164.312", technical},
		{"Organisation and documentation, 164.314 and 164.316", organisation},
		{"Privacy: minimum necessary, access, accounting", privacy},
		{"Breach notification, 164.400-414", breach},
		{"Law of telephone calls beside HIPAA", calls},
		{"The proposed rule of 2025: not law", proposed},
		{"Promises, each with a test that tries to break it", promises},
	}
}

// Controls is the table without its headings.
func Controls() []Control {
	var all []Control
	for _, s := range Sections() {
		all = append(all, s.Controls...)
	}
	return all
}

// Under gives the controls of a clause and of everything below it: 164.312, 164.312(a), P4. It forgives spaces and a
// leading section sign.
func Under(clause string) []Control {
	want := strings.ToUpper(strings.ReplaceAll(strings.TrimPrefix(strings.TrimSpace(clause), "§"), " ", ""))
	var found []Control
	for _, c := range Controls() {
		below, ok := strings.CutPrefix(strings.ToUpper(c.Clause), want)
		if ok && (below == "" || below[0] == '(') {
			found = append(found, c)
		}
	}
	return found
}

// words makes a list of what stands between spaces: names of tests and files hold none.
func words(text string) []string { return strings.Fields(text) }
