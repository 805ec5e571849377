package console

import "slices"

// Scope is one permission. Roles give scopes to people (roles.go), tokens name theirs, the operator on the control socket has
// what shows no PHI.
type Scope string

const (
	Open              Scope = "" // no identity needed: documents, probes and the first step of a login
	BookRead          Scope = "book:read"
	BookReveal        Scope = "book:reveal"
	BookWrite         Scope = "book:write"
	RulesRead         Scope = "rules:read"
	RulesWrite        Scope = "rules:write"     // schedules and their layers, approval of offers
	ClinicsWrite      Scope = "clinics:write"   // a clinic as a whole: zone, flows, recording
	HoursWrite        Scope = "hours:write"     // a clinic's hours and holidays
	CoverWrite        Scope = "cover:write"     // tonight's cover: edits that bend the rota, offers
	CoverCalledIn     Scope = "cover:called-in" // what a clinician phones in: at most 24 h, the office confirms
	PeopleWrite       Scope = "people:write"
	PeopleReveal      Scope = "people:reveal" // names and numbers of our own people
	FeedsWrite        Scope = "feeds:write"
	OnCallRead        Scope = "oncall:read"
	PlanRead          Scope = "plan:read"
	CallsAnswer       Scope = "calls:answer" // to make herself ready
	CallsRead         Scope = "calls:read"
	CallsSearch       Scope = "calls:search"
	CallsReveal       Scope = "calls:reveal"
	RecordingsRead    Scope = "recordings:read"
	RecordingsPlay    Scope = "recordings:play"
	RecordingsExport  Scope = "recordings:export"
	RecordingsKey     Scope = "recordings:key"
	AuditRead         Scope = "audit:read"
	AuditExport       Scope = "audit:export"
	AuditAccept       Scope = "audit:accept" // to go on with an older log, by an approved proposal
	ReviewsRead       Scope = "reviews:read"
	ReviewsSettle     Scope = "reviews:settle"
	KeysRead          Scope = "keys:read"
	KeysWrite         Scope = "keys:write"
	TokensRead        Scope = "tokens:read"
	TokensWrite       Scope = "tokens:write"
	DevicesRead       Scope = "devices:read"
	DevicesWrite      Scope = "devices:write"
	TrunksRead        Scope = "trunks:read"
	TrunksWrite       Scope = "trunks:write"
	AgentsRead        Scope = "agents:read"
	AgentsWrite       Scope = "agents:write"
	ReadyRead         Scope = "ready:read"
	ReadyWrite        Scope = "ready:write" // to end somebody's readiness
	AccountsRead      Scope = "accounts:read"
	AccountsWrite     Scope = "accounts:write"
	GrantsRead        Scope = "grants:read"
	GrantsWrite       Scope = "grants:write" // to propose; a second person approves
	ProposalsRead     Scope = "proposals:read"
	ProposalsDecide   Scope = "proposals:decide"
	TrainingRead      Scope = "training:read"
	TrainingWrite     Scope = "training:write"
	BackupRead        Scope = "backup:read"
	BackupWrite       Scope = "backup:write"
	DebugRead         Scope = "debug:read"
	PseudonymsResolve Scope = "pseudonyms:resolve"
	RetentionRead     Scope = "retention:read"
	RetentionWrite    Scope = "retention:write"
	HoldsWrite        Scope = "holds:write"
	DisclosuresRead   Scope = "disclosures:read"
	DisclosuresWrite  Scope = "disclosures:write"
	BreakGlassRead    Scope = "break-glass:read"
	BreakGlassOpen    Scope = "break-glass:open"
	BreakGlassReview  Scope = "break-glass:review"
	LiveRead          Scope = "live:read"
	LiveWatch         Scope = "live:watch"    // calls, queues and agents as they are now
	CallsCommand      Scope = "calls:command" // to tell a running call what to do; orders says who may what
	CallsPlace        Scope = "calls:place"   // to call somebody in a clinic's name
	UnservedRead      Scope = "unserved:read" // the ledger of callers, and voice messages
	UnservedSettle    Scope = "unserved:settle"
	AlarmsRead        Scope = "alarms:read"
	AlarmsAcknowledge Scope = "alarms:acknowledge"
	MetricsRead       Scope = "metrics:read"

	FactorsWrite Scope = "factors:write" // to enrol: a live login, or the password alone while no factor stands yet
	Self         Scope = "self"          // one's own login, factors, devices and paperwork: everybody with two factors
	SecondFactor Scope = "second-factor" // what a password alone opens: the routes that ask for the second factor
)

