package console

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"nightbell/audit"
)

// meView is who asks, as the house knows her.
type meView struct {
	Profile
	Login     string    `json:"login" doc:"id of this login" text:"free"`
	Mode      string    `json:"mode" enum:"full,limited,paperwork,enrolling"`
	SteppedUp time.Time `json:"stepped_up,omitzero"`
	Fresh     time.Time `json:"step_up_until,omitzero" doc:"until then roles, keys, exports and the like may be touched"`
	Scopes    []Scope   `json:"scopes" nullable:"false" doc:"what this login may, however far"`
}

func showMe(c *Console, ctx context.Context, _ *struct{}) (*answer[meView], error) {
	a := askingOf(ctx)
	p, err := c.ports.Oneself.Show(ctx, a.who.Person)
	if err != nil {
		return nil, err
	}
	p.Grants, p.Factors, p.Gate = noNil(p.Grants), noNil(p.Factors), noNil(p.Gate)
	v := meView{Profile: p, Login: a.visitor.Login, Mode: string(a.visitor.Mode), SteppedUp: a.who.SteppedUp, Scopes: []Scope{}}
	if !v.SteppedUp.IsZero() {
		v.Fresh = v.SteppedUp.Add(stepUpAge)
	}
	for _, s := range scopes {
		if a.who.Has(s.scope) {
			v.Scopes = append(v.Scopes, s.scope)
		}
	}
	return say(v, nil)
}

// byHer is who changes something of her own.
func byHer(ctx context.Context) audit.Actor { return askingOf(ctx).who.Actor }

func listLogins(c *Console, ctx context.Context, _ *struct{}) (*answer[list[LoginView]], error) {
	a := askingOf(ctx)
	items, err := c.ports.Logins.Of(ctx, a.who.Person)
	for i := range items {
		items[i].Current = items[i].ID == a.visitor.Login
	}
	return say(listed(items, ""), err)
}

// left is the answer to a login that ends: what a browser kept goes with it.
type left struct {
	Cookie string `header:"Set-Cookie"`
	Clear  string `header:"Clear-Site-Data"`
}

const everything = `"cache", "cookies", "storage"`

func leave(ctx context.Context, err error) (*left, error) {
	if err != nil || !askingOf(ctx).browser {
		return &left{}, err
	}
	return &left{noCookie().String(), everything}, nil
}

func logOut(c *Console, ctx context.Context, _ *struct{}) (*left, error) {
	a := askingOf(ctx)
	return leave(ctx, c.ports.Logins.End(ctx, a.who.Person, a.visitor.Login, a.who.Actor))
}

func endLogins(c *Console, ctx context.Context, _ *struct{}) (*left, error) {
	a := askingOf(ctx)
	return leave(ctx, c.ports.Logins.End(ctx, a.who.Person, "", a.who.Actor))
}

func endLogin(c *Console, ctx context.Context, in *Named) (*done, error) {
	a := askingOf(ctx)
	return nil, c.ports.Logins.End(ctx, a.who.Person, in.ID, a.who.Actor)
}

type newPasswordIn struct {
	Body struct {
		Password string `json:"password" minLength:"1" maxLength:"1024" doc:"12 to 128 characters, no common ones" text:"free"`
	}
}

func setPassword(c *Console, ctx context.Context, in *newPasswordIn) (*done, error) {
	return nil, c.ports.Oneself.Password(ctx, in.Body.Password, byHer(ctx))
}

// codesView are recovery codes, shown once.
type codesView struct {
	Codes []string `json:"codes" nullable:"false" doc:"ten, to print; each is good once. Those before are void"`
}

func makeRecoveryCodes(c *Console, ctx context.Context, _ *struct{}) (*answer[codesView], error) {
	codes, err := c.ports.Oneself.RecoveryCodes(ctx, byHer(ctx))
	return say(codesView{codes}, err)
}

func beginTOTP(c *Console, ctx context.Context, _ *struct{}) (*answer[TOTPView], error) {
	return say(c.ports.Factors.NewTOTP(ctx, byHer(ctx)))
}

// enrolled is a factor, and the login that it made live where the password alone was known.
type enrolled struct {
	Cookie string `header:"Set-Cookie"`
	Body   struct {
		Factor FactorView `json:"factor"`
		Login  *entryView `json:"login,omitempty" doc:"the first factor makes the login live, under a new secret" text:"free"`
	}
}

func enrol(ctx context.Context, f FactorView, o Opened, err error) (*enrolled, error) {
	if err != nil {
		return nil, err
	}
	out := &enrolled{}
	out.Body.Factor = f
	if o.Secret != "" {
		e := enter(ctx, o)
		out.Cookie, out.Body.Login = e.Cookie, &e.Body
	}
	return out, nil
}

