// Command nightbell is the whole house in one program: the server and the operator's commands.
//
// It answers what an operator asks and introduces the rooms to each other; no room imports it and no rule of a call
// stands here. A command is always a client of /api/v1: over the control socket while the server runs, else of the same
// handler in this process, on the data folder opened under its lock. Start at cli (the commands), then office.go (the
// data folder opened), then serve.go.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"nightbell/console"
)

// Exit codes, the same for every command.
const (
	exitDone       = 0
	exitWrong      = 1
	exitUsage      = 2
	exitSealed     = 3
	exitNotAllowed = 4
)

// cli is every command. The names are relied upon; later issues only add.
type cli struct {
	Dir    string `help:"Data folder." default:"/var/lib/nightbell" env:"NIGHTBELL_DIR" placeholder:"DIR"`
	Config string `help:"Configuration; DIR/nightbell.toml if absent." placeholder:"FILE"`
	JSON   bool   `help:"Print JSON." name:"json"`

	Operator bool `help:"Act as the operator of this machine, not as the person who is logged in here."`

	Setup       setupCmd       `cmd:"" help:"Make a data folder: keys, private CA, certificates, configuration, database."`
	Serve       serveCmd       `cmd:"" help:"Take calls until stopped."`
	Unseal      unsealCmd      `cmd:"" help:"Open the keys of a server that runs sealed."`
	Demo        demoCmd        `cmd:"" help:"Make a demo clinic, place one real call, tell its story, keep serving."`
	Login       loginCmd       `cmd:"" help:"Log in with both factors; the commands after it act as this person."`
	Logout      logoutCmd      `cmd:"" help:"End that login."`
	Me          meCmd          `cmd:"" help:"Who is logged in here, what she may, when she was here last."`
	Ready       readyCmd       `cmd:"" help:"Take calls on a telephone of mine, or no more."`
	PIN         pinCmd         `cmd:"" name:"pin" help:"My PIN for a hard phone."`
	People      peopleCmd      `cmd:"" help:"Accounts: invite, suspend, reinstate, terminate, training."`
	Invitation  invitationCmd  `cmd:"" help:"Take an invitation up: password, authenticator, recovery codes."`
	Grants      grantsCmd      `cmd:"" help:"Who has which role where."`
	Proposals   proposalsCmd   `cmd:"" help:"What needs a second person."`
	Trace       traceCmd       `cmd:"" help:"Redacted signalling of a call, for engineers."`
	Pseudonym   pseudonymCmd   `cmd:"" help:"The caller behind a pseudonym."`
	Retention   retentionCmd   `cmd:"" help:"How long things are kept, and the purge of what has passed that."`
	Holds       holdsCmd       `cmd:"" help:"Legal hold: what must not be destroyed."`
	Disclosures disclosuresCmd `cmd:"" help:"Who got what."`
	Glass       glassCmd       `cmd:"" help:"Emergency access."`
	Bench       benchCmd       `cmd:"" help:"What tests and load runs need."`
	Devices     devicesCmd     `cmd:"" help:"Agents' phones."`
	Trunks      trunksCmd      `cmd:"" help:"Connections to clinics and carriers."`
	Token       tokenCmd       `cmd:"" help:"Bearer tokens of the API."`
	Agents      agentsCmd      `cmd:"" help:"Who answers."`
	Book        bookCmd        `cmd:"" help:"The rules as a file."`
	Oncall      oncallCmd      `cmd:"" help:"Who is on call."`
	Prompts     promptsCmd     `cmd:"" help:"What callers hear: upload, speak, remove."`
	Queues      queuesCmd      `cmd:"" help:"How callers wait, and who is offered them."`
	Laws        lawsCmd        `cmd:"" help:"What states ask before a call is recorded."`
	Plan        planCmd        `cmd:"" help:"What a call to a number would do, and why."`
	Calls       callsCmd       `cmd:"" help:"The history."`
	Callers     callersCmd     `cmd:"" help:"Who was not served, and who sees to it."`
	Voicemail   voicemailCmd   `cmd:"" help:"What callers left."`
	Sentinel    sentinelCmd    `cmd:"" help:"Whether a clinic's lines come to us."`
	Alarms      alarmsCmd      `cmd:"" help:"What stands wrong, and who sees to it."`
	Recordings  recordingsCmd  `cmd:"" help:"The sealed sound."`
	Audit       auditCmd       `cmd:"" help:"What happened, and the proof that nobody edited it."`
	Review      reviewCmd      `cmd:"" help:"The activity review: the morning list."`
	Witness     witnessCmd     `cmd:"" help:"Sign checkpoints of other machines' logs."`
	Keys        keysCmd        `cmd:"" help:"The keys: rotate, retire, the ways to ROOT, the recovery key on paper."`
	Clinics     clinicsCmd     `cmd:"" help:"What a clinic's calls do; clinics that leave."`
	Backup      backupCmd      `cmd:"" help:"Snapshots in a folder or an object store."`
	Restore     restoreCmd     `cmd:"" help:"Bring a backup back, or rehearse it."`
	Controls    controlsCmd    `cmd:"" help:"Clause, mechanism, test; and the evidence of each control."`
	Why         whyCmd         `cmd:"" help:"What happened to a call, on one screen."`
	Doctor      doctorCmd      `cmd:"" help:"Check the machine and the data folder."`
	Version     versionCmd     `cmd:"" help:"What this program is."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], terminal{os.Stdin, os.Stdout, os.Stderr})
	stop()
	os.Exit(code)
}

// terminal is where a command reads and writes.
type terminal struct {
	in       io.Reader
	out, err io.Writer
}

// run is the program without its process: what tests call.
func run(ctx context.Context, args []string, t terminal) int {
	var c cli
	left := -1
	parser, err := kong.New(&c,
		kong.Name("nightbell"),
		kong.Description("Self-hosted call handling for clinics. Exit codes: 0 done, 1 something is wrong, 2 usage, 3 sealed, 4 not allowed."),
		kong.Writers(t.out, t.err),
		kong.Exit(func(code int) { left = code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}),
	)
	if err != nil {
		fmt.Fprintln(t.err, "nightbell:", err)
		return exitWrong
	}
	command, err := parser.Parse(args)
	if left >= 0 {
		return left // --help has been printed
	}
	if err != nil {
		fmt.Fprintln(t.err, "nightbell:", err)
		fmt.Fprintln(t.err, "see nightbell --help")
		return exitUsage
	}
	s := &session{terminal: t, dir: c.Dir, configPath: c.Config, json: c.JSON, operator: c.Operator}
	command.BindTo(ctx, (*context.Context)(nil))
	err = command.Run(s)
	if err != nil && !errors.Is(err, errTold) {
		fmt.Fprintln(t.err, "nightbell:", err)
	}
	return exitCode(err)
}

// errTold ends a command whose output has already said what is wrong.
var errTold = errors.New("something is wrong")

// errUsage is a mistake on the command line that the parser cannot see.
type errUsage string

func (e errUsage) Error() string { return string(e) }

func exitCode(err error) int {
	var usage errUsage
	var p *console.Problem
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, console.ErrSealed): // first: nobody there to type a passphrase is no mistake of the command line
		return exitSealed
	case errors.As(err, &usage):
		return exitUsage
	case errors.Is(err, console.ErrNotAllowed), errors.Is(err, os.ErrPermission):
		return exitNotAllowed
	case errors.As(err, &p):
		return problemCode(p)
	}
	return exitWrong
}

func problemCode(p *console.Problem) int {
	switch {
	case p.Type == "nightbell:sealed":
		return exitSealed
	case p.Status == 401 || p.Status == 403:
		return exitNotAllowed
	}
	return exitWrong
}
