package report

// calls is the law of telephone calls that stands beside HIPAA, as far as it lies with the program.
var calls = []Control{
	{
		Clause: "18 USC 2511(2)(d)", Title: "Recording with consent, and the stricter laws of states", Needed: Standard, Status: Beside,
		Mechanism: "The strictest law of all states concerned decides: the clinic's, that of everybody who may answer, the caller's by her area code. Where everybody must agree it is said before a word is kept, and who comes later from outside is told too; " +
			"what has no words is not recorded. A tone, where one is asked for, tells it again and again. By a key during the words, or by the agent's command, a caller declines: what was recorded is destroyed, unless the law holds it.",
		Files:    words("policy/laws.go call/welcome.go call/recording.go call/beep.go cmd/nightbell/wire_recorder.go"),
		Tests:    words("TestConsentIsTheStrictestOfAllStatesConcerned TestBargeIsAnnouncedWhereTheLawAsks TestWhoJoinsFromOutsideIsToldThatSheIsRecorded TestWhileItIsRecordedEverybodyHearsABeep TestNobodyHearsABeepWhileNothingIsRecorded TestADeclineShredsAndTheCallGoesOn TestDeclinedRecordingIsDestroyedUnlessHeld"),
		Evidence: []string{"nightbell audit list --action consent_laws.changed", "nightbell audit list --action recording.shredded"},
		Duty:     "To look the table of laws over with a lawyer; an area code is no proof of where a caller stands.",
	},
	{
		Clause: "47 CFR 9.16", Title: "Kari's Law and RAY BAUM's Act: 911 from our own phones", Needed: Standard, Status: Beside,
		Mechanism: "911 is dialled without a prefix from any registered phone, past every limit, while draining and while sealed; somebody is told at the same time; the call carries its dispatchable location and a number that rings the phone back (docs/EMERGENCY.md).",
		Files:     words("cmd/nightbell/wire_urgent.go cmd/nightbell/emergency_phones.go sip/dial_location.go docs/EMERGENCY.md"),
		Tests:     words("TestA911CallTakesWhateverTrunkThereIs TestA911CallLeavesWithItsLocation TestACallBackFrom911RingsThePhoneFirst TestNothingHoldsUp911 TestAPhoneThatCannotReach911SaysSo TestTheBundleKnowsPhonesForTheSakeOf911Alone"),
		Evidence:  []string{"nightbell audit list --action emergency_line.called", "nightbell doctor"},
		Duty:      "A carrier that takes 911; the location of every phone, above all at home; a call to 933 from each after a change. A patient's 911 call is never placed by us.",
	},
}
