package console

import (
	"slices"

	"nightbell/audit"
)

// Scope is one permission of a token. The local operator on the control socket has them all.
type Scope string

const (
	Open             Scope = "" // no identity needed: documents and probes, nothing of the house
	BookRead         Scope = "book:read"
	BookReveal       Scope = "book:reveal"
	BookWrite        Scope = "book:write"
	RulesRead        Scope = "rules:read"
	RulesWrite       Scope = "rules:write"   // clinics, people, layers
	CoverWrite       Scope = "cover:write"   // tonight's cover: edits that bend the rota, offers
	PeopleReveal     Scope = "people:reveal" // names and numbers of people
	FeedsWrite       Scope = "feeds:write"
	OnCallRead       Scope = "oncall:read"
	PlanRead         Scope = "plan:read"
	CallsRead        Scope = "calls:read"
	CallsReveal      Scope = "calls:reveal"
	RecordingsRead   Scope = "recordings:read"
	RecordingsPlay   Scope = "recordings:play"
	RecordingsExport Scope = "recordings:export"
	RecordingsKey    Scope = "recordings:key"
	AuditRead        Scope = "audit:read"
	KeysRead         Scope = "keys:read"
	KeysWrite        Scope = "keys:write"
	TokensRead       Scope = "tokens:read"
	TokensWrite      Scope = "tokens:write"
	DevicesRead      Scope = "devices:read"
	DevicesWrite     Scope = "devices:write"
	TrunksRead       Scope = "trunks:read"
	TrunksWrite      Scope = "trunks:write"
	AgentsRead       Scope = "agents:read"
	AgentsWrite      Scope = "agents:write"
	LiveRead         Scope = "live:read"
	MetricsRead      Scope = "metrics:read"
)

// Scopes lists every scope that a token may hold.
func Scopes() []Scope {
	return []Scope{
		BookRead, BookReveal, BookWrite, RulesRead, RulesWrite, CoverWrite, PeopleReveal, FeedsWrite, OnCallRead, PlanRead, CallsRead, CallsReveal,
		RecordingsRead, RecordingsPlay, RecordingsExport, RecordingsKey, AuditRead, KeysRead, KeysWrite,
		TokensRead, TokensWrite, DevicesRead, DevicesWrite, TrunksRead, TrunksWrite,
		AgentsRead, AgentsWrite, LiveRead, MetricsRead,
	}
}

// Identity is who is asking, as far as the house has proof of it.
type Identity struct {
	Actor  audit.Actor
	Scopes []Scope
	Clinic string // the only clinic it may see; empty: all
}

// Has reports whether the identity may use routes of this scope.
func (i Identity) Has(s Scope) bool { return slices.Contains(i.Scopes, s) }

// sees reports whether things of this clinic may be shown to the identity.
func (i Identity) sees(clinic string) bool { return i.Clinic == "" || i.Clinic == clinic }

// Reach says how a route treats a token that is bound to one clinic.
type Reach int

const (
	House  Reach = iota // concerns the whole house: such a token is refused
	Clinic              // shows what belongs to the token's clinic, as if nothing else existed
)