// Holder says who may hold a scope besides people, who hold what their roles give.
type Holder int

const (
	Anyone     Holder = iota // people, the operator, tokens
	Local                    // people, the operator
	PeopleOnly               // people alone: PHI, and what is personal
)

// scopes lists every scope that can be given. Whoever adds one adds its row in roles.go too.
var scopes = []struct {
	scope  Scope
	holder Holder
}{
	{BookRead, Anyone}, {BookReveal, Anyone}, {BookWrite, Anyone}, {RulesRead, Anyone}, {RulesWrite, Anyone},
	{ClinicsWrite, Anyone}, {HoursWrite, Anyone}, {CoverWrite, Anyone}, {CoverCalledIn, PeopleOnly}, {PeopleWrite, Anyone},
	{PeopleReveal, Anyone}, {FeedsWrite, Anyone}, {OnCallRead, Anyone}, {PlanRead, Anyone}, {CallsAnswer, PeopleOnly},
	{CallsRead, Anyone}, {CallsSearch, PeopleOnly}, {CallsReveal, PeopleOnly}, {RecordingsRead, Anyone},
	{RecordingsPlay, PeopleOnly}, {RecordingsExport, PeopleOnly}, {RecordingsKey, PeopleOnly},
	{AuditRead, Anyone}, {AuditExport, Local}, {AuditAccept, PeopleOnly}, {ReviewsRead, Local}, {ReviewsSettle, PeopleOnly},
	{KeysRead, Anyone}, {KeysWrite, Local}, {TokensRead, Anyone}, {TokensWrite, Local},
	{DevicesRead, Anyone}, {DevicesWrite, Anyone}, {TrunksRead, Anyone}, {TrunksWrite, Anyone},
	{AgentsRead, Anyone}, {AgentsWrite, Anyone}, {ReadyRead, Anyone}, {ReadyWrite, Local},
	{AccountsRead, Local}, {AccountsWrite, Local}, {GrantsRead, Local}, {GrantsWrite, PeopleOnly},
	{ProposalsRead, Local}, {ProposalsDecide, PeopleOnly}, {TrainingRead, Local}, {TrainingWrite, Local},
	{BackupRead, Anyone}, {BackupWrite, Anyone}, {DebugRead, PeopleOnly}, {PseudonymsResolve, PeopleOnly},
	{RetentionRead, Anyone}, {RetentionWrite, Local}, {HoldsWrite, PeopleOnly}, {DisclosuresRead, PeopleOnly}, {DisclosuresWrite, PeopleOnly},
	{BreakGlassRead, Local}, {BreakGlassOpen, PeopleOnly}, {BreakGlassReview, PeopleOnly}, {LiveRead, Anyone}, {LiveWatch, Anyone}, {MetricsRead, Anyone},
	{CallsCommand, Local}, {CallsPlace, PeopleOnly}, {UnservedRead, Anyone}, {UnservedSettle, PeopleOnly},
	{AlarmsRead, Anyone}, {AlarmsAcknowledge, PeopleOnly},
	{FactorsWrite, PeopleOnly}, {Self, PeopleOnly}, {SecondFactor, PeopleOnly},
}

// Scopes lists every scope that a token may name.
func Scopes() []Scope { return scopesOf(Anyone) }

// scopesOf lists every scope that the holder may have.
func scopesOf(h Holder) []Scope {
	var out []Scope
	for _, s := range scopes {
		if s.holder <= h {
			out = append(out, s.scope)
		}
	}
	return out
}

// heldBy reports whether this kind of holder may have the scope at all, whatever was once written into its row.
func (s Scope) heldBy(h Holder) bool { return slices.Contains(scopesOf(h), s) }

// implied are scopes that were part of another one once: a token that names that one still may what it could.
var implied = map[Scope][]Scope{RulesWrite: {ClinicsWrite, HoursWrite, PeopleWrite}, LiveRead: {LiveWatch}}
