package console

import "time"

// Moment is an instant as somebody writes it: RFC 3339, or a local time without an offset ("2026-11-23T17:00") that is read
// in the zone of the schedule. A local time that comes twice is the first one, unless fold says second.
type Moment string

// WindowBody is a weekly window; it belongs to the day it starts on.
type WindowBody struct {
	Days  []int  `json:"days" nullable:"false" minItems:"1" maxItems:"7" doc:"ISO weekdays on which it starts, 1 = Monday"`
	Start string `json:"start" maxLength:"5" doc:"local time, 17:00"`
	End   string `json:"end" maxLength:"5" doc:"local time; not after start: the next day"`
}

// HolidayBody is a date in every year: month and day, or the nth weekday of a month.
type HolidayBody struct {
	Name     string `json:"name" minLength:"1" maxLength:"64"`
	Month    int    `json:"month" doc:"1 to 12"`
	Day      int    `json:"day,omitempty"`
	Weekday  int    `json:"weekday,omitempty" doc:"ISO, 1 = Monday; with nth"`
	Nth      int    `json:"nth,omitempty" doc:"1 to 5, or -1: the last"`
	Observed string `json:"observed,omitempty" enum:",nearest,monday" doc:"where it goes from a weekend"`
}

// StepBody is one step of a clinic's flow.
type StepBody struct {
	Name     string   `json:"name,omitempty" maxLength:"64"`
	Schedule string   `json:"schedule,omitempty" maxLength:"64"`
	Tier     int      `json:"tier,omitempty"`
	People   []string `json:"people,omitempty" nullable:"false" maxItems:"64"`
	Mode     string   `json:"mode,omitempty" enum:",together,in_order" doc:"together if absent"`
	Ring     int      `json:"ring_seconds,omitempty" minimum:"0" maximum:"600" doc:"20 if absent, where it rings"`
	Do       string   `json:"do,omitempty" enum:",ring,queue,menu,say,patch,voicemail" doc:"ring if absent"`
	Queue    string   `json:"queue,omitempty" maxLength:"64"`
	Menu     string   `json:"menu,omitempty" maxLength:"64" doc:"id among the clinic's menus: put-clinic-calls"`
	Prompt   string   `json:"prompt,omitempty" maxLength:"64"`
}

// ClinicBody is a clinic as it is put.
type ClinicBody struct {
	Name       string        `json:"name" minLength:"1" maxLength:"128"`
	Zone       string        `json:"zone" maxLength:"64" doc:"IANA name"`
	Hours      []WindowBody  `json:"hours" nullable:"false" maxItems:"64"`
	Holidays   []HolidayBody `json:"holidays" nullable:"false" maxItems:"64"`
	Open       []StepBody    `json:"open" nullable:"false" maxItems:"32"`
	Closed     []StepBody    `json:"closed" nullable:"false" maxItems:"32"`
	Greeting   string        `json:"greeting,omitempty" maxLength:"64"`
	Announce   string        `json:"announce,omitempty" maxLength:"64"`
	LastResort string        `json:"last_resort,omitempty" maxLength:"64"`
	Record     bool          `json:"record"`
	Suspended  bool          `json:"suspended,omitempty"`
	Fallback   string        `json:"fallback,omitempty" maxLength:"32" doc:"telephone that callers are connected to while the server is sealed"`
}

// ClinicView is a clinic as it stands.
type ClinicView struct {
	ID string `json:"id"`
	ClinicBody
	Numbers   []string `json:"numbers" doc:"dialled numbers that belong to it"`
	Schedules []string `json:"schedules"`
	Tag       string   `json:"etag" doc:"for If-Match, without the quotes"`
}

// PersonBody is a person as she is put; an absent name or phone stays as it is, an empty phone removes it.
type PersonBody struct {
	Name   *string `json:"name,omitempty" maxLength:"128"`
	Role   string  `json:"role" enum:"agent,clinician,supervisor,scheduler,admin,office,compliance,auditor"`
	Phone  *string `json:"phone,omitempty" maxLength:"32" doc:"verified telephone, E.164"`
	Active bool    `json:"active"`
	State  *string `json:"state,omitempty" maxLength:"6" doc:"ISO 3166-2 where she works: its law of recording counts; absent: stays"`
}

