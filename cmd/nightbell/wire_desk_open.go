package main

import (
	"context"
	"errors"

	"nightbell/audit"
	"nightbell/console"
	"nightbell/media"
	"nightbell/sip"
)

var errNoReadiness = errors.New("readiness: not to be had")

// openDesk makes the desk; it is closed before the media and the store.
func (s *server) openDesk() {
	s.desk = newPhoneDesk(newDeskKeys(s.office, s, s.makeReady), s.log)
	s.desk.media, s.desk.prompts = s.media, s.prompts
	s.desk.owner = func(device string) (string, bool) {
		person, ok := s.rules.now.Load().owner[device]
		return person, ok
	}
	s.desk.profile = func(f sip.Facts) media.Profile { return s.office.Config.profile(f.Local, sameFamily(f.Local)) }
	s.owns(s.desk.Close)
	if err := s.office.AuthorityTrouble; err != nil {
		s.alarms.raise("authority", "the key of the private CA lies in clear")
		s.log.Error("private CA", "err", err)
	}
}

// makeReady goes through the same gate as the console.
func (s *server) makeReady(ctx context.Context, device string, by audit.Actor) error {
	gate := s.office.ports(s).Readiness
	if gate == nil {
		return errNoReadiness
	}
	_, err := gate.Make(ctx, device, by)
	return err
}

var _ console.OwnDevices = ownDevices{}
