package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"nightbell/media/mediatest"
	"nightbell/sip/siptest"
)

// demoCmd makes a demo clinic and takes one real call through the real listeners: a scripted carrier and scripted phones,
// TLS and SRTP on both legs, two voices that are compared with what the far end heard.
type demoCmd struct {
	Once bool `help:"Take the call and exit instead of serving on." xor:"what"`
	Call bool `help:"Let the scripted carrier call the demo that is already serving." xor:"what"`
}

func (demoCmd) Help() string {
	return `Sets up DIR in development mode (keys, private CA, certificates, database), applies the demo book, starts the server,
places one real call through the real listeners and checks every step: trunk, plan, who rang, who answered, speech both
ways, recording sealed, verified and exported. Then it keeps serving and prints how to register a phone of your own.
A port that is taken is replaced by the next free one, and stands in DIR/nightbell.toml.

Examples:
  nightbell demo --dir ./try
  nightbell demo --once --json --dir ./try     one JSON object on standard output; exit 0 only if every step held
  nightbell demo --call --dir ./try            the scripted carrier calls; answer it with a phone of your own
  nightbell serve --config ./try/nightbell.toml  takes over from there`
}

// demoResult is what --json prints.
type demoResult struct {
	OK        bool          `json:"ok"`
	Steps     []demoStep    `json:"steps"`
	Call      demoCall      `json:"call"`
	Recording demoRecording `json:"recording"`
	Console   demoConsole   `json:"console"`
	SIP       demoSIP       `json:"sip"`
	CA        string        `json:"ca"`
	Trunk     demoTrunk     `json:"trunk"`
	Number    string        `json:"number"`
	Agents    []demoAgent   `json:"agents"`
	People    []fixture     `json:"people"`
	DataDir   string        `json:"data_dir"`
}

type demoStep struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
	MS     int64  `json:"ms"`
}

type demoCall struct {
	ID string `json:"id"`
}

type demoRecording struct {
	ID     string `json:"id"`
	Path   string `json:"path"`
	FileID string `json:"file_id"`
	WAV    string `json:"wav"`
}

type demoConsole struct {
	URL   string `json:"url"`
	Token string `json:"token"`
}

type demoSIP struct {
	TLS string `json:"tls"`
}

type demoTrunk struct {
	Name string `json:"name"`
	Cert string `json:"cert"`
	Key  string `json:"key"`
}

type demoAgent struct {
	Person string `json:"person"`
	User   string `json:"user"`
	Secret string `json:"secret"`
	AOR    string `json:"aor"`
}

// demo is one run of it.
type demo struct {
	session  *session
	dir      string
	cfg      Config
	result   demoResult
	meddle   func(step string) // tests break things here; nil: nobody does
	patience time.Duration     // with one step
	once     bool              // nobody else will call: there is nothing to wait for at the end
	book     string            // applied by the book step

	server *server
	over   chan struct{} // closed when the server has ended
	served error         // why, once over
	stop   context.CancelFunc
	api    *client   // the operator's
	desk   *client   // the supervisor's: numbers and sound are for people with two factors
	logins []*client // of the agents, each on a connection of her own

	carrier     *siptest.Carrier
	phones      []*demoPhone
	caller      *mediatest.Peer
	dialog      *siptest.Dialog
	agent       *demoPhone // who answered
	agentDialog *siptest.Dialog
	story       demoStoryView
	spoke       time.Time // when both began to speak
	wav         []byte
}

func (c demoCmd) Run(ctx context.Context, s *session) error {
	dir, err := filepath.Abs(s.dir)
	if err != nil {
		return err
	}
	d := &demo{session: s, dir: dir, patience: time.Minute}
	if c.Call {
		return d.place(ctx)
	}
	return d.run(ctx, c.Once)
}

// run takes every step in order and stops at the first that does not hold.
func (d *demo) run(ctx context.Context, once bool) (err error) {
	d.once = once
	defer func() { err = errors.Join(err, d.close()) }()
	fmt.Fprint(d.session.err, banner)
	err = d.walk(ctx)
	d.result.OK = err == nil
	d.hangUp()
	if d.session.json {
		enc := json.NewEncoder(d.session.out)
		enc.SetIndent("", "  ")
		if err := enc.Encode(d.result); err != nil {
			return err
		}
	}
	if err != nil {
		return errors.Join(errTold, err)
	}
	if once {
		return nil
	}
	d.invite(d.session.err)
	select {
	case <-ctx.Done():
	case <-d.over:
	}
	return nil
}

