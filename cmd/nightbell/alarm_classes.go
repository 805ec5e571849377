package main

import (
	"slices"
	"strings"
	"time"

	"nightbell/console"
)

// alarmRow is what the house does about an alarm, and what people do. docs/OPERATING.md has the same rows, with more words.
type alarmRow struct {
	name   string
	class  console.AlarmClass
	action string
}

const (
	patient = console.AlarmPatient
	tonight = console.AlarmTonight
	morning = console.AlarmMorning
)

// alarmTable has every alarm of the house once. A patient's rings a telephone: a caller who needs help reaches nobody now.
var alarmTable = []alarmRow{
	{"sealed", patient, "Run nightbell unseal: callers hear the emergency words alone."},
	{"nobody_eligible", patient, "Call somebody in: the clinic's callers would ring nobody."},
	{"nobody_on_call", patient, "Fill the shift: nightbell oncall cover."},
	{"emergency_call", patient, "Go to that phone: somebody dialled 911 there."},
	{"lines_not_forwarded", patient, "Telephone the clinic's office: its lines do not come to us tonight."},
	{"lines_unchecked", tonight, "Run nightbell trunks list, then nightbell sentinel run: the clinic's lines could not be checked."},
	{"journal_lost", tonight, "Find what holds the database or the disk, then restart: history has a hole."},
	{"journal_holds", tonight, "Free the disk now: neither database nor spool takes what happens."},
	{"journal_spools", tonight, "Find who locks the database, or the disk."},
	{"audit_damaged", tonight, "Stop, keep a copy of the folder, run nightbell audit verify."},
	{"audit_differs", tonight, "Find out why the log is not the witnessed one; people see no PHI until then."},
	{"emergency_bundle", tonight, "Run nightbell unseal: callers hear the built-in words alone."},
	{"emergency_spool", tonight, "Look at the disk: what happens while sealed waits in memory."},
	{"rules", tonight, "Run nightbell doctor: edits do not take effect."},
	{"agent_limited", tonight, "Relieve her: somebody else makes herself ready."},
	{"readiness", tonight, "Look at the database: who is ready cannot be looked after."},
	{"carrier_down", tonight, "Run nightbell trunks list: a carrier does not answer."},
	{"gap", tonight, "Fill the shift: nightbell oncall gaps."},
	{"gaps", tonight, "Look at the database: gaps cannot be looked for."},
	{"escalations", tonight, "Look at the database: escalations stand still."},
	{"agent_states", tonight, "Look at the database: breaks are not written down and would not outlive a restart."},
	{"unserved", tonight, "Call them back: nightbell callers list."},
	{"unserved_look", tonight, "Look at the database: who was not served cannot be looked for."},
	{"voice_messages", tonight, "Listen and act: nightbell voicemail list."},
	{"alarm_telephone", tonight, "Set [alarms] and a carrier: alarms of patients telephone nobody."},
	{"recordings", tonight, "Look at the disk: recordings cannot be synced."},
	{"unrecorded", tonight, "Look at disk and database: a call goes on without a recording."},
	{"disk", tonight, "Free room: under 5 % calls are not recorded."},
	{"reserve", tonight, "Free room now: the room kept back is in use."},
	{"recovery", tonight, "Look at disk and database: what a crash left is open."},
	{"clock", tonight, "Set the clock and restart: who is on call may be wrong."},
	{"zone_data", tonight, "Mend the path of the zone data and restart."},
	{"certificate", tonight, "Mend the certificate's file and reload."},
	{"fault", tonight, "Read the log, run nightbell why: a defect ended a call."},
	{"break_glass_overdue", tonight, "Review the emergency access now: nightbell glass review."},
	{"offers", morning, "Look at the database: offers of shifts cannot be looked after."},
	{"people", morning, "Look at the database: logins and proposals cannot be looked after."},
	{"bundle", morning, "Look at certificate files and disk: the emergency bundle is old."},
	{"authority", morning, "Look at the disk and restart: the private CA's key lies in clear."},
	{"witness_unreached", morning, "Look at the witness's machine, the network, key and pin."},
	{"witness_notes", morning, "Look at the disk: checkpoints cannot be kept outside the database."},
	{"audit_archive", morning, "Look at the disk, run nightbell audit verify."},
	{"audit_flood", morning, "Find who floods: a firewall, configs/fail2ban."},
	{"syslog", morning, "Look at the receiver of syslog and its certificate."},
	{"bindings", morning, "Find who registers so often."},
	{"break_glass", morning, "Review the emergency access: nightbell glass review."},
	{"purge_failed", morning, "Look at disk and database: what has passed its retention is still there."},
	{"backup_old", morning, "Run nightbell backup now."},
	{"backup", morning, "Run nightbell backup status."},
}

// alarmOnce are alarms of something that happened and is over: they go when somebody has acknowledged them, or after a day.
var alarmOnce = []string{"fault", "emergency_call", "bindings", "audit_flood", "journal_lost"}

const alarmDay = 24 * time.Hour

// once reports whether an alarm tells of something that is over already.
func (r alarmRow) once() bool { return slices.Contains(alarmOnce, r.name) }

// classOf is the row of an alarm. An alarm of one thing among several has that thing behind its row's name; one without a row
// is read tonight.
func classOf(name string) alarmRow {
	row := alarmName(name)
	for _, r := range alarmTable {
		if r.name == row {
			return r
		}
	}
	return alarmRow{row, tonight, "Read docs/OPERATING.md."}
}

// alarmName is the row's name of an alarm.
func alarmName(name string) string {
	for prefix, row := range map[string]string{"gap in schedule ": "gap", "nobody on call in schedule ": "nobody_on_call"} {
		if strings.HasPrefix(name, prefix) {
			return row
		}
	}
	row, _, _ := strings.Cut(name, ": ")
	return strings.ReplaceAll(row, " ", "_")
}
