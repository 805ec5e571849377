package main

import (
	"time"

	"nightbell/call"
	"nightbell/media"
)

// sound is call.Sound over a media.Call; voice is call.Voice over a media.Session. They only change types.
type sound struct{ of *media.Call }

type voice struct{ *media.Session }

func (s sound) NewVoice(p media.Profile) (call.Voice, error) {
	session, err := s.of.NewSession(p)
	if err != nil {
		return nil, err
	}
	return voice{session}, nil
}

func (s sound) Bridge(a, b call.Voice) { s.of.Bridge(a.(voice).Session, b.(voice).Session) }
func (s sound) Split()                 { s.of.Split() }

// Arrange says who hears whom.
func (s sound) Arrange(all []call.Hearing) {
	hear := make([]media.Hearing, len(all))
	for i, h := range all {
		hear[i].Listener = h.Listener.(voice).Session
		for _, from := range h.Sources {
			hear[i].Sources = append(hear[i].Sources, from.(voice).Session)
		}
	}
	s.of.Arrange(hear)
}

func (s sound) Close() { s.of.Close() }

func (v voice) Offer(like call.Voice) ([]byte, error) {
	if like == nil {
		return v.Session.Offer(nil)
	}
	return v.Session.Offer(like.(voice).Session)
}

func (v voice) SendDigit(d byte, length time.Duration) { v.Session.SendDigit(d, length) }
