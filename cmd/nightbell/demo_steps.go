package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"nightbell/configs"
	"nightbell/console"
	"nightbell/media/mediatest"
	"nightbell/policy"
	"nightbell/sip/siptest"
)

const (
	demoTrunkID   = "carrier"
	demoTrunkHost = "carrier.demo.nightbell.test" // as configs/demo.toml says
	demoNumber    = "+12125550100"
	demoCaller    = "+12125550155"
)

// demoStoryView is the part of a call's story that the demo reads.
type demoStoryView struct {
	ID         string              `json:"id"`
	KnownBy    string              `json:"known_by"`
	Protection string              `json:"protection"`
	Plan       policy.Plan         `json:"plan"`
	Outcome    string              `json:"outcome"`
	Recording  string              `json:"recording"`
	Ended      time.Time           `json:"ended"`
	Legs       []console.LegView   `json:"legs"`
	Events     []console.CallEvent `json:"events"`
}

func (v demoStoryView) when(kind string) (time.Time, bool) {
	i := slices.IndexFunc(v.Events, func(e console.CallEvent) bool { return e.Kind == kind })
	if i < 0 {
		return time.Time{}, false
	}
	return v.Events[i].At, true
}

func (d *demo) makeFolder(ctx context.Context) (string, error) {
	plan := setupPlan{Dir: d.dir, Mode: Development, Unseal: UnsealKeyFile, KeyFile: "keys/unseal.key", Bind: loopback,
		Trunks: map[string][]string{demoTrunkID: {demoTrunkHost}}, Now: time.Now()}
	made, err := setUp(ctx, plan)
	if err != nil {
		return "", err
	}
	path := filepath.Join(d.dir, configName)
	if err := freePorts(path); err != nil {
		return "", err
	}
	if d.cfg, err = LoadConfig(path, d.dir); err != nil {
		return "", err
	}
	cert, key := trunkPaths(d.dir, demoTrunkID)
	d.result.DataDir, d.result.CA, d.result.Number = d.dir, filepath.Join(d.dir, "ca.pem"), demoNumber
	d.result.Trunk = demoTrunk{demoTrunkID, cert, key}
	d.result.SIP.TLS, d.result.Console.URL = nearby(d.cfg.Listen[0].Bind), d.cfg.consoleURL()
	return fmt.Sprintf("%s, %d things made", d.dir, len(made)), nil
}

// nearby is how a listener is dialled from the same machine.
func nearby(at netip.AddrPort) string {
	if at.Addr().IsUnspecified() {
		at = netip.AddrPortFrom(loopback, at.Port())
	}
	return at.String()
}

func (d *demo) startServer(ctx context.Context) (string, error) {
	if d.once {
		d.cfg.Limits.Drain.Duration = time.Second
	}
	srv, err := openServer(ctx, d.cfg, nil, logger(LogConfig{Level: "warn", Format: "text"}, d.session.err))
	if err != nil {
		return "", err
	}
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	d.server, d.stop, d.over = srv, stop, make(chan struct{})
	go func() {
		defer close(d.over)
		d.served = srv.Run(run)
	}()
	d.api = dialControl(filepath.Join(d.dir, console.ControlName))
	var token struct{ Secret string }
	ask := map[string]any{"name": "demo", "scopes": console.Scopes(), "expires": time.Now().Add(24 * time.Hour).UTC()}
	if err := d.api.ask(ctx, "POST", "/api/v1/tokens", ask, &token); err != nil {
		return "", err
	}
	d.result.Console.Token = token.Secret
	return "SIP over TLS on " + d.result.SIP.TLS + ", console on " + d.result.Console.URL, nil
}

// applyBook gives an empty house the demo's rules. Rules that stand already are somebody's work and stay.
func (d *demo) applyBook(ctx context.Context) (string, error) {
	var stands struct {
		Version string
		Counts  map[string]int
	}
	if err := d.api.ask(ctx, "GET", "/api/v1/book", nil, &stands); err != nil {
		return "", err
	}
	if stands.Counts["clinics"] > 0 {
		return "version " + stands.Version + " stands already and is left as it is", nil
	}
	if d.book == "" {
		d.book = configs.Demo
	}
	var diff console.Difference
	body := map[string]any{"name": "demo.toml", "toml": d.book}
	if err := d.api.ask(ctx, "POST", "/api/v1/book/apply", body, &diff); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d changes, version %s", len(diff.Changes), diff.To), nil
}

// demoPhone is a scripted softphone with its sound.
type demoPhone struct {
	user  string
	phone *siptest.Phone
	sound *mediatest.Peer
	rung  chan *siptest.Dialog
}

func (p *demoPhone) close() {
	if p.sound != nil {
		_ = p.sound.Close()
	}
	p.phone.Close()
}

func (d *demo) roots() (*x509.CertPool, error) {
	pem, err := os.ReadFile(d.result.CA)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New("ca.pem: no certificate")
	}
	return pool, nil
}

