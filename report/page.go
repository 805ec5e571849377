package report

import (
	"fmt"
	"strings"
)

// Page is docs/HIPAA.md.
func Page() string {
	var b strings.Builder
	b.WriteString(pageHead)
	for _, s := range Sections() {
		fmt.Fprintf(&b, "\n## %s\n", s.Title)
		for _, c := range s.Controls {
			c.print(&b)
		}
	}
	b.WriteString(pageTail)
	return b.String()
}

func (c Control) print(b *strings.Builder) {
	label := string(c.Status)
	if c.Needed != Standard {
		label = string(c.Needed) + ", " + label
	}
	title := c.Clause + " " + c.Title
	fmt.Fprintf(b, "\n### %s\n\n*%s.*", title, label)
	if c.Mechanism != "" {
		fmt.Fprintf(b, " %s", c.Mechanism)
	}
	b.WriteString("\n\n")
	item(b, "Where", quoted(c.Files))
	item(b, "Tests", quoted(c.Tests))
	item(b, "Evidence", quoted(c.Evidence))
	item(b, "Yours", c.Duty)
	item(b, "Not served", c.Gap)
}

func item(b *strings.Builder, name, text string) {
	if text != "" {
		fmt.Fprintf(b, "- %s: %s\n", name, text)
	}
}

func quoted(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return "`" + strings.Join(list, "`, `") + "`"
}

const pageHead = `# HIPAA: clause, mechanism, test, evidence

There is no government certification of software, and this page claims none. It says what the program does for each clause, in
which files, which tests try to break it, which command shows how it stands in your house, what remains yours, and what is not
served. It is written by ` + "`go test ./report -update`" + ` out of the table in ` + "`report/controls.go`" + `; a test compares.

` + "```" + `
nightbell controls list --clause 164.312       # this page for a terminal; --json for programs
nightbell controls evidence /mnt/audit/2026-11 # the evidence of every control, in a folder of its own; no PHI
` + "```" + `

Labels. *in force*: the Security Rule of 2013 (45 CFR 164.302-318), the Privacy Rule or the Breach Notification Rule asks for it.
*beside*: law of telephone calls that is no part of HIPAA. *proposed*: the notice of proposed rulemaking of 6 January 2025 (90 FR 898) would ask for it, by its own numbering; it is not law.
*promise*: we ask it of ourselves. R: required, A: addressable, in the words of the rule in force; a standard has neither.

Duties have templates: [risk analysis](templates/risk-analysis.md), [sanction policy](templates/sanction-policy.md),
[contingency plan](templates/contingency-plan.md), [incident and breach](templates/incident-and-breach.md),
[agreements](templates/baa-checklist.md), [access review](templates/access-review.md), [training](templates/training-record.md),
[disposal](templates/media-disposal.md). They are forms, not advice of a lawyer.
`

const pageTail = `
## Not built yet

Until these stand, a covered entity needs other measures in their place:

- messages to clinicians, their delivery and acknowledgement;
- web pages: people work by commands and the API; there is no page to lock or to blur yet, logins end all the same;
- notices by e-mail, push or SMS: alarms are shown by ` + "`nightbell alarms`" + ` and metrics, a patient's rings telephones, a hook of yours is told;
- a register of incidents, risks and agreements; content of courses; texts of policies;
- consent and the flag for 42 CFR Part 2 (substance use): do not take such a clinic;
- one export of everything about one person (164.524).

What runs outside FIPS enforcement, and why: [FIPS.md](FIPS.md).
`
