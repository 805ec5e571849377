package report

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Piece is one file of the evidence folder: what is asked of /api/v1, and the command that asks the same.
type Piece struct {
	File    string
	Command string
	Method  string // empty: the program looks itself, without the API
	Path    string
	What    string
}

// Pieces is what `nightbell controls evidence` gathers. None of them identifies a patient: their routes show no PHI.
func Pieces() []Piece {
	return append([]Piece{
		{"version.json", "nightbell version", "", "", "which program this is"},
		{"configuration.json", "nightbell controls evidence FOLDER", "", "", "settings of the process; it holds no secret by design"},
		{"controls.json", "nightbell controls list", "", "", "this table"},
		{"doctor.json", "nightbell doctor", "", "", "the machine and the data folder"},
		{"keys.json", "nightbell keys status", "GET", "/api/v1/keys", "keys without keys, slots, custody"},
		{"audit-verify.json", "nightbell audit verify", "POST", "/api/v1/audit/verify", "the whole tree walked"},
		{"audit-checkpoint.json", "nightbell audit checkpoint", "GET", "/api/v1/audit/checkpoint", "newest signed checkpoint, keys, what each witness signed"},
		{"accounts.json", "nightbell people list", "GET", "/api/v1/accounts", "accounts, roles, kinds of second factors, last logins"},
		{"grants.json", "nightbell grants list", "GET", "/api/v1/grants?ended=all", "who has had which role where, who proposed, who approved"},
		{"proposals.json", "nightbell proposals list", "GET", "/api/v1/proposals", "what took two people"},
		{"training.json", "nightbell people training", "GET", "/api/v1/training", "training records"},
		{"ready.json", "nightbell ready list", "GET", "/api/v1/ready", "who is on shift now"},
		{"devices.json", "nightbell devices list", "GET", "/api/v1/devices", "phones, last seen, revoked ones"},
		{"tokens.json", "nightbell token list", "GET", "/api/v1/tokens", "API tokens without their secrets"},
		{"trunks.json", "nightbell trunks list", "GET", "/api/v1/trunks", "trunks with their exceptions"},
		{"retention.json", "nightbell retention list", "GET", "/api/v1/retention", "how long what is kept, floors, who approved"},
		{"purge-due.json", "nightbell retention due", "GET", "/api/v1/purge", "what has passed its retention"},
		{"holds.json", "nightbell holds list --all", "GET", "/api/v1/holds?released=all", "legal holds"},
		{"break-glass.json", "nightbell glass list", "GET", "/api/v1/break-glass", "emergency accesses and their reviews"},
		{"reviews.json", "nightbell review list --all", "GET", "/api/v1/reviews?all=true", "the activity review's items and who settled them"},
		{"certificates.json", "nightbell clinics certificates", "GET", "/api/v1/certificates", "signed certificates of destruction"},
		{"backup-status.json", "nightbell backup status", "GET", "/api/v1/backup", "when, where, how it ended"},
		{"backup-snapshots.json", "nightbell backup list", "GET", "/api/v1/backup/snapshots", "the snapshots"},
		{"backup-verify.json", VerifyBackup, "POST", "/api/v1/backup", "the newest snapshot: signature, manifest, presence and sizes"},
	}, asked()...)
}

// VerifyBackup is the one command whose answer has to be waited for.
const VerifyBackup = "nightbell backup verify --quick"

// Asked is how a question of the log begins; Newest is how many of its answers lie in the folder. The whole log leaves by
// `nightbell audit export`, provable by a stranger.
const (
	Asked  = "nightbell audit list"
	Newest = 200
)

// asked are the questions of the log that the table names, one piece each.
func asked() []Piece {
	var all []Piece
	seen := map[string]bool{}
	for _, c := range Controls() {
		for _, command := range c.Evidence {
			rest, ok := strings.CutPrefix(command, Asked)
			if !ok || seen[command] {
				continue
			}
			seen[command] = true
			p := Piece{"audit-newest.json", command, "GET", fmt.Sprintf("/api/v1/audit?limit=%d", Newest), "the newest entries of the log"}
			if action, ok := strings.CutPrefix(rest, " --action "); ok {
				p.File, p.Path, p.What = "audit-"+strings.ReplaceAll(action, ".", "-")+".json", p.Path+"&action="+action, "the newest entries of this word"
			}
			all = append(all, p)
		}
	}
	return all
}

// fileOf is the file that a command's answer lies in.
func fileOf(command string) string {
	for _, p := range Pieces() {
		if p.Command == command {
			return p.File
		}
	}
	return ""
}

// Index maps every control to the files that show how it stands; missing says why a file is not there.
func Index(missing map[string]string) string {
	var b strings.Builder
	b.WriteString("# Which file shows what\n\nGathered by `nightbell controls evidence`. It shows how things stood; whether that is enough, people judge.\n" +
		"`manifest.json` lists every file with its SHA-256, `manifest.sig` is the audit log's signature over it.\n")
	for _, s := range Sections() {
		fmt.Fprintf(&b, "\n## %s\n\n| control | evidence | not gathered |\n|---|---|---|\n", s.Title)
		for _, c := range s.Controls {
			fmt.Fprintf(&b, "| %s %s | %s |\n", c.Clause, c.Title, strings.Join(c.shownBy(missing), " | "))
		}
	}
	return b.String()
}

// shownBy gives two cells: what is there, and what is not, with the reason.
func (c Control) shownBy(missing map[string]string) []string {
	var there, not []string
	for _, command := range c.Evidence {
		file := fileOf(command)
		if why, lost := missing[file]; lost {
			not = append(not, "`"+file+"`: "+why)
			continue
		}
		there = append(there, "`"+file+"`")
	}
	if len(c.Evidence) == 0 {
		not = append(not, "nothing that the program can show")
	}
	return []string{or(strings.Join(there, ", ")), or(strings.Join(not, "; "))}
}

func or(text string) string {
	if text == "" {
		return "-"
	}
	return strings.ReplaceAll(text, "\n", " ")
}

// Withheld stands where a value was left out.
const Withheld = "[withheld]"

// typed are the fields that people fill with words of their own: nobody can vouch that they hold no patient.
var typed = []string{"reason", "label", "recipient", "agent", "body"}

// telephone is what looks like a number of somebody, or like credentials in an address, wherever it stands.
var telephone = regexp.MustCompile(`\+[1-9][0-9]{7,14}\b|sips?:\+?[0-9]{7,15}@|\btel:|://[^/@\s]+@`)

// Withhold takes what people have typed, and what looks like a telephone number, out of a decoded JSON answer, and counts.
func Withhold(v any) (any, int) {
	switch v := v.(type) {
	case map[string]any:
		n := 0
		for key, value := range v {
			if slices.Contains(typed, key) && value != nil && value != "" {
				v[key], n = Withheld, n+1
				continue
			}
			less, m := Withhold(value)
			v[key], n = less, n+m
		}
		return v, n
	case []any:
		n := 0
		for i, value := range v {
			less, m := Withhold(value)
			v[i], n = less, n+m
		}
		return v, n
	case string:
		if telephone.MatchString(v) {
			return Withheld, 1
		}
	}
	return v, 0
}
