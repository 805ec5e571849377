package console

import (
	"context"

	"nightbell/audit"
)

type stageBackups struct{ *stage }

func (stageBackups) Status(context.Context) (BackupStatus, error) { return BackupStatus{}, nil }
func (b stageBackups) Begin(_ context.Context, w BackupWork, by audit.Actor) (BackupStatus, error) {
	return BackupStatus{Running: &BackupStep{Kind: w.Kind}}, b.change(by)
}
func (stageBackups) Snapshots(context.Context) ([]BackupSnapshot, error) { return nil, nil }
func (b stageBackups) Drilled(_ context.Context, _ DrillReport, by audit.Actor) error {
	return b.change(by)
}

func init() {
	example["begin-backup"] = `{"kind":"backup"}`
	example["note-drill"] = `{"snapshot":"20261123T214500Z-ab12cd34","ok":true,"tables":1,"rows":1,"differ":0,"audit_size":1,"audit_root":"x","recordings":0,"bad":0,"bytes":1,"seconds":1,"copy_ratio":1}`
}
