package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"nightbell/audit"
	"nightbell/keep"
	"nightbell/seal"
	"nightbell/store"
)

// settling makes what a restore brought back a data folder of this machine, before it gets its name.
type settling struct {
	session *session
	restore restoreFromCmd
	dir     string // the name it will have
	epoch   int
	unseal  Unseal
	warning string
}

func (c *settling) run(ctx context.Context, half string, r keep.Restored) error {
	plan, err := c.slots(half, r)
	if err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	cfg, err := settleConfig(half, plan)
	if err != nil {
		return err
	}
	o, err := reopen(cfg, r.Root)
	if err != nil {
		return err
	}
	return errors.Join(c.log(ctx, o, r), o.leave())
}

// slots lets this machine's unsealer open ROOT. Those of the lost machine are taken away, for whoever has the machine may
// have them too; the recovery shares stay.
func (c *settling) slots(half string, r keep.Restored) (setupPlan, error) {
	f := c.restore
	mode := Mode(r.Mode)
	plan := setupPlan{Dir: half, Mode: mode, Unseal: f.Unseal, KeyFile: f.KeyFile, TPM: f.TPM}
	if mode == Development && f.Unseal == unsealAuto {
		plan.Unseal, plan.KeyFile = UnsealKeyFile, "keys/unseal.key"
	}
	setup := setupCmd{KeyFile: f.KeyFile, CredentialFile: f.CredentialFile, TPM: f.TPM}
	if plan.KeyFile != "" {
		setup.KeyFile = plan.KeyFile
	}
	plan, err := setup.choose(c.session, plan)
	if err != nil {
		return plan, err
	}
	if plan.Unseal == UnsealKeyFile {
		path := plan.KeyFile
		if !filepath.IsAbs(path) {
			path = filepath.Join(half, path)
		}
		file := seal.KeyFile{Path: path, Data: half, Mode: seal.Mode(mode)}
		if !filepath.IsAbs(plan.KeyFile) {
			file.Name = filepath.Join(c.dir, plan.KeyFile)
		}
		if err := makeKeyFile(file); err != nil {
			return plan, err
		}
		plan.First = file
	}
	slots, err := seal.LoadSlots(seal.SlotsPath(half))
	if err != nil {
		return plan, err
	}
	before := slots.List()
	if _, err := slots.Add(r.Root, plan.First); err != nil {
		return plan, err
	}
	c.unseal = plan.Unseal
	if !f.WithoutOldSlots {
		return plan, nil
	}
	for _, old := range before {
		if old.Kind == seal.ByRecovery {
			continue
		}
		if err := slots.Remove(old.ID); err != nil {
			return plan, err
		}
	}
	return plan, nil
}

// settleConfig writes the new unsealer into the configuration that came back, and lets recordings lie in the data folder.
func settleConfig(half string, p setupPlan) (Config, error) {
	path := filepath.Join(half, configName)
	b, err := os.ReadFile(path)
	if err != nil {
		return Config{}, err
	}
	text := withSetting(string(b), "keys", "unseal", string(p.Unseal))
	text = withSetting(text, "keys", "key_file", p.KeyFile)
	text = withSetting(text, "recordings", "dir", "recordings")
	if p.Unseal == UnsealCredential {
		text = withSetting(text, "keys", "credential", defaultCredential)
	}
	if p.Unseal == UnsealTPM && p.TPM != "" {
		text = withSetting(text, "keys", "tpm", p.TPM)
	}
	if err := writeWhole(path, []byte(text), 0o600); err != nil {
		return Config{}, err
	}
	return LoadConfig(path, half)
}

