package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"

	"nightbell/console"
	"nightbell/report"
)

// gathering is one folder of evidence in the making. What cannot be had is remembered with its reason, never left out silently.
type gathering struct {
	s        *session
	cfg      Config
	folder   string
	manifest evidenceManifest
	missing  map[string]string // file: why
	closed   bool
}

// evidenceManifest is manifest.json.
type evidenceManifest struct {
	Format  string            `json:"format"`
	Made    time.Time         `json:"made"`
	As      string            `json:"as"` // who asked
	Program string            `json:"program"`
	Mode    Mode              `json:"mode"`
	Files   []evidenceFile    `json:"files"`
	Missing []evidenceMissing `json:"not_gathered"`
	Signed  string            `json:"-"` // why manifest.sig is not there; empty: it is
}

type evidenceFile struct {
	File     string `json:"file"`
	SHA256   string `json:"sha256"`
	Bytes    int    `json:"bytes"`
	Command  string `json:"command,omitempty"`
	Withheld int    `json:"withheld,omitempty"` // values left out: what people typed, what looks like a telephone number
}

type evidenceMissing struct {
	File    string `json:"file"`
	Command string `json:"command"`
	Why     string `json:"why"`
}

const (
	evidenceFormat  = "nightbell.evidence.v1"
	manifestName    = "manifest.json"
	manifestSigName = "manifest.sig"
	unsignedName    = "NOT-SIGNED.txt"
)

// newGathering makes the folder: new or empty, nobody else's to read, outside the data folder.
func (s *session) newGathering(cfg Config, folder string) (*gathering, error) {
	folder = filepath.Clean(folder)
	if err := outside(cfg, folder); err != nil {
		return nil, err
	}
	err := os.Mkdir(folder, 0o700)
	if errors.Is(err, os.ErrExist) {
		err = takeEmpty(folder)
	}
	if err != nil {
		return nil, fmt.Errorf("evidence: %w", err)
	}
	m := evidenceManifest{Format: evidenceFormat, Made: time.Now().UTC().Truncate(time.Second), Program: programVersion(), Mode: cfg.Mode, Missing: []evidenceMissing{}}
	return &gathering{s: s, cfg: cfg, folder: folder, manifest: m, missing: map[string]string{}}, nil
}

func takeEmpty(folder string) error {
	info, err := os.Lstat(folder)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return errors.New("not a folder")
	}
	if inside, err := os.ReadDir(folder); err != nil || len(inside) > 0 {
		return errors.Join(err, errors.New("the folder is not empty"))
	}
	return os.Chmod(folder, 0o700)
}

// ask gathers what whoever holds the data folder can say.
func (g *gathering) ask(ctx context.Context, api *client) {
	g.manifest.As = asker(ctx, api)
	for _, p := range report.Pieces() {
		if p.Path == "" {
			continue
		}
		answer, err := g.answer(ctx, api, p)
		if err != nil {
			g.lose(p, err)
			continue
		}
		g.keep(p, answer)
	}
}

// asker names who asks: the person who is logged in here, else the operator.
func asker(ctx context.Context, api *client) string {
	if api.login == "" {
		return fmt.Sprintf("operator uid:%d", os.Geteuid())
	}
	var me struct {
		Person string `json:"person"`
	}
	if err := api.ask(ctx, "GET", "/api/v1/me", nil, &me); err != nil {
		return "a login that is over"
	}
	return "person " + me.Person
}

func (g *gathering) answer(ctx context.Context, api *client, p report.Piece) (any, error) {
	if p.Command == report.VerifyBackup {
		return g.s.workBackup(ctx, api, console.BackupWork{Kind: "verify", Quick: true})
	}
	var v any
	err := api.ask(ctx, p.Method, p.Path, nil, &v)
	if strings.HasPrefix(p.Path, "/api/v1/backup") {
		err = unconfigured(err)
	}
	if err != nil || strings.HasPrefix(p.Command, report.Asked) {
		return v, err
	}
	return v, followPages(ctx, api, p, v)
}

// followPages appends what a list did not give at once. What has no items is no list, and its "next" is no cursor.
func followPages(ctx context.Context, api *client, p report.Piece, first any) error {
	whole, _ := first.(map[string]any)
	if _, list := whole["items"]; !list {
		return nil
	}
	next, _ := whole["next"].(string)
	for next != "" {
		sep := "?"
		if strings.Contains(p.Path, "?") {
			sep = "&"
		}
		var v map[string]any
		if err := api.ask(ctx, p.Method, p.Path+sep+"cursor="+url.QueryEscape(next), nil, &v); err != nil {
			return err
		}
		items, _ := whole["items"].([]any)
		more, _ := v["items"].([]any)
		whole["items"] = append(items, more...)
		next, _ = v["next"].(string)
	}
	delete(whole, "next")
	return nil
}

