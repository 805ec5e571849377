package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"nightbell/access"
	"nightbell/console"
)

type devicesCmd struct {
	Enrol       devicesEnrolCmd       `cmd:"" help:"Make devices for a person; secrets are printed once."`
	Certificate devicesCertificateCmd `cmd:"" help:"Sign a device's certificate request: it needs no secret then."`
	List        devicesListCmd        `cmd:"" help:"Devices and whether they are registered."`
	Revoke      devicesRevokeCmd      `cmd:"" help:"Destroy a device's credential."`
}

type devicesEnrolCmd struct {
	Person      string `arg:"" help:"Person id from the book."`
	Count       int    `help:"So many devices." default:"1"`
	SecretStdin bool   `help:"Take the secret from standard input instead of making one."`
	MD5Until    string `name:"md5-until" help:"Allow MD5 digest until then, at most 90 days ahead (baresip, JsSIP)." placeholder:"TIME"`
	QR          string `name:"qr" help:"Write AOR and secret as a QR code: a PNG file, or - for the terminal." placeholder:"FILE"`
	provisioning
}

// provisioning are the flags that say which program's files are wanted.
type provisioning struct {
	Provision string `help:"Print what this program takes." enum:",linphone,linphone-xml,baresip" default:"" placeholder:"PROGRAM"`
	Out       string `help:"Write it as files into this folder, with our CA." placeholder:"DIR"`
}

func (devicesEnrolCmd) Help() string {
	return `The secret has 160 bits and is kept sealed; nobody can print it again.

Examples:
  nightbell devices enrol amy
  nightbell devices enrol amy --qr - --provision linphone
  nightbell devices enrol amy --md5-until 2026-12-31T00:00:00Z --provision baresip --out ~/.baresip
  nightbell devices enrol amy --secret-stdin < secret.txt`
}

func (c devicesEnrolCmd) Run(ctx context.Context, s *session) error {
	if c.Count > 1 && (c.QR != "" || c.Provision != "") {
		return errUsage("--qr and --provision go with one device")
	}
	until, err := instant(c.MD5Until)
	if err != nil {
		return err
	}
	body := map[string]any{"person": c.Person, "count": c.Count}
	if until != "" {
		body["md5_until"] = until
	}
	if c.SecretStdin {
		if body["secret"], err = s.line(); err != nil {
			return err
		}
	}
	made, err := enrolled(ctx, s, body)
	if err != nil {
		return err
	}
	if err := c.provision(s, made[0]); err != nil {
		return err
	}
	return drawQR(s, c.QR, made[0])
}

// enrolled asks for devices and shows them once.
func enrolled(ctx context.Context, s *session, body map[string]any) ([]console.Enrolled, error) {
	var v struct {
		Items []console.Enrolled `json:"items"`
	}
	err := s.with(ctx, func(api *client) error { return api.ask(ctx, "POST", "/api/v1/devices", body, &v) })
	if err != nil {
		return nil, err
	}
	if len(v.Items) == 0 {
		return nil, errors.New("devices: nothing was enrolled")
	}
	return v.Items, s.show(v, func(w io.Writer) {
		row(w, "USER", "SECRET", "AOR", "PERSON")
		for _, d := range v.Items {
			row(w, d.User, d.Secret, d.AOR, d.Person)
		}
	})
}

// fileOf names the file in which a program looks for a text.
var fileOf = map[string]string{
	"linphone": "linphonerc", "linphone-xml": "linphone.xml", "baresip-accounts": "accounts", "baresip-config": "config",
}

// provision prints the texts of the chosen program, or writes them as files.
func (c provisioning) provision(s *session, e console.Enrolled) error {
	if c.Provision == "" {
		if c.Out != "" {
			return errUsage("--out goes with --provision")
		}
		return nil
	}
	texts := slices.DeleteFunc(slices.Clone(e.Setups), func(v console.ProvisionView) bool {
		return v.For != c.Provision && !strings.HasPrefix(v.For, c.Provision+"-") || c.Provision == "linphone" && v.For != "linphone"
	})
	if c.Out == "" {
		if s.json {
			return nil // they are in it already
		}
		for _, v := range texts {
			fmt.Fprintf(s.out, "\n# %s\n%s", fileOf[v.For], v.Text)
		}
		return nil
	}
	dir, err := filepath.Abs(c.Out)
	if err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	if err := writeWhole(filepath.Join(dir, "ca.pem"), []byte(e.Authority), 0o600); err != nil {
		return err
	}
	if e.Certificate != "" {
		if err := writeWhole(filepath.Join(dir, "device.crt"), []byte(e.Certificate), 0o600); err != nil {
			return err
		}
	}
	for _, v := range texts {
		if err := writeWhole(filepath.Join(dir, fileOf[v.For]), []byte(beside(dir, v.Text)), 0o600); err != nil {
			return err
		}
	}
	fmt.Fprintln(s.err, "written to", dir)
	return nil
}

// beside makes the files that a text speaks of absolute.
func beside(dir, text string) string {
	for _, name := range []string{"ca.pem", "device.pem", "device.crt", "device.key"} {
		for _, before := range []string{"=", "\t", ">"} {
			text = strings.ReplaceAll(text, before+name, before+filepath.Join(dir, name))
		}
	}
	return text
}

