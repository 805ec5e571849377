package main

import (
	"context"
	"fmt"
	"time"

	"nightbell/audit"
	"nightbell/call"
	"nightbell/console"
	"nightbell/policy"
	"nightbell/store"
)

// running is what only the running server knows and does; stopped stands in for it offline.
type running interface {
	console.Floor
	Registered() map[string]int // live bindings by device user
	TrunkCalls() map[string]int // live calls by trunk
	AgentsChanged()             // a device was revoked, somebody was paused or resumed: look again, at once
	Trace(time.Duration) error  // office_engine.go
	Traced(call string) ([]console.TracedMessage, error)
	GlassChanged()                                                                             // an emergency access was opened, closed or reviewed
	Board() *call.Switchboard                                                                  // who keeps the running calls; nil: nobody
	CheckLines(ctx context.Context, clinic string, by audit.Actor) (console.Forwarding, error) // the sentinel
	Standing() *alarms                                                                         // what stands wrong
	Phones(clinic, person, user string) []call.Contact                                         // registered telephones of a person who may answer for a clinic
}

// stopped is the floor of a server that does not run.
type stopped struct{ mode Mode }

func (stopped) State() console.State       { return console.Stopped }
func (stopped) Registered() map[string]int { return nil }
func (stopped) TrunkCalls() map[string]int { return nil }
func (stopped) AgentsChanged()             {}
func (s stopped) Live(context.Context) (console.Live, error) {
	return console.Live{State: console.Stopped, Mode: string(s.mode), Version: programVersion()}, nil
}

// ports is the office as the console sees it.
func (o *office) ports(r running) console.Ports {
	return console.Ports{
		Books:       books{o},
		Rota:        rota{o},
		Clinics:     clinics{rulebook{o}},
		People:      persons{rulebook{o}},
		Schedules:   schedules{rulebook{o}},
		Versions:    versions{rulebook{o}},
		Previews:    previews{rulebook{o}},
		Outlook:     outlook{rulebook{o}},
		Offers:      offers{rulebook{o}},
		Feeds:       feeds{rulebook{o}},
		Calls:       history{o},
		Recordings:  sounds{o},
		Audit:       memory{o},
		Keys:        keyring{o},
		Backups:     o.backups,
		Evidence:    evidence{o},
		Reviews:     reviews{o},
		Slots:       slots{o},
		Destruction: destruction{o},
		Tokens:      tokens{o},
		Devices:     devices{o, r},
		Trunks:      trunks{o, r},
		Agents:      agents{o, r},
		Health:      health{o},
		Floor:       r,
		Engine:      engine{r},
		Pseudonyms:  pseudonyms{o},
		Keeping:     keeping{o},
		Holding:     holding{o},
		Disclosures: disclosures{o},
		Glass:       glass{o, r},
		Entrance:    entrance{o},
		Logins:      openLogins{o},
		Oneself:     oneself{o},
		Factors:     ownFactors{o},
		OwnDevices:  ownDevices{devices{o, r}},
		Pins:        pins{o},
		Accounts:    accounts{o, r},
		Grants:      grants{o, r},
		Proposals:   proposals{o, r},
		Trainings:   trainings{o},
		Readiness:   readiness{o, r},
		Lines:       lines{o, r},
		Desks:       desks{o, r},
		Callers:     ledger{o},
		Voices:      voices{o},
		Alarms:      standingAlarms{o, r},
		Checks:      lineChecks{r},

		CallRules:    callRules{rulebook{o}},
		OutwardRules: outwardRules{rulebook{o}},
		Prompts:      prompts{o},
	}
}

// memory is the audit log.
type memory struct{ *office }

func (m memory) Note(ctx context.Context, e audit.Event) error {
	if len(e.Classes) > 0 && m.trust.lost() != "" {
		return console.ErrDiffers
	}
	return known(m.Store.Audit(ctx, e))
}

