package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"nightbell/console"
	"nightbell/media/mediatest"
)

const (
	speechTime = 5 * time.Second
	callRate   = 8000 // Hz
	mostLag    = callRate
	sameVoice  = 0.9
	otherVoice = 0.3
)

// judge says whether sound holds the one voice and not the other.
func judge(sound, voice, other []int16) (string, error) {
	if len(sound) < 3*callRate {
		return "", fmt.Errorf("only %.1f s were heard", float64(len(sound))/callRate)
	}
	right := mediatest.Correlate(voice, sound, mostLag).Score
	wrong := mediatest.Correlate(other, sound, mostLag).Score
	detail := fmt.Sprintf("correlation %.3f with the voice that spoke, %.3f with the other, over %.1f s", right, wrong, float64(len(sound))/callRate)
	if right < sameVoice || wrong > otherVoice {
		return "", errors.New(detail)
	}
	return detail, nil
}

// speak lets both talk at once, and waits until both have heard enough.
func (d *demo) speak(ctx context.Context) error {
	if !d.spoke.IsZero() {
		return nil
	}
	d.spoke = time.Now()
	d.caller.Speak(mediatest.Caller())
	d.agent.sound.Speak(mediatest.Agent())
	return errors.Join(d.caller.AwaitSound(ctx, d.spoke, speechTime), d.agent.sound.AwaitSound(ctx, d.spoke, speechTime))
}

func (d *demo) agentHears(ctx context.Context) (string, error) {
	if err := d.speak(ctx); err != nil {
		return "", err
	}
	return judge(d.agent.sound.Heard(d.spoke), mediatest.Caller(), mediatest.Agent())
}

func (d *demo) callerHears(ctx context.Context) (string, error) {
	return judge(d.caller.Heard(d.spoke), mediatest.Agent(), mediatest.Caller())
}

// awaitSealed hangs up and waits until the recording is closed and filed.
func (d *demo) awaitSealed(ctx context.Context) (string, error) {
	if err := d.dialog.Bye(ctx); err != nil {
		return "", err
	}
	if err := d.read(ctx, "the call was not filed", func(v demoStoryView) bool { return !v.Ended.IsZero() }); err != nil {
		return "", err
	}
	if d.story.Recording == "" {
		return "", errors.New("the call was not recorded")
	}
	var row console.RecordingRow
	err := d.poll(ctx, "the recording was not closed", func() (bool, error) {
		err := d.api.ask(ctx, "GET", "/api/v1/recordings/"+d.story.Recording, nil, &row)
		return row.State == "final", err
	})
	if err != nil {
		return "", err
	}
	path := filepath.Join(d.cfg.path(d.cfg.Recordings.Dir), row.File)
	d.result.Recording = demoRecording{ID: row.ID, Path: path, FileID: row.FileID}
	return fmt.Sprintf("%.1f s in %s; %s", row.Seconds, row.File, d.story.Outcome), noClear(path)
}

// noClear looks for the voices in the sealed file: neither side's companded sound may stand in it.
func noClear(path string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(b, []byte("\x89NBR\r\n\x1a\n")) {
		return errors.New("the recording is not a sealed file")
	}
	for _, clear := range []string{"call_id", "RIFF", demoNumber, demoCaller} {
		if bytes.Contains(b[4096:], []byte(clear)) {
			return fmt.Errorf("the sealed file holds %q in clear", clear)
		}
	}
	return nil
}

func (d *demo) verify(ctx context.Context) (string, error) {
	var v console.RecordingVerdict
	if err := d.api.ask(ctx, "POST", "/api/v1/recordings/"+d.result.Recording.ID+"/verify", nil, &v); err != nil {
		return "", err
	}
	if !v.OK || v.Status != "complete" {
		return "", fmt.Errorf("%s: %s", v.Status, v.Problem)
	}
	return fmt.Sprintf("%d records authenticated, %s, SHA-256 %s...", v.Records, v.Status, v.SHA256[:16]), nil
}

func (d *demo) export(ctx context.Context) (string, error) {
	body := map[string]any{"reason": "demo: judge the channels"}
	wav, err := d.desk.stream(ctx, "POST", "/api/v1/recordings/"+d.result.Recording.ID+"/export", body)
	if err != nil {
		return "", err
	}
	defer wav.Close()
	if d.wav, err = io.ReadAll(wav); err != nil {
		return "", err
	}
	dir := filepath.Join(d.dir, "export")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	path := filepath.Join(dir, d.result.Recording.ID+".wav")
	if err := os.WriteFile(path, d.wav, 0o600); err != nil {
		return "", err
	}
	d.result.Recording.WAV = path
	return path, nil
}

// channel takes one channel of the export from the moment on at which both spoke.
func (d *demo) channel(n int) ([]int16, error) {
	began, ok := d.story.when("recording")
	if !ok || len(d.wav) < 44 {
		return nil, errors.New("nothing was exported")
	}
	frames := d.wav[44:]
	first := max(0, int(d.spoke.Sub(began).Seconds()*callRate))
	var sound []int16
	for i := first; (i+1)*4 <= len(frames) && len(sound) < int(speechTime.Seconds()*callRate); i++ {
		sound = append(sound, int16(binary.LittleEndian.Uint16(frames[i*4+n*2:])))
	}
	return sound, nil
}

func (d *demo) callersChannel(context.Context) (string, error) {
	sound, err := d.channel(0)
	if err != nil {
		return "", err
	}
	return judge(sound, mediatest.Caller(), mediatest.Agent())
}

func (d *demo) agentsChannel(context.Context) (string, error) {
	sound, err := d.channel(1)
	if err != nil {
		return "", err
	}
	return judge(sound, mediatest.Agent(), mediatest.Caller())
}

// auditHolds proves that all of this is remembered.
func (d *demo) auditHolds(ctx context.Context) (string, error) {
	var v console.AuditVerdict
	if err := d.api.ask(ctx, "POST", "/api/v1/audit/verify", nil, &v); err != nil {
		return "", err
	}
	if !v.OK {
		return "", errors.New(v.Problem)
	}
	var page struct{ Items []console.AuditRow }
	if err := d.api.ask(ctx, "GET", "/api/v1/audit?limit=200", nil, &page); err != nil {
		return "", err
	}
	var missing []string
	for _, action := range []string{"call.arrived", "call.routed", "call.answered", "call.ended", "recording.started", "recording.ended", "recording.exported"} {
		if !slices.ContainsFunc(page.Items, func(r console.AuditRow) bool { return r.Action == action }) {
			missing = append(missing, action)
		}
	}
	if len(missing) > 0 {
		return "", errors.New("not remembered: " + strings.Join(missing, ", "))
	}
	return fmt.Sprintf("%d events, root %s..., signed", v.Size, v.Root[:12]), nil
}
