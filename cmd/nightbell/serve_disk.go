package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"nightbell/seal"
)

// disk watches the room that is left. With less than a fifth of the recordings' disk free it alarms, with less than a
// twentieth recording stops in order and the calls go on. A file in the data folder keeps room back: it is given up on the
// day the disk is full, so that database and audit can still write.
type disk struct {
	office   *office
	recorder *recorder
	alarms   *alarms
	reserve  *seal.Reserve
	size     uint64 // of the reserve
	barred   bool
}

const (
	diskEvery = time.Second
	diskAgain = 0.06 // recording begins again above it; the gap to diskStop keeps it from flapping
)

func newDisk(o *office, r *recorder, a *alarms) *disk {
	d := &disk{office: o, recorder: r, alarms: a}
	if space, err := seal.SpaceAt(o.Config.Dir); err == nil {
		d.size = uint64(o.Config.reserve(space))
		d.reserve = seal.NewReserve(filepath.Join(o.Config.Dir, "reserve"), int64(d.size))
	}
	return d
}

// Run looks once a second until ctx ends.
func (d *disk) Run(ctx context.Context) error {
	tick := time.NewTicker(diskEvery)
	defer tick.Stop()
	for {
		d.look()
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

func (d *disk) look() {
	d.lookAtRecordings()
	if d.reserve != nil {
		d.lookAtData()
	}
}

func (d *disk) lookAtRecordings() {
	d.alarms.settled("recordings", d.office.Folder.Synced())
	space, err := d.office.Folder.Space()
	if err != nil {
		d.alarms.raise("disk", "free space cannot be read")
		return
	}
	switch share := space.Share(); {
	case share < diskStop, d.barred && share < diskAgain:
		d.alarms.raise("disk", fmt.Sprintf("%.0f %% of the recordings' disk is free: calls are not recorded", 100*share))
		if !d.barred {
			d.barred = true
			d.recorder.bar("disk_low")
		}
		return
	case share < diskAlarm:
		d.alarms.raise("disk", fmt.Sprintf("%.0f %% of the recordings' disk is free", 100*share))
	default:
		d.alarms.clear("disk")
	}
	if d.barred {
		d.barred = false
		d.recorder.allow()
	}
}

// lookAtData gives the reserve up when next to nothing is left, and takes it again when that leaves as much as it frees.
func (d *disk) lookAtData() {
	space, err := seal.SpaceAt(d.office.Config.Dir)
	if err != nil {
		d.alarms.raise("reserve", "free space of the data folder cannot be read")
		return
	}
	held := d.reserve.Held()
	switch {
	case held && space.Free < d.size/8:
		err, held = d.reserve.Release(), false
	case !held && space.Free > 3*d.size:
		err = d.reserve.Take()
		held = err == nil
	}
	switch {
	case err != nil:
		d.alarms.raise("reserve", "room for database and audit cannot be kept back")
	case !held:
		d.alarms.raise("reserve", "the data folder's disk is full: the room kept back for database and audit is in use")
	default:
		d.alarms.clear("reserve")
	}
}
