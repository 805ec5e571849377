package report

// technical is 164.312.
var technical = []Control{
	{
		Clause: "164.312(a)(1)", Title: "Access control", Needed: Standard, Status: InForce,
		Mechanism: "The gate: active, role, second factor in this login, training current, policies acknowledged, device enrolled, on shift. It guards console and telephone; it says every reason at once.",
		Files:     words("access/gate.go console/roles.go cmd/nightbell/wire_gate.go"),
		Tests:     words("TestGateProperties TestEveryRouteAsEverybody TestEveryMethodFromEverybody TestTheGateAsksEverythingButPaper"),
		Evidence:  []string{"nightbell people list", "nightbell grants list", "nightbell ready list"},
	},
	{
		Clause: "164.312(a)(2)(i)", Title: "Unique user identification", Needed: Required, Status: InForce,
		Mechanism: "A person is a row of the book, an account is hers alone, a device is bound to one person, a token has an id and a maker, the operator is known by uid. Names have no look-alikes.",
		Files:     words("access/account.go store/devices.go console/control.go cmd/nightbell/ca_device.go"),
		Tests:     words("TestNamesHaveNoLookAlikes TestControlSocketKnowsItsPeer TestACertificateWhosePersonChangedIsNobodys TestCertificatesThatMustNotBeUsedHere"),
		Evidence:  []string{"nightbell people list", "nightbell devices list", "nightbell token list"},
		Duty:      "One account a person.",
	},
	{
		Clause: "164.312(a)(2)(ii)", Title: "Emergency access procedure", Needed: Required, Status: InForce,
		Mechanism: "`glass break` opens one call or clinic to an enrolled officer for an hour at most, with a reason; an alarm stands until somebody else has reviewed it, within 72 hours.",
		Files:     words("console/break_glass.go store/break_glass.go cmd/nightbell/office_glass.go"),
		Tests:     words("TestBrokenGlassOpensOneCall TestBreakGlassIsShortAndReviewedBySomebodyElse TestReviewedEmergencyAccessIsNoItem"),
		Evidence:  []string{"nightbell glass list"},
		Duty:      "Who may break the glass, and that somebody reviews it.",
	},
	{
		Clause: "164.312(a)(2)(iii)", Title: "Automatic logoff", Needed: Addressable, Status: InForce,
		Mechanism: "Logins end after 15 idle minutes (administrators: 10), 12 hours at most; an idle page on shift is locked, not logged off, so that it rings; what is sensitive asks for a second factor not older than five minutes.",
		Files:     words("access/login.go store/logins_touch.go console/gate.go"),
		Tests:     words("TestLoginLengths TestIdlePageOnShiftIsLocked TestStepUpIsFiveMinutes TestTouchNeverWakesALoginThatEnded TestNoClockRevivesALogin"),
		Evidence:  []string{"nightbell audit list --action login.ended"},
	},
	{
		Clause: "164.312(a)(2)(iv)", Title: "Encryption and decryption", Needed: Addressable, Status: InForce,
		Mechanism: "AES-256-GCM; every record and every cell is bound to its place. Keys by purpose and clinic under ROOT, ROOT under TPM, credential, key file or passphrase; rotated, retired, re-wrapped while calls go on. " +
			"Voice messages are recordings of their own, sealed from the first word. What running calls are taken up with after a kill is sealed too and lies in memory alone, never on a disk.",
		Files:    words("seal/writer.go seal/cell.go seal/ring.go seal/slots.go store/sealed_columns.go cmd/nightbell/wire_keep.go call/voicemail.go docs/RECORDING-FORMAT.md docs/FIPS.md"),
		Tests:    words("TestNothingInClear TestACellOpensInItsPlaceAlone TestNoColumnOfCellsIsForgotten TestEveryBentCellIsRefused TestIndependentReaderAgreesOnEveryVector TestRotationSurvivesRestarts TestFIPSModeTellsTheSameStories TestARunningCallIsSealedAndForgotten TestSurvivalLiesInMemoryOrNowhere TestMessageSurvivesHangingUp"),
		Evidence: []string{"nightbell keys status", "nightbell version"},
		Duty:     "Custody of the key: a host key on the data's own disk is weak, and `keys status` says so.",
		Gap:      "Ids, times and outcomes stand in clear in the database; the emergency bundle and TLS keys lie in clear, without PHI (docs/decisions/0014-sealed-serving.md).",
	},
	{
		Clause: "164.312(b)", Title: "Audit controls", Needed: Required, Status: InForce,
		Mechanism: "A Merkle tree (RFC 6962) in the transaction of the change, signed checkpoints, witnesses outside the machine, RFC 5425 export with the log as its queue. PHI is shown after the event is durable, or not at all. " +
			"While the log cannot be written people are refused; callers and the agent on a call are not, their events are spooled sealed. " +
			"Who wants to listen in, whisper or barge says why, and hears nothing before that is written.",
		Files: words("audit/tree.go audit/checkpoint.go store/audit.go keep/witness_export.go keep/syslog.go console/gate.go console/orders.go docs/AUDIT-EVENTS.md"),
		Tests: words("TestFirstBadSeqIsNamed TestEveryTamperingIsFoundByBothVerifiers TestRollbackIsFoundByBothVerifiers TestFailedChangeLeavesNoLeaf TestKilledProcessLosesNoAcknowledgedLeaf " +
			"TestStoryNoReadIsAheadOfItsLeaf TestAuditDownRefusesEverythingItWouldRemember TestNobodyHearsACallWithoutTheAudit TestRollbackAndForkAreNoticedByTheWitness TestStoryYesterdaysDatabaseIsNoticed"),
		Evidence: []string{"nightbell audit verify", "nightbell audit checkpoint"},
		Duty:     "A witness on another machine under another administrator; the log's key written down elsewhere.",
		Gap:      "What was written after the last witnessed checkpoint and then cut off is not missed by anybody; an older cell put back into its own place is seen by the audit, not by its encryption.",
	},
	{
		Clause: "164.312(c)(1)", Title: "Integrity", Needed: Standard, Status: InForce,
		Mechanism: "Every bit of a recording is authenticated in order; its SHA-256 and transcript stand in row and log. The emergency bundle and each backup are signed.",
		Files:     words("seal/verify.go seal/final.go audit/statement.go keep/repo.go"),
		Tests:     words("TestSummaryIsWhatVerifyFinds TestAnotherWholeFileDoesNotMatch TestPlaybackStopsAtABadRecord TestPlaybackMissesADroppedRecord TestObjectsInEachOthersPlaceAreRefused"),
		Evidence:  []string{"nightbell audit verify", "nightbell backup verify --quick"},
	},
	{
		Clause: "164.312(c)(2)", Title: "Mechanism to authenticate ePHI", Needed: Addressable, Status: InForce,
		Mechanism: "`recordings verify` re-reads one recording and compares it with its row; an independent reader does so without our code.",
		Files:     words("seal/verify.go scripts/nbr1.py store/shred.go"),
		Tests:     words("TestVectors TestIndependentReaderAgreesOnRandomDamage TestEveryBentCellIsRefused"),
		Evidence:  []string{"nightbell audit list --action recording.verified"},
	},
	{
		Clause: "164.312(d)", Title: "Person or entity authentication", Needed: Required, Status: InForce,
		Mechanism: "People by password and passkey, one-time code or recovery code; phones by certificate or SHA-256 digest over TLS, with PIN and code at a hard phone; a clinician at any telephone by a PIN of her own, three tries; trunks by certificate, address or digest. What a SIP header says counts for nothing.",
		Files:     words("access/passkey.go access/totp.go sip/digest.go sip/trunk.go cmd/nightbell/office_desk.go call/callin.go"),
		Tests: words("TestTwoFactorsOpenTheHouse TestCodeIsGoodOnce TestOneOfManyTakesATOTPStep TestOneAnswerForEverythingWrong TestPasskeyFromElsewhere TestWrongSecretAndReplayedNonce " +
			"TestStrangersHearNothing TestTheDeskTakesAPINAndACodeOnce TestAPINAtTheTelephoneIsHersOrNobodys TestThreeWrongPINsAreNobody TestPINThatCannotBeCheckedIsNone"),
		Evidence: []string{"nightbell people list", "nightbell devices list", "nightbell trunks list"},
		Gap:      "A caller's number is what her carrier says; its signature is verified and shown where there is one.",
	},
	{
		Clause: "164.312(e)(1)", Title: "Transmission security", Needed: Standard, Status: InForce,
		Mechanism: "TLS 1.2 or newer and SRTP on both legs of a call; clear only by an exception that is audited and expires within 90 days.",
		Files:     words("sip/listener.go media/sdes.go media/srtp.go"),
		Tests:     words("TestStoryNothingCrossesInClear TestStoryTLSVersions TestPlainNeedsItsException TestPlainTCPServesNobodyWithoutAFilter TestStoryTrunkInClearByException"),
		Evidence:  []string{"nightbell trunks list", "nightbell audit list --action exception.used"},
		Duty:      "What happens behind the trunk, on the public telephone network.",
	},
	{
		Clause: "164.312(e)(2)(i)", Title: "Integrity controls", Needed: Addressable, Status: InForce,
		Mechanism: "SRTP authenticates each packet and refuses a replayed one; TLS does so for signalling, the API, witness, syslog and backups.",
		Files:     words("media/srtp.go keep/tls_peer.go"),
		Tests:     words("TestStrangersAreNotHeard TestOldPacketIsReplay TestShortTagIsByOptInOnly"),
		Evidence:  []string{"nightbell trunks list"},
	},
	{
		Clause: "164.312(e)(2)(ii)", Title: "Encryption in transit", Needed: Addressable, Status: InForce,
		Mechanism: "AES-GCM preferred, AES-CM where a telephone knows nothing else; keys travel inside TLS alone and are never printed.",
		Files:     words("media/sdes.go sip/listener.go docs/FIPS.md"),
		Tests:     words("TestOldTLSIsRefused TestNoKeysInClearSignalling TestKeysDoNotPrint TestOurPreferenceOfSuites"),
		Evidence:  []string{"nightbell trunks list", "nightbell version"},
		Gap:       "HMAC-SHA1 of SRTP, MD5 digest by exception and SHA-1 of one-time codes run outside FIPS enforcement: docs/FIPS.md says where and why.",
	},
}
