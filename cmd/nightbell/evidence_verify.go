package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"nightbell/audit"
)

// verifyEvidence compares a folder with its manifest and the manifest with its signature; it says everything that does not hold.
func verifyEvidence(folder, key string) (files int, problems []string) {
	problems = []string{}
	b, err := os.ReadFile(filepath.Join(folder, manifestName))
	if err != nil {
		return 0, append(problems, err.Error())
	}
	signed, err := os.ReadFile(filepath.Join(folder, manifestSigName))
	if err == nil {
		err = audit.Stated(signed, evidenceKind, sha256.Sum256(b), key)
	}
	if err != nil {
		problems = append(problems, fmt.Sprintf("%s: %v", manifestSigName, err))
	}
	var m evidenceManifest
	if err := json.Unmarshal(b, &m); err != nil || m.Format != evidenceFormat {
		return 0, append(problems, manifestName+": not of "+evidenceFormat)
	}
	listed := map[string]bool{manifestName: true, manifestSigName: true}
	for _, f := range m.Files {
		listed[f.File] = true
		if filepath.Base(f.File) != f.File {
			problems = append(problems, "a file outside the folder")
			continue
		}
		text, err := os.ReadFile(filepath.Join(folder, f.File))
		if sum := sha256.Sum256(text); err != nil || hex.EncodeToString(sum[:]) != f.SHA256 {
			problems = append(problems, f.File+": missing, or not as it was")
		}
	}
	inside, err := os.ReadDir(folder)
	if err != nil {
		return len(m.Files), append(problems, err.Error())
	}
	for _, e := range inside {
		if !listed[e.Name()] {
			problems = append(problems, e.Name()+": not in the manifest")
		}
	}
	return len(m.Files), problems
}
