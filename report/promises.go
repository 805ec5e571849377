package report

// promises are ours: nobody asks for them in these words. Each has tests that attack it.
var promises = []Control{
	{
		Clause: "P1", Title: "No canary anywhere in clear", Needed: Standard, Status: Ours,
		Mechanism: "Unique canaries go in through every input; data folder, journals, output, metrics, backups and captured traffic are searched raw and in base64, hex, percent, JSON, UTF-16 and gzip.",
		Files:     words("phi/phi.go store/errors.go console/problem.go sip/redact.go"),
		Tests:     words("TestStoryNothingOfACallIsAnywhereInClear TestStoryNothingOfPeopleIsAnywhereInClear TestStrangerWithSQLiteFindsNoCanary TestARepositoryHoldsNothingInClear TestEvidenceHoldsNoCanary TestProblemsNameTheFieldAndNeverTheValue TestPanicSaysNothing"),
		Evidence:  []string{"nightbell doctor"},
	},
	{
		Clause: "P2", Title: "Every tampering is detected", Needed: Standard, Status: Ours,
		Mechanism: "Bits of recordings, cells, spools, backups, shares, wrapped keys, leaves, tree nodes and checkpoints are bent, moved and dropped.",
		Files:     words("seal/verify.go audit/verify.go"),
		Tests:     words("TestVectors TestEveryBentCellIsRefused TestNoColumnOfCellsIsForgotten TestEveryTamperingIsFoundByBothVerifiers TestATamperedBlobDoesNotOpen TestWrappedKeysCannotChangePlaces TestADamagedBackupIsRefused"),
		Evidence:  []string{"nightbell audit verify", "nightbell backup verify --quick"},
	},
	{
		Clause: "P3", Title: "A copied data folder without its key is useless", Needed: Standard, Status: Ours,
		Mechanism: "The key is not in it, and `doctor` refuses one that is.",
		Files:     words("seal/slots.go seal/custody.go"),
		Tests:     words("TestACopiedFolderOpensNothing TestACopiedFolderWithoutItsKeyIsUseless TestStoryDamagedOrCopiedFolderIsRefused TestKeyBesideItsDataIsRefused"),
		Evidence:  []string{"nightbell keys status"},
	},
	{
		Clause: "P4", Title: "No PHI without gate and role", Needed: Standard, Status: Ours,
		Mechanism: "Every route as every role, in the house and in one clinic, as token, operator and nobody; every SIP method from everybody.",
		Files:     words("console/testdata/access.golden sip/testdata/methods.golden"),
		Tests:     words("TestEveryRouteAsEverybody TestNobodyElseSeesACaller TestPHIIsForPeople TestEveryMethodFromEverybody TestGateProperties"),
		Evidence:  []string{"nightbell grants list"},
	},
	{
		Clause: "P5", Title: "Every PHI read is audited before a byte leaves", Needed: Standard, Status: Ours,
		Mechanism: "The leaf is durable, then the answer is written; `kill -9` under readers, 500 times in the long run of the tests.",
		Files:     words("console/gate.go store/writer.go"),
		Tests:     words("TestStoryNoReadIsAheadOfItsLeaf TestAuditDownRefusesEverythingItWouldRemember TestSoundComesInRangesAndIsRememberedFirst TestKilledProcessLosesNoAcknowledgedLeaf TestEveryRememberedRouteIsRemembered"),
		Evidence:  []string{"nightbell audit verify"},
	},
	{
		Clause: "P6", Title: "An edited, cut or rolled-back log is detected", Needed: Standard, Status: Ours,
		Mechanism: "By our verifier, by one that shares no code with it, at start and while running; within the limits of 164.312(b).",
		Files:     words("audit/walk.go scripts/audit-verify.py keep/witness_notes.go"),
		Tests:     words("TestFirstBadSeqIsNamed TestEveryTamperingIsFoundByBothVerifiers TestRollbackIsFoundByBothVerifiers TestYesterdaysDatabaseIsSeenByTheWitness TestStoryYesterdaysDatabaseIsNoticed TestWitnessRefusesForksAndRollbacks"),
		Evidence:  []string{"nightbell audit verify", "nightbell audit checkpoint"},
	},
	{
		Clause: "P7", Title: "A revoked person is out everywhere in five seconds", Needed: Standard, Status: Ours,
		Mechanism: "Console, registration, devices, tokens, feeds, readiness; the waiting caller goes on to the next phone at once.",
		Files:     words("store/people_leave.go cmd/nightbell/wire_gate_watch.go"),
		Tests:     words("TestStoryWhoLeavesIsOutWithinFiveSeconds TestTerminationLeavesNothingOfHers TestNothingSlipsThroughATermination TestARevokedDevicesConnectionClosesUnlessItTalks"),
		Evidence:  []string{"nightbell audit list --action person.terminated"},
	},
	{
		Clause: "P8", Title: "A start with the new key alone works", Needed: Standard, Status: Ours,
		Mechanism: "Start with the old; start with both; bring everything over; start with the new.",
		Files:     words("store/rewrap.go seal/rotate.go cmd/nightbell/serve_rewrap.go"),
		Tests:     words("TestANewKeyAloneStartsTheOffice TestANewKeyAloneStartsTheHouse TestStoryKeysChangeUnderARunningServer TestLogGoesOnUnderAnotherKey"),
		Evidence:  []string{"nightbell keys status"},
	},
	{
		Clause: "P9", Title: "No plaintext SIP or RTP without an expiring, audited exception", Needed: Standard, Status: Ours,
		Mechanism: "A trunk's exceptions stand in the book, at most 90 days, and end by themselves; their use is in the log, one row a minute and trunk or device.",
		Files:     words("sip/listener.go media/sdes.go policy/book.go cmd/nightbell/serve_exceptions.go"),
		Tests:     words("TestStoryNothingCrossesInClear TestPlainNeedsItsException TestStoryTrunkInClearByException TestMD5ExceptionEndsWithin90Days"),
		Evidence:  []string{"nightbell trunks list", "nightbell audit list --action exception.used"},
	},
	{
		Clause: "P10", Title: "A shredded recording is gone from database, journal, files and, by the stated day, backups", Needed: Standard, Status: Ours,
		Mechanism: "Pages are overwritten (secure_delete), then a truncating checkpoint; copies by VACUUM INTO; the certificate states the day.",
		Files:     words("store/shred.go store/backup_copy.go keep/backup_prune.go cmd/nightbell/office_certificate.go"),
		Tests:     words("TestStoryWhatWasDestroyedStaysSo TestRecordingFromOpeningToShredding TestASnapshotIsWholeAndClean TestAShreddedRecordingLeavesTheBackups TestAShredIsCertified"),
		Evidence:  []string{"nightbell clinics certificates"},
	},
	{
		Clause: "R1", Title: "At most 1.2 s of sound lost to `kill -9`, 2.3 s to a power cut", Needed: Standard, Status: Ours,
		Mechanism: "A record a second in one write, a sync each second.",
		Files:     words("seal/writer.go seal/folder.go seal/recover.go"),
		Tests:     words("TestStoryKilledServerKeepsWhatWasSaid TestKilledRecorderLosesNothingWritten TestPowerCutLeavesZeros TestACrashAtEveryByteRecovers"),
		Evidence:  []string{"nightbell doctor"},
	},
	{
		Clause: "R2", Title: "No caller is lost while sealed, disk full, log down, database locked or every agent gone", Needed: Standard, Status: Ours,
		Mechanism: "Answering goes before bookkeeping.",
		Files:     words("call/call.go cmd/nightbell/serve_sealed.go store/journal_spool.go"),
		Tests: words("TestStoryNoCallerIsLostWhileSealed TestStoryFullDiskCostsNoCall TestStoryFullDataFolderCostsNoCall TestStoryStalledSyslogAndFullDiskCostNoCall TestStoryLockedDatabaseLosesNothing TestEveryEndingOfAPhoneLeadsToTheLastResort " +
			"TestNobodyEligibleIsSaidAtOnce TestAQuietNightKeepsRinging"),
		Evidence: []string{"nightbell doctor"},
	},
	{
		Clause: "R3", Title: "The restore is rehearsed, measured, under an hour", Needed: Standard, Status: Ours,
		Mechanism: "`restore drill` reports seconds and the ratio to a plain copy.",
		Files:     words("keep/drill.go"),
		Tests:     words("TestADrillProvesWhatWouldComeBack TestStoryALostMachineIsAnsweredFor"),
		Evidence:  []string{"nightbell audit list --action restore.drilled"},
		Gap:       "The hour was shown with small houses here; the drill on your machine says yours.",
	},
}
