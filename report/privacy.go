package report

// privacy is what software can serve of subpart E.
var privacy = []Control{
	{
		Clause: "164.502(b)", Title: "Minimum necessary", Needed: Standard, Status: InForce,
		Mechanism: "Numbers, names and texts are types that redact themselves; clear only by routes of their own, with role, reach and reason. A review by machine forbids Reveal outside its rooms.",
		Files:     words("phi/phi.go phi/phivet/main.go console/routes.go"),
		Tests: words("TestNoVerbShowsTheValue TestNoEncodingCarriesTheValue TestReviewFindsWhatMustNotBeSaid TestCallersAreRedactedUntilAReasonIsGiven TestReasonHoldsNoNumber " +
			"TestPlanHoldsNoNameAndNoNumberOfAPerson TestNobodyElseSeesACaller"),
		Evidence: []string{"nightbell grants list", "nightbell audit list --action phi.revealed"},
		Duty:     "What agents say and write on paper.",
	},
	{
		Clause: "164.514(d)(2)", Title: "Minimum necessary uses: by role", Needed: Standard, Status: InForce,
		Mechanism: "Which role may see what is one reviewed file: an agent her own calls for a day, a supervisor with a reason, an office its own clinic, an administrator no patient at all. The live view shows nobody who a caller is; who may tell a running call what, and who may hear it, is a reviewed table.",
		Files:     words("console/roles.go console/testdata/roles.golden console/testdata/access.golden store/within.go"),
		Tests:     words("TestRolesAreTheReviewedOnes TestAgentSeesTheCallsThatSheTook TestAgentListensForADay TestSupervisorSaysWhySheListens TestOfficeKeepsToItsClinic TestOrdersAreForWhomTheTableNames TestAStreamTellsOfOnesOwnClinicsAlone"),
		Evidence:  []string{"nightbell grants list"},
		Duty:      "To decide who has which role.",
	},
	{
		Clause: "164.514(d)(3)", Title: "Minimum necessary disclosures", Needed: Standard, Status: InForce,
		Mechanism: "An export is of one recording, with a reason and a second factor of the last five minutes, and stands in the accounting before a byte leaves.",
		Files:     words("console/sound.go console/disclosures.go"),
		Tests:     words("TestExportStandsInTheAccountingOfDisclosures TestStepUp"),
		Evidence:  []string{"nightbell audit list --action recording.exported"},
		Duty:      "Criteria for requests that come routinely, a look at each other one.",
	},
	{
		Clause: "164.514(d)(4)", Title: "Minimum necessary requests", Needed: Standard, Status: InForce,
		Duty: "What agents ask callers for.",
		Gap:  "No message forms yet, so nothing limits what is asked.",
	},
	{
		Clause: "164.524", Title: "Access of individuals", Needed: Standard, Status: InForce,
		Mechanism: "By number one finds a caller's calls (`calls list`, audited), `recordings export` gives the sound, the disclosure is recorded as patient_access.",
		Files:     words("console/history.go console/sound.go console/disclosures.go"),
		Tests:     words("TestNumberIsFoundAgainInEveryClinic TestDisclosuresAreAccountedFor"),
		Evidence:  []string{"nightbell audit list --action disclosure.recorded"},
		Duty:      "The clinic's, within 30 days; the answering service's as its agreement says. To verify who asks.",
		Gap:       "No bundle of everything about one person by one command: calls and recordings are found and exported singly.",
	},
	{
		Clause: "164.528", Title: "Accounting of disclosures", Needed: Standard, Status: InForce,
		Mechanism: "Every export is recorded by itself with date, recipient, what and purpose; others are recorded by hand. Kept six years, the floor compiled in; recipient and purpose are sealed.",
		Files:     words("store/disclosures.go console/disclosures.go cmd/nightbell/office_disclosures.go policy/retention.go"),
		Tests:     words("TestDisclosuresAreAccountedFor TestExportStandsInTheAccountingOfDisclosures TestRetentionNeverGoesBelowItsFloor"),
		Evidence:  []string{"nightbell retention list", "nightbell audit list --action disclosure.recorded"},
		Duty:      "The accounting to the person within 60 days: `nightbell disclosures list --reason \"...\"`. It names recipients, so it is no part of the evidence folder.",
	},
}
