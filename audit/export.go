package audit

// An export is JSON lines that somebody without our program can check: docs/OPERATING.md, "Proving what happened", and
// scripts/audit-verify.py, which is written from that page alone. Each line has a "type". A whole log is exported with the
// hashes of its tree; a part of it with a proof for each leaf.

// ExportFormat stands in the first line.
const ExportFormat = "nightbell-audit-export/1"

// ExportHeader is the first line, type "header".
type ExportHeader struct {
	Type   string   `json:"type"`
	Format string   `json:"format"`
	Origin string   `json:"origin"`
	Keys   []string `json:"keys"` // verifier keys; who checks should have them from elsewhere
	Size   int64    `json:"size"`
	From   int64    `json:"from"`  // leaves From..Until-1 follow
	Until  int64    `json:"until"` // 0..Size is the whole log
	Note   string   `json:"checkpoint"`
}

// ExportLeaf is type "leaf". The leaf is a string, so that it is kept to the byte; a removed one is absent.
type ExportLeaf struct {
	Type   string `json:"type"`
	Seq    int64  `json:"seq"`
	Leaf   string `json:"leaf,omitempty"`
	Hashes []Hash `json:"hashes,omitempty"` // of a whole log: what is stored with this leaf, in the order of tlog's index
	Path   []Hash `json:"path,omitempty"`   // of a part: RFC 6962 §2.1.1, to the header's checkpoint
}

// ExportCheckpoint is type "checkpoint" (after the leaf that it ends with) or "witness" (kept elsewhere).
type ExportCheckpoint struct {
	Type string `json:"type"`
	Size int64  `json:"size"`
	Note string `json:"note"`
}

// ExportGrowth is type "growth": RFC 6962 §2.1.2, from a checkpoint of From leaves to the header's.
type ExportGrowth struct {
	Type  string `json:"type"`
	From  int64  `json:"from"`
	To    int64  `json:"to"`
	Proof []Hash `json:"proof"`
}

// ExportEnd is the last line, type "end": without it the export was cut.
type ExportEnd struct {
	Type   string `json:"type"`
	Leaves int64  `json:"leaves"`
}
