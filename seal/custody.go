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

// Where systemd keeps the host's key, and where a TPM shows.
const (
	hostKey = "/var/lib/systemd/credential.secret"
	tpm     = "/dev/tpmrm0"
)

// Custody grades the slots against the place of the data.
func (s *Slots) Custody(data string) Custody {
	worst := Custody{Grade: Strong}
	unattended := false
	for _, sl := range s.file.Slots {
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
	if _, err := os.Stat(tpm); err == nil {
		return Custody{Fair, "a systemd credential on a machine with a TPM: strong if it was sealed to the TPM, which cannot be seen from here", true}
	}
	if beside, err := sameFilesystem(hostKey, data); err == nil && beside {
		return Custody{Weak, "a systemd credential under the host's key, which lies on the data's disk", true}
	}
	return Custody{Fair, "a systemd credential without a TPM: safe while the host's key and the data are not taken together", true}
}
