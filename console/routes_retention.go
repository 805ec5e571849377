package console

import (
	"net/http"

	"nightbell/audit"
)

// retentionRoutes are what is kept, for how long, what must not go, who got what, and who broke the glass.
func retentionRoutes() []Route {
	return []Route{
		{http.MethodGet, "/api/v1/retention", "show-retention", "How long everything is kept, with the floors that hold whatever is set",
			RetentionRead, House, "", nil, Settled, with(showRetention)},
		{http.MethodPut, "/api/v1/retention", "set-retention", "Carry out an approved change of a retention",
			RetentionWrite, House, audit.RetentionChanged, nil, Fresh, with(setRetention)},
		{http.MethodGet, "/api/v1/purge", "preview-purge", "What a purge would destroy; nothing is",
			RetentionRead, House, audit.PurgePreviewed, nil, Settled, with(previewPurge)},
		{http.MethodPost, "/api/v1/purge", "purge", "Carry out an approved purge of what has passed its retention",
			RetentionWrite, House, audit.Purged, nil, Fresh, with(purge)},
		{http.MethodGet, "/api/v1/holds", "list-holds", "What must not be destroyed",
			RetentionRead, House, "", nil, Settled, with(listHolds)},
		{http.MethodPost, "/api/v1/holds", "place-hold", "From now on this is not destroyed, whatever its retention",
			HoldsWrite, House, audit.HoldPlaced, nil, Settled, with(placeHold)},
		{http.MethodPost, "/api/v1/holds/{id}/release", "release-hold", "Carry out an approved release",
			HoldsWrite, House, audit.HoldReleased, nil, Fresh, with(releaseHold)},
		{http.MethodPost, "/api/v1/disclosures/search", "list-disclosures", "Who got what (45 CFR 164.528); needs a reason",
			DisclosuresRead, Clinic, audit.Revealed, []string{"name"}, Settled, with(listDisclosures)},
		{http.MethodPost, "/api/v1/disclosures", "record-disclosure", "Record a disclosure that did not go through the program",
			DisclosuresWrite, Clinic, audit.Disclosed, nil, Settled, with(recordDisclosure)},
		{http.MethodGet, "/api/v1/break-glass", "list-break-glass", "Emergency accesses of a time, and whether somebody reviewed them",
			BreakGlassRead, House, "", nil, Settled, with(listBreakGlass)},
		{http.MethodPost, "/api/v1/break-glass", "break-glass", "Emergency access to one call, recording or clinic, an hour at most; the officers are told",
			BreakGlassOpen, House, audit.BreakGlassOpened, nil, Fresh, with(breakGlass)},
		{http.MethodPost, "/api/v1/break-glass/{id}/close", "close-break-glass", "End it before its time",
			BreakGlassOpen, House, audit.BreakGlassClosed, nil, Settled, with(closeBreakGlass)},
		{http.MethodPost, "/api/v1/break-glass/{id}/review", "review-break-glass", "Somebody else's verdict, within 72 hours",
			BreakGlassReview, House, audit.BreakGlassReviewed, nil, Settled, with(reviewBreakGlass)},
	}
}
