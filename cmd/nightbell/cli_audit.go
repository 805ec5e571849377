package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"

	"nightbell/console"
)

type auditProveCmd struct {
	Seq int64 `arg:"" help:"Number of the entry."`
}

func (auditProveCmd) Help() string {
	return `The entry, and the hashes that lead from it to the signed checkpoint: whoever has the verifier key can check that it is
in the log, without the rest of the log.

Example:
  nightbell audit prove 4711 --json`
}

func (c auditProveCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(api *client) error {
		var v console.LeafProof
		if err := api.ask(ctx, "GET", fmt.Sprintf("/api/v1/audit/leaves/%d", c.Seq), nil, &v); err != nil {
			return err
		}
		return s.show(v, func(w io.Writer) {
			fmt.Fprintln(w, plain(v.Leaf))
			for _, h := range v.Path {
				fmt.Fprintln(w, h)
			}
			fmt.Fprint(w, v.Checkpoint)
		})
	})
}

type auditCheckpointCmd struct{}

func (auditCheckpointCmd) Help() string {
	return `The newest signed checkpoint. Write the key down where the machine cannot reach it, give key and pin to whoever runs a
witness.

Example:
  nightbell audit checkpoint`
}

func (auditCheckpointCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(api *client) error {
		var v console.CheckpointView
		if err := api.ask(ctx, "GET", "/api/v1/audit/checkpoint", nil, &v); err != nil {
			return err
		}
		return s.show(v, func(w io.Writer) { printCheckpoint(w, v) })
	})
}

func printCheckpoint(w io.Writer, v console.CheckpointView) {
	if v.Differs != "" {
		fmt.Fprintln(w, "! DIFFERS: "+plain(v.Differs))
	}
	row(w, "entries", v.Size)
	row(w, "epoch", v.Epoch)
	for _, k := range v.Keys {
		row(w, "key", k)
	}
	row(w, "client pin", v.ClientPin)
	for _, x := range v.Witnesses {
		row(w, "witness", x.Name, x.Size, x.Signed)
	}
	fmt.Fprintf(w, "\n%s", v.Note)
}

type auditExportCmd struct {
	Out    string `help:"New file to write." required:"" placeholder:"FILE"`
	From   int64  `help:"First entry; with --until, a part of the log, each entry with its proof." placeholder:"SEQ"`
	Until  int64  `help:"Behind the last entry." placeholder:"SEQ"`
	Reason string `help:"Why; kept in the audit." required:"" placeholder:"TEXT"`
}

func (auditExportCmd) Help() string {
	return `Writes JSON lines: entries, the hashes of the tree, checkpoints, what witnesses have signed, proofs. Details of entries
stay sealed. scripts/audit-verify.py checks the file without this program.

Examples:
  nightbell audit export --out audit.jsonl --reason "yearly audit"
  python3 scripts/audit-verify.py --key nightbell/abc+1f2e3d4c+AW... audit.jsonl`
}

func (c auditExportCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(api *client) error {
		in := map[string]any{"reason": c.Reason, "from": c.From, "until": c.Until}
		body, err := api.stream(ctx, "POST", "/api/v1/audit/export", in)
		if err != nil {
			return err
		}
		defer body.Close()
		n, err := writeNew(c.Out, body)
		if err == nil {
			err = endsWhole(c.Out)
		}
		if err != nil {
			return err
		}
		return s.show(map[string]any{"file": c.Out, "bytes": n}, func(w io.Writer) { fmt.Fprintf(w, "wrote %s, %d bytes\n", c.Out, n) })
	})
}

// endsWhole fails unless an export has its last line: an answer that broke off is no export.
func endsWhole(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	tail := make([]byte, min(info.Size(), 256))
	if _, err := f.ReadAt(tail, info.Size()-int64(len(tail))); err != nil {
		return err
	}
	lines := strings.Split(strings.TrimSpace(string(tail)), "\n")
	var end struct{ Type string }
	if json.Unmarshal([]byte(lines[len(lines)-1]), &end) != nil || end.Type != "end" {
		return fmt.Errorf("%s: the export broke off", path)
	}
	return nil
}

type acceptRollbackCmd struct {
	Reason   string `help:"Why the older log is accepted: what was looked into." placeholder:"TEXT"`
	Proposal string `help:"The approved proposal: begin the next epoch now." placeholder:"ID"`
}

func (acceptRollbackCmd) Help() string {
	return `While the log is not the one that was witnessed, nobody is shown anything of a patient. When it is known why (a restored
backup, a disk that was put back), two people accept it: one proposes, another approves (nightbell proposals approve), then
the log goes on as its next epoch, whose first entry says what was lost and who approved. Callers notice nothing.

Examples:
  nightbell audit accept-rollback --reason "restored Tuesday's backup after the disk failed"
  nightbell audit accept-rollback --proposal p4kx...`
}

func (c acceptRollbackCmd) Run(ctx context.Context, s *session) error {
	if (c.Reason == "") == (c.Proposal == "") {
		return errUsage("--reason TEXT to propose, or --proposal ID to carry an approved one out")
	}
	return s.with(ctx, func(api *client) error {
		if c.Proposal != "" {
			var v console.CheckpointView
			if err := api.ask(ctx, "POST", "/api/v1/audit/accept-rollback", map[string]string{"proposal": c.Proposal}, &v); err != nil {
				return err
			}
			return s.show(v, func(w io.Writer) { printCheckpoint(w, v) })
		}
		var v console.ProposalView
		in := map[string]string{"kind": "restore", "subject": "audit", "reason": c.Reason}
		if err := api.ask(ctx, "POST", "/api/v1/proposals", in, &v); err != nil {
			return err
		}
		return s.show(v, func(w io.Writer) {
			fmt.Fprintf(w, "proposed %s; somebody else: nightbell proposals approve %s --reason TEXT\n", v.ID, v.ID)
		})
	})
}

type reviewCmd struct {
	List   reviewListCmd   `cmd:"" help:"What the log raises questions about; on most mornings nothing."`
	Settle reviewSettleCmd `cmd:"" help:"Say what an item came to."`
}

type reviewListCmd struct {
	All bool `help:"With those that are settled."`
}

func (reviewListCmd) Help() string { return "Example:\n  nightbell review list" }

func (c reviewListCmd) Run(ctx context.Context, s *session) error {
	path := "/api/v1/reviews"
	if c.All {
		path += "?all=true"
	}
	return table(ctx, s, path, func(w io.Writer, items []console.ReviewItem) {
		if len(items) == 0 {
			fmt.Fprintln(w, "nothing to look into")
			return
		}
		row(w, "ID", "RULE", "ACTOR", "COUNT", "FROM", "TO", "OBJECTS", "SETTLED")
		for _, i := range items {
			row(w, i.ID, i.Rule, i.Actor, i.Count, i.First, i.Last, i.Objects, i.Settled)
		}
	})
}

type reviewSettleCmd struct {
	ID     string `arg:"" help:"Item."`
	Reason string `help:"What was asked, what the answer was; no patient's name or number." required:"" placeholder:"TEXT"`
}

func (reviewSettleCmd) Help() string {
	return "Nobody settles her own.\n\nExample:\n  nightbell review settle read_unlinked.20261123.person-amy --reason \"asked: covered Bo's calls\""
}

func (c reviewSettleCmd) Run(ctx context.Context, s *session) error {
	return s.change(ctx, "POST", "/api/v1/reviews/"+url.PathEscape(c.ID)+"/settle", map[string]string{"reason": c.Reason}, "settled "+c.ID)
}
