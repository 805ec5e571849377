package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"nightbell/keep"
)

// BackupConfig is where backups go, when, and how long they stay. Empty To: there are none.
type BackupConfig struct {
	To          string   `toml:"to"`          // a folder, or s3://BUCKET/PREFIX
	Endpoint    string   `toml:"endpoint"`    // of an object store: https://HOST[:PORT]
	Region      string   `toml:"region"`      // empty: us-east-1
	CA          string   `toml:"ca"`          // of the endpoint's certificate; empty: the system's
	Credentials string   `toml:"credentials"` // file with access_key and secret_key, its owner's alone
	At          string   `toml:"at"`          // time of day, UTC
	Keep        string   `toml:"keep"`        // days, weeks, months
	MaxAge      Duration `toml:"max_age"`     // an older last backup is an alarm
	Rate        int64    `toml:"rate_mib"`    // MiB a second that are read at most; 0: no bound
}

func defaultBackup() BackupConfig {
	return BackupConfig{At: "03:10", Keep: keep.DefaultPolicy.String(), MaxAge: Duration{36 * time.Hour}, Rate: 40}
}

func (b BackupConfig) check(wrong func(field, text string)) {
	if _, err := timeOfDay(b.At); err != nil {
		wrong("backup.at", "not a time of day such as 03:10")
	}
	if _, err := keep.ParsePolicy(b.Keep); err != nil {
		wrong("backup.keep", err.Error())
	}
	if b.Rate < 0 {
		wrong("backup.rate_mib", "negative")
	}
	if _, remote := keep.ParseBucket(b.To); remote && (b.Endpoint == "" || b.Credentials == "") {
		wrong("backup", "an object store needs endpoint and credentials")
	} else if b.To != "" && !remote && !filepath.IsAbs(b.To) {
		wrong("backup.to", "neither an absolute path nor s3://BUCKET/PREFIX")
	}
}

// timeOfDay reads "03:10" as a stretch since midnight.
func timeOfDay(text string) (time.Duration, error) {
	t, err := time.Parse("15:04", text)
	if err != nil {
		return 0, err
	}
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, nil
}

// placing says whether a place may be made where it is missing.
type placing int

const (
	placeThere placing = iota
	placeMade
)

// backupPlace is an open place of backups.
type backupPlace interface {
	keep.Place
	io.Closer
}

// open opens the place; path makes a path of the configuration absolute.
func (b BackupConfig) open(path func(string) string, how placing) (backupPlace, error) {
	if bucket, remote := keep.ParseBucket(b.To); remote {
		bucket.Endpoint, bucket.Region = b.Endpoint, b.Region
		if b.CA != "" {
			bucket.CA = path(b.CA)
		}
		bucket.Secret = path(b.Credentials)
		return keep.OpenS3(bucket)
	}
	if how == placeMade {
		return keep.OpenFolder(b.To)
	}
	return keep.ExistingFolder(b.To)
}

// repository opens the repository of a house, or makes it in an empty place.
func (o *office) repository(ctx context.Context) (*keep.Repository, io.Closer, error) {
	place, err := o.Config.Backup.open(o.Config.path, placeMade)
	if err != nil {
		return nil, nil, err
	}
	r, err := keep.EnsureRepository(ctx, place, o.Store.Instance(), o.now)
	if err != nil {
		_ = place.Close()
		return nil, nil, fmt.Errorf("backup: %w", err)
	}
	return r, place, nil
}
