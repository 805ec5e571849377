package access

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"
)

// key is an authenticator in a person's hand, at our origin.
type key struct {
	party virtualwebauthn.RelyingParty
	auth  virtualwebauthn.Authenticator
	cred  virtualwebauthn.Credential
}

func newKey(origin string) *key {
	return &key{
		party: virtualwebauthn.RelyingParty{ID: "bell.example", Name: "Nightbell", Origin: origin},
		auth:  virtualwebauthn.NewAuthenticator(),
		cred:  virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2),
	}
}

func (k *key) create(t *testing.T, options []byte) []byte {
	t.Helper()
	o, err := virtualwebauthn.ParseAttestationOptions(string(options))
	if err != nil {
		t.Fatal(err)
	}
	return []byte(virtualwebauthn.CreateAttestationResponse(k.party, k.auth, k.cred, *o))
}

func (k *key) answer(t *testing.T, options []byte) []byte {
	t.Helper()
	o, err := virtualwebauthn.ParseAssertionOptions(string(options))
	if err != nil {
		t.Fatal(err)
	}
	return []byte(virtualwebauthn.CreateAssertionResponse(k.party, k.auth, k.cred, *o))
}

const ourOrigin = "https://bell.example:8443"

func ourPasskeys(t *testing.T) *Passkeys {
	t.Helper()
	p, err := NewPasskeys(ourOrigin, "Nightbell")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// enrol registers the key for amy.
func enrol(t *testing.T, p *Passkeys, k *key) Holder {
	t.Helper()
	h := Holder{Person: "amy"}
	options, ceremony, err := p.BeginRegistration(h, noon)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(options), `"direct"`) {
		t.Error("asks for the make of the authenticator")
	}
	record, err := p.FinishRegistration(h, ceremony, k.create(t, options), noon)
	if err != nil {
		t.Fatal(err)
	}
	k.auth.AddCredential(k.cred)
	h.Factors = []Factor{{ID: "f1", Person: "amy", Kind: Passkey, Passkey: record}}
	return h
}

func TestPasskeyProvesItself(t *testing.T) {
	p, k := ourPasskeys(t), newKey(ourOrigin)
	h := enrol(t, p, k)
	options, ceremony, err := p.BeginLogin(h, noon)
	if err != nil {
		t.Fatal(err)
	}
	k.cred.Counter = 7
	f, err := p.FinishLogin(h, ceremony, k.answer(t, options), noon.Add(time.Minute))
	if err != nil || f.ID != "f1" || !f.LastUsed.Equal(noon.Add(time.Minute)) {
		t.Fatalf("%+v %v", f, err)
	}
	h.Factors[0] = f
	options, ceremony, _ = p.BeginLogin(h, noon)
	k.cred.Counter = 5 // a copy of the key that fell behind
	if _, err := p.FinishLogin(h, ceremony, k.answer(t, options), noon); !errors.Is(err, ErrPasskeyCloned) {
		t.Errorf("a copied key: %v", err)
	}
}

func TestPasskeyFromElsewhere(t *testing.T) {
	p, k := ourPasskeys(t), newKey(ourOrigin)
	h := enrol(t, p, k)
	options, ceremony, err := p.BeginLogin(h, noon)
	if err != nil {
		t.Fatal(err)
	}
	good := k.answer(t, options)
	phish := *k
	phish.party.Origin = "https://bell.example.evil.test"
	other := newKey(ourOrigin)
	earlier, _, _ := p.BeginLogin(h, noon)
	bo := Holder{Person: "bo", Factors: []Factor{{ID: "f9", Person: "bo", Kind: Passkey, Passkey: h.Factors[0].Passkey}}}
	cases := map[string]func() error{
		"another origin":          func() error { _, err := p.FinishLogin(h, ceremony, phish.answer(t, options), noon); return err },
		"another key":             func() error { _, err := p.FinishLogin(h, ceremony, other.answer(t, options), noon); return err },
		"another challenge":       func() error { _, err := p.FinishLogin(h, ceremony, k.answer(t, earlier), noon); return err },
		"another person":          func() error { _, err := p.FinishLogin(bo, ceremony, good, noon); return err },
		"too late":                func() error { _, err := p.FinishLogin(h, ceremony, good, noon.Add(CeremonyLife+1)); return err },
		"clock back a day":        func() error { _, err := p.FinishLogin(h, ceremony, good, noon.AddDate(0, 0, -1)); return err },
		"no ceremony":             func() error { _, err := p.FinishLogin(h, nil, good, noon); return err },
		"ceremony of a megabyte":  func() error { _, err := p.FinishLogin(h, make([]byte, 1<<20), good, noon); return err },
		"not JSON":                func() error { _, err := p.FinishLogin(h, ceremony, []byte("{"), noon); return err },
		"a registration's answer": func() error { _, err := p.FinishRegistration(h, ceremony, good, noon); return err },
	}
	for name, try := range cases {
		if err := try(); !errors.Is(err, ErrPasskey) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := p.FinishLogin(h, ceremony, good, noon); err != nil {
		t.Errorf("the right answer: %v", err)
	}
	if _, _, err := p.BeginLogin(Holder{Person: "amy"}, noon); !errors.Is(err, ErrPasskey) {
		t.Errorf("nobody's passkeys: %v", err)
	}
}

// The handle that an authenticator shows to its finder says nothing of the person.
func TestUserHandleIsOpaque(t *testing.T) {
	options, _, err := ourPasskeys(t).BeginRegistration(Holder{Person: "amy"}, noon)
	if err != nil {
		t.Fatal(err)
	}
	var o struct {
		PublicKey struct {
			User struct {
				ID string `json:"id"`
			} `json:"user"`
		} `json:"publicKey"`
	}
	if err := json.Unmarshal(options, &o); err != nil || len(o.PublicKey.User.ID) != 43 {
		t.Errorf("%q %v", o.PublicKey.User.ID, err)
	}
}

func TestPasskeysNeedAName(t *testing.T) {
	for _, origin := range []string{"", "http://bell.example", "https://127.0.0.1:8443", "https://[::1]:8443", "https://", "bell.example", "https://%"} {
		if _, err := NewPasskeys(origin, "Nightbell"); !errors.Is(err, ErrOrigin) {
			t.Errorf("%q: %v", origin, err)
		}
	}
	if _, err := NewPasskeys("https://localhost:8443", "Nightbell"); err != nil {
		t.Error(err)
	}
}

func FuzzPasskeyAnswers(f *testing.F) {
	p, err := NewPasskeys(ourOrigin, "Nightbell")
	if err != nil {
		f.Fatal(err)
	}
	h := Holder{Person: "amy"}
	_, ceremony, err := p.BeginRegistration(h, noon)
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(`{"id":"AA","rawId":"AA","type":"public-key","response":{}}`), ceremony)
	f.Add([]byte("{"), []byte("{"))
	f.Fuzz(func(t *testing.T, answer, between []byte) {
		if _, err := p.FinishRegistration(h, ceremony, answer, noon); err == nil {
			t.Fatal("an answer without a key was taken")
		}
		if _, err := p.FinishLogin(h, between, answer, noon); err == nil {
			t.Fatal("an answer without a key was taken")
		}
	})
}
