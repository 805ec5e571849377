package console

import (
	"net/http"

	"nightbell/audit"
)

// rulesRoutes are the rules thing by thing: what a clinic's scheduler reads and changes.
func rulesRoutes() []Route {
	return []Route{
		{http.MethodGet, "/api/v1/clinics", "list-clinics", "Clinics with hours, holidays and flows",
			RulesRead, Clinic, "", nil, Settled, with(listClinics)},
		{http.MethodGet, "/api/v1/clinics/{id}", "show-clinic", "One clinic",
			RulesRead, Clinic, "", nil, Settled, with(showClinic)},
		{http.MethodPut, "/api/v1/clinics/{id}", "put-clinic", "Make or change a clinic",
			ClinicsWrite, House, audit.ClinicChanged, nil, Fresh, with(putClinic)},
		{http.MethodPut, "/api/v1/clinics/{id}/hours", "put-hours", "Change a clinic's opening hours",
			HoursWrite, Clinic, audit.ClinicChanged, nil, Settled, with(putHours)},
		{http.MethodPut, "/api/v1/clinics/{id}/holidays", "put-holidays", "Change a clinic's holidays",
			HoursWrite, Clinic, audit.ClinicChanged, nil, Settled, with(putHolidays)},
		{http.MethodGet, "/api/v1/holidays/us-federal", "federal-holidays", "The holidays of 5 U.S.C. §6103, to start from",
			RulesRead, Clinic, "", nil, Settled, with(federalHolidays)},
		{http.MethodGet, "/api/v1/people", "list-people", "People who may be rung, names redacted",
			RulesRead, Clinic, "", nil, Settled, with(listPeople)},
		{http.MethodPost, "/api/v1/people/reveal", "reveal-people", "People with names and numbers; needs a reason",
			PeopleReveal, Clinic, audit.PeopleListed, []string{"name", "number"}, Settled, with(revealPeople)},
		{http.MethodGet, "/api/v1/people/{id}", "show-person", "One person, name redacted",
			RulesRead, Clinic, "", nil, Settled, with(showPerson)},
		{http.MethodPut, "/api/v1/people/{id}", "put-person", "Make or change a person",
			PeopleWrite, House, audit.PersonChanged, nil, Fresh, with(putPerson)},
		{http.MethodPost, "/api/v1/people/{id}/edits", "edit-person", "Absence, do-not-disturb, deactivation: on every schedule",
			RulesWrite, House, audit.PeopleEdited, nil, Settled, with(editPerson)},
		{http.MethodGet, "/api/v1/schedules", "list-schedules", "Schedules with layers and edits",
			RulesRead, Clinic, "", nil, Settled, with(listSchedules)},
		{http.MethodGet, "/api/v1/schedules/{id}", "show-schedule", "One schedule",
			RulesRead, Clinic, "", nil, Settled, with(showSchedule)},
		{http.MethodPut, "/api/v1/schedules/{id}", "put-schedule", "Make a schedule, or a version of its layers",
			RulesWrite, Clinic, audit.ScheduleChanged, nil, Settled, with(putSchedule)},
		{http.MethodDelete, "/api/v1/schedules/{id}", "remove-schedule", "Remove a schedule that no flow asks",
			RulesWrite, Clinic, audit.ScheduleChanged, nil, Settled, with(removeSchedule)},
		{http.MethodPost, "/api/v1/schedules/{id}/edits", "edit-schedule", "Overrides, covers, swaps, absences, notes, undo: all or none",
			CoverWrite, Clinic, audit.ScheduleChanged, nil, Settled, with(editSchedule)},
		{http.MethodPost, "/api/v1/schedules/{id}/called-in", "cover-called-in", "Cover for 24 h at most, as a clinician phoned it in",
			CoverCalledIn, Clinic, audit.CoverRecorded, nil, Settled, with(coverCalledIn)},
		{http.MethodPost, "/api/v1/schedules/{id}/preview", "preview-schedule", "What a change would do; stores nothing",
			RulesRead, Clinic, "", nil, Settled, with(previewSchedule)},
		{http.MethodGet, "/api/v1/schedules/{id}/versions", "list-versions", "A schedule's versions, newest first",
			RulesRead, Clinic, "", nil, Settled, with(listVersions)},
		{http.MethodGet, "/api/v1/schedules/{id}/versions/{version}", "show-version", "A schedule as it was, and how it differs",
			RulesRead, Clinic, "", nil, Settled, with(showVersion)},
		{http.MethodPost, "/api/v1/schedules/{id}/restore", "restore-version", "Make a past version's layers hold again",
			RulesWrite, Clinic, audit.ScheduleChanged, nil, Settled, with(restoreVersion)},
		{http.MethodPost, "/api/v1/schedules/{id}/import/check", "check-rota", "What importing an iCal or CSV rota would change",
			RulesRead, Clinic, "", nil, Settled, with(checkRota)},
		{http.MethodPost, "/api/v1/schedules/{id}/import", "import-rota", "Import an iCal or CSV rota as a plan",
			RulesWrite, Clinic, audit.ScheduleChanged, nil, Settled, with(importRota)},
	}
}