func (d *demo) register(ctx context.Context) (string, error) {
	pool, err := d.roots()
	if err != nil {
		return "", err
	}
	for _, a := range d.result.Agents {
		p := &demoPhone{user: a.User, rung: make(chan *siptest.Dialog, 4)}
		opt := siptest.Options{Addr: d.result.SIP.TLS, RootCAs: pool, User: a.User, Secret: a.Secret, Domain: "nightbell"}
		if p.phone, err = siptest.NewPhone(ctx, opt, func(l *siptest.Dialog) { p.rung <- l }); err != nil {
			return "", fmt.Errorf("phone %s: %w", a.User, err)
		}
		d.phones = append(d.phones, p)
		if err := p.phone.Register(ctx); err != nil {
			return "", fmt.Errorf("phone %s: %w", a.User, err)
		}
	}
	return fmt.Sprintf("%d registered over TLS by digest SHA-256", len(d.phones)), nil
}

func (d *demo) placeCall(ctx context.Context) (string, error) {
	if err := d.dial(ctx); err != nil {
		return "", err
	}
	return "INVITE over mTLS, SRTP offered by SDES; answered 200", d.findCall(ctx)
}

// dial is the scripted carrier's call, up to the 200.
func (d *demo) dial(ctx context.Context) error {
	pool, err := d.roots()
	if err != nil {
		return err
	}
	pair, err := tls.LoadX509KeyPair(d.result.Trunk.Cert, d.result.Trunk.Key)
	if err != nil {
		return err
	}
	if d.carrier, err = siptest.Dial(ctx, siptest.Options{Addr: d.result.SIP.TLS, RootCAs: pool, Cert: &pair}); err != nil {
		return err
	}
	if d.caller, err = mediatest.Listen(d.soundAt()); err != nil {
		return err
	}
	offer, err := d.caller.Offer()
	if err != nil {
		return err
	}
	if d.dialog, err = d.carrier.Call(ctx, demoNumber, demoCaller, offer); err != nil {
		return err
	}
	answer, err := d.dialog.Wait(ctx, "200", "403", "404", "480", "486", "488", "500", "503", "closed")
	if err != nil {
		return err
	}
	if answer.Word != "200" {
		return fmt.Errorf("the call was not answered: %s", answer.Word)
	}
	return d.caller.Accept(answer.SDP)
}

// findCall learns the call's id from the live view.
func (d *demo) findCall(ctx context.Context) error {
	return d.poll(ctx, "the call is not on the live view", func() (bool, error) {
		var live console.Live
		if err := d.api.ask(ctx, "GET", "/api/v1/live", nil, &live); err != nil {
			return false, err
		}
		if len(live.Calls) == 0 {
			return false, nil
		}
		d.result.Call.ID = live.Calls[0].ID
		return true, nil
	})
}

// poll asks again until it is so, or ctx ends.
func (d *demo) poll(ctx context.Context, otherwise string, so func() (bool, error)) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if ok, err := so(); err != nil || ok {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return errors.New(otherwise)
		}
	}
}

// read takes the call's story once it satisfies so.
func (d *demo) read(ctx context.Context, otherwise string, so func(demoStoryView) bool) error {
	return d.poll(ctx, otherwise, func() (bool, error) {
		var v demoStoryView
		err := d.api.ask(ctx, "GET", "/api/v1/calls/"+d.result.Call.ID, nil, &v)
		var p *console.Problem
		if errors.As(err, &p) && p.Status == 404 {
			return false, nil // the journal has not filed it yet
		}
		d.story = v
		return err == nil && so(v), err
	})
}

func (d *demo) knowTrunk(ctx context.Context) (string, error) {
	err := d.read(ctx, "the trunk does not stand in the story", func(v demoStoryView) bool { return v.KnownBy != "" })
	return "recognised by " + d.story.KnownBy + ", " + d.story.Protection, err
}

func (d *demo) knowPlan(ctx context.Context) (string, error) {
	err := d.read(ctx, "the plan does not stand in the story", func(v demoStoryView) bool { return len(v.Plan.Because) > 0 })
	if err != nil {
		return "", err
	}
	if d.story.Plan.Clinic != "harbor" || len(d.story.Plan.Steps) == 0 {
		return "", errors.New("the plan is not the demo clinic's")
	}
	reasons := append(slices.Clone(d.story.Plan.Because), d.story.Plan.Steps[0].Because...)
	return strings.Join(reasons, "; "), nil
}

// knowRinging waits for the phone that the plan names.
func (d *demo) knowRinging(ctx context.Context) (string, error) {
	want := d.story.Plan.Steps[0].Targets
	if len(want) == 0 {
		return "", errors.New("the plan rings nobody")
	}
	for _, p := range d.phones {
		if !slices.Contains(want[0].Users, p.user) {
			continue
		}
		select {
		case d.agentDialog = <-p.rung:
			d.agent = p
			return p.user + " rings: on call by the rota", d.agentDialog.Ring(nil)
		case <-ctx.Done():
			return "", fmt.Errorf("%s was not rung", p.user)
		}
	}
	return "", errors.New("nobody in the plan has a phone here")
}

func (d *demo) awaitAnswer(ctx context.Context) (string, error) {
	var err error
	if d.agent.sound, err = mediatest.Listen(d.soundAt()); err != nil {
		return "", err
	}
	answer, err := d.agent.sound.Answer(d.agentDialog.Invite().SDP)
	if err != nil {
		return "", err
	}
	if err := d.agentDialog.Answer(answer); err != nil {
		return "", err
	}
	err = d.read(ctx, "caller and agent were not joined", func(v demoStoryView) bool { _, ok := v.when("bridged"); return ok })
	return d.agent.user + " answered and is joined with the caller", err
}
