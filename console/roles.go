package console

import (
	"nightbell/access"
	"nightbell/call"
)

// The cells: a scope reaches nothing, her own calls for a day, her own, the running of the house, or the grant's clinics.
const (
	no   = Nothing
	day  = OwnDay
	mine = Own
	ops  = Ops
	here = Granted
)

// cells are what each role may, in the order of access.Roles.
type cells [8]Bound

type roleRow struct {
	scope Scope
	cells cells
}

// matrix is the role table of design: deny by default, a row for every scope that a role can give. A grant's clinics bound every cell; a grant without clinics is for the whole house. The golden file
// testdata/roles.golden is the same table for review.
var matrix = []roleRow{
	//               admin sched agent super clini offic compl audit
	{BookRead, cells{here, no, no, no, no, no, here, here}},
	{BookReveal, cells{here, no, no, no, no, no, no, no}},
	{BookWrite, cells{here, no, no, no, no, no, no, no}},
	{RulesRead, cells{here, here, here, here, here, here, here, here}},
	{RulesWrite, cells{no, here, no, no, no, here, no, no}},
	{ClinicsWrite, cells{here, no, no, no, no, no, no, no}},
	{HoursWrite, cells{no, here, no, here, no, here, no, no}},
	{CoverWrite, cells{no, here, no, here, mine, here, no, no}},
	{CoverCalledIn, cells{no, no, here, here, no, no, no, no}},
	{PeopleWrite, cells{here, no, no, no, no, no, no, no}},
	{PeopleReveal, cells{here, here, here, here, no, here, no, no}},
	{FeedsWrite, cells{no, here, no, here, no, here, no, no}},
	{OnCallRead, cells{here, here, here, here, here, here, here, here}},
	{PlanRead, cells{here, here, no, here, no, here, no, no}},
	{CallsAnswer, cells{no, no, here, here, no, no, no, no}},
	{CallsRead, cells{no, no, mine, here, no, no, no, no}},
	{CallsSearch, cells{no, no, no, here, no, no, no, no}},
	{CallsReveal, cells{no, no, day, here, no, no, no, no}},
	{RecordingsRead, cells{no, no, mine, here, no, no, no, no}},
	{RecordingsPlay, cells{no, no, day, here, no, no, no, no}},
	{RecordingsExport, cells{no, no, no, here, no, no, no, no}},
	{RecordingsKey, cells{no, no, no, here, no, no, no, no}},
	{AuditRead, cells{ops, no, no, no, no, here, here, here}},
	{AuditExport, cells{no, no, no, no, no, no, here, here}},
	{AuditAccept, cells{here, no, no, no, no, no, here, no}},
	{ReviewsRead, cells{no, no, no, no, no, no, here, here}},
	{ReviewsSettle, cells{no, no, no, no, no, no, here, no}},
	{KeysRead, cells{here, no, no, no, no, no, here, here}},
	{KeysWrite, cells{here, no, no, no, no, no, no, no}},
	{TokensRead, cells{here, no, no, no, no, no, here, here}},
	{TokensWrite, cells{here, no, no, no, no, no, no, no}},
	{DevicesRead, cells{here, no, no, here, no, no, here, here}},
	{DevicesWrite, cells{here, no, no, no, no, no, no, no}},
	{TrunksRead, cells{here, no, no, no, no, no, here, here}},
	{TrunksWrite, cells{here, no, no, no, no, no, no, no}},
	{AgentsRead, cells{here, here, here, here, no, no, no, no}},
	{AgentsWrite, cells{no, no, no, here, no, no, no, no}},
	{ReadyRead, cells{here, no, no, here, no, no, no, no}},
	{ReadyWrite, cells{here, no, no, here, no, no, no, no}},
	{AccountsRead, cells{here, no, no, no, no, no, here, here}},
	{AccountsWrite, cells{here, no, no, no, no, no, no, no}},
	{GrantsRead, cells{here, no, no, no, no, here, here, here}},
	{GrantsWrite, cells{here, no, no, no, no, here, no, no}},
	{ProposalsRead, cells{here, no, no, no, no, here, here, here}},
	{ProposalsDecide, cells{here, no, no, no, no, mine, here, no}},
	{TrainingRead, cells{here, no, no, here, no, no, here, here}},
	{TrainingWrite, cells{no, no, no, no, no, no, here, no}},
	{BackupRead, cells{here, no, no, no, no, no, here, here}},
	{BackupWrite, cells{here, no, no, no, no, no, no, no}},
	{DebugRead, cells{here, no, no, no, no, no, no, no}},
	{RetentionRead, cells{here, no, no, no, no, no, here, here}},
	{RetentionWrite, cells{here, no, no, no, no, no, here, no}},
	{HoldsWrite, cells{no, no, no, no, no, no, here, no}},
	{DisclosuresRead, cells{no, no, no, no, no, here, here, here}},
	{DisclosuresWrite, cells{no, no, no, here, no, here, here, no}},
	{BreakGlassRead, cells{here, no, no, no, no, no, here, here}},
	{BreakGlassOpen, cells{no, no, no, no, no, no, here, no}},
	{BreakGlassReview, cells{no, no, no, no, no, no, here, here}},
	{PseudonymsResolve, cells{no, no, no, here, no, no, no, no}},
	{LiveRead, cells{here, no, no, here, no, no, no, no}},
	{LiveWatch, cells{here, no, here, here, no, no, no, no}},
	{CallsCommand, cells{no, no, mine, here, no, no, no, no}},
	{CallsPlace, cells{no, no, here, here, no, no, no, no}},
	{UnservedRead, cells{no, no, here, here, no, here, here, no}},
	{UnservedSettle, cells{no, no, here, here, no, here, no, no}},
	{AlarmsRead, cells{here, no, no, here, no, no, here, no}},
	{AlarmsAcknowledge, cells{here, no, no, here, no, no, no, no}},
	{MetricsRead, cells{here, no, no, no, no, no, no, no}},
	{FactorsWrite, cells{mine, mine, mine, mine, mine, mine, mine, mine}},
	{Self, cells{mine, mine, mine, mine, mine, mine, mine, mine}},
	{SecondFactor, cells{no, no, no, no, no, no, no, no}},
}