// PersonView is a person as she stands.
type PersonView struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	Role      string     `json:"role"`
	Phone     string     `json:"phone,omitempty"`
	Active    bool       `json:"active"`
	State     string     `json:"state,omitempty"`
	Devices   []string   `json:"devices" doc:"user parts"`
	Reachable bool       `json:"reachable" doc:"has a device or a telephone"`
	Schedules []string   `json:"schedules" doc:"in which she is a member"`
	Edits     []EditView `json:"edits" doc:"absences, deactivations and the like that act on every schedule"`
	Tag       string     `json:"etag"`
}

// LayerBody is one layer; the list is in rank order.
type LayerBody struct {
	ID       string       `json:"id" minLength:"1" maxLength:"64"`
	Tier     int          `json:"tier,omitempty" doc:"1 = primary; 1 if absent"`
	Mode     string       `json:"mode,omitempty" enum:",replace,add" doc:"replace if absent"`
	Windows  []WindowBody `json:"windows,omitempty" nullable:"false" maxItems:"64" doc:"none: always"`
	Holidays []string     `json:"holidays,omitempty" nullable:"false" maxItems:"64" doc:"it holds on these holidays alone"`
	As       string       `json:"as,omitempty" maxLength:"64" doc:"the layer whose rotation stands here"`
	Rotation RotationBody `json:"rotation,omitzero"`
}

// RotationBody hands a shift from member to member.
type RotationBody struct {
	Anchor  string     `json:"anchor,omitempty" maxLength:"19" doc:"local time of one hand-off, 2026-11-23T08:00:00"`
	Every   string     `json:"every,omitempty" maxLength:"8" doc:"12h, 1d, 2w, 1m"`
	Members []string   `json:"members,omitempty" nullable:"false" maxItems:"512" doc:"person ids; nobody takes a turn like a person; twice in the list: twice the turns"`
	Advance string     `json:"advance,omitempty" enum:",every,covered"`
	Terms   []TermBody `json:"terms,omitempty" nullable:"false" maxItems:"512"`
}

// TermBody says when a member takes turns.
type TermBody struct {
	Member string `json:"member" maxLength:"64"`
	From   Moment `json:"from,omitempty" maxLength:"40"`
	To     Moment `json:"to,omitempty" maxLength:"40"`
}

// ShiftBody names one shift of a layer.
type ShiftBody struct {
	Period int64  `json:"period"`
	Day    string `json:"day,omitempty" maxLength:"10" doc:"local date its window starts on; empty: the whole period"`
}

// DutyBody is one shift of a plan.
type DutyBody struct {
	Person string `json:"person" maxLength:"64"`
	Start  Moment `json:"start" maxLength:"40"`
	End    Moment `json:"end" maxLength:"40"`
}

// EditBody is one entry of a schedule's history. Which fields count depends on do.
type EditBody struct {
	Do        string      `json:"do" maxLength:"16" doc:"assign, cover, add, nobody, plan, take_over, note, dnd, absence, deactivate, swap, give, members, anchor, every, layers, change, undo"`
	Person    string      `json:"person,omitempty" maxLength:"64" doc:"who comes, leaves, or is away"`
	From      string      `json:"from,omitempty" maxLength:"64" doc:"cover: for whom"`
	Cover     string      `json:"cover,omitempty" maxLength:"64" doc:"absence, dnd: who stands in"`
	Tier      int         `json:"tier,omitempty"`
	Start     Moment      `json:"start,omitempty" maxLength:"40"`
	End       Moment      `json:"end,omitempty" maxLength:"40"`
	Fold      string      `json:"fold,omitempty" enum:",first,second" doc:"which one, where a local time comes twice"`
	Effective Moment      `json:"effective,omitempty" maxLength:"40" doc:"members, anchor, every, layers, deactivate; now if absent"`
	Layer     string      `json:"layer,omitempty" maxLength:"64"`
	Members   []string    `json:"members,omitempty" nullable:"false" maxItems:"512"`
	Anchor    string      `json:"anchor,omitempty" maxLength:"19"`
	Every     string      `json:"every,omitempty" maxLength:"8"`
	Layers    []LayerBody `json:"layers,omitempty" nullable:"false" maxItems:"10000"`
	A         *ShiftBody  `json:"a,omitempty"`
	B         *ShiftBody  `json:"b,omitempty"`
	Shifts    []DutyBody  `json:"shifts,omitempty" nullable:"false" maxItems:"2000"`
	Filler    string      `json:"filler,omitempty" enum:",layers"`
	Of        string      `json:"of,omitempty" maxLength:"64" doc:"change, undo: the edit that is meant"`
	Note      string      `json:"note,omitempty" maxLength:"500" doc:"note: what agents see while it holds; no PHI"`
	Reason    string      `json:"reason,omitempty" maxLength:"200"`
}

