package main

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"nightbell/console"
)

func TestCertificatesOfTheFolderHoldTogether(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	got := says([]string{"setup", "--development", "--dir", dir, "--host", "pbx.example", "--host", "192.0.2.7", "--trunk", "carrier=carrier.example"}, "")
	if got.code != exitDone {
		t.Fatal(got.err)
	}
	ca, err := os.ReadFile(filepath.Join(dir, "ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	for _, host := range []string{"localhost", "127.0.0.1", "::1", "pbx.example", "192.0.2.7"} {
		server, err := tls.LoadX509KeyPair(filepath.Join(dir, "tls", "server.crt"), filepath.Join(dir, "tls", "server.key"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := server.Leaf.Verify(x509.VerifyOptions{DNSName: host, Roots: roots}); err != nil {
			t.Errorf("server as %s: %v", host, err)
		}
	}
	certPath, keyPath := trunkPaths(dir, "carrier")
	client, err := tls.LoadX509KeyPair(certPath, keyPath)
	if err != nil {
		t.Fatal(err)
	}
	usage := x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	if _, err := client.Leaf.Verify(usage); err != nil || !slices.Contains(client.Leaf.DNSNames, "carrier.example") {
		t.Errorf("trunk: %v %v", err, client.Leaf.DNSNames)
	}
	for _, secret := range []string{"keys/ca.key", "keys/unseal.key", "keys/root.json", "tls/server.key", "trunks/carrier.key", "nightbell.db", "nightbell.toml"} {
		info, err := os.Stat(filepath.Join(dir, secret))
		if err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v %v", secret, info, err)
		}
	}
}

// Setting up again overwrites nothing, whatever is there.
func TestSetupOverwritesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	says([]string{"setup", "--development", "--dir", dir}, "")
	before := contents(t, dir)
	if got := says([]string{"setup", "--development", "--dir", dir, "--trunk", "second=second.example"}, ""); got.code != exitDone {
		t.Fatal(got.err)
	}
	for name, b := range before {
		now, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || string(now) != b {
			t.Errorf("%s changed: %v", name, err)
		}
	}
}

func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		out[name] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func grades(findings []console.Finding) map[string]console.Grade {
	out := map[string]console.Grade{}
	for _, f := range findings {
		out[f.Name] = f.Grade
	}
	return out
}

func TestDoctorSeesWhatIsWrongWithTheMachine(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	says([]string{"setup", "--development", "--dir", dir}, "")
	cfg, err := LoadConfig(filepath.Join(dir, configName), "")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if g := grades(machine(cfg)); g["data folder's mode"] != console.Wrong || g["mode"] != console.Warn || g["server certificate"] != console.Fine {
		t.Errorf("%v", g)
	}
	cert := filepath.Join(dir, "tls", "server.crt")
	leaf, err := readCertificate(cert)
	if err != nil {
		t.Fatal(err)
	}
	for left, want := range map[time.Duration]console.Grade{-time.Hour: console.Wrong, 24 * time.Hour: console.Warn, 100 * 24 * time.Hour: console.Fine} {
		if f := expiry("c", cert, leaf.NotAfter.Add(-left)); f.Grade != want {
			t.Errorf("%s left: %+v", left, f)
		}
	}
	if f := expiry("c", filepath.Join(dir, "none.crt"), time.Now()); f.Grade != console.Wrong {
		t.Errorf("%+v", f)
	}
	if f := clockFinding(time.Unix(0, 0)); f.Grade != console.Wrong {
		t.Errorf("%+v", f)
	}
}

func TestOverlapWithTheKernelsPortsIsWarnedAbout(t *testing.T) {
	path := filepath.Join(t.TempDir(), "range")
	for text, want := range map[string]console.Grade{"32768\t60999\n": console.Fine, "20000 60999": console.Warn, "": console.Warn, "x y": console.Fine} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if f := ephemeral(Ports{10000, 32767}, path); f.Grade != want {
			t.Errorf("%q: %+v", text, f)
		}
	}
}

// The unit is the one that the documentation speaks of, and hardened.
func TestUnitIsHardened(t *testing.T) {
	b, err := os.ReadFile("../../configs/nightbell.service")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"NoNewPrivileges=yes", "ProtectSystem=strict", "PrivateTmp=yes", "LimitCORE=0", "CapabilityBoundingSet=\n", "UMask=0077",
		"ExecReload=/bin/kill -HUP $MAINPID", "LoadCredentialEncrypted=nightbell-unseal:", "RestrictAddressFamilies=",
	} {
		if !strings.Contains(string(b), want) {
			t.Errorf("no %s", want)
		}
	}
}
