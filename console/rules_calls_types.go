package console

import "time"

// Times in these bodies are written as in a book: 20s, 5m. Fields have the names that they have there.

// CallStepBody is one step of a flow or of a patch's ladder.
type CallStepBody struct {
	Name     string   `json:"name,omitempty" maxLength:"64"`
	Do       string   `json:"do,omitempty" enum:",ring,queue,menu,say,patch,voicemail" doc:"ring if absent"`
	Schedule string   `json:"schedule,omitempty" maxLength:"64"`
	Tier     int      `json:"tier,omitempty"`
	People   []string `json:"people,omitempty" nullable:"false" maxItems:"64"`
	Mode     string   `json:"mode,omitempty" enum:",together,in_order"`
	Ring     string   `json:"ring,omitempty" maxLength:"16" doc:"how long each round rings; 20s if absent"`
	Queue    string   `json:"queue,omitempty" maxLength:"64"`
	Menu     string   `json:"menu,omitempty" maxLength:"64"`
	Prompt   string   `json:"prompt,omitempty" maxLength:"64"`
}

// KeyBody is what a key does.
type KeyBody struct {
	Do     string `json:"do" enum:"go_to,next,menu,flow,say,voicemail,call_back,patch,language,interpreter,decline,hang_up"`
	Step   string `json:"step,omitempty" maxLength:"64" doc:"go_to: name of a step of the same flow"`
	Menu   string `json:"menu,omitempty" maxLength:"64"`
	Flow   string `json:"flow,omitempty" maxLength:"64"`
	Prompt string `json:"prompt,omitempty" maxLength:"64" doc:"say: played, then the menu again"`
	Lang   string `json:"lang,omitempty" maxLength:"16"`
}

// MenuBody is what a caller is asked.
type MenuBody struct {
	ID      string             `json:"id" minLength:"1" maxLength:"64"`
	Prompt  string             `json:"prompt" minLength:"1" maxLength:"64"`
	Keys    map[string]KeyBody `json:"keys" doc:"by key: 0 to 9, * and #"`
	Wait    string             `json:"wait,omitempty" maxLength:"16" doc:"for a key after the prompt; 5s if absent"`
	Tries   int                `json:"tries,omitempty" doc:"2 if absent"`
	Default *KeyBody           `json:"default,omitempty" doc:"after the tries; next if absent"`
}

// PatchBody is how a caller is joined to the clinician on call.
type PatchBody struct {
	Ladder      []CallStepBody `json:"ladder" nullable:"false" maxItems:"64" doc:"whom, in order"`
	Rounds      int            `json:"rounds,omitempty" doc:"1 if absent"`
	Spacing     string         `json:"spacing,omitempty" maxLength:"16" doc:"between two rounds"`
	RingFor     string         `json:"ring_for,omitempty" maxLength:"16" doc:"where a step names none"`
	AnswerWait  string         `json:"answer_wait,omitempty" maxLength:"16" doc:"for the key after the whisper; 15s if absent"`
	Greeting    string         `json:"greeting,omitempty" maxLength:"64" doc:"prompt before clinic and urgency"`
	WithoutPIN  bool           `json:"without_pin,omitempty" doc:"nobody verifies who answers: for lines without PHI"`
	Record      bool           `json:"record,omitempty" doc:"the consult"`
	WhisperKept bool           `json:"whisper_kept,omitempty"`
}

// VoicemailBody is how a voice message is taken.
type VoicemailBody struct {
	Greeting string `json:"greeting,omitempty" maxLength:"64"`
	Most     string `json:"most,omitempty" maxLength:"16" doc:"3m if absent"`
	Silence  string `json:"silence,omitempty" maxLength:"16" doc:"that ends it; 8s if absent"`
	Urgency  string `json:"urgency,omitempty" enum:",routine,urgent,emergency" doc:"urgent if absent"`
}

// LanguageBody is one in which callers are served; prompts named NAME.TAG are preferred.
type LanguageBody struct {
	Tag  string `json:"tag" maxLength:"16"`
	Name string `json:"name,omitempty" maxLength:"64"`
	Key  string `json:"key,omitempty" maxLength:"1" doc:"chooses it; the first language needs none"`
}

