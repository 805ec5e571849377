package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"nightbell/media/mediatest"
)

// talkTime is how long the scripted caller stays on the line.
const talkTime = time.Minute

// place lets the scripted carrier call the server that already serves this folder: the phone of whoever tries Nightbell
// out rings, and hears a voice.
func (d *demo) place(ctx context.Context) error {
	if err := d.find(); err != nil {
		return err
	}
	defer d.hangUp()
	say := func(words string) { fmt.Fprintln(d.session.err, words) }
	say("calling " + demoNumber + " over " + d.result.SIP.TLS + " ...")
	if err := d.dial(ctx); err != nil {
		return err
	}
	say("answered; greeting and announcement play, then the agents' phones ring")
	d.caller.Speak(mediatest.Caller())
	limited, cancel := context.WithTimeout(ctx, talkTime)
	defer cancel()
	if over, err := d.dialog.Wait(limited, "BYE", "closed"); err == nil {
		say("the far end hung up: " + over.Word)
		return nil
	}
	say("hanging up")
	return d.dialog.Bye(context.WithoutCancel(ctx))
}

// find reads what an earlier demo left in the folder.
func (d *demo) find() (err error) {
	if d.cfg, err = LoadConfig(filepath.Join(d.dir, configName), d.dir); err != nil {
		return err
	}
	cert, key := trunkPaths(d.dir, demoTrunkID)
	d.result.Trunk = demoTrunk{demoTrunkID, cert, key}
	d.result.CA, d.result.SIP.TLS = filepath.Join(d.dir, "ca.pem"), nearby(d.cfg.Listen[0].Bind)
	return nil
}

// soundAt is where a scripted party's sound travels: beside the media of the server.
func (d *demo) soundAt() mediatest.Options {
	at := d.cfg.Media.Address[0].Bind
	if at.IsUnspecified() {
		at = loopback
	}
	return mediatest.Options{Addr: at}
}
