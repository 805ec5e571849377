package console

import (
	"net/http"

	"nightbell/audit"
)

// liveRoutes are the running calls: to look at, and to tell what to do.
func liveRoutes() []Route {
	return []Route{
		{http.MethodGet, "/api/v1/live", "live", "The server at this moment: calls, queues, agents, trunks, alarms of one's clinics",
			LiveWatch, Clinic, "", nil, Settled, with(showLive)},
		{http.MethodGet, "/api/v1/live/events", "live-events", "What changes, as server-sent events; Last-Event-ID resumes",
			LiveWatch, Clinic, "", nil, Settled, with(streamLive)},
		{http.MethodPost, "/api/v1/calls/{id}/commands", "order-call", "Tell a running call what to do",
			CallsCommand, Personal, audit.CallOrdered, nil, Settled, with(orderCall)},
		{http.MethodPost, "/api/v1/calls", "place-call", "Call somebody in a clinic's name, or call a caller back",
			CallsPlace, Clinic, audit.CallPlaced, nil, Settled, with(placeCall)},
		{http.MethodGet, "/api/v1/agents", "list-agents", "Agents and what they do now",
			AgentsRead, Clinic, "", nil, Settled, with(listAgents)},
		{http.MethodPost, "/api/v1/agents/{id}/pause", "pause-agent", "Offer no calls to an agent",
			AgentsWrite, House, audit.AgentPaused, nil, Settled, with(pauseAgent)},
		{http.MethodPost, "/api/v1/agents/{id}/resume", "resume-agent", "Offer calls again",
			AgentsWrite, House, audit.AgentResumed, nil, Settled, with(resumeAgent)},
		{http.MethodPut, "/api/v1/agents/{id}/break", "send-on-break", "Send an agent on a break",
			AgentsWrite, Clinic, audit.AgentStateSet, nil, Settled, with(sendOnBreak)},
		{http.MethodDelete, "/api/v1/agents/{id}/break", "call-from-break", "End an agent's break",
			AgentsWrite, Clinic, audit.AgentStateSet, nil, Settled, with(callFromBreak)},
		{http.MethodPut, "/api/v1/me/break", "take-break", "Offer me no calls for a while, and say why",
			CallsAnswer, Personal, audit.AgentStateSet, nil, Settled, with(takeBreak)},
		{http.MethodDelete, "/api/v1/me/break", "end-break", "I am back",
			CallsAnswer, Personal, audit.AgentStateSet, nil, Settled, with(endBreak)},
		{http.MethodPost, "/api/v1/me/wrap-up/end", "end-wrap-up", "My notes are done: offer me calls again",
			CallsAnswer, Personal, audit.AgentStateSet, nil, Settled, with(endWrapUp)},
	}
}

// ledgerRoutes are who was not served, and what was left for us.
func ledgerRoutes() []Route {
	return []Route{
		{http.MethodGet, "/api/v1/unserved", "list-unserved", "Callers with whom nobody spoke, newest first",
			UnservedRead, Clinic, audit.CallsListed, nil, Settled, with(listUnserved)},
		{http.MethodPost, "/api/v1/unserved/{id}/take", "take-unserved", "See to a caller",
			UnservedSettle, Clinic, audit.CallerSettled, nil, Settled, with(takeUnserved)},
		{http.MethodPost, "/api/v1/unserved/{id}/called-back", "called-back", "The caller was called back",
			UnservedSettle, Clinic, audit.CallerSettled, nil, Settled, with(calledBack)},
		{http.MethodPost, "/api/v1/unserved/{id}/served", "served-later", "The caller was served by another call",
			UnservedSettle, Clinic, audit.CallerSettled, nil, Settled, with(servedLater)},
		{http.MethodPost, "/api/v1/unserved/{id}/write-off", "write-off", "Nobody will call back, and why",
			UnservedSettle, Clinic, audit.CallerSettled, nil, Settled, with(writeOff)},
		{http.MethodGet, "/api/v1/voice-messages", "list-voice-messages", "What callers left, newest first",
			UnservedRead, Clinic, audit.RecordingListed, nil, Settled, with(listVoices)},
		{http.MethodPost, "/api/v1/voice-messages/{id}/take", "take-voice-message", "See to a message",
			UnservedSettle, Clinic, audit.VoiceTaken, nil, Settled, with(takeVoice)},
		{http.MethodPost, "/api/v1/clinics/{id}/forwarding", "check-forwarding", "Dial the clinic's public number and see whether the call comes to us",
			HoursWrite, Clinic, audit.LineChecked, nil, Settled, with(checkForwarding)},
		{http.MethodGet, "/api/v1/alarms", "list-alarms", "What stands wrong, what to do, who sees to it",
			AlarmsRead, House, "", nil, Settled, with(listAlarms)},
		{http.MethodGet, "/api/v1/alarms/stale", "stale-alarms", "Alarms that nobody acted on for 30 days",
			AlarmsRead, House, "", nil, Settled, with(staleAlarms)},
		{http.MethodPost, "/api/v1/alarms/{id}/acknowledge", "acknowledge-alarm", "I see to it",
			AlarmsAcknowledge, House, audit.AlarmTaken, nil, Settled, with(acknowledgeAlarm)},
	}
}