// EditView is an edit as it stands in the history.
type EditView struct {
	ID     string    `json:"id"`
	At     time.Time `json:"at"`
	Undone bool      `json:"undone,omitempty"`
	EditBody
}

// ScheduleBody is a schedule as it is put. Layers that differ become a version from effective on.
type ScheduleBody struct {
	Clinic    string      `json:"clinic" minLength:"1" maxLength:"64"`
	Name      string      `json:"name" maxLength:"128"`
	Line      string      `json:"line,omitempty" maxLength:"64" doc:"service line"`
	Place     string      `json:"place,omitempty" maxLength:"64"`
	Zone      string      `json:"zone,omitempty" maxLength:"64" doc:"IANA name; empty: the clinic's"`
	Layers    []LayerBody `json:"layers" nullable:"false" maxItems:"10000"`
	Effective Moment      `json:"effective,omitempty" maxLength:"40" doc:"from when the layers hold; now if absent"`
}

// ScheduleView is a schedule as it stands.
type ScheduleView struct {
	ID     string      `json:"id"`
	Clinic string      `json:"clinic"`
	Name   string      `json:"name"`
	Line   string      `json:"line,omitempty"`
	Place  string      `json:"place,omitempty"`
	Zone   string      `json:"zone" doc:"in which its clock hangs"`
	Tiers  int         `json:"tiers"`
	Layers []LayerBody `json:"layers" doc:"the last ones known, with every edit of members, anchor and length in them"`
	Edits  []EditView  `json:"edits"`
	Tag    string      `json:"etag"`
}

// VersionView is a schedule as it was.
type VersionView struct {
	Version int           `json:"version"`
	At      time.Time     `json:"at"`
	Author  string        `json:"author"`
	Reason  string        `json:"reason,omitempty"`
	Changes []Change      `json:"changes" doc:"against the version before; of one version: against what stands"`
	Body    *ScheduleView `json:"body,omitempty"`
}

// Restoration asks for the layers of a past version.
type Restoration struct {
	Version   int    `json:"version" minimum:"1"`
	Effective Moment `json:"effective,omitempty" maxLength:"40" doc:"now if absent"`
}

// Proposal is an edit that is not made.
type Proposal struct {
	Schedule *ScheduleBody `json:"schedule,omitempty" doc:"as it would be put"`
	Edits    []EditBody    `json:"edits,omitempty" nullable:"false" maxItems:"64"`
	From     Moment        `json:"from,omitempty" maxLength:"40" doc:"of the shifts shown; now if absent"`
	To       Moment        `json:"to,omitempty" maxLength:"40" doc:"14 days after from if absent; at most 400 days"`
	Replay   bool          `json:"replay,omitempty" doc:"also run the calls of the last 30 days against it; needs calls:read"`
}

// FeedBody asks for a calendar.
type FeedBody struct {
	Kind    string `json:"kind" enum:"person,clinic"`
	Subject string `json:"subject" minLength:"1" maxLength:"64" doc:"id of the person or clinic"`
}

// FeedView is a calendar without its secret.
type FeedView struct {
	ID      string    `json:"id"`
	Kind    string    `json:"kind" enum:"person,clinic"`
	Subject string    `json:"subject"`
	Made    time.Time `json:"made"`
	Revoked time.Time `json:"revoked,omitzero"`
}

// OfferBody offers a shift.
type OfferBody struct {
	Schedule      string     `json:"schedule" minLength:"1" maxLength:"64"`
	Layer         string     `json:"layer" minLength:"1" maxLength:"64"`
	Kind          string     `json:"kind" enum:"swap,give,pool"`
	From          string     `json:"from" minLength:"1" maxLength:"64" doc:"whose shift it is"`
	A             ShiftBody  `json:"a"`
	B             *ShiftBody `json:"b,omitempty" doc:"swap: the shift wanted for it"`
	To            []string   `json:"to,omitempty" nullable:"false" maxItems:"64" doc:"one: direct; many, none: a pool"`
	NeedsApproval bool       `json:"needs_approval,omitempty"`
	Closes        Moment     `json:"closes,omitempty" maxLength:"40" doc:"the shift's start if absent"`
	Reason        string     `json:"reason,omitempty" maxLength:"200"`
}
