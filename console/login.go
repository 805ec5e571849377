package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"net/http"
	"time"

	"nightbell/access"
	"nightbell/audit"
)

// entryView is the answer to each step of a login.
type entryView struct {
	Login   string    `json:"login" doc:"id" text:"free"`
	Person  string    `json:"person"`
	State   string    `json:"state" enum:"pending,live" doc:"pending: the second factor is missing"`
	Until   time.Time `json:"until" doc:"it ends then at the latest"`
	Offered []string  `json:"offered" nullable:"false" doc:"pending: totp, passkey, recovery; none: enrol a factor first"`
	Secret  string    `json:"secret,omitempty" doc:"for Authorization: Bearer. Absent where a browser asked (it gets a cookie) and where the one before goes on" text:"free"`
}

// entered is the answer with the cookie for browsers.
type entered struct {
	Cookie string `header:"Set-Cookie"`
	Body   entryView
}

// enter answers with the new secret: a browser gets it in a cookie out of scripts' reach, a program in the body.
func enter(ctx context.Context, o Opened) *entered {
	out := &entered{Body: entryView{
		Login: o.Login, Person: o.Person, State: string(o.State), Until: o.Until, Offered: noNil(o.Offered), Secret: o.Secret,
	}}
	if askingOf(ctx).browser && o.Secret != "" {
		out.Cookie, out.Body.Secret = cookie(o.Secret).String(), ""
	}
	return out
}

func visitOf(ctx context.Context) Visit {
	a := askingOf(ctx)
	return Visit{From: a.ip, Agent: a.agent, Request: a.request}
}

// passwordIn names a person by any text: one that can be nobody's name is refused like a wrong password, in the same time.
type passwordIn struct {
	Body struct {
		Person   string `json:"person" minLength:"1" maxLength:"256" text:"free" doc:"person id"`
		Password string `json:"password" minLength:"1" maxLength:"1024" text:"free"`
	}
}

func logIn(c *Console, ctx context.Context, in *passwordIn) (*entered, error) {
	return c.attempt(ctx, in.Body.Person, func() (Opened, error) {
		return c.ports.Entrance.Password(ctx, visitOf(ctx), in.Body.Person, in.Body.Password)
	})
}

type codeIn struct {
	Body struct {
		Code string `json:"code" pattern:"^[0-9]{6}$" patternDescription:"six digits"`
	}
}

func proveTOTP(c *Console, ctx context.Context, in *codeIn) (*entered, error) {
	return c.prove(ctx, Proof{Kind: ByTOTP, Code: in.Body.Code})
}

type recoveryIn struct {
	Body struct {
		Code string `json:"code" minLength:"1" maxLength:"64" doc:"one of the ten; case, dashes and spaces do not count"`
	}
}

func proveRecovery(c *Console, ctx context.Context, in *recoveryIn) (*entered, error) {
	return c.prove(ctx, Proof{Kind: ByRecovery, Code: in.Body.Code})
}

type passkeyIn struct {
	Body struct {
		Credential json.RawMessage `json:"credential" doc:"what navigator.credentials.get answered, as JSON"`
	}
}

func provePasskey(c *Console, ctx context.Context, in *passkeyIn) (*entered, error) {
	return c.prove(ctx, Proof{Kind: ByPasskey, Passkey: in.Body.Credential})
}

// prove shows the second factor of a pending login.
func (c *Console) prove(ctx context.Context, p Proof) (*entered, error) {
	v := askingOf(ctx).visitor
	if v.State != access.LoginPending {
		return nil, &Refusal{"the login is live already: use step-up"}
	}
	out, err := c.attempt(ctx, v.Person, func() (Opened, error) { return c.ports.Entrance.Prove(ctx, visitOf(ctx), v.Login, p) })
	if err == nil {
		c.doors.Passed(v.Person)
	}
	return out, err
}

type stepUpIn struct {
	Body struct {
		Kind       string          `json:"kind" enum:"totp,passkey"`
		Code       string          `json:"code,omitempty" maxLength:"6" doc:"totp"`
		Password   string          `json:"password,omitempty" maxLength:"1024" doc:"with totp" text:"free"`
		Credential json.RawMessage `json:"credential,omitempty" doc:"passkey: what navigator.credentials.get answered, as JSON"`
	}
}

