package access

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Purpose is what somebody wants to be let through for.
type Purpose int

// The purposes, from the door inwards. Entering is a new login; Serving is the work on the call in hand (answer, form, patch);
// Answering is asked by the telephone before a call is offered to a ready person.
const (
	Entering Purpose = iota
	MakingReady
	Answering
	Serving
	Reading
	Exporting
)

// Enrolled is a device of a person as the gate sees it.
type Enrolled struct {
	User    string // user part of its AOR
	Expires time.Time
	Revoked bool
}

// Facts is everything the gate looks at. Whoever asks fills in what it knows; what is missing counts against.
type Facts struct {
	Now          time.Time
	For          Purpose
	Account      Account
	Grants       []Grant // of the person
	May          []Role  // roles that may do it; empty: any
	Clinic       string  // that it concerns; empty: none in particular
	Login        Login
	Limits       Limits
	Courses      []string // trainings everybody needs
	Trainings    []Training
	Policies     []Policy // in force
	Acknowledged []Acknowledgement
	Devices      []Enrolled
	Ready        Readiness // zero: not ready
	Papers       []string  // that are missing: agreements, exceptions

	counted []*Grant // by held, inside one decision
}

// ReasonCode names a reason for programs.
type ReasonCode string

// The closed list of reasons.
const (
	BecauseAccount  ReasonCode = "account"
	BecausePassword ReasonCode = "password"
	BecauseRole     ReasonCode = "role"
	BecauseClinic   ReasonCode = "clinic"
	BecauseLogin    ReasonCode = "login"
	BecauseFactor   ReasonCode = "second_factor"
	BecauseTraining ReasonCode = "training"
	BecausePolicy   ReasonCode = "policy"
	BecauseDevice   ReasonCode = "device"
	BecauseShift    ReasonCode = "shift"
	BecauseLimited  ReasonCode = "limited"
	BecausePaper    ReasonCode = "paper"
)

// Reason is one thing in the way, and what to do about it, in words for the person it stops.
type Reason struct {
	Code ReasonCode
	Text string
}

// Verdict is the gate's answer: every reason at once, so that nobody has to try again to hear the next one.
type Verdict struct {
	Open     bool
	Reasons  []Reason // empty when open
	Warnings []Reason // what will bite at the next login or shift
	Limited  bool     // she is on limited mode: answer, form, patch
}

func (v Verdict) String() string {
	if v.Open {
		return "open"
	}
	texts := make([]string, len(v.Reasons))
	for i, r := range v.Reasons {
		texts[i] = r.Text
	}
	return strings.Join(texts, " ")
}

// WarnBefore is how early a lapse is announced.
const WarnBefore = 14 * 24 * time.Hour

// Decide is THE GATE, for the console and for the telephone. It is pure and takes microseconds.
//
// Lapses of training and policies bite when a login or a shift begins and never inside one: Reading looks at the moment the
// login was made, Answering does not look at all. Missing papers gate new logins and exports, never a call.
func Decide(f Facts) Verdict {
	v := Verdict{Limited: f.Ready.Person != "" && f.Ready.Mode == ReadyLimited}
	f.counted = nil
	for _, check := range checks[f.For] {
		check(&f, &v)
	}
	if f.For != Answering {
		f.warn(&v)
	}
	v.Open = len(v.Reasons) == 0
	return v
}

type check func(*Facts, *Verdict)

var checks = map[Purpose][]check{
	Entering:    {active, papersOfNewLogin},
	MakingReady: {active, role, twoFactors, trained, acknowledged, deviceOfAgent},
	Answering:   {active, role, deviceInHand, onShift},
	Serving:     {active, role, unlocked, deviceOfAgent, onShift},
	Reading:     {active, role, twoFactors, trained, acknowledged, deviceOfAgent, onFullShift},
	Exporting:   {active, role, twoFactors, trained, acknowledged, deviceOfAgent, onFullShift, papers},
}

func (v *Verdict) no(code ReasonCode, format string, args ...any) {
	v.Reasons = append(v.Reasons, Reason{code, fmt.Sprintf(format, args...)})
}

func (v *Verdict) soon(code ReasonCode, format string, args ...any) {
	v.Warnings = append(v.Warnings, Reason{code, fmt.Sprintf(format, args...)})
}

