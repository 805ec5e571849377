package main

// oncallCmd is the rota from the terminal: asked, drawn, and changed. Every command is a client of /api/v1.
type oncallCmd struct {
	At       oncallAtCmd       `cmd:"" help:"Who is on call at an instant."`
	Why      oncallWhyCmd      `cmd:"" help:"Who is on call at an instant, and why, in sentences."`
	Shifts   oncallShiftsCmd   `cmd:"" help:"Shifts and gaps between two instants, in the clinic's zone."`
	Timeline oncallTimelineCmd `cmd:"" help:"The rota drawn: people as rows, time as columns."`
	Gaps     oncallGapsCmd     `cmd:"" help:"Times ahead in which nobody is on call."`
	Fairness oncallFairnessCmd `cmd:"" help:"Hours, nights, weekends and holidays per person and quarter."`

	List     oncallListCmd   `cmd:"" help:"Schedules."`
	Show     oncallShowCmd   `cmd:"" help:"One schedule: layers, rotations, and what was changed."`
	Put      oncallPutCmd    `cmd:"" help:"Make a schedule, or a new version of its layers."`
	Assign   oncallAssignCmd `cmd:"" help:"Put a person in for a time."`
	Add      oncallAddCmd    `cmd:"" help:"Put a person beside those who stand."`
	Cover    oncallCoverCmd  `cmd:"" help:"Let one person stand where another would."`
	Nobody   oncallNobodyCmd `cmd:"" help:"Leave a time empty, deliberately and with a reason."`
	TakeOver oncallOverCmd   `cmd:"" name:"take-over" help:"Take the running shift over, now."`
	Note     oncallNoteCmd   `cmd:"" help:"A note that shows with the shift until it ends."`
	Undo     oncallUndoCmd   `cmd:"" help:"An earlier change no longer counts."`

	Absence  oncallAbsenceCmd  `cmd:"" help:"A person is away, on every schedule."`
	DND      oncallDNDCmd      `cmd:"" name:"dnd" help:"A person is not to be disturbed; somebody stands in."`
	Holidays oncallHolidaysCmd `cmd:"" help:"A clinic's holidays, shown or changed."`

	Swap   oncallSwapCmd   `cmd:"" help:"Offer a shift for another one."`
	Give   oncallGiveCmd   `cmd:"" help:"Offer a shift to a person or to anybody."`
	Offers oncallOffersCmd `cmd:"" help:"Shifts that are offered."`
	Take   oncallTakeCmd   `cmd:"" help:"Take a shift that is offered."`
	Settle oncallSettleCmd `cmd:"" help:"Approve, decline or withdraw an offer."`

	Versions oncallVersionsCmd `cmd:"" help:"A schedule's past, newest first."`
	Restore  oncallRestoreCmd  `cmd:"" help:"Make the layers of a past version hold again."`
	Preview  oncallPreviewCmd  `cmd:"" help:"What a new version would do; changes nothing."`
	Replay   oncallReplayCmd   `cmd:"" help:"Whom past calls, or a vendor's call log, would have reached."`
	Import   oncallImportCmd   `cmd:"" help:"Import an iCal or CSV rota; the difference first."`
	Feed     oncallFeedCmd     `cmd:"" help:"Calendars to subscribe to."`
	Verify   oncallVerifyCmd   `cmd:"" help:"Check a file of cases against the resolver; needs no data folder."`
}
