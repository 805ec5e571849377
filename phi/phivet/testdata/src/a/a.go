package a

import (
	"errors"
	"fmt"
	"log/slog"

	sipmsg "github.com/emiago/sipgo/sip"

	"nightbell/phi"
)

func reviewed(p phi.Phone) string { return p.Reveal() }

func elsewhere(p phi.Phone) string {
	return p.Reveal() // want `"a/a.go elsewhere" is not in phi/phivet/places.txt`
}

func words(p phi.Phone, log *slog.Logger) error {
	log.Info("call", "from", p)
	log.Info("call", "from", reviewed(p))
	slog.Info("call", "from", "tel:"+p.Reveal()) // want `not in phi` `clear PHI or raw SIP text`
	_ = fmt.Sprint(p)
	return errors.New("no such number: " + p.Reveal()) // want `not in phi` `clear PHI or raw SIP text`
}

func signalling(r *sipmsg.Request, from *sipmsg.FromHeader, code sipmsg.StatusCode, log *slog.Logger) error {
	log.Warn("odd message", "code", code)
	log.Warn("odd message", "text", r.String())          // want `clear PHI or raw SIP text`
	log.Warn("odd message", "body", string(r.Body()))    // want `clear PHI or raw SIP text`
	log.Warn("odd message", "message", r)                // want `a SIP message or header`
	return fmt.Errorf("unknown caller %s", from.Value()) // want `clear PHI or raw SIP text`
}

func parsing(text string) error {
	var u sipmsg.Uri
	if err := sipmsg.ParseUri(text, &u); err != nil {
		return fmt.Errorf("contact: %w", err) // want `quotes the peer's text`
	}
	if err := sipmsg.ParseUri(text, &u); err != nil {
		return err // want `quotes the peer's text`
	}
	if sipmsg.ParseUri(text, &u) != nil {
		return errors.New("contact: no URI")
	}
	return nil
}
