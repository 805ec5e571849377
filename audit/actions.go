package audit

import "slices"

// The closed list. A word is never renamed or reused once it was released; the list only grows.
const (
	ServerStarted   Action = "server.started"
	ServerStopped   Action = "server.stopped"
	ServerRecovered Action = "server.recovered"
	Unsealed        Action = "server.unsealed"

	KeyCreated Action = "key.created"
	KeyRetired Action = "key.retired"
	KeyChanged Action = "key.slot_changed"

	BookApplied     Action = "book.applied"
	ClinicChanged   Action = "clinic.changed"
	NumberChanged   Action = "number.changed"
	TrunkChanged    Action = "trunk.changed"
	TrunkSecretSet  Action = "trunk.secret_set"
	TrunkRefused    Action = "trunk.refused"
	PersonChanged   Action = "person.changed"
	ScheduleChanged Action = "schedule.changed"
	CatchAllChanged Action = "catch_all.changed"

	QueueChanged     Action = "queue.changed"
	LawsChanged      Action = "consent_laws.changed"
	EmergencyChanged Action = "emergency_line.changed"
	EmergencyCalled  Action = "emergency_line.called"
	PromptStored     Action = "prompt.stored"
	PromptRemoved    Action = "prompt.removed"
	PromptRestored   Action = "prompt.restored"
	PromptsListed    Action = "prompts.listed"
	CallerSettled    Action = "caller.settled"
	VoiceTaken       Action = "voice_message.taken"
	AgentStateSet    Action = "agent.state_set"
	AlarmTaken       Action = "alarm.acknowledged"
	LineChecked      Action = "line.checked"

	PeopleEdited    Action = "people.edited"
	GapFound        Action = "gap.found"
	GapBegan        Action = "gap.began"
	GapEnded        Action = "gap.ended"
	GapAcknowledged Action = "gap.acknowledged"
	OfferMade       Action = "offer.made"
	OfferChanged    Action = "offer.changed"
	FeedCreated     Action = "feed.created"
	FeedRevoked     Action = "feed.revoked"
	FeedRead        Action = "feed.read"
	CallsReplayed   Action = "calls.replayed"
	ZonesLoaded     Action = "zone_data.loaded"
	ShiftMoved      Action = "shift.moved"
	LadderBegan     Action = "ladder.began"
	LadderMoved     Action = "ladder.moved"
	LadderEnded     Action = "ladder.ended"

	DeviceEnrolled     Action = "device.enrolled"
	DeviceChanged      Action = "device.changed"
	DeviceRevoked      Action = "device.revoked"
	DeviceRegistered   Action = "device.registered"
	DeviceUnregistered Action = "device.unregistered"
	DeviceRefused      Action = "device.refused"
	AgentPaused        Action = "agent.paused"
	AgentResumed       Action = "agent.resumed"

	TokenCreated Action = "token.created"
	TokenRevoked Action = "token.revoked"
	LoginRefused Action = "login.refused"

	CallArrived  Action = "call.arrived"
	CallRouted   Action = "call.routed"
	CallAnswered Action = "call.answered"
	CallRefused  Action = "call.refused"
	CallEnded    Action = "call.ended"
	CallOrdered  Action = "call.ordered"
	CallHeard    Action = "call.heard"
	CallPlaced   Action = "call.placed"
	CallsListed  Action = "calls.listed"
	CallShown    Action = "call.shown"
	Revealed     Action = "phi.revealed"
	Searched     Action = "phi.searched"
	Planned      Action = "plan.asked"

	RecordingOpened   Action = "recording.opened"
	RecordingStarted  Action = "recording.started"
	RecordingEnded    Action = "recording.ended"
	RecordingMissing  Action = "recording.missing"
	RecordingPlayed   Action = "recording.played"
	RecordingExported Action = "recording.exported"
	RecordingVerified Action = "recording.verified"
	RecordingListed   Action = "recordings.listed"
	RecordingKeyGiven Action = "recording.key_given"
	RecordingRewrap   Action = "recording.rewrapped"
	RecordingShredded Action = "recording.shredded"

	AuditListed    Action = "audit.listed"
	AuditVerified  Action = "audit.verified"
	AuditExported  Action = "audit.exported"
	AuditDamaged   Action = "audit.damaged"
	ExceptionUsed  Action = "exception.used"
	BackupMade     Action = "backup.made"
	BackupRestored Action = "backup.restored"
	PeopleListed   Action = "people.listed"

	PersonInvited      Action = "person.invited"
	InvitationUsed     Action = "invitation.used"
	InvitationRevoked  Action = "invitation.revoked"
	AccountChanged     Action = "account.changed"
	PersonTerminated   Action = "person.terminated"
	PasswordSet        Action = "password.set"
	FactorAdded        Action = "factor.added"
	FactorRemoved      Action = "factor.removed"
	RecoveryCodesMade  Action = "recovery_codes.made"
	LoginMade          Action = "login.made"
	LoginFailed        Action = "login.failed"
	LoginSteppedUp     Action = "login.stepped_up"
	LoginEnded         Action = "login.ended"
	GrantGiven         Action = "grant.given"
	GrantEnded         Action = "grant.ended"
	ProposalMade       Action = "proposal.made"
	ProposalDecided    Action = "proposal.decided"
	ProposalCarried    Action = "proposal.carried_out"
	TrainingRecorded   Action = "training.recorded"
	PolicyAcknowledged Action = "policy.acknowledged"
	AgentReady         Action = "agent.ready"
	AgentLimited       Action = "agent.limited"
	AgentNotReady      Action = "agent.not_ready"
	NobodyEligible     Action = "gate.nobody_eligible"
	SomebodyEligible   Action = "gate.somebody_eligible"
	GateRefused        Action = "gate.refused"
	CoverRecorded      Action = "cover.called_in"

	KeyRewrapped    Action = "key.rewrapped"
	RecoveryKeyMade Action = "recovery_key.made"
	RecoveryUsed    Action = "recovery_key.used"
	ClinicDeparted  Action = "clinic.departed"
	BundleMade      Action = "emergency.bundle_made"
	ServedSealed    Action = "server.served_sealed"

	WitnessDiffers Action = "witness.differs"
	WitnessAgreed  Action = "witness.agreed"
	ClockWrong     Action = "clock.wrong"
	SegmentSealed  Action = "audit.segment_sealed"
	SegmentRemoved Action = "audit.segment_removed"
	EpochBegan     Action = "audit.epoch_began"
	EvidenceStated Action = "evidence.stated"
	ReviewListed   Action = "review.listed"
	ReviewSettled  Action = "review.settled"
	BackupFailed   Action = "backup.failed"
	BackupVerified Action = "backup.verified"
	BackupPruned   Action = "backup.pruned"
	RestoreDrilled Action = "restore.drilled"

	BreakGlassOpened   Action = "break_glass.opened"
	BreakGlassClosed   Action = "break_glass.closed"
	BreakGlassReviewed Action = "break_glass.reviewed"
	HoldPlaced         Action = "hold.placed"
	HoldReleased       Action = "hold.released"
	RetentionChanged   Action = "retention.changed"
	PurgePreviewed     Action = "purge.previewed"
	Purged             Action = "purge.done"
	Disclosed          Action = "disclosure.recorded"
	PseudonymResolved  Action = "pseudonym.resolved"
	TraceStarted       Action = "trace.started"
	TraceShown         Action = "trace.shown"
	DebugOpened        Action = "debug.opened"
)

