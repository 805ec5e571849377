package report

// organisation is 164.314 and 164.316.
var organisation = []Control{
	{
		Clause: "164.314(a)(1)", Title: "Business associate contracts or other arrangements", Needed: Standard, Status: InForce,
		Duty: "An answering service is its clinics' business associate: an agreement with each of them, before its number goes live.",
		Gap:  "The program does not ask for an agreement before a clinic goes live.",
	},
	{
		Clause: "164.314(a)(2)(i)", Title: "What a contract provides", Needed: Required, Status: InForce,
		Mechanism: "What such a contract promises can be shown: safeguards (`controls list`), and who read a clinic's records (its office reads its own part of the log).",
		Files:     words("console/house.go docs/templates/baa-checklist.md"),
		Tests:     words("TestWhoReadsWhichPartOfTheLog TestOfficeKeepsToItsClinic"),
		Evidence:  []string{"nightbell controls list", "nightbell audit list"},
		Duty:      "Safeguards, subcontractors, reports of incidents, in words: template `docs/templates/baa-checklist.md`.",
	},
	{
		Clause: "164.314(a)(2)(iii)", Title: "Contracts with subcontractors", Needed: Required, Status: InForce,
		Mechanism: "Whoever holds a backup or receives syslog gets ciphertext or ids: sealed snapshots, leaves without clear PHI.",
		Files:     words("keep/s3.go keep/syslog_form.go"),
		Tests:     words("TestARepositoryHoldsNothingInClear TestMessageIsOfRFC5424"),
		Evidence:  []string{"nightbell backup status"},
		Duty:      "Host, object store and carrier: an agreement where they are more than a conduit. Encryption alone does not make a host none.",
	},
	{
		Clause: "164.314(b)(1)", Title: "Group health plans", Needed: Standard, Status: InForce,
		Gap: "Not a function of this program.", Duty: "None for an answering service.",
	},
	{
		Clause: "164.316(a)", Title: "Policies and procedures", Needed: Standard, Status: InForce,
		Mechanism: "What the program enforces is written down and compared with it by tests: routes, roles, events, alarms, this page.",
		Files:     words("docs_test.go docs/OPERATING.md docs/AUDIT-EVENTS.md"),
		Tests:     words("TestEveryTestThatADocumentNamesExists TestEveryFileThatADocumentNamesExists TestEventsPageIsTheList TestPageIsTheTable"),
		Evidence:  []string{"nightbell controls list"},
		Duty:      "The policies: templates in docs/templates, to be filled in and signed.",
	},
	{
		Clause: "164.316(b)(1)", Title: "Documentation", Needed: Standard, Status: InForce,
		Mechanism: "Actions and activities that must be documented are audit events with actor, time and reason.",
		Files:     words("audit/actions.go audit/leaf.go"),
		Tests:     words("TestEveryRememberedRouteIsRemembered TestLeafIsCanonical"),
		Evidence:  []string{"nightbell audit list"},
		Duty:      "Policies and assessments in writing.",
	},
	{
		Clause: "164.316(b)(2)(i)", Title: "Time limit", Needed: Required, Status: InForce,
		Mechanism: "Six years, compiled in: no configuration keeps the log for less; old leaves move into sealed segments and stay provable.",
		Files:     words("cmd/nightbell/config_proof.go store/audit_segments.go policy/retention.go"),
		Tests:     words("TestOldLeavesAreSealedAndAfterSixYearsRemoved TestRetentionNeverGoesBelowItsFloor TestAuditPagesForwardWithoutGapOrRepeat"),
		Evidence:  []string{"nightbell retention list"},
		Duty:      "Policies, assessments, agreements and training records for six years, with the evidence folders.",
	},
	{
		Clause: "164.316(b)(2)(ii)", Title: "Availability", Needed: Required, Status: InForce,
		Mechanism: "A policy that is named in the configuration is put before everybody and acknowledged by version.",
		Files:     words("cmd/nightbell/config_access.go store/training.go"),
		Tests:     words("TestTrainingAndAcknowledgementsAreDated"),
		Evidence:  []string{"nightbell people training"},
		Duty:      "To give people the texts.",
		Gap:       "The texts themselves are not shown by the program.",
	},
	{
		Clause: "164.316(b)(2)(iii)", Title: "Updates", Needed: Required, Status: InForce,
		Mechanism: "This page changes with the program, or its test fails.",
		Files:     words("report/page.go CHANGELOG.md"),
		Tests:     words("TestPageIsTheTable"),
		Evidence:  []string{"nightbell controls list", "nightbell version"},
		Duty:      "To review the policies when the world or the house changes.",
	},
}
