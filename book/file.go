package book

import "nightbell/policy"

// file is the TOML form. The field names are the contract shown in configs/demo.toml: they are added to, never renamed.
type file struct {
	Format    int            `toml:"format"`
	CatchAll  string         `toml:"catch_all"`
	Fallback  fallback       `toml:"fallback_trunk"`
	Clinics   []clinic       `toml:"clinics"`
	Numbers   []number       `toml:"numbers"`
	Trunks    []trunk        `toml:"trunks"`
	People    []person       `toml:"people"`
	Devices   []device       `toml:"devices"`
	Schedules []schedule     `toml:"schedules"`
	Absences  []absence      `toml:"absences"`
	Departed  []deactivation `toml:"deactivations"`
	Mended    []correction   `toml:"corrections"`

	Queues    []policy.Queue       `toml:"queues"`
	Laws      []policy.ConsentLaw  `toml:"laws"`
	Emergency policy.EmergencyLine `toml:"emergency"`
}

type clinic struct {
	ID         string    `toml:"id"`
	Name       string    `toml:"name"`
	Zone       string    `toml:"zone"`
	Greeting   string    `toml:"greeting"`
	Announce   string    `toml:"announce"`
	LastResort string    `toml:"last_resort"`
	Record     *bool     `toml:"record"`
	Suspended  bool      `toml:"suspended"`
	Fallback   string    `toml:"fallback"`
	Hours      []hours   `toml:"hours"`
	Holidays   []holiday `toml:"holidays"`
	Federal    bool      `toml:"federal_holidays"`
	Open       []step    `toml:"open"`
	Closed     []step    `toml:"closed"`
	policy.Features
}

type hours struct {
	Days  []string `toml:"days"`
	Start string   `toml:"start"`
	End   string   `toml:"end"`
}

type holiday struct {
	Name     string `toml:"name"`
	Month    int    `toml:"month"`
	Day      int    `toml:"day"`
	Weekday  string `toml:"weekday"`
	Nth      int    `toml:"nth"`
	Observed string `toml:"observed"`
}

type step struct {
	Name     string   `toml:"name"`
	Schedule string   `toml:"schedule"`
	Tier     int      `toml:"tier"`
	People   []string `toml:"people"`
	Mode     string   `toml:"mode"`
	Ring     string   `toml:"ring"`
	Do       string   `toml:"do"`
	Queue    string   `toml:"queue"`
	Menu     string   `toml:"menu"`
	Prompt   string   `toml:"prompt"`
}

type number struct {
	Number string `toml:"number"`
	Trunk  string `toml:"trunk"`
	Clinic string `toml:"clinic"`
	Answer string `toml:"answer"`
}

type trunk struct {
	ID          string      `toml:"id"`
	Name        string      `toml:"name"`
	Certificate []string    `toml:"certificate"`
	Roots       string      `toml:"certificate_roots"`
	Addresses   []string    `toml:"addresses"`
	Digest      string      `toml:"digest"`
	Suites      []string    `toml:"suites"`
	NumberFrom  string      `toml:"number_from"`
	Caller      string      `toml:"caller"`
	Country     string      `toml:"country"`
	MaxCalls    int         `toml:"max_calls"`
	MaxRate     int         `toml:"max_rate"`
	Advertised  string      `toml:"advertised"`
	Exceptions  []exception `toml:"exceptions"`

	Carrier *policy.Carrier `toml:"carrier"`
}

// fallback is where calls go while the server is sealed.
type fallback struct {
	Host      string `toml:"host"`
	Port      int    `toml:"port"`
	Transport string `toml:"transport"`
	User      string `toml:"user"`
	Roots     string `toml:"certificate_roots"`
	MD5       moment `toml:"md5_until"`
}

type exception struct {
	Scope  []string `toml:"scope"`
	Until  moment   `toml:"until"`
	Reason string   `toml:"reason"`
}

