// Package configs holds the annotated examples that come with the program: the book of the demo, the configuration, the
// systemd unit. It answers what a file may say; it never reads one from a disk.
package configs

import _ "embed"

// Demo is the book of the demo clinic, and the contract of a book file: every field stands in it.
//
//go:embed demo.toml
var Demo string