// CallsBody is what a clinic's calls do besides its two flows.
type CallsBody struct {
	Emergency   string                    `json:"emergency,omitempty" maxLength:"64" doc:"prompt said first: if this is an emergency, hang up and dial 911"`
	Bypass      []string                  `json:"bypass,omitempty" nullable:"false" maxItems:"64" doc:"trunks whose callers skip the words"`
	State       string                    `json:"state,omitempty" maxLength:"6" doc:"ISO 3166-2 where the clinic is: US-NY"`
	Languages   []LanguageBody            `json:"languages,omitempty" nullable:"false" maxItems:"16"`
	Interpreter string                    `json:"interpreter,omitempty" maxLength:"32" doc:"telephone of the interpreter line"`
	Fax         string                    `json:"fax,omitempty" maxLength:"32" doc:"telephone to which fax calls go"`
	Flows       map[string][]CallStepBody `json:"flows,omitempty" doc:"by name, for keys"`
	Menus       []MenuBody                `json:"menus,omitempty" nullable:"false" maxItems:"64"`
	Patch       *PatchBody                `json:"patch,omitempty"`
	Voicemail   *VoicemailBody            `json:"voicemail,omitempty" doc:"the last resort before the announcement"`
	Priority    int                       `json:"priority,omitempty"`
	RepeatLift  int                       `json:"repeat_lift,omitempty" doc:"for who rang within the hour; 1 if absent"`
	MaxCalls    int                       `json:"max_calls,omitempty" doc:"at once; no limit if absent"`
	Music       string                    `json:"music,omitempty" maxLength:"64"`
	Card        string                    `json:"card,omitempty" maxLength:"1000" text:"free" doc:"words for the agent; no PHI"`
	CallerID    string                    `json:"caller_id,omitempty" maxLength:"32" doc:"which of the clinic's numbers outside lines show; the first if absent"`
	Beep        string                    `json:"beep,omitempty" maxLength:"16" doc:"a tone this often while recorded"`
	Decline     string                    `json:"decline,omitempty" maxLength:"1" doc:"key that declines the recording"`
	Closing     string                    `json:"closing,omitempty" maxLength:"32" doc:"public number whose forwarding is checked at closing time"`
}

// CallsView is a clinic's calls as they stand.
type CallsView struct {
	ID string `json:"id" doc:"of the clinic"`
	CallsBody
	Open     []CallStepBody `json:"open" doc:"the flow while it is open; put with the clinic"`
	Closed   []CallStepBody `json:"closed"`
	Warnings []string       `json:"warnings"`
	Tag      string         `json:"etag" doc:"of the clinic, for If-Match"`
}

// QueueMemberBody is one who may be offered a queue's callers.
type QueueMemberBody struct {
	Person string   `json:"person" minLength:"1" maxLength:"64"`
	Order  int      `json:"order,omitempty"`
	Skills []string `json:"skills,omitempty" nullable:"false" maxItems:"64"`
}

// QueueBody is how callers wait and who is offered them.
type QueueBody struct {
	Name       string             `json:"name,omitempty" maxLength:"128"`
	Strategy   string             `json:"strategy,omitempty" enum:",longest_idle,ring_all,round_robin,ordered,fewest_calls"`
	Members    []QueueMemberBody  `json:"members,omitempty" nullable:"false" maxItems:"500" doc:"none, and no schedule: whoever is ready for the clinic"`
	Schedule   string             `json:"schedule,omitempty" maxLength:"64" doc:"its tier's people are members too"`
	Tier       int                `json:"tier,omitempty"`
	Skills     []string           `json:"skills,omitempty" nullable:"false" maxItems:"64" doc:"an agent needs all of them"`
	Relax      string             `json:"relax,omitempty" maxLength:"16" doc:"after it skills are not asked for"`
	RingFor    string             `json:"ring_for,omitempty" maxLength:"16" doc:"one offer; 20s if absent"`
	WrapUp     string             `json:"wrap_up,omitempty" maxLength:"16"`
	PauseAfter int                `json:"pause_after,omitempty" doc:"unanswered offers in a row; 3 if absent"`
	MaxWait    string             `json:"max_wait,omitempty" maxLength:"16" doc:"without end if absent"`
	MaxCallers int                `json:"max_callers,omitempty"`
	Empty      string             `json:"empty,omitempty" enum:",go_on,wait" doc:"while nobody is ready; go_on if absent"`
	Music      string             `json:"music,omitempty" maxLength:"64"`
	First      string             `json:"first,omitempty" maxLength:"16" doc:"until the first announcement; 20s if absent"`
	Every      string             `json:"every,omitempty" maxLength:"16" doc:"between announcements; 45s if absent"`
	Position   bool               `json:"position,omitempty"`
	Estimate   bool               `json:"estimate,omitempty"`
	Messages   []string           `json:"messages,omitempty" nullable:"false" maxItems:"16" doc:"prompts that take turns"`
	Keys       map[string]KeyBody `json:"keys,omitempty"`
	Priority   int                `json:"priority,omitempty"`
	Weight     int                `json:"weight,omitempty"`
}

// QueueView is a queue as it stands.
type QueueView struct {
	ID string `json:"id"`
	QueueBody
	Clinics []string `json:"clinics" doc:"whose flows use it"`
	Tag     string   `json:"etag"`
}

// LawBody is what a state asks before a call is recorded.
type LawBody struct {
	State string `json:"state" maxLength:"6" doc:"ISO 3166-2, or a country"`
	Rule  string `json:"rule" enum:"one_party,announced,all_parties,never"`
	Beep  string `json:"beep,omitempty" maxLength:"16"`
	Note  string `json:"note,omitempty" maxLength:"1000" doc:"the statute, for people"`
}

