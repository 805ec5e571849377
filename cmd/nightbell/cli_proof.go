package main

import (
	"context"
	"fmt"
	"io"

	"nightbell/console"
)

type auditCmd struct {
	List   auditListCmd   `cmd:"" help:"What happened, newest first."`
	Verify auditVerifyCmd `cmd:"" help:"Walk the whole tree and name the first entry that does not hold."`

	Prove          auditProveCmd      `cmd:"" help:"One entry, with the proof that it is in the log."`
	Checkpoint     auditCheckpointCmd `cmd:"" help:"The newest signed checkpoint, its keys, its witnesses."`
	Export         auditExportCmd     `cmd:"" help:"The log as a file that can be verified without this program."`
	AcceptRollback acceptRollbackCmd  `cmd:"" name:"accept-rollback" help:"Go on with an older log, when two people have looked into it."`
}

type auditListCmd struct {
	paged
	Action string `help:"Only this action, such as recording.played." placeholder:"ACTION"`
	Object string `help:"Only this object, such as call:ID." placeholder:"OBJECT"`
	Actor  string `help:"Only this actor, such as token:ID." placeholder:"ACTOR"`
	From   string `help:"At or after, RFC 3339." placeholder:"TIME"`
	To     string `help:"Before, RFC 3339." placeholder:"TIME"`
}

func (auditListCmd) Help() string {
	return `Reading the log is in the log.

Examples:
  nightbell audit list --limit 20
  nightbell audit list --action recording.played --json`
}

func (c auditListCmd) Run(ctx context.Context, s *session) error {
	from, err := instant(c.From)
	if err != nil {
		return err
	}
	to, err := instant(c.To)
	if err != nil {
		return err
	}
	return s.with(ctx, func(api *client) error {
		var v console.AuditPage
		q := query("action", c.Action, "object", c.Object, "actor", c.Actor, "from", from, "to", to, "cursor", c.Cursor, "limit", fmt.Sprint(c.Limit))
		if err := api.ask(ctx, "GET", "/api/v1/audit"+q, nil, &v); err != nil {
			return err
		}
		s.more(v.Next)
		return s.show(v, func(w io.Writer) {
			row(w, "SEQ", "TIME", "ACTOR", "ACTION", "OBJECT", "OUTCOME", "REASON")
			for _, e := range v.Items {
				row(w, e.Seq, e.Time, e.Actor, e.Action, e.Object, e.Outcome, e.Reason)
			}
		})
	})
}

type auditVerifyCmd struct{}

func (auditVerifyCmd) Help() string {
	return `Every leaf is hashed again and compared with the tree, the tree with every signed checkpoint. Exit 1 when it does
not hold.

Example:
  nightbell audit verify --json`
}

func (auditVerifyCmd) Run(ctx context.Context, s *session) error {
	return s.with(ctx, func(api *client) error {
		var v console.AuditVerdict
		if err := api.ask(ctx, "POST", "/api/v1/audit/verify", nil, &v); err != nil {
			return err
		}
		err := s.show(v, func(w io.Writer) {
			if v.OK {
				fmt.Fprintf(w, "%d entries hold, root %s\n", v.Size, v.Root)
				return
			}
			fmt.Fprintln(w, "WRONG:", plain(v.Problem))
			if v.FirstBad != nil {
				fmt.Fprintln(w, "first entry that does not hold:", *v.FirstBad)
			}
		})
		if err != nil || v.OK {
			return err
		}
		return errTold
	})
}
