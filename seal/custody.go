package seal

import "os"

// Grade is how well ROOT is kept from whoever takes the disk.
type Grade string

const (
	Strong Grade = "strong"
	Fair   Grade = "fair"
	Weak   Grade = "weak"
)

// Custody is an honest word on where the way to ROOT lies: the weakest slot's.
type Custody struct {
	Grade      Grade  `json:"grade"`
	Why        string `json:"why"`
	Unattended bool   `json:"unattended"` // some slot opens at a start without a person
}

// String is the grade and its reason.
func (c Custody) String() string { return string(c.Grade) + ": " + c.Why }

// Where systemd keeps the host's key.
const hostKey = "/var/lib/systemd/credential.secret"

// GradedSlot is a slot with the word on its custody.
type GradedSlot struct {
	Slot
	Custody Custody `json:"custody"`
}

// Graded shows the slots, each with its own grade.
func (s *Slots) Graded(data string) []GradedSlot {
	all := make([]GradedSlot, len(s.file.Slots))
	for i, sl := range s.List() {
		all[i] = GradedSlot{sl, s.file.Slots[i].custody(data)}
	}
	return all
}

// Custody grades the slots against the place of the data.
func (s *Slots) Custody(data string) Custody {
	worst := Custody{Grade: Strong}
	unattended := false
	for _, sl := range s.file.Slots {
		if sl.Kind == ByRecovery && len(s.file.Slots) > 1 {
			continue // nobody lives behind it
		}
		c := sl.custody(data)
		unattended = unattended || c.Unattended
		if worst.Why == "" || rank[c.Grade] < rank[worst.Grade] {
			worst = c
		}
	}
	worst.Unattended = unattended
	return worst
}

var rank = map[Grade]int{Weak: 0, Fair: 1, Strong: 2}

func (s slot) custody(data string) Custody {
	switch s.Kind {
	case ByPassphrase:
		return Custody{Strong, "a passphrase that a person types at each start", false}
	case ByTPM:
		return TPM{Path: s.Place}.custody()
	case ByRecovery:
		return Custody{Strong, "sealed to the recovery key, whose shares lie on paper", false}
	case ByKeyFile:
		beside, err := sameFilesystem(s.Place, data)
		if err != nil {
			return Custody{Fair, "a key file that is not there now: safe while it is kept away from the data", true}
		}
		if beside {
			return Custody{Weak, "the key file lies on the data's filesystem: whoever takes the disk has both", true}
		}
		return Custody{Fair, "a key file on another filesystem: safe while the two are not taken together", true}
	}
	if (TPM{}).Present() {
		return Custody{Fair, "a systemd credential on a machine with a TPM: strong if it was sealed to the TPM, which cannot be seen from here", true}
	}
	if beside, err := sameFilesystem(hostKey, data); err == nil && beside {
		return Custody{Weak, "a systemd credential under the host's key, which lies on the data's disk", true}
	}
	return Custody{Fair, "a systemd credential without a TPM: safe while the host's key and the data are not taken together", true}
}

// custody of a TPM: a chip is strong, a program that plays one is as good as the place of its state.
func (t TPM) custody() Custody {
	info, err := os.Stat(t.path())
	if err == nil && info.Mode()&os.ModeSocket != 0 {
		return Custody{Weak, "a software TPM behind a socket: its state is a file, and whoever takes both has ROOT", true}
	}
	if err != nil {
		return Custody{Fair, "a TPM that is not there now", true}
	}
	return Custody{Strong, "this machine's TPM: a disk that was taken opens nothing; whoever commands the running machine does", true}
}
