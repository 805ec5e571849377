package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"nightbell/console"
)

type recordingsCmd struct {
	List   recordingsListCmd   `cmd:"" help:"Recordings, newest first."`
	Verify recordingsVerifyCmd `cmd:"" help:"Re-read every bit of recordings."`
	Export recordingsExportCmd `cmd:"" help:"A clear WAV outside the data folder; audited."`
	Rescue recordingsRescueCmd `cmd:"" help:"Open a sealed file by the recovery shares, without the house."`
	Shred  recordingsShredCmd  `cmd:"" help:"Destroy a recording's key by an approved proposal."`
	Key    recordingsKeyCmd    `cmd:"" help:"The data key, for an independent reader; audited."`
}

type recordingsListCmd struct {
	paged
	Clinic string `help:"Only this clinic." placeholder:"ID"`
	Call   string `help:"Only this call." placeholder:"ID"`
}

func (recordingsListCmd) Help() string {
	return `Examples:
  nightbell recordings list
  nightbell recordings list --call k3v9... --json`
}

func (c recordingsListCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(api *client) error {
		v, err := listRecordings(ctx, api, c)
		if err != nil {
			return err
		}
		s.more(v.Next)
		return s.show(v, func(w io.Writer) {
			row(w, "RECORDING", "CALL", "CLINIC", "STARTED", "SECONDS", "STATE")
			for _, r := range v.Items {
				row(w, r.ID, r.Call, r.Clinic, r.Started, fmt.Sprintf("%.1f", r.Seconds), r.State)
			}
		})
	})
}

func listRecordings(ctx context.Context, api *client, c recordingsListCmd) (v console.RecordingPage, err error) {
	q := query("clinic", c.Clinic, "call", c.Call, "cursor", c.Cursor, "limit", fmt.Sprint(c.Limit))
	return v, api.ask(ctx, "GET", "/api/v1/recordings"+q, nil, &v)
}

type recordingsVerifyCmd struct {
	IDs []string `arg:"" optional:"" name:"id" help:"Recording ids; all recordings if absent."`
}

func (recordingsVerifyCmd) Help() string {
	return `Every record is authenticated, the transcript and the file's SHA-256 are compared with what the database and the
audit remember. Exit 1 when a recording does not hold.

Examples:
  nightbell recordings verify
  nightbell recordings verify r8d2... --json`
}

func (c recordingsVerifyCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(api *client) error {
		ids, err := c.ids(ctx, api)
		if err != nil {
			return err
		}
		verdicts, wrong := []console.RecordingVerdict{}, 0
		for _, id := range ids {
			var v console.RecordingVerdict
			if err := api.ask(ctx, "POST", "/api/v1/recordings/"+url.PathEscape(id)+"/verify", nil, &v); err != nil {
				return fmt.Errorf("recording %s: %w", id, err)
			}
			if !v.OK {
				wrong++
			}
			verdicts = append(verdicts, v)
		}
		all := map[string]any{"total": len(verdicts), "wrong": wrong, "recordings": verdicts}
		if err := s.show(all, func(w io.Writer) { printVerdicts(w, verdicts) }); err != nil || wrong == 0 {
			return err
		}
		return errTold
	})
}

func (c recordingsVerifyCmd) ids(ctx context.Context, api *client) ([]string, error) {
	if len(c.IDs) > 0 {
		return c.IDs, nil
	}
	var ids []string
	list := recordingsListCmd{paged: paged{Limit: 200}}
	for {
		page, err := listRecordings(ctx, api, list)
		if err != nil {
			return nil, err
		}
		for _, r := range page.Items {
			if whole(r.State) {
				ids = append(ids, r.ID)
			}
		}
		if list.Cursor = page.Next; page.Next == "" {
			return ids, nil
		}
	}
}

// whole reports whether a recording's file should stand finished: one that is being written, lost or shredded is not asked.
func whole(state string) bool {
	return state == "final" || state == "recovered" || state == "aborted" || state == "damaged"
}