// withSetting sets a key of a table in a TOML file and leaves everything else, comments too, as it stands.
func withSetting(text, table, key, value string) string {
	lines := strings.Split(text, "\n")
	at, inside := -1, false
	for i, l := range lines {
		word := strings.TrimSpace(l)
		if strings.HasPrefix(word, "[") {
			inside = strings.HasPrefix(word, "["+table+"]")
			if inside {
				at = i
			}
			continue
		}
		name, _, isKey := strings.Cut(word, "=")
		if inside && isKey && strings.TrimSpace(name) == key {
			lines[i] = key + " = " + strconv.Quote(value)
			return strings.Join(lines, "\n")
		}
	}
	set := key + " = " + strconv.Quote(value)
	if at < 0 {
		return strings.TrimRight(text, "\n") + "\n\n[" + table + "]\n" + set + "\n"
	}
	return strings.Join(append(lines[:at+1:at+1], append([]string{set}, lines[at+1:]...)...), "\n")
}

// reopen opens the folder by a ROOT that is open already. It writes nothing yet and compares with no witness: the log must
// begin its next epoch first.
func reopen(cfg Config, root *seal.Root) (_ *office, err error) {
	o := &office{Config: cfg, Root: root, now: time.Now}
	defer func() {
		if err != nil {
			err = errors.Join(err, o.leave())
		}
	}()
	if o.Store, err = store.Open(store.Options{Path: databasePath(cfg.Dir)}); err != nil {
		return nil, err
	}
	if o.Store.Mode() != string(cfg.Mode) {
		return nil, fmt.Errorf("mode: configuration says %s, database %s", cfg.Mode, o.Store.Mode())
	}
	if o.Folder, err = seal.OpenFolder(cfg.path(cfg.Recordings.Dir)); err != nil {
		return nil, err
	}
	if o.Ring, err = seal.OpenRing(root, vault{o.Store}); err != nil {
		return nil, err
	}
	if o.Signer, err = o.signer(); err != nil {
		return nil, err
	}
	return o, o.Store.Unseal(cells{o.Ring}, o.Signer)
}

// leave is Close without ROOT, which is the restorer's.
func (o *office) leave() error {
	var all []error
	if o.Store != nil {
		all = append(all, o.Store.Close())
	}
	if o.Folder != nil {
		all = append(all, o.Folder.Close())
	}
	if o.Ring != nil {
		o.Ring.Close()
	}
	return errors.Join(all...)
}

// log ends the log that came back and begins its next epoch; then what must not come back goes again: recordings that were
// shredded since, and every login.
func (c *settling) log(ctx context.Context, o *office, r keep.Restored) error {
	by := operator()
	rep, err := o.Store.VerifyAudit(ctx, nil)
	if err != nil {
		return err
	}
	if !rep.OK { // it was so when it was backed up: a house that answers calls is worth more than a clean log
		c.warning = fmt.Sprintf("the audit log does not hold: %s, first at %d", rep.Why, rep.FirstBad)
	}
	e := store.Epoch{Restored: r.Head, Approvals: []string{by.Type + ":" + by.ID}}
	if r.Later.Size > r.Head.Size {
		e.Witnessed = r.Later
	}
	if c.epoch, err = o.Store.BeginEpoch(ctx, by, e); err != nil {
		return err
	}
	err = o.Store.Audit(ctx, audit.Event{
		Actor: by, Action: audit.BackupRestored, Object: backupObject, Outcome: audit.Done, Facts: map[string]string{
			"snapshot": r.ID, "size": itoa(r.Head.Size), "by": c.restore.By, "unseal": string(c.unseal),
			"recordings": strconv.Itoa(r.Recordings), "left_out": strconv.Itoa(len(r.Left)), "shredded_again": strconv.Itoa(len(r.Shredded)),
		},
	})
	if err != nil {
		return err
	}
	for _, id := range r.Shredded {
		if err := o.Store.ShredRecording(ctx, by, id, "shredded after the backup was made"); err != nil {
			return err
		}
	}
	return endLogins(ctx, o, by)
}

func operator() audit.Actor {
	return audit.Actor{Type: "operator", ID: "uid:" + strconv.Itoa(os.Geteuid())}
}