func active(f *Facts, v *Verdict) {
	switch f.Account.State {
	case Active:
	case Invited:
		v.no(BecauseAccount, "Your invitation has not been used yet: open its link and set a password.")
	case Suspended:
		v.no(BecauseAccount, "Your account is suspended: ask an administrator to reinstate it.")
	case Terminated:
		v.no(BecauseAccount, "This account has ended.")
	default:
		v.no(BecauseAccount, "You have no account here: ask an administrator for an invitation.")
	}
	if f.Account.State == Active && f.Account.MustChange && f.For != Entering && f.For != Answering && f.For != Serving {
		v.no(BecausePassword, "Your password has to be changed first.")
	}
}

// role wants a grant of one of the roles, for the clinic where there is one.
func role(f *Facts, v *Verdict) {
	held := f.held()
	switch {
	case len(held) == 0 && len(f.May) == 0:
		v.no(BecauseRole, "You hold no role: an administrator has to propose one.")
	case len(held) == 0:
		v.no(BecauseRole, "This is for %s: you hold no such role at present.", list(f.May))
	case f.Clinic != "" && !slices.ContainsFunc(held, func(g *Grant) bool { return g.Covers(f.Clinic, f.Now) }):
		v.no(BecauseClinic, "Your role does not cover this clinic.")
	}
	if err := Exclusive(RolesAt(f.Grants, f.Now)); err != nil {
		v.no(BecauseRole, "You hold roles that exclude each other: one of them has to end.")
	}
}

// held are the grants that count here, whatever their clinics.
func (f *Facts) held() []*Grant {
	if f.counted != nil {
		return f.counted
	}
	f.counted = make([]*Grant, 0, len(f.Grants))
	for i := range f.Grants {
		g := &f.Grants[i]
		if g.Person == f.Account.Person && g.Holds(f.Now) && (len(f.May) == 0 || slices.Contains(f.May, g.Role)) {
			f.counted = append(f.counted, g)
		}
	}
	return f.counted
}

// asAgentOnly reports whether every grant that lets her do this is an agent's: those are bound to a device and a shift. Making
// ready and answering is agents' work whatever the role.
func (f *Facts) asAgentOnly() bool {
	if f.For == MakingReady || f.For == Answering || f.For == Serving {
		return true
	}
	held := f.held()
	return len(held) > 0 && !slices.ContainsFunc(held, func(g *Grant) bool {
		return g.Role != Agent && (f.Clinic == "" || g.Covers(f.Clinic, f.Now))
	})
}

func twoFactors(f *Facts, v *Verdict) {
	live, why := f.Login.Live(f.Now, f.Limits)
	switch {
	case f.Login.ID == "" || f.Login.Person != f.Account.Person:
		v.no(BecauseLogin, "You are not logged in.")
	case !live:
		v.no(BecauseLogin, "Your login is over (%s): log in again.", why)
	case !f.Login.TwoFactors():
		v.no(BecauseFactor, "A second factor is needed: your passkey, or the code of your authenticator.")
	}
}

// unlocked is twoFactors for the call in hand: a login that idled through a quiet night still takes the call it rings for.
func unlocked(f *Facts, v *Verdict) {
	live, why := f.Login.Live(f.Now, f.Limits)
	if !live && why == EndIdle && f.Login.TwoFactors() && f.Login.Person == f.Account.Person && f.Ready.Login == f.Login.ID {
		return
	}
	twoFactors(f, v)
}

// judgedAt is the moment lapses are judged at: now for a new shift, else when the login was made. What was put right since
// counts as well.
func (f *Facts) judgedAt() []time.Time {
	if f.For == MakingReady || f.Login.Made.IsZero() {
		return []time.Time{f.Now}
	}
	return []time.Time{f.Login.Made, f.Now}
}

func trained(f *Facts, v *Verdict) {
	moments := f.judgedAt()
	for _, course := range f.Courses {
		if !slices.ContainsFunc(moments, func(at time.Time) bool { return f.trainedAt(course, at) }) {
			v.no(BecauseTraining, "Your training %q is missing or has expired: pass it and have the compliance officer record it.", course)
		}
	}
}

