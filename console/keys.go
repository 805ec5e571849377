package console

import (
	"context"
	"time"

	"nightbell/audit"
)

// Keys is the key ring, seen from outside. Every change answers with the ring as it stands then.
type Keys interface {
	Status(context.Context) (KeyStatus, error)
	// Rotate adds a version; what the old one sealed is brought over in the background.
	Rotate(context.Context, KeyRotation, audit.Actor) (KeyStatus, error)
	// Retire destroys an old version. *Refusal while something is sealed under it.
	Retire(context.Context, KeyRetirement, audit.Actor) (KeyStatus, error)
	// Reroot replaces ROOT and makes every slot anew.
	Reroot(context.Context, RootRotation, audit.Actor) (KeyStatus, error)
	// Rewrap goes on with what rotations left: a running server is woken, a stopped one's work is done before it answers.
	Rewrap(context.Context, audit.Actor) (KeyStatus, error)
}

// Slots are the ways to ROOT.
type Slots interface {
	Add(context.Context, SlotBody, audit.Actor) (KeySlot, error)
	Change(ctx context.Context, id string, b SlotBody, by audit.Actor) (KeySlot, error)
	Remove(ctx context.Context, id string, by audit.Actor) error // ErrInUse for the last one
	// Rescued remembers that the recovery shares opened a recording outside the house.
	Rescued(context.Context, RescueBody, audit.Actor) error
}

// Destruction is what cannot be undone: it wants an approved proposal of two people, and gives a signed certificate.
type Destruction interface {
	Depart(ctx context.Context, clinic string, b DepartureBody, by audit.Actor) (Attestation, error)
	Shred(ctx context.Context, recording string, b ShredBody, by audit.Actor) (Attestation, error)
	Attestations(context.Context) ([]Attestation, error)
}

// KeyStatus is the ring without a single key.
type KeyStatus struct {
	Sealed   bool          `json:"sealed"`
	Mode     string        `json:"mode"`
	Custody  Custody       `json:"custody" doc:"the weakest slot's"`
	Slots    []KeySlot     `json:"slots"`
	Keys     []KeyEntry    `json:"keys"`
	Progress []KeyProgress `json:"progress" doc:"what rotations have left to bring over; empty: nothing"`
	Rooting  bool          `json:"root_rotation_under_way,omitempty"`
	Warning  string        `json:"warning,omitempty"`
}

// Custody is how well the way to ROOT is kept from whoever takes the disk.
type Custody struct {
	Grade      string `json:"grade" enum:"weak,fair,strong"`
	Why        string `json:"why"`
	Unattended bool   `json:"unattended" doc:"some slot opens at a start without a person"`
}

// KeySlot is one way to open the root.
type KeySlot struct {
	ID      string    `json:"id"`
	Type    string    `json:"type" doc:"passphrase, key-file, systemd-credential, tpm, recovery"`
	Label   string    `json:"label,omitempty" doc:"path, credential or set of shares"`
	Custody string    `json:"custody" enum:"weak,fair,strong"`
	Why     string    `json:"why,omitempty"`
	Made    time.Time `json:"made,omitzero"`
}

// KeyEntry is one version of one key.
type KeyEntry struct {
	Purpose string    `json:"purpose"`
	Clinic  string    `json:"clinic,omitempty"`
	Version uint32    `json:"version"`
	Made    time.Time `json:"made,omitzero"`
	State   string    `json:"state" enum:"current,old,retired"`
	Uses    *int64    `json:"uses,omitempty" doc:"of an old version: what is still sealed under it"`
}

// KeyProgress is one rotation that is not over.
type KeyProgress struct {
	Purpose string `json:"purpose"`
	Clinic  string `json:"clinic,omitempty"`
	Done    int    `json:"done" doc:"brought over since this server started"`
	Left    int    `json:"left"`
	Trouble string `json:"trouble,omitempty" doc:"why it does not go on now"`
}

// KeyRotation asks for a new version.
type KeyRotation struct {
	Purpose string `json:"purpose" enum:"recordings,fields,details,index,auth,audit,backup,spool"`
	Clinic  string `json:"clinic,omitempty" maxLength:"64" doc:"clinic id; empty for keys of the whole house"`
}

// KeyRetirement asks for an old version to be destroyed.
type KeyRetirement struct {
	Purpose string `json:"purpose" enum:"recordings,fields,details,index,auth,audit,backup,spool"`
	Clinic  string `json:"clinic,omitempty" maxLength:"64"`
	Version uint32 `json:"version" minimum:"1"`
}

// RootRotation asks for a new ROOT. Slots that open by themselves are made anew by themselves, the recovery slot for the same
// shares; a passphrase has to be said again.
type RootRotation struct {
	Passphrases map[string]string `json:"passphrases,omitempty" doc:"slot id: passphrase of the new slot" text:"free"`
	Drop        []string          `json:"drop,omitempty" doc:"slots that are not made anew"`
}

// SlotBody is a new slot, or what an old one becomes.
type SlotBody struct {
	Type       string `json:"type" enum:"passphrase,key-file,systemd-credential,tpm,recovery"`
	Passphrase string `json:"passphrase,omitempty" maxLength:"1024" text:"free"`
	KeyFile    string `json:"key_file,omitempty" maxLength:"4096" doc:"absolute path on another filesystem than the data; made where it is missing"`
	Credential string `json:"credential,omitempty" maxLength:"256"`
	Public     []byte `json:"public,omitempty" doc:"recovery: the public key, base64"`
}

// RescueBody says which file was opened by the shares.
type RescueBody struct {
	FileID string `json:"file_id" pattern:"^[0-9a-f]{32}$"`
	Set    string `json:"set" maxLength:"32" doc:"of the shares"`
	Reason string `json:"reason" minLength:"3" maxLength:"500"`
}

// DepartureBody carries a clinic's departure out.
type DepartureBody struct {
	Proposal string `json:"proposal" minLength:"1" maxLength:"64" doc:"approved, of kind clinic_departure"`
	Folder   string `json:"folder" minLength:"1" maxLength:"4096" doc:"absolute, outside the data folder, empty or missing: the export goes there"`
	Public   []byte `json:"public" doc:"the key that the clinic takes along, base64: the export is sealed to it"`
}

// ShredBody destroys a recording's key.
type ShredBody struct {
	Proposal string `json:"proposal" minLength:"1" maxLength:"64" doc:"approved, of kind shred"`
}

// Attestation is a signed word on what was destroyed.
type Attestation struct {
	ID       string    `json:"id"`
	Kind     string    `json:"kind" enum:"clinic_departure,shred,purge"`
	Subject  string    `json:"subject"`
	Made     time.Time `json:"made"`
	Backups  time.Time `json:"backups_until,omitzero" doc:"until then a backup could still hold the key"`
	Text     string    `json:"text"`
	Signed   string    `json:"signed" doc:"C2SP signed note by the audit log's key; its text is JSON"`
	Export   string    `json:"export,omitempty" doc:"folder"`
	Exported int       `json:"exported,omitempty" doc:"recordings"`
}