func printVerdicts(w io.Writer, verdicts []console.RecordingVerdict) {
	row(w, "RECORDING", "OK", "STATUS", "RECORDS", "SECONDS", "PROBLEM")
	for _, v := range verdicts {
		row(w, v.ID, v.OK, v.Status, v.Records, fmt.Sprintf("%.1f", v.Seconds), v.Problem)
	}
}

type recordingsExportCmd struct {
	ID     string `arg:"" help:"Recording id."`
	Out    string `required:"" help:"File to make, or - for standard output." placeholder:"FILE"`
	Reason string `required:"" help:"Why; kept in the audit and with the disclosure, so no patient's name or number in it." placeholder:"TEXT"`
}

func (recordingsExportCmd) Help() string {
	return `For a supervisor who is logged in (nightbell login). The export stands in the accounting of disclosures before a byte
leaves. The file is made new, 0600, and never inside the data folder: what lies there is sealed.

Examples:
  nightbell recordings export r8d2... --out /media/usb/r8d2.wav --reason "records request 114"
  nightbell recordings export r8d2... --out - --reason "records request 114" | aplay`
}

func (c recordingsExportCmd) Run(ctx context.Context, s *session) error {
	cfg, err := s.config()
	if err != nil {
		return err
	}
	if c.Out != "-" {
		if err := outside(cfg, c.Out); err != nil {
			return err
		}
		if _, err := os.Lstat(c.Out); err == nil { // before it is asked for: what was asked for counts as disclosed
			return fmt.Errorf("export: %s: %w", c.Out, os.ErrExist)
		}
	}
	return s.with(ctx, func(api *client) error {
		body, err := api.stream(ctx, "POST", "/api/v1/recordings/"+url.PathEscape(c.ID)+"/export", map[string]string{"reason": c.Reason})
		if err != nil {
			return err
		}
		defer body.Close()
		if c.Out == "-" {
			_, err := io.Copy(s.out, body)
			return err
		}
		n, err := writeNew(c.Out, body)
		if err != nil {
			return err
		}
		v := map[string]any{"id": c.ID, "wav": c.Out, "bytes": n}
		return s.show(v, func(w io.Writer) { fmt.Fprintf(w, "%s: %d bytes, in clear: guard it\n", c.Out, n) })
	})
}

// outside refuses a place inside the data folder, but for the export folder of a development instance.
func outside(cfg Config, out string) error {
	parent, err := filepath.EvalSymlinks(filepath.Dir(out))
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	if parent, err = filepath.Abs(parent); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	dir, err := filepath.EvalSymlinks(cfg.Dir)
	if err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	inside := func(folder string) bool { return parent == folder || strings.HasPrefix(parent, folder+"/") }
	if !inside(dir) || (cfg.Mode == Development && inside(filepath.Join(dir, "export"))) {
		return nil
	}
	return fmt.Errorf("export: inside the data folder: %w", console.ErrNotAllowed)
}

// writeNew writes a new file; half a file does not stay.
func writeNew(path string, from io.Reader) (int64, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, fmt.Errorf("export: %w", err)
	}
	n, err := io.Copy(f, from)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return 0, errors.Join(fmt.Errorf("export: %w", err), os.Remove(path))
	}
	return n, nil
}

type recordingsKeyCmd struct {
	ID     string `arg:"" help:"Recording id."`
	Reason string `help:"Why; kept in the audit." default:"independent verification"`
}

func (recordingsKeyCmd) Help() string {
	return `Only in development mode, and for a supervisor who is logged in. docs/RECORDING-FORMAT.md is all that a reader needs beside it.

Example:
  nightbell recordings key r8d2... --json`
}

func (c recordingsKeyCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(api *client) error {
		var v struct {
			ID  string `json:"id"`
			Key string `json:"key"`
		}
		path := "/api/v1/recordings/" + url.PathEscape(c.ID) + "/key"
		if err := api.ask(ctx, "POST", path, map[string]string{"reason": c.Reason}, &v); err != nil {
			return err
		}
		return s.show(v, func(w io.Writer) { fmt.Fprintln(w, v.Key) })
	})
}