func (m memory) List(ctx context.Context, q console.AuditQuery) (console.AuditPage, error) {
	ask := store.AuditQuery{From: q.From, Until: q.To, Object: q.Object, Actor: q.Actor, Limit: q.Limit, Cursor: q.Cursor}
	if q.Action != "" {
		ask.Actions = []audit.Action{audit.Action(q.Action)}
	}
	page, err := m.Store.AuditList(ctx, ask)
	if err != nil {
		return console.AuditPage{}, known(err)
	}
	out := console.AuditPage{Next: page.Next}
	for _, r := range page.Rows {
		e := r.Event
		out.Items = append(out.Items, console.AuditRow{
			Seq: uint64(r.Seq), Time: e.Time, Actor: e.Actor.Type + ":" + e.Actor.ID, Action: string(e.Action),
			Object: e.Object, Clinic: e.Clinic, Outcome: string(e.Outcome), Reason: e.Reason, Classes: e.Classes,
			Facts: e.Facts, Correlation: e.Correlation, Late: e.Late,
		})
	}
	return out, nil
}

func (m memory) Verify(ctx context.Context) (console.AuditVerdict, error) {
	rep, err := m.Store.VerifyAudit(ctx, m.witnessNotes())
	if err != nil {
		return console.AuditVerdict{}, known(err)
	}
	v := console.AuditVerdict{OK: rep.OK, Size: uint64(rep.Size), Root: rep.Root, Checkpoints: rep.Checkpoints, Problem: rep.Why}
	if rep.FirstBad >= 0 {
		v.FirstBad = &rep.FirstBad
	}
	return v, nil
}

// rota answers from the book as it stands now.
type rota struct{ *office }

func (r rota) snapshot(ctx context.Context) (*policy.Snapshot, error) {
	return rulebook{r.office}.snapshot(ctx)
}

func (r rota) Plan(ctx context.Context, q policy.Inquiry) (policy.Plan, error) {
	s, err := r.snapshot(ctx)
	if err != nil {
		return policy.Plan{}, err
	}
	if q.Trunk == "" {
		if e164, ok := policy.NormaliseNumber(q.Number, ""); ok {
			q.Number = e164
		}
	}
	return s.Decide(q), nil
}

func (r rota) At(ctx context.Context, q console.RotaQuery) ([]console.Standing, error) {
	s, err := r.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	var out []console.Standing
	for _, sch := range asked(s.Book, q) {
		if view, ok := seen(s, sch.ID, q.KnownAt); ok {
			out = append(out, standingsIn(view, sch, q.From)...)
		}
	}
	return out, nil
}

func (r rota) Shifts(ctx context.Context, q console.RotaQuery) ([]console.Shift, error) {
	s, err := r.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	return shiftsIn(s, q), nil
}

// asked are the schedules that a question is about.
func asked(b *policy.Book, q console.RotaQuery) []policy.Schedule {
	var out []policy.Schedule
	for _, s := range b.Schedules {
		if (q.Clinic == "" || q.Clinic == s.Clinic) && (q.Schedule == "" || q.Schedule == s.ID) {
			out = append(out, s)
		}
	}
	return out
}

// sourceOf names what put a person there.
func sourceOf(s policy.Source) string {
	if s.Kind != "" {
		return fmt.Sprintf("%s %s", s.Kind, s.Edit)
	}
	return fmt.Sprintf("layer %s, period %d", s.Layer, s.Period)
}

func (r rota) Verify(_ context.Context, cases []byte) (console.Verdict, error) {
	v, err := policy.VerifyIn(cases, r.Zones())
	if err != nil {
		return console.Verdict{}, console.Mistakes{{Field: "body", Text: err.Error()}}
	}
	return verdictOf(v), nil
}

func verdictOf(v policy.Verdict) console.Verdict {
	out := console.Verdict{Total: v.Total, Wrong: v.Wrong, Cases: make([]console.CaseVerdict, len(v.Cases))}
	for i, c := range v.Cases {
		out.Cases[i] = console.CaseVerdict{ID: c.ID, OK: c.OK, Got: c.Got, Expect: c.Expect}
	}
	return out
}