// drawQR writes the code as a PNG, or draws it on the terminal.
func drawQR(s *session, to string, e console.Enrolled) error {
	if to == "" {
		return nil
	}
	code, err := access.QR(scanned(e))
	if err != nil {
		return err
	}
	if to != "-" {
		return writeWhole(to, code, 0o600)
	}
	picture, err := png.Decode(bytes.NewReader(code))
	if err != nil {
		return fmt.Errorf("qr code: %w", err)
	}
	_, err = io.WriteString(s.err, blocks(picture))
	return err
}

// blocks draws a QR code with half blocks, two rows of modules a line, with the quiet zone that ISO 18004 asks for.
func blocks(picture image.Image) string {
	dark := modules(picture)
	at := func(x, y int) bool {
		x, y = x-quietZone, y-quietZone
		return x >= 0 && y >= 0 && y < len(dark) && x < len(dark) && dark[y][x]
	}
	side := len(dark) + 2*quietZone
	var b strings.Builder
	for y := 0; y < side; y += 2 {
		for x := range side {
			b.WriteString(map[[2]bool]string{{false, false}: "█", {false, true}: "▀", {true, false}: "▄", {true, true}: " "}[[2]bool{at(x, y), at(x, y+1)}])
		}
		b.WriteByte('\n')
	}
	return b.String()
}

const quietZone = 4

// modules reads the squares out of the picture. The finder in the corner begins with seven dark ones.
func modules(picture image.Image) [][]bool {
	box := picture.Bounds()
	dark := func(x, y int) bool {
		r, _, _, _ := picture.At(box.Min.X+x, box.Min.Y+y).RGBA()
		return r < 0x8000
	}
	edge := 0
	for edge < box.Dx() && !dark(edge, edge) {
		edge++
	}
	run := 0
	for edge+run < box.Dx() && dark(edge+run, edge) {
		run++
	}
	size := max(1, run/7)
	n := (box.Dx() - 2*edge) / size
	out := make([][]bool, n)
	for y := range out {
		out[y] = make([]bool, n)
		for x := range out[y] {
			out[y][x] = dark(edge+x*size+size/2, edge+y*size+size/2)
		}
	}
	return out
}

type devicesCertificateCmd struct {
	User string `arg:"" help:"User part of the device's AOR; its person keeps it."`
	CSR  string `name:"csr" required:"" help:"Certificate request in PEM; - for standard input." placeholder:"FILE"`
	provisioning
}

func (devicesCertificateCmd) Help() string {
	return `The certificate is the device's only credential from then on: its secret and earlier certificates open nothing.

Examples:
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj / -keyout device.key -out device.csr
  nightbell devices certificate amy --csr device.csr > device.crt
  nightbell devices certificate amy --csr device.csr --provision baresip --out ~/.baresip`
}

func (c devicesCertificateCmd) Run(ctx context.Context, s *session) error {
	csr, err := s.wholeFile(c.CSR)
	if err != nil {
		return err
	}
	person, err := personOf(ctx, s, c.User)
	if err != nil {
		return err
	}
	var v struct {
		Items []console.Enrolled `json:"items"`
	}
	body := map[string]any{"person": person, "user": c.User, "csr": string(csr)}
	err = s.with(ctx, func(api *client) error { return api.ask(ctx, "POST", "/api/v1/devices", body, &v) })
	if err != nil {
		return err
	}
	if err := s.show(v, func(w io.Writer) { fmt.Fprint(w, v.Items[0].Certificate) }); err != nil {
		return err
	}
	return c.provision(s, v.Items[0])
}

// personOf finds whose device it is.
func personOf(ctx context.Context, s *session, user string) (string, error) {
	var v struct {
		Items []console.Device `json:"items"`
	}
	err := s.with(ctx, func(api *client) error { return api.ask(ctx, "GET", "/api/v1/devices", nil, &v) })
	if err != nil {
		return "", err
	}
	for _, d := range v.Items {
		if d.User == user {
			return d.Person, nil
		}
	}
	return "", fmt.Errorf("device %s: %w", user, console.ErrNotFound)
}

// wholeFile reads a small file, or standard input where it is "-".
func (s *session) wholeFile(path string) ([]byte, error) {
	if path == "-" {
		return io.ReadAll(io.LimitReader(s.in, 1<<20))
	}
	return os.ReadFile(path)
}

type devicesListCmd struct{}

func (devicesListCmd) Help() string { return "Example:\n  nightbell devices list --json" }

func (devicesListCmd) Run(ctx context.Context, s *session) error {
	return table(ctx, s, "/api/v1/devices", func(w io.Writer, items []console.Device) {
		row(w, "USER", "PERSON", "ALGORITHM", "ENROLLED", "REVOKED", "LAST SEEN", "BINDINGS")
		for _, d := range items {
			row(w, d.User, d.Person, d.Algos, d.Enrolled, d.Revoked, d.LastSeen, d.Bindings)
		}
	})
}

type devicesRevokeCmd struct {
	User string `arg:"" help:"User part of the device's AOR."`
}

func (devicesRevokeCmd) Help() string {
	return "Its registrations end at once.\n\nExample:\n  nightbell devices revoke amy-1"
}

func (c devicesRevokeCmd) Run(ctx context.Context, s *session) error {
	if err := s.sure("destroy the credential of " + plain(c.User) + "?"); err != nil {
		return err
	}
	return s.change(ctx, "DELETE", "/api/v1/devices/"+url.PathEscape(c.User), nil, "revoked "+c.User)
}