// Meaning is an entry of the closed list: the word and what it means when it stands in the log.
type Meaning struct {
	Action Action
	Means  string
}

// Actions lists every word with its meaning, in the order of docs/AUDIT-EVENTS.md.
func Actions() []Meaning { return slices.Clone(meanings) }

// Known reports whether the word is in the closed list. Leaf refuses one that is not.
func Known(a Action) bool { return known[a] }

var known = func() map[Action]bool {
	m := make(map[Action]bool, len(meanings))
	for _, e := range meanings {
		m[e.Action] = true
	}
	return m
}()

var meanings = []Meaning{
	{ServerStarted, "The server began to take calls."},
	{ServerStopped, "The server stopped in order; no call was left."},
	{ServerRecovered, "After a crash: calls that were under way were closed, recordings examined."},
	{Unsealed, "The key ring was opened; facts name the kind of unsealer."},
	{KeyCreated, "A version of a wrapped key was stored, or another one signs the log from here on; facts: purpose, version, or the verifier keys before and after."},
	{KeyRetired, "A version of a wrapped key was retired; nothing uses it any more."},
	{KeyChanged, "An unsealer slot was added, replaced or removed."},
	{BookApplied, "A whole book took effect; facts: the version before and after, how many of each kind changed."},
	{ClinicChanged, "A clinic was added, changed or removed; before and after are in the sealed detail."},
	{NumberChanged, "A dialled number was added, changed or removed."},
	{TrunkChanged, "A trunk was added, changed or removed, its exceptions included."},
	{TrunkSecretSet, "A trunk's digest secret was set; the secret is not here."},
	{TrunkRefused, "A source that claimed to be a trunk was refused: a certificate that none pins, a wrong answer to its challenge; floods are one row a minute and source."},
	{PersonChanged, "A person was added, changed or removed."},
	{ScheduleChanged, "A schedule's layers or overrides changed: a new version was appended."},
	{CatchAllChanged, "Another clinic takes the unknown numbers of known trunks."},
	{QueueChanged, "A queue was added, changed or removed."},
	{LawsChanged, "The table of what states ask before a call is recorded changed; before and after are in the sealed detail."},
	{EmergencyChanged, "How 911 leaves the house changed: trunk, call-back number or locations of devices."},
	{EmergencyCalled, "A registered phone dialled 911 or 933; facts: line, trunk by which it left, the code where it reached nobody."},
	{PromptStored, "A prompt was uploaded, recorded or made from text; facts: name, language, kind, source, milliseconds, SHA-256."},
	{PromptRemoved, "A prompt was removed: the one before it, or the built-in one, is played again."},
	{PromptRestored, "A prompt that was removed is played again."},
	{PromptsListed, "Somebody read the list of prompts or played one back."},
	{CallerSettled, "A caller whom nobody served was called back or written off by a named person, or spoken with in the call that she was promised; facts: the state before and after, the call that answers to it."},
	{VoiceTaken, "Somebody took a voice message on."},
	{AgentStateSet, "An agent went on a break, began training, or came back; facts: the state before and after."},
	{AlarmTaken, "A named person took an alarm on; facts: its class, since when it stands, by page or by telephone."},
	{LineChecked, "The sentinel dialled a clinic's public number; facts: whether the call came back to us."},
	{PeopleEdited, "Absences or deactivations of people changed: they act on every schedule."},
	{GapFound, "The scan found a time ahead in which nobody is on call; facts: tier, from, to."},
	{GapBegan, "A time began in which nobody is on call."},
	{GapEnded, "A gap that was found is over, or was filled before it began; the facts say which."},
	{GapAcknowledged, "A change that makes a gap was let through, with a reason; facts: tier, from, to."},
	{OfferMade, "A shift was offered: to a person, to a pool, or to be given away."},
	{OfferChanged, "An offer was taken, approved, declined, withdrawn, or ran out; facts: the state before and after."},
	{FeedCreated, "A calendar feed was made; only its secret's hash is kept."},
	{FeedRevoked, "A calendar feed's secret opens nothing any more."},
	{FeedRead, "A calendar feed was fetched by its secret."},
	{CallsReplayed, "Past calls were run against rules that do not hold; facts: how many, how many differ."},
	{ZonesLoaded, "Other zone data holds; facts: the releases and checksums before and after, how many shifts move."},
	{ShiftMoved, "Other zone data moves a shift; facts: from and to before and after."},
	{LadderBegan, "An escalation began; facts: kind."},
	{LadderMoved, "An escalation took a step; facts: the state and when the next is due."},
	{LadderEnded, "An escalation is over; facts: the state it ended in."},
	{DeviceEnrolled, "A device got a credential, bound to a person; the secret is not here."},
	{DeviceChanged, "A device's person or MD5 exception changed."},
	{DeviceRevoked, "A device's credential was destroyed."},
	{DeviceRegistered, "A new binding, or a binding from a changed source; refreshes are counted, not written."},
	{DeviceUnregistered, "A binding was removed, ran out, or its connection was lost."},
	{DeviceRefused, "A registration failed; floods are one row a minute and source."},
	{AgentPaused, "An agent takes no calls until resumed."},
	{AgentResumed, "An agent takes calls again."},
	{TokenCreated, "An API token was made; only its hash is kept. Facts: scopes, clinics, expiry."},
	{TokenRevoked, "An API token was revoked."},
	{LoginRefused, "A request carried no valid credential; floods are one row a minute and source."},
	{CallArrived, "A caller's INVITE was accepted from a known trunk."},
	{CallRouted, "The plan of a call was made; facts: the version of the rules and the clinic."},
	{CallAnswered, "A phone answered; facts: which."},
	{CallRefused, "A call was turned away: limits, draining, no acceptable media."},
	{CallEnded, "A call is over; facts: the outcome, whose doing, whether anybody spoke with the caller."},
	{CallOrdered, "Somebody told a running call what to do; facts: what, to whom, how it went."},
	{CallHeard, "Somebody listens in on a running call, whispers to its agent or joins it: written before a word is heard. Facts: which of them."},
	{CallPlaced, "Somebody had the house place a call in a clinic's name; facts: what for, how it went."},
	{CallsListed, "Somebody read a list of calls."},
	{CallShown, "Somebody read one call's story."},
	{Revealed, "Somebody asked for clear PHI where it is hidden by default."},
	{Searched, "Somebody searched by a telephone number."},
	{Planned, "Somebody asked what a call would do; nothing rang."},
	{RecordingOpened, "A recording's row and wrapped data key were stored; the file comes next."},
	{RecordingStarted, "The recording's file stands on disk and takes audio."},
	{RecordingEnded, "The recording is closed; facts: state, records, samples, SHA-256, transcript."},
	{RecordingMissing, "A call that should have been recorded was not, or not wholly; the reason says why."},
	{RecordingPlayed, "Somebody listened; facts: the ranges."},
	{RecordingExported, "A clear copy left the house."},
	{RecordingVerified, "A recording was checked against its row."},
	{RecordingListed, "Somebody read a list of recordings."},
	{RecordingKeyGiven, "A recording's data key was given out for independent verification."},
	{RecordingRewrap, "A recording's data key was wrapped by another key version; the file did not change."},
	{RecordingShredded, "A recording's wrapped data key was destroyed."},
	{AuditListed, "Somebody read the audit log."},
	{AuditVerified, "The audit log was verified; facts: size and verdict."},
	{AuditExported, "Audit leaves or checkpoints left the house."},
	{AuditDamaged, "At its start the server found leaves that its last checkpoint does not cover; fact: from which seq. A log with this word never verifies."},
	{ExceptionUsed, "An expiring exception let something insecure happen; one row a minute and trunk or device. Facts: which, until when."},
	{BackupMade, "A backup was written."},
	{BackupRestored, "A backup took the place of the database; a new epoch begins."},
	{PeopleListed, "Somebody read names or telephones of people."},
	{PersonInvited, "Somebody was invited to make an account; facts: which invitation, expiry. The invitation's secret is not here."},
	{InvitationUsed, "An invitation was taken up: the account has a password now."},
	{InvitationRevoked, "An invitation opens nothing any more."},
	{AccountChanged, "An account was suspended or reinstated; facts: the state before and after."},
	{PersonTerminated, "Somebody left: logins, grants, devices, tokens, feeds and invitations ended in one transaction; facts: how many of each."},
	{PasswordSet, "A password was set or changed; neither it nor its hash is here."},
	{FactorAdded, "A second factor was enrolled; facts: kind."},
	{FactorRemoved, "A second factor was removed; facts: kind."},
	{RecoveryCodesMade, "Ten recovery codes took the place of those before."},
	{LoginMade, "Somebody logged in with two factors; facts: which."},
	{LoginFailed, "A password, a second factor or a recovery code was wrong; floods are one row a minute and source."},
	{LoginSteppedUp, "A second factor was shown again for something that asks for it."},
	{LoginEnded, "A login is over; the reason says by whom or what."},
	{GrantGiven, "A role was given, with its clinics; facts: who proposed, who approved."},
	{GrantEnded, "A role was taken away or ran out."},
	{ProposalMade, "Something that needs a second person was proposed; facts: kind."},
	{ProposalDecided, "A proposal was approved, rejected or withdrawn; facts: which."},
	{ProposalCarried, "What was proposed and approved, or ripened in solo mode, was done."},
	{TrainingRecorded, "A person passed a course; facts: course, until when."},
	{PolicyAcknowledged, "A person acknowledged a policy; facts: which version."},
	{AgentReady, "An agent made herself ready for calls in a two-factor login; facts: device, until when."},
	{AgentLimited, "What would have ended readiness made it limited: she is the last one of a clinic. The reason says what."},
	{AgentNotReady, "An agent is offered no more calls; the reason says why."},
	{NobodyEligible, "A clinic has no ready agent."},
	{SomebodyEligible, "A clinic that had no ready agent has one again."},
	{GateRefused, "The access gate refused readiness or a login; the facts say every reason."},
	{CoverRecorded, "An agent recorded who covers, as a clinician called it in; the office confirms later."},
	{KeyRewrapped, "What was sealed by an older version lies under the current one; facts: purpose, versions, how many."},
	{RecoveryKeyMade, "A recovery key was made and split; facts: its id, how many shares, how many are needed. No share is here."},
	{RecoveryUsed, "ROOT was opened with shares of the recovery key; facts: which share numbers."},
	{ClinicDeparted, "A clinic left: its data was exported and its keys destroyed; facts: digest of the certificate."},
	{BundleMade, "The bundle that answers calls while sealed was written; facts: digest, how many clinics."},
	{ServedSealed, "Calls were answered while the keys were sealed; facts: from, to, how many."},
	{WitnessDiffers, "At start or later the witness knew a later or another log than this one."},
	{WitnessAgreed, "A witness has a checkpoint of this log; one row a day and witness."},
	{ClockWrong, "The clock stands before what the log itself, or a witness, has seen; facts: how far, by whom."},
	{SegmentSealed, "Old leaves lie in a sealed segment; facts: from, to, digest."},
	{SegmentRemoved, "A sealed segment older than the retention was destroyed; facts: from, to, digest."},
	{EpochBegan, "A restore ended a log and this one goes on; facts: the restored and the last witnessed checkpoint, the approvals."},
	{EvidenceStated, "A folder of evidence of the controls was gathered and signed; facts: the digest of its manifest, how many files, how many could not be read."},
	{ReviewListed, "Somebody read the activity review."},
	{ReviewSettled, "An item of the activity review was looked into; the reason says how it ended."},
	{BackupFailed, "A scheduled backup did not succeed."},
	{BackupVerified, "A backup was read whole and agrees with its manifest."},
	{BackupPruned, "Snapshots past their time, and recordings that were shredded, left the backup repository; facts: how many of each."},
	{RestoreDrilled, "A backup was restored elsewhere and compared; facts: rows, root, recordings, seconds."},
	{BreakGlassOpened, "Emergency access was opened; facts: target, until when. The officer is told at once."},
	{BreakGlassClosed, "Emergency access is over."},
	{BreakGlassReviewed, "Somebody else reviewed an emergency access."},
	{HoldPlaced, "Something must not be destroyed until the hold is released."},
	{HoldReleased, "A hold was released by two people."},
	{RetentionChanged, "How long something is kept was changed; before and after are in the sealed detail."},
	{PurgePreviewed, "Somebody asked what a purge would destroy; nothing was."},
	{Purged, "What had passed its retention was destroyed; facts: class, how many, digest of the certificate."},
	{Disclosed, "PHI was disclosed outside the house (45 CFR 164.528); facts: kind, to whom by class."},
	{PseudonymResolved, "Somebody asked which number stands behind a pseudonym."},
	{TraceStarted, "The signalling of a call is kept, redacted, in memory, until it expires."},
	{TraceShown, "Somebody read a call's redacted signalling."},
	{DebugOpened, "Somebody read the program's internals over the local socket."},
}
