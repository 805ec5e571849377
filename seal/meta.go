package seal

import (
	"encoding/json"
	"fmt"
	"time"
)

// Meta is the first record of a file: whose conversation this is. It is sealed like the sound.
type Meta struct {
	CallID     string    `json:"call_id"`
	ClinicID   string    `json:"clinic_id"`
	Direction  string    `json:"direction"` // "in", "out"
	Started    time.Time `json:"started"`   // UTC
	Consent    string    `json:"consent"`
	KeyVersion uint32    `json:"key_version"`
	Part       int       `json:"part"`
	Previous   *Previous `json:"previous"`
	Channels   []string  `json:"channels"` // one side a channel: "caller", "agent", ...
	Legs       []MetaLeg `json:"legs"`
}

// Previous names the part before this one, so that a missing part shows.
type Previous struct {
	FileID     string `json:"file_id"`
	Transcript string `json:"transcript"` // hexadecimal
}

// MetaLeg is one leg that is heard.
type MetaLeg struct {
	ID   string `json:"id"`
	Side string `json:"side"`
}

func (m Meta) encode() ([]byte, error) {
	m.Started = m.Started.UTC()
	if m.Channels == nil {
		m.Channels = []string{}
	}
	if m.Legs == nil {
		m.Legs = []MetaLeg{}
	}
	b, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("recording meta: %w", err)
	}
	if len(b) > maxPlain {
		return nil, fmt.Errorf("recording meta: %d bytes, more than a record holds", len(b))
	}
	return b, nil
}

// Mark is something that happened at a place in the sound.
type Mark struct {
	At     uint64 `json:"at"`   // sample
	Kind   string `json:"kind"` // pause, resume, consent, hold, transfer, joined, left, dtmf
	Actor  string `json:"actor"`
	Reason string `json:"reason"`
}