// LawsView is the table that holds.
type LawsView struct {
	Items   []LawBody `json:"items"`
	BuiltIn bool      `json:"built_in" doc:"the program's own: the book has none. No legal advice"`
	Tag     string    `json:"etag"`
}

// NumberRulesBody say which numbers may be dialled over a trunk, and how they are written.
type NumberRulesBody struct {
	Allow  []string `json:"allow,omitempty" nullable:"false" maxItems:"500" doc:"beginnings of numbers; +1 and the trunk's country if absent"`
	Deny   []string `json:"deny,omitempty" nullable:"false" maxItems:"500" doc:"wins"`
	Format string   `json:"format,omitempty" enum:",e164,plain,national"`
	Prefix string   `json:"prefix,omitempty" maxLength:"16"`
}

// CarrierBody is a trunk's outbound side. Its secret is the trunk's.
type CarrierBody struct {
	Host         string          `json:"host" minLength:"1" maxLength:"255"`
	Port         int             `json:"port,omitempty"`
	User         string          `json:"user,omitempty" maxLength:"128"`
	Domain       string          `json:"domain,omitempty" maxLength:"255"`
	Roots        string          `json:"roots,omitempty" maxLength:"65536" text:"free" doc:"PEM; the system's if absent"`
	Certificate  bool            `json:"certificate,omitempty" doc:"the trunk's own client certificate is shown"`
	Register     bool            `json:"register,omitempty"`
	OptionsEvery string          `json:"options_every,omitempty" maxLength:"16" doc:"30s if absent; negative: never"`
	MD5Until     time.Time       `json:"md5_until,omitzero" doc:"end of the MD5 exception, 90 days ahead at most"`
	Numbers      NumberRulesBody `json:"numbers,omitzero"`
	Rank         int             `json:"rank,omitempty" doc:"lower is tried first"`
}

// CarrierView is a trunk's outbound side as it stands.
type CarrierView struct {
	ID      string       `json:"id" doc:"of the trunk"`
	Carrier *CarrierBody `json:"carrier,omitempty" doc:"absent: it only brings calls"`
	Tag     string       `json:"etag" doc:"of the trunk"`
}

// LocationBody is a dispatchable location (47 CFR 9.3).
type LocationBody struct {
	Country string `json:"country" maxLength:"2"`
	State   string `json:"state" maxLength:"64"`
	City    string `json:"city" maxLength:"128"`
	Street  string `json:"street" maxLength:"128"`
	House   string `json:"house" maxLength:"32"`
	Room    string `json:"room,omitempty" maxLength:"64"`
	Floor   string `json:"floor,omitempty" maxLength:"64"`
	Postal  string `json:"postal,omitempty" maxLength:"16"`
}

// EmergencyBody is how 911 leaves the house.
type EmergencyBody struct {
	Trunk     string                  `json:"trunk,omitempty" maxLength:"64" doc:"absent: 911 cannot be dialled here"`
	CallBack  string                  `json:"call_back,omitempty" maxLength:"32"`
	Locations map[string]LocationBody `json:"locations,omitempty" doc:"by device; house stands for every other one"`
}

// EmergencyView is how 911 leaves the house now.
type EmergencyView struct {
	EmergencyBody
	Warnings []string `json:"warnings"`
	Tag      string   `json:"etag"`
}

// PromptView is a prompt as it is kept, or one of the program's own.
type PromptView struct {
	ID       string    `json:"id,omitempty" doc:"absent: the program's own"`
	Clinic   string    `json:"clinic,omitempty" doc:"absent: the house's"`
	Name     string    `json:"name"`
	Language string    `json:"language,omitempty"`
	Kind     string    `json:"kind" enum:"sealed,plain,built_in"`
	Source   string    `json:"source" enum:"upload,text,phone,built_in"`
	Seconds  float64   `json:"seconds"`
	SHA256   string    `json:"sha256,omitempty" doc:"of the PCM; an announcement's stands with each consent"`
	Text     string    `json:"text,omitempty" doc:"what was spoken, where it was made from text"`
	Made     time.Time `json:"made,omitzero"`
	MadeBy   string    `json:"made_by,omitempty"`
	Removed  time.Time `json:"removed,omitzero"`
	Played   bool      `json:"played" doc:"it is the one that callers hear"`
	Warnings []string  `json:"warnings,omitempty"`
}

// PromptPlace says whose prompt is put, and which.
type PromptPlace struct {
	Name     string `path:"name" maxLength:"64" doc:"as the rules name it: a-z, 0-9, dot, underscore, hyphen"`
	Clinic   string `query:"clinic" maxLength:"64" doc:"clinic id; empty: the house's, for every clinic that has none of its own"`
	Language string `query:"language" maxLength:"16" doc:"es; empty: the clinic's first"`
	Kind     string `query:"kind" enum:"sealed,plain" doc:"sealed if absent: words may name people; plain: music"`
}