// own gathers what the program knows by itself; api is nil where nobody holds the data folder.
func (g *gathering) own(ctx context.Context, api *client) {
	for _, p := range report.Pieces() {
		if p.Path != "" {
			continue
		}
		switch p.File {
		case "version.json":
			g.keep(p, thisProgram())
		case "controls.json":
			g.keep(p, report.Controls())
		case "configuration.json":
			if set, err := settings(g.cfg); err != nil {
				g.lose(p, err)
			} else {
				g.keep(p, set)
			}
		case "doctor.json":
			g.keep(p, g.findings(ctx, api))
		}
	}
}

// findings are doctor's; what cannot be asked is a finding.
func (g *gathering) findings(ctx context.Context, api *client) []console.Finding {
	list := machine(g.cfg)
	var v struct {
		Items []console.Finding `json:"items"`
	}
	err := errors.New("not asked")
	if api != nil {
		err = api.ask(ctx, "GET", "/api/v1/health", nil, &v)
	}
	if err != nil {
		return append(list, found("data folder", console.Wrong, "%v", err))
	}
	return append(list, v.Items...)
}

// settings are what the configuration sets; a key that is absent has its built-in value.
func settings(cfg Config) (map[string]any, error) {
	b, err := os.ReadFile(cfg.Path)
	if err != nil {
		return nil, err
	}
	set := map[string]any{}
	return set, toml.Unmarshal(b, &set)
}

// unreached says of everything that could not be asked why.
func (g *gathering) unreached(err error) {
	for _, p := range report.Pieces() {
		if p.Path != "" {
			g.lose(p, err)
		}
	}
}

func (g *gathering) lose(p report.Piece, err error) {
	g.missing[p.File] = err.Error()
	g.manifest.Missing = append(g.manifest.Missing, evidenceMissing{p.File, p.Command, err.Error()})
}

// keep writes one answer, without what nobody can vouch for.
func (g *gathering) keep(p report.Piece, answer any) {
	less, n, err := withheld(answer)
	if err == nil {
		err = g.write(evidenceFile{File: p.File, Command: p.Command, Withheld: n}, map[string]any{
			"command": p.Command, "what": p.What, "gathered": time.Now().UTC().Truncate(time.Second), "as": g.manifest.As, "answer": less,
		})
	}
	if err != nil {
		g.lose(p, err)
	}
}

// withheld takes an answer apart as JSON, whatever type it came in.
func withheld(answer any) (any, int, error) {
	b, err := json.Marshal(answer)
	if err != nil {
		return nil, 0, err
	}
	var v any
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		return nil, 0, err
	}
	less, n := report.Withhold(v)
	return less, n, nil
}

func (g *gathering) write(f evidenceFile, v any) error {
	b, ok := v.([]byte)
	if !ok {
		var err error
		if b, err = json.MarshalIndent(v, "", "  "); err != nil {
			return err
		}
		b = append(b, '\n')
	}
	if _, err := writeNew(filepath.Join(g.folder, f.File), bytes.NewReader(b)); err != nil {
		return err
	}
	sum := sha256.Sum256(b)
	f.SHA256, f.Bytes = hex.EncodeToString(sum[:]), len(b)
	g.manifest.Files = append(g.manifest.Files, f)
	return nil
}

// close writes index, manifest and signature; api is nil where nobody can sign.
func (g *gathering) close(ctx context.Context, api *client) error {
	g.closed = true
	g.own(ctx, api)
	if err := g.write(evidenceFile{File: "INDEX.md"}, []byte(report.Index(g.missing))); err != nil {
		return err
	}
	listed := g.manifest.Files
	if err := g.write(evidenceFile{File: manifestName}, g.manifest); err != nil {
		return err
	}
	digest := g.manifest.Files[len(listed)].SHA256
	g.manifest.Files = listed
	statement, err := g.sign(ctx, api, digest)
	name, text := manifestSigName, statement
	if err != nil {
		g.manifest.Signed = err.Error()
		name, text = unsignedName, "manifest.json is not signed: "+err.Error()+"\n"
	}
	_, err = writeNew(filepath.Join(g.folder, name), strings.NewReader(text))
	return err
}

func (g *gathering) sign(ctx context.Context, api *client, digest string) (string, error) {
	if api == nil {
		return "", errors.New("nobody holds the data folder")
	}
	var v console.EvidenceStatement
	in := console.EvidenceFolder{SHA256: digest, Files: len(g.manifest.Files), Missing: len(g.manifest.Missing)}
	err := api.ask(ctx, "POST", "/api/v1/evidence", in, &v)
	return v.Statement, err
}

func (g *gathering) tell(w io.Writer) {
	fmt.Fprintf(w, "%s: %d files, as %s\n", g.folder, len(g.manifest.Files), g.manifest.As)
	for _, m := range g.manifest.Missing {
		row(w, "not gathered:", m.File, m.Why)
	}
	if g.manifest.Signed != "" {
		row(w, "not signed:", manifestName, g.manifest.Signed)
	}
}