// walk is the story, step by step.
func (d *demo) walk(ctx context.Context) error {
	steps := []struct {
		name string
		take func(context.Context) (string, error)
	}{
		{"data folder", d.makeFolder},
		{"server", d.startServer},
		{"book", d.applyBook},
		{"people", d.makePeople},
		{"phones", d.register},
		{"logged in", d.logIn},
		{"call", d.placeCall},
		{"trunk", d.knowTrunk},
		{"plan", d.knowPlan},
		{"rang", d.knowRinging},
		{"answered", d.awaitAnswer},
		{"agent hears caller", d.agentHears},
		{"caller hears agent", d.callerHears},
		{"sealed", d.awaitSealed},
		{"verified", d.verify},
		{"exported", d.export},
		{"caller's channel", d.callersChannel},
		{"agent's channel", d.agentsChannel},
		{"audit", d.auditHolds},
	}
	for _, s := range steps {
		if d.meddle != nil {
			d.meddle(s.name)
		}
		began := time.Now()
		limited, cancel := context.WithTimeout(ctx, d.patience)
		detail, err := s.take(limited)
		cancel()
		step := demoStep{Name: s.name, OK: err == nil, Detail: detail, MS: time.Since(began).Milliseconds()}
		if err != nil {
			step.Detail = err.Error()
		}
		d.result.Steps = append(d.result.Steps, step)
		d.tell(step)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

func (d *demo) tell(s demoStep) {
	mark := "ok  "
	if !s.OK {
		mark = "FAIL"
	}
	fmt.Fprintf(d.session.err, "%s %-19s %s (%d ms)\n", mark, s.Name, s.Detail, s.MS)
}

// invite prints how to take part with a phone of one's own.
func (d *demo) invite(w io.Writer) {
	agent, people := d.result.Agents[0], ""
	for _, p := range d.result.People {
		people += fmt.Sprintf("  %-7s %-11s password %s   authenticator %s\n", p.Person, strings.Join(p.Roles, " "), p.Password, p.TOTP)
	}
	do := func(command string) string { return typedName() + " " + command + " --dir " + d.dir }
	fmt.Fprintf(w, `
The server keeps taking calls; Ctrl-C drains and stops it.

Register your own softphone (TLS, SRTP mandatory, CA %s):
  user %s   secret %s   domain and proxy %s   transport TLS
  Linphone: add the CA as root_ca; baresip: sip_cafile, and enrol with --md5-until (see README.md)
  %s is ready on it for 12 hours; later: %s
Let the scripted carrier call %s:
  %s
Console API: %s/api/v1, token %s (it sees no patient's data; people with both factors do)
Commands:    %s
             with numbers: %s
             then          %s
People (the authenticator's secret goes into any TOTP program; a code is good once):
%s`, d.result.CA, agent.User, agent.Secret, d.result.SIP.TLS, agent.Person,
		do("login "+agent.Person+" --ready "+agent.User), d.result.Number, do("demo --call"), d.result.Console.URL, d.result.Console.Token,
		do("calls list"), do("login sue"), do(`calls list --reveal --reason "trying it"`), people)
}

// typedName is how this program was called, so that what is printed can be typed.
func typedName() string {
	if strings.Contains(os.Args[0], "/") {
		return os.Args[0]
	}
	return "nightbell"
}

// hangUp ends what the scripted peers hold.
func (d *demo) hangUp() {
	if d.caller != nil {
		_ = d.caller.Close()
	}
	for _, p := range d.phones {
		p.close()
	}
	if d.carrier != nil {
		d.carrier.Close()
	}
	d.phones, d.caller, d.carrier = nil, nil, nil
}

// close stops the server and tells how it ended.
func (d *demo) close() error {
	d.hangUp()
	for _, c := range append(d.logins, d.desk, d.api) {
		if c != nil {
			_ = c.close()
		}
	}
	if d.stop == nil {
		return nil
	}
	d.stop()
	<-d.over
	return d.served
}
