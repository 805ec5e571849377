package main

import (
	"bytes"
	"strings"
	"time"

	"nightbell/audit"
	"nightbell/policy"
	"nightbell/sip"
)

// This file is what signalling tells the audit log of strangers and of exceptions: at most a row a minute for each source, so
// that neither a flood nor a busy trunk fills it.

func (s *server) tellRarely(e audit.Event) {
	if !s.rare.tell(e) {
		s.alarms.raise("audit_flood", "more sources were refused than the audit log tells apart: some are not in it")
	}
}

// trunkRefused remembers who claimed to be a trunk: by a certificate that no trunk pins, or a wrong answer to its challenge.
func (s *server) trunkRefused(t sip.Trouble) {
	object := "trunk:"
	switch t.Kind {
	case sip.CertificateUnknown:
	case sip.AnswerWrong:
		object += t.Detail
	default:
		return
	}
	s.tellRarely(audit.Event{Action: audit.TrunkRefused, Object: object, Outcome: audit.Refused, Reason: string(t.Kind),
		Actor: audit.Actor{Type: "unknown", IP: t.Remote.Addr().Unmap().String()}})
}

// deviceRefused remembers a registration that failed.
func (s *server) deviceRefused(e sip.BindingEvent) {
	event := bindingEvent(audit.DeviceRefused, e)
	event.Outcome = audit.Refused
	s.tellRarely(event)
}

// deviceExcepted remembers that a phone registered with MD5, where its exception lets it.
func (s *server) deviceExcepted(e sip.BindingEvent) {
	d, ok := s.rules.Device(e.User)
	if !ok || e.Kind == sip.BindingGone || d.Certificate != "" || !time.Now().Before(d.MD5Until) {
		return
	}
	event := bindingEvent(audit.ExceptionUsed, e)
	event.Facts = map[string]string{"exception": "md5", "until": d.MD5Until.UTC().Format(time.RFC3339)}
	s.tellRarely(event)
}

// trunkExcepted remembers each exception that a call needs, before it is taken.
func (s *server) trunkExcepted(t *policy.Trunk, f sip.Facts, offer []byte) {
	for _, scope := range needed(f, offer) {
		until := exception(*t, scope)
		if !time.Now().Before(until) {
			continue // not let through
		}
		s.tellRarely(audit.Event{Action: audit.ExceptionUsed, Object: "trunk:" + t.ID + "/" + scope, Outcome: audit.Done,
			Actor: audit.Actor{Type: "trunk", ID: t.ID},
			Facts: map[string]string{"exception": scope, "until": until.UTC().Format(time.RFC3339)}})
	}
}

// needed are the exceptions without which a caller's INVITE comes to nothing.
func needed(f sip.Facts, offer []byte) (scopes []string) {
	if f.Protection == string(sip.UDP) || f.Protection == string(sip.TCP) {
		scopes = append(scopes, "signalling")
	}
	if !bytes.Contains(offer, []byte("RTP/SAVP")) && len(offer) > 0 {
		scopes = append(scopes, "media")
	}
	if strings.HasPrefix(f.KnownBy, "digest") {
		scopes = append(scopes, "md5") // while that exception stands, the challenge offers nothing else
	}
	return scopes
}