// right is one cell that is not empty.
type right struct {
	scope Scope
	bound Bound
}

// rights are the matrix' columns: each request asks them.
var rights = func() map[access.Role][]right {
	all := map[access.Role][]right{}
	for column, role := range access.Roles() {
		for _, row := range matrix {
			if row.cells[column] != Nothing {
				all[role] = append(all[role], right{row.scope, row.cells[column]})
			}
		}
	}
	return all
}()

// bound is the matrix' cell.
func bound(r access.Role, s Scope) Bound {
	for _, right := range rights[r] {
		if right.scope == s {
			return right.bound
		}
	}
	return Nothing
}

// orders is who may tell a running call what. A command that is not here does not exist. The operator of the machine hears
// nobody and moves nobody: he may end a call.
var orders = map[call.CommandKind]standing{
	call.HoldCaller:       inIt | watching,
	call.ResumeCaller:     inIt | watching,
	call.ConsultThird:     inIt,
	call.JoinAll:          inIt,
	call.CompleteTransfer: inIt,
	call.CancelLine:       inIt | watching,
	call.TransferBlind:    inIt | watching,
	call.ParkCaller:       inIt | watching,
	call.RetrieveCaller:   watching | colleague,
	call.Listen:           watching,
	call.Whisper:          watching,
	call.Barge:            watching,
	call.LeaveCall:        watching,
	call.PauseRecording:   inIt | watching,
	call.ResumeRecording:  inIt | watching,
	call.DeclineRecording: inIt | watching,
	call.EndCall:          inIt | watching | operator,
	call.PatchCaller:      inIt | watching,
	call.SendKey:          inIt,
	call.Requeue:          inIt | watching,
	call.BeginSecret:      inIt,
	call.EndSecret:        inIt,
	call.AddNote:          inIt | watching,
}