// coverRoutes are the rota beyond one instant, the market of shifts, and calendars.
func coverRoutes() []Route {
	return []Route{
		{http.MethodGet, "/api/v1/oncall/why", "on-call-why", "Who is on call at an instant, and why, in sentences",
			OnCallRead, Clinic, "", nil, Settled, with(onCallWhy)},
		{http.MethodGet, "/api/v1/oncall/gaps", "on-call-gaps", "Times ahead in which nobody is on call",
			OnCallRead, Clinic, "", nil, Settled, with(onCallGaps)},
		{http.MethodGet, "/api/v1/oncall/fairness", "on-call-fairness", "Hours, nights, weekends and holidays per person and quarter",
			OnCallRead, Clinic, "", nil, Settled, with(onCallFairness)},
		{http.MethodPost, "/api/v1/oncall/replay", "replay-calls", "Whom our past calls would have reached",
			CallsRead, Clinic, audit.CallsReplayed, nil, Settled, with(replayCalls)},
		{http.MethodPost, "/api/v1/oncall/replay/log", "replay-log", "Whom the calls of a vendor's log would have reached",
			RulesRead, Clinic, audit.CallsReplayed, nil, Settled, with(replayLog)},
		{http.MethodGet, "/api/v1/offers", "list-offers", "Offers of shifts",
			RulesRead, Clinic, "", nil, Settled, with(listOffers)},
		{http.MethodPost, "/api/v1/offers", "make-offer", "Offer a shift: swap, give away, pool",
			CoverWrite, Personal, audit.OfferMade, nil, Settled, with(makeOffer)},
		{http.MethodGet, "/api/v1/offers/{id}", "show-offer", "One offer",
			RulesRead, Clinic, "", nil, Settled, with(showOffer)},
		{http.MethodPost, "/api/v1/offers/{id}/take", "take-offer", "Take a shift that is offered",
			CoverWrite, Personal, audit.OfferChanged, nil, Settled, with(actOffer("take"))},
		{http.MethodPost, "/api/v1/offers/{id}/approve", "approve-offer", "Let a taken offer come into force",
			RulesWrite, Clinic, audit.OfferChanged, nil, Settled, with(actOffer("approve"))},
		{http.MethodPost, "/api/v1/offers/{id}/decline", "decline-offer", "Decline an offer",
			CoverWrite, Personal, audit.OfferChanged, nil, Settled, with(actOffer("decline"))},
		{http.MethodPost, "/api/v1/offers/{id}/withdraw", "withdraw-offer", "Take an offer back",
			CoverWrite, Personal, audit.OfferChanged, nil, Settled, with(actOffer("withdraw"))},
		{http.MethodGet, "/api/v1/feeds", "list-feeds", "Calendar feeds without their secrets",
			RulesRead, Clinic, "", nil, Settled, with(listFeeds)},
		{http.MethodPost, "/api/v1/feeds", "create-feed", "Make a calendar feed; its address is shown once",
			FeedsWrite, Clinic, audit.FeedCreated, nil, Settled, with(createFeed)},
		{http.MethodDelete, "/api/v1/feeds/{id}", "revoke-feed", "Revoke a calendar feed",
			FeedsWrite, Clinic, audit.FeedRevoked, nil, Settled, with(revokeFeed)},
	}
}
