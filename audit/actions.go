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

	AuditListed     Action = "audit.listed"
	AuditVerified   Action = "audit.verified"
	AuditExported   Action = "audit.exported"
	AuditDamaged    Action = "audit.damaged"
	ExceptionUsed   Action = "exception.used"
	BackupMade      Action = "backup.made"
	BackupRestored  Action = "backup.restored"
	PeopleListed    Action = "people.listed"
	SettingsChanged Action = "settings.changed"
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
	{KeyCreated, "A version of a wrapped key was stored; facts: purpose, version."},
	{KeyRetired, "A version of a wrapped key was retired; nothing uses it any more."},
	{KeyChanged, "An unsealer slot was added, replaced or removed."},
	{BookApplied, "A whole book took effect; facts: the version before and after, how many of each kind changed."},
	{ClinicChanged, "A clinic was added, changed or removed; before and after are in the sealed detail."},
	{NumberChanged, "A dialled number was added, changed or removed."},
	{TrunkChanged, "A trunk was added, changed or removed, its exceptions included."},
	{TrunkSecretSet, "A trunk's digest secret was set; the secret is not here."},
	{TrunkRefused, "A source that claimed to be a trunk was refused; floods are one row a minute and source."},
	{PersonChanged, "A person was added, changed or removed."},
	{ScheduleChanged, "A schedule's layers or overrides changed: a new version was appended."},
	{CatchAllChanged, "Another clinic takes the unknown numbers of known trunks."},
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
	{ExceptionUsed, "An expiring exception let something insecure happen."},
	{BackupMade, "A backup was written."},
	{BackupRestored, "A backup took the place of the database; a new epoch begins."},
	{PeopleListed, "Somebody read names or telephones of people."},
	{SettingsChanged, "A product setting changed; before and after are in the sealed detail."},
}