// endLogins: a session that ended after the backup was made must not live again.
func endLogins(ctx context.Context, o *office, by audit.Actor) error {
	open, err := o.Store.OpenLogins(ctx)
	if err != nil {
		return err
	}
	for _, l := range open {
		if err := o.Store.EndLogin(ctx, by, l.ID, "restored"); err != nil && !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
	ready, err := o.Store.Readiness(ctx)
	if err != nil {
		return err
	}
	for _, r := range ready {
		if err := o.Store.EndReadiness(ctx, by, r.Person, "restored"); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return nil
}

func (c *settling) tell(w io.Writer, r keep.Restored) {
	fmt.Fprintf(w, "%s: the house as of %s, snapshot %s\n", c.dir, r.Made.Format(time.RFC3339), r.ID)
	fmt.Fprintf(w, "%d files, %d recordings, %.1f MiB in %.1f s; audit log of %d goes on in epoch %d\n", r.Files, r.Recordings, mib(r.Bytes), r.Took.Seconds(), r.Head.Size, c.epoch)
	if c.warning != "" {
		fmt.Fprintln(w, "WRONG:", c.warning)
	}
	for _, p := range r.Left {
		fmt.Fprintf(w, "left out: %s: %s\n", plain(p.Recording), plain(p.Why))
	}
	if len(r.Shredded) > 0 {
		fmt.Fprintln(w, "shredded since and gone again:", len(r.Shredded))
	}
	if c.unseal == UnsealCredential && c.restore.CredentialFile != "" {
		fmt.Fprintf(w, "now: systemd-creds encrypt --name=nightbell-unseal %s /etc/nightbell/unseal.cred && shred -u %s\n", c.restore.CredentialFile, c.restore.CredentialFile)
	}
	fmt.Fprintln(w, "what changed after that moment is not here: terminations, revocations, rotas. Look at addresses in", configName)
	fmt.Fprintln(w, "next: nightbell doctor, then nightbell serve")
}

// inspecting opens what a drill brought back, as the server would, and looks into it.
type inspecting struct{ sample int }

func (i inspecting) run(ctx context.Context, dir string, r keep.Restored) (found keep.Inspected, err error) {
	cfg, err := LoadConfig(filepath.Join(dir, configName), dir)
	if err != nil {
		return found, err
	}
	cfg.Recordings.Dir = "recordings"
	o, err := reopen(cfg, r.Root)
	if err != nil {
		return found, err
	}
	defer func() { err = errors.Join(err, o.leave()) }()
	rep, err := o.Store.VerifyAudit(ctx, nil)
	if err != nil {
		return found, err
	}
	found.AuditSize, found.AuditRoot = rep.Size, rep.Root
	if !rep.OK {
		found.Bad = append(found.Bad, keep.Problem{Recording: "audit log", Why: rep.Why})
	}
	err = i.recordings(ctx, o, &found)
	return found, err
}

// recordings verifies a sample, spread over all there are.
func (i inspecting) recordings(ctx context.Context, o *office, found *keep.Inspected) error {
	var ids []string
	q := store.RecordingQuery{Limit: 1000, States: []store.RecordingState{store.Final, store.Recovered, store.Aborted}}
	for {
		page, err := o.Store.Recordings(ctx, q)
		if err != nil {
			return err
		}
		for _, r := range page.Rows {
			ids = append(ids, r.ID)
		}
		if q.Cursor = page.Next; page.Next == "" {
			break
		}
	}
	step := 1
	if i.sample > 0 {
		step = max(1, (len(ids)+i.sample-1)/i.sample)
	}
	for n := 0; n < len(ids); n += step {
		v, err := sounds{o}.Verify(ctx, ids[n])
		found.Recordings++
		if err != nil || !v.OK {
			found.Bad = append(found.Bad, keep.Problem{Recording: ids[n], Why: shortened(fmt.Sprint(v.Problem, " ", err))})
		}
	}
	return nil
}
