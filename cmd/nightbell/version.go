package main

import (
	"context"
	"crypto/fips140"
	"io"
	"runtime"
	"runtime/debug"

	"nightbell/policy"
)

// version is set by the build (-X main.version=...).
var version string

// programVersion is the release, or what the build knows of its source.
func programVersion() string {
	if version != "" {
		return version
	}
	built, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range built.Settings {
		if s.Key == "vcs.revision" {
			return s.Value[:min(12, len(s.Value))]
		}
	}
	return built.Main.Version
}

// build is what this program is.
type build struct {
	Version  string `json:"version"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
	ZoneData string `json:"zone_data"`
	FIPS     bool   `json:"fips140"`
}

func thisProgram() build {
	return build{programVersion(), runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH, policy.EmbeddedZones().Version, fips140.Enabled()}
}

type versionCmd struct{}

func (versionCmd) Help() string {
	return "Needs no data folder.\n\nExample:\n  nightbell version --json"
}

func (versionCmd) Run(_ context.Context, s *session) error {
	v := thisProgram()
	return s.show(v, func(w io.Writer) {
		row(w, "version", v.Version)
		row(w, "go", v.Go)
		row(w, "platform", v.Platform)
		row(w, "zone data inside", v.ZoneData)
		row(w, "fips140", v.FIPS)
	})
}