// confirmTOTP is a guess at six digits like a login's, so it is slowed down like one.
func confirmTOTP(c *Console, ctx context.Context, in *struct{ Body TOTPBody }) (*enrolled, error) {
	if err := plainText("body.label", in.Body.Label); err != nil {
		return nil, err
	}
	var f FactorView
	var o Opened
	_, err := c.attempt(ctx, askingOf(ctx).who.Person, func() (_ Opened, err error) {
		f, o, err = c.ports.Factors.ConfirmTOTP(ctx, in.Body, byHer(ctx))
		return o, err
	})
	return enrol(ctx, f, o, err)
}

func beginPasskey(c *Console, ctx context.Context, _ *struct{}) (*options, error) {
	list, err := c.ports.Factors.NewPasskey(ctx, byHer(ctx))
	if err != nil {
		return nil, err
	}
	return &options{list}, nil
}

type newPasskeyIn struct {
	Body struct {
		Credential json.RawMessage `json:"credential" doc:"what navigator.credentials.create answered, as JSON"`
		Label      string          `json:"label,omitempty" maxLength:"64" doc:"what the person calls it"`
	}
}

func finishPasskey(c *Console, ctx context.Context, in *newPasskeyIn) (*enrolled, error) {
	if err := plainText("body.label", in.Body.Label); err != nil {
		return nil, err
	}
	f, o, err := c.ports.Factors.FinishPasskey(ctx, PasskeyBody(in.Body), byHer(ctx))
	return enrol(ctx, f, o, err)
}

func removeFactor(c *Console, ctx context.Context, in *Named) (*done, error) {
	return nil, c.ports.Factors.Remove(ctx, in.ID, byHer(ctx))
}

func listOwnDevices(c *Console, ctx context.Context, _ *struct{}) (*answer[list[Device]], error) {
	items, err := c.ports.OwnDevices.List(ctx, askingOf(ctx).who.Person)
	return say(listed(items, ""), err)
}

func enrolOwnDevice(c *Console, ctx context.Context, in *struct{ Body DeviceBody }) (*answer[DeviceKit], error) {
	if err := plainText("body.label", in.Body.Label); err != nil {
		return nil, err
	}
	kit, err := c.ports.OwnDevices.Enrol(ctx, in.Body, byHer(ctx))
	kit.Setups = noNil(kit.Setups)
	return say(kit, err)
}

func revokeOwnDevice(c *Console, ctx context.Context, in *Named) (*done, error) {
	return nil, c.ports.OwnDevices.Revoke(ctx, in.ID, byHer(ctx))
}

func listPolicies(c *Console, ctx context.Context, _ *struct{}) (*answer[list[PolicyView]], error) {
	items, err := c.ports.Oneself.Policies(ctx, askingOf(ctx).who.Person)
	return say(listed(items, ""), err)
}

func acknowledge(c *Console, ctx context.Context, in *struct{ Body AcknowledgementBody }) (*answer[PolicyView], error) {
	return say(c.ports.Oneself.Acknowledge(ctx, in.Body, byHer(ctx)))
}

func makeReady(c *Console, ctx context.Context, in *struct {
	Body struct {
		Device string `json:"device" pattern:"^[A-Za-z0-9._~-]{1,64}$" doc:"user part of the telephone that rings"`
	}
}) (*answer[ReadyView], error) {
	v, err := c.ports.Readiness.Make(ctx, in.Body.Device, byHer(ctx))
	v.Clinics = noNil(v.Clinics)
	return say(v, err)
}

func endReady(c *Console, ctx context.Context, _ *struct{}) (*done, error) {
	return nil, c.ports.Readiness.End(ctx, byHer(ctx))
}

func listReady(c *Console, ctx context.Context, _ *struct{}) (*answer[list[ReadyView]], error) {
	items, err := c.ready(ctx)
	return say(listed(items, ""), err)
}

// ready are those who take calls of clinics that the caller sees.
func (c *Console) ready(ctx context.Context) ([]ReadyView, error) {
	a := askingOf(ctx)
	items, err := c.ports.Readiness.List(ctx)
	items = slices.DeleteFunc(items, func(r ReadyView) bool {
		return !a.unbound() && len(r.Clinics) > 0 && !slices.ContainsFunc(r.Clinics, a.sees)
	})
	for i := range items {
		items[i].Clinics = noNil(items[i].Clinics)
	}
	return items, err
}

type becauseIn struct {
	Named
	Reason string `query:"reason" required:"true" minLength:"3" maxLength:"200" doc:"why; kept in the audit"`
}

func revokeReady(c *Console, ctx context.Context, in *becauseIn) (*done, error) {
	if err := plainText("query.reason", in.Reason); err != nil {
		return nil, err
	}
	items, err := c.ready(ctx)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(items, func(r ReadyView) bool { return r.Person == in.ID }) {
		return nil, ErrNotFound
	}
	return nil, c.ports.Readiness.Revoke(ctx, in.ID, in.Reason, byHer(ctx))
}