func stepUp(c *Console, ctx context.Context, in *stepUpIn) (*entered, error) {
	v, b := askingOf(ctx).visitor, in.Body
	p := Proof{Kind: ProofKind(b.Kind), Code: b.Code, Password: b.Password, Passkey: b.Credential}
	return c.attempt(ctx, v.Person, func() (Opened, error) { return c.ports.Entrance.StepUp(ctx, visitOf(ctx), v.Login, p) })
}

// options is what a browser's passkey functions take: JSON that the console does not look into.
type options struct{ Body json.RawMessage }

func challenge(c *Console, ctx context.Context, _ *struct{}) (*options, error) {
	list, err := c.ports.Entrance.Challenge(ctx, askingOf(ctx).visitor.Login)
	if err != nil {
		return nil, err
	}
	return &options{list}, nil
}

type acceptIn struct {
	Body struct {
		Secret   string `json:"secret" minLength:"1" maxLength:"128" doc:"of the invitation" text:"free"`
		Password string `json:"password" minLength:"1" maxLength:"1024" doc:"12 to 128 characters, no common ones" text:"free"`
	}
}

// acceptInvitation counts a wrong secret against the address: there is no account yet to count it against.
func acceptInvitation(c *Console, ctx context.Context, in *acceptIn) (*entered, error) {
	return c.attempt(ctx, "", func() (Opened, error) {
		return c.ports.Entrance.Accept(ctx, visitOf(ctx), in.Body.Secret, in.Body.Password)
	})
}

// attempt lets a step of a login be tried, unless the account or the address has to wait. Whatever was wrong, and whether the
// name exists, the answer is the same.
func (c *Console) attempt(ctx context.Context, account string, try func() (Opened, error)) (*entered, error) {
	a := askingOf(ctx)
	turn := account
	if !access.ValidName(account) {
		turn = "address " + a.ip
	}
	if !c.turns.take(turn) {
		return nil, &Wait{time.Second}
	}
	defer c.turns.give(turn)
	if wait := c.doors.Wait(account, a.ip, c.now()); wait > 0 {
		return nil, &Wait{wait}
	}
	o, err := try()
	if errors.Is(err, ErrWrong) || errors.Is(err, ErrNotFound) {
		c.doors.Failed(account, a.ip, c.now())
		c.rememberFailure(ctx, account, err)
		return nil, ErrWrong
	}
	if err != nil {
		return nil, err
	}
	return enter(ctx, o), nil
}

// rememberFailure keeps at most eight events a minute and source, however many names it tries. Only the name of an account that
// exists is written down: somebody may have typed her password where the name goes.
func (c *Console) rememberFailure(ctx context.Context, account string, err error) {
	a := askingOf(ctx)
	slot := crc32.ChecksumIEEE([]byte(account)) % 8
	if !c.refusals.first(fmt.Sprintf("login|%d|%s", slot, a.ip), c.now()) {
		return
	}
	object := "login"
	var known *WrongFor
	switch {
	case errors.As(err, &known):
		object = "person:" + known.Person
	case a.who.Person != "":
		object = "person:" + a.who.Person
	}
	e := a.event(object, "", notice{facts: map[string]string{"step": a.route.ID}})
	e.Action, e.Outcome, e.Classes = audit.LoginFailed, audit.Refused, nil
	if e.Actor.Type == "" {
		e.Actor = audit.Actor{Type: "unknown", IP: a.ip}
	}
	if err := c.ports.Audit.Note(ctx, e); err != nil {
		c.log.Warn("failed login not remembered", "route", a.route.ID, "request", a.request)
	}
}

// Wait is 429: too many failures.
type Wait struct{ For time.Duration }

func (*Wait) Error() string { return "too many failures" }

// ofGate are the refusals of logins and of the access gate.
func ofGate(err error) *Problem {
	var closed *GateClosed
	if errors.As(err, &closed) {
		p := problem(http.StatusForbidden, "gate", "the access gate is closed")
		for _, reason := range closed.Reasons {
			p.Errors = append(p.Errors, Mistake{Text: reason})
		}
		return p
	}
	var wait *Wait
	if errors.As(err, &wait) {
		p := problem(http.StatusTooManyRequests, "about:blank", "too many wrong credentials: wait")
		p.retry = wait.For
		return p
	}
	return nil
}