func (f *Facts) trainedAt(course string, at time.Time) bool {
	for i := range f.Trainings {
		if t := &f.Trainings[i]; t.Course == course && t.Person == f.Account.Person && t.Current(at) {
			return true
		}
	}
	return false
}

func acknowledged(f *Facts, v *Verdict) {
	moments := f.judgedAt()
	for _, p := range f.Policies {
		if !slices.ContainsFunc(moments, func(at time.Time) bool { return f.readAt(p, at) }) {
			v.no(BecausePolicy, "Read and acknowledge the policy %q, version %s.", p.ID, p.Version)
		}
	}
}

// readAt reports whether the policy was acknowledged, or not yet in force then.
func (f *Facts) readAt(p Policy, at time.Time) bool {
	if at.Before(p.From) {
		return true
	}
	return slices.ContainsFunc(f.Acknowledged, func(a Acknowledgement) bool {
		return a.Person == f.Account.Person && a.Policy == p.ID && a.Version == p.Version
	})
}

func deviceOfAgent(f *Facts, v *Verdict) {
	if f.asAgentOnly() && !slices.ContainsFunc(f.Devices, f.good) {
		v.no(BecauseDevice, "You have no enrolled device: enrol your telephone first.")
	}
}

// deviceInHand wants the very device that she made herself ready with.
func deviceInHand(f *Facts, v *Verdict) {
	if f.Ready.Person == "" {
		return // said by onShift
	}
	if !slices.ContainsFunc(f.Devices, func(d Enrolled) bool { return d.User == f.Ready.Device && f.good(d) }) {
		v.no(BecauseDevice, "The device of this shift is not enrolled any more.")
	}
}

func (f *Facts) good(d Enrolled) bool {
	return d.User != "" && !d.Revoked && (d.Expires.IsZero() || f.Now.Before(d.Expires))
}

func onShift(f *Facts, v *Verdict) {
	switch r := f.Ready; {
	case r.Person == "" || r.Person != f.Account.Person:
		v.no(BecauseShift, "You are not on shift: make yourself ready.")
	case f.Clinic != "" && !r.covers(f.Clinic):
		v.no(BecauseClinic, "Your shift does not cover this clinic.")
	}
}

func onFullShift(f *Facts, v *Verdict) {
	if !f.asAgentOnly() {
		return
	}
	onShift(f, v)
	if f.Ready.Person != "" && f.Ready.Mode == ReadyLimited {
		v.no(BecauseLimited, "You are on limited mode (%s): answer, write down and patch. Make yourself ready again for the rest.", f.Ready.Why)
	}
}

func papers(f *Facts, v *Verdict) {
	for _, p := range f.Papers {
		v.no(BecausePaper, "%s is missing: an administrator has to record it.", p)
	}
}

// papersOfNewLogin spares those who can put it right.
func papersOfNewLogin(f *Facts, v *Verdict) {
	roles := RolesAt(f.Grants, f.Now)
	if !slices.Contains(roles, Admin) && !slices.Contains(roles, Compliance) {
		papers(f, v)
	}
}

// warn names what will be in the way at the next login or shift, where it is not in the way already.
func (f *Facts) warn(v *Verdict) {
	said := func(code ReasonCode) bool {
		return slices.ContainsFunc(v.Reasons, func(r Reason) bool { return r.Code == code })
	}
	if !said(BecauseTraining) {
		f.warnTraining(v)
	}
	if said(BecausePolicy) {
		return
	}
	for _, p := range f.Policies {
		if !f.readAt(p, f.Now.Add(WarnBefore)) {
			v.soon(BecausePolicy, "The policy %q, version %s, waits for your acknowledgement.", p.ID, p.Version)
		}
	}
}

func (f *Facts) warnTraining(v *Verdict) {
	for _, course := range f.Courses {
		switch {
		case f.trainedAt(course, f.Now.Add(WarnBefore)):
		case f.trainedAt(course, f.Now):
			v.soon(BecauseTraining, "Your training %q expires within two weeks.", course)
		default:
			v.soon(BecauseTraining, "Your training %q has expired: your next login will show you no patient's data.", course)
		}
	}
}

func list(roles []Role) string {
	words := make([]string, len(roles))
	for i, r := range roles {
		words[i] = string(r)
	}
	return strings.Join(words, ", ")
}
