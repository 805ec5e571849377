package console

import (
	"context"
	"net/http"

	"nightbell/audit"
)

// backupRoutes are the backups. No answer holds anything of a call; what is long runs in the background.
func backupRoutes() []Route {
	return []Route{
		{http.MethodGet, "/api/v1/backup", "backup-status", "How backups stand, and what runs now",
			BackupRead, House, "", nil, Settled, with(backupStatus)},
		{http.MethodPost, "/api/v1/backup", "begin-backup", "Back up, verify or prune, in the background",
			BackupWrite, House, audit.BackupMade, nil, Settled, with(beginBackup)},
		{http.MethodGet, "/api/v1/backup/snapshots", "list-snapshots", "The snapshots in the repository",
			BackupRead, House, "", nil, Settled, with(listSnapshots)},
		{http.MethodPost, "/api/v1/backup/drills", "note-drill", "Remember a restore drill",
			BackupWrite, House, audit.RestoreDrilled, nil, Settled, with(noteDrill)},
	}
}

func backupStatus(c *Console, ctx context.Context, _ *struct{}) (*answer[BackupStatus], error) {
	return say(c.ports.Backups.Status(ctx))
}

func beginBackup(c *Console, ctx context.Context, in *struct{ Body BackupWork }) (*answer[BackupStatus], error) {
	return say(c.ports.Backups.Begin(ctx, in.Body, askingOf(ctx).who.Actor))
}

func listSnapshots(c *Console, ctx context.Context, _ *struct{}) (*answer[list[BackupSnapshot]], error) {
	items, err := c.ports.Backups.Snapshots(ctx)
	return say(listed(items, ""), err)
}

func noteDrill(c *Console, ctx context.Context, in *struct{ Body DrillReport }) (*done, error) {
	return nil, c.ports.Backups.Drilled(ctx, in.Body, askingOf(ctx).who.Actor)
}