type person struct {
	ID     string `toml:"id"`
	Name   string `toml:"name"`
	Role   string `toml:"role"`
	Phone  string `toml:"phone"`
	Active *bool  `toml:"active"`
	State  string `toml:"state"`
}

type device struct {
	User   string `toml:"user"`
	Person string `toml:"person"`
	MD5    moment `toml:"md5_until"`
}

type schedule struct {
	ID        string     `toml:"id"`
	Clinic    string     `toml:"clinic"`
	Name      string     `toml:"name"`
	Line      string     `toml:"line"`
	Place     string     `toml:"place"`
	Zone      string     `toml:"zone"`
	Layers    []layer    `toml:"layers"`
	Overrides []override `toml:"overrides"`
	Edits     []edit     `toml:"edits"`
}

type layer struct {
	ID       string   `toml:"id"`
	Tier     int      `toml:"tier"`
	Mode     string   `toml:"mode"`
	Windows  []hours  `toml:"windows"`
	Holidays []string `toml:"holidays"`
	As       string   `toml:"as"`
	Rotation rotation `toml:"rotation"`
}

type rotation struct {
	Anchor  moment   `toml:"anchor"`
	Every   string   `toml:"every"`
	Members []string `toml:"members"`
	Advance string   `toml:"advance"`
	Terms   []term   `toml:"terms"`
}

type term struct {
	Member string `toml:"member"`
	From   moment `toml:"from"`
	To     moment `toml:"to"`
}

type override struct {
	ID      string `toml:"id"`
	Kind    string `toml:"kind"`
	Person  string `toml:"person"`
	Tier    int    `toml:"tier"`
	Start   moment `toml:"start"`
	End     moment `toml:"end"`
	Created moment `toml:"created"`
	Reason  string `toml:"reason"`
}

// edit is one entry of a schedule's history; which fields count depends on do (policy.Edit).
type edit struct {
	ID        string   `toml:"id"`
	At        moment   `toml:"at"`
	Do        string   `toml:"do"`
	Person    string   `toml:"person"`
	From      string   `toml:"from"`
	Cover     string   `toml:"cover"`
	Tier      int      `toml:"tier"`
	Start     moment   `toml:"start"`
	End       moment   `toml:"end"`
	Effective moment   `toml:"effective"`
	Layer     string   `toml:"layer"`
	Members   []string `toml:"members"`
	Anchor    moment   `toml:"anchor"`
	Every     string   `toml:"every"`
	Layers    []layer  `toml:"layers"`
	A         *shift   `toml:"a"`
	B         *shift   `toml:"b"`
	Shifts    []duty   `toml:"shifts"`
	Filler    string   `toml:"filler"`
	Of        string   `toml:"of"`
	Reason    string   `toml:"reason"`
	Note      string   `toml:"note"`
}

type shift struct {
	Period int64  `toml:"period"`
	Day    string `toml:"day"`
}

type duty struct {
	Person string `toml:"person"`
	Start  moment `toml:"start"`
	End    moment `toml:"end"`
}

// absence is a person's leave, or with do = "dnd" a time in which she is not to be disturbed; it acts on every schedule.
type absence struct {
	ID     string `toml:"id"`
	At     moment `toml:"at"`
	Do     string `toml:"do"`
	Person string `toml:"person"`
	Cover  string `toml:"cover"`
	Start  moment `toml:"start"`
	End    moment `toml:"end"`
	Reason string `toml:"reason"`
}

// deactivation takes a person out of every rotation from an instant on.
type deactivation struct {
	ID        string `toml:"id"`
	At        moment `toml:"at"`
	Person    string `toml:"person"`
	Effective moment `toml:"effective"`
	Reason    string `toml:"reason"`
}

// correction undoes or changes an absence or a deactivation: the history of people only grows.
type correction struct {
	ID     string `toml:"id"`
	At     moment `toml:"at"`
	Do     string `toml:"do"`
	Of     string `toml:"of"`
	Start  moment `toml:"start"`
	End    moment `toml:"end"`
	Reason string `toml:"reason"`
}
