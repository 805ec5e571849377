package report

// breach is subpart D: facts come from the program, notices from people.
var breach = []Control{
	{
		Clause: "164.400", Title: "Applicability", Needed: Standard, Status: InForce,
		Duty: "Subpart D holds for every breach of unsecured PHI; the log tells when one was discovered.",
	},
	{
		Clause: "164.402", Title: "Breach; unsecured PHI; the four factors", Needed: Standard, Status: InForce,
		Mechanism: "A taken disk or backup is secured while the key is not with it. For anything else the log tells what was read, by whom, for how long.",
		Files:     words("seal/custody.go audit/review.go docs/templates/incident-and-breach.md"),
		Tests:     words("TestACopiedFolderOpensNothing TestARepositoryHoldsNothingInClear TestKeyBesideItsDataIsRefused"),
		Evidence:  []string{"nightbell keys status", "nightbell audit list", "nightbell review list --all"},
		Duty:      "The assessment: a breach is presumed unless the four factors show a low probability of compromise. Template `docs/templates/incident-and-breach.md`.",
		Gap:       "A passphrase slot or a key file that was taken together with the disk is for the operator to notice.",
	},
	{
		Clause: "164.404", Title: "Notice to individuals", Needed: Standard, Status: InForce,
		Mechanism: "Whose calls were touched: `audit list` by object, the numbers behind them by an audited reveal.",
		Files:     words("console/history.go store/audit_list.go"),
		Tests:     words("TestAuditPagesForwardWithoutGapOrRepeat TestCallersAreRedactedUntilAReasonIsGiven"),
		Evidence:  []string{"nightbell audit list"},
		Duty:      "Without unreasonable delay, 60 days after discovery at most, by first-class mail. The clinic's, unless the agreement says otherwise.",
	},
	{
		Clause: "164.406", Title: "Notice to the media", Needed: Standard, Status: InForce,
		Duty: "More than 500 residents of one State: within the same 60 days.",
		Gap:  "Nothing that software serves.",
	},
	{
		Clause: "164.408", Title: "Notice to the Secretary", Needed: Standard, Status: InForce,
		Duty: "500 or more: at the same time as the individuals. Fewer: a log of them, within 60 days after the end of the year.",
		Gap:  "No register of incidents in the program.",
	},
	{
		Clause: "164.410", Title: "Notice by a business associate", Needed: Standard, Status: InForce,
		Mechanism: "Which clinics are touched stands in each event; each clinic's part of the log is the clinic's office's to read.",
		Files:     words("audit/event.go console/house.go"),
		Tests:     words("TestWhoReadsWhichPartOfTheLog"),
		Evidence:  []string{"nightbell audit list"},
		Duty:      "To the clinic without unreasonable delay, 60 days after discovery at most, sooner where the agreement says so.",
	},
	{
		Clause: "164.412", Title: "Delay for law enforcement", Needed: Standard, Status: InForce,
		Mechanism: "A hold keeps calls and recordings from every purge and shred until two people release it.",
		Files:     words("store/holds.go"),
		Tests:     words("TestHeldThingsAreDestroyedByNobody"),
		Evidence:  []string{"nightbell holds list --all"},
		Duty:      "The official's statement, in writing; an oral one holds 30 days.",
	},
	{
		Clause: "164.414", Title: "Burden of proof", Needed: Standard, Status: InForce,
		Mechanism: "The log is kept six years and proves itself to a stranger.",
		Files:     words("store/audit_export.go scripts/audit-verify.py"),
		Tests:     words("TestExportIsVerifiedWithoutUs TestEveryTamperingIsFoundByBothVerifiers"),
		Evidence:  []string{"nightbell audit verify", "nightbell audit checkpoint"},
		Duty:      "The assessment and the notices, kept six years.",
	},
}
