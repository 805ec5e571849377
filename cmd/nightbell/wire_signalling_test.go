package main

import (
	"os"
	"path/filepath"
	"testing"
)

// A URL that somebody else wrote never names a file outside the folder.
func TestCertificateOfAURLLiesInTheFolder(t *testing.T) {
	for url, want := range map[string]string{
		"https://certs.carrier.example/709J.pem": "certs.carrier.example_709J.pem",
		"https://a.example/../../etc/passwd":     "a.example_.._.._etc_passwd",
		"https://../roots.pem":                   "_roots.pem",
		"http://a.example/b":                     "none",
		"":                                       "none",
	} {
		if got := stirFile(url); got != want || filepath.Base(got) != got {
			t.Errorf("%s: %s, want %s", url, got, want)
		}
	}
}

func TestCertificatesAreReadFromTheFolder(t *testing.T) {
	dir := t.TempDir()
	for name, from := range map[string]string{"certs.carrier.example_709J.pem": "leaf.pem", "roots.pem": "root.pem"} {
		b, err := os.ReadFile(filepath.Join("..", "..", "testdata", "sip", "stir", from))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	stir := (&Config{Stir: StirConfig{Folder: dir}}).stir()
	if chain := stir.Certificates("https://certs.carrier.example/709J.pem"); len(chain) != 1 || chain[0].Subject.CommonName != "SHAKEN 709J" {
		t.Errorf("chain of %d", len(chain))
	}
	if chain := stir.Certificates("https://certs.carrier.example/other.pem"); chain != nil {
		t.Errorf("chain of %d where there is none", len(chain))
	}
	if (&Config{}).stir() != nil {
		t.Error("signatures are read where no folder is named")
	}
}
